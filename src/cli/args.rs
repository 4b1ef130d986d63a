//! What can be said on the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::audit::{Confidence, Date, Policy, Severity, Shard};

/// Audits the event flows of a service monorepo, offline, from evidence in its code.
#[derive(Debug, Parser)]
#[command(name = "flowaudit", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done and within policy; 1 the gate failed, or documents are
stale; 2 wrong usage, configuration or rules; 3 nothing was audited; 4 something could not be read under --strict, or flowaudit itself failed.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what is in place and what is not, and what to look at first
    Scan(ScanArgs),
    /// Write the audits, checklists and summary as documents, or check that they are up to date
    Report(ReportArgs),
    /// Fail when something got worse than it was
    Gate(GateArgs),
    /// Tell how a verdict came about: of a service, a consumer, a finding or a rule
    Explain(ExplainArgs),
    /// Tell who publishes what to whom: as a diagram or a picture, or for programs
    Graph(GraphArgs),
    /// Tell which rules are in force and what they mean
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Write a commented flowaudit.yaml from what is found
    Init(InitArgs),
    /// Join the JSON of several scans into one: of several repositories, or of every shard of one
    Merge(MergeArgs),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page
    Man {
        /// Command to print the page of, instead of the one of the program
        command: Option<String>,
    },
    /// Print the JSON Schema of a document that flowaudit writes or reads
    Schema {
        /// Which document
        what: SchemaOf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the rule files in force
    List {
        #[command(flatten)]
        source: RuleSource,
    },
    /// Show what a rule, or every rule of a file, matches and means
    Show {
        /// Id of a rule or of a rule file
        id: String,
        #[command(flatten)]
        source: RuleSource,
    },
    /// Run the examples of rule files: what each must find is found, and nothing in its look-alikes
    Test {
        /// Rule files and folders of them, instead of all that are in force
        paths: Vec<PathBuf>,
        #[command(flatten)]
        source: RuleSource,
    },
}

#[derive(Debug, Args)]
pub(super) struct RuleSource {
    /// Configuration to use, instead of the flowaudit.yaml at or above the working folder
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// What to audit and how: the same for every command that audits.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Folder to audit
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,

    /// Configuration to use, instead of the flowaudit.yaml at or above PATH
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// How many calls to follow from a handler; 0 is the consumer layer alone
    #[arg(long, value_name = "N")]
    pub(super) depth: Option<u32>,

    /// How to read weak controls: partial (strict) or implemented (lenient)
    #[arg(long, value_enum)]
    pub(super) policy: Option<PolicyName>,

    /// Heed no waiver and no ignore in a comment
    #[arg(long)]
    pub(super) no_ignores: bool,

    /// Day by which waivers and ignores expire; else that of `SOURCE_DATE_EPOCH`, else today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub(super) as_of: Option<Date>,

    /// Threads to use; as many as the machine has unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,

    /// No progress on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// How to present a result: the same for every command that has formats.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// How to present the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,

    /// Write to a file instead of standard output; with FORMAT= in front, write that format there
    /// beside. May be given several times
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_parser = output)]
    pub(super) output: Vec<Output>,

    /// Folder that the paths in sarif, github and gitlab start from; the repository's root unless
    /// given
    #[arg(long, value_name = "DIR")]
    pub(super) sarif_root: Option<PathBuf>,

    /// Whether to colour the table; auto heeds `NO_COLOR`
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub(super) color: When,

    /// List every finding, topic and diagnostic in the table
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(super) verbose: bool,
}

impl ShowArgs {
    /// Whether a format is among those that were asked for.
    pub(super) fn writes(&self, format: Format) -> bool {
        self.format == format || self.output.iter().any(|output| output.format == Some(format))
    }
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    pub(super) audit: AuditArgs,

    #[command(flatten)]
    pub(super) show: ShowArgs,

    /// Show these services only; their topics' other ends are audited all the same
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) service: Vec<String>,

    /// Leave out findings that are less severe
    #[arg(long, value_name = "SEVERITY", default_value = "note", value_parser = severities())]
    pub(super) min_severity: Severity,

    /// Leave out findings that are less sure
    #[arg(long, value_name = "CONFIDENCE", default_value = "low", value_parser = confidences())]
    pub(super) min_confidence: Confidence,

    /// Fail when anything could not be read or followed to the end
    #[arg(long)]
    pub(super) strict: bool,

    /// Judge one part of the services only; `flowaudit merge` joins the JSON of all N parts into
    /// what one run gives
    #[arg(long, value_name = "I/N", value_parser = shard, conflicts_with = "service")]
    pub(super) shard: Option<Shard>,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    pub(super) audit: AuditArgs,

    /// Folder of the documents; it is made when it is not there
    #[arg(long, short, value_name = "DIR")]
    pub(super) output: PathBuf,

    /// Write nothing; fail with a diff when a document is missing, edited or stale
    #[arg(long)]
    pub(super) check: bool,

    /// Date of the documents; else that of `SOURCE_DATE_EPOCH`, else that of the newest commit
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub(super) date: Option<Date>,

    /// Revision of the code for the documents to name, in words of your own; they name none unless
    /// given, since each commit would make them stale
    #[arg(long, value_name = "TEXT")]
    pub(super) revision: Option<String>,

    /// An earlier `scan --format json`, to tell what has changed since
    #[arg(long, value_name = "FILE")]
    pub(super) since: Option<PathBuf>,

    /// Tell what has changed since a revision, read from git's objects; without REV since the merge
    /// base of HEAD and the default branch
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "", conflicts_with = "since")]
    pub(super) against: Option<String>,

    /// What to write; several with a comma between
    #[arg(long, value_enum, value_delimiter = ',', default_value = "markdown")]
    pub(super) format: Vec<ReportFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Audits, checklists and the summary
    Markdown,
    /// One page to look at in a browser, with everything in it
    Html,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct GateArgs {
    #[command(flatten)]
    pub(super) audit: AuditArgs,

    #[command(flatten)]
    pub(super) show: ShowArgs,

    /// What was before; flowaudit.baseline.json in PATH unless given here or under gate: in
    /// flowaudit.yaml
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Write the baseline instead of comparing with it; refused where CI is set
    #[arg(long, conflicts_with_all = ["against", "exit_zero"])]
    pub(super) update: bool,

    /// Compare with a revision instead of a baseline, read from git's objects; without REV with
    /// the merge base of HEAD and the default branch
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "", conflicts_with = "baseline")]
    pub(super) against: Option<String>,

    /// Judge this audit instead of auditing PATH: what `flowaudit scan --format json` or `flowaudit
    /// merge` wrote
    #[arg(long = "audit", value_name = "FILE", conflicts_with = "against")]
    pub(super) made: Option<PathBuf>,

    /// Report only: succeed whatever got worse
    #[arg(long)]
    pub(super) exit_zero: bool,

    /// Fail also when an entry of the baseline is no longer so, and when anything could not be
    /// read or followed to the end
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct InitArgs {
    #[command(flatten)]
    pub(super) audit: AuditArgs,

    /// Write to this file instead of flowaudit.yaml in PATH; - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Write over a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct MergeArgs {
    /// What `flowaudit scan --format json` wrote; each repository is called as its file
    #[arg(required = true, num_args = 1..)]
    pub(super) files: Vec<PathBuf>,

    /// Folder that all of the shards are of: fills in the checklists, which no shard can answer
    #[arg(long, value_name = "DIR")]
    pub(super) tree: Option<PathBuf>,

    /// Configuration to use, instead of the flowaudit.yaml at or above the tree
    #[arg(long, value_name = "FILE", requires = "tree")]
    pub(super) config: Option<PathBuf>,

    /// Day by which attestations expire; else that of `SOURCE_DATE_EPOCH`, else today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date, requires = "tree")]
    pub(super) as_of: Option<Date>,

    #[command(flatten)]
    pub(super) show: ShowArgs,
}

/// A file to write, and in which format when it is not the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: Option<Format>,
    pub(super) file: PathBuf,
}

fn output(text: &str) -> Result<Output, String> {
    let plain = Output { format: None, file: PathBuf::from(text) };
    let Some((name, file)) = text.split_once('=') else {
        return if text.is_empty() { Err("no file is named".to_owned()) } else { Ok(plain) };
    };
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(plain);
    }
    match Format::from_str(name, false) {
        Ok(_) if file.is_empty() => Err("no file is named".to_owned()),
        Ok(format) => Ok(Output { format: Some(format), file: PathBuf::from(file) }),
        Err(_) => {
            let known: Vec<String> = Format::value_variants()
                .iter()
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                .collect();
            Err(format!(
                "`{name}` is no format; there are {} (a file of that name is ./{text})",
                known.join(", ")
            ))
        }
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((index, of)) if (1..=of).contains(&index) => Ok(Shard { index, of }),
        _ => Err("expected I/N with I from 1 to N, as in 2/8".to_owned()),
    }
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "no such day; expected YYYY-MM-DD".to_owned())
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ExplainArgs {
    /// A service, a consumer or an unambiguous part of its id, a finding or its fingerprint, a rule
    pub(super) what: String,

    #[command(flatten)]
    pub(super) audit: AuditArgs,

    /// How to present the explanation
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(super) format: ExplainFormat,

    /// Write the explanation to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Whether to colour the text; auto heeds `NO_COLOR`
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub(super) color: When,

    /// Show what plays no part in a verdict, too
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct GraphArgs {
    #[command(flatten)]
    pub(super) audit: AuditArgs,

    /// How to draw
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(super) format: GraphFormat,

    /// Write the graph to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Draw these services only, with who publishes to them and who subscribes to theirs
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) service: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// For Markdown: a flowchart that GitHub and GitLab draw
    Mermaid,
    /// For Graphviz
    Dot,
    /// For browsers: a picture, in light and dark
    Svg,
    /// For programs: one document, described by `flowaudit schema graph`
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For people
    #[value(alias = "table")]
    Text,
    /// For review comments
    Markdown,
    /// For programs: one document, described by `flowaudit schema explanation`
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// For programs: one document, described by `flowaudit schema`
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For test reports: a suite for each service
    Junit,
    /// For GitHub: annotations, and a summary of the step
    Github,
    /// For GitLab: a code quality report
    Gitlab,
    /// For merge requests: one comment
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PolicyName {
    /// A weak control counts as partial
    Strict,
    /// A weak control counts as implemented; its weakness is still reported
    Lenient,
}

impl PolicyName {
    pub(super) fn policy(self) -> Policy {
        match self {
            PolicyName::Strict => Policy::STRICT,
            PolicyName::Lenient => Policy::LENIENT,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// What `flowaudit scan --format json` writes
    Audit,
    /// What `flowaudit gate --format json` writes
    Gate,
    /// What `flowaudit explain --format json` writes
    Explanation,
    /// What `flowaudit graph --format json` writes
    Graph,
    /// flowaudit.yaml
    Config,
}

fn severities() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.iter().map(|value| value.word()))
        .try_map(|word| Severity::from_word(&word).ok_or("not a severity"))
}

fn confidences() -> impl TypedValueParser<Value = Confidence> {
    PossibleValuesParser::new(Confidence::ALL.iter().map(|value| value.word()))
        .try_map(|word| Confidence::from_word(&word).ok_or("not a confidence"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn outputs_name_a_format_or_a_file() {
        let plain = |file: &str| Ok(Output { format: None, file: PathBuf::from(file) });
        assert_eq!(output("out.txt"), plain("out.txt"));
        assert_eq!(output("./sraif=x"), plain("./sraif=x"));
        let sarif = Output { format: Some(Format::Sarif), file: PathBuf::from("a=b") };
        assert_eq!(output("sarif=a=b"), Ok(sarif));
    }

    #[test]
    fn words_of_the_contract_are_accepted() {
        let parse = |text: &str| Cli::try_parse_from(text.split(' '));
        let cli = parse("flowaudit scan x --min-severity warning --min-confidence high").unwrap();
        let Command::Scan(args) = cli.command else {
            panic!("not a scan");
        };
        assert_eq!(args.min_severity, Severity::Warning);
        assert_eq!(args.min_confidence, Confidence::High);
        for wrong in [
            "--min-severity fatal",
            "--threads 0",
            "--format xml",
            "--as-of 2026-02-30",
            "--output sraif=x",
            "--output sarif=",
            "--shard 0/3",
            "--shard 4/3",
        ] {
            assert!(parse(&format!("flowaudit scan {wrong}")).is_err(), "{wrong}");
        }
    }
}

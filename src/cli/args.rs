//! What can be said on the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::audit::{Confidence, Policy, Severity};

/// Audits the event flows of a service monorepo, offline, from evidence in its code.
#[derive(Debug, Parser)]
#[command(name = "flowaudit", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 2 wrong usage, configuration or rules; 3 nothing was audited;
4 something could not be read under --strict, or flowaudit itself failed.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what is in place and what is not, and what to look at first
    Scan(ScanArgs),
    /// Tell how a verdict came about: of a service, a consumer, a finding or a rule
    Explain(ExplainArgs),
    /// Tell which rules are in force and what they mean
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Print the JSON Schema of a document that flowaudit writes or reads
    #[command(hide = true)]
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
}

#[derive(Debug, Args)]
pub(super) struct RuleSource {
    /// Configuration to use, instead of the flowaudit.yaml at or above the working folder
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// What is read, and how: the same for each command that audits a folder.
#[derive(Debug, Args)]
pub(super) struct Reading {
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
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    pub(super) reading: Reading,

    /// How to present the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,

    /// Write the result to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

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

    /// Threads to use; as many as the machine has unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,

    /// Whether to colour the table; auto heeds `NO_COLOR`
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub(super) color: When,

    /// No progress on standard error
    #[arg(long, short, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// List every finding, topic and diagnostic in the table
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ExplainArgs {
    /// A service, a consumer or an unambiguous part of its id, a finding or its fingerprint, a rule
    pub(super) what: String,

    #[command(flatten)]
    pub(super) reading: Reading,

    /// How to present the explanation
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(super) format: ExplainFormat,

    /// Write the explanation to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Whether to colour the text; auto heeds `NO_COLOR`
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub(super) color: When,

    /// No progress on standard error
    #[arg(long, short, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Show what plays no part in a verdict, too
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(super) verbose: bool,
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
    /// For programs: one document, described by `flowaudit schema audit`
    Json,
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
    /// What `flowaudit explain --format json` writes
    Explanation,
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
    fn words_of_the_contract_are_accepted() {
        let parse = |text: &str| Cli::try_parse_from(text.split(' '));
        let cli = parse("flowaudit scan x --min-severity warning --min-confidence high").unwrap();
        let Command::Scan(args) = cli.command else {
            panic!("not a scan");
        };
        assert_eq!(args.min_severity, Severity::Warning);
        assert_eq!(args.min_confidence, Confidence::High);
        for wrong in ["--min-severity fatal", "--threads 0", "-q -v", "--format xml"] {
            assert!(parse(&format!("flowaudit scan {wrong}")).is_err(), "{wrong}");
        }
    }
}

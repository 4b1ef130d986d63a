//! What can go wrong, as users meet it: each error owns its title, its advice and its exit code.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use crate::audit::NotFound;
use crate::config::{self, ConfigError};
use crate::examples::Failure;
use crate::ruleset::RulesError;
use crate::source::revision::RevisionError;
use crate::syntax::reader::{Mistake, closest};

pub(super) use documents::{BadDocuments, NotOurs, Stale};

/// How a run ended, for whoever started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done and within policy.
    Done = 0,
    /// The gate failed, or documents are stale.
    Regressed = 1,
    /// Wrong usage, configuration or rules.
    Usage = 2,
    /// No service or no file was found.
    NothingAudited = 3,
    /// Something could not be read under `--strict`, or flowaudit itself failed.
    Failed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// An error that a user can do something about. Its `Display` is the title: one line.
pub trait UserError: Error + Send + Sync + 'static {
    /// Lines below the title: the single mistakes, with their places.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }

    /// What to do about it.
    fn advice(&self) -> Option<String> {
        None
    }

    /// How the run ends.
    fn exit(&self) -> Exit;
}

/// Names the user errors; an error that is none of them is a failure of flowaudit itself.
macro_rules! user_errors {
    ($($type:ty),* $(,)?) => {
        fn user_error(error: &anyhow::Error) -> Option<&dyn UserError> {
            $(
                if let Some(known) = error.downcast_ref::<$type>() {
                    return Some(known);
                }
            )*
            None
        }
    };
}

user_errors![
    BadRoot,
    ConfigError,
    RulesError,
    NothingAudited,
    UnknownService,
    UnknownRule,
    BadExamples,
    NotFound,
    Unseen,
    CannotWrite,
    BadDocuments,
    NotOurs,
    Stale,
    Internal,
    BadBaseline,
    ReadOnlyBaseline,
    BadOutputs,
    AlreadyThere,
    UnknownCommand,
    BadAudit,
    TreeOfRepositories,
    RevisionError,
];

/// Tells an error on standard error and gives the exit code that goes with it.
pub(super) fn report(error: &anyhow::Error) -> Exit {
    if broken_pipe(error) {
        return Exit::Done;
    }
    let (lines, exit): (Vec<String>, Exit) = if let Some(known) = user_error(error) {
        let title = format!("error: {known}");
        let details = known.details().into_iter().map(|line| format!("  {line}"));
        let advice = known.advice().map(|advice| format!("help: {advice}"));
        let lines = std::iter::once(title).chain(details).chain(advice).collect();
        (lines, known.exit())
    } else {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        (vec![format!("error: {}", causes.join(": "))], Exit::Failed)
    };
    let text = lines.join("\n") + "\n";
    let _ = io::stderr().write_all(text.as_bytes());
    exit
}

/// A reader that has seen enough is no failure.
fn broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

macro_rules! titled {
    ($type:ident, |$this:ident| $($title:tt)*) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $this = self;
                write!(f, $($title)*)
            }
        }

        impl Error for $type {}
    };
}

mod documents;

/// The folder to audit cannot be audited.
#[derive(Debug)]
pub(super) struct BadRoot {
    pub(super) path: PathBuf,
    pub(super) why: String,
}

titled!(BadRoot, |this| "cannot audit {}: {}", this.path.display(), this.why);

impl UserError for BadRoot {
    fn advice(&self) -> Option<String> {
        Some("give the folder that holds the services: flowaudit scan PATH".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// `file:line:column: what is wrong; did you mean …?`, with the file as the user would type it.
fn placed(file: &Path, mistake: &Mistake) -> String {
    let Mistake { line, column, message, suggestion } = mistake;
    let meant = suggestion.as_ref().map(|word| format!("; did you mean `{word}`?"));
    let meant = meant.unwrap_or_default();
    format!("{}:{line}:{column}: {message}{meant}", config::shown(file).display())
}

impl UserError for ConfigError {
    fn details(&self) -> Vec<String> {
        match self {
            ConfigError::Unreadable { .. } => Vec::new(),
            ConfigError::Invalid { path, mistakes, elsewhere } => {
                let own = mistakes.iter().map(|mistake| placed(path, mistake));
                own.chain(elsewhere.iter().map(|(file, mistake)| placed(Path::new(file), mistake))).collect()
            }
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl UserError for RulesError {
    fn details(&self) -> Vec<String> {
        match self {
            RulesError::Unreadable { .. } => Vec::new(),
            RulesError::Invalid(problems) => {
                problems.iter().map(|problem| placed(Path::new(&problem.file), &problem.mistake())).collect()
            }
            RulesError::Unknown(error) => error.details(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            RulesError::Unknown(_) => Some("`flowaudit rules list` lists the rules".to_owned()),
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// There was nothing to look at, which is never a pass.
#[derive(Debug)]
pub(super) struct NothingAudited {
    pub(super) root: PathBuf,
    pub(super) files_walked: u64,
    pub(super) files_parsed: u64,
}

titled!(NothingAudited, |this| "nothing to audit in {}: {}", this.root.display(), this.missing());

impl NothingAudited {
    fn missing(&self) -> String {
        match (self.files_walked, self.files_parsed) {
            (0, _) => "it holds no file".to_owned(),
            (walked, 0) => format!("none of its {walked} files could be read as code or manifest"),
            _ => "no service was found".to_owned(),
        }
    }
}

impl UserError for NothingAudited {
    fn advice(&self) -> Option<String> {
        Some(
            "services are found by go.mod with a main, package.json with a start script, Cargo.toml, a \
             Dockerfile or cmd/*; name others under services: in flowaudit.yaml, and check .gitignore and \
             exclude:"
                .to_owned(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::NothingAudited
    }
}

/// `--service` names something that is not there.
#[derive(Debug)]
pub(super) struct UnknownService {
    pub(super) name: String,
    pub(super) known: Vec<String>,
}

titled!(UnknownService, |this| "there is no service `{}`", this.name);

impl UserError for UnknownService {
    fn advice(&self) -> Option<String> {
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        Some(match closest(&self.name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", self.known.join(", ")),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// `rules show` is asked for something that is not there.
#[derive(Debug)]
pub(super) struct UnknownRule {
    pub(super) id: String,
    pub(super) near: Option<String>,
}

titled!(UnknownRule, |this| "there is no rule `{}`", this.id);

impl UserError for UnknownRule {
    fn advice(&self) -> Option<String> {
        Some(match &self.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`flowaudit rules list` lists them".to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Examples of rule files that do not hold.
#[derive(Debug)]
pub(super) struct BadExamples(pub(super) Vec<Failure>);

titled!(
    BadExamples,
    |this| "{}",
    match this.0.len() {
        1 => "1 example does not hold".to_owned(),
        number => format!("{number} expectations of examples do not hold"),
    }
);

impl UserError for BadExamples {
    fn details(&self) -> Vec<String> {
        self.0.iter().map(|it| format!("{}:{}: {}", it.file, it.line, it.message)).collect()
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// How many candidates are worth reading.
const CANDIDATES: usize = 12;

impl UserError for NotFound {
    fn details(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.candidates.iter().take(CANDIDATES).cloned().collect();
        if self.candidates.len() > CANDIDATES {
            lines.push(format!("… and {} more", self.candidates.len() - CANDIDATES));
        }
        lines
    }

    fn advice(&self) -> Option<String> {
        let advice = match (self.ambiguous, self.candidates.is_empty()) {
            (true, _) => "say more of it, or put service:, consumer:, finding: or rule: before it",
            (false, false) => "these come near",
            (false, true) => "`flowaudit scan` lists services and findings, `flowaudit rules list` rules",
        };
        Some(advice.to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Under `--strict`: the result may lack something.
#[derive(Debug)]
pub(super) struct Unseen {
    pub(super) places: Vec<String>,
}

titled!(
    Unseen,
    |this| "{} not read or followed to the end, and --strict asks for all of them",
    match this.places.len() {
        1 => "1 place was".to_owned(),
        number => format!("{number} places were"),
    }
);

impl UserError for Unseen {
    fn details(&self) -> Vec<String> {
        self.places.clone()
    }

    fn advice(&self) -> Option<String> {
        Some("mend them, or leave them out under exclude: in flowaudit.yaml".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

/// The result has nowhere to go.
#[derive(Debug)]
pub(super) struct CannotWrite {
    pub(super) path: PathBuf,
    pub(super) why: io::Error,
}

titled!(CannotWrite, |this| "cannot write {}: {}", this.path.display(), this.why);

impl UserError for CannotWrite {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// There is no baseline to compare with, or it cannot be read.
#[derive(Debug)]
pub(super) struct BadBaseline {
    pub(super) path: PathBuf,
    /// `None`: there is no such file.
    pub(super) why: Option<String>,
}

titled!(BadBaseline, |this| "{} {}", this.told().0, this.told().1);

impl BadBaseline {
    fn told(&self) -> (&'static str, String) {
        let path = self.path.display();
        match &self.why {
            None => ("there is no baseline", path.to_string()),
            Some(why) => ("cannot read the baseline", format!("{path}: {why}")),
        }
    }
}

impl UserError for BadBaseline {
    fn advice(&self) -> Option<String> {
        Some(match self.why {
            None => "`flowaudit gate --update` writes one, to be committed; or compare with a revision: \
                     `flowaudit gate --against REV`"
                .to_owned(),
            Some(_) => "`flowaudit gate --update` writes it anew".to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A baseline that a CI run writes is one that nobody has read.
#[derive(Debug)]
pub(super) struct ReadOnlyBaseline;

titled!(ReadOnlyBaseline, |_this| "the baseline is read-only where CI is set");

impl UserError for ReadOnlyBaseline {
    fn advice(&self) -> Option<String> {
        Some(
            "run `flowaudit gate --update` on your machine and commit the file, so that it is reviewed"
                .to_owned(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A folder for audits of several repositories, which are of no single one.
#[derive(Debug)]
pub(super) struct TreeOfRepositories;

titled!(TreeOfRepositories, |_this| "--tree is for shards, and these are whole audits");

impl UserError for TreeOfRepositories {
    fn advice(&self) -> Option<String> {
        Some("leave it out: whole audits bring their checklists".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Files to write that cannot all be meant.
#[derive(Debug)]
pub(super) struct BadOutputs {
    pub(super) why: String,
}

titled!(BadOutputs, |this| "{}", this.why);

impl UserError for BadOutputs {
    fn advice(&self) -> Option<String> {
        Some("name a format for each: --output sarif=a.sarif --output junit=b.xml".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// `init` would write over a person's work.
#[derive(Debug)]
pub(super) struct AlreadyThere {
    pub(super) path: PathBuf,
}

titled!(AlreadyThere, |this| "{} is there already", this.path.display());

impl UserError for AlreadyThere {
    fn advice(&self) -> Option<String> {
        Some("--force writes over it, --output FILE writes elsewhere".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// `man` is asked for a command that is not there.
#[derive(Debug)]
pub(super) struct UnknownCommand {
    pub(super) name: String,
    pub(super) known: Vec<String>,
}

titled!(UnknownCommand, |this| "there is no command `{}`", this.name);

impl UserError for UnknownCommand {
    fn advice(&self) -> Option<String> {
        Some(format!("there are: {}", self.known.join(", ")))
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A file is no audit, or does not go with the others.
#[derive(Debug)]
pub(super) struct BadAudit {
    pub(super) path: PathBuf,
    pub(super) why: String,
}

titled!(BadAudit, |this| "cannot use {}: {}", this.path.display(), this.why);

impl UserError for BadAudit {
    fn advice(&self) -> Option<String> {
        Some("give what `flowaudit scan --format json` of one version wrote".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl UserError for RevisionError {
    fn advice(&self) -> Option<String> {
        self.mend()
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A fault in flowaudit.
#[derive(Debug)]
pub(super) struct Internal {
    what: String,
}

titled!(Internal, |this| "flowaudit itself failed: {}", this.what);

/// Where the latest panic was, for the report of a fault.
static PANICKED_AT: Mutex<Option<String>> = Mutex::new(None);

/// A panic hook that prints nothing.
pub(super) fn remember_panic(info: &PanicHookInfo<'_>) {
    if let Ok(mut place) = PANICKED_AT.lock() {
        *place = info.location().map(ToString::to_string);
    }
}

impl Internal {
    /// From what a panic carries.
    pub(super) fn from_panic(payload: &(dyn Any + Send)) -> Internal {
        let what = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason is known".to_owned());
        let place = PANICKED_AT.lock().ok().and_then(|place| place.clone());
        Internal { what: place.map_or(what.clone(), |place| format!("{what} ({place})")) }
    }
}

impl UserError for Internal {
    fn advice(&self) -> Option<String> {
        Some("this is a bug; please report it with the command and the version".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_success_and_an_unknown_error_is_ours() {
        let pipe = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(report(&anyhow::Error::from(pipe).context("writing")), Exit::Done);
        assert_eq!(report(&anyhow::anyhow!("odd")), Exit::Failed);
    }

    #[test]
    fn nothing_audited_says_what_was_missing() {
        let title = |files_walked, files_parsed| {
            NothingAudited { root: PathBuf::from("x"), files_walked, files_parsed }.to_string()
        };
        assert_eq!(title(0, 0), "nothing to audit in x: it holds no file");
        assert!(title(3, 0).contains("none of its 3 files"));
        assert!(title(3, 3).contains("no service"));
    }
}

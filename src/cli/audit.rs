//! What every command that audits does first: settles what is asked for, and audits.

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{AuditArgs, MergeArgs};
use super::errors::{BadAudit, BadRoot, NothingAudited, Unseen};
use super::{mistakes, progress};
use crate::audit::{Audit, Date, SCHEMA_VERSION, Severity};
use crate::config::{self, Settings};
use crate::progress::Progress;
use crate::source::revision;

/// The configuration with the command line's word on top.
pub(super) fn settings(args: &AuditArgs) -> anyhow::Result<Settings> {
    let mut settings = of_tree(&args.path, args.config.as_deref())?;
    settings.threads = args.threads.and_then(|n| NonZeroUsize::new(n.into()));
    settings.ignores = !args.no_ignores;
    settings.as_of = Some(args.as_of.unwrap_or_else(today));
    if let Some(depth) = args.depth {
        settings.depth = Some(depth);
    }
    if let Some(name) = args.policy {
        settings.policy = name.policy();
    }
    Ok(settings)
}

/// The settings that the configuration of a folder gives.
fn of_tree(path: &Path, config: Option<&Path>) -> anyhow::Result<Settings> {
    check_root(path)?;
    let draft = match config {
        Some(file) => config::draft(file, path)?,
        None => config::discover(path)?,
    };
    Ok(Settings::with_config(path, mistakes::checked(draft, path)?))
}

/// Fills in the checklists of an audit that was joined from the shards of a folder.
pub(super) fn fill_checklists(audit: &mut Audit, tree: &Path, args: &MergeArgs) -> anyhow::Result<()> {
    let mut settings = of_tree(tree, args.config.as_deref())?;
    settings.as_of = Some(args.as_of.unwrap_or_else(today));
    progress::shown(true, |progress| crate::fill_checklists(audit, &settings, progress))
}

fn check_root(path: &Path) -> Result<(), BadRoot> {
    let bad = |why: String| BadRoot { path: path.to_owned(), why };
    let metadata = fs::metadata(path).map_err(|error| {
        bad(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such folder".to_owned(),
            _ => error.to_string(),
        })
    })?;
    if metadata.is_dir() { Ok(()) } else { Err(bad("it is a file".to_owned())) }
}

/// The day that expiry is judged by when nobody says one.
#[expect(clippy::disallowed_methods, reason = "for expiry alone; nothing that is written holds it")]
pub(super) fn today() -> Date {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    of_environment().unwrap_or_else(|| Date::from_unix(now()))
}

/// The day that the environment builds by.
pub(super) fn of_environment() -> Option<Date> {
    let seconds = env::var("SOURCE_DATE_EPOCH").ok()?;
    Some(Date::from_unix(seconds.trim().parse().ok()?))
}

/// Audits, with progress on a terminal.
pub(super) fn audit(settings: &Settings, quiet: bool) -> anyhow::Result<Audit> {
    on_threads(settings, quiet, |progress| crate::audit_tree(settings, progress))
}

/// Does the work on as many threads as were asked for, with progress on a terminal.
pub(super) fn on_threads<T: Send>(
    settings: &Settings,
    quiet: bool,
    work: impl FnOnce(&Progress) -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    progress::shown(quiet, |progress| match settings.threads {
        None => work(progress),
        Some(threads) => {
            rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build()?.install(|| work(progress))
        }
    })
}

/// The audit of another revision under the configuration of this one, with the revision's name;
/// an empty one is the merge base with the default branch. Both are read the same way, so that
/// only the code differs.
pub(super) fn at_revision(settings: &Settings, rev: &str, quiet: bool) -> anyhow::Result<(Audit, String)> {
    let rev = (!rev.is_empty()).then_some(rev);
    let tree = revision::lay_out(&settings.root, settings.config.base.as_deref(), rev)?;
    let mut other = settings.clone();
    other.root.clone_from(&tree.root);
    if other.config.base.is_some() {
        other.config.base.clone_from(&tree.base);
    }
    Ok((audit(&other, quiet)?, tree.name.clone()))
}

/// Reads what `flowaudit scan --format json` or `flowaudit merge` wrote.
pub(super) fn read(path: &Path) -> Result<Audit, BadAudit> {
    let bad = |why: String| BadAudit { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let audit: Audit = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    if audit.schema_version != SCHEMA_VERSION {
        return Err(bad(format!(
            "its schema_version is {}, here it is {SCHEMA_VERSION}",
            audit.schema_version
        )));
    }
    Ok(audit)
}

/// Refuses an audit of nothing, and a configuration that names what was not found.
pub(super) fn check(audit: &Audit, settings: &Settings) -> anyhow::Result<()> {
    // A part may have no service; what the configuration names is then in another.
    if settings.shard.is_some() && audit.stats.files_parsed > 0 {
        return Ok(());
    }
    if audit.services.is_empty() || audit.stats.files_parsed == 0 {
        return Err(NothingAudited {
            root: settings.root.clone(),
            files_walked: audit.stats.files_walked,
            files_parsed: audit.stats.files_parsed,
        }
        .into());
    }
    let known: Vec<String> = audit.services.iter().map(|s| s.name.clone()).collect();
    Ok(settings.config.check_services(&known)?)
}

/// Under `--strict`, whether everything was seen.
pub(super) fn seen(audit: &Audit, strict: bool) -> Result<(), Unseen> {
    let places: Vec<String> = audit
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level < Severity::Note)
        .map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.message))
        .collect();
    if strict && !places.is_empty() {
        return Err(Unseen { places });
    }
    Ok(())
}

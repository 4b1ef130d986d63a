//! From a result to the formats and files that were asked for. The outcome is settled before.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::{Format, ShowArgs};
use super::errors::{BadOutputs, CannotWrite};
use super::output;
use crate::audit::Audit;
use crate::config::Settings;
use crate::controls;
use crate::gate::Outcome;
use crate::report::{self, Subject, github, gitlab, json, junit, markdown, sarif, table};

/// What GitHub takes as the summary of a step.
const MAX_SUMMARY: usize = 1 << 20;

/// Refuses files that cannot all be meant; to be asked before the audit.
pub(super) fn check(show: &ShowArgs) -> Result<(), BadOutputs> {
    if show.output.iter().filter(|output| output.format.is_none()).count() > 1 {
        return Err(BadOutputs { why: "two files are named for one format".to_owned() });
    }
    for (index, one) in show.output.iter().enumerate() {
        if show.output[..index].iter().any(|other| other.file == one.file) {
            return Err(BadOutputs { why: format!("{} is named twice", one.file.display()) });
        }
    }
    if let Some(root) = show.sarif_root.as_ref().filter(|root| !root.is_dir()) {
        return Err(BadOutputs { why: format!("there is no folder {}", root.display()) });
    }
    Ok(())
}

/// Renders every format that is asked for, then writes them all.
pub(super) fn write(
    audit: &Audit,
    outcome: Option<&Outcome>,
    settings: &Settings,
    show: &ShowArgs,
) -> anyhow::Result<()> {
    let waived = controls::waived_gaps(audit);
    let config_path = settings.config.path_from(&settings.root);
    let prefix = prefix(&settings.root, show.sarif_root.as_deref())?;
    let subject = Subject { audit, outcome, prefix: &prefix, config_path: &config_path, waived: &waived };

    let main = show.output.iter().find(|output| output.format.is_none()).map(|output| output.file.as_path());
    let beside = show.output.iter().filter_map(|output| Some((output.format?, Some(output.file.as_path()))));
    let wanted: Vec<(Format, Option<&Path>)> = std::iter::once((show.format, main)).chain(beside).collect();
    let mut texts = Vec::new();
    for (format, file) in &wanted {
        texts.push((render(*format, &subject, settings, show, file.is_some()), *file));
    }
    for (text, file) in texts {
        output::write(&text, file)?;
    }
    if wanted.iter().any(|(format, _)| *format == Format::Github) {
        summary(&markdown::render(&subject))?;
    }
    Ok(())
}

fn render(
    format: Format,
    subject: &Subject<'_>,
    settings: &Settings,
    show: &ShowArgs,
    to_file: bool,
) -> String {
    match format {
        Format::Table => {
            let view = table::View {
                width: output::width(to_file),
                color: output::colored(show.color, to_file),
                all: show.verbose,
            };
            match subject.outcome {
                Some(outcome) => report::outcome::render(outcome, view),
                None => table::render(subject.audit, view),
            }
        }
        Format::Json => match subject.outcome {
            Some(outcome) => json::document(outcome),
            None => json::render(subject.audit),
        },
        Format::Sarif => {
            let source = |path: &str| std::fs::read(settings.root.join(path)).ok();
            sarif::render(subject, &|path| source(path).map(|b| String::from_utf8_lossy(&b).into_owned()))
        }
        Format::Junit => junit::render(subject),
        Format::Github => github::render(subject),
        Format::Gitlab => gitlab::render(subject),
        Format::Markdown => markdown::render(subject),
    }
}

/// The scanned folder from the repository's root, or from the folder that was named instead.
fn prefix(root: &Path, named: Option<&Path>) -> Result<String, BadOutputs> {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let root = canonical(root);
    let top: PathBuf = match named {
        Some(named) => canonical(named),
        None => root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&root).to_owned(),
    };
    match root.strip_prefix(&top) {
        Ok(inner) => Ok(inner.to_string_lossy().replace('\\', "/")),
        Err(_) => Err(BadOutputs { why: format!("{} does not lie in {}", root.display(), top.display()) }),
    }
}

/// Adds to the summary of the step, where GitHub offers one.
fn summary(text: &str) -> anyhow::Result<()> {
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let path = PathBuf::from(path);
    let cut = match text.char_indices().find(|(at, _)| *at >= MAX_SUMMARY - 64) {
        Some((at, _)) => format!("{}\n\n… cut: too long for a summary.\n", &text[..at]),
        None => text.to_owned(),
    };
    let file = OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(cut.as_bytes())).map_err(|why| CannotWrite { path, why })?;
    Ok(())
}

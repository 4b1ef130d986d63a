//! `flowaudit scan`: what is in place and what is not.

use std::fs;
use std::num::NonZeroUsize;

use super::args::{Format, ScanArgs};
use super::errors::{self, BadRoot, Exit, NothingAudited, UnknownService, Unseen};
use super::{output, progress};
use crate::audit::{Audit, Severity};
use crate::config::{self, Settings};
use crate::report::{json, table};

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let settings = settings(args)?;
    let audit = progress::shown(args.quiet, |progress| match settings.threads {
        None => crate::audit_tree(&settings, progress),
        Some(threads) => rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build()?
            .install(|| crate::audit_tree(&settings, progress)),
    })?;
    finish(audit, &settings, args)
}

fn settings(args: &ScanArgs) -> anyhow::Result<Settings> {
    let bad = |why: String| BadRoot {
        path: args.path.clone(),
        why,
    };
    let metadata = fs::metadata(&args.path).map_err(|error| {
        bad(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such folder".to_owned(),
            _ => error.to_string(),
        })
    })?;
    if !metadata.is_dir() {
        return Err(bad("it is a file".to_owned()).into());
    }

    let config = match &args.config {
        Some(file) => config::load(file, &args.path)?,
        None => config::discover(&args.path)?,
    };
    let mut settings = Settings::with_config(&args.path, config);
    settings.services.clone_from(&args.service);
    settings.threads = args.threads.and_then(|n| NonZeroUsize::new(n.into()));
    if let Some(depth) = args.depth {
        settings.depth = Some(depth);
    }
    if let Some(name) = args.policy {
        settings.policy = name.policy();
    }
    Ok(settings)
}

/// Settles the outcome, presents the part that was asked for, then tells the outcome.
fn finish(mut audit: Audit, settings: &Settings, args: &ScanArgs) -> anyhow::Result<Exit> {
    if audit.services.is_empty() || audit.stats.files_parsed == 0 {
        return Err(NothingAudited {
            root: settings.root.clone(),
            files_walked: audit.stats.files_walked,
            files_parsed: audit.stats.files_parsed,
        }
        .into());
    }
    let known: Vec<String> = audit.services.iter().map(|s| s.name.clone()).collect();
    if let Some(name) = settings.services.iter().find(|name| !known.contains(name)) {
        let name = name.clone();
        return Err(UnknownService { name, known }.into());
    }
    let outcome = outcome(&audit, args.strict);

    audit.keep_services(&settings.services);
    audit.keep_findings(args.min_severity, args.min_confidence);
    let to_file = args.output.is_some();
    let text = match args.format {
        Format::Json => json::render(&audit),
        Format::Table => {
            let view = table::View {
                width: output::width(to_file),
                color: output::colored(args.color, to_file),
                all: args.verbose,
            };
            table::render(&audit, view)
        }
    };
    output::write(&text, args.output.as_deref())?;

    Ok(match outcome {
        Ok(()) => Exit::Done,
        Err(unseen) => errors::report(&unseen.into()),
    })
}

fn outcome(audit: &Audit, strict: bool) -> Result<(), Unseen> {
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

//! `flowaudit scan`: what is in place and what is not.

use std::fs;
use std::num::NonZeroUsize;

use super::args::{Format, Reading, ScanArgs};
use super::errors::{self, BadRoot, Exit, NothingAudited, UnknownService, Unseen};
use super::{output, progress};
use crate::audit::{Audit, Severity};
use crate::config::{self, Settings};
use crate::report::{json, table};

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let settings = scan_settings(args)?;
    let audit = progress::shown(args.quiet, |progress| match settings.threads {
        None => crate::audit_tree(&settings, progress),
        Some(threads) => rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build()?
            .install(|| crate::audit_tree(&settings, progress)),
    })?;
    finish(audit, &settings, args)
}

fn scan_settings(args: &ScanArgs) -> anyhow::Result<Settings> {
    let mut settings = settings(&args.reading)?;
    settings.services.clone_from(&args.service);
    settings.threads = args.threads.and_then(|n| NonZeroUsize::new(n.into()));
    Ok(settings)
}

/// The configuration of a folder with the flags of the command line on top.
pub(super) fn settings(reading: &Reading) -> anyhow::Result<Settings> {
    let path = reading.path.as_path();
    let bad = |why: String| BadRoot { path: path.to_owned(), why };
    let metadata = fs::metadata(path).map_err(|error| {
        bad(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such folder".to_owned(),
            _ => error.to_string(),
        })
    })?;
    if !metadata.is_dir() {
        return Err(bad("it is a file".to_owned()).into());
    }

    let config = match &reading.config {
        Some(file) => config::load(file, path)?,
        None => config::discover(path)?,
    };
    let mut settings = Settings::with_config(path, config);
    if let Some(depth) = reading.depth {
        settings.depth = Some(depth);
    }
    if let Some(name) = reading.policy {
        settings.policy = name.policy();
    }
    Ok(settings)
}

/// Settles the outcome, presents the part that was asked for, then tells the outcome.
fn finish(mut audit: Audit, settings: &Settings, args: &ScanArgs) -> anyhow::Result<Exit> {
    audited(&audit, settings)?;
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

/// Refuses an audit of nothing, and a configuration that names services which are not there.
pub(super) fn audited(audit: &Audit, settings: &Settings) -> anyhow::Result<()> {
    if audit.services.is_empty() || audit.stats.files_parsed == 0 {
        return Err(NothingAudited {
            root: settings.root.clone(),
            files_walked: audit.stats.files_walked,
            files_parsed: audit.stats.files_parsed,
        }
        .into());
    }
    let known: Vec<String> = audit.services.iter().map(|s| s.name.clone()).collect();
    settings.config.check_services(&known)?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;
    use crate::audit::{Diagnostic, Policy, Service, ServiceKind, SubscriptionType};

    fn audit() -> Audit {
        let service = |name: &str| Service {
            name: name.to_owned(),
            path: name.to_owned(),
            languages: Vec::new(),
            kind: ServiceKind::Service,
            publisher: false,
            consumer: false,
            subscription_type: SubscriptionType::None,
            controls: std::collections::BTreeMap::new(),
        };
        let mut audit = Audit {
            services: vec![service("order"), service("search")],
            diagnostics: vec![Diagnostic {
                path: "a.go".to_owned(),
                level: Severity::Warning,
                message: "cut off".to_owned(),
            }],
            ..Audit::default()
        };
        audit.stats.files_parsed = 2;
        audit
    }

    fn outcome_of(flags: &str, folder: &Path) -> (Exit, String) {
        let file = folder.join("out");
        let file = file.to_str().unwrap();
        let line = format!("flowaudit scan {} --output {file} {flags}", folder.display());
        let Command::Scan(args) = Cli::try_parse_from(line.split_whitespace()).unwrap().command else {
            panic!("not a scan");
        };
        let settings = scan_settings(&args).unwrap();
        let exit = finish(audit(), &settings, &args).unwrap_or_else(|error| errors::report(&error));
        (exit, fs::read_to_string(file).unwrap_or_default())
    }

    #[test]
    fn strict_fails_and_still_writes_the_result() {
        for format in ["table", "json"] {
            let dir = tempfile::tempdir().unwrap();
            let (exit, text) = outcome_of(&format!("--format {format}"), dir.path());
            assert_eq!((exit, text.is_empty()), (Exit::Done, false));
            let (exit, again) = outcome_of(&format!("--strict --format {format}"), dir.path());
            assert_eq!((exit, again), (Exit::Failed, text));
        }
    }

    #[test]
    fn only_the_services_asked_for_are_shown() {
        let dir = tempfile::tempdir().unwrap();
        let (exit, text) = outcome_of("--format json --service order", dir.path());
        assert_eq!(exit, Exit::Done);
        let shown: Audit = serde_json::from_str(&text).unwrap();
        assert_eq!(shown.services.len(), 1);
    }

    #[test]
    fn unknown_services_are_wrong_usage() {
        let dir = tempfile::tempdir().unwrap();
        let (exit, text) = outcome_of("--service oder", dir.path());
        assert_eq!((exit, text.as_str()), (Exit::Usage, ""));
        fs::write(dir.path().join("flowaudit.yaml"), "audits: [{name: a, scope: [oder]}]").unwrap();
        let (exit, text) = outcome_of("", dir.path());
        assert_eq!((exit, text.as_str()), (Exit::Usage, ""));
    }

    #[test]
    fn flags_win_over_the_configuration() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("flowaudit.yaml"), "policy: lenient\ndepth: 3\n").unwrap();
        let of = |flags: &str| {
            let line = format!("flowaudit scan {} {flags}", dir.path().display());
            let Command::Scan(args) = Cli::try_parse_from(line.split_whitespace()).unwrap().command else {
                panic!("not a scan");
            };
            scan_settings(&args).unwrap()
        };
        let plain = of("");
        assert_eq!((plain.depth, plain.policy), (Some(3), Policy::LENIENT));
        let flagged = of("--depth 0 --policy strict");
        assert_eq!((flagged.depth, flagged.policy), (Some(0), Policy::STRICT));
    }
}

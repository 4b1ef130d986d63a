//! `flowaudit scan`: what is in place and what is not.

use super::args::{Format, ScanArgs};
use super::errors::{self, Exit, UnknownService};
use super::{audit, present};
use crate::audit::Audit;
use crate::config::Settings;

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    present::check(&args.show)?;
    let settings = settings(args)?;
    let audit = audit::audit(&settings, args.audit.quiet)?;
    finish(audit, &settings, args)
}

fn settings(args: &ScanArgs) -> anyhow::Result<Settings> {
    let mut settings = audit::settings(&args.audit)?;
    settings.services.clone_from(&args.service);
    settings.shard = args.shard;
    // A checklist asks about all services together.
    settings.checklists = args.shard.is_none() && args.show.writes(Format::Json);
    Ok(settings)
}

/// Settles the outcome, presents the part that was asked for, then tells the outcome.
fn finish(mut audit: Audit, settings: &Settings, args: &ScanArgs) -> anyhow::Result<Exit> {
    audit::check(&audit, settings)?;
    let known: Vec<String> = audit.services.iter().map(|s| s.name.clone()).collect();
    if let Some(name) = settings.services.iter().find(|name| !known.contains(name)) {
        let name = name.clone();
        return Err(UnknownService { name, known }.into());
    }
    let seen = audit::seen(&audit, args.strict);

    audit.keep_services(&settings.services);
    audit.keep_findings(args.min_severity, args.min_confidence);
    present::write(&audit, None, settings, &args.show)?;

    Ok(match seen {
        Ok(()) => Exit::Done,
        Err(unseen) => errors::report(&unseen.into()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;
    use crate::audit::sample::service;
    use crate::audit::{Diagnostic, Policy, Severity};

    fn audit() -> Audit {
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
        let settings = settings(&args).unwrap();
        let exit = finish(audit(), &settings, &args).unwrap_or_else(|error| errors::report(&error));
        (exit, fs::read_to_string(file).unwrap_or_default())
    }

    #[test]
    fn strict_fails_and_still_writes_the_result() {
        for format in ["table", "json", "sarif", "junit", "github", "gitlab", "markdown"] {
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
            settings(&args).unwrap()
        };
        let plain = of("");
        assert_eq!((plain.depth, plain.policy), (Some(3), Policy::LENIENT));
        let flagged = of("--depth 0 --policy strict");
        assert_eq!((flagged.depth, flagged.policy), (Some(0), Policy::STRICT));
    }
}

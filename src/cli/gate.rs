//! `flowaudit gate`: fails when something got worse than it was.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::args::GateArgs;
use super::errors::{self, BadAudit, BadBaseline, Exit, ReadOnlyBaseline};
use super::{audit, output, present, report};
use crate::audit::Audit;
use crate::config::Settings;
use crate::gate::{self, Baseline};
use crate::report::count;

/// The baseline's name when nobody gives one.
const FILE_NAME: &str = "flowaudit.baseline.json";

pub(super) fn run(args: &GateArgs) -> anyhow::Result<Exit> {
    present::check(&args.show)?;
    let settings = audit::settings(&args.audit)?;
    let file = file(args, &settings);
    if args.update {
        return update(args, &settings, &file);
    }
    // What it is compared with comes first: a mistake there is told before the long work.
    let (before, against) = match &args.against {
        Some(rev) => at_revision(args, &settings, rev)?,
        None => (read(&file)?, file.display().to_string()),
    };
    let audit = audited(args, &settings)?;
    let mut outcome = gate::compare(&before, &audit, &settings.config, &against, args.strict);
    if let Some(folder) = &settings.config.gate.documents {
        let documents = report::stale(&settings, folder, args.audit.quiet)?;
        let here = env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
        let folder = folder.strip_prefix(&here).unwrap_or(folder);
        let command = format!("flowaudit report {} -o {}", settings.root.display(), folder.display());
        gate::fail_documents(&mut outcome, documents, &format!("`{command}` brings it up to date."));
    }
    let seen = audit::seen(&audit, args.strict);
    present::write(&audit, Some(&outcome), &settings, &args.show)?;
    Ok(match seen {
        Err(unseen) => errors::report(&unseen.into()),
        Ok(()) if outcome.passed || args.exit_zero => Exit::Done,
        Ok(()) => Exit::Regressed,
    })
}

fn audited(args: &GateArgs, settings: &Settings) -> anyhow::Result<Audit> {
    let audit = match &args.made {
        Some(path) => whole(path)?,
        None => audit::audit(settings, args.audit.quiet)?,
    };
    audit::check(&audit, settings)?;
    Ok(audit)
}

/// An audit that was made before. A part of one would pass for lack of the rest.
fn whole(path: &Path) -> Result<Audit, BadAudit> {
    let audit = audit::read(path)?;
    match audit.shard {
        None => Ok(audit),
        Some(shard) => {
            let why =
                format!("it is shard {}/{}; `flowaudit merge` joins all of them", shard.index, shard.of);
            Err(BadAudit { path: path.to_owned(), why })
        }
    }
}

fn file(args: &GateArgs, settings: &Settings) -> PathBuf {
    let configured = args.baseline.clone().or_else(|| settings.config.gate.baseline.clone());
    configured.unwrap_or_else(|| match settings.root.as_os_str().to_str() {
        Some("." | "") => PathBuf::from(FILE_NAME),
        _ => settings.root.join(FILE_NAME),
    })
}

fn read(path: &Path) -> Result<Baseline, BadBaseline> {
    let bad = |why| BadBaseline { path: path.to_owned(), why };
    let text = fs::read_to_string(path)
        .map_err(|error| bad((error.kind() != io::ErrorKind::NotFound).then(|| error.to_string())))?;
    Baseline::parse(&text).map_err(|error| bad(Some(error.to_string())))
}

/// What the audit of another revision would be remembered as.
fn at_revision(args: &GateArgs, settings: &Settings, rev: &str) -> anyhow::Result<(Baseline, String)> {
    let (audit, name) = audit::at_revision(settings, rev, args.audit.quiet)?;
    Ok((Baseline::of(&audit), name))
}

fn update(args: &GateArgs, settings: &Settings, file: &Path) -> anyhow::Result<Exit> {
    if env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0") {
        return Err(ReadOnlyBaseline.into());
    }
    let now = Baseline::of(&audited(args, settings)?);
    let before = fs::read_to_string(file).ok().and_then(|text| Baseline::parse(&text).ok());
    output::write(&now.render(), Some(file))?;
    let known = now.findings.len();
    let change = match before.map(|before| before.findings.len()) {
        None => String::new(),
        Some(before) => format!(" ({before} before)"),
    };
    let _ = writeln!(
        io::stderr(),
        "wrote {}: {}{change}, {}, {}; next: commit it, and `flowaudit gate` fails when something gets \
         worse",
        file.display(),
        count(known, "known finding"),
        count(now.consumers.values().map(Vec::len).sum(), "consumer"),
        count(now.services.len(), "service"),
    );
    if now.consumers.is_empty() {
        let _ = writeln!(
            io::stderr(),
            "no consumer was found, so there is nothing that could get worse; `flowaudit scan -v` lists what \
             was not read"
        );
    }
    Ok(Exit::Done)
}

//! `flowaudit merge`: the JSON of several scans as one.

use std::fs;
use std::path::Path;

use super::args::MergeArgs;
use super::errors::{BadAudit, Exit};
use super::present;
use crate::audit::{Audit, JoinError, SCHEMA_VERSION};
use crate::config::Settings;
use crate::controls;

pub(super) fn run(args: &MergeArgs) -> anyhow::Result<Exit> {
    present::check(&args.show)?;
    let mut audits = Vec::new();
    for path in &args.files {
        let bad = |why: String| BadAudit { path: path.clone(), why };
        let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let audit: Audit = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if audit.schema_version != SCHEMA_VERSION {
            let why = format!("its schema_version is {}, here it is {SCHEMA_VERSION}", audit.schema_version);
            return Err(bad(why).into());
        }
        audits.push(audit);
    }
    let joined = if audits.iter().any(|audit| audit.shard.is_some()) {
        Audit::join_shards(audits)
    } else {
        controls::join(names(args)?.into_iter().zip(audits).collect())
    };
    let audit = joined.map_err(|JoinError { index, why }| {
        let path = args.files.get(index).cloned().unwrap_or_default();
        BadAudit { path, why }
    })?;
    present::write(&audit, None, &Settings::new("."), &args.show)?;
    Ok(Exit::Done)
}

/// What each repository is called: its file, without the end of its name.
fn names(args: &MergeArgs) -> Result<Vec<String>, BadAudit> {
    let mut names: Vec<String> = Vec::new();
    for path in &args.files {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if names.contains(&stem) {
            let why = format!("another file is called `{stem}` too, and that names its repository");
            return Err(BadAudit { path: Path::new(path).to_owned(), why });
        }
        names.push(stem);
    }
    Ok(names)
}

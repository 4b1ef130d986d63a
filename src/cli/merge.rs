//! `flowaudit merge`: the JSON of several scans as one.

use std::path::Path;

use super::args::MergeArgs;
use super::errors::{BadAudit, Exit, TreeOfRepositories};
use super::{audit, present};
use crate::audit::{Audit, JoinError};
use crate::config::Settings;
use crate::controls;

pub(super) fn run(args: &MergeArgs) -> anyhow::Result<Exit> {
    present::check(&args.show)?;
    let audits = args.files.iter().map(|path| audit::read(path)).collect::<Result<Vec<Audit>, _>>()?;
    let is_sharded = audits.iter().any(|audit| audit.shard.is_some());
    let joined = if is_sharded {
        Audit::join_shards(audits)
    } else {
        controls::join(names(args)?.into_iter().zip(audits).collect())
    };
    let mut audit = joined.map_err(|JoinError { index, why }| {
        let path = args.files.get(index).cloned().unwrap_or_default();
        BadAudit { path, why }
    })?;
    match &args.tree {
        Some(tree) if is_sharded => audit::fill_checklists(&mut audit, tree, args)?,
        Some(_) => return Err(TreeOfRepositories.into()),
        None => {}
    }
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

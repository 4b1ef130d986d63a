//! What git tracks although its own rules ignore it: `.gitignore` says what is not to be added, and has
//! no say over what was.

use std::collections::BTreeSet;
use std::path::Path;

use super::revision::command;

/// The tracked files below a folder that rules ignore.
#[derive(Debug)]
pub enum Tracked {
    /// The folder is in no clone.
    Nothing,
    /// Their paths from the folder, and those of the folders that hold them.
    Known { files: BTreeSet<String>, folders: BTreeSet<String> },
    /// git could not be asked.
    Unknown,
}

impl Tracked {
    /// Asks git about a folder.
    pub fn of(root: &Path) -> Tracked {
        // The index alone is looked at; a monitor that a clone configures is a program, and is not run.
        let args =
            ["-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
        let output = match command(root, &args).output() {
            Ok(output) if output.status.success() => output,
            _ => return Tracked::Unknown,
        };
        let rows = output.stdout.split(|&byte| byte == 0).filter(|row| !row.is_empty());
        let files: BTreeSet<String> = rows.filter_map(|row| String::from_utf8(row.to_vec()).ok()).collect();
        let above = |path: &String| {
            let ends = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
            ends.collect::<Vec<_>>()
        };
        let folders = files.iter().flat_map(above).collect();
        Tracked::Known { files, folders }
    }

    /// Whether a file is among them, or a folder holds one.
    pub fn has(&self, path: &str, is_dir: bool) -> bool {
        match self {
            Tracked::Known { files, folders } => if is_dir { folders } else { files }.contains(path),
            Tracked::Nothing | Tracked::Unknown => false,
        }
    }

    /// What to add to the reason that a path is left out for.
    pub fn doubt(&self) -> &'static str {
        match self {
            Tracked::Unknown => ", and git could not be asked whether it is tracked",
            Tracked::Nothing | Tracked::Known { .. } => "",
        }
    }
}

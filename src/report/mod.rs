//! Report: an audit, or what the gate made of it, into words. One file for each format; none knows
//! how anything was decided, nor of flags, and none has a say in the exit code.

pub mod docs;
pub mod explain;
pub mod github;
pub mod gitlab;
pub mod graph;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod outcome;
pub mod sarif;
pub mod table;

mod entries;
mod words;

pub(crate) use words::count;

use std::collections::BTreeSet;

use crate::audit::{Audit, Control, Place};
use crate::gate::Outcome;

/// What there is to present.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The audit.
    pub audit: &'a Audit,
    /// What the gate made of it, when it was asked.
    pub outcome: Option<&'a Outcome>,
    /// The scanned folder from the repository's root, with `/`; empty when they are the same.
    /// Code hosts want paths from the repository's root.
    pub prefix: &'a str,
    /// Where the configuration is, or would be, from the scanned folder.
    pub config_path: &'a str,
    /// Gaps that are waived: ids of consumers and names of services, each with the control.
    pub waived: &'a BTreeSet<(String, Control)>,
}

impl Subject<'_> {
    /// Whether the gap of a consumer, by id, or of a service, by name, is waived.
    fn is_waived(&self, about: &str, control: Control) -> bool {
        self.waived.contains(&(about.to_owned(), control))
    }

    /// A place with its path from the repository's root.
    fn in_repository(&self, place: &Place) -> Place {
        Place { path: joined(self.prefix, &place.path), line: place.line.max(1) }
    }
}

/// A path below a folder, without the `..` that lead out of it and in again.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn paths_are_from_the_repository() {
        let cases = [
            ("", "a/b.go", "a/b.go"),
            ("services", "a/b.go", "services/a/b.go"),
            ("services/x/", "../../flowaudit.yaml", "flowaudit.yaml"),
            (".", "./a", "a"),
        ];
        for (folder, path, expected) in cases {
            assert_eq!(joined(folder, path), expected);
        }
    }
}

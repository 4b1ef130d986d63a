//! GitLab's code quality report: one array, whose fingerprints must differ.

use std::collections::BTreeMap;

use serde::Serialize;

use super::entries::{Entry, entries};
use super::{Subject, json};
use crate::audit::{Priority, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// The document.
pub fn render(subject: &Subject<'_>) -> String {
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    let issues: Vec<Issue<'_>> = entries(subject)
        .into_iter()
        .map(|entry| {
            let ordinal = met.entry(entry.fingerprint.clone()).or_default();
            *ordinal += 1;
            let fingerprint = match *ordinal {
                1 => entry.fingerprint.clone(),
                ordinal => format!("{}-{ordinal}", entry.fingerprint),
            };
            issue(entry, fingerprint)
        })
        .collect();
    json::document(&issues)
}

fn issue(entry: Entry<'_>, fingerprint: String) -> Issue<'_> {
    Issue {
        description: format!("{}: {}", entry.about, entry.message),
        check_name: entry.rule,
        fingerprint,
        severity: severity(&entry),
        location: Location { path: entry.place.path, lines: Lines { begin: entry.place.line } },
    }
}

fn severity(entry: &Entry<'_>) -> &'static str {
    match (entry.priority, entry.severity) {
        (Priority::P0, _) => "blocker",
        (_, Severity::Error) => "critical",
        (Priority::P1, _) => "major",
        (_, Severity::Warning) => "minor",
        (_, Severity::Note) => "info",
    }
}

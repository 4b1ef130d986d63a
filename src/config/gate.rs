//! What the gate lets pass: floors, and which changes fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Config;
use super::parse::words;
use crate::audit::{Control, Priority, Severity};
use crate::syntax::reader::{Map, Reader};
use crate::syntax::yaml::{Entry, Node, Value};

pub(super) const KEYS: &[&str] = &["baseline", "min", "fail_on"];
pub(super) const FAIL_KEYS: &[&str] =
    &["severity", "priority", "worse_status", "lower_percent", "expired", "stale_documents"];

/// What the gate lets pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatePolicy {
    /// The baseline's file, from the folder of the configuration.
    pub baseline: Option<PathBuf>,
    /// The least percentage, by audit and control.
    pub min: BTreeMap<(String, Control), u32>,
    /// What fails beside.
    pub fail_on: FailOn,
    /// The folder that `flowaudit report` writes, when a document in it that is missing or stale
    /// fails.
    pub documents: Option<PathBuf>,
}

/// What fails beside a percentage below its floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailOn {
    /// New findings at least this severe; `None`: not for their severity.
    pub severity: Option<Severity>,
    /// New findings at least this urgent; `None`: not for their priority.
    pub priority: Option<Priority>,
    /// A status that got worse.
    pub worse_status: bool,
    /// A percentage below that of the baseline.
    pub lower_percent: bool,
    /// Waivers, ignores and attestations past their last day.
    pub expired: bool,
}

impl Default for FailOn {
    fn default() -> Self {
        FailOn {
            severity: Some(Severity::Error),
            priority: Some(Priority::P1),
            worse_status: true,
            lower_percent: true,
            expired: true,
        }
    }
}

impl GatePolicy {
    /// The floor of a control in an audit.
    pub fn floor(&self, audit: &str, control: Control) -> Option<u32> {
        self.min.get(&(audit.to_owned(), control)).copied()
    }
}

pub(super) fn read(reader: &mut Reader, node: &Node, base: &Path, config: &Config) -> GatePolicy {
    let mut policy = GatePolicy::default();
    let Some(map) = reader.map(node, KEYS) else {
        return policy;
    };
    policy.baseline = reader.optional_text(map, "baseline").map(|text| base.join(text));
    if let Some(node) = map.get("min") {
        for entry in reader.entries(node) {
            floors(reader, entry, config, &mut policy.min);
        }
    }
    if let Some(map) = map.get("fail_on").and_then(|node| reader.map(node, FAIL_KEYS)) {
        policy.fail_on = fail_on(reader, map);
        policy.documents = reader.optional_text(map, "stale_documents").map(|text| base.join(text));
    }
    policy
}

/// The floors of one audit; what nobody counts has no floor.
fn floors(reader: &mut Reader, entry: &Entry, config: &Config, out: &mut BTreeMap<(String, Control), u32>) {
    let Some(audit) = config.audits.iter().find(|audit| audit.name == entry.key) else {
        let audits: Vec<&str> = config.audits.iter().map(|audit| audit.name.as_str()).collect();
        reader.unknown_word(&key(entry), "audit", &entry.key, &audits);
        return;
    };
    let known = words(Control::ALL, Control::word);
    for entry in reader.entries(&entry.value) {
        let at = key(entry);
        let Some(control) = reader.word(&at, "control", &known) else {
            continue;
        };
        if !audit.controls.contains(&control) {
            reader.mistake(&at, format!("the audit `{}` does not count `{control}`", audit.name));
        }
        match reader.count(&entry.value) {
            Some(number @ 0..=100) => {
                out.insert((audit.name.clone(), control), number as u32);
            }
            Some(_) => reader.mistake(&entry.value, "a percentage is at most 100"),
            None => {}
        }
    }
}

/// A key as a value of its own.
fn key(entry: &Entry) -> Node {
    Node { line: entry.key_line, column: entry.key_column, value: Value::String(entry.key.clone()) }
}

fn fail_on(reader: &mut Reader, map: Map) -> FailOn {
    let mut out = FailOn::default();
    out.severity = threshold(reader, map, "severity", &words(Severity::ALL, Severity::word), out.severity);
    out.priority = threshold(reader, map, "priority", &words(Priority::ALL, Priority::word), out.priority);
    out.worse_status = reader.flag_or(map, "worse_status", out.worse_status);
    out.lower_percent = reader.flag_or(map, "lower_percent", out.lower_percent);
    out.expired = reader.flag_or(map, "expired", out.expired);
    out
}

/// A value, or `never`.
fn threshold<T: Copy>(
    reader: &mut Reader,
    map: Map,
    key: &str,
    words: &[(&str, T)],
    otherwise: Option<T>,
) -> Option<T> {
    let Some(node) = map.get(key) else {
        return otherwise;
    };
    let mut all: Vec<(&str, Option<T>)> = words.iter().map(|(word, value)| (*word, Some(*value))).collect();
    all.push(("never", None));
    reader.word(node, key, &all).unwrap_or(otherwise)
}

//! What was before: identities and statuses, without lines, paths and numbers.
//!
//! The file is a JSON array with one entry a line, sorted, each line with its comma in front, so
//! that adding, changing or dropping one entry touches one line and two branches merge like
//! source. Counts and percentages are not in it: they are computed from the statuses on reading,
//! so that no merge can leave a wrong one behind.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::compare::is_expiry;
use crate::audit::{Audit, Control, Priority, Severity, Status};

/// Version of the file; raised when a reader of the old one would misread it.
const VERSION: u32 = 1;

type Statuses = BTreeMap<Control, Status>;

/// What was before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Version of the program that made it.
    pub tool: String,
    /// Statuses of consumers by identity. Several registrations may share one; their statuses are
    /// in order, so that it does not matter which stands first in the code.
    pub consumers: BTreeMap<String, Vec<Statuses>>,
    /// Services by name.
    pub services: BTreeMap<String, ServiceEntry>,
    /// Findings that are not waived, by fingerprint.
    pub findings: BTreeMap<String, FindingEntry>,
}

/// What was known of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceEntry {
    /// Status of each control.
    pub controls: Statuses,
    /// The audits whose scope it is in, each with the statuses that differ from `controls`.
    pub audits: BTreeMap<String, Statuses>,
}

/// What was known of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingEntry {
    /// Its rule.
    pub rule: String,
    /// Identity of its consumer, or name of its service.
    pub about: String,
    /// How bad it is.
    pub severity: Severity,
    /// How soon to look at it.
    pub priority: Priority,
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Header {
        flowaudit_baseline: u32,
        tool: String,
    },
    Consumer {
        consumer: String,
        controls: Statuses,
    },
    Service {
        service: String,
        controls: Statuses,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        audits: BTreeMap<String, Statuses>,
    },
    Finding {
        finding: String,
        rule: String,
        about: String,
        severity: Severity,
        priority: Priority,
    },
}

/// Why a text is no baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for BaselineError {}

impl Baseline {
    /// What an audit would be remembered as.
    pub fn of(audit: &Audit) -> Baseline {
        let mut out = Baseline { tool: audit.tool.version.clone(), ..Baseline::default() };
        for consumer in &audit.consumers {
            let statuses = consumer.controls.iter().map(|(c, v)| (*c, v.status)).collect();
            out.consumers.entry(consumer.identity()).or_default().push(statuses);
        }
        out.consumers.values_mut().for_each(|list| list.sort());
        for service in &audit.services {
            let controls = service.controls.iter().map(|(c, v)| (*c, v.status)).collect();
            out.services.insert(service.name.clone(), ServiceEntry { controls, audits: BTreeMap::new() });
        }
        for row in &audit.audits {
            for (name, status) in &row.services {
                let Some(entry) = out.services.get_mut(name) else { continue };
                let differs = entry.status(row.control) != *status;
                let own = entry.audits.entry(row.name.clone()).or_default();
                if differs {
                    own.insert(row.control, *status);
                }
            }
        }
        let ids: BTreeMap<&str, String> =
            audit.consumers.iter().map(|c| (c.id.as_str(), c.identity())).collect();
        // What has run out is no debt to carry on: it is said until somebody acts.
        for finding in audit.findings.iter().filter(|f| f.suppressed.is_none() && !is_expiry(&f.rule)) {
            let consumer = finding.consumer.as_deref().and_then(|id| ids.get(id));
            let entry = FindingEntry {
                rule: finding.rule.clone(),
                about: consumer.unwrap_or(&finding.service).clone(),
                severity: finding.severity,
                priority: finding.priority,
            };
            out.findings.insert(finding.fingerprint.clone(), entry);
        }
        out
    }

    /// Gives a consumer another identity.
    pub(super) fn rename_consumer(&mut self, old: &str, new: &str) {
        if let Some(statuses) = self.consumers.remove(old) {
            self.consumers.insert(new.to_owned(), statuses);
        }
        for entry in self.findings.values_mut().filter(|entry| entry.about == old) {
            new.clone_into(&mut entry.about);
        }
    }

    /// Gives a service another name, and its consumers the identities that follow.
    pub(super) fn rename_service(&mut self, old: &str, new: &str) {
        if let Some(entry) = self.services.remove(old) {
            self.services.insert(new.to_owned(), entry);
        }
        let own = |id: &&String| id.strip_prefix(old).is_some_and(|rest| rest.starts_with('/'));
        let mine: Vec<String> = self.consumers.keys().filter(own).cloned().collect();
        for id in mine {
            let renamed = format!("{new}{}", &id[old.len()..]);
            self.rename_consumer(&id, &renamed);
        }
        for entry in self.findings.values_mut().filter(|entry| entry.about == old) {
            new.clone_into(&mut entry.about);
        }
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        let header = Line::Header { flowaudit_baseline: VERSION, tool: self.tool.clone() };
        let mut out = format!("[{}\n", text(&header));
        for line in self.entries() {
            out.push(',');
            out.push_str(&line);
            out.push('\n');
        }
        out.push_str("]\n");
        out
    }

    /// The lines below the header, in order.
    pub(super) fn entries(&self) -> Vec<String> {
        let consumers = self.consumers.iter().flat_map(|(consumer, list)| {
            list.iter().map(|controls| {
                text(&Line::Consumer { consumer: consumer.clone(), controls: controls.clone() })
            })
        });
        let services = self.services.iter().map(|(service, entry)| {
            text(&Line::Service {
                service: service.clone(),
                controls: entry.controls.clone(),
                audits: entry.audits.clone(),
            })
        });
        let findings = self.findings.iter().map(|(finding, entry)| {
            let FindingEntry { rule, about, severity, priority } = entry.clone();
            // The reader's order: by what it is about, then by rule; the fingerprint settles ties.
            let key = (about.clone(), rule.clone());
            (key, text(&Line::Finding { finding: finding.clone(), rule, about, severity, priority }))
        });
        let mut findings: Vec<_> = findings.collect();
        findings.sort();
        consumers.chain(findings.into_iter().map(|(_, line)| line)).chain(services).collect()
    }

    /// Reads a text of [`Baseline::render`], also one that a merge has put together.
    pub fn parse(source: &str) -> Result<Baseline, BaselineError> {
        if let Some((at, _)) = source.lines().enumerate().find(|(_, line)| line.starts_with("<<<<<<< ")) {
            let message = "a merge left its conflict here: keep the lines of both sides, or run \
                           `flowaudit gate --update`";
            return Err(BaselineError { line: at + 1, message: message.to_owned() });
        }
        let lines: Vec<Line> = serde_json::from_str(source).map_err(|error| BaselineError {
            line: first_odd_line(source).unwrap_or(error.line()).max(1),
            message: "this is no entry of a baseline".to_owned(),
        })?;
        let mut out = Baseline::default();
        let mut headed = false;
        for (index, line) in lines.into_iter().enumerate() {
            match line {
                Line::Header { flowaudit_baseline: VERSION, tool } if index == 0 => {
                    headed = true;
                    out.tool = tool;
                }
                Line::Header { flowaudit_baseline, .. } => {
                    let message = format!("version {flowaudit_baseline} of the file is not known here");
                    return Err(BaselineError { line: index + 1, message });
                }
                Line::Consumer { consumer, controls } => {
                    out.consumers.entry(consumer).or_default().push(controls);
                }
                Line::Service { service, controls, audits } => {
                    out.services.insert(service, ServiceEntry { controls, audits });
                }
                Line::Finding { finding, rule, about, severity, priority } => {
                    out.findings.insert(finding, FindingEntry { rule, about, severity, priority });
                }
            }
        }
        if !headed {
            let message = "the first line must say which version the file is of".to_owned();
            return Err(BaselineError { line: 1, message });
        }
        out.consumers.values_mut().for_each(|list| list.sort());
        Ok(out)
    }
}

impl ServiceEntry {
    /// The status of a control.
    pub fn status(&self, control: Control) -> Status {
        self.controls.get(&control).copied().unwrap_or(Status::NotApplicable)
    }

    /// The status it is counted with in an audit; `None` when it is not in that audit's scope.
    pub fn status_in(&self, audit: &str, control: Control) -> Option<Status> {
        let own = self.audits.get(audit)?;
        Some(own.get(&control).copied().unwrap_or_else(|| self.status(control)))
    }
}

fn text(line: &Line) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// The first line, from 1, that is no entry by itself. The parser only knows where it gave up.
fn first_odd_line(source: &str) -> Option<usize> {
    let odd = |line: &str| {
        let entry = line.trim().trim_start_matches(['[', ',']).trim_end_matches(']');
        !entry.is_empty() && serde_json::from_str::<Line>(entry).is_err()
    };
    source.lines().position(odd).map(|at| at + 1)
}

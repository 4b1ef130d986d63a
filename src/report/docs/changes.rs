//! What has changed since an earlier audit.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::audit::{Audit, Finding, Status};
use crate::report::words;

/// Differences between two audits.
#[derive(Debug, Clone, Serialize)]
pub struct Changes {
    /// Percentages: audit, control, before, now.
    pub figures: Vec<FigureChange>,
    /// Statuses: service, control, before, now.
    pub statuses: Vec<StatusChange>,
    /// Consumers that were not there.
    pub new_consumers: Vec<String>,
    /// Consumers that are gone.
    pub gone_consumers: Vec<String>,
    /// Findings that were not there, as one line each.
    pub new_findings: Vec<String>,
    /// Findings that are gone.
    pub gone_findings: Vec<String>,
    /// Whether there is any of these.
    pub any: bool,
}

/// A percentage that is not what it was.
#[derive(Debug, Clone, Serialize)]
pub struct FigureChange {
    /// Name of the audit.
    pub audit: String,
    /// The control.
    pub control: String,
    /// `8 of 19 = 42 %`.
    pub before: String,
    /// As `before`.
    pub now: String,
}

/// A status that is not what it was.
#[derive(Debug, Clone, Serialize)]
pub struct StatusChange {
    /// Name of the service.
    pub service: String,
    /// The control.
    pub control: String,
    /// The word before.
    pub before: String,
    /// The word now.
    pub now: String,
}

/// What has changed from one audit to the next.
pub fn between(before: &Audit, now: &Audit) -> Changes {
    let mut figures = Vec::new();
    for row in &now.audits {
        let old = before.audits.iter().find(|old| old.name == row.name && old.control == row.control);
        if let Some(old) = old
            && (old.counts, old.denominator) != (row.counts, row.denominator)
        {
            figures.push(FigureChange {
                audit: row.name.clone(),
                control: words::control_title(row.control).to_owned(),
                before: words::figure(old),
                now: words::figure(row),
            });
        }
    }
    let mut statuses = Vec::new();
    for service in &now.services {
        let old = before.services.iter().find(|old| old.name == service.name);
        for (control, verdict) in &service.controls {
            let was =
                old.and_then(|old| old.controls.get(control)).map_or(Status::NotApplicable, |v| v.status);
            if was != verdict.status {
                statuses.push(StatusChange {
                    service: service.name.clone(),
                    control: words::control_title(*control).to_owned(),
                    before: words::status(was).to_owned(),
                    now: words::status(verdict.status).to_owned(),
                });
            }
        }
    }
    let ids = |audit: &Audit| -> BTreeSet<String> { audit.consumers.iter().map(|c| c.id.clone()).collect() };
    let told = |findings: &[Finding], other: &[Finding]| -> Vec<String> {
        let known: BTreeSet<&String> = other.iter().map(|finding| &finding.fingerprint).collect();
        let fresh = findings.iter().filter(|finding| !known.contains(&finding.fingerprint));
        fresh.map(|f| format!("{} {} in {}: {}", f.priority, f.rule, f.service, f.message)).collect()
    };
    let mut changes = Changes {
        figures,
        statuses,
        new_consumers: ids(now).difference(&ids(before)).cloned().collect(),
        gone_consumers: ids(before).difference(&ids(now)).cloned().collect(),
        new_findings: told(&now.findings, &before.findings),
        gone_findings: told(&before.findings, &now.findings),
        any: false,
    };
    changes.any = !(changes.figures.is_empty()
        && changes.statuses.is_empty()
        && changes.new_consumers.is_empty()
        && changes.gone_consumers.is_empty()
        && changes.new_findings.is_empty()
        && changes.gone_findings.is_empty());
    changes
}

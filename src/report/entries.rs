//! What code hosts show one by one: findings and regressions as one list, worst first.

use crate::audit::{Audit, Confidence, Control, Evidence, Finding, Place, Priority, Severity};
use crate::gate::{Change, ChangeKind};

use super::Subject;

/// One thing to show.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    /// Rule, or the kind of regression.
    pub rule: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// How soon to look at it.
    pub priority: Priority,
    /// How sure it is.
    pub confidence: Confidence,
    /// Id of the consumer, name of the service or of the audit.
    pub about: String,
    /// What goes wrong.
    pub message: String,
    /// What to do about it.
    pub help: &'a str,
    /// The one place to look at; with a path from the repository's root.
    pub place: Place,
    /// What it rests on, with paths from the scanned root.
    pub evidence: &'a [Evidence],
    /// Identity.
    pub fingerprint: String,
    /// The control, when it is about one.
    pub control: Option<Control>,
    /// Fails the gate.
    pub regression: bool,
    /// Was not there before; `None` when nothing was compared.
    pub new: Option<bool>,
}

/// Findings that are not suppressed, and regressions that are no findings.
pub(super) fn entries<'a>(subject: &Subject<'a>) -> Vec<Entry<'a>> {
    let mut out: Vec<Entry<'a>> = subject
        .audit
        .findings
        .iter()
        .filter(|finding| finding.suppressed.is_none())
        .map(|finding| of_finding(finding, subject))
        .collect();
    if let Some(outcome) = subject.outcome {
        let told =
            |change: &&Change| change.kind != ChangeKind::NewFinding && change.kind != ChangeKind::Expired;
        out.extend(outcome.regressions.iter().filter(told).map(|change| of_change(change, subject)));
    }
    out.sort_by(|a, b| {
        let key = |e: &Entry<'_>| (!e.regression, e.priority, e.severity, e.confidence);
        key(a).cmp(&key(b)).then_with(|| (&a.place, a.rule, &a.about).cmp(&(&b.place, b.rule, &b.about)))
    });
    out
}

fn of_finding<'a>(finding: &'a Finding, subject: &Subject<'a>) -> Entry<'a> {
    let fingerprint = Some(&finding.fingerprint);
    let among = |list: &[Change]| list.iter().any(|c| c.fingerprint.as_ref() == fingerprint);
    let regression = subject.outcome.is_some_and(|o| among(&o.regressions));
    Entry {
        rule: &finding.rule,
        severity: finding.severity,
        priority: finding.priority,
        confidence: finding.confidence,
        about: finding.consumer.as_ref().unwrap_or(&finding.service).clone(),
        message: finding.message.clone(),
        help: &finding.help,
        place: subject.in_repository(&finding.location),
        evidence: &finding.evidence,
        fingerprint: finding.fingerprint.clone(),
        control: None,
        regression,
        new: subject.outcome.map(|o| regression || among(&o.tolerated)),
    }
}

fn of_change<'a>(change: &'a Change, subject: &Subject<'a>) -> Entry<'a> {
    let about = match (&change.place, change.kind) {
        (Some(document), ChangeKind::StaleDocument) => &document.path,
        _ => change.consumer.as_ref().or(change.audit.as_ref()).unwrap_or(&change.service),
    };
    // What has no place of its own is about the configuration that sets its scope and its floor.
    let place = match &change.place {
        Some(place) => subject.in_repository(place),
        None => subject.in_repository(&Place { path: service_path(subject.audit, change, subject), line: 1 }),
    };
    let control = change.control.map_or("", Control::word);
    Entry {
        rule: change.kind.word(),
        severity: Severity::Error,
        priority: Priority::P1,
        confidence: Confidence::High,
        about: about.clone(),
        message: change.message.clone(),
        help: if change.why.is_empty() {
            "Restore what was there, or agree on a new baseline."
        } else {
            &change.why
        },
        place,
        evidence: &[],
        fingerprint: format!("{}/{about}/{control}", change.kind.word()),
        control: change.control,
        regression: true,
        new: Some(true),
    }
}

fn service_path(audit: &Audit, change: &Change, subject: &Subject<'_>) -> String {
    let service = audit.services.iter().find(|s| s.name == change.service);
    let evidence = service.and_then(|s| s.controls.values().find_map(|v| v.evidence.first()));
    evidence.map_or_else(|| subject.config_path.to_owned(), |e| e.path.clone())
}

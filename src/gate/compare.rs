//! The comparison: what got worse, what got better, and which of it the policy lets pass.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{
    Audit, AuditResult, Consumer, Control, Finding, Place, Priority, Service, Status, percent,
};
use crate::config::{Config, Denominator};
use crate::controls;

use super::baseline::Baseline;
use super::renamed::{self, Rename};
use super::{Change, ChangeKind, Completion, Figure, Outcome, SCHEMA_VERSION, Size};

/// Compares an audit with what was before. `strict`: entries of the baseline that are no longer so
/// fail as well.
pub fn compare(before: &Baseline, audit: &Audit, config: &Config, against: &str, strict: bool) -> Outcome {
    let now = Baseline::of(audit);
    let (before, renames) = renamed::follow(before, &now, audit);
    let before = &before;
    let mut sorter =
        Sorter { config, regressions: Vec::new(), tolerated: Vec::new(), improvements: Vec::new() };
    sorter.tolerated.extend(renames.iter().map(|rename| renamed_change(audit, rename)));
    sorter.consumers(before, audit);
    sorter.services(before, audit);
    sorter.findings(before, audit, &now);
    let figures = sorter.figures(before, audit);

    let mut size = Size {
        before: before.findings.len() as u32,
        now: now.findings.len() as u32,
        waived: audit.findings.iter().filter(|f| f.suppressed.is_some()).count() as u32,
        ..Size::default()
    };
    size.new = now.findings.keys().filter(|f| !before.findings.contains_key(*f)).count() as u32;
    let fixed = |print: &&String| audit.findings.iter().all(|finding| finding.fingerprint != **print);
    size.fixed = before.findings.keys().filter(fixed).count() as u32;
    let stale: Vec<Change> = sorter.improvements.iter().filter(|c| is_stale(c.kind)).cloned().collect();
    size.stale = stale.len() as u32;
    if strict {
        sorter.regressions.extend(stale.into_iter().map(|change| Change {
            kind: ChangeKind::StaleEntry,
            message: format!("{} The baseline can be tightened.", change.message),
            ..change
        }));
    }
    for list in [&mut sorter.regressions, &mut sorter.tolerated, &mut sorter.improvements] {
        list.sort_by(|a, b| urgency(a).cmp(&urgency(b)).then_with(|| a.cmp(b)));
    }
    Outcome {
        schema_version: SCHEMA_VERSION,
        passed: sorter.regressions.is_empty(),
        against: against.to_owned(),
        regressions: sorter.regressions,
        tolerated: sorter.tolerated,
        improvements: sorter.improvements,
        figures,
        size,
    }
}

/// Fails an outcome for documents that are missing or stale: each with its path from the audited
/// folder and a sentence about it. `help` tells how they are brought up to date.
pub fn fail_documents(outcome: &mut Outcome, documents: Vec<(String, String)>, help: &str) {
    outcome.regressions.extend(documents.into_iter().map(|(path, message)| Change {
        kind: ChangeKind::StaleDocument,
        place: Some(Place { path, line: 1 }),
        message,
        why: help.to_owned(),
        ..about("", None)
    }));
    outcome.passed = outcome.regressions.is_empty();
}

/// How soon to look at a change, the first first: findings by their priority, with them what lost
/// its last control; then weaker controls; what only follows from those, as percentages do, at last.
fn urgency(change: &Change) -> u8 {
    let priority =
        |word: &Option<String>| Priority::ALL.iter().position(|p| Some(p.word()) == word.as_deref());
    match change.kind {
        ChangeKind::NewFinding | ChangeKind::Expired => priority(&change.now).map_or(4, |p| p as u8),
        ChangeKind::WorseStatus if change.now.as_deref() == Some(Status::Missing.word()) => 1,
        ChangeKind::WorseStatus => 2,
        ChangeKind::BelowFloor | ChangeKind::LowerPercent => 5,
        ChangeKind::StaleEntry | ChangeKind::StaleDocument => 6,
        ChangeKind::NewConsumer
        | ChangeKind::Renamed
        | ChangeKind::BetterStatus
        | ChangeKind::FixedFinding
        | ChangeKind::Gone
        | ChangeKind::HigherPercent => 7,
    }
}

/// Whether a rule's findings say that somebody's word has run out.
pub(super) fn is_expiry(rule: &str) -> bool {
    matches!(rule, "expired-waiver" | "expired-ignore" | "expired-attestation")
}

/// Percentages are not in the baseline, so none of its entries is stale for one.
fn is_stale(kind: ChangeKind) -> bool {
    matches!(kind, ChangeKind::BetterStatus | ChangeKind::FixedFinding | ChangeKind::Gone)
}

/// How far a status is from what is wanted. Nothing to protect is as good as protected; what
/// cannot be seen is worse than what is weak.
fn distance(status: Status) -> u8 {
    match status {
        Status::Implemented | Status::NotApplicable => 0,
        Status::Partial => 1,
        Status::NeedsReview => 2,
        Status::Missing => 3,
    }
}

struct Sorter<'a> {
    config: &'a Config,
    regressions: Vec<Change>,
    tolerated: Vec<Change>,
    improvements: Vec<Change>,
}

/// A status of one control that may have changed.
struct Step<'a> {
    service: &'a str,
    consumer: Option<&'a str>,
    control: Control,
    before: Status,
    now: Status,
    waived: bool,
    place: Option<Place>,
    why: &'a str,
}

impl Sorter<'_> {
    fn consumers(&mut self, before: &Baseline, audit: &Audit) {
        let mut now: BTreeMap<String, Vec<&Consumer>> = BTreeMap::new();
        for consumer in &audit.consumers {
            now.entry(consumer.identity()).or_default().push(consumer);
        }
        for (key, consumers) in &mut now {
            // Of registrations with one identity, compare best with best.
            consumers.sort_by_key(|c| c.controls.iter().map(|(c, v)| (*c, v.status)).collect::<Vec<_>>());
            let known = before.consumers.get(key).map_or(&[][..], Vec::as_slice);
            for (index, consumer) in consumers.iter().enumerate() {
                match known.get(index) {
                    Some(statuses) => self.consumer(audit, consumer, statuses),
                    None => self.tolerated.push(new_consumer(consumer)),
                }
            }
        }
        for (key, known) in &before.consumers {
            let left = now.get(key).map_or(0, Vec::len);
            for _ in left..known.len() {
                self.improvements.push(gone(service_of(before, key), Some(key)));
            }
        }
    }

    fn consumer(&mut self, audit: &Audit, consumer: &Consumer, known: &BTreeMap<Control, Status>) {
        for (&control, verdict) in &consumer.controls {
            let Some(&before) = known.get(&control) else { continue };
            self.step(&Step {
                service: &consumer.service,
                consumer: Some(&consumer.id),
                control,
                before,
                now: verdict.status,
                waived: controls::is_waived(audit, consumer, control),
                place: Some(place_of(consumer, control)),
                why: &verdict.why,
            });
        }
    }

    fn services(&mut self, before: &Baseline, audit: &Audit) {
        for service in &audit.services {
            let Some(known) = before.services.get(&service.name) else { continue };
            for (&control, verdict) in &service.controls {
                let Some(&before) = known.controls.get(&control) else { continue };
                let place = verdict.evidence.first().map(|e| Place { path: e.path.clone(), line: e.line });
                self.step(&Step {
                    service: &service.name,
                    consumer: None,
                    control,
                    before,
                    now: verdict.status,
                    waived: controls::is_service_waived(audit, service, control),
                    place: worst_place(audit, service, control).or(place),
                    why: &verdict.why,
                });
            }
        }
        for name in before.services.keys().filter(|name| !audit.services.iter().any(|s| s.name == **name)) {
            self.improvements.push(gone(name, None));
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        let (before, now) = (distance(step.before), distance(step.now));
        if before == now {
            return;
        }
        let worse = now > before;
        let change = Change {
            kind: if worse { ChangeKind::WorseStatus } else { ChangeKind::BetterStatus },
            control: Some(step.control),
            before: Some(step.before.word().to_owned()),
            now: Some(step.now.word().to_owned()),
            place: step.place.clone(),
            why: step.why.to_owned(),
            message: format!(
                "{}: {} was {} and is {}.",
                step.consumer.unwrap_or(step.service),
                step.control,
                step.before,
                step.now
            ),
            ..about(step.service, step.consumer)
        };
        match (worse, self.config.gate.fail_on.worse_status && !step.waived) {
            (true, true) => self.regressions.push(change),
            (true, false) => self.tolerated.push(change),
            (false, _) => self.improvements.push(change),
        }
    }

    fn findings(&mut self, before: &Baseline, audit: &Audit, now: &Baseline) {
        let fail_on = self.config.gate.fail_on;
        for finding in audit.findings.iter().filter(|f| f.suppressed.is_none()) {
            let expired = is_expiry(&finding.rule);
            if !expired && before.findings.contains_key(&finding.fingerprint) {
                continue;
            }
            let fails = (expired && fail_on.expired)
                || fail_on.severity.is_some_and(|least| finding.severity <= least)
                || fail_on.priority.is_some_and(|least| finding.priority <= least);
            let kind = if expired { ChangeKind::Expired } else { ChangeKind::NewFinding };
            let mut change = of_finding(finding, kind);
            let twins = audit.alike(finding).filter(|twin| before.findings.contains_key(&twin.fingerprint));
            let twins: Vec<String> = twins.map(|twin| twin.location.to_string()).collect();
            if !twins.is_empty() {
                let others = twins.join(", ");
                change.message.extend([" (One of its kind more than before; the others: ", &others, ".)"]);
            }
            if fails { self.regressions.push(change) } else { self.tolerated.push(change) }
        }
        for (fingerprint, known) in before.findings.iter().filter(|(f, _)| !now.findings.contains_key(*f)) {
            // What is waived is counted apart, and mended by nobody.
            if audit.findings.iter().any(|f| f.fingerprint == *fingerprint) {
                continue;
            }
            self.improvements.push(Change {
                kind: ChangeKind::FixedFinding,
                rule: Some(known.rule.clone()),
                fingerprint: Some(fingerprint.clone()),
                message: format!("{} of {} is no longer found.", known.rule, known.about),
                ..about(service_of(before, &known.about), None)
            });
        }
    }

    fn figures(&mut self, before: &Baseline, audit: &Audit) -> Vec<Figure> {
        let mut figures = Vec::new();
        for row in &audit.audits {
            let by = self.config.audits.iter().find(|a| a.name == row.name);
            let by = by.map_or(Denominator::Applicable, |entry| entry.denominator);
            let figure = Figure {
                audit: row.name.clone(),
                control: row.control,
                before: completion(before, &row.name, row.control, by),
                now: Completion {
                    implemented: row.counts.implemented,
                    denominator: row.denominator,
                    percent: row.percent,
                },
                waived: row.counts.waived,
                floor: self.config.gate.floor(&row.name, row.control),
            };
            let kept = kept(before, audit, row, by);
            self.figure(&figure, kept);
            figures.push(figure);
        }
        figures
    }

    /// `kept` is what the percentage would be, had nothing happened but what a service lost without
    /// anybody's word: all else lowers the percentage that is shown, and is no regression.
    fn figure(&mut self, figure: &Figure, kept: Option<u32>) {
        let Some(now) = figure.now.percent else { return };
        let name = format!("{} of {}", figure.control, figure.audit);
        let of = format!("{} of {}", figure.now.implemented, figure.now.denominator);
        let change = |kind, before: u32, message| Change {
            kind,
            control: Some(figure.control),
            audit: Some(figure.audit.clone()),
            before: Some(format!("{before} %")),
            now: Some(format!("{now} %")),
            message,
            ..about("", None)
        };
        if let Some(floor) = figure.floor.filter(|floor| now < *floor) {
            let message = format!("{name} is {now} % ({of}), and its floor is {floor} %.");
            self.regressions.push(change(ChangeKind::BelowFloor, floor, message));
        }
        let Some(before) = figure.before.and_then(|b| b.percent) else { return };
        let message = format!("{name} was {before} % and is {now} % ({of}).");
        if now > before {
            self.improvements.push(change(ChangeKind::HigherPercent, before, message));
        } else if now < before {
            let change = change(ChangeKind::LowerPercent, before, message);
            let fails = self.config.gate.fail_on.lower_percent && kept.is_none_or(|kept| kept < before);
            if fails { self.regressions.push(change) } else { self.tolerated.push(change) }
        }
    }
}

/// The percentage that is compared with the baseline's: a service whose gap is waived counts as it
/// did before, or not at all when it is new to the control, and so does one that had the control in
/// place and is gone or has nothing left to protect.
fn kept(before: &Baseline, audit: &Audit, row: &AuditResult, by: Denominator) -> Option<u32> {
    let known = |name: &String| before.services.get(name).and_then(|it| it.status_in(&row.name, row.control));
    let is_waived = |name: &String| {
        let service = audit.services.iter().find(|service| service.name == *name);
        service.is_some_and(|service| controls::is_service_waived(audit, service, row.control))
    };
    let names: BTreeSet<&String> = row.services.keys().chain(before.services.keys()).collect();
    let statuses = names.into_iter().filter_map(|name| {
        let now = row.services.get(name).copied();
        match now {
            Some(status) if controls::is_gap(status) && is_waived(name) => known(name),
            None | Some(Status::NotApplicable) if known(name) == Some(Status::Implemented) => known(name),
            _ => now,
        }
    });
    counted(&statuses.collect::<Vec<_>>(), by).percent
}

/// What a baseline's percentage was, from the statuses of its services.
fn completion(before: &Baseline, audit: &str, control: Control, by: Denominator) -> Option<Completion> {
    let statuses: Vec<Status> =
        before.services.values().filter_map(|entry| entry.status_in(audit, control)).collect();
    (!statuses.is_empty()).then(|| counted(&statuses, by))
}

fn counted(statuses: &[Status], by: Denominator) -> Completion {
    let count = |fits: fn(Status) -> bool| statuses.iter().filter(|s| fits(**s)).count() as u32;
    let implemented = count(|s| s == Status::Implemented);
    let denominator = match by {
        Denominator::Scope => statuses.len() as u32,
        Denominator::Applicable => count(|s| s != Status::NotApplicable),
    };
    Completion { implemented, denominator, percent: percent(implemented, denominator) }
}

/// A change about a service or one of its consumers, all else to be filled in.
fn about(service: &str, consumer: Option<&str>) -> Change {
    Change {
        service: service.to_owned(),
        consumer: consumer.map(str::to_owned),
        kind: ChangeKind::Gone,
        control: None,
        audit: None,
        rule: None,
        fingerprint: None,
        before: None,
        now: None,
        place: None,
        message: String::new(),
        why: String::new(),
    }
}

fn new_consumer(consumer: &Consumer) -> Change {
    Change {
        kind: ChangeKind::NewConsumer,
        place: Some(consumer.registration.clone()),
        message: format!("{} is new.", consumer.id),
        ..about(&consumer.service, Some(&consumer.id))
    }
}

fn renamed_change(audit: &Audit, (old, new): &Rename) -> Change {
    let consumer = audit.consumers.iter().find(|consumer| consumer.identity() == *new);
    let place =
        consumer.map(|consumer| Place { path: consumer.handler.path.clone(), line: consumer.handler.line });
    let service = consumer.map_or(new.as_str(), |consumer| &consumer.service);
    Change {
        kind: ChangeKind::Renamed,
        place,
        message: format!("{new} was {old}."),
        ..about(service, consumer.map(|consumer| consumer.id.as_str()))
    }
}

fn gone(service: &str, consumer: Option<&str>) -> Change {
    let message = format!("{} is gone.", consumer.unwrap_or(service));
    Change { message, ..about(service, consumer) }
}

fn of_finding(finding: &Finding, kind: ChangeKind) -> Change {
    Change {
        kind,
        control: controls::control_of(&finding.rule),
        rule: Some(finding.rule.clone()),
        fingerprint: Some(finding.fingerprint.clone()),
        now: Some(finding.priority.word().to_owned()),
        place: Some(finding.location.clone()),
        message: finding.message.clone(),
        why: finding.help.clone(),
        ..about(&finding.service, finding.consumer.as_deref())
    }
}

/// Where to look for a control of a consumer: dead letters are said where it is registered, all
/// else is in the handler.
fn place_of(consumer: &Consumer, control: Control) -> Place {
    match control {
        Control::DeadLetter => consumer.registration.clone(),
        _ => Place { path: consumer.handler.path.clone(), line: consumer.handler.line },
    }
}

/// Where to look for a control of a service: at the first of its consumers that is worst.
fn worst_place(audit: &Audit, service: &Service, control: Control) -> Option<Place> {
    let mine = audit.consumers.iter().filter(|c| c.service == service.name);
    let rated = mine.filter_map(|c| Some((distance(c.controls.get(&control)?.status), c)));
    let worst = rated.max_by(|(a, first), (b, second)| a.cmp(b).then(second.id.cmp(&first.id)))?.1;
    Some(place_of(worst, control))
}

/// The service of an identity: the longest name that it begins with.
fn service_of<'b>(before: &'b Baseline, identity: &'b str) -> &'b str {
    let names = before.services.keys().filter(|name| {
        identity.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let longest = names.max_by_key(|name| name.len());
    longest.map_or_else(|| identity.split('/').next().unwrap_or_default(), String::as_str)
}

//! Services: the verdicts of their consumers rolled up, and what they prove without consumers.

use crate::audit::{Consumer, Control, Evidence, ServiceVerdict, Status, Verdict};
use crate::flow::Flow;
use crate::rules::Role;
use std::collections::BTreeMap;

use super::verdict::evidence;

/// The verdict of a service for one control: the worst of its consumers, except that a mixture of
/// implemented and missing is partial.
pub fn roll_up(control: Control, consumers: &[&Consumer]) -> Option<ServiceVerdict> {
    let verdicts: Vec<(&Consumer, &Verdict)> =
        consumers.iter().filter_map(|c| Some((*c, c.controls.get(&control)?))).collect();
    if verdicts.is_empty() {
        return None;
    }
    let statuses: Vec<Status> = verdicts.iter().map(|(_, v)| v.status).collect();
    let status = worst(&statuses);
    let mut patterns: Vec<String> = verdicts.iter().filter_map(|(_, v)| v.pattern.clone()).collect();
    patterns.sort();
    patterns.dedup();
    let decisive: Vec<&(&Consumer, &Verdict)> = verdicts
        .iter()
        .filter(|(_, v)| v.status == status || status == Status::Partial && v.status == Status::Missing)
        .collect();
    let evidence: Vec<Evidence> =
        decisive.iter().flat_map(|(_, v)| v.evidence.iter().take(2).cloned()).take(8).collect();
    let why = reasons(&decisive, verdicts.len());
    Some(ServiceVerdict { status, patterns, evidence, why })
}

/// Reasons that are told of one service.
const REASONS: usize = 3;
/// Topics that are named with a reason.
const TOPICS: usize = 3;

/// Why the consumers that decide it are as they are: each reason with their topics, unless it is that of
/// all consumers.
fn reasons(decisive: &[&(&Consumer, &Verdict)], all: usize) -> String {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for (consumer, verdict) in decisive {
        let topic = consumer.topic.name.as_str();
        match told.iter_mut().find(|(why, _)| *why == verdict.why) {
            Some((_, topics)) if topics.contains(&topic) => {}
            Some((_, topics)) => topics.push(topic),
            None => told.push((&verdict.why, vec![topic])),
        }
    }
    // What is in place needs no reason for each of its topics.
    if decisive.iter().all(|(_, verdict)| verdict.status == Status::Implemented) {
        told.truncate(1);
    }
    if let [(why, _)] = told[..]
        && decisive.len() == all
    {
        return why.to_owned();
    }
    let sentence = |(why, topics): &(&str, Vec<&str>)| {
        let named = topics[..topics.len().min(TOPICS)].join(", ");
        let more = match topics.len().saturating_sub(TOPICS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{named}{more}: {why}")
    };
    told.iter().take(REASONS).map(sentence).collect::<Vec<_>>().join(" ")
}

fn worst(statuses: &[Status]) -> Status {
    let has = |s: Status| statuses.contains(&s);
    if has(Status::Missing) {
        return if has(Status::Implemented) || has(Status::Partial) {
            Status::Partial
        } else {
            Status::Missing
        };
    }
    for status in [Status::Partial, Status::NeedsReview, Status::Implemented] {
        if has(status) {
            return status;
        }
    }
    Status::NotApplicable
}

/// A service without consumers whose commands ask an explicit idempotency use case.
pub fn command_path(flow: &Flow<'_>, service: usize) -> Option<ServiceVerdict> {
    let mut check = None;
    let mut mark = None;
    for m in &flow.matches {
        let role = flow.index.rule(m.rule).role;
        let slot = match role {
            Role::DedupeCheck | Role::DedupeClaim => &mut check,
            Role::DedupeMark => &mut mark,
            _ => continue,
        };
        // The use case itself calls its store; what counts is who asks the use case.
        if slot.is_none() && flow.attribution.owner(m.site.file) == Some(service) {
            *slot = Some(evidence(flow, m.site, role.name()));
        }
    }
    let proof: Vec<Evidence> = [check?, mark?].into_iter().collect();
    Some(ServiceVerdict {
        status: Status::Implemented,
        patterns: vec!["biz-layer".to_owned()],
        evidence: proof,
        why: "Commands ask an idempotency use case before they act.".to_owned(),
    })
}

/// A verdict that nothing speaks against: the control does not apply.
pub fn not_applicable(why: &str) -> ServiceVerdict {
    ServiceVerdict {
        status: Status::NotApplicable,
        patterns: Vec::new(),
        evidence: Vec::new(),
        why: why.to_owned(),
    }
}

/// All verdicts of a service.
pub fn verdicts(
    flow: &Flow<'_>,
    service: usize,
    consumers: &[&Consumer],
    cache: Option<ServiceVerdict>,
    outbox: Option<ServiceVerdict>,
) -> BTreeMap<Control, ServiceVerdict> {
    let mut out = BTreeMap::new();
    for control in [Control::Idempotency, Control::DeadLetter, Control::Schema] {
        let verdict = roll_up(control, consumers)
            .or_else(|| (control == Control::Idempotency).then(|| command_path(flow, service)).flatten())
            .unwrap_or_else(|| not_applicable("The service receives no messages."));
        out.insert(control, verdict);
    }
    out.insert(
        Control::CacheInvalidation,
        cache.unwrap_or_else(|| not_applicable("The service caches nothing that was seen.")),
    );
    out.insert(Control::Outbox, outbox.unwrap_or_else(|| not_applicable("The service publishes nothing.")));
    out
}

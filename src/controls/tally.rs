//! Completion: how many services of an audit's scope have a control in place, and how many are
//! without it by somebody's word. Counted last, when it is known what is waived.

use std::collections::BTreeSet;

use crate::audit::{Audit, AuditResult, Consumer, Control, Counts, Finding, Service, ServiceKind, Status};
use crate::config::{AuditEntry, Config, Denominator, Scope};

use super::{service, table};

/// Completion per audit and control, in the order of the configuration.
pub fn tally(audit: &Audit, config: &Config) -> Vec<AuditResult> {
    let mut out = Vec::new();
    for entry in &config.audits {
        let in_scope: Vec<&Service> = audit.services.iter().filter(|s| in_scope(&entry.scope, s)).collect();
        for &control in &entry.controls {
            out.push(row(audit, entry, control, &in_scope));
        }
    }
    out
}

fn row(audit: &Audit, entry: &AuditEntry, control: Control, in_scope: &[&Service]) -> AuditResult {
    let standing: Vec<(&Service, Status)> =
        in_scope.iter().map(|s| (*s, status_in(audit, entry, s, control))).collect();
    let is_waived = |s: &Service| service_waived(audit, s, control, &looked_at(audit, entry, s));
    let (waived, counted): (Vec<_>, Vec<_>) =
        standing.iter().partition(|(s, status)| is_gap(*status) && is_waived(s));
    let mut counts = Counts::of(counted.iter().map(|(_, status)| *status));
    counts.waived = waived.len() as u32;
    let denominator = match entry.denominator {
        Denominator::Scope => in_scope.len() as u32,
        Denominator::Applicable => counts.applicable(),
    };
    AuditResult {
        services: standing.into_iter().map(|(s, status)| (s.name.clone(), status)).collect(),
        ..AuditResult::new(&entry.name, control, denominator, counts)
    }
}

/// The status of a service in one audit: of the consumers whose topics the audit looks at.
fn status_in(audit: &Audit, entry: &AuditEntry, service: &Service, control: Control) -> Status {
    let whole = service.controls.get(&control).map_or(Status::NotApplicable, |v| v.status);
    let looked_at = looked_at(audit, entry, service);
    let all = audit.consumers.iter().filter(|c| c.service == service.name).count();
    if all == looked_at.len() || !is_of_consumers(control) {
        return whole;
    }
    service::roll_up(control, &looked_at).map_or(Status::NotApplicable, |v| v.status)
}

fn looked_at<'a>(audit: &'a Audit, entry: &AuditEntry, service: &Service) -> Vec<&'a Consumer> {
    audit
        .consumers
        .iter()
        .filter(|c| c.service == service.name && entry.topics.admits(&c.topic.name))
        .collect()
}

fn is_of_consumers(control: Control) -> bool {
    !matches!(control, Control::CacheInvalidation | Control::Outbox)
}

fn in_scope(scope: &Scope, service: &Service) -> bool {
    match scope {
        Scope::All => service.kind == ServiceKind::Service,
        Scope::Named(names) => names.contains(&service.name),
        Scope::ConsumersAndCaches => {
            service.consumer
                || service
                    .controls
                    .get(&Control::CacheInvalidation)
                    .is_some_and(|v| v.status != Status::NotApplicable)
        }
    }
}

/// Whether there is something to do: what is neither in place nor without an object.
pub fn is_gap(status: Status) -> bool {
    !matches!(status, Status::Implemented | Status::NotApplicable)
}

/// Whether a gap of a consumer is waived: there are findings of it, and every one is waived.
pub fn is_waived(audit: &Audit, consumer: &Consumer, control: Control) -> bool {
    all_waived(audit.findings.iter().filter(|f| f.consumer.as_ref() == Some(&consumer.id)), control)
}

/// Whether the gap of a service is waived: that of each of its consumers that has one, or, for a
/// control that is no matter of consumers, every finding of it.
pub fn is_service_waived(audit: &Audit, service: &Service, control: Control) -> bool {
    let consumers = audit.consumers.iter().filter(|c| c.service == service.name);
    service_waived(audit, service, control, &consumers.collect::<Vec<_>>())
}

/// The gaps that are waived: ids of consumers and names of services, each with the control.
pub fn waived_gaps(audit: &Audit) -> BTreeSet<(String, Control)> {
    let consumers = audit.consumers.iter().flat_map(|consumer| {
        let gaps = consumer.controls.iter().filter(|(_, v)| is_gap(v.status)).map(|(control, _)| *control);
        gaps.filter(|control| is_waived(audit, consumer, *control)).map(|c| (consumer.id.clone(), c))
    });
    let services = audit.services.iter().flat_map(|service| {
        let gaps = service.controls.iter().filter(|(_, v)| is_gap(v.status)).map(|(control, _)| *control);
        gaps.filter(|control| is_service_waived(audit, service, *control)).map(|c| (service.name.clone(), c))
    });
    consumers.chain(services).collect()
}

fn service_waived(audit: &Audit, service: &Service, control: Control, consumers: &[&Consumer]) -> bool {
    if !is_of_consumers(control) {
        return all_waived(audit.findings.iter().filter(|f| f.service == service.name), control);
    }
    let gap = |c: &&&Consumer| c.controls.get(&control).is_some_and(|v| is_gap(v.status));
    let mut gaps = consumers.iter().filter(gap).peekable();
    gaps.peek().is_some() && gaps.all(|c| is_waived(audit, c, control))
}

fn all_waived<'f>(findings: impl Iterator<Item = &'f Finding>, control: Control) -> bool {
    let mut of_control = findings.filter(|f| control_of(&f.rule) == Some(control)).peekable();
    of_control.peek().is_some() && of_control.all(|f| f.suppressed.is_some())
}

/// The control whose gap or weakness a finding of this rule is.
pub fn control_of(rule: &str) -> Option<Control> {
    table::all().iter().find(|t| t.reports().any(|w| w.id == rule)).map(|t| t.control)
}

/// Every rule that findings can be of.
pub fn finding_rules() -> Vec<String> {
    let mut rules: Vec<String> =
        table::all().iter().flat_map(|t| t.reports().map(|w| w.id.clone())).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_belong_to_the_control_they_speak_of() {
        assert_eq!(control_of("no-dead-letter"), Some(Control::DeadLetter));
        assert_eq!(control_of("no-idempotency"), Some(Control::Idempotency));
        assert_eq!(control_of("topic-near-miss"), Some(Control::Topics));
        assert_eq!(control_of("unused-ignore"), None);
        let rules = finding_rules();
        assert!(rules.iter().all(|rule| control_of(rule).is_some()));
        assert!(rules.contains(&"topic-without-publisher".to_owned()));
    }
}

//! Assembly: the flow and the verdicts put together as an audit.

use rayon::prelude::*;

use crate::audit::{
    Audit, AuditResult, Consumer, Control, Counts, Diagnostic, Finding, Place, Publisher, Service,
    ServiceVerdict, Severity, Status, SubscriptionType, Symbol, TopicName, number_consumers,
};
use crate::config::{AuditEntry, Denominator, Scope, Settings};
use crate::flow::{self, Flow};
use crate::read::Repository;

use super::verdict::Tables;
use super::{cache, outbox, service, topics, verdict};

/// Judges everything the flow found.
pub fn judge(
    flow: &Flow<'_>,
    repository: &Repository,
    diagnostics: Vec<Diagnostic>,
    settings: &Settings,
) -> Audit {
    let names: Vec<String> = repository.services.list.iter().map(|s| s.name.clone()).collect();
    let tables = Tables::new();
    let judged: Vec<(Consumer, Vec<Finding>)> =
        flow.consumers.par_iter().map(|found| consumer(flow, found, &names, &tables, settings)).collect();
    let (mut consumers, found): (Vec<Consumer>, Vec<Vec<Finding>>) = judged.into_iter().unzip();
    let mut findings = numbered(&mut consumers, found);
    let mut outboxes = outbox::judge(flow, &names, &tables);
    let publishers: Vec<Publisher> = flow
        .publishers
        .iter()
        .filter(|p| !topics::is_dead_letter(&p.topic.name))
        .map(|p| publisher(p, &names, outboxes[p.service].middleware.is_some()))
        .collect();
    findings.extend(outboxes.iter_mut().flat_map(|o| std::mem::take(&mut o.findings)));
    let caches = cache::collect(flow, &names);
    let mut diagnostics = diagnostics;
    diagnostics.extend(flow.unnamed.iter().map(|(path, line, expression)| Diagnostic {
        path: path.clone(),
        level: Severity::Note,
        message: format!("line {line}: publishes to a topic known only at run time: {expression}"),
    }));
    let mut audit = Audit {
        policy: settings.policy,
        depth: settings.depth,
        topics: topics::align(&consumers, &publishers),
        services: services(flow, repository, &consumers, &publishers, &caches, outboxes, &tables),
        consumers,
        publishers,
        caches: caches.into_iter().flat_map(|c| c.rows).collect(),
        findings,
        diagnostics,
        stats: repository.stats,
        ..Audit::default()
    };
    let aligned = topics::findings(&audit, &tables);
    audit.findings.extend(aligned);
    audit.audits = audits(&audit, settings);
    audit.sort();
    audit
}

/// Gives consumers their ids and findings the consumer they are about and their identity.
fn numbered(consumers: &mut [Consumer], found: Vec<Vec<Finding>>) -> Vec<Finding> {
    // Numbering sorts the consumers, so findings find theirs again by its place.
    let place = |c: &Consumer| (c.service.clone(), c.registration.clone(), c.topic.clone());
    let places: Vec<_> = consumers.iter().map(place).collect();
    number_consumers(consumers);
    let mut out = Vec::new();
    for (at, list) in places.into_iter().zip(found) {
        let owner = consumers.iter().find(|c| place(c) == at);
        for mut finding in list {
            finding.consumer = owner.map(|c| c.id.clone());
            finding.fingerprint = fingerprint(&finding.rule, &finding.service, owner.map_or("", |c| &c.id));
            out.push(finding);
        }
    }
    out
}

/// Identity of a finding: rule, service and consumer, which no moved line changes (64-bit FNV-1a).
pub(super) fn fingerprint(rule: &str, service: &str, subject: &str) -> String {
    let text = format!("{rule}\n{service}\n{subject}");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn consumer(
    flow: &Flow<'_>,
    found: &flow::Consumer,
    names: &[String],
    tables: &Tables,
    settings: &Settings,
) -> (Consumer, Vec<Finding>) {
    let (path, line) = &found.registration;
    let service = &names[found.service];
    let examined = verdict::examine(flow, found, settings.depth);
    let judged = verdict::judge(flow, found, &examined, service, tables, settings.policy, settings.depth);
    let handler = judged.handler.unwrap_or_else(|| Symbol {
        name: "unknown".to_owned(),
        path: path.clone(),
        line: *line,
    });
    let mut event_types = found.event_types.clone();
    event_types.sort();
    event_types.dedup();
    let kind =
        SubscriptionType::from_word(&found.registration_kind).unwrap_or(SubscriptionType::Programmatic);
    let consumer = Consumer {
        id: String::new(),
        service: service.clone(),
        transport: found.transport.clone(),
        framework: found.framework.clone(),
        registration_kind: if judged.observes && kind == SubscriptionType::Programmatic {
            SubscriptionType::Observer
        } else {
            kind
        },
        topic: topic(&found.topic),
        event_types,
        registration: Place { path: path.clone(), line: *line },
        handler,
        controls: judged.controls,
        path: judged.path,
    };
    (consumer, judged.findings)
}

fn topic(found: &flow::endpoints::TopicName) -> TopicName {
    TopicName { name: found.name.clone(), resolved: found.resolved, expression: found.expression.clone() }
}

fn publisher(found: &flow::Publisher, names: &[String], middleware: bool) -> Publisher {
    Publisher {
        service: names[found.service].clone(),
        transport: found.transport.clone(),
        topic: topic(&found.topic),
        at: Place { path: found.at.0.clone(), line: found.at.1 },
        outbox: found.outbox || middleware,
    }
}

fn services(
    flow: &Flow<'_>,
    repository: &Repository,
    consumers: &[Consumer],
    publishers: &[Publisher],
    caches: &[cache::Caches],
    outboxes: Vec<outbox::Outbox>,
    tables: &Tables,
) -> Vec<Service> {
    let list = &repository.services.list;
    list.iter()
        .zip(outboxes)
        .enumerate()
        .map(|(index, (service, outbox))| {
            let mine: Vec<&Consumer> = consumers.iter().filter(|c| c.service == service.name).collect();
            let cache = caches.get(index).and_then(|found| {
                let row = tables.get(Control::CacheInvalidation)?.decide(&found.signals)?;
                Some(ServiceVerdict {
                    status: row.status,
                    patterns: row.pattern.clone().filter(|p| p != "none").into_iter().collect(),
                    evidence: found.proof.clone(),
                    why: row.why.clone(),
                })
            });
            let mut languages = service.languages.clone();
            languages.sort();
            Service {
                name: service.name.clone(),
                path: service.path.clone(),
                languages,
                kind: crate::audit::ServiceKind::from_word(service.kind.as_str())
                    .unwrap_or(crate::audit::ServiceKind::Service),
                publisher: publishers.iter().any(|p| p.service == service.name),
                consumer: !mine.is_empty(),
                subscription_type: subscription_type(&mine),
                controls: service::verdicts(flow, index, &mine, cache, outbox.verdict),
            }
        })
        .collect()
}

fn subscription_type(consumers: &[&Consumer]) -> SubscriptionType {
    let mut kinds: Vec<SubscriptionType> = consumers.iter().map(|c| c.registration_kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds.as_slice() {
        [] => SubscriptionType::None,
        [one] => *one,
        _ => SubscriptionType::Mixed,
    }
}

fn audits(audit: &Audit, settings: &Settings) -> Vec<AuditResult> {
    let mut out = Vec::new();
    for entry in &settings.config.audits {
        for &control in &entry.controls {
            let in_scope: Vec<&Service> =
                audit.services.iter().filter(|s| in_scope(&entry.scope, s)).collect();
            let status = |s: &&Service| status_in(audit, entry, s, control);
            let counts = Counts::of(in_scope.iter().map(status));
            let denominator = match entry.denominator {
                Denominator::Scope => in_scope.len() as u32,
                Denominator::Applicable => counts.applicable(),
            };
            out.push(AuditResult::new(&entry.name, control, denominator, counts));
        }
    }
    out
}

/// The status of a service in one audit: of the consumers whose topics the audit looks at.
fn status_in(audit: &Audit, entry: &AuditEntry, service: &Service, control: Control) -> Status {
    let whole = service.controls.get(&control).map_or(Status::NotApplicable, |v| v.status);
    let all: Vec<&Consumer> = audit.consumers.iter().filter(|c| c.service == service.name).collect();
    let looked_at: Vec<&Consumer> =
        all.iter().copied().filter(|c| entry.topics.admits(&c.topic.name)).collect();
    if all.len() == looked_at.len() || matches!(control, Control::CacheInvalidation | Control::Outbox) {
        return whole;
    }
    service::roll_up(control, &looked_at).map_or(Status::NotApplicable, |v| v.status)
}

fn in_scope(scope: &Scope, service: &Service) -> bool {
    match scope {
        Scope::All => service.kind == crate::audit::ServiceKind::Service,
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

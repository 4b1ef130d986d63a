//! Assembly: the flow and the verdicts put together as an audit.

use std::collections::BTreeMap;

use crate::audit::{
    Audit, AuditResult, Consumer, Control, Counts, Diagnostic, Place, Publisher, Service, ServiceVerdict,
    Status, SubscriptionType, Symbol, TopicName, Verdict,
};
use crate::config::{Denominator, Scope, Settings};
use crate::flow::{self, Flow};
use crate::read::Repository;

use super::topics;

/// Judges everything the flow found.
pub fn judge(flow: &Flow<'_>, repository: &Repository, diagnostics: Vec<Diagnostic>, settings: &Settings) -> Audit {
    let names: Vec<String> = repository.services.list.iter().map(|s| s.name.clone()).collect();
    let consumers: Vec<Consumer> = flow.consumers.iter().map(|c| consumer(flow, c, &names)).collect();
    let publishers: Vec<Publisher> = flow
        .publishers
        .iter()
        .filter(|p| !topics::is_dead_letter(&p.topic.name))
        .map(|p| publisher(p, &names))
        .collect();
    let mut audit = Audit {
        policy: settings.policy,
        depth: settings.depth,
        topics: topics::align(&consumers, &publishers),
        services: services(repository, &consumers, &publishers),
        consumers,
        publishers,
        diagnostics,
        stats: repository.stats,
        ..Audit::default()
    };
    audit.audits = audits(&audit, settings);
    audit.sort();
    audit
}

fn consumer(flow: &Flow<'_>, found: &flow::Consumer, names: &[String]) -> Consumer {
    let program = flow.types.program;
    let (path, line) = &found.registration;
    let handler = match found.handlers.first() {
        Some(closure) => {
            let (path, line) = program.func_place(closure.func);
            Symbol { name: program.func_name(closure.func), path: path.to_owned(), line }
        }
        None => Symbol { name: "unknown".to_owned(), path: path.clone(), line: *line },
    };
    let mut event_types = found.event_types.clone();
    event_types.sort();
    event_types.dedup();
    Consumer {
        id: String::new(),
        service: names[found.service].clone(),
        transport: found.transport.clone(),
        framework: found.framework.clone(),
        registration_kind: SubscriptionType::from_word(&found.registration_kind)
            .unwrap_or(SubscriptionType::Programmatic),
        topic: topic(&found.topic),
        event_types,
        registration: Place { path: path.clone(), line: *line },
        handler,
        controls: BTreeMap::<Control, Verdict>::new(),
        path: Vec::new(),
    }
}

fn topic(found: &flow::endpoints::TopicName) -> TopicName {
    TopicName { name: found.name.clone(), resolved: found.resolved, expression: found.expression.clone() }
}

fn publisher(found: &flow::Publisher, names: &[String]) -> Publisher {
    Publisher {
        service: names[found.service].clone(),
        transport: found.transport.clone(),
        topic: topic(&found.topic),
        at: Place { path: found.at.0.clone(), line: found.at.1 },
        outbox: found.outbox,
    }
}

fn services(repository: &Repository, consumers: &[Consumer], publishers: &[Publisher]) -> Vec<Service> {
    repository
        .services
        .list
        .iter()
        .map(|service| {
            let mine: Vec<&Consumer> = consumers.iter().filter(|c| c.service == service.name).collect();
            Service {
                name: service.name.clone(),
                path: service.path.clone(),
                languages: service.languages.clone(),
                kind: crate::audit::ServiceKind::from_word(service.kind.as_str())
                    .unwrap_or(crate::audit::ServiceKind::Service),
                publisher: publishers.iter().any(|p| p.service == service.name),
                consumer: !mine.is_empty(),
                subscription_type: subscription_type(&mine),
                controls: BTreeMap::<Control, ServiceVerdict>::new(),
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
            let status =
                |s: &&Service| s.controls.get(&control).map_or(Status::NotApplicable, |v| v.status);
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

fn in_scope(scope: &Scope, service: &Service) -> bool {
    match scope {
        Scope::All => service.kind == crate::audit::ServiceKind::Service,
        Scope::Named(names) => names.contains(&service.name),
        Scope::ConsumersAndCaches => {
            service.consumer || service.controls.contains_key(&Control::CacheInvalidation)
        }
    }
}

//! Assembly: the flow and the verdicts put together as an audit.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::audit::{
    Audit, Consumer, Control, Diagnostic, Finding, Place, Publisher, Service, ServiceVerdict, Severity,
    SubscriptionType, Symbol, TopicName, number_consumers,
};
use crate::config::Settings;
use crate::flow::path::Knowledge;
use crate::flow::{self, Flow};
use crate::read::Repository;

use super::finding::Draft;
use super::verdict::Tables;
use super::{
    cache, copies, dead_letter, inventory, observing, outbox, payload, sagas, schema_files, service, stale,
    topics, untested, verdict,
};

/// Judges everything the flow found.
pub fn judge(
    flow: &Flow<'_>,
    repository: &Repository,
    diagnostics: Vec<Diagnostic>,
    settings: &Settings,
) -> Audit {
    let names: Vec<String> = repository.services.list.iter().map(|s| s.name.clone()).collect();
    let tables = Tables::new();
    let is_mine = |service: usize| settings.shard.is_none_or(|shard| shard.has(service));
    let written = payload::written(flow);
    let judged: Vec<(Consumer, Vec<Finding>)> = together(&flow.consumers)
        .into_par_iter()
        .flat_map_iter(|group| {
            let known = Knowledge::new(flow, group.first().map(|found| found.service));
            let judge = |found: &flow::Consumer| {
                // Of another part's consumers only the topic matters.
                let judged = is_mine(found.service).then(|| {
                    let service = &names[found.service];
                    let examined = verdict::examine(&known, found, settings.depth);
                    let (policy, depth) = (settings.policy, settings.depth);
                    let mut judged = verdict::judge(flow, found, &examined, service, &tables, policy, depth);
                    let mismatch = payload::mismatch(flow, found, &examined, service, &written);
                    judged.findings.extend(mismatch.and_then(|draft| draft.finish(&tables)));
                    judged
                });
                consumer(found, &names, judged.unwrap_or_default(), &tables)
            };
            group.iter().map(judge).collect::<Vec<_>>()
        })
        .collect();
    let (mut consumers, found): (Vec<Consumer>, Vec<Vec<Finding>>) = judged.into_iter().unzip();
    let mut findings = numbered(&mut consumers, found);
    let mut outboxes = outbox::judge(flow, &names, &consumers, &tables);
    let publishers: Vec<Publisher> = flow
        .publishers
        .iter()
        .filter(|p| !topics::parks(flow, p))
        .map(|p| publisher(p, &names, saves(&outboxes[p.service], p)))
        .collect();
    let sent: Vec<Draft> = outboxes.iter_mut().flat_map(|o| std::mem::take(&mut o.drafts)).collect();
    let mut caches = cache::collect(flow, &names);
    let observers = inventory::observers(flow, &names, &consumers);
    let mut drafts = dead_letter::unconsumed(flow, &names);
    drafts.extend(caches.iter_mut().flat_map(|c| std::mem::take(&mut c.drafts)));
    drafts.extend(observing::findings(flow, &names, &observers));
    if let Some(table) = tables.get(Control::Idempotency) {
        drafts.extend(untested::findings(repository, &consumers, table));
    }
    if let Some(table) = tables.get(Control::Outbox) {
        drafts.extend(sagas::findings(flow, &names, table));
    }
    if let Some(table) = tables.get(Control::CacheInvalidation) {
        drafts.extend(stale::findings(flow, &names, &consumers, table));
    }
    findings.extend(drafts.into_iter().filter_map(|draft| draft.finish(&tables)));
    let mut schemas = inventory::schemas(flow, &names, &consumers, &findings);
    let mut invalid = schema_files::findings(flow, repository, &names, &schemas);
    let contracts = inventory::contracts(flow, repository, &names);
    invalid.extend(schema_files::of_contracts(repository, &contracts));
    schemas.extend(contracts.into_iter().map(|(_, schema)| schema));
    findings.extend(invalid.into_iter().filter_map(|draft| draft.finish(&tables)));
    let mut diagnostics = diagnostics;
    diagnostics.extend(gaps(flow));
    diagnostics.extend(copies::told(repository, &consumers, &publishers));
    let mut topics = topics::align(&consumers, &publishers, &flow.unnamed);
    topics::tell(&mut topics, flow);
    let mut audit = Audit {
        policy: settings.policy,
        depth: settings.depth,
        topics,
        services: services(flow, repository, &consumers, &publishers, &caches, outboxes, &tables),
        schemas,
        observers,
        consumers,
        publishers,
        caches: caches.into_iter().flat_map(|c| c.rows).collect(),
        findings,
        diagnostics,
        stats: repository.stats,
        ..Audit::default()
    };
    for service in &mut audit.services {
        let said = settings.config.services.iter().find(|entry| entry.name == service.name);
        service.owner = said.and_then(|entry| entry.owner.clone());
        service.role = said.and_then(|entry| entry.role);
    }
    // What is sent and never read is first of all a question of whether to send it.
    let sent = sent.into_iter().map(|draft| topics::unheard_or_not(&audit, draft));
    let sent: Vec<Finding> = sent.filter_map(|draft| draft.finish(&tables)).collect();
    audit.findings.extend(sent);
    let aligned = topics::findings(&audit, &tables);
    audit.findings.extend(aligned);
    if let Some(shard) = settings.shard {
        let turn = names.iter().enumerate().filter(|(index, _)| shard.has(*index));
        keep_part(&mut audit, &turn.map(|(_, name)| name.as_str()).collect());
        audit.shard = Some(shard);
    }
    audit.sort();
    audit.identify();
    audit
}

/// Consumers of one service are followed one after the other, since their paths lead through the same
/// code; many are followed in several parts, whatever the number of threads.
fn together(consumers: &[flow::Consumer]) -> Vec<&[flow::Consumer]> {
    const MANY: usize = 16;
    let of_service = consumers.chunk_by(|a, b| a.service == b.service);
    of_service.flat_map(|of_one| of_one.chunks(MANY)).collect()
}

/// Whether what a publisher sends was saved in an outbox before.
fn saves(outbox: &outbox::Outbox, publisher: &flow::Publisher) -> bool {
    outbox.middleware.is_some() || outbox.relayed.contains(&publisher.topic.name)
}

/// What the flow has seen and this audit cannot say more of.
fn gaps(flow: &Flow<'_>) -> Vec<Diagnostic> {
    let note =
        |at: &(String, u32), message| Diagnostic { path: at.0.clone(), level: Severity::Note, message };
    let mut gaps: Vec<Diagnostic> =
        flow.unnamed.iter().map(|found| note(&found.at, unnamed(found))).collect();
    // Shared code publishes for several services, and is one place.
    gaps.dedup();
    gaps.extend(flow.unreached.iter().map(|found| note(&found.at, unreached(found))));
    gaps.extend(flow.undescribed.iter().map(undescribed));
    gaps
}

fn unnamed(found: &flow::Unnamed) -> String {
    let said = match found.topic.expression.as_str() {
        "" => String::new(),
        expression => format!(": {expression}"),
    };
    format!("line {}: publishes to a topic known only at run time{said}", found.at.1)
}

fn unreached(found: &flow::Unreached) -> String {
    let topic = match found.topic.name.as_str() {
        flow::symbol::UNKNOWN => String::new(),
        name => format!(" of {name}"),
    };
    let line = found.at.1;
    match &found.uncalled {
        Some(method) => format!(
            "line {line}: no code calls {method}, which registers a consumer{topic}: \
             it is audited as if something started it"
        ),
        None => format!(
            "line {line}: a consumer{topic} is registered in code that nothing its service runs leads to: \
             it is in no verdict"
        ),
    }
}

/// A gap of the audit that a rule file closes.
fn undescribed(found: &flow::undescribed::Undescribed) -> Diagnostic {
    let (path, line) = &found.at;
    let others = match found.calls - 1 {
        0 => String::new(),
        1 => " and 1 more call".to_owned(),
        n => format!(" and {n} more calls"),
    };
    Diagnostic {
        path: path.clone(),
        level: Severity::Warning,
        message: format!(
            "line {line}: {}{others} of {}, which looks like a messaging library that no rule describes: \
             little or nothing of what comes and goes through it is in this audit (docs/rules.md tells how to describe it)",
            found.call, found.library
        ),
    }
}

/// Keeps what is of these services. Topics stay whole: both ends of each were seen.
fn keep_part(audit: &mut Audit, names: &BTreeSet<&str>) {
    audit.services.retain(|service| names.contains(service.name.as_str()));
    audit.consumers.retain(|consumer| names.contains(consumer.service.as_str()));
    audit.publishers.retain(|publisher| names.contains(publisher.service.as_str()));
    audit.caches.retain(|cache| names.contains(cache.service.as_str()));
    audit.schemas.retain(|schema| names.contains(schema.service.as_str()));
    audit.observers.retain(|observer| names.contains(observer.service.as_str()));
    audit.findings.retain(|finding| names.contains(finding.service.as_str()));
}

/// Gives consumers their ids and findings the consumer they are about.
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
            out.push(finding);
        }
    }
    out
}

fn consumer(
    found: &flow::Consumer,
    names: &[String],
    judged: verdict::Judged,
    tables: &Tables,
) -> (Consumer, Vec<Finding>) {
    let (path, line) = &found.registration;
    let service = &names[found.service];
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
        group: topics::group(found, service, tables),
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
                owner: None,
                role: None,
                publisher: publishers.iter().any(|p| p.service == service.name)
                    || flow.unnamed.iter().any(|place| place.service == index),
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

//! The one order of every list, and the ids that follow from it.

use std::collections::BTreeSet;

use super::{Audit, Consumer, Finding};

impl Audit {
    /// Puts every list in its one order and makes ids unique. Doing it twice changes nothing.
    ///
    /// Lists that carry an order of their own keep it: paths of consumers (order of calls),
    /// audits and checklists (order of the configuration).
    pub fn sort(&mut self) {
        for service in &mut self.services {
            canonical(&mut service.languages);
            for verdict in service.controls.values_mut() {
                canonical(&mut verdict.patterns);
                canonical(&mut verdict.evidence);
            }
        }
        self.services.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));

        for consumer in &mut self.consumers {
            canonical(&mut consumer.event_types);
            for verdict in consumer.controls.values_mut() {
                canonical(&mut verdict.evidence);
            }
        }
        number_consumers(&mut self.consumers);

        self.publishers.sort_by(|a, b| {
            (&a.service, &a.at, &a.topic, &a.transport).cmp(&(&b.service, &b.at, &b.topic, &b.transport))
        });

        for cache in &mut self.caches {
            for invalidation in &mut cache.invalidations {
                canonical(&mut invalidation.triggers);
            }
            cache.invalidations.sort_by(|a, b| (&a.at, &a.function).cmp(&(&b.at, &b.function)));
            cache.invalidations.dedup();
        }
        self.caches.sort_by(|a, b| (&a.service, &a.at, &a.key).cmp(&(&b.service, &b.at, &b.key)));

        self.schemas
            .sort_by(|a, b| (&a.service, &a.at, &a.event_type).cmp(&(&b.service, &b.at, &b.event_type)));
        self.schemas.dedup();
        for observer in &mut self.observers {
            canonical(&mut observer.own_effects);
        }
        self.observers.sort_by(|a, b| {
            (&a.service, &a.registered, &a.event, &a.handler).cmp(&(
                &b.service,
                &b.registered,
                &b.event,
                &b.handler,
            ))
        });
        self.observers.dedup();

        for topic in &mut self.topics {
            canonical(&mut topic.publishers);
            canonical(&mut topic.subscribers);
            canonical(&mut topic.manifests);
        }
        self.topics.sort_by(|a, b| a.name.cmp(&b.name));

        self.sort_findings();

        for checklist in &mut self.checklists {
            for item in checklist.sections.iter_mut().flat_map(|s| &mut s.items) {
                canonical(&mut item.evidence);
            }
        }
        canonical(&mut self.diagnostics);
    }

    fn sort_findings(&mut self) {
        for finding in &mut self.findings {
            canonical(&mut finding.evidence);
        }
        self.findings.sort_by(|a, b| finding_order(a).cmp(&finding_order(b)));
        let mut taken = BTreeSet::new();
        for finding in &mut self.findings {
            let about = finding.consumer.as_ref().unwrap_or(&finding.service);
            finding.id = unique(&mut taken, &format!("{}/{about}", finding.rule));
        }
    }
}

/// Sorts consumers and gives each its id: `service/topic/HandlerName`, `#2` and so on when the
/// same three meet again. Findings refer to consumers by id: number before making findings.
pub fn number_consumers(consumers: &mut [Consumer]) {
    consumers.sort_by(|a, b| consumer_order(a).cmp(&consumer_order(b)));
    let mut taken = BTreeSet::new();
    for consumer in consumers {
        let handler = consumer.handler.name.rsplit('.').next().unwrap_or_default();
        let id = format!("{}/{}/{handler}", consumer.service, consumer.topic.name);
        consumer.id = unique(&mut taken, &id);
    }
}

fn consumer_order(c: &Consumer) -> impl Ord {
    ((&c.service, &c.registration, &c.topic), (&c.handler, &c.transport, &c.framework))
}

fn finding_order(f: &Finding) -> impl Ord {
    ((&f.service, &f.location, &f.rule), (&f.consumer, &f.message, &f.fingerprint))
}

fn unique(taken: &mut BTreeSet<String>, id: &str) -> String {
    let mut candidate = id.to_owned();
    let mut ordinal = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{id}#{ordinal}");
        ordinal += 1;
    }
    candidate
}

fn canonical<T: Ord>(list: &mut Vec<T>) {
    list.sort();
    list.dedup();
}

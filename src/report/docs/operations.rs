//! Operations: what to watch for what is deployed, in `rules/operations.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::views::Views;
use crate::audit::{Audit, Cache, CacheStore, Consumer, Control, Service, Status, Verdict};
use crate::syntax::reader::{Mistake, Reader};
use crate::syntax::yaml::Node;

const BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/operations.yaml"));

/// What to watch where certain patterns are in use.
#[derive(Debug, Clone)]
pub struct Advice {
    control: Control,
    /// The patterns it is about; empty: any, and also where there is none.
    patterns: Vec<String>,
    /// What caches it is about are kept in; empty: it is not about caches.
    stores: Vec<CacheStore>,
    /// It is about consumers alone that have the control in place.
    in_place: bool,
    title: String,
    metric: String,
    alert: String,
    runbook: String,
}

/// Advice with the services that it is for.
#[derive(Debug, Serialize)]
pub struct AdviceView {
    title: String,
    metric: String,
    alert: String,
    runbook: String,
    services: Vec<String>,
    /// What there is to watch, by name.
    watched: Vec<Watched>,
}

/// Things of one sort that are to be watched.
#[derive(Debug, Serialize)]
pub struct Watched {
    what: &'static str,
    names: Vec<String>,
    /// How many of them are not named.
    more: usize,
}

/// Names of one sort that one advice has at most.
const NAMED: usize = 12;

/// Sorts of what is watched, in the order in which they are told.
const PLACES: &str = "Dead-letter places";
const PLACES_FOR: &str = "Places for failed messages of";
const TOPICS: &str = "Topics";
const CACHES: &str = "Caches";

/// The advice that comes with the tool. That it is sound is tested.
pub fn built_in() -> Vec<Advice> {
    read(BUILT_IN).0
}

fn read(text: &str) -> (Vec<Advice>, Vec<Mistake>) {
    let (mut reader, node) = Reader::document(text);
    let words: Vec<(&str, Control)> = Control::ALL.iter().map(|c| (c.word(), *c)).collect();
    let mut found = Vec::new();
    for node in node.iter().flat_map(Node::items) {
        let Some(map) = reader
            .map(node, &["control", "patterns", "stores", "in-place", "title", "metric", "alert", "runbook"])
        else {
            continue;
        };
        let control = reader.required(map, "control").and_then(|node| reader.word(node, "control", &words));
        let patterns = map.get("patterns").map(|node| reader.texts(node)).unwrap_or_default();
        let kept_in: Vec<(&str, CacheStore)> = CacheStore::ALL.iter().map(|it| (it.word(), *it)).collect();
        let stores = reader.list_at(map, "stores");
        let stores = stores.iter().filter_map(|node| reader.word(node, "store", &kept_in)).collect();
        let in_place = reader.flag_or(map, "in-place", false);
        let mut text = |key: &str| reader.required_text(map, key).unwrap_or_default().trim().to_owned();
        let (title, metric, alert, runbook) = (text("title"), text("metric"), text("alert"), text("runbook"));
        let patterns = patterns.into_iter().map(|(_, text)| text.to_owned()).collect();
        found.extend(control.map(|control| Advice {
            control,
            patterns,
            stores,
            in_place,
            title,
            metric,
            alert,
            runbook,
        }));
    }
    (found, reader.finish())
}

impl Views<'_> {
    /// The advice for what these services have.
    pub(super) fn advice_for(audit: &Audit, scope: &[&Service], advice: &[Advice]) -> Vec<AdviceView> {
        let wanted = advice.iter().map(|it| {
            let services: Vec<&Service> =
                scope.iter().copied().filter(|service| it.is_for(audit, service)).collect();
            let watched = it.watched(audit, &services);
            AdviceView {
                title: it.title.clone(),
                metric: it.metric.clone(),
                alert: it.alert.clone(),
                runbook: it.runbook.clone(),
                services: services.iter().map(|service| service.name.clone()).collect(),
                watched,
            }
        });
        wanted.filter(|view| !view.services.is_empty()).collect()
    }
}

impl Advice {
    fn is_for(&self, audit: &Audit, service: &Service) -> bool {
        let Some(verdict) = service.controls.get(&self.control) else { return false };
        verdict.status != Status::NotApplicable
            && (self.patterns.is_empty() || verdict.patterns.iter().any(|id| self.patterns.contains(id)))
            && (self.stores.is_empty() || self.caches(audit, service).next().is_some())
            && (!self.in_place || self.consumers(audit, service).next().is_some())
    }

    /// The consumers of a service that it is about, each with what is said of the control.
    fn consumers<'a>(
        &'a self,
        audit: &'a Audit,
        service: &'a Service,
    ) -> impl Iterator<Item = (&'a Consumer, &'a Verdict)> {
        let mine = audit.consumers.iter().filter(|c| c.service == service.name);
        let judged = mine.filter_map(|c| Some((c, c.controls.get(&self.control)?)));
        judged.filter(|(_, verdict)| self.is_about(verdict))
    }

    /// The caches of a service that it is about. Older audits do not say what they are kept in.
    fn caches<'a>(&'a self, audit: &'a Audit, service: &'a Service) -> impl Iterator<Item = &'a Cache> {
        let mine = audit.caches.iter().filter(|cache| cache.service == service.name);
        mine.filter(|cache| self.stores.contains(&cache.store.unwrap_or(CacheStore::Remote)))
    }

    /// What there is to watch in these services, by name.
    fn watched(&self, audit: &Audit, services: &[&Service]) -> Vec<Watched> {
        let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut add = |what, name: &str| found.entry(what).or_default().insert(name.to_owned());
        for service in services {
            match self.control {
                Control::CacheInvalidation => {
                    for cache in self.caches(audit, service) {
                        add(CACHES, &cache.key);
                    }
                }
                Control::Outbox => {
                    for sent in audit.publishers.iter().filter(|p| p.service == service.name && p.outbox) {
                        add(TOPICS, &sent.topic.name);
                    }
                }
                _ => {
                    for (consumer, verdict) in self.consumers(audit, service) {
                        let (what, name) = self.of_consumer(consumer, verdict);
                        add(what, name);
                    }
                }
            }
        }
        let view = |(what, names): (&'static str, BTreeSet<String>)| {
            let more = names.len().saturating_sub(NAMED);
            Watched { what, names: names.into_iter().take(NAMED).collect(), more }
        };
        found.into_iter().map(view).collect()
    }

    fn is_about(&self, verdict: &Verdict) -> bool {
        let pattern = verdict.pattern.as_ref();
        let applies = if self.in_place {
            verdict.status == Status::Implemented
        } else {
            verdict.status != Status::NotApplicable
        };
        applies && (self.patterns.is_empty() || pattern.is_some_and(|id| self.patterns.contains(id)))
    }

    /// The dead-letter place of a consumer, by its name where that is known; else its topic.
    fn of_consumer<'a>(&self, consumer: &'a Consumer, verdict: &'a Verdict) -> (&'static str, &'a str) {
        if self.control != Control::DeadLetter || self.patterns.is_empty() {
            return (TOPICS, &consumer.topic.name);
        }
        let mut named = verdict.evidence.iter().filter(|it| it.role == "dead-letter" && is_name(&it.note));
        named.next().map_or((PLACES_FOR, &consumer.topic.name), |it| (PLACES, &it.note))
    }
}

/// Whether a note is the name of a place and not the call that sends to it.
fn is_name(note: &str) -> bool {
    !note.is_empty() && !note.contains(|c: char| c.is_whitespace() || "(){}|".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_that_comes_with_the_tool_is_sound() {
        let (advice, mistakes) = read(BUILT_IN);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert!(!advice.is_empty());
    }
}

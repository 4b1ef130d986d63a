//! What is there: caches, schemas, observers, parts in sagas.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Proof, Views};
use crate::audit::{Cache, CacheStore, EventSchema, SagaRole, Service};
use crate::report::docs::links::Link;
use crate::report::words;

/// A cache.
#[derive(Debug, Serialize)]
pub struct CacheView {
    service: String,
    key: String,
    /// What it is kept in; empty where that is not known.
    kept_in: String,
    /// The contract's word for that.
    store: String,
    ttl: Option<String>,
    expires: bool,
    /// It is filled where something is changed or newly heard of.
    filled_on_change: bool,
    /// The key is hashed: nobody can guess it, and no pattern finds it.
    hashed: bool,
    at: Link,
    invalidations: Vec<InvalidationView>,
    /// What makes any of them run.
    triggers: Vec<String>,
}

/// What removes entries of a cache.
#[derive(Debug, Serialize)]
pub struct InvalidationView {
    function: String,
    at: Link,
}

/// The types of event of one service that are checked against one schema.
#[derive(Debug, Serialize)]
pub struct SchemaView {
    service: String,
    schema: String,
    /// Where the schema's file is, when it is one that can be read.
    href: Option<String>,
    event_types: Vec<EventType>,
    at: Link,
    enforced: Option<bool>,
    /// Whether a contract describes them, which checks nothing.
    contract: bool,
}

/// How many types of event something is said of, each counted once.
#[derive(Debug, Serialize)]
pub struct SchemaCount {
    /// Whether a contract describes them and nothing is registered for them.
    contract: bool,
    count: usize,
    /// Of which services, with how many of each.
    services: Vec<(String, usize)>,
}

/// A type of event.
#[derive(Debug, Serialize)]
pub struct EventType {
    /// What messages carry, as far as that is known.
    name: String,
    /// What a contract calls it, where that is another name.
    key: Option<String>,
}

/// An in-process observer.
#[derive(Debug, Serialize)]
pub struct ObserverView {
    service: String,
    event: String,
    handler: String,
    handler_at: Link,
    registered: Link,
    registry: Option<String>,
    registry_at: Option<Link>,
    thin: bool,
    own: Vec<Proof>,
}

/// The services with one part in sagas.
#[derive(Debug, Serialize)]
pub struct SagaGroup {
    role: String,
    count: usize,
    services: Vec<String>,
}

impl SchemaView {
    /// How many types of event are registered, and how many only a contract describes: one that both say
    /// something of is registered.
    pub(super) fn counts(schemas: &[SchemaView]) -> Vec<SchemaCount> {
        let types = |contract: bool| -> BTreeSet<(&String, &String)> {
            let rows = schemas.iter().filter(|row| row.contract == contract);
            rows.flat_map(|row| row.event_types.iter().map(|it| (&row.service, &it.name))).collect()
        };
        let (registered, described) = (types(false), types(true));
        let count = |contract: bool, types: BTreeSet<(&String, &String)>| {
            let mut services: BTreeMap<&String, usize> = BTreeMap::new();
            for (service, _) in &types {
                *services.entry(service).or_default() += 1;
            }
            let services = services.into_iter().map(|(service, count)| (service.clone(), count)).collect();
            SchemaCount { contract, count: types.len(), services }
        };
        let alone = &described - &registered;
        [count(false, registered), count(true, alone)].into_iter().filter(|it| it.count > 0).collect()
    }
}

impl CacheView {
    /// Whether nothing but what is newly heard of changes it.
    pub(super) fn is_only_added_to(&self) -> bool {
        self.filled_on_change && self.invalidations.is_empty()
    }
}

impl ObserverView {
    /// Whether it hands on what it gets and does nothing else.
    pub(super) fn is_thin(&self) -> bool {
        self.thin
    }
}

impl Views<'_> {
    pub(super) fn caches(&self, scope: &[&Service]) -> Vec<CacheView> {
        let mine = self.audit.caches.iter().filter(|c| scope.iter().any(|s| s.name == c.service));
        mine.map(|cache| CacheView {
            service: cache.service.clone(),
            key: cache.key.clone(),
            kept_in: cache.store.map(words::store).unwrap_or_default().to_owned(),
            store: cache.store.map(CacheStore::word).unwrap_or_default().to_owned(),
            ttl: cache.ttl_seconds.map(words::duration),
            filled_on_change: cache.filled_on_change,
            expires: cache.expires,
            hashed: ["{hmac", "{hash", "{sha", "{md5"].iter().any(|mark| cache.key.contains(mark)),
            at: self.links.place(&cache.at),
            invalidations: cache
                .invalidations
                .iter()
                .map(|it| InvalidationView { function: it.function.clone(), at: self.links.place(&it.at) })
                .collect(),
            triggers: triggers(cache),
        })
        .collect()
    }

    pub(super) fn schemas(&self, scope: &[&Service]) -> Vec<SchemaView> {
        let mut out: Vec<SchemaView> = Vec::new();
        let kind =
            |schema: &EventSchema| EventType { name: schema.event_type.clone(), key: schema.key.clone() };
        for schema in self.audit.schemas.iter().filter(|s| scope.iter().any(|o| o.name == s.service)) {
            let known = out.iter_mut().find(|row| {
                row.service == schema.service
                    && row.schema == schema.schema
                    && row.contract == schema.contract
            });
            if let Some(row) = known {
                row.event_types.push(kind(schema));
                continue;
            }
            out.push(SchemaView {
                service: schema.service.clone(),
                schema: schema.schema.clone(),
                href: self.file_of(scope, &schema.service, &schema.schema),
                event_types: vec![kind(schema)],
                at: self.links.place(&schema.at),
                enforced: schema.enforced,
                contract: schema.contract,
            });
        }
        out
    }

    /// The file that code of a service calls by this path: from the root, or from the service.
    fn file_of(&self, scope: &[&Service], service: &str, path: &str) -> Option<String> {
        let path = path.trim_start_matches("./");
        let folder = scope.iter().find(|s| s.name == service).map(|s| s.path.as_str()).unwrap_or_default();
        let candidates = [format!("{folder}/{path}"), path.to_owned()];
        let found = candidates.iter().find(|path| (self.material.source)(path).is_some())?;
        Some(self.links.file(found))
    }

    pub(super) fn observers(&self, scope: &[&Service]) -> Vec<ObserverView> {
        let mine = self.audit.observers.iter().filter(|o| scope.iter().any(|s| s.name == o.service));
        mine.map(|observer| ObserverView {
            service: observer.service.clone(),
            event: observer.event.clone(),
            handler: observer.handler.name.clone(),
            handler_at: self.links.line(&observer.handler.path, observer.handler.line),
            registered: self.links.place(&observer.registered),
            registry: observer.registry.as_ref().map(|registry| registry.name.clone()),
            registry_at: observer
                .registry
                .as_ref()
                .map(|registry| self.links.line(&registry.path, registry.line)),
            thin: observer.own_effects.is_empty(),
            own: self.proofs(&observer.own_effects),
        })
        .collect()
    }

    /// Parts in sagas, each with the services that have it; empty when the configuration names none.
    pub(super) fn sagas(scope: &[&Service]) -> Vec<SagaGroup> {
        let groups = SagaRole::ALL.iter().filter(|role| **role != SagaRole::None).map(|role| {
            let with = scope.iter().filter(|service| service.role == Some(*role));
            let services: Vec<String> = with.map(|service| service.name.clone()).collect();
            SagaGroup { role: role.word().to_owned(), count: services.len(), services }
        });
        groups.filter(|group| group.count > 0).collect()
    }
}

fn triggers(cache: &Cache) -> Vec<String> {
    let all: BTreeSet<&String> = cache.invalidations.iter().flat_map(|it| &it.triggers).collect();
    all.into_iter().cloned().collect()
}

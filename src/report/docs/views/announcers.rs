//! Who announces what the services of an audit hear of, and whether that service is in the audit.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Views;
use super::services::TopicLink;
use crate::audit::{Control, Service};
use crate::config::{AuditEntry, Scope};
use crate::report::words;

/// A service that sends what services of the audit listen to.
#[derive(Debug, Serialize)]
pub struct Announcer {
    service: String,
    topics: Vec<TopicLink>,
    /// The services of the audit that listen.
    listeners: Vec<String>,
    /// Whether the audit counts it.
    counted: bool,
    /// Why it does, or does not.
    why: String,
}

impl Views<'_> {
    /// Who announces what an audit's services hear of. Told where an audit is about copies, which are
    /// of what somebody announces, and where one who announces is not counted.
    pub(super) fn announcers(&self, entry: &AuditEntry) -> Vec<Announcer> {
        let scope = self.scope(entry);
        let is_counted = |name: &str| scope.iter().any(|service| service.name == name);
        let listens = |c: &&crate::audit::Consumer| {
            is_counted(&c.service) && c.topic.resolved && entry.topics.admits(&c.topic.name)
        };
        let mut found: BTreeMap<&str, (Vec<TopicLink>, Vec<String>)> = BTreeMap::new();
        for consumer in self.audit.consumers.iter().filter(listens) {
            let sends = self.audit.publishers.iter().filter(|p| p.topic.name == consumer.topic.name);
            for publisher in sends {
                let (topics, listeners) = found.entry(&publisher.service).or_default();
                topics.push(TopicLink::to(&publisher.topic, self.links.place(&publisher.at)));
                listeners.push(consumer.service.clone());
            }
        }
        let views = found.into_iter().map(|(name, (mut topics, mut listeners))| {
            topics.sort();
            topics.dedup();
            listeners.sort();
            listeners.dedup();
            let service = self.audit.services.iter().find(|service| service.name == name);
            let counted = is_counted(name);
            let why = match service {
                _ if counted => reason_in(&entry.scope),
                Some(service) => reason_out(&entry.scope, service),
                None => String::new(),
            };
            Announcer { service: name.to_owned(), topics, listeners, counted, why }
        });
        let all: Vec<Announcer> = views.collect();
        let told = entry.controls.contains(&Control::CacheInvalidation) || all.iter().any(|it| !it.counted);
        if told { all } else { Vec::new() }
    }
}

/// Why an audit counts a service.
fn reason_in(scope: &Scope) -> String {
    match scope {
        Scope::All => "it is a service",
        Scope::ConsumersAndCaches => "it receives messages itself, or keeps a cache",
        Scope::Named(_) => "the `scope` of the audit names it",
    }
    .to_owned()
}

/// Why an audit does not count a service.
pub(super) fn reason_out(scope: &Scope, service: &Service) -> String {
    match scope {
        Scope::All => {
            format!("it is of the kind {}, and the audit is of services", words::kind(service.kind))
        }
        Scope::ConsumersAndCaches => {
            "the audit is of those who receive messages or keep a cache, and neither was seen".to_owned()
        }
        Scope::Named(_) => "the `scope` of the audit does not name it".to_owned(),
    }
}

//! The flow of events as a graph: services, and between them the topics that they publish and
//! subscribe to.
//!
//! [`Graph`] is what there is, and what `flowaudit graph --format json` writes; `drawing` lays it
//! out as boxes and arrows, which `mermaid`, `dot` and `svg` each put into their own words.

mod dot;
mod drawing;
mod layout;
mod mermaid;
mod svg;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use dot::render as dot;
pub use drawing::Drawing;
pub use mermaid::render as mermaid;
pub use svg::{inline as inline_svg, render as svg};

use crate::audit::{Audit, Place, ServiceKind, TopicIssue, TopicName};

/// Version of the contract; raised when a reader of the old one would misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

/// Who publishes what to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Graph {
    /// Version of this contract.
    pub schema_version: u32,
    /// Services at an end of any topic, in order of name.
    pub services: Vec<Node>,
    /// Topics, in order of name. One that is known by its expression alone is not joined with
    /// another service's: it has the ends of one service.
    pub topics: Vec<Channel>,
}

/// A service that publishes or subscribes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: ServiceKind,
    /// Who owns it, as the configuration says.
    pub owner: Option<String>,
}

/// A topic with its ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Channel {
    /// Its name, or the best symbol for it when it is not resolved.
    pub name: String,
    /// Whether `name` is the real name.
    pub resolved: bool,
    /// What is wrong with it.
    pub issue: Option<TopicIssue>,
    /// For a near miss: the topic it looks like.
    pub near: Option<String>,
    /// Who sends to it, in order of service.
    pub publishers: Vec<End>,
    /// Who listens to it, in order of service.
    pub subscribers: Vec<End>,
}

/// One end of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// Name of the service.
    pub service: String,
    /// The library's or broker's word for the way: `kafka`, `dapr`, …
    pub transport: String,
    /// Id of the consumer, at the end that listens.
    pub consumer: Option<String>,
    /// Where it sends, or where it is registered.
    pub at: Place,
}

impl Graph {
    /// The flow between the services for which `shown` holds and their neighbours, through the
    /// topics for which `looked_at` holds.
    pub fn of(audit: &Audit, shown: &dyn Fn(&str) -> bool, looked_at: &dyn Fn(&str) -> bool) -> Graph {
        let joined = audit.topics.iter().map(|topic| Channel {
            issue: topic.issue,
            near: topic.near.clone(),
            ..Channel::of(audit, &topic.name, true, &|name, _| name.resolved && name.name == topic.name)
        });
        let ends = audit.publishers.iter().map(|p| (&p.topic, p.service.as_str()));
        let ends = ends.chain(audit.consumers.iter().map(|c| (&c.topic, c.service.as_str())));
        let unresolved: BTreeSet<(&str, &str)> =
            ends.filter(|(name, _)| !name.resolved).map(|(name, of)| (name.name.as_str(), of)).collect();
        let alone = unresolved.into_iter().map(|(topic, service)| {
            Channel::of(audit, topic, false, &|name, of| {
                !name.resolved && name.name == topic && of == service
            })
        });
        let mut topics: Vec<Channel> = joined.chain(alone).filter(|topic| looked_at(&topic.name)).collect();
        // A near miss and what it misses are shown together, so that the gap is seen.
        let is_mine = |topic: &&Channel| topic.services().any(shown);
        let named = |topic: &Channel| topic.near.iter().chain([&topic.name]).cloned().collect::<Vec<_>>();
        let touched: BTreeSet<String> =
            topics.iter().filter(|topic| topic.resolved).filter(is_mine).flat_map(named).collect();
        topics.retain(|topic| {
            let drawn_in = topic.resolved && named(topic).iter().any(|name| touched.contains(name));
            drawn_in || is_mine(&topic)
        });
        topics.sort_by(|a, b| a.name.cmp(&b.name).then(b.resolved.cmp(&a.resolved)));
        Graph::between(audit, topics)
    }

    /// What one service takes and from whom, and what it gives and to whom.
    pub fn around(audit: &Audit, service: &str, looked_at: &dyn Fn(&str) -> bool) -> Graph {
        let mut topics = Graph::of(audit, &|name| name == service, looked_at).topics;
        let own = |end: &End| end.service == service;
        topics.retain(|topic| topic.services().any(|name| name == service));
        for topic in &mut topics {
            match (topic.publishers.iter().any(own), topic.subscribers.iter().any(own)) {
                (true, false) => topic.publishers.retain(own),
                (false, true) => topic.subscribers.retain(own),
                _ => {}
            }
        }
        Graph::between(audit, topics)
    }

    /// These topics with the services at their ends.
    fn between(audit: &Audit, topics: Vec<Channel>) -> Graph {
        let named: BTreeSet<&str> = topics.iter().flat_map(Channel::services).collect();
        let services = audit.services.iter().filter(|service| named.contains(service.name.as_str()));
        let services =
            services.map(|it| Node { name: it.name.clone(), kind: it.kind, owner: it.owner.clone() });
        Graph { schema_version: SCHEMA_VERSION, services: services.collect(), topics }
    }
}

impl Channel {
    fn of(audit: &Audit, name: &str, resolved: bool, mine: &dyn Fn(&TopicName, &str) -> bool) -> Channel {
        let publishers = audit.publishers.iter().filter(|p| mine(&p.topic, &p.service)).map(|p| End {
            service: p.service.clone(),
            transport: p.transport.clone(),
            consumer: None,
            at: p.at.clone(),
        });
        let subscribers = audit.consumers.iter().filter(|c| mine(&c.topic, &c.service)).map(|c| End {
            service: c.service.clone(),
            transport: c.transport.clone(),
            consumer: Some(c.id.clone()),
            at: c.registration.clone(),
        });
        let (mut publishers, mut subscribers): (Vec<End>, Vec<End>) =
            (publishers.collect(), subscribers.collect());
        publishers.sort();
        subscribers.sort();
        // Code that names a topic by nothing that can be read gets a word for it.
        let name = if name.is_empty() { "a topic" } else { name };
        Channel { name: name.to_owned(), resolved, issue: None, near: None, publishers, subscribers }
    }

    /// Services at either end.
    fn services(&self) -> impl Iterator<Item = &str> {
        self.publishers.iter().chain(&self.subscribers).map(|end| end.service.as_str())
    }
}

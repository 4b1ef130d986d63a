//! Publishers: what sends messages, and which topics are known.

use rustc_hash::FxHashSet;

use super::attribute::Attribution;
use super::consumers::Consumer;
use super::endpoints::{Lifting, Part, TopicName};
use super::matches::Match;
use super::program::Site;
use super::value::Value;
use super::{addressed, attributed};
use crate::rules::Role;

/// A publisher.
#[derive(Debug)]
pub struct Publisher {
    /// Index of its service.
    pub service: usize,
    /// Broker or queue.
    pub transport: String,
    /// Topic.
    pub topic: TopicName,
    /// Path and line.
    pub at: (String, u32),
    /// Goes through an outbox.
    pub outbox: bool,
    /// Where its topic is given first.
    pub place: Site,
    /// Everywhere its topic is given.
    pub places: Vec<Site>,
    /// The library's calls that send.
    pub sites: Vec<Site>,
    /// What is sent, with the place, as far as it is known there.
    pub sends: Vec<(Site, Option<Value>)>,
}

/// A publish whose topic is known in part at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unnamed {
    /// Path and line.
    pub at: (String, u32),
    /// Transport.
    pub transport: String,
    /// What is known of the topic.
    pub topic: TopicName,
    /// Index of the service.
    pub service: usize,
}

/// What is published.
pub(super) struct Published {
    /// In order of service and topic.
    pub publishers: Vec<Publisher>,
    /// Publishes whose topic is not known.
    pub unnamed: Vec<Unnamed>,
    /// Calls that ask over a broker and wait for an answer.
    pub requests: FxHashSet<Site>,
}

pub(super) fn publishers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    matches: &[Match],
    consumers: &[Consumer],
) -> Published {
    let mut unnamed = Vec::new();
    let mut requests = FxHashSet::default();
    let program = lifting.types.program;
    let mut out: Vec<Publisher> = Vec::new();
    let written = attributed(lifting, attribution, matches, Role::OutboxWrite);
    let sent = attributed(lifting, attribution, matches, Role::Publisher);
    for (found, services) in written.into_iter().chain(sent) {
        let Some(topic) = found.topic.clone().map(addressed) else { continue };
        let detector = lifting.index.detector(found.matched.rule);
        let rule = lifting.index.rule(found.matched.rule);
        let mut transport = detector.transport_of(rule.transport.as_ref()).clone();
        if rule.registration_kind.as_deref() == Some(REQUEST) {
            let answers = |c: &&Consumer| c.framework == detector.id && c.topic.name == topic.name;
            let Some(answering) = consumers.iter().find(answers).filter(|_| topic.resolved) else { continue };
            transport.clone_from(&answering.transport);
            requests.insert(found.matched.site);
        }
        if !topic.resolved {
            if rule.role == Role::Publisher {
                let (path, line) = program.place(found.place);
                for service in services.into_iter().filter(|&s| !attribution.for_others(s, found.place.file))
                {
                    let at = (path.to_owned(), line);
                    let (transport, topic) = (transport.clone(), topic.clone());
                    unnamed.push((found.relays, Unnamed { at, transport, topic, service }));
                }
            }
            continue;
        }
        for service in services {
            let (path, line) = program.place(found.place);
            let outbox = rule.role == Role::OutboxWrite;
            let payload = (found.place, found.part(Part::Payload).cloned());
            match out.iter_mut().find(|p| p.service == service && p.topic.name == topic.name) {
                Some(same) => {
                    same.outbox |= outbox;
                    same.places.push(found.place);
                    same.sites.push(found.matched.site);
                    same.sends.push(payload);
                }
                None => out.push(Publisher {
                    service,
                    transport: transport.clone(),
                    topic: topic.clone(),
                    at: (path.to_owned(), line),
                    outbox,
                    place: found.place,
                    places: vec![found.place],
                    sites: vec![found.matched.site],
                    sends: vec![payload],
                }),
            }
        }
    }
    out.sort_by(|a, b| (a.service, &a.topic, &a.at).cmp(&(b.service, &b.topic, &b.at)));
    // What the relay of an outbox sends was published where it was saved.
    let saved = |service: usize| out.iter().any(|p| p.service == service && p.outbox);
    unnamed.retain(|(relays, told)| !relays || !saved(told.service));
    let mut unnamed: Vec<Unnamed> = unnamed.into_iter().map(|(_, told)| told).collect();
    unnamed.sort();
    unnamed.dedup();
    Published { publishers: out, unnamed, requests }
}

/// The kind of a publication that asks and waits for an answer: a message only where a broker stands
/// between the two.
pub const REQUEST: &str = "request";

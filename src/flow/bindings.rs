//! Bindings: which topic a queue, subscription or durable consumer receives, where code or a manifest
//! says so apart from the consumer. Publishers name the topic, consumers the queue; a binding joins
//! the two.

use super::Consumer;
use super::address::bare;
use super::endpoints::{Lifting, Part};
use super::matches::Match;
use crate::rules::Role;

/// What is published to `topic` reaches `queue`.
#[derive(Debug)]
pub struct Bound {
    /// Broker or queue.
    pub transport: String,
    /// The queue, subscription or durable consumer.
    pub queue: String,
    /// The topic, subject, routing key or exchange.
    pub topic: String,
}

/// The bindings that code declares.
pub fn in_code(lifting: &Lifting<'_>, matches: &[Match]) -> Vec<Bound> {
    let mut out = Vec::new();
    for found in lifting.all(matches, &[Role::Binding]) {
        let detector = lifting.index.detector(found.matched.rule);
        let rule = lifting.index.rule(found.matched.rule);
        let Some(topic) = found.topic.filter(|topic| topic.resolved) else { continue };
        let queues = found.parts.iter().filter(|(part, _)| *part == Part::Group);
        for queue in queues.flat_map(|(_, value)| value.strings()) {
            out.push(Bound {
                transport: detector.transport_of(rule.transport.as_ref()).clone(),
                queue: bare(&queue).to_owned(),
                topic: bare(&topic.name).to_owned(),
            });
        }
    }
    out
}

/// Puts the topic in the place of the queue or subscription of a consumer that is bound to one.
pub fn bind(consumers: &mut [Consumer], bound: &[Bound]) {
    for consumer in consumers {
        let fits = |b: &&Bound| b.transport == consumer.transport && b.queue == consumer.topic.name;
        let mut topics: Vec<&str> = bound.iter().filter(fits).map(|b| b.topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        // A queue that several are bound to goes by its own name.
        if let [topic] = topics[..]
            && topic != consumer.topic.name
        {
            let queue = std::mem::replace(&mut consumer.topic.name, topic.to_owned());
            consumer.group.push(queue);
        }
    }
}

//! Bindings: which topic a queue, subscription or durable consumer receives, where code or a manifest
//! says so apart from the consumer. Publishers name the topic, consumers the queue; a binding joins
//! the two.

use super::Consumer;
use super::address::bare;
use super::endpoints::{Lifting, Part};
use super::matches::Match;
use super::program::{Fn, Program};
use super::value::Value;
use crate::rules::Role;
use std::sync::Arc;

/// What is published to `topic` reaches `queue`.
#[derive(Debug)]
pub struct Bound {
    /// Broker or queue.
    pub transport: String,
    /// The queue, subscription or durable consumer.
    pub queue: String,
    /// The topic, subject, routing key or exchange.
    pub topic: String,
    /// The function that binds, where code does.
    pub by: Option<Fn>,
}

/// The routing key that lets everything of an exchange through: the exchange is the topic then.
const EVERYTHING: &str = "#";

/// The bindings that code declares.
pub fn in_code(lifting: &Lifting<'_>, matches: &[Match]) -> Vec<Bound> {
    let mut out = Vec::new();
    for found in lifting.all(matches, &[Role::Binding]) {
        let detector = lifting.index.detector(found.matched.rule);
        let rule = lifting.index.rule(found.matched.rule);
        let Some(topic) = found.topic.as_ref().filter(|topic| topic.resolved) else { continue };
        let topics = match topic.name.as_str() {
            EVERYTHING => found.part(Part::Payload).map(Value::strings).unwrap_or_default(),
            name => vec![Arc::from(name)],
        };
        let queues = found.parts.iter().filter(|(part, _)| *part == Part::Group);
        let queues: Vec<Arc<str>> = queues.flat_map(|(_, value)| value.strings()).collect();
        for (queue, topic) in queues.iter().flat_map(|queue| topics.iter().map(move |topic| (queue, topic))) {
            out.push(Bound {
                transport: detector.transport_of(rule.transport.as_ref()).clone(),
                queue: bare(queue).to_owned(),
                topic: bare(topic).to_owned(),
                by: lifting.types.program.around(found.matched.site),
            });
        }
    }
    out
}

/// Puts the topic in the place of the queue or subscription of a consumer that is bound to one.
pub fn bind(program: &Program, consumers: &mut [Consumer], bound: &[Bound]) {
    for consumer in consumers {
        // A queue that the broker names is bound where it is read.
        let unnamed = |b: &Bound| {
            let here = consumer.site.and_then(|site| program.around(site));
            b.queue.is_empty() && !consumer.topic.resolved && b.by.is_some() && b.by == here
        };
        let fits =
            |b: &&Bound| b.transport == consumer.transport && (b.queue == consumer.topic.name || unnamed(b));
        let mut topics: Vec<&str> = bound.iter().filter(fits).map(|b| b.topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        // Whoever reads a queue shares its messages with all others that do.
        if consumer.topic.resolved && !topics.is_empty() && !consumer.group.contains(&consumer.topic.name) {
            consumer.group.push(consumer.topic.name.clone());
        }
        // A queue that several are bound to goes by its own name.
        if let [topic] = topics[..] {
            topic.clone_into(&mut consumer.topic.name);
            consumer.topic.resolved = true;
        }
    }
}

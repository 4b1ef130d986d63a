//! Places for failed messages that are declared apart from the consumer: a queue that is given a
//! dead-letter exchange where it is declared, in code or in a manifest.

use regex::Regex;

use super::Consumer;
use super::address::bare;
use super::attribute::Attribution;
use super::endpoints::{Found, Lifting, Part};
use super::matches::Match;
use super::program::Fn;
use crate::rules::Role;

/// A declaration that failed messages of a queue go somewhere.
#[derive(Debug)]
pub struct Parking {
    /// Detector that found it.
    pub framework: String,
    /// Broker or queue.
    pub transport: String,
    /// The queues, topics or subscriptions it is about; empty when nobody can say.
    pub of: Vec<String>,
    /// The queues it is about, where it gives an expression for their names.
    pub pattern: Option<Regex>,
    /// Where failed messages go; empty when nobody can say.
    pub target: String,
    /// Path and line.
    pub at: (String, u32),
    /// Services that declare it in code; `None` for a manifest.
    pub services: Option<Vec<usize>>,
    /// The function it stands in.
    pub func: Option<Fn>,
}

/// What a manifest declares of messages that fail: how often they come again.
#[derive(Debug)]
pub struct Redelivery {
    /// Broker or queue.
    pub transport: String,
    /// The queues, subscriptions or components it is about.
    pub of: Vec<String>,
    /// The services it is about; `None`: all.
    pub services: Option<Vec<usize>>,
    /// Without end.
    pub forever: bool,
    /// Path and line.
    pub at: (String, u32),
}

impl Redelivery {
    /// Whether it is about what a consumer reads from.
    pub fn covers(&self, consumer: &Consumer) -> bool {
        self.transport == consumer.transport
            && self.services.as_ref().is_none_or(|services| services.contains(&consumer.service))
            && names(consumer).any(|name| self.of.iter().any(|of| of == name))
    }
}

/// The names of what a consumer reads from.
fn names(consumer: &Consumer) -> impl Iterator<Item = &str> {
    let all = std::iter::once(&consumer.topic.name).chain(&consumer.group);
    all.map(|name| bare(name)).filter(|name| !name.is_empty())
}

/// Kinds of dead letters in code that belong to a queue rather than to a message.
pub const KINDS: [&str; 2] = ["queue", "programmatic"];

/// The declarations in code.
pub fn in_code(lifting: &Lifting<'_>, attribution: &Attribution, matches: &[Match]) -> Vec<Parking> {
    let program = lifting.types.program;
    let of_queue = |m: &&Match| {
        let rule = lifting.index.rule(m.rule);
        rule.role == Role::DeadLetter && rule.registration_kind.as_deref().is_some_and(|k| KINDS.contains(&k))
    };
    let mut out = Vec::new();
    for m in matches.iter().filter(of_queue) {
        let detector = lifting.index.detector(m.rule);
        let mut of: Vec<String> = Vec::new();
        // Where the options of one registration name no target, its queue has none.
        let found: Vec<Found> = lifting.one(m).into_iter().filter(|found| found.given).collect();
        if found.is_empty() {
            continue;
        }
        for part in found.iter().flat_map(|found| &found.parts).filter(|(part, _)| *part == Part::Group) {
            of.extend(part.1.strings().iter().map(|text| bare(text).to_owned()));
        }
        of.sort();
        of.dedup();
        let target = found.iter().find_map(|found| found.topic.as_ref()).map(|topic| topic.name.clone());
        let (path, line) = program.place(m.site);
        out.push(Parking {
            framework: detector.id.clone(),
            transport: detector.transport.clone(),
            of,
            pattern: None,
            target: target.unwrap_or_default(),
            at: (path.to_owned(), line),
            services: Some(attribution.services(m.site.file, m.func)),
            func: m.func.map(|func| program.outermost(func)),
        });
    }
    out
}

impl Parking {
    /// Whether it is about the queue of a consumer; `all` are those it may be about instead.
    pub fn covers(
        &self,
        consumer: &Consumer,
        all: &[Consumer],
        owner: &dyn std::ops::Fn(&Consumer) -> Option<Fn>,
    ) -> bool {
        let Some(services) = &self.services else {
            return self.transport == consumer.transport && self.names(consumer);
        };
        if self.framework != consumer.framework || !services.contains(&consumer.service) {
            return false;
        }
        if !self.of.is_empty() {
            return !consumer.topic.resolved || self.names(consumer);
        }
        // One that names no queue is about those that are consumed in the same function, if any are.
        let beside =
            |c: &Consumer| c.framework == self.framework && self.func.is_some() && owner(c) == self.func;
        beside(consumer) || !all.iter().any(beside)
    }

    /// Whether it names what a consumer reads from.
    fn names(&self, consumer: &Consumer) -> bool {
        names(consumer).any(|name| {
            self.of.iter().any(|of| of == name)
                || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(name))
        })
    }
}

//! Who publishes what to whom: the topics of an audit as a graph of services, for diagrams and for
//! programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::{Audit, Topic, TopicIssue};

/// Version of the graph as a document; raised when a reader of the old one would misread it.
pub const SCHEMA_VERSION: u32 = 1;

/// Topics that one arrow of a diagram names before it only counts.
const NAMED: usize = 3;

/// Who publishes what to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Graph {
    /// Version of this contract.
    pub schema_version: u32,
    /// Services at either end of an edge, by name.
    pub services: Vec<String>,
    /// Edges in order of topic, publisher and subscriber.
    pub edges: Vec<Edge>,
}

/// One topic between two services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// The topic, as its subscriber names it.
    pub topic: String,
    /// The service that publishes it; none when nothing in the repository does.
    pub from: Option<String>,
    /// The service that reads it; none when nothing in the repository does.
    pub to: Option<String>,
    /// What the publisher calls it, when that is nearly the same and the two do not meet.
    pub published_as: Option<String>,
}

/// The graph of the services that are `shown` and those they talk to, over the `topics` that are.
pub fn of(audit: &Audit, shown: &dyn Fn(&str) -> bool, topics: &dyn Fn(&str) -> bool) -> Graph {
    let mut edges = Vec::new();
    for topic in audit.topics.iter().filter(|topic| topics(&topic.name)) {
        let (senders, published_as) = senders(audit, topic);
        let mut edge = |from: Option<&String>, to: Option<&String>| {
            if [from, to].into_iter().flatten().any(|name| shown(name)) {
                edges.push(Edge {
                    topic: topic.name.clone(),
                    from: from.cloned(),
                    to: to.cloned(),
                    published_as: published_as.map(str::to_owned),
                });
            }
        };
        for to in &topic.subscribers {
            for from in senders {
                edge(Some(from), Some(to));
            }
            if senders.is_empty() {
                edge(None, Some(to));
            }
        }
        if topic.subscribers.is_empty() {
            for from in &topic.publishers {
                edge(Some(from), None);
            }
        }
    }
    edges.sort();
    let services: BTreeSet<String> = edges.iter().flat_map(|e| [&e.from, &e.to]).flatten().cloned().collect();
    Graph { schema_version: SCHEMA_VERSION, services: services.into_iter().collect(), edges }
}

/// Who sends to a topic, or to the one that it nearly is.
fn senders<'a>(audit: &'a Audit, topic: &'a Topic) -> (&'a [String], Option<&'a str>) {
    if topic.issue == Some(TopicIssue::NearMiss)
        && let Some(near) = topic.near.as_deref()
        && let Some(other) = audit.topics.iter().find(|other| other.name == near)
    {
        return (&other.publishers, Some(near));
    }
    (&topic.publishers, None)
}

/// An arrow of a diagram: everything that goes from one end to the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    /// The publisher; none when nobody here is.
    pub from: Option<String>,
    /// The subscriber; none when nobody here is.
    pub to: Option<String>,
    /// What is sent does not arrive, or nobody sends it.
    pub broken: bool,
}

impl Graph {
    /// The arrows, each with the lines of its label as they are.
    pub(super) fn arrows(&self) -> BTreeMap<Arrow, Vec<String>> {
        let mut arrows: BTreeMap<Arrow, Vec<String>> = BTreeMap::new();
        for edge in &self.edges {
            let broken = edge.from.is_none() || edge.to.is_none() || edge.published_as.is_some();
            let label = match &edge.published_as {
                Some(name) => format!("{name} ≠ {}", edge.topic),
                None => edge.topic.clone(),
            };
            let arrow = Arrow { from: edge.from.clone(), to: edge.to.clone(), broken };
            arrows.entry(arrow).or_default().push(label);
        }
        for topics in arrows.values_mut().filter(|topics| topics.len() > NAMED) {
            let more = topics.len() - NAMED;
            topics.truncate(NAMED);
            topics.push(format!("and {more} more"));
        }
        arrows
    }

    /// The graph in the language of Graphviz.
    pub fn dot(&self) -> String {
        let mut out = String::from("digraph flows {\n  rankdir=LR;\n  node [shape=box];\n");
        let arrows = self.arrows();
        let ends = |end: Option<&String>, nobody: &str| quoted(end.map_or(nobody, String::as_str));
        for service in &self.services {
            let _ = writeln!(out, "  {};", quoted(service));
        }
        for (nobody, used) in [
            (NO_PUBLISHER, arrows.keys().any(|arrow| arrow.from.is_none())),
            (NO_SUBSCRIBER, arrows.keys().any(|arrow| arrow.to.is_none())),
        ] {
            if used {
                let _ = writeln!(out, "  {} [style=dashed];", quoted(nobody));
            }
        }
        for (arrow, topics) in &arrows {
            let style = if arrow.broken { ", style=dashed" } else { "" };
            let (from, to) =
                (ends(arrow.from.as_ref(), NO_PUBLISHER), ends(arrow.to.as_ref(), NO_SUBSCRIBER));
            let _ = writeln!(out, "  {from} -> {to} [label={}{style}];", quoted(&topics.join("\n")));
        }
        out.push_str("}\n");
        out
    }
}

/// What stands where nobody publishes.
pub(super) const NO_PUBLISHER: &str = "not published here";
/// What stands where nobody subscribes.
pub(super) const NO_SUBSCRIBER: &str = "not read here";

/// A string of Graphviz.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_a_string_of_graphviz() {
        assert_eq!(quoted("a\"b\\c\nd\te"), "\"a\\\"b\\\\c\\nd e\"");
    }
}

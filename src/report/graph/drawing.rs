//! A graph as boxes and arrows, before anybody draws them.
//!
//! Topics that have the same ends share a box: a service that sends nine events to one other has
//! one arrow there and not nine.

use std::collections::BTreeMap;

use super::{Channel, Graph};
use crate::audit::{TopicIssue, is_brokers_own};
use crate::report::words;

/// Topics that a box names before it only counts.
const NAMED: usize = 5;

/// Boxes and the arrows between them, by their places in the list of boxes.
#[derive(Debug, Default)]
pub struct Drawing {
    /// Services in order of name, then topics.
    pub boxes: Vec<Shape>,
    /// In order of their ends.
    pub arrows: Vec<Arrow>,
}

/// A box.
#[derive(Debug)]
pub struct Shape {
    /// What it stands for.
    pub kind: Kind,
    /// What is written in it, a line each.
    pub lines: Vec<String>,
    /// What its lines leave out, for who asks; the names of all topics.
    pub names: Vec<String>,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A service.
    Service,
    /// The service that the drawing is about.
    Subject,
    /// Topics with both their ends.
    Topics,
    /// Topics with something wrong, which the last line says, or with names that nobody knows.
    Loose,
}

/// An arrow.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The box it starts from.
    pub from: usize,
    /// The box it leads to.
    pub to: usize,
    /// It joins two topics whose names nearly match, and carries nothing.
    pub near: bool,
}

impl Drawing {
    /// Lays out what is drawn; `subject` is the service that it is about.
    pub fn of(graph: &Graph, subject: Option<&str>) -> Drawing {
        let mut drawing = Drawing::default();
        let mut service_at = BTreeMap::new();
        for service in &graph.services {
            service_at.insert(service.name.as_str(), drawing.boxes.len());
            let kind = if subject == Some(service.name.as_str()) { Kind::Subject } else { Kind::Service };
            let names = vec![service.name.clone()];
            drawing.boxes.push(Shape { kind, lines: names.clone(), names });
        }
        let mut bundles: BTreeMap<_, Vec<&Channel>> = BTreeMap::new();
        for topic in &graph.topics {
            let of = |ends: &[super::End]| -> Vec<usize> {
                let mut found: Vec<usize> =
                    ends.iter().filter_map(|end| service_at.get(end.service.as_str()).copied()).collect();
                found.dedup();
                found
            };
            // What is nearly another's name has an arrow of its own.
            let own =
                graph.topics.iter().any(|it| it.near.as_ref() == Some(&topic.name)) || topic.near.is_some();
            let own = own.then_some(topic.name.as_str());
            let key = (of(&topic.publishers), of(&topic.subscribers), topic.issue, topic.resolved, own);
            bundles.entry(key).or_default().push(topic);
        }
        let mut topic_at = BTreeMap::new();
        for ((publishers, subscribers, issue, resolved, _), topics) in bundles {
            let at = drawing.boxes.len();
            drawing.boxes.push(Shape::of_topics(&topics, issue, resolved));
            topic_at.extend(topics.iter().filter(|it| it.resolved).map(|topic| (topic.name.as_str(), at)));
            drawing.arrows.extend(publishers.iter().map(|&from| Arrow { from, to: at, near: false }));
            drawing.arrows.extend(subscribers.iter().map(|&to| Arrow { from: at, to, near: false }));
        }
        for topic in &graph.topics {
            let ends = topic
                .near
                .as_ref()
                .and_then(|near| Some((*topic_at.get(near.as_str())?, *topic_at.get(topic.name.as_str())?)));
            drawing.arrows.extend(ends.map(|(from, to)| Arrow { from, to, near: true }));
        }
        drawing.arrows.sort();
        drawing.arrows.dedup();
        drawing
    }
}

impl Shape {
    fn of_topics(topics: &[&Channel], issue: Option<TopicIssue>, resolved: bool) -> Shape {
        let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
        let mut lines = names.clone();
        if lines.len() > NAMED {
            lines.truncate(NAMED - 1);
            lines.push(format!("and {} more", names.len() - lines.len()));
        }
        // Where an end is not resolved nobody can say that there is none, and none is seen all the same.
        let unseen = match (
            topics.iter().all(|it| it.publishers.is_empty()),
            topics.iter().all(|it| it.subscribers.is_empty()),
        ) {
            _ if !resolved => Some("known at run time"),
            (true, false) if topics.iter().all(|it| is_brokers_own(&it.name)) => None,
            (true, _) => Some("no publisher seen"),
            (_, true) => Some("no subscriber seen"),
            _ => None,
        };
        let wrong = issue.map(words::topic_issue).or(unseen);
        let own = wrong.is_none() && topics.iter().all(|it| is_brokers_own(&it.name));
        lines.extend(wrong.or(own.then_some("the broker's own")).map(|what| format!("({what})")));
        Shape { kind: if wrong.is_some() { Kind::Loose } else { Kind::Topics }, lines, names }
    }

    /// Whether it is a service.
    pub fn is_service(&self) -> bool {
        matches!(self.kind, Kind::Service | Kind::Subject)
    }
}

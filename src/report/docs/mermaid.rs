//! Flow diagrams, in the words that code hosts draw.

use std::collections::BTreeMap;

use crate::audit::{Audit, TopicIssue};

/// Topics that one arrow names before it only counts.
const NAMED: usize = 3;

/// Who sends what to whom, for the services and topics that are shown; empty when nobody does.
pub fn platform(audit: &Audit, shown: &dyn Fn(&str) -> bool, topics: &dyn Fn(&str) -> bool) -> String {
    let mut arrows: BTreeMap<(String, String, bool), Vec<String>> = BTreeMap::new();
    for topic in audit.topics.iter().filter(|topic| topics(&topic.name)) {
        for to in &topic.subscribers {
            let (senders, near) = senders(audit, topic);
            if senders.is_empty() && shown(to) {
                arrows.entry((String::new(), to.clone(), true)).or_default().push(topic.name.clone());
            }
            for from in senders.iter().filter(|from| shown(from) || shown(to)) {
                let label = match near {
                    Some(name) => format!("{name} ≠ {}", topic.name),
                    None => topic.name.clone(),
                };
                arrows.entry((from.clone(), to.clone(), near.is_some())).or_default().push(label);
            }
        }
    }
    if arrows.is_empty() {
        return String::new();
    }
    let mut ids = Ids::default();
    let mut lines = Vec::new();
    for ((from, to, broken), topics) in &arrows {
        let from = if from.is_empty() { ids.of("nobody", "not published here") } else { ids.of(from, from) };
        let to = ids.of(to, to);
        let arrow = if *broken { "-.->" } else { "-->" };
        lines.push(format!("    {from} {arrow}|{}| {to}", label(topics)));
    }
    let nodes = ids.nodes.iter().map(|(_, id, text)| {
        if text == "not published here" {
            format!("    {id}([{}])", quoted(text))
        } else {
            format!("    {id}[{}]", quoted(text))
        }
    });
    let nodes: Vec<String> = nodes.collect();
    format!("flowchart LR\n{}\n{}", nodes.join("\n"), lines.join("\n"))
}

/// What one service takes and gives of the topics that are shown; empty when it does neither.
pub fn service(audit: &Audit, name: &str, topics: &dyn Fn(&str) -> bool) -> String {
    let mut ids = Ids::default();
    let mut nodes = vec![];
    let mut lines = Vec::new();
    let own = ids.of(name, name);
    nodes.push(format!("    {own}[[{}]]", quoted(name)));
    let mut node = |ids: &mut Ids, key: &str, text: &str, round: bool| {
        let before = ids.nodes.len();
        let id = ids.of(key, text);
        if ids.nodes.len() > before {
            nodes.push(if round {
                format!("    {id}([{}])", quoted(text))
            } else {
                format!("    {id}[{}]", quoted(text))
            });
        }
        id
    };
    let shown = || audit.topics.iter().filter(|topic| topics(&topic.name));
    for topic in shown().filter(|topic| topic.subscribers.iter().any(|s| s == name)) {
        let at = node(&mut ids, &format!("topic {}", topic.name), &topic.name, true);
        lines.push(format!("    {at} --> {own}"));
        for from in topic.publishers.iter().filter(|from| *from != name) {
            let from = node(&mut ids, from, from, false);
            lines.push(format!("    {from} --> {at}"));
        }
    }
    for topic in shown().filter(|topic| topic.publishers.iter().any(|s| s == name)) {
        let at = node(&mut ids, &format!("topic {}", topic.name), &topic.name, true);
        lines.push(format!("    {own} --> {at}"));
        for to in topic.subscribers.iter().filter(|to| *to != name) {
            let to = node(&mut ids, to, to, false);
            lines.push(format!("    {at} --> {to}"));
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("flowchart LR\n{}\n{}", nodes.join("\n"), lines.join("\n"))
}

/// Who sends to a topic, or to the one that it nearly is.
fn senders<'a>(audit: &'a Audit, topic: &'a crate::audit::Topic) -> (&'a [String], Option<&'a str>) {
    if topic.issue == Some(TopicIssue::NearMiss)
        && let Some(near) = topic.near.as_deref()
        && let Some(other) = audit.topics.iter().find(|other| other.name == near)
    {
        return (&other.publishers, Some(near));
    }
    (&topic.publishers, None)
}

fn label(topics: &[String]) -> String {
    let mut named: Vec<String> = topics.iter().take(NAMED).map(|topic| escaped(topic)).collect();
    if topics.len() > NAMED {
        named.push(format!("and {} more", topics.len() - NAMED));
    }
    format!("\"{}\"", named.join("<br/>"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text that ends neither a label nor a diagram.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push('\''),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Ids of nodes in order of appearance: a name may be a word of the language.
#[derive(Default)]
struct Ids {
    nodes: Vec<(String, String, String)>,
}

impl Ids {
    fn of(&mut self, key: &str, text: &str) -> String {
        if let Some((_, id, _)) = self.nodes.iter().find(|(known, ..)| known == key) {
            return id.clone();
        }
        let id = format!("n{}", self.nodes.len() + 1);
        self.nodes.push((key.to_owned(), id.clone(), text.to_owned()));
        id
    }
}

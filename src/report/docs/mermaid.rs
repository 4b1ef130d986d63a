//! Flow diagrams, in the words that code hosts draw.

use crate::audit::Audit;
use crate::report::graph::{self, Graph, NO_PUBLISHER, NO_SUBSCRIBER};

/// Who sends what to whom, for the services and topics that are shown; empty when nobody does.
pub fn platform(audit: &Audit, shown: &dyn Fn(&str) -> bool, topics: &dyn Fn(&str) -> bool) -> String {
    let mut graph = graph::of(audit, shown, topics);
    // A diagram of everything that nobody reads hides what flows; the tables tell it.
    graph.edges.retain(|edge| edge.to.is_some());
    flowchart(&graph)
}

/// A graph as a flow chart; empty when nothing flows.
pub fn flowchart(graph: &Graph) -> String {
    let arrows = graph.arrows();
    if arrows.is_empty() {
        return String::new();
    }
    let mut ids = Ids::default();
    let mut lines = Vec::new();
    for (arrow, topics) in &arrows {
        let mut end = |name: Option<&String>, key: &str, nobody: &str| match name {
            Some(name) => ids.of(name, name),
            None => ids.of(key, nobody),
        };
        let from = end(arrow.from.as_ref(), "from nobody", NO_PUBLISHER);
        let to = end(arrow.to.as_ref(), "to nobody", NO_SUBSCRIBER);
        let line = if arrow.broken { "-.->" } else { "-->" };
        lines.push(format!("    {from} {line}|{}| {to}", label(topics)));
    }
    let nodes = ids.nodes.iter().map(|(key, id, text)| {
        if key.ends_with(" nobody") {
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

fn label(topics: &[String]) -> String {
    let named: Vec<String> = topics.iter().map(|topic| escaped(topic)).collect();
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

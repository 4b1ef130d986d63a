//! YAML and JSON as a tree that remembers where everything was written.
//!
//! Manifests decide subscriptions, dead letters and topics, so evidence must point at their lines;
//! a plain value tree would lose that. JSON is flow YAML and goes through the same code. Built over
//! the events of `saphyr-parser` without recursion, under a budget, so no input can exhaust memory
//! or the stack. Helm templates are read with their `{{ … }}` actions kept as text when the file
//! does not parse otherwise, and a few things that the specification forbids and everyone writes are
//! accepted. `CloudFormation`'s short
//! forms (`!Ref`) are read as the long ones. Comments, other tags than `!!str` and anchors' names are
//! left out.

mod build;
mod repair;
mod tag;
mod template;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// How deep values may nest.
pub const MAX_DEPTH: usize = 128;
/// How many values one file may hold after aliases and merge keys are expanded.
pub const MAX_NODES: usize = 200_000;
/// How many bytes of text the expansion of aliases may copy.
pub const MAX_COPIED_BYTES: usize = 8 << 20;

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is there.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` as YAML 1.2 spells them; `yes` and `on` are strings.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// Any other scalar, unescaped.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written; merged entries come last.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as text.
    pub key: String,
    /// Line of the key, from 1.
    pub key_line: u32,
    /// Column of the key in characters, from 1.
    pub key_column: u32,
    /// The value.
    pub value: Node,
}

/// Something that could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlProblem {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
}

impl Node {
    /// The value under a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, for the position of the key itself.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a mapping; empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string; numbers and booleans are not strings.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string or a number as written.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Every node a dotted path leads to, in order of the file.
    ///
    /// `[]` after a key means each item of its list, `*` each value of a mapping:
    /// `spec.routes.rules[].path`, `services.*.build`. An empty path is the node itself.
    pub fn path(&self, path: &str) -> Vec<&Node> {
        let mut found = vec![self];
        for segment in path.split('.').filter(|segment| !segment.is_empty()) {
            let key = segment.trim_end_matches("[]");
            let lists = (segment.len() - key.len()) / 2;
            if key == "*" {
                found = found.iter().flat_map(|node| node.entries()).map(|entry| &entry.value).collect();
            } else if !key.is_empty() {
                found = found.iter().filter_map(|node| node.get(key)).collect();
            }
            for _ in 0..lists {
                found = found.iter().flat_map(|node| node.items()).collect();
            }
        }
        found
    }
}

/// Where the comments of a text are: each its offset and its text from `#` to the end of the line.
/// Text of a block scalar or in quotes is none, whatever it looks like.
pub fn comments(text: &str) -> Vec<(usize, &str)> {
    repair::comments(text)
}

/// Reads every document of a text, with what could not be read.
///
/// A mistake ends the document it is in; the documents after it are still read. Never panics.
pub fn parse(text: &str) -> (Vec<Node>, Vec<YamlProblem>) {
    parse_within(text, MAX_NODES)
}

/// [`parse`] with a budget of its own.
pub fn parse_within(text: &str, max_nodes: usize) -> (Vec<Node>, Vec<YamlProblem>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if build::looks_like_json(text) {
        let json = build::without_surrogates(text);
        return guarded(&repair::without_comments(&json), max_nodes);
    }
    let (documents, problems) = tolerant(text, max_nodes);
    if problems.is_empty() {
        return (documents, problems);
    }
    let Some(masked) = template::mask(text) else {
        return (documents, problems);
    };
    let (mut with_templates, mut remaining) = tolerant(&masked.text, max_nodes);
    for document in &mut with_templates {
        template::unmask(document);
    }
    for problem in &mut remaining {
        problem.message = template::unmask_text(&problem.message);
    }
    remaining.push(YamlProblem {
        line: masked.line,
        column: masked.column,
        message: "this is a template; its `{{ … }}` actions are kept as text".to_owned(),
    });
    remaining.sort_by_key(|problem| (problem.line, problem.column));
    (with_templates, remaining)
}

/// Reads a text, once more with blanks before its comments when one is glued to a quote: Go's
/// readers take `""#comment`, so programs run with it.
fn tolerant(text: &str, max_nodes: usize) -> (Vec<Node>, Vec<YamlProblem>) {
    let (documents, problems) = indented(text, max_nodes);
    if !problems.iter().any(|problem| problem.message.contains("comments must be separated")) {
        return (documents, problems);
    }
    let (spaced, remaining) = indented(&repair::space_comments(text), max_nodes);
    if remaining.len() <= problems.len() { (spaced, remaining) } else { (documents, problems) }
}

/// Reads a text, once more with its flow collections indented when that is what was wrong: a `]`
/// below its key is against the specification, and everywhere.
fn indented(text: &str, max_nodes: usize) -> (Vec<Node>, Vec<YamlProblem>) {
    let (documents, problems) = guarded(text, max_nodes);
    if !problems.iter().any(|problem| problem.message.contains("invalid indentation")) {
        return (documents, problems);
    }
    let indented = repair::indent_flows(text);
    let (mut repaired, mut remaining) = guarded(&indented.text, max_nodes);
    if remaining.len() >= problems.len() {
        return (documents, problems);
    }
    for document in &mut repaired {
        indented.restore(document);
    }
    for problem in &mut remaining {
        problem.column = indented.column(problem.line, problem.column);
    }
    (repaired, remaining)
}

/// The library has reachable assertions; a panic in it must not end the run.
fn guarded(text: &str, max_nodes: usize) -> (Vec<Node>, Vec<YamlProblem>) {
    catch_unwind(AssertUnwindSafe(|| build::documents(text, max_nodes))).unwrap_or_else(|_| {
        let problem =
            YamlProblem { line: 1, column: 1, message: "the YAML reader failed on this file".to_owned() };
        (Vec::new(), vec![problem])
    })
}

//! Typed values out of YAML nodes, collecting every mistake with its place.
//!
//! Each method gives what could be read and notes what could not, so one run tells all mistakes.

use std::fmt;

use super::nearest;
use crate::syntax::yaml::{Node, Value};

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong and, where it can be said, what was meant.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem {
            file,
            line,
            column,
            message,
        } = self;
        write!(f, "{file}:{line}:{column}: {message}")
    }
}

/// Reads nodes of one file.
pub(super) struct Reader {
    file: String,
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(file: &str) -> Reader {
        Reader {
            file: file.to_owned(),
            problems: Vec::new(),
        }
    }

    /// The mistakes, in order of place.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        self.problems
    }

    pub(super) fn wrong(&mut self, node: &Node, message: impl Into<String>) {
        self.wrong_at(node.line, node.column, message);
    }

    pub(super) fn wrong_at(&mut self, line: u32, column: u32, message: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.clone(),
            line,
            column,
            message: message.into(),
        });
    }

    /// Whether this is a mapping; keys that are not known are mistakes.
    pub(super) fn map(&mut self, node: &Node, what: &str, known: &[&str]) -> bool {
        if !matches!(node.value, Value::Map(_)) {
            self.wrong(
                node,
                format!("{what} must be a mapping, not {}", kind(node)),
            );
            return false;
        }
        for entry in node.entries() {
            if !known.contains(&entry.key.as_str()) {
                let message = format!(
                    "unknown key `{}` in {what}{}",
                    entry.key,
                    meant(&entry.key, known)
                );
                self.wrong_at(entry.key_line, entry.key_column, message);
            }
        }
        true
    }

    /// A required text under a key of a mapping.
    pub(super) fn required(&mut self, node: &Node, what: &str, key: &str) -> Option<String> {
        if let Some(value) = node.get(key) {
            return self.text(value, key);
        }
        self.wrong(node, format!("{what} needs `{key}`"));
        None
    }

    /// A text under a key, when the key is there.
    pub(super) fn optional(&mut self, node: &Node, key: &str) -> Option<String> {
        node.get(key).and_then(|value| self.text(value, key))
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.as_text() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.wrong(node, format!("`{what}` is empty"));
                None
            }
            None => {
                self.wrong(node, format!("`{what}` must be text, not {}", kind(node)));
                None
            }
        }
    }

    /// One of the words of a vocabulary.
    pub(super) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let text = self.text(node, what)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let message = format!("`{text}` is no {what}{}", meant(&text, &known));
        self.wrong(node, message);
        None
    }

    /// A boolean.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong(
                node,
                format!("`{what}` must be true or false, not {}", kind(node)),
            );
        }
        value
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, node: &Node, what: &str) -> Option<u32> {
        let value = match &node.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        };
        if value.is_none() {
            self.wrong(node, format!("`{what}` must be a whole number from 0"));
        }
        value
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong(node, format!("`{what}` must be a list, not {}", kind(node)));
                &[]
            }
        }
    }

    /// The texts of a list under a key, each with its node; the same text twice is a mistake.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, key: &str) -> Vec<(&'n Node, String)> {
        let Some(value) = node.get(key) else {
            return Vec::new();
        };
        let mut found: Vec<(&Node, String)> = Vec::new();
        for item in self.list(value, key) {
            let Some(text) = self.text(item, key) else {
                continue;
            };
            if found.iter().any(|(_, other)| *other == text) {
                self.wrong(item, format!("`{text}` is listed twice"));
            } else {
                found.push((item, text));
            }
        }
        found
    }
}

/// What a node is, for a person.
fn kind(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

fn meant(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; it takes {}", known.join(", ")),
    }
}

//! Where in a document a rule matches, and what stands there.
//!
//! A path goes through mappings by keys (`spec.topic`, `config["errors.tolerance"]`), through lists
//! with `[]` and through every value of a mapping with `*`. A list is gone through without being
//! asked, since formats differ in whether one thing may stand for a list of one; `**` is the value
//! itself and everything inside of it. `@key` is the key under which a `*` found the value, `@path`
//! the file of the document, `.` the value itself. A text is looked up in the match, then in
//! what it stands in, then in the document; a path that begins with `/` in the document alone. A path
//! in angle brackets is the key found there (`policies.<retry>.maxRetries`).

use super::names::Names;
use crate::rules::ManifestRule;
use crate::syntax::yaml::{Node, Value};
use regex::Regex;
use std::borrow::Cow;

/// A match of a rule: the value, and what it stands in, innermost first.
pub struct Item<'n> {
    layers: Vec<Layer<'n>>,
    names: &'n Names<'n>,
}

#[derive(Clone, Copy)]
struct Layer<'n> {
    node: &'n Node,
    key: &'n str,
    key_line: u32,
}

/// The matches of a rule in a document.
pub fn items<'n>(rule: &ManifestRule, document: &'n Node, names: &'n Names<'n>) -> Vec<Item<'n>> {
    let document = Layer { node: document, key: "", key_line: document.line };
    let whole = Item { layers: vec![document], names };
    if !rule.when.iter().all(|condition| whole.fits(condition)) {
        return Vec::new();
    }
    let inside = |around: Layer<'n>, path: &Option<String>| match path {
        Some(path) => walk(around, path),
        None => vec![around],
    };
    let mut out = Vec::new();
    for around in inside(document, &rule.within) {
        for layer in inside(around, &rule.each) {
            let item = Item { layers: vec![layer, around, document], names };
            if rule.filter.iter().all(|condition| item.fits(condition)) {
                out.push(item);
            }
        }
    }
    out
}

impl Item<'_> {
    /// The texts of the first path that gives any, each with its line.
    pub fn texts(&self, paths: &[String]) -> Vec<(String, u32)> {
        for path in paths {
            let Some(path) = self.named(path) else { continue };
            if let (Some(path), Some(&document)) = (path.strip_prefix('/'), self.layers.last()) {
                let found = self.texts_in(document, path);
                if !found.is_empty() {
                    return found;
                }
                continue;
            }
            for &layer in &self.layers {
                let found = self.texts_in(layer, &path);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    /// A path with the keys that other paths name put in; `None` where one of them names nothing.
    fn named<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        let Some((before, rest)) = path.split_once('<') else { return Some(path.into()) };
        let (inner, after) = rest.split_once('>')?;
        let (key, _) = self.texts_in(self.layers[0], inner).into_iter().next()?;
        let before = before.strip_suffix('.').unwrap_or(before);
        Some(format!("{before}[\"{key}\"]{}", self.named(after)?).into())
    }

    /// The value that matches.
    pub fn node(&self) -> &Node {
        self.layers[0].node
    }

    /// The Helm chart that the match belongs to.
    pub fn chart(&self) -> Option<&str> {
        self.names.chart.as_ref().map(|chart| chart.name)
    }

    /// The line of the match.
    pub fn line(&self) -> u32 {
        let Layer { node, key, key_line } = self.layers[0];
        if key.is_empty() { node.line } else { key_line }
    }

    fn texts_in(&self, layer: Layer<'_>, path: &str) -> Vec<(String, u32)> {
        if path == "@path" {
            return vec![(self.names.path.to_owned(), 1)];
        }
        if path == "@key" {
            let known = (!layer.key.is_empty()).then(|| (layer.key.to_owned(), layer.key_line));
            return known.into_iter().collect();
        }
        let found = walk(layer, path).into_iter();
        let texts = found.filter_map(|found| Some((self.names.text(found.node)?, found.node.line)));
        texts.filter(|(text, _)| !text.is_empty()).collect()
    }

    /// Whether a condition holds for the match itself, or for the document where its path begins with
    /// `/`; what is absent is the empty text.
    fn fits(&self, (path, pattern): &(String, Regex)) -> bool {
        let Some(path) = self.named(path) else { return pattern.is_match("") };
        let found = match (path.strip_prefix('/'), self.layers.last()) {
            (Some(path), Some(&document)) => self.texts_in(document, path),
            _ => self.texts_in(self.layers[0], &path),
        };
        if found.is_empty() {
            return pattern.is_match("");
        }
        found.iter().any(|(text, _)| pattern.is_match(text))
    }
}

enum Step<'p> {
    Key(&'p str),
    Every,
    Inside,
}

/// The steps of a path. `[]` needs none: lists are gone through anyway.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]").unwrap_or((quoted, ""));
            steps.push(Step::Key(key));
            rest = after.trim_start_matches('.');
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        match key {
            "" => {}
            "*" => steps.push(Step::Every),
            "**" => steps.push(Step::Inside),
            key => steps.push(Step::Key(key)),
        }
        rest = after.strip_prefix("[]").unwrap_or(after).trim_start_matches('.');
    }
    steps
}

fn walk<'n>(from: Layer<'n>, path: &str) -> Vec<Layer<'n>> {
    let mut found = vec![from];
    for step in steps(path) {
        let mut next = Vec::new();
        for layer in found {
            match step {
                Step::Key(wanted) => each(layer, &mut |layer| {
                    let entries = layer.node.entries().iter().filter(|entry| entry.key == wanted);
                    next.extend(entries.map(|entry| Layer { node: &entry.value, ..layer }));
                }),
                Step::Every => each(layer, &mut |layer| next.extend(values(layer.node))),
                Step::Inside => {
                    let from = next.len();
                    each(layer, &mut |layer| next.push(layer));
                    let mut at = from;
                    while let Some(&layer) = next.get(at) {
                        at += 1;
                        for inner in values(layer.node) {
                            each(inner, &mut |layer| next.push(layer));
                        }
                    }
                }
            }
        }
        found = next;
    }
    let mut out = Vec::new();
    for layer in found {
        each(layer, &mut |layer| out.push(layer));
    }
    out
}

/// The values of a mapping, each under its key.
fn values(node: &Node) -> impl Iterator<Item = Layer<'_>> {
    node.entries().iter().map(|entry| Layer { node: &entry.value, key: &entry.key, key_line: entry.key_line })
}

/// A value, or each item of a list.
fn each<'n>(layer: Layer<'n>, seen: &mut dyn FnMut(Layer<'n>)) {
    match &layer.node.value {
        Value::List(items) => {
            for item in items {
                each(Layer { node: item, ..layer }, seen);
            }
        }
        _ => seen(layer),
    }
}

//! From parser events to documents: an explicit stack, a budget, and a fresh start after a mistake.

use std::borrow::Cow;
use std::fmt::Write;

use rustc_hash::{FxHashMap, FxHashSet};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::{Entry, MAX_COPIED_BYTES, MAX_DEPTH, Node, Value, YamlProblem, tag};

/// How many problems of one file are kept; more say nothing new.
const MAX_PROBLEMS: usize = 100;

/// Reads all documents; after a mistake, goes on at the next `---`.
pub(super) fn documents(text: &str, max_nodes: usize) -> (Vec<Node>, Vec<YamlProblem>) {
    let mut builder = Builder {
        left: max_nodes,
        copies_left: max_nodes,
        bytes_left: MAX_COPIED_BYTES,
        max_nodes,
        ..Builder::default()
    };
    if let Some(at) = text.find('\0') {
        // The library takes NUL for the end of input and would drop the rest silently.
        let (line, column) = position_of(text, at);
        builder.problem(line, column, "a NUL character: this is not a text file");
        return (Vec::new(), builder.problems);
    }
    let mut rest = text;
    while let Err(stop) = builder.read(rest) {
        builder.abandon();
        if stop.fatal || builder.problems.len() >= MAX_PROBLEMS {
            break;
        }
        let Some((offset, lines)) = next_document(rest, stop.relative_line) else {
            break;
        };
        rest = &rest[offset..];
        builder.line_base += lines;
    }
    (builder.done, builder.problems)
}

/// Why reading stopped.
struct Stop {
    /// Line within the text given, from 1.
    relative_line: usize,
    /// The budget of the whole file is gone.
    fatal: bool,
}

/// The first `---` line from `line` on, but never the first line, which is where reading began:
/// its byte offset and the number of lines before it.
fn next_document(text: &str, line: usize) -> Option<(usize, u32)> {
    let mut offset = 0;
    for (index, one) in text.split_inclusive('\n').enumerate() {
        let marker = one
            .strip_prefix("---")
            .is_some_and(|tail| tail.is_empty() || tail.starts_with(char::is_whitespace));
        if marker && index >= line.saturating_sub(1).max(1) {
            return Some((offset, index as u32));
        }
        offset += one.len();
    }
    None
}

fn position_of(text: &str, at: usize) -> (u32, u32) {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + text[..at].matches('\n').count() as u32;
    (line, 1 + text[start..at].chars().count() as u32)
}

/// A collection that is still open.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value; maps only.
    key: Option<Key>,
    /// Keys seen; maps only.
    seen: FxHashSet<String>,
    /// Values of `<<`, merged at the end.
    merges: Vec<Node>,
    /// This collection is itself a key, which the tree cannot express.
    is_key: bool,
    /// The function of a template that it is given to.
    function: Option<String>,
}

struct Key {
    text: String,
    line: u32,
    column: u32,
    kind: KeyKind,
}

#[derive(Clone, Copy, PartialEq)]
enum KeyKind {
    Plain,
    Merge,
    /// A duplicate or a key that is not a scalar: the value is read and dropped.
    Dropped,
}

struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
}

#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    anchors: FxHashMap<usize, Anchored>,
    done: Vec<Node>,
    problems: Vec<YamlProblem>,
    line_base: u32,
    max_nodes: usize,
    left: usize,
    copies_left: usize,
    bytes_left: usize,
}

impl Builder {
    fn problem(&mut self, line: u32, column: u32, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(YamlProblem { line, column, message: message.into() });
        }
    }

    /// Forgets the document that is being read.
    fn abandon(&mut self) {
        self.stack.clear();
        self.anchors.clear();
    }

    fn at(&self, mark: Marker) -> (u32, u32) {
        (self.line_base + mark.line().max(1) as u32, mark.col() as u32 + 1)
    }

    fn stop(&mut self, mark: Marker, fatal: bool, message: impl Into<String>) -> Stop {
        let (line, column) = self.at(mark);
        self.problem(line, column, message);
        Stop { relative_line: mark.line(), fatal }
    }

    fn read(&mut self, text: &str) -> Result<(), Stop> {
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.stop(*error.marker(), false, error.info()))?;
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) | Event::DocumentEnd => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(1, span.start)?;
                let quoted = style != ScalarStyle::Plain;
                if self.expects_key() {
                    self.key(text.into_owned(), quoted, span.start);
                } else {
                    let function = tag::key(tag.as_deref());
                    let value = scalar(text, quoted, tag.as_deref());
                    let node = tag::wrapped(function, self.node(value, span.start));
                    self.remember(anchor, &node, span.start)?;
                    self.push(node, span.start);
                }
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Value::List(Vec::new()), anchor, tag.as_deref(), span.start)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Value::Map(Vec::new()), anchor, tag.as_deref(), span.start)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.start)?,
            Event::Alias(anchor) => self.alias(anchor, span.start)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
        Ok(())
    }

    fn node(&self, value: Value, mark: Marker) -> Node {
        let (line, column) = self.at(mark);
        Node { line, column, value }
    }

    fn spend(&mut self, nodes: usize, mark: Marker) -> Result<(), Stop> {
        if let Some(left) = self.left.checked_sub(nodes) {
            self.left = left;
            return Ok(());
        }
        let message = format!(
            "more than {} values once aliases are expanded; the rest of the file is not read",
            self.max_nodes
        );
        Err(self.stop(mark, true, message))
    }

    fn expects_key(&self) -> bool {
        self.stack.last().is_some_and(|open| open.key.is_none() && matches!(open.node.value, Value::Map(_)))
    }

    fn open(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, mark: Marker) -> Result<(), Stop> {
        self.spend(1, mark)?;
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("values nest deeper than {MAX_DEPTH} levels");
            return Err(self.stop(mark, false, message));
        }
        let is_key = self.expects_key();
        let node = self.node(value, mark);
        self.stack.push(Open {
            node,
            anchor,
            key: None,
            seen: FxHashSet::default(),
            merges: Vec::new(),
            is_key,
            function: tag::key(tag),
        });
        Ok(())
    }

    fn close(&mut self, mark: Marker) -> Result<(), Stop> {
        let Some(mut open) = self.stack.pop() else {
            return Ok(());
        };
        for merged in std::mem::take(&mut open.merges) {
            self.merge(&mut open, merged);
        }
        if open.is_key {
            let (line, column) = (open.node.line, open.node.column);
            self.problem(
                line,
                column,
                "a mapping key that is not a scalar (an unquoted `{{ … }}` reads like this)",
            );
            if let Some(parent) = self.stack.last_mut() {
                parent.key = Some(Key { text: String::new(), line, column, kind: KeyKind::Dropped });
            }
            return Ok(());
        }
        let node = tag::wrapped(open.function, open.node);
        self.remember(open.anchor, &node, mark)?;
        self.push(node, mark);
        Ok(())
    }

    fn key(&mut self, text: String, quoted: bool, mark: Marker) {
        let (line, column) = self.at(mark);
        let Some(open) = self.stack.last_mut() else {
            return;
        };
        let mut kind = KeyKind::Plain;
        if text == "<<" && !quoted {
            kind = KeyKind::Merge;
        } else if !open.seen.insert(text.clone()) {
            kind = KeyKind::Dropped;
        }
        let duplicate = (kind == KeyKind::Dropped).then(|| format!("the key `{text}` is repeated"));
        open.key = Some(Key { text, line, column, kind });
        if let Some(message) = duplicate {
            self.problem(line, column, message);
        }
    }

    /// Gives a finished value to whatever waits for it.
    fn push(&mut self, node: Node, mark: Marker) {
        let at = self.at(mark);
        let Some(open) = self.stack.last_mut() else {
            self.done.push(node);
            return;
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => {
                if let Some(key) = open.key.take() {
                    match key.kind {
                        KeyKind::Plain => entries.push(Entry {
                            key: key.text,
                            key_line: key.line,
                            key_column: key.column,
                            value: node,
                        }),
                        KeyKind::Merge => open.merges.push(node),
                        KeyKind::Dropped => {}
                    }
                } else {
                    // An alias in the place of a key.
                    let text = node.as_text().unwrap_or_default().to_owned();
                    let kind = if !text.is_empty() && open.seen.insert(text.clone()) {
                        KeyKind::Plain
                    } else {
                        KeyKind::Dropped
                    };
                    open.key = Some(Key { text, line: at.0, column: at.1, kind });
                }
            }
            _ => {}
        }
    }

    /// Adds what a `<<` brings; a key written in the mapping itself wins, then the first merged.
    fn merge(&mut self, open: &mut Open, merged: Node) {
        let (line, column) = (merged.line, merged.column);
        let parts = match merged.value {
            Value::List(items) => items,
            value => vec![Node { line, column, value }],
        };
        let Value::Map(entries) = &mut open.node.value else {
            return;
        };
        for part in parts {
            let Value::Map(inherited) = part.value else {
                self.problem(part.line, part.column, "`<<` needs a mapping to merge");
                continue;
            };
            for entry in inherited {
                if open.seen.insert(entry.key.clone()) {
                    entries.push(entry);
                }
            }
        }
    }

    /// Keeps a copy of an anchored node, charged like any other copy.
    fn remember(&mut self, anchor: usize, node: &Node, mark: Marker) -> Result<(), Stop> {
        if anchor == 0 {
            return Ok(());
        }
        let (nodes, bytes) = weigh(node);
        let affordable = nodes <= self.copies_left && bytes <= self.bytes_left;
        if !affordable {
            return Err(self.stop(mark, true, "anchors hold too much; the rest is not read"));
        }
        self.copies_left -= nodes;
        self.bytes_left -= bytes;
        let node = node.clone();
        self.anchors.insert(anchor, Anchored { node, nodes, bytes });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, mark: Marker) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(self.stop(mark, false, "an alias that refers to itself"));
        };
        let (nodes, bytes) = (anchored.nodes, anchored.bytes);
        let depth = depth(&anchored.node);
        self.spend(nodes, mark)?;
        if bytes > self.bytes_left {
            return Err(self.stop(mark, true, "aliases copy too much text; the rest is not read"));
        }
        self.bytes_left -= bytes;
        if self.stack.len() + depth > MAX_DEPTH {
            let message = format!("values nest deeper than {MAX_DEPTH} levels");
            return Err(self.stop(mark, false, message));
        }
        if let Some(anchored) = self.anchors.get(&anchor) {
            let node = anchored.node.clone();
            self.push(node, mark);
        }
        Ok(())
    }
}

/// How many nodes and bytes of text a tree holds.
fn weigh(root: &Node) -> (usize, usize) {
    let (mut nodes, mut bytes) = (0, 0);
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        nodes += 1;
        match &node.value {
            Value::Number(text) | Value::String(text) => bytes += text.len(),
            Value::List(items) => open.extend(items),
            Value::Map(entries) => {
                for entry in entries {
                    bytes += entry.key.len();
                    open.push(&entry.value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
    (nodes, bytes)
}

fn depth(root: &Node) -> usize {
    let mut deepest = 0;
    let mut open = vec![(root, 1)];
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        open.extend(node.items().iter().map(|item| (item, level + 1)));
        open.extend(node.entries().iter().map(|entry| (&entry.value, level + 1)));
    }
    deepest
}

/// What a scalar means under the core schema of YAML 1.2.
fn scalar(text: Cow<'_, str>, quoted: bool, tag: Option<&Tag>) -> Value {
    if quoted || tag.is_some() {
        return Value::String(text.into_owned());
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        other if is_number(other) => Value::Number(text.into_owned()),
        _ => Value::String(text.into_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str, ok: fn(&char) -> bool| !text.is_empty() && text.chars().all(|c| ok(&c));
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, char::is_ascii_hexdigit);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, |c| ('0'..='7').contains(c));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        digits(exponent, char::is_ascii_digit)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent_ok
        && !(whole.is_empty() && fraction.is_empty())
        && whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit())
}

/// Whether the first thing in the text opens a JSON document or a comment of one. `{{` opens a
/// template.
pub(super) fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    ["[", "//", "/*"].iter().any(|start| text.starts_with(start))
        || (text.starts_with('{') && !text.starts_with("{{"))
}

/// JSON writes characters beyond the basic plane as two `\u` escapes, which YAML refuses: joins
/// them into one `\U` escape.
pub(super) fn without_surrogates(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?;
        let digits = escape.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = text[at..].find('\\') {
        let escape = at + next;
        out.push_str(&text[at..escape]);
        at = escape;
        match (unit(at), unit(at + 6)) {
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                let _ = write!(out, "\\U{code:08X}");
                at += 12;
            }
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str("\\uFFFD");
                at += 6;
            }
            _ => {
                // The backslash and the character it escapes.
                let escaped = text[at + 1..].chars().next().map_or(0, char::len_utf8);
                out.push_str(&text[at..at + 1 + escaped]);
                at += 1 + escaped;
            }
        }
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

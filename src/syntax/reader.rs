//! Reads a YAML tree into typed values and collects every mistake on the way.
//!
//! Rule files and the configuration are written by people, who want all mistakes of a file at
//! once, each with its place, what was expected, and the word they probably meant. A [`Reader`]
//! is handed each node together with the expectation; it answers with the value or `None` and
//! keeps the mistake, so that reading goes on. Nothing here knows what is being configured.

use super::yaml::{self, Node, Value};
use regex::{Regex, RegexBuilder};

/// How many words a message lists; more would bury what is wrong.
const LISTED: usize = 16;

/// Something a person wrote that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong and what was expected, in a sentence without a full stop.
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

/// Reads typed values out of one text and keeps the mistakes.
#[derive(Debug)]
pub struct Reader<'t> {
    lines: Vec<&'t str>,
    mistakes: Vec<Mistake>,
}

/// A mapping all of whose keys are known.
#[derive(Clone, Copy, Debug)]
pub struct Map<'a> {
    node: &'a Node,
}

impl<'a> Map<'a> {
    /// The value under a key. A key with nothing after it counts as absent.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|node| node.value != Value::Null)
    }

    /// The mapping itself, for mistakes about the whole of it.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// Which of `keys` are there.
    pub fn present<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.get(key).is_some()).collect()
    }
}

impl<'t> Reader<'t> {
    /// A reader of values that were parsed from `text`.
    pub fn new(text: &'t str) -> Self {
        Reader { lines: text.lines().collect(), mistakes: Vec::new() }
    }

    /// Parses `text` as one YAML document. What the parser could not read is kept as mistakes;
    /// the answer is `None` when there is nothing to read or more than one document.
    pub fn document(text: &'t str) -> (Self, Option<Node>) {
        let mut reader = Reader::new(text);
        let (documents, problems) = yaml::parse(text);
        for problem in problems {
            reader.mistakes.push(Mistake {
                line: problem.line,
                column: problem.column,
                message: problem.message,
                suggestion: None,
            });
        }
        let mut documents = documents.into_iter();
        let first = documents.next().filter(|node| node.value != Value::Null);
        if let Some(second) = documents.next() {
            reader.mistake(&second, "a second document; this file must hold one");
        }
        if first.is_none() && reader.mistakes.is_empty() {
            reader.mistake_at(1, 1, "the file is empty");
        }
        (reader, first)
    }

    /// Whether anything was wrong so far.
    pub fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// The mistakes, in order of place.
    pub fn finish(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        self.mistakes
    }

    /// Keeps a mistake at a node.
    pub fn mistake(&mut self, at: &Node, message: impl Into<String>) {
        self.mistake_at(at.line, at.column, message);
    }

    /// Keeps a mistake at a place.
    pub fn mistake_at(&mut self, line: u32, column: u32, message: impl Into<String>) {
        self.mistakes.push(Mistake { line, column, message: message.into(), suggestion: None });
    }

    /// Keeps a mistake `offset` characters into the text of a scalar.
    pub fn mistake_inside(&mut self, at: &Node, offset: usize, message: impl Into<String>) {
        let quoted =
            self.lines.get(at.line as usize - 1).and_then(|line| line.chars().nth(at.column as usize - 1));
        let column = match quoted {
            Some('"' | '\'') => at.column + 1 + offset as u32,
            Some('|' | '>') | None => at.column,
            Some(_) => at.column + offset as u32,
        };
        self.mistake_at(at.line, column, message);
    }

    /// Keeps a mistake about a word that is none of `known`, with the closest of them.
    pub fn unknown_word(&mut self, at: &Node, what: &str, word: &str, known: &[&str]) {
        self.unknown(at.line, at.column, what, word, known);
    }

    fn unknown(&mut self, line: u32, column: u32, what: &str, word: &str, known: &[&str]) {
        let suggestion = closest(word, known).map(str::to_owned);
        let message = if suggestion.is_some() || known.is_empty() || known.len() > LISTED {
            format!("unknown {what} `{word}`")
        } else {
            format!("unknown {what} `{word}`; expected {}", one_of(known))
        };
        self.mistakes.push(Mistake { line, column, message, suggestion });
    }

    /// A mapping with no other keys than `keys`.
    pub fn map<'a>(&mut self, node: &'a Node, keys: &[&str]) -> Option<Map<'a>> {
        let Value::Map(entries) = &node.value else {
            self.expected(node, &format!("a mapping with the keys {}", all_of(keys)));
            return None;
        };
        for entry in entries {
            if !keys.contains(&entry.key.as_str()) {
                self.unknown(entry.key_line, entry.key_column, "key", &entry.key, keys);
            }
        }
        Some(Map { node })
    }

    /// The value under a key that must be there.
    pub fn required<'a>(&mut self, map: Map<'a>, key: &str) -> Option<&'a Node> {
        let found = map.get(key);
        if found.is_none() {
            match map.node.entry(key) {
                Some(entry) => {
                    self.mistake_at(
                        entry.key_line,
                        entry.key_column,
                        format!("the key `{key}` has no value"),
                    );
                }
                None => self.mistake(map.node, format!("the key `{key}` is missing")),
            }
        }
        found
    }

    /// The text under a key that must be there and must not be empty.
    pub fn required_text<'a>(&mut self, map: Map<'a>, key: &str) -> Option<&'a str> {
        let node = self.required(map, key)?;
        let text = self.text(node)?;
        if text.trim().is_empty() {
            self.mistake(node, format!("the key `{key}` must not be empty"));
            return None;
        }
        Some(text)
    }

    /// A scalar as text; numbers count as written, booleans do not.
    pub fn text<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        let text = node.as_text();
        if text.is_none() {
            self.expected(node, "a text");
        }
        text
    }

    /// The text under a key that may be absent.
    pub fn optional_text<'a>(&mut self, map: Map<'a>, key: &str) -> Option<&'a str> {
        self.text(map.get(key)?)
    }

    /// One text or a list of texts, each with its node.
    pub fn texts<'a>(&mut self, node: &'a Node) -> Vec<(&'a Node, &'a str)> {
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| Some((item, self.text(item)?))).collect(),
            Value::String(_) | Value::Number(_) => {
                node.as_text().map(|text| (node, text)).into_iter().collect()
            }
            _ => {
                self.expected(node, "a text or a list of texts");
                Vec::new()
            }
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        let flag = node.as_bool();
        if flag.is_none() {
            self.expected(node, "`true` or `false`");
        }
        flag
    }

    /// The flag under a key; absent is `default`.
    pub fn flag_or(&mut self, map: Map, key: &str, default: bool) -> bool {
        map.get(key).and_then(|node| self.flag(node)).unwrap_or(default)
    }

    /// A number that is not negative.
    pub fn count(&mut self, node: &Node) -> Option<u64> {
        let count = match &node.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        };
        if count.is_none() {
            self.expected(node, "a whole number from 0 on");
        }
        count
    }

    /// The items of a list.
    pub fn list<'a>(&mut self, node: &'a Node) -> &'a [Node] {
        if !matches!(node.value, Value::List(_)) {
            self.expected(node, "a list");
        }
        node.items()
    }

    /// The items of the list under a key; absent is empty.
    pub fn list_at<'a>(&mut self, map: Map<'a>, key: &str) -> &'a [Node] {
        map.get(key).map_or(&[], |node| self.list(node))
    }

    /// The entries of a mapping whose keys are the writer's own.
    pub fn entries<'a>(&mut self, node: &'a Node) -> &'a [yaml::Entry] {
        if !matches!(node.value, Value::Map(_)) {
            self.expected(node, "a mapping");
        }
        node.entries()
    }

    /// One of a set of words, as what it stands for.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.unknown_word(node, what, text, &known);
        }
        found
    }

    /// A regular expression. `\w`, `\b` and `(?i)` mean ASCII, except in a pattern that also
    /// matches any character (`.`, `[^a]`): code is named in ASCII, and the tables of Unicode
    /// make compiling ten times slower.
    pub fn regex(&mut self, node: &Node) -> Option<Regex> {
        let text = self.text(node)?;
        let ascii = RegexBuilder::new(text).unicode(false).build();
        match ascii.or_else(|_| Regex::new(text)) {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.mistake(node, format!("bad regular expression: {}", last_line(&error.to_string())));
                None
            }
        }
    }

    fn expected(&mut self, node: &Node, expected: &str) {
        let found = match &node.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(text) => format!("the number {text}"),
            Value::String(text) => format!("the text `{}`", shortened(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        };
        self.mistake(node, format!("expected {expected}, found {found}"));
    }
}

/// The word of `known` that was probably meant, if one is near enough.
pub fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &plain(candidate)), *candidate))
        .filter(|(score, _)| *score > 0.82)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn all_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [start @ .., last] => format!("{} or `{last}`", all_of(start)),
    }
}

fn shortened(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start.replace('\n', "⏎")
}

fn last_line(message: &str) -> &str {
    let line = message.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, with: impl FnOnce(&mut Reader, &Node)) -> Vec<String> {
        let (mut reader, node) = Reader::document(text);
        with(&mut reader, &node.expect("a document"));
        let show = |mistake: Mistake| {
            let suggestion = mistake.suggestion.map(|word| format!(" → {word}")).unwrap_or_default();
            format!("{}:{} {}{suggestion}", mistake.line, mistake.column, mistake.message)
        };
        reader.finish().into_iter().map(show).collect()
    }

    #[test]
    fn all_mistakes_are_kept_in_order() {
        let mistakes = read("colour: red\nsize: big\nstrict: 3\n", |reader, node| {
            let map = reader.map(node, &["color", "size", "strict", "name"]).expect("a map");
            assert_eq!(reader.required_text(map, "name"), None);
            assert_eq!(map.get("size").and_then(|size| reader.count(size)), None);
            assert!(reader.flag_or(map, "strict", true));
        });
        assert_eq!(
            mistakes,
            [
                "1:1 unknown key `colour` → color",
                "1:1 the key `name` is missing",
                "2:7 expected a whole number from 0 on, found the text `big`",
                "3:9 expected `true` or `false`, found the number 3",
            ]
        );
    }

    #[test]
    fn words_are_looked_up_and_suggested() {
        let words = [("low", 1), ("high", 2)];
        let mistakes = read("[high, hihg, banana]", |reader, node| {
            let found: Vec<_> =
                reader.list(node).iter().map(|item| reader.word(item, "level", &words)).collect();
            assert_eq!(found, [Some(2), None, None]);
        });
        assert_eq!(
            mistakes,
            ["1:8 unknown level `hihg` → high", "1:14 unknown level `banana`; expected `low` or `high`"]
        );
    }

    #[test]
    fn places_inside_quotes_count_the_quote() {
        let mistakes = read("- plain\n- 'single'\n- |\n  block\n", |reader, node| {
            for item in reader.list(node) {
                reader.mistake_inside(item, 2, "here");
            }
        });
        assert_eq!(mistakes[..2], ["1:5 here", "2:6 here"]);
        assert_eq!(mistakes.len(), 3);
    }

    #[test]
    fn an_empty_key_is_absent_and_said_to_have_no_value() {
        let mistakes = read("name:\nkeys: {}\n", |reader, node| {
            let map = reader.map(node, &["name", "keys"]).expect("a map");
            assert_eq!(map.present(&["name", "keys"]), ["keys"]);
            reader.required(map, "name");
        });
        assert_eq!(mistakes, ["1:1 the key `name` has no value"]);
    }

    #[test]
    fn a_file_holds_one_document() {
        let (reader, node) = Reader::document("a: 1\n---\nb: 2\n");
        assert!(node.is_some());
        assert_eq!(reader.finish().len(), 1);
        let (reader, node) = Reader::document("# nothing\n");
        assert!(node.is_none());
        assert_eq!(reader.finish()[0].message, "the file is empty");
    }

    #[test]
    fn a_bad_regular_expression_says_why() {
        let mistakes = read("'(a'", |reader, node| assert!(reader.regex(node).is_none()));
        assert_eq!(mistakes, ["1:1 bad regular expression: unclosed group"]);
    }
}

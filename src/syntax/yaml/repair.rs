//! Texts that the specification forbids and every common reader accepts: a flow collection whose
//! lines are not indented deeper than its key, a comment right behind a quote, and JSON with
//! comments.

use std::borrow::Cow;

use super::{Node, Value};

/// Columns added to the lines that begin inside a flow collection.
const SHIFT: u32 = 256;

/// A text with its flow collections indented, and which lines (from 0) were.
pub(super) struct Indented {
    pub text: String,
    shifted: Vec<bool>,
}

impl Indented {
    /// The column in the original text.
    pub(super) fn column(&self, line: u32, column: u32) -> u32 {
        let index = line.saturating_sub(1) as usize;
        if self.shifted.get(index) == Some(&true) { column.saturating_sub(SHIFT).max(1) } else { column }
    }

    /// Moves every position of a tree back.
    pub(super) fn restore(&self, root: &mut Node) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            node.column = self.column(node.line, node.column);
            match &mut node.value {
                Value::List(items) => open.extend(items),
                Value::Map(entries) => {
                    for entry in entries {
                        entry.key_column = self.column(entry.key_line, entry.key_column);
                        open.push(&mut entry.value);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Indents the lines inside flow collections.
pub(super) fn indent_flows(text: &str) -> Indented {
    let mut scan = Scan::default();
    let mut out = String::with_capacity(text.len() + 1024);
    let mut shifted = Vec::new();
    for line in text.split_inclusive('\n') {
        let inside = scan.depth > 0;
        shifted.push(inside);
        if inside {
            out.extend(std::iter::repeat_n(' ', SHIFT as usize));
        }
        out.push_str(line);
        scan.line(line);
    }
    Indented { text: out, shifted }
}

/// A text with a blank before each comment that is glued to a quote or a bracket. All that moves is
/// the comment, so positions stay.
pub(super) fn space_comments(text: &str) -> String {
    let mut scan = Scan::default();
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        match scan.line(line) {
            Some(Comment { at, glued: true }) => {
                out.push_str(&line[..at]);
                out.push(' ');
                out.push_str(&line[at..]);
            }
            _ => out.push_str(line),
        }
    }
    out
}

/// Where the comments of a text are: each its offset and its text to the end of the line.
pub(super) fn comments(text: &str) -> Vec<(usize, &str)> {
    let mut scan = Scan::default();
    let (mut found, mut start) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        if let Some(Comment { at, .. }) = scan.line(line) {
            found.push((start + at, line[at..].trim_end()));
        }
        start += line.len();
    }
    found
}

/// A comment on a line.
struct Comment {
    /// Its byte on the line.
    at: usize,
    /// It stands right behind a quoted scalar or a collection.
    glued: bool,
}

/// Just enough of YAML's grammar to know where a flow collection is open.
#[derive(Default)]
struct Scan {
    depth: usize,
    quote: Option<char>,
    /// The indentation of the line that opened a block scalar.
    block: Option<usize>,
}

impl Scan {
    /// Reads a line; gives its comment.
    fn line(&mut self, line: &str) -> Option<Comment> {
        let content = line.trim_end();
        let indent = content.len() - content.trim_start().len();
        if let Some(block) = self.block {
            if content.is_empty() || indent > block {
                return None;
            }
            self.block = None;
        }
        if self.depth == 0 && self.quote.is_none() && content.starts_with("---") {
            return None;
        }
        // Where a value may begin: quotes and brackets elsewhere are text.
        let mut fresh = true;
        let mut before = ' ';
        // The character before ended a quoted scalar or a collection.
        let mut ended = false;
        let mut chars = content.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if let Some(quote) = self.quote {
                let escape = if quote == '"' {
                    c == '\\'
                } else {
                    c == quote && chars.peek().is_some_and(|&(_, next)| next == quote)
                };
                if escape {
                    chars.next();
                } else if c == quote {
                    self.quote = None;
                    before = c;
                    ended = true;
                }
                continue;
            }
            let was = self.depth;
            match c {
                '#' if before == ' ' => return Some(Comment { at, glued: false }),
                '#' if ended => return Some(Comment { at, glued: true }),
                '"' | '\'' if fresh => self.quote = Some(c),
                '[' | '{' if fresh || self.depth > 0 => self.depth += 1,
                ']' | '}' => self.depth = self.depth.saturating_sub(1),
                '|' | '>' if fresh && self.depth == 0 => {
                    self.block = Some(indent);
                    break;
                }
                _ => {}
            }
            ended = matches!(c, ']' | '}') && was > 0;
            let next_blank = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
            fresh = match c {
                ' ' | '\t' => fresh,
                ':' => next_blank || self.depth > 0,
                '-' | '?' => fresh && next_blank,
                ',' | '[' | '{' => self.depth > 0,
                // An anchor or a tag stands before the value.
                '&' | '!' if fresh => {
                    while chars.peek().is_some_and(|(_, next)| !next.is_whitespace()) {
                        chars.next();
                    }
                    true
                }
                _ => false,
            };
            before = if c == '\t' { ' ' } else { c };
        }
        None
    }
}

/// JSON without its comments; positions stay. A comment begins where a token may, so that an
/// address in unquoted flow YAML stays whole.
pub(super) fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote = None;
    let mut last = ' ';
    while let Some(c) = chars.next() {
        let begins = quote.is_none() && (last.is_whitespace() || ",{}[]\"".contains(last));
        last = c;
        if quote.is_some() {
            out.push(c);
            if c == '\\' && quote == Some('"') {
                out.extend(chars.next());
            } else if quote == Some(c) {
                quote = None;
            }
        } else if begins && c == '/' && chars.peek() == Some(&'/') {
            out.push(' ');
            while let Some(inner) = chars.next_if(|&next| next != '\n') {
                out.push(if inner == '\r' { '\r' } else { ' ' });
            }
        } else if begins && c == '/' && chars.peek() == Some(&'*') {
            let mut before = ' ';
            out.push(' ');
            for inner in chars.by_ref() {
                out.push(if inner == '\n' { '\n' } else { ' ' });
                if before == '*' && inner == '/' {
                    break;
                }
                before = inner;
            }
            last = ' ';
        } else {
            if c == '"' || (c == '\'' && begins) {
                quote = Some(c);
            }
            out.push(c);
        }
    }
    Cow::Owned(out)
}

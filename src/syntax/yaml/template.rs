//! Helm and Go templates inside YAML: hides the actions from the YAML reader and puts them back.
//!
//! A line made of actions alone controls the template and becomes blank. An action inside a value
//! is replaced character by character with private-use characters, which mean nothing to YAML, so
//! columns stay true and the original text can be restored.

use std::borrow::Cow;

use super::{Node, Value};

/// Start of the private-use block that stands for ASCII 0x00–0x7f.
const BASE: u32 = 0xE000;

/// A text without template actions, and where the first one was.
pub(super) struct Masked {
    pub text: String,
    pub line: u32,
    pub column: u32,
}

/// Hides every `{{ … }}`; `None` when there is none.
pub(super) fn mask(text: &str) -> Option<Masked> {
    let start = text.find("{{")?;
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let end = rest[at..].find("}}").map_or(rest.len(), |close| at + close + 2);
        let (before, action) = (&rest[..at], &rest[at..end]);
        out.push_str(before);
        let own_line = ends_blank_line(&out) && starts_blank_line(&rest[end..]);
        for c in action.chars() {
            out.push(match c {
                '\n' | '\r' => c,
                _ if own_line => ' ',
                _ => hide(c),
            });
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    Some(Masked {
        text: out,
        line: 1 + text[..start].matches('\n').count() as u32,
        column: 1 + text[line_start..start].chars().count() as u32,
    })
}

fn ends_blank_line(text: &str) -> bool {
    text.chars().rev().take_while(|&c| c != '\n').all(|c| c == ' ' || c == '\t')
}

/// Whether nothing but blanks, actions and comments follows on this line.
fn starts_blank_line(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("").trim();
    line.is_empty() || line.starts_with('#') || (line.starts_with("{{") && line.ends_with("}}"))
}

fn hide(c: char) -> char {
    match c {
        '\0'..='\u{7f}' => char::from_u32(BASE + c as u32).unwrap_or('_'),
        _ => c,
    }
}

/// Puts the actions back into every string and key.
pub(super) fn unmask(root: &mut Node) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &mut node.value {
            Value::String(text) => restore(text),
            Value::List(items) => open.extend(items),
            Value::Map(entries) => {
                for entry in entries {
                    restore(&mut entry.key);
                    open.push(&mut entry.value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn restore(text: &mut String) {
    if let Cow::Owned(restored) = unmask_cow(text) {
        *text = restored;
    }
}

/// Puts the actions back into one text.
pub(super) fn unmask_text(text: &str) -> String {
    unmask_cow(text).into_owned()
}

fn unmask_cow(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| (BASE..BASE + 0x80).contains(&(c as u32));
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| {
        if hidden(c) { char::from_u32(c as u32 - BASE).unwrap_or(c) } else { c }
    };
    Cow::Owned(text.chars().map(shown).collect())
}

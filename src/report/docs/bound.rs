//! Keeps a template of the user's from going round for ever: what its loops go over and what it
//! keeps under a name is passed through two filters that count.
//!
//! The engine bounds neither, and loops in loops that write nothing are past the bound on what is
//! written. The filters are put into the text, because that is all of a template one can reach:
//! `{% for a in EXPR %}` becomes `{% for a in (EXPR) | bounded_loop %}`, a list comprehension
//! likewise, and `{% set a = EXPR %}` becomes `{% set a = (EXPR) | bounded_value %}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tera::{Kwargs, State, Tera, Value};

/// The turns of all loops together that one document may take. The largest documents of the
/// built-in templates take some thousands.
const MAX_TURNS: usize = 4_000_000;

/// Bytes of a text, or elements of a list, that a template may keep under a name.
const MAX_VALUE: usize = 1 << 20;

/// As many bytes kept cost as much as a turn.
const BYTES_A_TURN: usize = 1 << 10;

/// What a template has used up.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<AtomicUsize>);

impl Turns {
    /// Registers the two filters.
    pub(super) fn register(&self, tera: &mut Tera) {
        let turns = self.clone();
        tera.register_filter("bounded_loop", move |value: &Value, _: Kwargs, _: &State| {
            turns.take(value.len().unwrap_or(0))?;
            Ok::<_, tera::Error>(value.clone())
        });
        let turns = self.clone();
        tera.register_filter("bounded_value", move |value: &Value, _: Kwargs, _: &State| {
            let size = value.as_str().map_or_else(|| value.len().unwrap_or(0), str::len);
            if size > MAX_VALUE {
                return Err(tera::Error::message(format!(
                    "what is kept here is larger than {} KiB",
                    MAX_VALUE >> 10
                )));
            }
            turns.take(1 + size / BYTES_A_TURN)?;
            Ok(value.clone())
        });
    }

    /// A new document begins.
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn take(&self, turns: usize) -> Result<(), tera::Error> {
        if self.0.fetch_add(turns, Ordering::Relaxed).saturating_add(turns) > MAX_TURNS {
            return Err(tera::Error::message(format!(
                "the loops of this document go round more than {MAX_TURNS} times"
            )));
        }
        Ok(())
    }
}

/// A template with the filters in it, and where they were put.
#[derive(Debug)]
pub(super) struct Bounded {
    /// The text for the engine.
    pub(super) text: String,
    /// Line (from 1), column (from 0) and length of each insertion, in the text for the engine.
    insertions: Vec<(usize, usize, usize)>,
}

impl Bounded {
    /// Puts the filters in. What is no template stays as it is: the engine says why.
    pub(super) fn new(source: &str) -> Bounded {
        let mut places = Vec::new();
        let mut at = 0;
        while let Some(found) = source[at..].find('{') {
            at += found;
            let rest = &source[at..];
            at += if rest.starts_with("{#") {
                rest.find("#}").map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with("{%") {
                raw(rest).unwrap_or_else(|| tag(rest, at, "%}", &mut places))
            } else if rest.starts_with("{{") {
                tag(rest, at, "}}", &mut places)
            } else {
                1
            };
        }
        places.sort_by_key(|&(at, _)| at);
        let mut bounded = Bounded { text: String::with_capacity(source.len()), insertions: Vec::new() };
        let mut last = 0;
        for (at, inserted) in places {
            bounded.text.push_str(&source[last..at]);
            let line_start = bounded.text.rfind('\n').map_or(0, |newline| newline + 1);
            let line = bounded.text.matches('\n').count() + 1;
            let column = bounded.text[line_start..].chars().count();
            bounded.insertions.push((line, column, inserted.len()));
            bounded.text.push_str(inserted);
            last = at;
        }
        bounded.text.push_str(&source[last..]);
        bounded
    }

    /// The column (from 0) of the source for one of the text for the engine.
    pub(super) fn column(&self, line: usize, column: usize) -> usize {
        let before = self.insertions.iter().filter(|&&(on, start, _)| on == line && start < column);
        column - before.map(|&(_, start, length)| length.min(column - start)).sum::<usize>()
    }
}

/// How long a raw section is, if there is one: nothing in it is a tag.
fn raw(text: &str) -> Option<usize> {
    let named = |tag: &str, name: &str| {
        let inside = tag.strip_prefix("{%")?;
        let (inside, _) = inside.split_once("%}")?;
        let word = inside.strip_prefix('-').unwrap_or(inside);
        (word.strip_suffix('-').unwrap_or(word).trim() == name).then_some(inside.len() + 4)
    };
    let start = named(text, "raw")?;
    let mut ends = text[start..].match_indices("{%").map(|(at, _)| start + at);
    Some(ends.find_map(|at| Some(at + named(&text[at..], "endraw")?)).unwrap_or(text.len()))
}

/// An open bracket, and how far the loop in it has been read.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// No loop.
    Plain,
    /// After `for`, or after the name of `set`.
    Head,
    /// After `in`, or after `=`.
    Body,
}

/// Reads a tag that starts at `offset` of the source, notes where to put what, returns its length.
fn tag(text: &str, offset: usize, close: &str, places: &mut Vec<(usize, &'static str)>) -> usize {
    let bytes = text.as_bytes();
    let mut at = 2 + usize::from(text[2..].starts_with('-'));
    // The tag itself, then each bracket in it.
    let mut open = vec![Open::Plain];
    let mut filter = ") | bounded_loop";
    let mut is_first = close == "%}";
    while at < bytes.len() {
        let is_trimmed = bytes[at] == b'-' && bytes[at + 1..].starts_with(close.as_bytes());
        if bytes[at..].starts_with(close.as_bytes()) || is_trimmed {
            if open == [Open::Body] {
                places.push((offset + at, filter));
            }
            return at + usize::from(is_trimmed) + 2;
        }
        let depth = open.len();
        let top = open[depth - 1];
        match bytes[at] {
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
            }
            b'(' | b'[' | b'{' => open.push(Open::Plain),
            b')' | b']' | b'}' => {
                if top == Open::Body && depth > 1 {
                    places.push((offset + at, ") | bounded_loop"));
                }
                if depth > 1 {
                    open.pop();
                }
            }
            b'=' if depth == 1 && top == Open::Head && filter == ") | bounded_value" => {
                places.push((offset + at + 1, " ("));
                open[0] = Open::Body;
            }
            byte if byte == b'_' || byte.is_ascii_alphabetic() => {
                let word = text[at..].split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next();
                let word = word.unwrap_or_default();
                let is_name = bytes[at - 1] != b'.';
                match word {
                    "for" if is_name && (is_first || depth > 1) => open[depth - 1] = Open::Head,
                    "set" | "set_global" if is_first => {
                        filter = ") | bounded_value";
                        open[0] = Open::Head;
                    }
                    "in" if is_name && top == Open::Head && (depth > 1 || filter == ") | bounded_loop") => {
                        places.push((offset + at + 2, " ("));
                        open[depth - 1] = Open::Body;
                    }
                    "if" if is_name && top == Open::Body && depth > 1 => {
                        places.push((offset + at, ") | bounded_loop "));
                        open[depth - 1] = Open::Plain;
                    }
                    _ => {}
                }
                is_first = false;
                at += word.len();
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_stand_where_loops_and_names_are() {
        for (source, bounded) in [
            ("{% for a in all %}x{% endfor %}", "{% for a in ( all ) | bounded_loop%}x{% endfor %}"),
            ("{%- for k, v in of(x=[1, 2]) -%}", "{%- for k, v in ( of(x=[1, 2]) ) | bounded_loop-%}"),
            ("{{ [a.in for a in all if a in b] }}", "{{ [a.in for a in ( all ) | bounded_loop if a in b] }}"),
            (
                "{{ [[b for b in a] for a in all] }}",
                "{{ [[b for b in ( a) | bounded_loop] for a in ( all) | bounded_loop] }}",
            ),
            ("{% set a = b == 'c %}' %}", "{% set a = ( b == 'c %}' ) | bounded_value%}"),
            ("{% set a %}b = {% endset %}", "{% set a %}b = {% endset %}"),
            ("{% if a in b %}{{ x.for }}{% endif %}", "{% if a in b %}{{ x.for }}{% endif %}"),
            ("{{ 'é\\é' ~ é }}{% for é in é", "{{ 'é\\é' ~ é }}{% for é in ( é"),
            ("{# {% for a in b %} #}{ for a in b }", "{# {% for a in b %} #}{ for a in b }"),
            ("{% raw %}{% for a in b %}{% endraw -%}{%", "{% raw %}{% for a in b %}{% endraw -%}{%"),
        ] {
            assert_eq!(Bounded::new(source).text, bounded);
        }
    }

    #[test]
    fn columns_are_those_of_the_source() {
        let source = "é\n{% for a in all %}{{ b }}";
        let bounded = Bounded::new(source);
        let line = bounded.text.lines().nth(1).unwrap();
        for (word, column) in [("all", 12), ("{{ b", 18)] {
            assert_eq!(bounded.column(2, line.find(word).unwrap()), column, "{word}");
        }
        assert_eq!(bounded.column(1, 1), 1);
    }
}

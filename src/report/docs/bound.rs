//! Puts counting filters into a template of the user's, because its text is all of it that one can
//! reach: the engine lets nobody look on while it works.
//!
//! | in the template | for the engine |
//! |---|---|
//! | `{% for a in EXPR %}` | `{% for a in (EXPR) \| bounded_loop %}`, a list comprehension likewise |
//! | `{% set a = EXPR %}` | `{% set a = (EXPR) \| bounded_value %}`, a captured text likewise |
//! | `[a, b]`, `{"a": b}` | `([a, b] \| bounded_literal)` |
//! | `{{ EXPR }}` | `{{ (EXPR) \| bounded_write }}`; a plain name is counted behind it, so that the engine can say that it is not there |
//! | `a ~ b`, `a == b`, `a in b` | each operand `\| bounded_write`, or `\| bounded_look` |
//! | `a \| replace(…)`, `a[b:c]` | `a \| bounded_replace(…)`, `a \| bounded_slice[b:c]` |
//! | the body of a loop, a block, a component, a file | `{% if LENGTH \| bounded_body %}{% endif %}` before it |

use super::budget::is_counted;

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
        let mut scan = Scan { source, places: Vec::new(), bodies: Vec::new() };
        scan.all();
        let mut places = scan.places;
        places.sort_by_key(|(at, _)| *at);
        let mut bounded = Bounded { text: String::with_capacity(2 * source.len()), insertions: Vec::new() };
        let (mut last, mut line, mut line_start) = (0, 1, 0);
        for (at, inserted) in places {
            bounded.text.push_str(&source[last..at]);
            line += source[last..at].matches('\n').count();
            if let Some(newline) = source[last..at].rfind('\n') {
                line_start = bounded.text.len() - (at - last - newline - 1);
            }
            let column = bounded.text[line_start..].chars().count();
            bounded.insertions.push((line, column, inserted.len()));
            bounded.text.push_str(&inserted);
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

const LOOK: &str = " | bounded_look ";
const WRITE: &str = " | bounded_write ";
const LOOP: &str = ") | bounded_loop ";
const VALUE: &str = ") | bounded_value ";

/// A template being read.
struct Scan<'s> {
    source: &'s str,
    /// What goes where, in the source.
    places: Vec<(usize, String)>,
    /// Bodies that are open: what closes each, where it starts, how it is told to be trimmed.
    bodies: Vec<(&'static str, usize, bool)>,
}

/// An open bracket, or the tag itself, and what has been read of the expression in it.
struct Level {
    kind: Kind,
    /// Where it starts.
    start: usize,
    /// An operand has just been read, up to here.
    operand: Option<usize>,
    /// What the operand that comes is counted by.
    due: Option<&'static str>,
    /// Whether a name was met.
    named: bool,
    /// Whether a colon was met.
    colon: bool,
    head: Head,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The tag, a bracket, the arguments of a call, a subscript.
    Plain,
    /// A list or a map.
    Literal,
    /// `<component …>`, up to its end.
    Component,
}

/// How far a loop, or what is kept under a name, has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    None,
    /// After `for`.
    For,
    /// After `set`.
    Set,
    /// After `in`, or after `=`: what is put behind the expression.
    Body(&'static str),
}

impl Level {
    fn new(kind: Kind, start: usize) -> Level {
        Level { kind, start, operand: None, due: None, named: false, colon: false, head: Head::None }
    }
}

impl Scan<'_> {
    fn all(&mut self) {
        let (mut at, mut extends) = (0, false);
        while let Some(found) = self.source[at..].find('{') {
            at += found;
            let rest = &self.source[at..];
            at += if rest.starts_with("{#") {
                rest.find("#}").map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with("{%") {
                extends |= first_word(rest) == "extends";
                raw(rest).unwrap_or_else(|| self.tag(at, "%}"))
            } else if rest.starts_with("{{") {
                self.tag(at, "}}")
            } else {
                1
            };
        }
        while let Some((_, start, trimmed)) = self.bodies.pop() {
            self.count_text(start, self.source.len(), trimmed);
        }
        // A template that extends another one holds blocks alone.
        if !extends {
            self.count_text(0, self.source.len(), false);
        }
    }

    fn put(&mut self, at: usize, text: impl Into<String>) {
        self.places.push((at, text.into()));
    }

    /// Has the text of a body counted when it is begun.
    fn count_text(&mut self, start: usize, end: usize, trimmed: bool) {
        let trim = if trimmed { "-" } else { "" };
        self.put(start, format!("{{% if {} | bounded_body %}}{{% endif {trim}%}}", end - start));
    }

    /// Reads a tag, notes where to put what, gives its length.
    fn tag(&mut self, start: usize, close: &'static str) -> usize {
        let bytes = self.source.as_bytes();
        let inside = start + 2 + usize::from(bytes.get(start + 2) == Some(&b'-'));
        let word = if close == "%}" { first_word(&self.source[start..]) } else { "" };
        let mut tag = Tag { levels: vec![Level::new(Kind::Plain, inside)], at: inside, close };
        match word {
            "for" | "set" | "set_global" | "if" | "elif" => {
                tag.at = inside + self.source[inside..].find(word).unwrap_or(0) + word.len();
                tag.levels[0].head = match word {
                    "for" => Head::For,
                    "if" | "elif" => Head::None,
                    _ => Head::Set,
                };
            }
            // The name of a filter stands where others have one behind `|`.
            "filter" => {
                tag.at = inside + self.source[inside..].find(word).unwrap_or(0) + word.len();
                tag.at = self.filter_name(tag.at, &mut tag.levels[0]);
            }
            "" => {}
            _ => tag.levels[0].kind = Kind::Component,
        }
        let end = self.expression(&mut tag);
        let Some(end) = end else { return self.source.len() - start };
        let trimmed = bytes[end] == b'-';
        let after = end + usize::from(trimmed) + 2;
        match word {
            "" if close == "}}" => self.written(inside, end, after),
            "for" => self.bodies.push(("endfor", after, trimmed)),
            "block" => self.bodies.push(("endblock", after, trimmed)),
            "component" => self.bodies.push(("endcomponent", after, trimmed)),
            "set" | "set_global" if tag.levels[0].head == Head::Set => self.put(end, " | bounded_value "),
            "endfor" | "endblock" | "endcomponent" => {
                if let Some(index) = self.bodies.iter().rposition(|(closed, ..)| *closed == word) {
                    let (_, from, trimmed) = self.bodies.remove(index);
                    self.count_text(from, start, trimmed);
                }
            }
            _ => {}
        }
        after - start
    }

    /// Has what is written counted.
    fn written(&mut self, inside: usize, end: usize, after: usize) {
        let expression = &self.source[inside..end];
        let is_path = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
        let name = expression.trim();
        // What a component writes is counted in it.
        if name.is_empty() || name.starts_with('<') {
            return;
        }
        if name.chars().all(is_path) {
            let trim = if self.source.as_bytes()[end] == b'-' { "-" } else { "" };
            self.put(after, format!("{{% if {name}{WRITE}%}}{{% endif {trim}%}}"));
        } else {
            self.put(inside, "(");
            self.put(end, format!(") {WRITE}"));
        }
    }

    /// Reads the expression of a tag; gives where its end begins, if it has one.
    fn expression(&mut self, tag: &mut Tag) -> Option<usize> {
        let bytes = self.source.as_bytes();
        while tag.at < bytes.len() {
            let at = tag.at;
            let is_brace = tag.levels.len() > 1 && bytes[tag.top().start] == b'{';
            let is_trimmed = bytes[at] == b'-' && bytes[at + 1..].starts_with(tag.close.as_bytes());
            if is_trimmed
                || (bytes[at..].starts_with(tag.close.as_bytes()) && !(is_brace && bytes[at] == b'}'))
            {
                self.boundary(tag, None);
                if let (1, Head::Body(behind)) = (tag.levels.len(), tag.top().head) {
                    self.put(at, behind);
                }
                return Some(at);
            }
            tag.at += self.token(tag, bytes[at]);
        }
        None
    }

    /// Reads one token; gives its length.
    fn token(&mut self, tag: &mut Tag, first: u8) -> usize {
        let at = tag.at;
        let rest = &self.source[at..];
        let is_operand = tag.top().operand.is_some();
        match first {
            b'"' | b'\'' | b'`' => {
                let length = quoted(rest);
                tag.top().operand = Some(at + length);
                return length;
            }
            b'0'..=b'9' => {
                let is_number = |c: char| c == '_' || c == '.' || c.is_ascii_alphanumeric();
                let length = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
                tag.top().operand = Some(at + length);
                return length;
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => return self.word(tag),
            b'(' | b'[' | b'{' => {
                let is_literal = first != b'(' && !is_operand && tag.top().kind != Kind::Component;
                let kind = if is_literal { Kind::Literal } else { Kind::Plain };
                tag.levels.push(Level::new(kind, at));
            }
            b')' | b']' | b'}' => self.close(tag),
            b'|' if is_operand => return self.filter_name(at + 1, tag.top()) - at,
            b'~' => self.boundary(tag, Some(WRITE)),
            b'=' | b'!' if rest[1..].starts_with('=') => {
                self.boundary(tag, Some(LOOK));
                return 2;
            }
            b'=' => {
                let is_set = tag.levels.len() == 1 && tag.top().head == Head::Set;
                let top = tag.top();
                (top.operand, top.due) = (None, None);
                if is_set {
                    top.head = Head::Body(VALUE);
                    self.put(at + 1, " (");
                }
            }
            b'<' if !is_operand => tag.levels.push(Level::new(Kind::Component, at)),
            b'>' if tag.top().kind == Kind::Component => self.close(tag),
            b'<' | b'>' => {
                self.boundary(tag, Some(LOOK));
                return 1 + usize::from(rest[1..].starts_with('='));
            }
            b':' => {
                self.boundary(tag, None);
                tag.top().colon = true;
            }
            b',' | b'+' | b'-' | b'*' | b'/' | b'%' => self.boundary(tag, None),
            _ => {}
        }
        rest.chars().next().map_or(1, char::len_utf8)
    }

    /// Reads a name or a word of the language; gives its length.
    fn word(&mut self, tag: &mut Tag) -> usize {
        let at = tag.at;
        let word = name_at(self.source, at);
        let depth = tag.levels.len();
        let top = tag.top();
        let before = &self.source[..at];
        let is_attribute = before.ends_with('.') && !before.ends_with("...");
        if top.kind == Kind::Component {
            return word.len();
        }
        match word {
            _ if is_attribute => top.operand = Some(at + word.len()),
            "and" | "or" | "else" => self.boundary(tag, None),
            "not" if top.operand.is_some() => self.boundary(tag, Some(LOOK)),
            "not" => {}
            "is" => {
                let test = self.source[at + word.len()..].trim_start();
                let test = test.strip_prefix("not ").unwrap_or(test).trim_start();
                let looks =
                    ["containing", "starting_with", "ending_with"].iter().any(|it| test.starts_with(it));
                self.boundary(tag, looks.then_some(LOOK));
                tag.top().due = None;
            }
            "in" if top.head == Head::For => {
                (top.operand, top.head) = (None, Head::Body(LOOP));
                self.put(at + word.len(), " (");
            }
            "in" => self.boundary(tag, Some(LOOK)),
            "for" if depth > 1 => {
                self.boundary(tag, None);
                tag.top().head = Head::For;
            }
            "if" => {
                self.boundary(tag, None);
                // What a list comprehension leaves out; elsewhere, one or the other.
                if let (true, Head::Body(behind)) = (depth > 1, tag.top().head) {
                    tag.top().head = Head::None;
                    self.put(at, behind);
                }
            }
            _ => {
                top.named = true;
                top.operand = Some(at + word.len());
            }
        }
        word.len()
    }

    /// An operator, or something else that ends an operand; `by` counts what stands beside it.
    fn boundary(&mut self, tag: &mut Tag, by: Option<&'static str>) {
        let top = tag.top();
        let counted = if by == Some(WRITE) { by } else { top.due.or(by) };
        top.due = by;
        if let (Some(end), Some(filter)) = (top.operand.take(), counted) {
            self.put(end, filter);
        }
    }

    /// Closes a bracket: it is an operand of what holds it.
    fn close(&mut self, tag: &mut Tag) {
        self.boundary(tag, None);
        if tag.levels.len() == 1 {
            return;
        }
        let Some(inner) = tag.levels.pop() else { return };
        let after = tag.at + 1;
        if let Head::Body(behind) = inner.head {
            self.put(tag.at, behind);
        }
        let is_inside = tag.levels.iter().any(|level| level.kind == Kind::Literal);
        if inner.kind == Kind::Literal && inner.named && !is_inside {
            self.put(inner.start, "(");
            self.put(after, " | bounded_literal)");
        }
        // A part of a list or of a text is copied.
        if inner.kind == Kind::Plain && inner.colon && self.source.as_bytes()[inner.start] == b'[' {
            self.put(inner.start, " | bounded_slice");
        }
        tag.top().named |= inner.named;
        tag.top().operand = Some(after);
    }

    /// Reads the name of a filter, which is an operand with what stands before it.
    fn filter_name(&mut self, at: usize, level: &mut Level) -> usize {
        let at = at + self.source[at..].len() - self.source[at..].trim_start().len();
        let name = name_at(self.source, at);
        if is_counted(name) {
            self.put(at, "bounded_");
        }
        level.operand = Some(at + name.len());
        at + name.len()
    }
}

/// A tag being read.
struct Tag {
    /// The tag itself, then each bracket that is open in it.
    levels: Vec<Level>,
    at: usize,
    close: &'static str,
}

impl Tag {
    fn top(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }
}

fn name_at(source: &str, at: usize) -> &str {
    let rest = &source[at..];
    rest.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// The word that a tag `{% … %}` begins with.
fn first_word(tag: &str) -> &str {
    let inside = tag.get(2..).unwrap_or_default();
    name_at(inside.strip_prefix('-').unwrap_or(inside).trim_start(), 0)
}

/// How long a text in quotes is.
fn quoted(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != bytes[0] {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    let end = (at + 1).min(bytes.len());
    (end..=bytes.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(bytes.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the engine gets of a template that extends another, without the count of its own text.
    fn bounded(source: &str) -> String {
        let text = Bounded::new(source).text;
        let end = format!("{{% if {} | bounded_body %}}{{% endif %}}", source.len());
        text.strip_prefix(&end)
            .unwrap_or_else(|| panic!("{text}"))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_filters_stand_where_something_is_made() {
        for (source, expected) in [
            (
                "{% for a in all %}x{% endfor %}",
                "{% for a in ( all ) | bounded_loop %}{% if 1 | bounded_body %}{% endif %}x{% endfor %}",
            ),
            (
                "{%- for k, v in of(x=[1, 2]) -%} {%- endfor -%}",
                "{%- for k, v in ( of(x=[1, 2]) ) | bounded_loop -%}{% if 1 | bounded_body %}{% endif -%} {%- endfor -%}",
            ),
            (
                "{{ [a.in for a in all if a in b] }}",
                "{{( ([a.in for a in ( all ) | bounded_loop if a | bounded_look in b | bounded_look ] | bounded_literal) ) | bounded_write }}",
            ),
            (
                "{% set a = b == 'c %}' %}",
                "{% set a = ( b | bounded_look == 'c %}' | bounded_look ) | bounded_value %}",
            ),
            ("{% set a %}b = {% endset %}", "{% set a | bounded_value %}b = {% endset %}"),
            ("{% set a | trim %}{% endset %}", "{% set a | bounded_trim | bounded_value %}{% endset %}"),
            (
                "{% if a is defined and a.b not in c %}{% endif %}",
                "{% if a is defined and a.b | bounded_look not in c | bounded_look %}{% endif %}",
            ),
            ("{% if a is containing('x') %}", "{% if a | bounded_look is containing('x') %}"),
            ("{{- a.b -}}", "{{- a.b -}}{% if a.b | bounded_write %}{% endif -%}"),
            (
                "{{ a ~ 'é\\é' ~ b.c[0] }}",
                "{{( a | bounded_write ~ 'é\\é' | bounded_write ~ b.c[0] | bounded_write ) | bounded_write }}",
            ),
            (
                "{{ a | replace(from='a', to=b ~ c) | no }}",
                "{{( a | bounded_replace(from='a', to=b | bounded_write ~ c | bounded_write ) | no ) | bounded_write }}",
            ),
            (
                "{% set a = {'b': [c], 'd': {'e': f}} %}",
                "{% set a = ( ({'b': [c], 'd': {'e': f}} | bounded_literal) ) | bounded_value %}",
            ),
            ("{{ {'b': {'e': f}} }}", "{{( ({'b': {'e': f}} | bounded_literal) ) | bounded_write }}"),
            ("{{ <c a={b ~ d} /> }}", "{{ <c a={b | bounded_write ~ d | bounded_write } /> }}"),
            ("{% <c in=\"x\"> %}{% </c> %}", "{% <c in=\"x\"> %}{% </c> %}"),
            ("{{ 1 < a }}", "{{( 1 | bounded_look < a | bounded_look ) | bounded_write }}"),
            (
                "{{ a.b[1:c][0] ~ d[e] }}",
                "{{( a.b | bounded_slice[1:c][0] | bounded_write ~ d[e] | bounded_write ) | bounded_write }}",
            ),
            ("{% if [...a] %}", "{% if ([...a] | bounded_literal) %}"),
            ("{% filter upper %}a{% endfilter %}", "{% filter bounded_upper %}a{% endfilter %}"),
            ("{# {% for a in b %} #}{ for a in b }", "{# {% for a in b %} #}{ for a in b }"),
            ("{% raw %}{% for a in b %}{% endraw -%}{%", "{% raw %}{% for a in b %}{% endraw -%}{%"),
            ("{% include 'a' %}{% break %}", "{% include 'a' %}{% break %}"),
            ("{{ 'a\\", "{{ 'a\\"),
        ] {
            assert_eq!(bounded(source), expected);
        }
        let child = "{% extends 'a' %}{% block b -%}c{% endblock %}";
        let expected = "{% extends 'a' %}{% block b -%}{% if 1 | bounded_body %}{% endif -%}c{% endblock %}";
        assert_eq!(Bounded::new(child).text, expected);
    }

    #[test]
    fn columns_are_those_of_the_source() {
        let source = "é\n{% for a in all %}é{{ b }}";
        let bounded = Bounded::new(source);
        let line = bounded.text.lines().nth(1).unwrap();
        for (word, column) in [("all", 12), ("{{ b", 19)] {
            let at = line[..line.find(word).unwrap()].chars().count();
            assert_eq!(bounded.column(2, at), column, "{word}");
        }
    }
}

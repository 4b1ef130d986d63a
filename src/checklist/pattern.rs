//! What a line of a file must hold, as a checklist says it.
//!
//! Dozens of patterns look at every file of a repository, which would take longer than all the rest
//! of a scan. So they are searched in a whole file and all at once, and as bytes: regex has no fast
//! way for `\b` in a text with a single `é` in it when words are those of every script.

use regex::bytes;

/// Bytes that a thread may spend on the joint automaton of the patterns. With the default of 2 MB,
/// the built-in checklists throw it away over and over and take five times as long.
const AUTOMATON: usize = 16 << 20;

/// A pattern that looks at lines. `\w`, `\b` and `(?i)` know the letters of ASCII, except in a
/// pattern that cannot do without the others, as `[àé]`.
#[derive(Debug, Clone)]
pub struct Pattern(bytes::Regex);

impl Pattern {
    /// The same pattern, of which `^` and `$` mean a line's ends in a whole file too.
    ///
    /// # Errors
    ///
    /// It would be too large when compiled.
    pub fn of_lines(pattern: &str) -> Result<Pattern, regex::Error> {
        let written = |flags| bytes::Regex::new(&format!("(?{flags}:{pattern})"));
        written("mR-u").or_else(|_| written("mR")).map(Pattern)
    }

    /// Whether a line holds it.
    pub fn is_in(&self, line: &str) -> bool {
        self.0.is_match(line.as_bytes())
    }

    /// The first line, counted from 0, that holds it and is wanted.
    pub fn first<'t>(&self, content: &'t str, wanted: impl Fn(&str) -> bool) -> Option<(usize, &'t str)> {
        let (mut start, mut number, mut counted) = (0, 0, 0);
        while let Some(found) = self.0.find_at(content.as_bytes(), start) {
            let before = &content.as_bytes()[..found.start()];
            let begin = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            let end =
                memchr::memchr(b'\n', &content.as_bytes()[begin..]).map_or(content.len(), |at| begin + at);
            number += memchr::memchr_iter(b'\n', &content.as_bytes()[counted..begin]).count();
            counted = begin;
            let line = content[begin..end].trim_end_matches('\r');
            // What was found may go on in the lines below.
            if self.is_in(line) && wanted(line) {
                return Some((number, line));
            }
            start = end + 1;
            if start >= content.len() {
                break;
            }
        }
        None
    }
}

/// Patterns that are looked for together.
pub struct Patterns {
    /// Each pattern once; `None`: they are too many for one set.
    set: Option<bytes::RegexSet>,
    /// Of each that was given, its position in the set.
    position: Vec<Option<usize>>,
}

impl Patterns {
    /// All of them; `None` among them stands for what is in every text.
    pub fn of<'p>(patterns: impl Iterator<Item = Option<&'p Pattern>>) -> Patterns {
        let mut distinct: Vec<&str> = Vec::new();
        let mut place = |pattern: &'p Pattern| {
            let text = pattern.0.as_str();
            distinct.iter().position(|have| *have == text).unwrap_or_else(|| {
                distinct.push(text);
                distinct.len() - 1
            })
        };
        let position = patterns.map(|pattern| pattern.map(&mut place)).collect();
        let set = bytes::RegexSetBuilder::new(distinct).dfa_size_limit(AUTOMATON).build().ok();
        Patterns { set, position }
    }

    /// Which of them a text may hold, by the place at which they were given.
    pub fn in_text(&self, content: &str) -> impl Fn(usize) -> bool {
        let held = self.set.as_ref().map(|set| set.matches(content.as_bytes()));
        move |given| match (self.position[given], &held) {
            (Some(position), Some(held)) => held.matched(position),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Patterns};

    #[test]
    fn together_they_find_what_each_finds() {
        let each = [r"\bqueue\b", r"caf[éè]", r"\bqueue\b", r"^x"];
        let each = each.map(|pattern| Pattern::of_lines(pattern).expect("a pattern"));
        let all = Patterns::of(each.iter().map(Some).chain([None]));
        for content in ["", "a queue", "queued", "café\nqueue", "a\nx", "ax"] {
            let held = all.in_text(content);
            for (position, pattern) in each.iter().enumerate() {
                let alone = pattern.first(content, |_| true).is_some();
                assert_eq!(held(position), alone, "{position} in {content:?}");
            }
            assert!(held(each.len()), "no pattern is in every text");
        }
    }

    fn first(pattern: &str, content: &str) -> Option<usize> {
        let pattern = Pattern::of_lines(pattern).expect("a pattern");
        pattern.first(content, |line| !line.starts_with("//")).map(|(number, _)| number)
    }

    #[test]
    fn the_first_line_that_is_wanted_and_holds_it_alone() {
        let cases: &[(&str, &str, Option<usize>)] = &[
            (r"\bqueue\b", "a\nqueue", Some(1)),
            (r"\bqueue\b", "// queue\r\n queue()\r\n", Some(1)),
            (r"\bqueue\b", "// queue", None),
            (r"^queue$", "a queue\nqueue\r\n", Some(1)),
            // It would be found over the end of a line, where nothing wanted is.
            (r"kind:\s*Topic", "kind:\n  Topic\n", None),
            (r"kind:\s*Topic", "kind:\nkind: Topic\n", Some(1)),
            (r"\bqueue\b", "// é → ü\né\nthe queue é", Some(2)),
            (r"caf[éè]", "the café", Some(0)),
            (r"x*", "", Some(0)),
            (r"x*", "// a\n", None),
        ];
        for (pattern, content, expected) in cases {
            assert_eq!(first(pattern, content), *expected, "{pattern} in {content:?}");
        }
    }
}

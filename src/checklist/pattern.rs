//! What a line of a file must hold, as a checklist says it.
//!
//! Dozens of patterns look at every file of a repository, which would take longer than all the rest
//! of a scan. So they are searched in a whole file and all at once, and as bytes: regex has no fast
//! way for `\b` in a text with a single `é` in it when words are those of every script.

mod needles;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex::bytes;

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

/// Patterns that are looked for together, by the texts that each cannot be without: a file is gone
/// through once for all of these, and only the lines that hold one are shown to its patterns.
pub struct Patterns<'p> {
    /// Each pattern once.
    distinct: Vec<&'p Pattern>,
    /// Of each that was given, its position among them.
    position: Vec<Option<usize>>,
    /// The texts, in letters of either case; `None`: they are too many.
    needles: Option<AhoCorasick>,
    /// Who cannot be without a text.
    users: Vec<Vec<usize>>,
    /// Patterns that any line may hold.
    free: Vec<bool>,
}

/// A line that holds a pattern, counted from 0.
pub type Line<'t> = (usize, &'t str);

impl<'p> Patterns<'p> {
    /// All of them; `None` among them stands for what is in every text.
    pub fn of(patterns: impl Iterator<Item = Option<&'p Pattern>>) -> Patterns<'p> {
        let mut distinct: Vec<&'p Pattern> = Vec::new();
        let mut place = |pattern: &'p Pattern| {
            let same = |have: &&Pattern| have.0.as_str() == pattern.0.as_str();
            distinct.iter().position(same).unwrap_or_else(|| {
                distinct.push(pattern);
                distinct.len() - 1
            })
        };
        let position = patterns.map(|pattern| pattern.map(&mut place)).collect();
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let mut users: Vec<Vec<usize>> = Vec::new();
        let mut free = vec![false; distinct.len()];
        for (index, pattern) in distinct.iter().enumerate() {
            let Some(needles) = needles::of(pattern.0.as_str()) else {
                free[index] = true;
                continue;
            };
            for needle in needles {
                let known = texts.iter().position(|text| *text == needle);
                users.resize(users.len() + usize::from(known.is_none()), Vec::new());
                let at = known.unwrap_or(texts.len());
                if known.is_none() {
                    texts.push(needle);
                }
                users[at].push(index);
            }
        }
        let needles = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(texts)
            .ok();
        Patterns { distinct, position, needles, users, free }
    }

    /// The first line of a text that holds each of the patterns given at these places and is wanted; `None`
    /// for what is in every text, or in none of its lines.
    pub fn first<'t>(
        &self,
        content: &'t str,
        given: &[usize],
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<Option<Line<'t>>> {
        let mut search: Vec<Search<'t>> = vec![Search::default(); self.distinct.len()];
        for position in given.iter().filter_map(|&given| self.position[given]) {
            search[position].asked = true;
        }
        let free = |index: usize| self.free[index] || self.needles.is_none();
        for (index, search) in search.iter_mut().enumerate().filter(|(_, search)| search.asked) {
            if free(index) {
                search.found = self.distinct[index].first(content, &wanted);
                search.asked = false;
            }
        }
        let mut lines = Lines { content, begin: 0, end: 0, number: 0 };
        let mut left = search.iter().filter(|search| search.asked).count();
        let hits = self.needles.iter().flat_map(|needles| needles.find_overlapping_iter(content));
        for hit in hits {
            if left == 0 {
                break;
            }
            for &user in &self.users[hit.pattern().as_usize()] {
                let search = &mut search[user];
                if !search.asked || hit.start() < search.after {
                    continue;
                }
                let line = lines.at(hit.start());
                search.after = lines.end + 1;
                if self.distinct[user].is_in(line) && wanted(line) {
                    search.found = Some((lines.number, line));
                    search.asked = false;
                    left -= 1;
                }
            }
        }
        given.iter().map(|&given| self.position[given].and_then(|position| search[position].found)).collect()
    }
}

/// How far a pattern has been looked for.
#[derive(Clone, Copy, Default)]
struct Search<'t> {
    asked: bool,
    /// Where the lines begin that it was not shown yet.
    after: usize,
    found: Option<Line<'t>>,
}

/// The lines of a text, one after the other.
struct Lines<'t> {
    content: &'t str,
    begin: usize,
    end: usize,
    number: usize,
}

impl<'t> Lines<'t> {
    /// The line at a position, which is not before the last one asked for.
    fn at(&mut self, position: usize) -> &'t str {
        let bytes = self.content.as_bytes();
        if position > self.end || self.end == 0 {
            let begin = memchr::memrchr(b'\n', &bytes[..position]).map_or(0, |at| at + 1);
            self.number += memchr::memchr_iter(b'\n', &bytes[self.begin..begin]).count();
            self.begin = begin;
            self.end = memchr::memchr(b'\n', &bytes[begin..]).map_or(bytes.len(), |at| begin + at);
        }
        self.content[self.begin..self.end].trim_end_matches('\r')
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Patterns};

    #[test]
    fn together_they_find_what_each_finds() {
        let each = [
            r"\bqueue\b",
            r"caf[éè]",
            r"\bqueue\b",
            r"^x",
            r"(?i)(dlq|dead.?letter).*alert",
            r"kind:\s*Topic",
            r"\w+",
        ];
        let each = each.map(|pattern| Pattern::of_lines(pattern).expect("a pattern"));
        let all = Patterns::of(each.iter().map(Some).chain([None]));
        for content in [
            "",
            "a queue",
            "queued",
            "café\nqueue",
            "a\nx",
            "ax",
            "// queue\r\nqueue\r\n queue",
            "DLQ\nalert\nDeadLetter and DLQ Alert",
            "kind:\n  Topic\nkind: Topic",
        ] {
            let given: Vec<usize> = (0..=each.len()).collect();
            let held = all.first(content, &given, |line| !line.starts_with("//"));
            for (position, pattern) in each.iter().enumerate() {
                let alone = pattern.first(content, |line| !line.starts_with("//"));
                assert_eq!(held[position], alone, "{position} in {content:?}");
            }
            assert_eq!(held[each.len()], None, "no pattern is in no line");
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

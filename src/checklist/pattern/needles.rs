//! Needles: texts of which whatever a pattern matches holds at least one.
//!
//! They are taken from the pattern's syntax tree: of what follows one another the best, of alternatives
//! all. Case is left aside, so they are sought in letters of either case.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A needle shorter than this is in every file.
const SHORTEST: usize = 3;
/// More are not worth it.
const MOST: usize = 64;

/// The needles of a pattern, in small letters. `None` where it can do without any.
pub fn of(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    any_of(&[], &hir)
}

/// The needles of what begins with `before` and goes on as `hir` says.
fn any_of(before: &[u8], hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Capture(capture) => any_of(before, &capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => any_of(before, &repetition.sub),
        HirKind::Alternation(ways) => {
            let all: Option<Vec<Vec<Vec<u8>>>> = ways.iter().map(|way| any_of(before, way)).collect();
            all.map(|all| all.concat()).filter(|all| all.len() <= MOST)
        }
        HirKind::Concat(parts) => best(before, parts),
        HirKind::Literal(_) | HirKind::Class(_) | HirKind::Empty | HirKind::Look(_) => {
            best(before, std::slice::from_ref(hir))
        }
        HirKind::Repetition(_) => None,
    }
}

/// The best of what follows one another: the longest, and the fewest of these.
fn best(before: &[u8], parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut ways: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut run = before.to_vec();
    for part in parts {
        if let Some(text) = exact(part) {
            run.extend(text);
            continue;
        }
        if !matches!(part.kind(), HirKind::Class(_)) {
            ways.extend(any_of(&run, part));
        }
        ways.push(vec![std::mem::take(&mut run)]);
    }
    ways.push(vec![run]);
    let shortest = |way: &Vec<Vec<u8>>| way.iter().map(Vec::len).min().unwrap_or(0);
    ways.retain(|way| shortest(way) >= SHORTEST);
    ways.into_iter().max_by_key(|way| (shortest(way), std::cmp::Reverse(way.len())))
}

/// The one text that a part matches, case aside.
fn exact(part: &Hir) -> Option<Vec<u8>> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Vec::new()),
        HirKind::Literal(text) => Some(text.0.to_ascii_lowercase()),
        HirKind::Class(class) => letter(class).map(|letter| vec![letter]),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(exact).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        _ => None,
    }
}

/// The letter whose cases are all of a class.
fn letter(class: &Class) -> Option<u8> {
    let mut letters: Vec<u8> = Vec::new();
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                letters.extend((range.start()..=range.end()).take(3));
            }
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                for letter in (range.start()..=range.end()).take(3) {
                    letters.push(u8::try_from(letter).ok().filter(u8::is_ascii)?);
                }
            }
        }
    }
    let first = letters.first()?.to_ascii_lowercase();
    letters.iter().all(|letter| letter.to_ascii_lowercase() == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn what_a_pattern_cannot_be_without() {
        let cases: &[(&str, Option<&[&str]>)] = &[
            (r"\bqueue\b", Some(&["queue"])),
            ("(?i)dlq|dead.?letter", Some(&["dlq", "letter"])),
            (r"(?i)(func Test\w*|it\()(twice|already)", Some(&["twice", "already"])),
            (r"kind:\s*Topic", Some(&["topic"])),
            (r"(?i-u)consumer_?group", Some(&["consumer"])),
            (r"(queue)?s", None),
            (r"\w+", None),
            ("ab|queue", None),
        ];
        for (pattern, expected) in cases {
            let texts = of(pattern);
            let texts = texts.map(|all| {
                all.into_iter().map(|text| String::from_utf8(text).expect("a text")).collect::<Vec<_>>()
            });
            let expected = expected.map(|all| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
            assert_eq!(texts, expected, "{pattern}");
        }
    }
}

//! Comments that speak to the tool, whatever the language: a front end says where its comments
//! are, and here is told which of their lines begin with `flowaudit:` and which line of code each
//! of them is about. What a directive asks for is not read here.

use memchr::memmem;

/// What a line of a comment must begin with to speak to the tool.
pub const MARK: &str = "flowaudit:";

/// A line of a comment that speaks to the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Where it stands, from 1.
    pub line: u32,
    /// The line of code it is about: its own when code stands before the comment, else the one
    /// below the comment.
    pub about: u32,
    /// Its text from `flowaudit:` to the end, without what closes the comment.
    pub text: String,
}

/// Whether a source is worth looking through.
pub fn mentioned(source: &[u8]) -> bool {
    memmem::find(source, MARK.as_bytes()).is_some()
}

/// The directives in a comment that begins at byte `start` of `source`; `comment` is its text with
/// what opens and closes it.
pub fn in_comment(source: &[u8], start: usize, comment: &str) -> Vec<Directive> {
    let before = &source[..start.min(source.len())];
    let first = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let alone = before[line_start..].iter().all(u8::is_ascii_whitespace);
    let last = first + comment.trim_end().matches('\n').count() as u32;
    let of_line = |(at, line): (usize, &str)| {
        let text = content(line);
        text.starts_with(MARK).then(|| Directive {
            line: first + at as u32,
            about: if alone { last + 1 } else { first },
            text: text.to_owned(),
        })
    };
    comment.lines().enumerate().filter_map(of_line).collect()
}

/// A line of a comment without what makes it one.
fn content(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_suffix("*/").unwrap_or(line).trim_end();
    line.trim_start_matches(['/', '*', '#', '-', '!']).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str, comment: &str) -> Vec<(u32, u32, String)> {
        let start = source.find(comment).unwrap();
        let found = in_comment(source.as_bytes(), start, comment);
        found.into_iter().map(|d| (d.line, d.about, d.text)).collect()
    }

    #[test]
    fn a_directive_is_about_its_line_or_the_next() {
        let one = |line, about| vec![(line, about, "flowaudit:ignore[a] -- b".to_owned())];
        assert_eq!(told("x\n  // flowaudit:ignore[a] -- b\ny", "// flowaudit:ignore[a] -- b"), one(2, 3));
        assert_eq!(told("x // flowaudit:ignore[a] -- b\ny", "// flowaudit:ignore[a] -- b"), one(1, 1));
        assert_eq!(told("# flowaudit:ignore[a] -- b\r\ny", "# flowaudit:ignore[a] -- b\r"), one(1, 2));
        assert_eq!(told("/* flowaudit:ignore[a] -- b */", "/* flowaudit:ignore[a] -- b */"), one(1, 2));
        let block = "/*\n * flowaudit:ignore[a] -- b\n */";
        assert_eq!(told(&format!("{block}\nx"), block), one(2, 4));
    }

    #[test]
    fn prose_that_mentions_a_directive_is_none() {
        for prose in ["// see flowaudit:ignore[a] -- b", "// `flowaudit:ignore[a] -- b` silences it"] {
            assert!(told(prose, prose).is_empty(), "{prose}");
        }
    }
}

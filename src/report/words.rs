//! The contract's words as a person reads them, and text that keeps within a width.

use crate::audit::{Control, Status, TopicIssue};

/// A status in a sentence or a cell.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Implemented => "implemented",
        Status::Partial => "partial",
        Status::NeedsReview => "needs review",
        Status::Missing => "missing",
        Status::NotApplicable => "n/a",
    }
}

/// A control as a heading.
pub(super) fn control(control: Control) -> &'static str {
    match control {
        Control::Idempotency => "idempotency",
        Control::DeadLetter => "dead letter",
        Control::Schema => "schema",
        Control::CacheInvalidation => "cache",
        Control::Outbox => "outbox",
        Control::Topics => "topics",
    }
}

/// What is wrong with a topic, as a heading.
pub(super) fn topic_issue(issue: TopicIssue) -> &'static str {
    match issue {
        TopicIssue::NoPublisher => "no publisher",
        TopicIssue::NoSubscriber => "no subscriber",
        TopicIssue::NearMiss => "near miss",
    }
}

/// `1 service`, `2 services`, `12,345 files`.
pub(super) fn count(number: usize, singular: &str) -> String {
    let plural = match singular.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{singular}s"),
    };
    let noun = if number == 1 { singular } else { &plural };
    format!("{} {noun}", thousands(number))
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Breaks text at spaces into lines of at most `width` characters, each after `indent` spaces.
/// A word longer than a line gets a line of its own, unbroken: paths stay whole to be clicked on.
pub(super) fn wrap(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let size = word.chars().count();
        if length > 0 && length + 1 + size > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += size;
    }
    lines.push(line);
    let mut out = String::new();
    for line in lines {
        out.push_str(&" ".repeat(indent));
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// Text in a colour, by its escape code, where colours are wanted.
pub(super) fn paint(text: &str, code: &str, color: bool) -> String {
    if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// The text, cut where it does not fit.
pub(super) fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(room.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas_and_plurals() {
        assert_eq!(count(0, "service"), "0 services");
        assert_eq!(count(1, "service"), "1 service");
        assert_eq!(count(1_234_567, "file"), "1,234,567 files");
        assert_eq!(count(2, "library"), "2 libraries");
    }

    #[test]
    fn wrapping_keeps_long_words_whole() {
        assert_eq!(wrap("a bb ccc", 2, 6), "  a bb\n  ccc\n");
        assert_eq!(wrap("x verylongword y", 0, 5), "x\nverylongword\ny\n");
        assert_eq!(wrap("", 2, 10), "  \n");
    }

    #[test]
    fn lists_end_in_and() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(list(&names("a b c")), "a, b and c");
        assert_eq!(list(&names("a b")), "a and b");
        assert_eq!(list(&names("a")), "a");
    }
}

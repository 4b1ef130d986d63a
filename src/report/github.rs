//! Workflow commands: annotations on the files of a pull request. GitHub shows ten of each level
//! for a step, so the worst come first and the last line says how many are not shown.

use std::fmt::Write as _;

use super::entries::{Entry, entries};
use super::{Subject, words};
use crate::audit::Severity;

/// How many annotations of one level GitHub shows for a step.
const SHOWN: usize = 10;

/// The commands, one a line.
pub fn render(subject: &Subject<'_>) -> String {
    let all = entries(subject);
    let mut out = String::new();
    let mut left_out = 0;
    for (level, name) in [("error", "errors"), ("warning", "warnings"), ("notice", "notices")] {
        let of_level: Vec<&Entry<'_>> =
            all.iter().filter(|entry| self::level(entry, subject) == level).collect();
        for entry in of_level.iter().take(SHOWN) {
            let _ = writeln!(out, "::{level} {}::{}", properties(entry), data(&text(entry)));
        }
        if of_level.len() > SHOWN {
            left_out += of_level.len() - SHOWN;
            let _ = writeln!(out, "{} more {name} are in the summary", of_level.len() - SHOWN);
        }
    }
    let verdict = match subject.outcome {
        Some(outcome) if outcome.passed => "the gate passed".to_owned(),
        Some(outcome) => {
            format!("the gate failed: {}", words::count(outcome.regressions.len(), "regression"))
        }
        None => words::count(all.len(), "finding"),
    };
    let _ = writeln!(out, "flowaudit: {verdict}; {left_out} left out of the annotations");
    out
}

/// After a comparison what fails is an error, what is new a warning, and what was known a notice.
fn level(entry: &Entry<'_>, subject: &Subject<'_>) -> &'static str {
    match (subject.outcome.is_some(), entry.regression, entry.new) {
        (true, true, _) => "error",
        (true, false, Some(true)) => "warning",
        (true, false, _) => "notice",
        (false, ..) => match entry.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        },
    }
}

fn properties(entry: &Entry<'_>) -> String {
    let title = format!("{} {}: {}", entry.priority, entry.rule, entry.about);
    format!("file={},line={},title={}", property(&entry.place.path), entry.place.line, property(&title))
}

fn text(entry: &Entry<'_>) -> String {
    if entry.help.is_empty() { entry.message.clone() } else { format!("{}\n{}", entry.message, entry.help) }
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(data("100 %\r\na:b,c"), "100 %25%0D%0Aa:b,c");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}

//! One comment for a merge request: the verdict first, then what got worse and why, then what got
//! better, then the percentages. Of a scan alone: the percentages, then what to look at first.

use std::fmt::Write as _;

use super::entries::{Entry, entries};
use super::{Subject, outcome, words};
use crate::audit::{AuditResult, Place};
use crate::gate::{Change, ChangeKind, Outcome};

/// Lists beyond this are cut: a comment is read, a document is searched.
const LISTED: usize = 30;

/// The document.
pub fn render(subject: &Subject<'_>) -> String {
    match subject.outcome {
        Some(outcome) => of_gate(subject, outcome),
        None => of_scan(subject),
    }
}

fn of_gate(subject: &Subject<'_>, outcome: &Outcome) -> String {
    let verdict = if outcome.passed { "passed" } else { "failed" };
    let found = outcome::found(outcome);
    let mut out = format!("### Event flows: the gate {verdict}, {found}\n");
    let _ = writeln!(out, "\nCompared with {}. {}", code(&outcome.against), outcome::size_text(outcome));
    changes(&mut out, "What fails", &outcome.regressions, subject);
    changes(&mut out, "New or worse, and passes", &outcome.tolerated, subject);
    changes(&mut out, "What got better", &outcome.improvements, subject);
    out.push_str("\n| audit | control | completion |\n|---|---|---|\n");
    for figure in &outcome.figures {
        let (audit, control) = (prose(&figure.audit), words::control(figure.control));
        let _ = writeln!(out, "| {audit} | {control} | {} |", outcome::completion(figure));
    }
    if outcome.size.stale > 0 {
        let stale = words::count(outcome.size.stale as usize, "entry");
        let _ = writeln!(out, "\nThe baseline can be tightened by {stale}: `flowaudit gate --update`.");
    }
    out
}

fn changes(out: &mut String, title: &str, changes: &[Change], subject: &Subject<'_>) {
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n**{title}**\n");
    for change in changes.iter().take(LISTED) {
        let what = match &change.rule {
            Some(rule) if change.kind != ChangeKind::FixedFinding => {
                let about = change.consumer.as_ref().unwrap_or(&change.service);
                format!("{} {} {}: ", change.now.as_deref().unwrap_or_default(), code(rule), code(about))
            }
            _ => String::new(),
        };
        let _ = write!(out, "- {what}{}", prose(&change.message));
        if let Some(place) = &change.place {
            let _ = write!(out, " {}", at(&subject.in_repository(place)));
        }
        if !change.why.is_empty() {
            let _ = write!(out, " {}", prose(&change.why));
        }
        out.push('\n');
    }
    if changes.len() > LISTED {
        let _ = writeln!(out, "- … and {} more", changes.len() - LISTED);
    }
}

fn of_scan(subject: &Subject<'_>) -> String {
    let all = entries(subject);
    let services = words::count(subject.audit.services.len(), "service");
    let mut out = format!("### Event flows: {} in {services}\n", words::count(all.len(), "finding"));
    out.push_str("\n| audit | control | completion |\n|---|---|---|\n");
    for row in &subject.audit.audits {
        let _ =
            writeln!(out, "| {} | {} | {} |", prose(&row.name), words::control(row.control), completion(row));
    }
    if !all.is_empty() {
        out.push_str("\n**Look at first**\n\n");
    }
    for entry in all.iter().take(LISTED) {
        finding(&mut out, entry);
    }
    if all.len() > LISTED {
        let _ = writeln!(out, "- … and {} more", all.len() - LISTED);
    }
    let lost = subject.audit.diagnostics.iter().filter(|d| d.level < crate::audit::Severity::Note).count();
    if lost > 0 {
        let _ = writeln!(out, "\n{} could not be read or followed to the end.", words::count(lost, "place"));
    }
    out
}

fn finding(out: &mut String, entry: &Entry<'_>) {
    let _ = write!(out, "- {} {} {}: ", entry.priority, code(entry.rule), code(&entry.about));
    let _ = write!(out, "{} {}", prose(&entry.message), at(&entry.place));
    if !entry.help.is_empty() {
        let _ = write!(out, " {}", prose(entry.help));
    }
    out.push('\n');
}

/// `58 % (11 of 19; partial 0, needs review 0, missing 2, n/a 6, waived 0)`.
fn completion(row: &AuditResult) -> String {
    let percent = row.percent.map_or("n/a".to_owned(), |percent| format!("{percent} %"));
    let c = row.counts;
    format!(
        "{percent} ({} of {}; partial {}, needs review {}, missing {}, n/a {}, waived {})",
        c.implemented, row.denominator, c.partial, c.needs_review, c.missing, c.not_applicable, c.waived
    )
}

fn at(place: &Place) -> String {
    code(&place.to_string())
}

/// Text as code; a backtick in it would end it.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace(['\n', '\r'], " "))
}

/// Text in which nothing is markup.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '*' | '_' | '`' | '[' | ']' | '|' | '\\' | '#' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_code_is_no_markup() {
        assert_eq!(prose("a_b <b> |x| @all\n#1"), "a\\_b &lt;b> \\|x\\| \\@all \\#1");
        assert_eq!(code("a`b"), "`a'b`");
    }
}

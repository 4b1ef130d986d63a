//! `JUnit` XML: a suite for each service, a case for each consumer and control. Times are zero and
//! there is no timestamp, so that the same tree gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Subject, words};
use crate::audit::{Audit, Control, Severity, Status};
use crate::gate::{Change, Outcome};

/// Controls that are no matter of single consumers.
const OF_SERVICES: [Control; 2] = [Control::CacheInvalidation, Control::Outbox];

/// How a case ended.
enum End {
    Passed,
    Skipped(String),
    Failure { kind: String, message: String, text: String },
    Error { message: String },
}

struct Case {
    name: String,
    end: End,
}

/// The document.
pub fn render(subject: &Subject<'_>) -> String {
    let mut suites: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for (service, case) in of_consumers(subject).chain(of_services(subject)) {
        suites.entry(service).or_default().push(case);
    }
    let mut suites: Vec<(&str, Vec<Case>)> = suites.into_iter().collect();
    if let Some(outcome) = subject.outcome {
        suites.push(("flowaudit gate", of_gate(outcome, subject)));
    }
    let unread = unread(subject.audit);
    if !unread.is_empty() {
        suites.push(("flowaudit diagnostics", unread));
    }
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let all: Vec<&Case> = suites.iter().flat_map(|(_, cases)| cases).collect();
    let _ = writeln!(out, "<testsuites name=\"flowaudit\" {}>", totals(&all));
    for (name, cases) in &suites {
        let of_suite: Vec<&Case> = cases.iter().collect();
        let skipped = count(&of_suite, |end| matches!(end, End::Skipped(_)));
        let (title, totals) = (escaped(name), totals(&of_suite));
        let _ = writeln!(out, "  <testsuite name=\"{title}\" {totals} skipped=\"{skipped}\">");
        for case in cases {
            write_case(&mut out, name, case);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// What the published schema takes of all suites together; only a single one counts the skipped.
fn totals(cases: &[&Case]) -> String {
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0\"",
        cases.len(),
        count(cases, |end| matches!(end, End::Failure { .. })),
        count(cases, |end| matches!(end, End::Error { .. })),
    )
}

fn count(cases: &[&Case], fits: fn(&End) -> bool) -> usize {
    cases.iter().filter(|case| fits(&case.end)).count()
}

fn write_case(out: &mut String, suite: &str, case: &Case) {
    let (name, class) = (escaped(&case.name), escaped(suite));
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{class}\" time=\"0\"");
    let inner = match &case.end {
        End::Passed => {
            out.push_str("/>\n");
            return;
        }
        End::Skipped(message) => format!("<skipped message=\"{}\"/>", escaped(message)),
        End::Failure { kind, message, text } => {
            let (kind, message) = (escaped(kind), escaped(message));
            format!("<failure type=\"{kind}\" message=\"{message}\">{}</failure>", escaped(text))
        }
        End::Error { message } => format!("<error type=\"unreadable\" message=\"{}\"/>", escaped(message)),
    };
    let _ = writeln!(out, ">\n      {inner}\n    </testcase>");
}

fn of_consumers<'a>(subject: &'a Subject<'a>) -> impl Iterator<Item = (&'a str, Case)> {
    subject.audit.consumers.iter().flat_map(move |consumer| {
        consumer.controls.iter().map(move |(&control, verdict)| {
            let at = verdict.evidence.first().map(|e| (e.path.as_str(), e.line));
            let (path, line) = at.unwrap_or((&consumer.registration.path, consumer.registration.line));
            let text = format!("{}\n{}:{line}", verdict.why, super::joined(subject.prefix, path));
            let about = About { service: &consumer.service, consumer: Some(&consumer.id), control };
            let case = Case {
                name: format!("{} {}", consumer.id, words::control(control)),
                end: end(subject, &about, verdict.status, &verdict.why, text),
            };
            (consumer.service.as_str(), case)
        })
    })
}

fn of_services<'a>(subject: &'a Subject<'a>) -> impl Iterator<Item = (&'a str, Case)> {
    subject.audit.services.iter().flat_map(move |service| {
        OF_SERVICES.into_iter().filter_map(move |control| {
            let verdict = service.controls.get(&control)?;
            if verdict.status == Status::NotApplicable {
                return None;
            }
            let place = verdict.evidence.first();
            let place = place.map(|e| format!("\n{}:{}", super::joined(subject.prefix, &e.path), e.line));
            let text = format!("{}{}", verdict.why, place.unwrap_or_default());
            let about = About { service: &service.name, consumer: None, control };
            let case = Case {
                name: format!("{} {}", service.name, words::control(control)),
                end: end(subject, &about, verdict.status, &verdict.why, text),
            };
            Some((service.name.as_str(), case))
        })
    })
}

/// What a case is about.
struct About<'a> {
    service: &'a str,
    consumer: Option<&'a str>,
    control: Control,
}

impl About<'_> {
    fn is_of(&self, change: &Change) -> bool {
        change.service == self.service
            && change.consumer.as_deref() == self.consumer
            && change.control == Some(self.control)
    }
}

/// After a comparison only what fails the gate is a failure: known gaps are skipped, and say so.
fn end(subject: &Subject<'_>, about: &About<'_>, status: Status, why: &str, text: String) -> End {
    let regressions = subject.outcome.map_or(&[][..], |outcome| &outcome.regressions);
    let mut changes = regressions.iter().filter(|change| about.is_of(change));
    if let Some(first) = changes.next() {
        let place = |change: &Change| {
            let place = change.place.as_ref().map(|place| subject.in_repository(place));
            place.map(|place| format!("\n{place}")).unwrap_or_default()
        };
        let mut text = format!("{text}{}", place(first));
        for change in changes {
            let _ = write!(text, "\n{}{}", change.message, place(change));
        }
        return End::Failure { kind: first.kind.word().to_owned(), message: first.message.clone(), text };
    }
    let waived = subject.is_waived(about.consumer.unwrap_or(about.service), about.control);
    match status {
        Status::Implemented => End::Passed,
        Status::NotApplicable => End::Skipped(format!("not applicable: {why}")),
        _ if waived => End::Skipped(format!("waived: {why}")),
        Status::NeedsReview => End::Skipped(format!("needs review: {why}")),
        Status::Partial | Status::Missing if subject.outcome.is_some() => {
            End::Skipped(format!("known to be {status}: {why}"))
        }
        Status::Partial | Status::Missing => {
            End::Failure { kind: status.word().to_owned(), message: why.to_owned(), text }
        }
    }
}

/// The regressions that no case above tells: of services as a whole, of audits, of waivers.
fn of_gate(outcome: &Outcome, subject: &Subject<'_>) -> Vec<Case> {
    let told = |change: &&Change| match (&change.consumer, change.control) {
        (Some(id), Some(control)) => {
            subject.audit.consumers.iter().any(|c| c.id == *id && c.controls.contains_key(&control))
        }
        (None, Some(control)) => change.audit.is_none() && OF_SERVICES.contains(&control),
        _ => false,
    };
    let untold = outcome.regressions.iter().filter(|change| !told(change));
    let mut cases: Vec<Case> = untold
        .map(|change| {
            let about = change.consumer.as_ref().or(change.audit.as_ref()).unwrap_or(&change.service);
            let what = change.rule.as_deref().or(change.control.map(Control::word)).unwrap_or_default();
            let place = change.place.as_ref().map(|place| subject.in_repository(place));
            let place = place.map(|place| format!("\n{place}"));
            Case {
                name: format!("{} {about} {what}", change.kind.word()).trim_end().to_owned(),
                end: End::Failure {
                    kind: change.kind.word().to_owned(),
                    message: change.message.clone(),
                    text: format!("{}{}", change.why, place.unwrap_or_default()),
                },
            }
        })
        .collect();
    if outcome.passed {
        cases.push(Case { name: format!("no regression against {}", outcome.against), end: End::Passed });
    }
    cases
}

fn unread(audit: &Audit) -> Vec<Case> {
    let lost = audit.diagnostics.iter().filter(|d| d.level < Severity::Note);
    lost.map(|d| Case { name: d.path.clone(), end: End::Error { message: d.message.clone() } }).collect()
}

/// Text as XML holds it; what XML 1.0 cannot hold becomes a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if let Some(entity) = words::entity(c) => out.push_str(entity),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", c as u32);
            }
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escaped("<a b=\"c\">&\u{1}\n"), "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}&#10;");
    }
}

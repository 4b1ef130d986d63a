//! What the gate made of an audit, as a person reads it in a terminal: the verdict, what fails and
//! where, what got better, the percentages, and how much is known and tolerated.

use std::fmt::Write as _;

use super::table::View;
use super::words;
use crate::gate::{Change, ChangeKind, Figure, Outcome};

/// How many improvements and tolerated changes are listed unless all are asked for. What fails is
/// always listed.
const FIRST: usize = 10;

/// What whoever meets a failed gate for the first time wants to know.
const WHAT_NEXT: &str = "`flowaudit explain NAME`, of a consumer or a rule, tells why. What may stay for \
                         now is waived in flowaudit.yaml or ignored in a comment, with a reason; what is \
                         accepted goes into the baseline with `flowaudit gate --update`.";

/// The whole view, with a newline at its end.
pub fn render(outcome: &Outcome, view: View) -> String {
    let mut out = String::new();
    let verdict = if outcome.passed { "passed" } else { "failed" };
    let color = if outcome.passed { "32" } else { "31" };
    let found = found(outcome);
    let verdict = words::paint(verdict, color, view.color);
    let _ = writeln!(out, "The gate {verdict} against {}: {found}.", outcome.against);

    list(&mut out, "Fails", &outcome.regressions, usize::MAX, view);
    let limit = if view.all { usize::MAX } else { FIRST };
    list(&mut out, "New or worse, and passes", &outcome.tolerated, limit, view);
    list(&mut out, "Better", &outcome.improvements, limit, view);
    figures(&mut out, &outcome.figures, view);
    size(&mut out, outcome, view);
    if !outcome.passed {
        out.push('\n');
        out.push_str(&words::wrap(WHAT_NEXT, 0, view.width));
    }
    out
}

/// In a few words, what the gate found.
pub(super) fn found(outcome: &Outcome) -> String {
    match (outcome.regressions.len(), outcome.tolerated.is_empty()) {
        (0, true) => "nothing got worse".to_owned(),
        (0, false) => "no regression".to_owned(),
        (number, _) => words::count(number, "regression"),
    }
}

fn list(out: &mut String, title: &str, changes: &[Change], limit: usize, view: View) {
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", words::paint(title, "1", view.color));
    for change in changes.iter().take(limit) {
        block(out, change, view);
    }
    if changes.len() > limit {
        let _ = writeln!(out, "  … and {} more; `flowaudit gate -v` lists all.", changes.len() - limit);
    }
}

fn block(out: &mut String, change: &Change, view: View) {
    let head = match (&change.rule, &change.consumer) {
        (Some(rule), _) if change.kind != ChangeKind::FixedFinding => {
            let about = change.consumer.as_ref().unwrap_or(&change.service);
            let priority = change.now.as_deref().unwrap_or_default();
            format!("{} {priority} {rule} {about}: {}", change.kind.word(), change.message)
        }
        _ => format!("{} {}", change.kind.word(), change.message),
    };
    let text = words::wrap(&head, 4, view.width);
    let _ = write!(out, "  {}", text.trim_start());
    if matches!(change.kind, ChangeKind::WorseStatus) && !change.why.is_empty() {
        out.push_str(&words::wrap(&change.why, 4, view.width));
    }
    if let Some(place) = &change.place {
        let _ = writeln!(out, "    {place}");
    }
    if matches!(change.kind, ChangeKind::NewFinding | ChangeKind::Expired | ChangeKind::StaleDocument)
        && !change.why.is_empty()
    {
        out.push_str(&words::wrap(&format!("help: {}", change.why), 4, view.width));
    }
}

fn figures(out: &mut String, figures: &[Figure], view: View) {
    let mut previous = None;
    for figure in figures {
        if previous != Some(&figure.audit) {
            let _ = writeln!(out, "\n{}", words::paint(&figure.audit, "1", view.color));
            previous = Some(&figure.audit);
        }
        let _ = writeln!(out, "  {:<11} {}", words::control(figure.control), completion(figure));
    }
}

/// `58 % → 53 % ↓ (10 of 19, waived 1, floor 50 %)`.
pub(super) fn completion(figure: &Figure) -> String {
    let percent = |percent: Option<u32>| percent.map_or("n/a".to_owned(), |p| format!("{p} %"));
    let now = percent(figure.now.percent);
    let arrow = match figure.before.map(|before| before.percent) {
        None => format!("{now} (new"),
        Some(before) if before == figure.now.percent => format!("{now} ("),
        Some(before) => {
            let way = if before < figure.now.percent { "↑" } else { "↓" };
            format!("{} → {now} {way} (", percent(before))
        }
    };
    let lead = if arrow.ends_with('(') { "" } else { ", " };
    let mut text = format!("{arrow}{lead}{} of {}", figure.now.implemented, figure.now.denominator);
    if figure.waived > 0 {
        let _ = write!(text, ", waived {}", figure.waived);
    }
    if let Some(floor) = figure.floor {
        let _ = write!(text, ", floor {floor} %");
    }
    text + ")"
}

fn size(out: &mut String, outcome: &Outcome, view: View) {
    out.push('\n');
    out.push_str(&words::wrap(&size_text(outcome), 0, view.width));
    if outcome.size.stale > 0 {
        let stale = words::count(outcome.size.stale as usize, "entry");
        let line = format!("The baseline can be tightened by {stale}: `flowaudit gate --update`.");
        out.push_str(&words::wrap(&line, 0, view.width));
    }
}

/// How much is known and tolerated, so that a green build hides no growing debt.
pub(super) fn size_text(outcome: &Outcome) -> String {
    let size = outcome.size;
    format!(
        "Known findings: {} before, {} now ({} new, {} fixed), {} waived.",
        size.before, size.now, size.new, size.fixed, size.waived
    )
}

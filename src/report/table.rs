//! The audit as a person reads it in a terminal: what is in place, then what to look at first.
//!
//! Words come first and colour only underlines them, so nothing is lost without it. Everything
//! keeps within the asked width (80 columns are enough), except paths, which stay whole.

use std::fmt::Write as _;

use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::words;
use crate::audit::{
    Audit, AuditResult, Control, Diagnostic, Finding, Priority, Service, Severity, Status, Topic, TopicIssue,
};

/// How to present an audit.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Columns to keep within.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// List everything: all findings, topics and diagnostics.
    pub all: bool,
}

/// How many findings and topics are listed unless all are asked for.
const FIRST: usize = 10;

/// Below this width cells say `review` for `needs review`, and the in/out column is left out.
const ROOMY: usize = 92;

const CONTROLS: [Control; 5] =
    [Control::Idempotency, Control::DeadLetter, Control::Schema, Control::CacheInvalidation, Control::Outbox];

/// The whole view, with a newline at its end.
pub fn render(audit: &Audit, view: View) -> String {
    let mut out = header(audit, view);
    services(&mut out, audit, view);
    audits(&mut out, audit, view);
    look_at_first(&mut out, audit, view);
    waived(&mut out, audit, view);
    topics(&mut out, audit, view);
    diagnostics(&mut out, audit, view);
    out
}

fn header(audit: &Audit, view: View) -> String {
    let files = usize::try_from(audit.stats.files_parsed).unwrap_or(usize::MAX);
    let line = format!(
        "{}, {}, {}, {}; {} parsed",
        words::count(audit.services.len(), "service"),
        words::count(audit.consumers.len(), "consumer"),
        words::count(audit.publishers.len(), "publisher"),
        words::count(audit.topics.len(), "topic"),
        words::count(files, "file"),
    );
    words::wrap(&line, 0, view.width)
}

fn services(out: &mut String, audit: &Audit, view: View) {
    let (busy, quiet): (Vec<&Service>, Vec<&Service>) = audit.services.iter().partition(|service| {
        service.consumer
            || service.publisher
            || audit.caches.iter().any(|cache| cache.service == service.name)
    });
    if !busy.is_empty() {
        let _ = writeln!(out, "\n{}", service_table(audit, &busy, view));
    }
    if !quiet.is_empty() {
        let names: Vec<&str> = quiet.iter().map(|service| service.name.as_str()).collect();
        let line = format!(
            "No consumer, publisher or cache in {}: {}.",
            words::count(quiet.len(), "service"),
            shortened(&names, if view.all { usize::MAX } else { FIRST }),
        );
        let _ = write!(out, "\n{}", words::wrap(&line, 0, view.width));
    }
}

fn service_table(audit: &Audit, busy: &[&Service], view: View) -> String {
    let roomy = view.width >= ROOMY;
    let controls: Vec<Control> = CONTROLS
        .into_iter()
        .filter(|control| busy.iter().any(|s| applicable(s, *control).is_some()))
        .collect();

    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .force_no_tty()
        .set_width(u16::try_from(view.width).unwrap_or(u16::MAX));
    if view.color {
        table.enforce_styling();
    }

    let mut heading = vec!["service"];
    if roomy {
        heading.push("in/out");
    }
    heading.extend(controls.iter().map(|control| words::control(*control)));
    table.set_header(heading.iter().map(|text| bold(text, view)));
    table.add_row(heading.iter().map(|text| "─".repeat(text.chars().count())));

    for service in busy {
        let mut row = vec![Cell::new(&service.name)];
        if roomy {
            let ins = audit.consumers.iter().filter(|c| c.service == service.name);
            let outs = audit.publishers.iter().filter(|p| p.service == service.name);
            row.push(Cell::new(format!("{}/{}", ins.count(), outs.count())));
        }
        for control in &controls {
            row.push(match applicable(service, *control) {
                None => Cell::new("–"),
                Some(Status::NeedsReview) if !roomy => tinted("review", Status::NeedsReview, view),
                Some(status) => tinted(words::status(status), status, view),
            });
        }
        table.add_row(row);
    }

    let last = table.column_count().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        let gap = if roomy { 2 } else { 1 };
        column.set_padding((0, if index == last { 0 } else { gap }));
        if index > 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        } else {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(12)));
        }
    }
    table.trim_fmt()
}

fn applicable(service: &Service, control: Control) -> Option<Status> {
    let status = service.controls.get(&control)?.status;
    (status != Status::NotApplicable).then_some(status)
}

fn bold(text: &str, view: View) -> Cell {
    let cell = Cell::new(text);
    if view.color { cell.add_attribute(comfy_table::Attribute::Bold) } else { cell }
}

fn tinted(text: &str, status: Status, view: View) -> Cell {
    let color = match status {
        Status::Implemented => Color::Green,
        Status::Partial | Status::NeedsReview => Color::Yellow,
        Status::Missing => Color::Red,
        Status::NotApplicable => return Cell::new(text),
    };
    let cell = Cell::new(text);
    if view.color { cell.fg(color) } else { cell }
}

fn audits(out: &mut String, audit: &Audit, view: View) {
    let mut previous = None;
    for row in &audit.audits {
        if previous != Some(&row.name) {
            section(out, &row.name, view);
            previous = Some(&row.name);
        }
        let (figure, counts) = (completion(row), counts(row));
        let line = format!("  {:<11} {figure:<15} {counts}", words::control(row.control));
        if line.chars().count() <= view.width {
            let _ = writeln!(out, "{line}");
        } else {
            let _ = writeln!(out, "  {:<11} {figure}", words::control(row.control));
            out.push_str(&words::wrap(&counts, 14, view.width));
        }
    }
}

fn completion(row: &AuditResult) -> String {
    let of = format!("{:>2} of {:<2}", row.counts.implemented, row.denominator);
    match row.percent {
        Some(percent) => format!("{of} = {percent} %"),
        None => format!("{of} = n/a"),
    }
}

fn counts(row: &AuditResult) -> String {
    let parts: Vec<String> = Status::ALL
        .iter()
        .map(|status| format!("{} {}", words::status(*status), row.counts.get(*status)))
        .chain((row.counts.waived > 0).then(|| format!("waived {}", row.counts.waived)))
        .collect();
    format!("({})", parts.join(", "))
}

fn look_at_first(out: &mut String, audit: &Audit, view: View) {
    let mut findings: Vec<&Finding> =
        audit.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    if findings.is_empty() {
        return;
    }
    findings.sort_by_key(|finding| (finding.priority, finding.severity, finding.confidence));
    let shown = if view.all { findings.len() } else { FIRST };

    section(out, "Look at first", view);
    for finding in findings.iter().take(shown) {
        finding_block(out, finding, view);
    }
    if findings.len() > shown {
        let rest = &findings[shown..];
        let by_priority: Vec<String> = Priority::ALL
            .iter()
            .map(|priority| (priority, rest.iter().filter(|f| f.priority == *priority).count()))
            .filter(|(_, number)| *number > 0)
            .map(|(priority, number)| format!("{priority} {number}"))
            .collect();
        let line = format!(
            "… and {} more ({}): `flowaudit scan -v` lists all, `--format json` has everything.",
            rest.len(),
            by_priority.join(", "),
        );
        out.push_str(&words::wrap(&line, 0, view.width));
    }
}

/// What somebody answers for is not listed, and never without a word.
fn waived(out: &mut String, audit: &Audit, view: View) {
    let waived = audit.findings.iter().filter(|f| f.suppressed.is_some()).count();
    if waived > 0 {
        let verb = if waived == 1 { "is" } else { "are" };
        let line = format!(
            "{} {verb} waived and not listed; `--no-ignores` shows them.",
            words::count(waived, "finding")
        );
        if !out.ends_with("\n\n") {
            out.push('\n');
        }
        out.push_str(&words::wrap(&line, 0, view.width));
    }
}

fn finding_block(out: &mut String, finding: &Finding, view: View) {
    let about = finding.consumer.as_ref().unwrap_or(&finding.service);
    let color = match finding.priority {
        Priority::P0 | Priority::P1 => "31",
        Priority::P2 => "33",
        Priority::P3 | Priority::P4 => "36",
    };
    let priority = paint(finding.priority.word(), color, view);
    let _ = writeln!(out, "{priority}  {}  {about}", finding.rule);
    out.push_str(&words::wrap(&finding.message, 4, view.width));
    let _ = writeln!(out, "    {}", finding.location);
    if !finding.help.is_empty() {
        let help = format!("help: {}", finding.help);
        out.push_str(&words::wrap(&help, 4, view.width));
    }
    out.push('\n');
}

fn topics(out: &mut String, audit: &Audit, view: View) {
    let limit = if view.all { usize::MAX } else { FIRST };
    let of = |issue: TopicIssue| audit.topics.iter().filter(move |topic| topic.issue == Some(issue));
    let subscribed: Vec<&Topic> = of(TopicIssue::NearMiss).chain(of(TopicIssue::NoPublisher)).collect();
    let unread: Vec<&str> = of(TopicIssue::NoSubscriber).map(|topic| topic.name.as_str()).collect();
    if subscribed.is_empty() && unread.is_empty() {
        return;
    }

    section(out, "Topics", view);
    for topic in subscribed.iter().take(limit) {
        let read = format!("{}, read by {}", topic.name, words::list(&topic.subscribers));
        let line = match &topic.near {
            Some(near) => {
                let other = audit.topics.iter().find(|other| other.name == *near);
                match other.map(|other| words::list(&other.publishers)) {
                    Some(by) if !by.is_empty() => format!("{read}; {near} is published by {by}"),
                    _ => format!("{read}; {near} is published"),
                }
            }
            None => format!("{read}; published by nothing here"),
        };
        labelled(out, topic.issue, &line, view);
    }
    if subscribed.len() > limit {
        let _ = writeln!(out, "  … and {} more without a publisher.", subscribed.len() - limit);
    }
    if !unread.is_empty() {
        let line = shortened(&unread, limit);
        labelled(out, Some(TopicIssue::NoSubscriber), &line, view);
    }
}

fn labelled(out: &mut String, issue: Option<TopicIssue>, text: &str, view: View) {
    let label = issue.map_or("", words::topic_issue);
    let body = words::wrap(text, 17, view.width);
    let _ = write!(out, "  {label:<15}{}", body.trim_start());
}

fn diagnostics(out: &mut String, audit: &Audit, view: View) {
    if audit.diagnostics.is_empty() {
        return;
    }
    let (left_out, lost): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        audit.diagnostics.iter().partition(|diagnostic| diagnostic.level == Severity::Note);

    section(out, "Not seen", view);
    let mut line = format!(
        "{} left out on purpose, {} could not be read or followed to the end",
        words::count(left_out.len(), "place"),
        words::count(lost.len(), "place"),
    );
    line.push_str(if view.all { ":" } else { "; `flowaudit scan -v` lists them." });
    out.push_str(&words::wrap(&line, 2, view.width));
    // What was lost is always named: it may hold the answer.
    let limit = if view.all { usize::MAX } else { 5 };
    for diagnostic in lost.iter().take(limit) {
        diagnostic_line(out, diagnostic, view);
    }
    if lost.len() > limit {
        let _ = writeln!(out, "  … and {} more.", lost.len() - limit);
    }
    if view.all {
        for diagnostic in left_out {
            diagnostic_line(out, diagnostic, view);
        }
    }
}

fn diagnostic_line(out: &mut String, diagnostic: &Diagnostic, view: View) {
    let text = format!("{}: {}", diagnostic.path, diagnostic.message);
    let body = words::wrap(&text, 11, view.width);
    let _ = write!(out, "  {:<9}{}", diagnostic.level, body.trim_start());
}

fn section(out: &mut String, title: &str, view: View) {
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", paint(title, "1", view));
}

fn paint(text: &str, code: &str, view: View) -> String {
    words::paint(text, code, view.color)
}

fn shortened(names: &[&str], limit: usize) -> String {
    if names.len() <= limit {
        return names.join(", ");
    }
    format!("{} … and {} more", names[..limit].join(", "), names.len() - limit)
}

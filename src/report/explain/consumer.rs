//! A consumer, and a finding about one.

use super::Said;
use super::block::{Block, Item, Span, Tone, field, section, signal, span, status};
use super::path;
use super::rule::conditions;
use crate::audit::explanation::{Change, ConsumerExplanation, FindingExplanation, Grounds, Guard};
use crate::audit::{Confidence, Control, GuardKind, Status};
use crate::report::words;

/// The order in which controls are told.
const CONTROLS: [Control; 3] = [Control::Idempotency, Control::DeadLetter, Control::Schema];

pub(super) fn blocks(it: &ConsumerExplanation, said: &Said<'_>) -> Vec<Block> {
    let mut out = vec![Block::Title(it.consumer.id.clone())];
    registration(&mut out, it, said);
    for control in CONTROLS {
        let Some(verdict) = it.consumer.controls.get(&control) else { continue };
        out.push(heading(control, verdict.status, verdict.pattern.as_slice(), Some(verdict.confidence)));
        out.push(Block::Text(verdict.why.clone()));
        out.push(said.evidence(&verdict.evidence));
        if let Some(found) = it.grounds.get(&control) {
            grounds(&mut out, found, said);
        }
    }
    way(&mut out, it, said);
    said.findings(&mut out, &it.findings, |f| &f.rule);
    out
}

/// A finding, its rule and the path of the consumer it is about.
pub(super) fn finding(it: &FindingExplanation, said: &Said<'_>) -> Vec<Block> {
    let finding = &it.finding;
    let mut out = vec![Block::Title(finding.id.clone()), Block::Text(finding.message.clone())];
    let mut fields = vec![
        field("do", finding.help.clone()),
        field(
            "weight",
            format!("{} {}, confidence {}", finding.priority, finding.severity, finding.confidence),
        ),
        field("known by", finding.fingerprint.clone()),
    ];
    if let Some(waived) = &finding.suppressed {
        let until = waived.until.as_ref().map_or(String::new(), |day| format!(", until {day}"));
        fields.push(field("waived", format!("{}{until}", waived.reason)));
    }
    fields.retain(|(_, text)| !text.is_empty());
    out.push(Block::Fields(fields));
    out.push(Block::Pointers(vec![said.pointer(span(Tone::Strong, "look at"), "", &finding.location)]));
    if !finding.evidence.is_empty() {
        out.push(section("Evidence"));
        out.push(said.evidence(&finding.evidence));
    }
    if let Some(rule) = &it.rule {
        out.push(Block::Section(vec![
            span(Tone::Strong, "Rule "),
            span(Tone::Strong, &rule.id),
            span(Tone::Quiet, format!("  {}", rule.defined_in)),
        ]));
        let same = |c: &&crate::audit::explanation::Case| c.priority == finding.priority;
        let case = rule.cases.iter().find(same).or(rule.cases.first());
        out.extend(case.map(|case| conditions("Reported when", &case.when, &case.unless)));
    }
    if let Some(consumer) = &it.consumer {
        out.push(section("Consumer"));
        registration(&mut out, consumer, said);
        way(&mut out, consumer, said);
        out.push(Block::Text(format!(
            "`flowaudit explain {}` tells all verdicts of this consumer.",
            consumer.consumer.id
        )));
    }
    out
}

fn registration(out: &mut Vec<Block>, it: &ConsumerExplanation, said: &Said<'_>) {
    let consumer = &it.consumer;
    let mut fields = vec![field(
        "topic",
        match (&consumer.topic.name, consumer.topic.resolved) {
            (name, true) => name.clone(),
            (_, false) if consumer.topic.expression.is_empty() => "not named at the registration".to_owned(),
            (name, false) => format!("{name}, known only at run time"),
        },
    )];
    if !consumer.event_types.is_empty() {
        fields.push(field("types", consumer.event_types.join(", ")));
    }
    fields.push(field(
        "through",
        format!(
            "{}, {}, recognised by the rules of {}",
            consumer.transport, consumer.registration_kind, consumer.framework
        ),
    ));
    out.push(Block::Fields(fields));
    out.push(Block::Pointers(vec![
        said.pointer(span(Tone::Strong, "registered"), "", &consumer.registration),
        said.pointer(span(Tone::Strong, "handler"), &consumer.handler.name, &consumer.handler.place()),
    ]));
}

/// `idempotency: missing, confidence high`.
pub(super) fn heading(
    control: Control,
    verdict: Status,
    patterns: &[String],
    confidence: Option<Confidence>,
) -> Block {
    let mut spans = vec![
        span(Tone::Strong, format!("{}: ", words::control(control))),
        span(status(verdict), words::status(verdict)),
    ];
    if !patterns.is_empty() {
        spans.push(span(Tone::Plain, format!(" ({})", words::list(patterns))));
    }
    spans.extend(confidence.map(|c| span(Tone::Quiet, format!(", confidence {c}"))));
    Block::Section(spans)
}

/// What a verdict rests on and what would change it.
pub(super) fn grounds(out: &mut Vec<Block>, it: &Grounds, said: &Said<'_>) {
    let mut items = Vec::new();
    if !it.decided_by.is_empty() {
        let rest = it.decided_by.iter().map(signal).collect();
        items.push(Item { head: "It rests on".to_owned(), rest });
    }
    if said.view.all && !it.also_seen.is_empty() {
        let rest = it.also_seen.iter().map(signal).collect();
        items.push(Item { head: "Also seen".to_owned(), rest });
    }
    items.extend(it.better.iter().chain(&it.worse).map(change));
    if !items.is_empty() {
        out.push(Block::Items(items));
    }
}

fn change(it: &Change) -> Item {
    let pattern = it.pattern.as_ref().map_or(String::new(), |p| format!(" ({p})"));
    let gain = it.gain.iter().map(|s| format!("+ {}", signal(s)));
    let lose = it.lose.iter().map(|s| format!("- {}", signal(s)));
    Item {
        head: format!("It would be {}{pattern} with", words::status(it.status)),
        rest: gain.chain(lose).collect(),
    }
}

/// The path, its guards, and what was not seen.
fn way(out: &mut Vec<Block>, it: &ConsumerExplanation, said: &Said<'_>) {
    if !it.tree.is_empty() {
        out.push(section("Path"));
        out.push(Block::Code(path::lines(&it.tree, said.view)));
    }
    if !it.guards.is_empty() {
        out.push(section("Guards"));
        let pointers = it.guards.iter().enumerate().map(|(index, guard)| {
            said.pointer(span(Tone::Good, format!("guard {}", index + 1)), &told(guard), &guard.asked_at)
        });
        out.push(Block::Pointers(pointers.collect()));
    }
    let mut unseen = Vec::new();
    let doubt = |text: &str| -> Span { span(Tone::Doubtful, text) };
    if it.tree.is_empty() {
        let text = "the function that handles the message is not in the repository: look behind";
        unseen.push(said.pointer(doubt("handler"), text, &it.consumer.registration));
    }
    if !it.consumer.topic.resolved {
        let topic = &it.consumer.topic;
        let known = if topic.expression.is_empty() { &topic.name } else { &topic.expression };
        let text = format!("{known}: look at its configuration");
        unseen.push(said.pointer(doubt("topic"), &text, &it.consumer.registration));
    }
    for cut in &it.unseen {
        let text = format!("{}: {}", path::reason(cut.why), path::advice(cut));
        unseen.push(said.pointer(doubt("cut"), &text, &cut.at));
    }
    if !unseen.is_empty() {
        out.push(section("Not seen"));
        out.push(Block::Pointers(unseen));
    }
}

fn told(guard: &Guard) -> String {
    let mut text = match guard.rests_on {
        GuardKind::Dedupe => "a record of the message".to_owned(),
        GuardKind::State => "the entity's state or existence".to_owned(),
        GuardKind::Key => "a unique key that the message brings".to_owned(),
    };
    if guard.check != guard.asked_at {
        text = format!("{text}, read at {}:{}", guard.check.path, guard.check.line);
    }
    if guard.bypassed {
        text.push_str("; a message without an id goes round it");
    }
    if guard.fails {
        text.push_str("; a second delivery ends in an error");
    }
    text
}

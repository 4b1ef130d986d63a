//! A rule: what it looks for, when and how it is reported, what to do, and its examples.

use super::Said;
use super::block::{Block, Item, Tone, field, section, signal, span, status};
use crate::audit::RuleKind;
use crate::audit::explanation::{Doubt, Row, RuleExample, RuleExplanation, Signal};
use crate::report::words;

/// How many examples of either kind are shown.
const EXAMPLES: usize = 1;

pub(super) fn blocks(it: &RuleExplanation, said: &Said<'_>) -> Vec<Block> {
    let mut out = vec![Block::Title(it.id.clone()), Block::Text(it.title.clone())];
    let mut fields: Vec<(String, String)> = it.facts.clone();
    if let Some(control) = it.control.filter(|_| it.rule_kind == RuleKind::Weakness) {
        fields.push(field("control", control.word()));
    }
    fields.push(field("in", it.defined_in.clone()));
    out.push(Block::Fields(fields));
    for case in &it.cases {
        out.push(Block::Section(vec![
            span(Tone::Strong, format!("{} {}", case.priority, case.severity)),
            span(Tone::Plain, if it.cases.len() > 1 { format!("  {}", case.message) } else { String::new() }),
        ]));
        out.push(conditions("Reported when", &case.when, &case.unless));
        out.push(Block::Items(vec![Item { head: "What to do".to_owned(), rest: vec![case.help.clone()] }]));
    }
    if !it.verdicts.is_empty() {
        out.push(section("Verdicts, the first that fits"));
        out.extend(it.verdicts.iter().flat_map(row));
    }
    if !it.doubts.is_empty() {
        out.push(section("What makes a verdict less sure, the first that fits"));
        out.extend(it.doubts.iter().map(doubt));
    }
    if !it.members.is_empty() {
        out.push(section(if it.rule_kind == RuleKind::Control { "Weaknesses" } else { "Rules" }));
        out.push(Block::Items(
            it.members
                .iter()
                .map(|member| Item {
                    head: format!("{}  {}", member.id, member.role),
                    rest: member.facts.iter().map(|(label, text)| format!("{label} {text}")).collect(),
                })
                .collect(),
        ));
    }
    for (matches, title) in [(true, "Found"), (false, "Left alone")] {
        let examples = it.examples.iter().filter(|e| e.matches == matches);
        out.extend(examples.take(EXAMPLES).flat_map(|e| example(title, e)));
    }
    // All are of this rule, so what tells them apart is whom they are about.
    said.findings(&mut out, &it.findings, |f| f.consumer.as_ref().unwrap_or(&f.service));
    out
}

fn doubt(it: &Doubt) -> Block {
    let of: Vec<&str> = it.of.iter().map(|&status| words::status(status)).collect();
    let of = if of.is_empty() { String::new() } else { format!("{}, ", of.join(" or ")) };
    Block::Items(vec![Item {
        head: format!("{of}confidence {}: {}", it.confidence, it.why),
        rest: signs(&it.when, &it.unless),
    }])
}

/// What must be there, and what must not.
fn signs(when: &[Signal], unless: &[Signal]) -> Vec<String> {
    let when = when.iter().map(|s| format!("+ {}", signal(s)));
    when.chain(unless.iter().map(|s| format!("- {}", signal(s)))).collect()
}

fn row(it: &Row) -> Vec<Block> {
    let mut head = vec![span(status(it.status), words::status(it.status))];
    head.extend(it.pattern.as_ref().map(|p| span(Tone::Plain, format!(" ({p})"))));
    head.push(span(Tone::Quiet, format!(", confidence {}", it.confidence)));
    let head: String = head.into_iter().map(|s| s.text).collect();
    vec![Block::Items(vec![Item { head: format!("{head}: {}", it.why), rest: signs(&it.when, &it.unless) }])]
}

/// Signals as a list.
pub(super) fn conditions(head: &str, when: &[Signal], unless: &[Signal]) -> Block {
    let unless = unless.iter().map(|s| format!("not: {}", signal(s)));
    let rest = when.iter().map(signal).chain(unless).collect();
    Block::Items(vec![Item { head: head.to_owned(), rest }])
}

fn example(title: &str, it: &RuleExample) -> Vec<Block> {
    let finds = if it.finds.is_empty() { String::new() } else { format!(": {}", it.finds.join(", ")) };
    let mut out = vec![Block::Section(vec![span(Tone::Strong, format!("{title}{finds}"))])];
    for (name, text) in &it.files {
        let mut lines = Vec::new();
        if it.files.len() > 1 {
            lines.push(vec![span(Tone::Quiet, name)]);
        }
        lines.extend(text.trim_end().lines().map(|line| vec![span(Tone::Plain, line.replace('\t', "    "))]));
        out.push(Block::Code(lines));
    }
    out
}

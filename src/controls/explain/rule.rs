//! Controls and their weaknesses as rules that can be asked about: read off the decision tables.

use crate::audit::explanation::{Case, Doubt, Member, Row, RuleExplanation};
use crate::audit::{Control, RuleKind};
use crate::controls::table::{self, Table, Weakness};

use super::grounds::{Meanings, told};

/// The controls, and the weaknesses that are reported of them.
pub fn ids() -> Vec<String> {
    let mut ids = Vec::new();
    for table in table::all() {
        if !table.rows.is_empty() {
            ids.push(table.control.word().to_owned());
        }
        ids.extend(table.reports().map(|weakness| weakness.id.clone()));
    }
    ids.sort();
    ids.dedup();
    ids
}

/// A control or a weakness; nothing when there is none of this id.
pub fn rule(id: &str) -> Option<RuleExplanation> {
    let meanings = Meanings::new();
    for table in table::all() {
        if table.control.word() == id && !table.rows.is_empty() {
            return Some(control(table, &meanings));
        }
        let cases: Vec<Case> = table.reports().filter(|w| w.id == id).map(|w| case(w, &meanings)).collect();
        if let Some(first) = cases.first() {
            return Some(RuleExplanation {
                id: id.to_owned(),
                rule_kind: RuleKind::Weakness,
                title: first.message.clone(),
                cases,
                ..empty(table.control)
            });
        }
    }
    None
}

fn empty(control: Control) -> RuleExplanation {
    RuleExplanation {
        id: String::new(),
        rule_kind: RuleKind::Control,
        title: String::new(),
        defined_in: format!("rules/controls/{control}.yaml"),
        control: Some(control),
        facts: Vec::new(),
        cases: Vec::new(),
        verdicts: Vec::new(),
        doubts: Vec::new(),
        members: Vec::new(),
        examples: Vec::new(),
        findings: Vec::new(),
    }
}

fn control(table: &Table, meanings: &Meanings) -> RuleExplanation {
    let verdicts = table.rows.iter().map(|row| Row {
        when: meanings.all(&row.when),
        unless: meanings.all(&row.unless),
        status: row.status,
        pattern: told(row.pattern.as_deref()),
        confidence: row.confidence,
        why: row.why.clone(),
    });
    let doubts = table.doubts.iter().map(|doubt| Doubt {
        when: meanings.all(&doubt.when),
        unless: meanings.all(&doubt.unless),
        of: doubt.of.clone(),
        confidence: doubt.confidence,
        why: doubt.why.clone(),
    });
    let mut members: Vec<Member> = Vec::new();
    for weakness in table.reports() {
        if members.iter().all(|m| m.id != weakness.id) {
            members.push(Member {
                id: weakness.id.clone(),
                role: weakness.priority.word().to_owned(),
                facts: vec![("means".to_owned(), general(&weakness.message))],
            });
        }
    }
    RuleExplanation {
        id: table.control.word().to_owned(),
        title: claim(table.control).to_owned(),
        verdicts: verdicts.collect(),
        doubts: doubts.collect(),
        members,
        ..empty(table.control)
    }
}

fn case(weakness: &Weakness, meanings: &Meanings) -> Case {
    Case {
        when: meanings.all(&weakness.when),
        unless: meanings.all(&weakness.unless),
        severity: weakness.severity,
        priority: weakness.priority,
        message: general(&weakness.message),
        help: weakness.help.clone(),
    }
}

/// What a control claims where it is in place.
fn claim(control: Control) -> &'static str {
    match control {
        Control::Idempotency => "Redelivering a message is harmless.",
        Control::DeadLetter => "A message that keeps failing ends somewhere a person can find it.",
        Control::Schema => "An invalid payload is refused before it has effects.",
        Control::CacheInvalidation => "A reader never sees an old value for longer than intended.",
        Control::Outbox => "A message is sent if and only if its transaction commits.",
        Control::Topics => "Each topic has both ends.",
    }
}

/// A message with what differs from case to case in capitals: `{topic}` becomes `TOPIC`.
fn general(message: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in message.chars() {
        match c {
            '{' | '}' => inside = c == '{',
            c if inside => out.extend(c.to_uppercase()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_explained_with_what_to_do() {
        for id in ids() {
            let found = rule(&id).expect("an explanation");
            assert!(!found.title.is_empty(), "{id}");
            assert!(!found.title.contains(['{', '}']), "{id}: {}", found.title);
            match found.rule_kind {
                RuleKind::Weakness => assert!(found.cases.iter().all(|c| !c.help.is_empty()), "{id}"),
                _ => assert!(!found.verdicts.is_empty(), "{id}"),
            }
        }
        assert_eq!(rule("no-such-rule"), None);
    }
}

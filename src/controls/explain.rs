//! Explanations: what was decided of one consumer, and from what, as a plain value.
//!
//! The consumer is followed once more, with the audit at hand: no trace is kept for the many that
//! nobody asks about.

mod tree;

use crate::audit::{Audit, Consumer, ConsumerExplanation, Control, Entry, Grounds};
use crate::config::Settings;
use crate::flow::{self, Flow};
use crate::read::Repository;
use std::collections::BTreeMap;

use super::table::{Signals, Table};
use super::verdict::{Tables, examine, judge, symbol};

/// Explains the consumer with this id; nothing when the audit has none.
pub fn consumer(
    flow: &Flow<'_>,
    repository: &Repository,
    audit: &Audit,
    id: &str,
    settings: &Settings,
) -> Option<ConsumerExplanation> {
    let consumer = audit.consumers.iter().find(|c| c.id == id)?.clone();
    let found = found(flow, repository, &consumer)?;
    let examined = examine(flow, found, settings.depth);
    let tables = Tables::new();
    let judged = judge(flow, found, &examined, &consumer.service, &tables, settings.policy, settings.depth);
    let grounds: BTreeMap<Control, Grounds> = judged
        .signals
        .iter()
        .filter_map(|(&control, signals)| Some((control, grounds(tables.get(control)?, signals))))
        .collect();
    let tree = examined
        .traces
        .iter()
        .map(|(func, trace)| Entry {
            function: symbol(flow, *func),
            steps: tree::steps(flow, examined.scan.as_ref(), *func, &trace.nodes),
        })
        .collect();
    let findings = audit.findings.iter().filter(|f| f.consumer.as_deref() == Some(id)).cloned().collect();
    Some(ConsumerExplanation { consumer, grounds, tree, findings })
}

/// The registration in the flow that an audited consumer came from.
fn found<'f>(flow: &'f Flow<'_>, repository: &Repository, consumer: &Consumer) -> Option<&'f flow::Consumer> {
    flow.consumers.iter().find(|c| {
        repository.services.list[c.service].name == consumer.service
            && c.registration == (consumer.registration.path.clone(), consumer.registration.line)
            && c.topic.name == consumer.topic.name
            && c.topic.expression == consumer.topic.expression
    })
}

fn grounds(_table: &Table, signals: &Signals) -> Grounds {
    Grounds {
        signals: signals.iter().map(|s| (*s).to_owned()).collect(),
        better: Vec::new(),
        worse: Vec::new(),
    }
}

//! Explanations: what was decided of one service, consumer, finding or rule, and from what, as a
//! plain value.
//!
//! A consumer is followed once more with the audit at hand: no trace is kept for the many that
//! nobody asks about. How an explanation looks is not decided here.

mod grounds;
mod rule;
mod tree;

use crate::audit::explanation::{
    ConsumerExplanation, Entry, FindingExplanation, Grounds, RuleExplanation, ServiceExplanation,
};
use crate::audit::{Audit, Consumer, Control, Finding, Service};
use crate::config::Settings;
use crate::flow::path::Knowledge;
use crate::flow::{self, Flow};
use crate::read::Repository;
use std::collections::BTreeMap;

use super::table::Signals;
use super::verdict::{Tables, examine, judge, symbol};
use super::{cache, scan};
use grounds::Meanings;

pub use rule::{ids, rule};

/// What explanations are made from.
pub struct Explainer<'r, 'a> {
    /// The flow.
    pub flow: &'r Flow<'a>,
    /// What was read.
    pub repository: &'r Repository,
    /// What was decided.
    pub audit: &'r Audit,
    /// How it was decided.
    pub settings: &'r Settings,
}

impl Explainer<'_, '_> {
    /// A service: the consumers, publishers and caches that its verdicts are made of.
    pub fn service(&self, service: &Service) -> ServiceExplanation {
        let audit = self.audit;
        let name = &service.name;
        let names: Vec<String> = self.repository.services.list.iter().map(|s| s.name.clone()).collect();
        let caches = cache::collect(self.flow, &names);
        let seen = names.iter().position(|n| n == name).map(|index| &caches[index].signals);
        let signals = seen.into_iter().map(|signals| (Control::CacheInvalidation, signals.clone())).collect();
        ServiceExplanation {
            service: service.clone(),
            consumers: audit.consumers.iter().filter(|c| c.service == *name).cloned().collect(),
            publishers: audit.publishers.iter().filter(|p| p.service == *name).cloned().collect(),
            caches: audit.caches.iter().filter(|c| c.service == *name).cloned().collect(),
            grounds: grounds(&signals),
            findings: audit.findings.iter().filter(|f| f.service == *name).cloned().collect(),
        }
    }

    /// A consumer, with the path its messages take.
    pub fn consumer(&self, consumer: &Consumer) -> ConsumerExplanation {
        let Explainer { flow, audit, settings, .. } = self;
        let findings = audit.findings.iter().filter(|f| f.consumer.as_ref() == Some(&consumer.id));
        let mut explained = ConsumerExplanation {
            consumer: consumer.clone(),
            grounds: BTreeMap::new(),
            guards: Vec::new(),
            tree: Vec::new(),
            unseen: Vec::new(),
            findings: findings.cloned().collect(),
        };
        let Some(found) = self.registration(consumer) else { return explained };
        let examined = examine(&Knowledge::new(flow, Some(found.service)), found, settings.depth);
        let tables = Tables::new();
        let judged =
            judge(flow, found, &examined, &consumer.service, &tables, settings.policy, settings.depth);
        let nothing = scan::Scan::default();
        let tree = tree::Tree::new(flow, examined.scan.as_ref().unwrap_or(&nothing));
        let entry = |(func, trace): &(_, flow::path::Trace)| Entry {
            function: symbol(flow, *func),
            steps: tree.steps(*func, &trace.nodes),
        };
        explained.grounds = grounds(&judged.signals);
        explained.guards = tree.guards();
        explained.unseen = tree.unseen();
        explained.tree = examined.traces.iter().map(entry).collect();
        explained
    }

    /// A finding, with its rule and the consumer it is about.
    pub fn finding(&self, finding: &Finding) -> FindingExplanation {
        let consumer = self.audit.consumers.iter().find(|c| Some(&c.id) == finding.consumer.as_ref());
        FindingExplanation {
            finding: finding.clone(),
            rule: rule(&finding.rule),
            consumer: consumer.map(|consumer| self.consumer(consumer)),
        }
    }

    /// The findings of a rule, or of all rules of a control.
    pub fn findings(&self, explained: &RuleExplanation) -> Vec<Finding> {
        let is_of = |f: &&Finding| {
            f.rule == explained.id || explained.members.iter().any(|member| member.id == f.rule)
        };
        self.audit.findings.iter().filter(is_of).cloned().collect()
    }

    /// The registration in the flow that an audited consumer came from.
    fn registration(&self, consumer: &Consumer) -> Option<&flow::Consumer> {
        let place = &consumer.registration;
        self.flow.consumers.iter().find(|c| {
            self.repository.services.list[c.service].name == consumer.service
                && (&c.registration.0, c.registration.1) == (&place.path, place.line)
                && c.topic.name == consumer.topic.name
                && c.topic.expression == consumer.topic.expression
        })
    }
}

fn grounds(signals: &BTreeMap<Control, Signals>) -> BTreeMap<Control, Grounds> {
    let (tables, meanings) = (Tables::new(), Meanings::new());
    let of = |(&control, signals): (&Control, &Signals)| {
        Some((control, grounds::grounds(tables.get(control)?, signals, &meanings)))
    };
    signals.iter().filter_map(of).collect()
}

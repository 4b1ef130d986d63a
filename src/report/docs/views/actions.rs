//! Findings as what is to be done, most urgent first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Views;
use crate::audit::{Finding, Priority};
use crate::report::docs::links::Link;
use crate::report::words;

/// What is to be done at one priority.
#[derive(Debug, Serialize)]
pub struct Actions {
    priority: String,
    meaning: String,
    pub count: usize,
    rules: Vec<RuleActions>,
}

/// The findings of one rule that are mended in one way.
#[derive(Debug, Serialize)]
pub struct RuleActions {
    rule: String,
    help: String,
    services: Vec<String>,
    items: Vec<Action>,
}

/// One finding.
#[derive(Debug, Serialize)]
pub struct Action {
    service: String,
    message: String,
    confidence: String,
    at: Link,
}

/// A finding that somebody has said is not to be counted.
#[derive(Debug, Serialize)]
pub struct Waived {
    rule: String,
    service: String,
    reason: String,
    owner: Option<String>,
    until: Option<String>,
    at: Link,
}

impl Views<'_> {
    /// What is to be done about the findings that `of` admits.
    pub(super) fn actions(&self, of: &dyn Fn(&Finding) -> bool) -> Vec<Actions> {
        let mut out = Vec::new();
        for priority in Priority::ALL {
            let mut rules: BTreeMap<(&str, &str), Vec<Action>> = BTreeMap::new();
            let counted = |f: &&Finding| f.priority == *priority && f.suppressed.is_none() && of(f);
            for finding in self.audit.findings.iter().filter(counted) {
                rules.entry((&finding.rule, &finding.help)).or_default().push(Action {
                    service: finding.service.clone(),
                    message: finding.message.clone(),
                    confidence: finding.confidence.word().to_owned(),
                    at: self.links.place(&finding.location),
                });
            }
            if rules.is_empty() {
                continue;
            }
            out.push(Actions {
                priority: priority.word().to_owned(),
                meaning: words::priority(*priority).to_owned(),
                count: rules.values().map(Vec::len).sum(),
                rules: rules
                    .into_iter()
                    .map(|((rule, help), items)| RuleActions {
                        rule: rule.to_owned(),
                        help: help.to_owned(),
                        services: services_of(&items),
                        items,
                    })
                    .collect(),
            });
        }
        out
    }

    /// The findings that `of` admits and nobody has to act on.
    pub(super) fn waived(&self, of: &dyn Fn(&Finding) -> bool) -> Vec<Waived> {
        let all = self.audit.findings.iter().filter(|f| of(f));
        let waived = all.filter_map(|f| f.suppressed.as_ref().map(|said| (f, said)));
        waived
            .map(|(finding, said)| Waived {
                rule: finding.rule.clone(),
                service: finding.service.clone(),
                reason: said.reason.clone(),
                owner: said.owner.clone(),
                until: said.until.clone(),
                at: self.links.place(&finding.location),
            })
            .collect()
    }
}

/// The services that any of these is about, each once.
fn services_of(items: &[Action]) -> Vec<String> {
    let names: BTreeSet<&String> = items.iter().map(|item| &item.service).collect();
    names.into_iter().cloned().collect()
}

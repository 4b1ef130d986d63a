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
    /// How many places they are at: one place may cause several.
    places: usize,
    rules: Vec<RuleActions>,
}

/// The findings of one rule that are mended in one way.
#[derive(Debug, Serialize)]
pub struct RuleActions {
    rule: String,
    help: String,
    /// How many findings there are; `items` are fewer where one place has several.
    count: usize,
    /// Other priorities that it has where something else goes wrong.
    also: Vec<String>,
    services: Vec<String>,
    items: Vec<Action>,
}

/// What goes wrong at one place, for one flow or for all that go through it.
#[derive(Debug, Serialize)]
pub struct Action {
    services: Vec<String>,
    message: String,
    confidence: String,
    /// How many findings say so.
    count: usize,
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

/// Tells of each rule under which other priorities it stands.
fn weigh(all: &mut [Actions]) {
    let mut under: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for group in &*all {
        for rule in &group.rules {
            under.entry(rule.rule.clone()).or_default().insert(group.priority.clone());
        }
    }
    for group in all {
        for rule in &mut group.rules {
            let others = under[&rule.rule].iter().filter(|priority| **priority != group.priority);
            rule.also = others.cloned().collect();
        }
    }
}

impl Views<'_> {
    /// What is to be done about the findings that `of` admits.
    pub(super) fn actions(&self, of: &dyn Fn(&Finding) -> bool) -> Vec<Actions> {
        let mut out = Vec::new();
        for priority in Priority::ALL {
            let mut rules: BTreeMap<(usize, &str, &str), Vec<&Finding>> = BTreeMap::new();
            let counted = |f: &&Finding| f.priority == *priority && f.suppressed.is_none() && of(f);
            for finding in self.audit.findings.iter().filter(counted) {
                let key = (words::harm(&finding.rule), finding.rule.as_str(), finding.help.as_str());
                rules.entry(key).or_default().push(finding);
            }
            if rules.is_empty() {
                continue;
            }
            out.push(Actions {
                priority: priority.word().to_owned(),
                meaning: words::priority(*priority).to_owned(),
                count: rules.values().map(Vec::len).sum(),
                places: rules.values().flatten().map(|f| &f.location).collect::<BTreeSet<_>>().len(),
                rules: rules
                    .into_iter()
                    .map(|((_, rule, help), findings)| RuleActions {
                        rule: rule.to_owned(),
                        help: help.to_owned(),
                        count: findings.len(),
                        also: Vec::new(),
                        services: sorted(findings.iter().map(|finding| finding.service.as_str())),
                        items: self.gathered(&findings),
                    })
                    .collect(),
            });
        }
        weigh(&mut out);
        out
    }

    /// Findings that say the same of one place, each time of another flow, taken together: they are
    /// mended together.
    fn gathered(&self, findings: &[&Finding]) -> Vec<Action> {
        let mut alike: Vec<(String, Vec<&Finding>)> = Vec::new();
        for finding in findings {
            let shape = self.shape(finding);
            let same = |(other, with): &&mut (String, Vec<&Finding>)| {
                *other == shape
                    && with[0].location == finding.location
                    && with[0].confidence == finding.confidence
            };
            match alike.iter_mut().find(same) {
                Some((_, with)) => with.push(finding),
                None => alike.push((shape, vec![finding])),
            }
        }
        let action = |(shape, with): (String, Vec<&Finding>)| {
            let services = sorted(with.iter().map(|finding| finding.service.as_str()));
            let topics = sorted(with.iter().filter_map(|finding| self.topic_of_finding(finding)));
            let place = &with[0].location;
            let message = shape.replace(TOPIC, &either(&topics)).replace(SERVICE, &either(&services));
            Action {
                // The place is behind the message; it need not be in it.
                message: message.replace(&format!(" ({place})"), ""),
                confidence: with[0].confidence.word().to_owned(),
                count: with.len(),
                at: self.links.place(place),
                services,
            }
        };
        alike.into_iter().map(action).collect()
    }

    /// A finding's message without the names that tell it from those of other flows.
    fn shape(&self, finding: &Finding) -> String {
        let message = finding.message.clone();
        let message = match self.topic_of_finding(finding) {
            Some(topic) if !topic.is_empty() => message.replace(topic, TOPIC),
            _ => message,
        };
        let words = message.split(' ').map(|word| if word == finding.service { SERVICE } else { word });
        words.collect::<Vec<_>>().join(" ")
    }

    fn topic_of_finding(&self, finding: &Finding) -> Option<&str> {
        let id = finding.consumer.as_ref()?;
        self.audit.consumers.iter().find(|c| c.id == *id).map(|c| c.topic.name.as_str())
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

/// Stand in a message for the names of topic and service.
const TOPIC: &str = "\u{1}";
const SERVICE: &str = "\u{2}";

/// How many names a message has before the rest are counted.
const NAMED: usize = 4;

/// Names, each once.
fn sorted<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().map(str::to_owned).collect()
}

/// `a`, `a or b`, `a, b, c or 9 others`.
fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] if names.len() <= NAMED => format!("{} or {last}", init.join(", ")),
        _ => format!("{} or {} others", names[..NAMED - 1].join(", "), names.len() - (NAMED - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::either;

    #[test]
    fn many_names_are_counted() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(either(&names("a")), "a");
        assert_eq!(either(&names("a b")), "a or b");
        assert_eq!(either(&names("a b c d")), "a, b, c or d");
        assert_eq!(either(&names("a b c d e")), "a, b, c or 2 others");
    }
}

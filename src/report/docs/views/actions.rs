//! Findings as what is to be done, most urgent first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{DocumentLink, Views};
use crate::audit::{Control, Finding, Place, Priority};
use crate::report::docs::links::Link;
use crate::report::words;

/// What is to be done at one priority.
#[derive(Debug, Serialize)]
pub struct Actions {
    priority: String,
    meaning: String,
    /// How many findings there are.
    pub count: usize,
    /// How many actions they ask for: one line of code may cause several findings of one rule.
    tasks: usize,
    rules: Vec<RuleActions>,
}

/// The findings of one rule that are mended in one way.
#[derive(Debug, Serialize)]
pub struct RuleActions {
    rule: String,
    help: String,
    /// How many findings there are; `items` are fewer where one line has several.
    count: usize,
    /// Other priorities that it has where something else goes wrong.
    also: Vec<String>,
    services: Vec<String>,
    items: Vec<Action>,
    /// How many findings say the like of what the first item says.
    like: usize,
    /// Less urgent ones that find fault with these lines too, and are told with this one.
    with: Vec<Joined>,
    /// The more urgent one that this is told with.
    told_with: Option<Joined>,
    /// The audits before this one that tell of its lines, with how many each.
    told_in: Vec<(DocumentLink, usize)>,
    #[serde(skip)]
    control: Option<Control>,
}

/// The findings of another rule at the same lines.
#[derive(Debug, Clone, Serialize)]
pub struct Joined {
    priority: String,
    /// Where it stands in its priority, from 1.
    number: usize,
    rule: String,
    help: String,
    count: usize,
    message: String,
}

/// What goes wrong at one line, for one flow or for all that go through it.
#[derive(Debug, Serialize)]
pub struct Action {
    services: Vec<String>,
    message: String,
    confidence: String,
    /// How many findings say so.
    count: usize,
    /// How many consumers these are of.
    consumers: usize,
    /// What those listen to of which the message says nothing: `a, b and 3 others`, or nothing.
    others: String,
    at: Link,
}

/// What is weak about a control that is in place.
#[derive(Debug, PartialEq, Serialize)]
pub struct Weakness {
    pub rule: String,
    pub priority: String,
    message: String,
    pub at: Link,
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

/// Joins what rules of one control find at the same lines: who mends the first looks at the others too.
fn join(all: &mut [Actions]) {
    let order =
        all.iter().enumerate().flat_map(|(group, it)| (0..it.rules.len()).map(move |rule| (group, rule)));
    let order: Vec<(usize, usize)> = order.collect();
    for (index, &(group, rule)) in order.iter().enumerate() {
        let later = &all[group].rules[rule];
        let lines: BTreeSet<(&str, u32)> = later.lines().collect();
        let same = |&&(of, at): &&(usize, usize)| {
            let earlier = &all[of].rules[at];
            earlier.told_with.is_none()
                && earlier.control.is_some()
                && earlier.control == later.control
                && earlier.is_of_flows()
                && later.is_of_flows()
                && later.services.iter().all(|service| earlier.services.contains(service))
                && earlier.lines().collect::<BTreeSet<_>>().is_superset(&lines)
        };
        let Some(&(to, first)) = order[..index].iter().find(same) else { continue };
        let joined = |group: usize, rule: usize| {
            let it = &all[group].rules[rule];
            Joined {
                priority: all[group].priority.clone(),
                number: rule + 1,
                rule: it.rule.clone(),
                help: it.help.clone(),
                count: it.count,
                message: it.items.first().map(|item| item.message.clone()).unwrap_or_default(),
            }
        };
        let (earlier, later) = (joined(to, first), joined(group, rule));
        all[to].rules[first].with.push(later);
        all[group].rules[rule].told_with = Some(earlier);
    }
}

impl Actions {
    /// Whether any rule of the two priorities that are told first is told with another.
    pub(super) fn any_joined(all: &[Actions]) -> bool {
        all.iter().take(2).any(|group| group.rules.iter().any(RuleActions::is_joined))
    }

    /// Leaves out the lines that the actions of an audit before this one tell of, and says where they are.
    pub(super) fn leave_to(all: &mut [Actions], earlier: &[Actions], document: &DocumentLink) {
        for group in all {
            let before: Vec<&RuleActions> = earlier
                .iter()
                .filter(|it| it.priority == group.priority)
                .flat_map(|it| it.rules.iter())
                .collect();
            for rule in &mut group.rules {
                let known: BTreeSet<(String, u32)> = before
                    .iter()
                    .filter(|it| it.rule == rule.rule && it.help == rule.help)
                    .flat_map(|it| it.lines())
                    .map(|(path, line)| (path.to_owned(), line))
                    .collect();
                let items = rule.items.len();
                rule.items.retain(|item| !known.contains(&(item.at.path.clone(), item.at.line)));
                if rule.items.len() < items {
                    rule.told_in.push((document.clone(), items - rule.items.len()));
                }
            }
        }
    }

    /// The anchor on the page of the findings of each rule, by priority and rule.
    pub(super) fn anchors(all: &[Actions]) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for group in all {
            for (index, rule) in group.rules.iter().enumerate() {
                let anchor = format!("findings-{}-{}", group.priority, index + 1);
                out.entry(format!("{} {}", group.priority, rule.rule)).or_insert(anchor);
            }
        }
        out
    }
}

impl RuleActions {
    /// Whether it is about messages on their way, and not about what a service lacks, as tests.
    fn is_of_flows(&self) -> bool {
        self.items.iter().all(|item| item.consumers > 0)
    }

    /// Whether another rule is told with it.
    pub(super) fn is_joined(&self) -> bool {
        !self.with.is_empty()
    }

    fn lines(&self) -> impl Iterator<Item = (&str, u32)> {
        self.items.iter().map(|item| (item.at.path.as_str(), item.at.line))
    }
}

impl Views<'_> {
    /// What is to be done about the findings that `of` admits.
    pub(super) fn actions(&self, of: &dyn Fn(&Finding) -> bool) -> Vec<Actions> {
        let mut out = Vec::new();
        for priority in Priority::ALL {
            let counted = |f: &&Finding| f.priority == *priority && f.suppressed.is_none() && of(f);
            let mut rules: BTreeMap<(usize, &str, &str), Vec<Vec<&Finding>>> = BTreeMap::new();
            for at_one in self.by_line(self.audit.findings.iter().filter(counted)) {
                let first = at_one[0];
                let key = (words::harm(&first.rule), first.rule.as_str(), first.help.as_str());
                rules.entry(key).or_default().push(at_one);
            }
            if rules.is_empty() {
                continue;
            }
            out.push(Actions {
                priority: priority.word().to_owned(),
                meaning: words::priority(*priority).to_owned(),
                count: rules.values().flatten().map(Vec::len).sum(),
                tasks: rules.values().map(Vec::len).sum(),
                rules: rules
                    .into_iter()
                    .map(|((_, rule, help), lines)| self.rule_actions(rule, help, &lines))
                    .collect(),
            });
        }
        weigh(&mut out);
        join(&mut out);
        out
    }

    fn rule_actions(&self, rule: &str, help: &str, lines: &[Vec<&Finding>]) -> RuleActions {
        RuleActions {
            rule: rule.to_owned(),
            help: help.to_owned(),
            count: lines.iter().map(Vec::len).sum(),
            also: Vec::new(),
            services: sorted(lines.iter().flatten().map(|finding| finding.service.as_str())),
            items: lines.iter().map(|at_one| self.action(at_one)).collect(),
            like: lines.iter().skip(1).map(Vec::len).sum(),
            with: Vec::new(),
            told_with: None,
            told_in: Vec::new(),
            control: (self.material.control_of)(rule),
        }
    }

    /// Findings by rule and line, in the order of the first of each. Where they are of no consumer, as
    /// the tests that services lack are, only those that say the same are mended together.
    fn by_line<'f>(&self, findings: impl Iterator<Item = &'f Finding>) -> Vec<Vec<&'f Finding>> {
        let mut known: BTreeMap<(&str, &Place, &str, Option<String>), usize> = BTreeMap::new();
        let mut out: Vec<Vec<&Finding>> = Vec::new();
        for finding in findings {
            let said = finding.consumer.is_none().then(|| self.shape(finding));
            let index =
                *known.entry((&finding.rule, &finding.location, &finding.help, said)).or_insert(out.len());
            match out.get_mut(index) {
                Some(with) => with.push(finding),
                None => out.push(vec![finding]),
            }
        }
        out
    }

    /// Findings of one rule at one line, each of another flow: they are mended together. Where they
    /// say different things, the surest is told, and the others' topics are named.
    fn action(&self, at_one: &[&Finding]) -> Action {
        let surest = at_one.iter().min_by_key(|finding| finding.confidence).unwrap_or(&at_one[0]);
        let shape = self.shape(surest);
        let (alike, different): (Vec<&Finding>, Vec<&Finding>) =
            at_one.iter().copied().partition(|finding| self.shape(finding) == shape);
        let topics = |of: &[&Finding]| sorted(of.iter().filter_map(|finding| self.topic_of_finding(finding)));
        let place = &surest.location;
        let told = sorted(alike.iter().map(|finding| finding.service.as_str()));
        let message = shape.replace(TOPIC, &either(&topics(&alike))).replace(SERVICE, told_of(&told));
        let message = capital(message);
        let services = sorted(at_one.iter().map(|finding| finding.service.as_str()));
        let consumers: BTreeSet<&String> = at_one.iter().filter_map(|f| f.consumer.as_ref()).collect();
        Action {
            // The place is behind the message; it need not be in it.
            message: message.replace(&format!(" ({place})"), ""),
            confidence: surest.confidence.word().to_owned(),
            count: at_one.len(),
            consumers: consumers.len(),
            others: listed(&topics(&different), "and"),
            at: self.seen_from(&services, self.links.place(place)),
            services,
        }
    }

    /// What is known to be weak about a control that is in place: one entry for each line.
    pub(super) fn weaknesses(&self, control: Control, of: &dyn Fn(&Finding) -> bool) -> Vec<Weakness> {
        let weak =
            |f: &&Finding| f.weakens() && (self.material.control_of)(&f.rule) == Some(control) && of(f);
        let view = |at_one: Vec<&Finding>| {
            let action = self.action(&at_one);
            Weakness {
                rule: at_one[0].rule.clone(),
                priority: at_one[0].priority.word().to_owned(),
                message: action.message,
                at: action.at,
            }
        };
        self.by_line(self.audit.findings.iter().filter(weak)).into_iter().map(view).collect()
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

/// A service by its name; several, whose names stand before the message, as what each of them is.
fn told_of(services: &[String]) -> &str {
    match services {
        [one] => one,
        _ => "the service",
    }
}

/// A sentence that begins with no name begins with a capital.
fn capital(message: String) -> String {
    match message.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => message,
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
    listed(names, "or")
}

/// Names with a word before the last; many are counted.
pub(super) fn listed(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] if names.len() <= NAMED => format!("{} {word} {last}", init.join(", ")),
        _ => format!("{} {word} {} others", names[..NAMED - 1].join(", "), names.len() - (NAMED - 1)),
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

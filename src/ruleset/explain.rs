//! Detector rules in words: what a rule matches, under which conditions, what that means, and the
//! examples that prove it.

use regex::Regex;

use super::is_on;
use crate::audit::RuleKind;
use crate::audit::explanation::{Member, RuleExample, RuleExplanation};
use crate::config::Config;
use crate::rules::{CallName, Detector, Example, ManifestRule, Matcher, Rule, RuleSet, Selector};

/// Whether a rule file is in force: `on`, `off`, or `opt-in` when nobody asked for it.
pub fn state(config: &Config, detector: &Detector) -> &'static str {
    match (is_on(config, detector), detector.opt_in) {
        (true, _) => "on",
        (false, true) => "opt-in",
        (false, false) => "off",
    }
}

/// The ids of all rule files and their rules.
pub fn ids(rules: &RuleSet) -> Vec<String> {
    let of = |detector: &Detector| {
        let code = detector.rules.iter().map(|rule| rule.id.clone());
        let manifests = detector.manifests.iter().map(|rule| rule.id.clone());
        std::iter::once(detector.id.clone()).chain(code).chain(manifests).collect::<Vec<_>>()
    };
    rules.detectors.iter().flat_map(of).collect()
}

/// A rule file, or one rule of it; nothing when there is none of this id.
pub fn explain(config: &Config, rules: &RuleSet, id: &str) -> Option<RuleExplanation> {
    rules.detectors.iter().find_map(|detector| {
        if detector.id == id {
            return Some(file(config, detector));
        }
        let code = detector.rules.iter().find(|rule| rule.id == id).map(in_code);
        let member = code.or_else(|| detector.manifests.iter().find(|r| r.id == id).map(in_manifests))?;
        Some(one(config, detector, member))
    })
}

fn file(config: &Config, detector: &Detector) -> RuleExplanation {
    let members = detector.rules.iter().map(in_code).chain(detector.manifests.iter().map(in_manifests));
    RuleExplanation {
        rule_kind: RuleKind::RuleFile,
        members: members.collect(),
        examples: detector.examples.iter().map(example).collect(),
        ..empty(config, detector)
    }
}

fn one(config: &Config, detector: &Detector, member: Member) -> RuleExplanation {
    // An example that names the rule is its own; else one that shows its role.
    let named = |e: &&Example| e.expect.iter().any(|x| x.rule.as_deref() == Some(member.id.as_str()));
    let of_role = |e: &&Example| e.expect.iter().any(|x| x.rule.is_none() && x.role.name() == member.role);
    let mut shown: Vec<&Example> = detector.examples.iter().filter(named).collect();
    if shown.is_empty() {
        shown = detector.examples.iter().filter(of_role).collect();
    }
    let mut whole = empty(config, detector);
    whole.facts.splice(0..0, member.facts);
    whole.facts.insert(0, ("finds".to_owned(), member.role));
    RuleExplanation {
        id: member.id,
        rule_kind: RuleKind::Rule,
        examples: shown.into_iter().map(example).collect(),
        ..whole
    }
}

fn empty(config: &Config, detector: &Detector) -> RuleExplanation {
    let mut facts = Vec::new();
    let mut say = |label: &str, text: String| {
        if !text.is_empty() {
            facts.push((label.to_owned(), text));
        }
    };
    say("imports", detector.imports.join("\n"));
    say("docs", detector.docs.clone());
    say(
        "state",
        match state(config, detector) {
            "opt-in" => "off until rules.enable in flowaudit.yaml names it".to_owned(),
            state => state.to_owned(),
        },
    );
    RuleExplanation {
        id: detector.id.clone(),
        rule_kind: RuleKind::RuleFile,
        title: detector.title.clone(),
        defined_in: detector.origin.clone(),
        control: None,
        facts,
        cases: Vec::new(),
        verdicts: Vec::new(),
        doubts: Vec::new(),
        members: Vec::new(),
        examples: Vec::new(),
        findings: Vec::new(),
    }
}

fn in_code(rule: &Rule) -> Member {
    member(&rule.id, rule.role.name(), [matched(&rule.matcher), conditions(rule), rule.note.clone()])
}

fn in_manifests(rule: &ManifestRule) -> Member {
    let conditions = rule.when.iter().chain(&rule.filter);
    let mut when: Vec<String> = conditions.map(|(path, value)| format!("{path} fits /{value}/")).collect();
    let places = rule.within.iter().chain(&rule.each);
    when.extend(places.map(|path| format!("it stands at {path}")));
    let texts = ["manifests".to_owned(), when.join(", and "), rule.note.clone()];
    member(&rule.id, rule.role.name(), texts)
}

/// `texts` say what it matches, under which conditions, and what that means.
fn member(id: &str, role: &str, texts: [String; 3]) -> Member {
    let labelled = ["matches", "when", "means"].into_iter().zip(texts);
    let facts = labelled.filter(|(_, text)| !text.is_empty()).map(|(label, text)| (label.to_owned(), text));
    Member { id: id.to_owned(), role: role.to_owned(), facts: facts.collect() }
}

fn example(example: &Example) -> RuleExample {
    let finds = example.expect.iter().map(|expected| match &expected.topic {
        Some(topic) => format!("{} {topic}", expected.role.name()),
        None => expected.role.name().to_owned(),
    });
    RuleExample { matches: !example.expect.is_empty(), finds: finds.collect(), files: example.files.clone() }
}

fn conditions(rule: &Rule) -> String {
    let each = |list: &[(Selector, Regex)], word: &str| -> Vec<String> {
        let one = |(at, value): &(Selector, Regex)| format!("{at} {word} /{value}/");
        list.iter().map(one).collect()
    };
    let mut conditions = each(&rule.when, "fits");
    conditions.extend(each(&rule.unless, "does not fit"));
    conditions.join(", and ")
}

fn matched(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Call(names) => {
            let names: Vec<String> = names.iter().map(call_name).collect();
            format!("calls of {}", names.join(", "))
        }
        Matcher::Composite(types) => format!("literals of {}", types.join(", ")),
        Matcher::Function { name, on: None } => format!("calls of functions named /{name}/"),
        Matcher::Function { name, on: Some(on) } => {
            format!("calls of functions named /{name}/ on /{on}/")
        }
        Matcher::Sql { verb, table, .. } => match table {
            Some(table) => format!("SQL /{verb}/ on /{table}/"),
            None => format!("SQL /{verb}/"),
        },
        Matcher::Method(names) => format!("methods {}", names.join(", ")),
        Matcher::Decorator(names) => format!("decorators {}", names.join(", ")),
    }
}

fn call_name(call: &CallName) -> String {
    match &call.receiver {
        Some(receiver) => format!("{receiver}.{}", call.name),
        None => call.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_explained_with_an_example() {
        let config = Config::default();
        let rules = super::super::all(&config).unwrap();
        for detector in &rules.detectors {
            let whole = explain(&config, &rules, &detector.id).unwrap();
            assert_eq!(whole.members.len(), detector.rules.len() + detector.manifests.len());
            for member in &whole.members {
                let one = explain(&config, &rules, &member.id).unwrap();
                assert_eq!(one.rule_kind, RuleKind::Rule, "{}", member.id);
                assert_eq!(one.facts[0], ("finds".to_owned(), member.role.clone()), "{}", member.id);
                assert!(one.defined_in.ends_with(&format!("{}.yaml", detector.id)), "{}", one.defined_in);
            }
        }
        assert_eq!(explain(&config, &rules, "no-such-rule"), None);
    }
}

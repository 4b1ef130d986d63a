//! Runs the examples of rule files, each file by itself: what a valid example expects is found, and
//! in an invalid one nothing is.

use std::sync::Arc;

use rayon::prelude::*;

use crate::flow::config::Config;
use crate::flow::endpoints::{Found, Lifting};
use crate::flow::manifest::{Declaration, Manifests};
use crate::flow::program::{Input, Module, Program};
use crate::flow::types::Types;
use crate::flow::value::Closure;
use crate::flow::{self, Flow};
use crate::rules::{self, Example, Expected, Role, RuleFile, RuleProblem, RuleSet};
use crate::syntax::{Bodies, go, hcl, rust, ts, yaml};

/// What came of running examples.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// How many examples there are.
    pub examples: usize,
    /// What does not hold, in order of file and line.
    pub failures: Vec<Failure>,
}

/// Something that does not hold of one example.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The rule file.
    pub file: String,
    /// Line of the example, from 1.
    pub line: u32,
    /// What was expected and what is so, in a sentence without a full stop.
    pub message: String,
}

/// Runs the examples of these files, or gives all mistakes that they have.
pub fn run(files: &[RuleFile]) -> Result<Tried, Vec<RuleProblem>> {
    let loaded: Vec<_> = files.par_iter().map(|file| rules::load(std::slice::from_ref(file))).collect();
    let (mut sets, mut problems) = (Vec::new(), Vec::new());
    for result in loaded {
        match result {
            Ok(set) => sets.push(set),
            Err(mistakes) => problems.extend(mistakes),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let tried: Vec<(usize, Vec<Failure>)> = sets.par_iter().map(of_set).collect();
    let mut out = Tried::default();
    for (examples, failures) in tried {
        out.examples += examples;
        out.failures.extend(failures);
    }
    out.failures.sort();
    Ok(out)
}

fn of_set(set: &RuleSet) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    let all = set.detectors.iter().flat_map(|detector| detector.examples.iter().map(move |e| (detector, e)));
    let count = all.clone().count();
    for (detector, example) in all {
        failures.extend(of_example(set, example).into_iter().map(|message| Failure {
            file: detector.origin.clone(),
            line: example.line,
            message,
        }));
    }
    (count, failures)
}

fn of_example(set: &RuleSet, example: &Example) -> Vec<String> {
    let mut sources = example.files.clone();
    sources.sort();
    let mut inputs = Vec::new();
    let mut documents = Vec::new();
    for (path, text) in sources {
        let facts = match path.rsplit('.').next() {
            Some("go") => go::parse(text.as_bytes(), Bodies::Full),
            Some("rs") => rust::parse(text.as_bytes(), Bodies::Full),
            Some("ts" | "js") => ts::parse(text.as_bytes(), &path, Bodies::Full),
            Some("tf") => {
                documents.push((path, hcl::parse(&text).0));
                continue;
            }
            _ => {
                documents.push((path, yaml::parse(&text).0));
                continue;
            }
        };
        inputs.push(Input { path, facts, generated: false });
    }
    let program = flow::index(inputs, &[Module::go("", "example.com/app")]);
    let types = Types::new(&program, flow::returns(set));
    let services = [("mail".to_owned(), String::new())];
    let flow = flow::build(&types, set, &documents, &[], &services, &|_| Some(0));
    let declarations = Manifests::new(&documents, set).declarations();
    if example.expect.is_empty() {
        let matched = flow.matches.iter().map(|found| flow.index.rule(found.rule).id.clone());
        let declared = declarations.iter().map(|declared| declared.rule.clone());
        return matched.chain(declared).map(|id| format!("`{id}` matches, and nothing should")).collect();
    }
    let config = Config::default();
    let lifting = Lifting { types: &types, graph: &flow.graph, index: &flow.index, config: &config };
    let found = lifting.all(&flow.matches, Role::ALL);
    let missing =
        example.expect.iter().filter(|wanted| !is_found(&flow, &program, &found, &declarations, wanted));
    missing.map(|wanted| format!("no {} is found", words(wanted))).collect()
}

/// What is wanted: ``consumer by `house.read` of the topic `orders` with the handler `handle` ``.
fn words(wanted: &Expected) -> String {
    let part = |before: &str, name: Option<&String>| {
        name.map_or_else(String::new, |name| format!(" {before} `{name}`"))
    };
    format!(
        "{}{}{}{}",
        wanted.role.name(),
        part("by", wanted.rule.as_ref()),
        part("of the topic", wanted.topic.as_ref()),
        part("with the handler", wanted.handler.as_ref())
    )
}

fn is_found(
    flow: &Flow<'_>,
    program: &Program,
    found: &[Found],
    declarations: &[Declaration],
    wanted: &Expected,
) -> bool {
    let topic_fits = |topic: Option<&str>| wanted.topic.is_none() || wanted.topic.as_deref() == topic;
    let handler_fits = |handlers: &[Arc<Closure>]| {
        let is_wanted = |name: &str| handlers.iter().any(|handler| program.func_name(handler.func) == name);
        wanted.handler.as_deref().is_none_or(is_wanted)
    };
    let rule_fits = |id: flow::matches::RuleId| {
        let rule = flow.index.rule(id);
        rule.role == wanted.role && wanted.rule.as_ref().is_none_or(|wanted| *wanted == rule.id)
    };
    let lifted = found.iter().any(|found| {
        let topic = found.topic.as_ref().map(|topic| topic.name.as_str());
        rule_fits(found.matched.rule) && topic_fits(topic) && handler_fits(&found.handlers)
    });
    let handled = |topic: Option<&str>| {
        flow.consumers.iter().any(|consumer| {
            consumer.rule.is_none() && topic == Some(&consumer.topic.name) && handler_fits(&consumer.handlers)
        })
    };
    let declared = declarations.iter().any(|declared| {
        let named = wanted.topic.as_ref().is_none_or(|topic| declared.names.contains(topic));
        declared.role == wanted.role
            && wanted.rule.as_ref().is_none_or(|rule| *rule == declared.rule)
            && named
            && (wanted.handler.is_none() || handled(wanted.topic.as_deref()))
    });
    let bare = wanted.topic.is_none() && wanted.handler.is_none();
    lifted || declared || bare && flow.matches.iter().any(|found| rule_fits(found.rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(code: &str, expect: &str) -> RuleFile {
        let text = format!(
            "id: house\ntitle: House\ndocs: https://example.com\nlanguage: go\ntransport: kafka\n\
             imports: [example.com/bus]\nrules:\n  - id: house.consume\n    role: consumer\n    \
             call: Bus.Subscribe\n    topic: arg0\n    handler: arg1\n    note: Subscribes.\n\
             examples:\n  valid:\n    - code: |\n        package main\n\n        import \
             \"example.com/bus\"\n\n        func run(b *bus.Bus) {{ {code} }}\n\n        \
             func handle() {{}}\n      expect: [{{role: consumer, {expect}}}]\n  invalid:\n    \
             - code: |\n        package main\n\n        func run(b *Bus) {{ b.Subscribe(\"a\", handle) }}\n"
        );
        RuleFile { path: "house.yaml".to_owned(), text, builtin: false }
    }

    #[test]
    fn an_example_that_holds_and_one_that_does_not() {
        let code = "b.Subscribe(\"orders\", handle)";
        let tried = run(&[house(code, "topic: orders, handler: handle")]).unwrap();
        assert_eq!(tried, Tried { examples: 2, failures: Vec::new() });
        let tried = run(&[house(code, "rule: house.consume, topic: order")]).unwrap();
        assert_eq!(
            tried.failures,
            [Failure {
                file: "house.yaml".to_owned(),
                line: 16,
                message: "no consumer by `house.consume` of the topic `order` is found".to_owned()
            }]
        );
    }
}

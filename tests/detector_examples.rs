//! Runs the examples of every built-in detector with that detector alone: what a valid example
//! expects is found, and in an invalid one nothing is.

use flowaudit::flow::config::Config;
use flowaudit::flow::endpoints::{Found, Lifting};
use flowaudit::flow::program::{Input, Module, Program};
use flowaudit::flow::types::Types;
use flowaudit::flow::value::Closure;
use flowaudit::flow::{self, Flow};
use flowaudit::rules::{self, Example, Expected, Role, RuleSet};
use flowaudit::syntax::{go, hcl, rust, ts, yaml};
use std::sync::Arc;

/// What the flow stage does not follow yet: (rule, why). Remove an entry when its example passes.
const NOT_YET: &[(&str, &str)] = &[];

/// The failures of one example, in words.
fn failures(set: &RuleSet, example: &Example) -> Vec<(String, String)> {
    let mut sources = example.files.clone();
    sources.sort();
    let mut inputs = Vec::new();
    let mut documents = Vec::new();
    for (path, text) in sources {
        match path.rsplit('.').next() {
            Some("go") => {
                let facts = go::parse(text.as_bytes(), go::Bodies::Full);
                inputs.push(Input { path, facts, generated: false });
            }
            Some("rs") => {
                let facts = rust::parse(text.as_bytes(), go::Bodies::Full);
                inputs.push(Input { path, facts, generated: false });
            }
            Some("ts" | "js") => {
                let facts = ts::parse(text.as_bytes(), &path, go::Bodies::Full);
                inputs.push(Input { path, facts, generated: false });
            }
            Some("tf") => documents.push((path, hcl::parse(&text).0)),
            _ => documents.push((path, yaml::parse(&text).0)),
        }
    }
    let module = Module::go("", "example.com/app");
    let program = flow::index(inputs, &[module]);
    let types = Types::new(&program, flow::returns(set));
    let services = [("mail".to_owned(), String::new())];
    let flow = flow::build(&types, set, &documents, &services, &|_| Some(0));
    if example.expect.is_empty() {
        let matched = flow.matches.iter().map(|found| flow.index.rule(found.rule).id.clone());
        let declared = flow.declarations.iter().map(|declared| declared.rule.clone());
        return matched.chain(declared).map(|id| (id, "matches a look-alike".to_owned())).collect();
    }
    let config = Config::default();
    let lifting = Lifting { types: &types, graph: &flow.graph, index: &flow.index, config: &config };
    let found = lifting.all(&flow.matches, Role::ALL);
    let missing = example.expect.iter().filter(|wanted| !is_found(&flow, &program, &found, wanted));
    missing
        .map(|wanted| (wanted.rule.clone().unwrap_or_default(), format!("not found: {wanted:?}")))
        .collect()
}

fn is_found(flow: &Flow<'_>, program: &Program, found: &[Found], wanted: &Expected) -> bool {
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
    let declared = flow.declarations.iter().any(|declared| {
        let named = wanted.topic.as_ref().is_none_or(|topic| declared.names.contains(topic));
        declared.role == wanted.role
            && wanted.rule.as_ref().is_none_or(|rule| *rule == declared.rule)
            && named
            && (wanted.handler.is_none() || handled(wanted.topic.as_deref()))
    });
    let bare = wanted.topic.is_none() && wanted.handler.is_none();
    lifted || declared || bare && flow.matches.iter().any(|found| rule_fits(found.rule))
}

#[test]
fn every_example_of_every_detector_holds() {
    let mut unexpected = Vec::new();
    let mut open: Vec<&str> = NOT_YET.iter().map(|(rule, _)| *rule).collect();
    for file in rules::builtin_files() {
        let set = rules::load(&[file]).expect("a built-in file");
        for detector in &set.detectors {
            for example in &detector.examples {
                for (rule, message) in failures(&set, example) {
                    if NOT_YET.iter().any(|(known, _)| *known == rule) {
                        open.retain(|known| *known != rule);
                    } else {
                        unexpected.push(format!("{}:{} {rule}: {message}", detector.id, example.line));
                    }
                }
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(open.is_empty(), "these pass now, remove them from NOT_YET: {open:?}");
}

//! What is accepted, what is refused, and that the schema says the same.

use std::path::Path;

use super::load::{self, parse};
use super::*;
use crate::audit::{Leniency, Policy};

fn ok(text: &str) -> Config {
    parse(text, "flowaudit.yaml", Path::new(".")).unwrap()
}

fn mistakes(text: &str) -> Vec<String> {
    let problems = parse(text, "flowaudit.yaml", Path::new(".")).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_written_is_the_built_in_configuration() {
    for text in ["", "# only a comment\n", "services: []\n"] {
        let names: Vec<String> = ok(text)
            .audits
            .into_iter()
            .map(|audit| audit.name)
            .collect();
        assert_eq!(
            names,
            ["event-processing", "data-synchronization"],
            "{text:?}"
        );
    }
}

#[test]
fn everything_written_is_read() {
    let config = ok("\
policy: {idempotency: {fail_open: implemented}, schema: {idl: implemented}}
depth: 4
exclude: [dist/, '*.gen.go']
services:
  - {name: order, path: ./services/order/, owner: team-a, kind: service, role: orchestrator}
  - {name: 7, ignore: true}
audits:
  - name: money-flows
    scope: [order]
    controls: [outbox, topics]
    denominator: scope
    topics: {include: ['order.*'], exclude: ['*.dlq']}
  - {name: rest, title: The rest, scope: all}
rules: {paths: [src], enable: [webhook], disable: [a, b]}
");
    assert_eq!(config.depth, Some(4));
    assert_eq!(config.exclude, ["dist/", "*.gen.go"]);
    assert_eq!(config.policy.idempotency.fail_open, Leniency::Implemented);
    assert_eq!(config.policy.idempotency.ignored_error, Leniency::Partial);
    assert_eq!(config.policy.schema.idl, Leniency::Implemented);
    assert_eq!(config.services[0].path, "services/order");
    assert_eq!(config.services[0].role, Some(SagaRole::Orchestrator));
    assert_eq!(config.services[1].name, "7");
    assert!(config.services[1].ignore);
    let [money, rest] = config.audits.as_slice() else {
        panic!("two audits");
    };
    assert_eq!(money.title, "Money flows");
    assert_eq!(money.scope, Scope::Named(vec!["order".to_owned()]));
    assert_eq!(money.controls, [Control::Outbox, Control::Topics]);
    assert_eq!(money.denominator, Denominator::Scope);
    assert!(money.topics.admits("order.created") && !money.topics.admits("order.dlq"));
    assert_eq!(
        (rest.title.as_str(), &rest.scope),
        ("The rest", &Scope::All)
    );
    assert_eq!(config.rules.enable, ["webhook"]);
    assert_eq!(config.rules.paths, [Path::new("./src")]);
}

#[test]
fn policies_by_name() {
    assert_eq!(ok("policy: strict").policy, Policy::STRICT);
    assert_eq!(ok("policy: lenient").policy, Policy::LENIENT);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let text = "\
polcy: lenient
depth: -1
exclude: dist
services:
  - {name: a, kind: servce, colour: red}
  - {path: b}
  - {name: a}
  - {name: c, path: ../c}
  - {name: d, ignore: yes}
  - {name: e, ignore: true}
audits:
  - {name: x, scope: everything, controls: [idempotence, schema, schema]}
  - {name: x, scope: [e], denominator: services, topics: {only: [a], include: ['{a']}}
  - {name: y, controls: [], scope: []}
rules: {paths: [nowhere], enable: [r], disable: [r]}
";
    insta::assert_snapshot!(mistakes(text).join("\n"));
}

#[test]
fn broken_yaml_and_second_documents_are_mistakes() {
    assert_eq!(
        mistakes("depth: 1\n---\ndepth: 2\n"),
        ["flowaudit.yaml:3:1: a configuration is one document"]
    );
    assert!(mistakes("services: [\n")[0].starts_with("flowaudit.yaml:"));
    assert_eq!(
        mistakes("- a\n"),
        ["flowaudit.yaml:1:1: the configuration must be a mapping, not a list"]
    );
    assert!(!mistakes("depth: 1\ndepth: 2\n").is_empty(), "a key twice");
}

#[test]
fn paths_are_from_the_file_or_from_the_audited_folder() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join("services/order")).unwrap();
    std::fs::create_dir(root.join("ci")).unwrap();
    let text = "services:\n  - {name: o, path: services/order}\n  - {name: x, path: other}\n";

    let above = root.join(FILE_NAME);
    std::fs::write(&above, text).unwrap();
    let paths = |config: &Config| -> Vec<String> {
        config.services.iter().map(|s| s.path.clone()).collect()
    };
    let config = load(&above, &root).unwrap();
    assert_eq!(paths(&config), ["services/order", "other"]);
    let config = load(&above, &root.join("services")).unwrap();
    assert_eq!(paths(&config), ["order"]);
    assert_eq!(config.base, Some(root.clone()));

    let beside = root.join("ci/audit.yaml");
    std::fs::write(&beside, text).unwrap();
    let config = load(&beside, &root).unwrap();
    assert_eq!(paths(&config), ["services/order", "other"]);
    assert_eq!(config.base, Some(root.clone()));
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = serde_json::to_value(schema()).unwrap();
    let keys = |object: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = object["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        keys.sort();
        keys
    };
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&schema), sorted(load::TOP_KEYS));
    for (name, known) in [
        ("ServiceItem", load::SERVICE_KEYS),
        ("AuditItem", load::AUDIT_KEYS),
        ("TopicsItem", load::TOPIC_KEYS),
        ("RulesItem", load::RULE_KEYS),
        ("IdempotencyKnobs", load::IDEMPOTENCY_KEYS),
        ("SchemaKnobs", load::SCHEMA_KEYS),
    ] {
        assert_eq!(keys(&schema["$defs"][name]), sorted(known), "{name}");
    }
}

//! What is accepted, what is refused, and that the schema says the same.

use std::path::Path;

use super::parse::{self, parse};
use super::*;
use crate::audit::{Date, Leniency, Policy, Priority};
use crate::syntax::reader::Mistake;

fn ok(text: &str) -> Config {
    let (config, mistakes) = parse(text, Path::new("."));
    assert!(mistakes.is_empty(), "{mistakes:?}");
    config
}

fn mistakes(text: &str) -> Vec<String> {
    parse(text, Path::new(".")).1.iter().map(told).collect()
}

fn told(mistake: &Mistake) -> String {
    let Mistake { line, column, message, suggestion } = mistake;
    let suggestion = suggestion.as_ref().map(|word| format!(" → {word}"));
    format!("{line}:{column}: {message}{}", suggestion.unwrap_or_default())
}

#[test]
fn nothing_written_is_the_built_in_configuration() {
    for text in ["", "# only a comment\n", "services: []\n"] {
        let names: Vec<String> = ok(text).audits.into_iter().map(|audit| audit.name).collect();
        assert_eq!(names, ["event-processing", "data-synchronization"], "{text:?}");
    }
}

#[test]
fn everything_written_is_read() {
    let config = ok("\
policy: {idempotency: {fail_open: implemented}, schema: {idl: implemented}}
depth: 4
exclude: [dist/, '*.gen.go']
services:
  - {name: order, path: ./src/config/, owner: team-a, kind: service, role: orchestrator}
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
    assert_eq!(config.services[0].path.as_deref(), Some("src/config"));
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
    assert_eq!((rest.title.as_str(), &rest.scope), ("The rest", &Scope::All));
    let [webhook] = config.rules.enable.as_slice() else {
        panic!("one rule file");
    };
    assert_eq!((webhook.name.as_str(), webhook.line), ("webhook", 14));
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
exclude: {dist: 1}
services:
  - {name: a, kind: servce, colour: red}
  - {path: b}
  - {name: a}
  - {name: c, path: ../c}
  - {name: f, path: src}
  - {name: g, path: ./src/}
  - {name: h, path: nowhere}
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
    assert_eq!(mistakes("depth: 1\n---\ndepth: 2\n"), ["3:1: a second document; this file must hold one"]);
    assert!(mistakes("services: [\n")[0].starts_with("2:1:"));
    assert_eq!(
        mistakes("- a\n"),
        [
            "1:1: expected a mapping with the keys `services`, `audits`, `policy`, `rules`, `exclude`, `depth`, `reports`, `attestations`, `waivers`, `gate`, found a list"
        ]
    );
    assert!(!mistakes("depth: 1\ndepth: 2\n").is_empty(), "a key twice");
}

#[test]
fn paths_are_from_the_file_or_from_the_audited_folder() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join("services/order")).unwrap();
    std::fs::create_dir(root.join("ci")).unwrap();
    std::fs::create_dir(root.join("other")).unwrap();
    let text = "services:\n  - {name: o, path: services/order}\n  - {name: x, path: other}\n";

    let above = root.join(FILE_NAME);
    std::fs::write(&above, text).unwrap();
    let paths =
        |config: &Config| -> Vec<String> { config.services.iter().filter_map(|s| s.path.clone()).collect() };
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
fn services_that_are_not_found_are_mistakes() {
    let config = ok("\
services: [{name: order}, {name: gone, ignore: true}, {name: here, path: src}]
audits: [{name: a, scope: [order, here, serach]}, {name: b, scope: [billing]}]
");
    let found = ["order", "search", "here"].map(str::to_owned);
    let Err(ConfigError::Invalid { mistakes, .. }) = config.check_services(&found) else {
        panic!("two names are unknown");
    };
    assert_eq!(
        mistakes.iter().map(told).collect::<Vec<_>>(),
        [
            "2:41: no service `serach` was found → search",
            "2:69: no service `billing` was found; give its `path` under `services`",
        ]
    );
    let found = ["order", "serach", "here", "billing"].map(str::to_owned);
    assert!(config.check_services(&found).is_ok());
}

#[test]
fn a_key_with_nothing_after_it_is_absent() {
    let config = ok("services:\naudits:\npolicy:\nrules:\nexclude:\ndepth:\n");
    assert_eq!(config.audits.len(), 2);
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = serde_json::to_value(schema()).unwrap();
    let keys = |object: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = object["properties"].as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&schema), sorted(parse::TOP_KEYS));
    for (name, known) in [
        ("ServiceItem", parse::SERVICE_KEYS),
        ("AuditItem", parse::AUDIT_KEYS),
        ("TopicsItem", parse::TOPIC_KEYS),
        ("Knobs", parse::POLICY_KEYS),
        ("RulesItem", parse::RULE_KEYS),
        ("IdempotencyKnobs", parse::IDEMPOTENCY_KEYS),
        ("SchemaKnobs", parse::SCHEMA_KEYS),
        ("ReportsItem", reports::KEYS),
        ("AttestationItem", attestations::KEYS),
        ("WaiverItem", waivers::KEYS),
        ("GateItem", gate::KEYS),
        ("FailOnItem", gate::FAIL_KEYS),
    ] {
        assert_eq!(keys(&schema["$defs"][name]), sorted(known), "{name}");
    }
}

#[test]
fn documents_and_attestations_are_read() {
    let config = ok("\
reports: {title: Money, summary: money.md, templates: src, checklists: [src/config]}
audits: [{name: a, document: a.md, template: house.md.tera, checklist: pay, checklist_document: pay.md}]
attestations:
  - {item: ep-chaos, by: team-a, when: 2026-01-31, until: 2026-07-31, reason: done, covers: src, hash: 00}
");
    assert_eq!(config.reports.summary, "money.md");
    assert_eq!(config.reports.page, "flow-audit.html");
    assert_eq!(config.reports.templates, [Path::new("./src")]);
    assert_eq!(config.audits[0].documents.checklist.as_ref().unwrap().name, "pay");
    let word = &config.attestations[0];
    assert_eq!((word.item.line, word.until.to_string().as_str()), (4, "2026-07-31"));
    assert_eq!(word.covers, ["src"]);
    assert_eq!(
        mistakes(
            "\
reports: {summary: ../money.md, page: page, templates: nowhere}
attestations:
  - {item: x, by: a, when: 31.1.2026, until: 2026-02-30}
  - {item: x, by: a, when: 2026-02-01, until: 2026-01-01, reason: r, hash: 0, covers: ../up}
"
        ),
        [
            "1:20: expected the name of a file, found `../money.md`",
            "1:39: expected a name that ends in `.html`, found `page`",
            "1:56: there is no file or folder `nowhere`",
            "3:5: the key `reason` is missing",
            "3:28: expected a day as `YYYY-MM-DD`, found `31.1.2026`",
            "3:46: expected a day as `YYYY-MM-DD`, found `2026-02-30`",
            "4:47: it ends before it was given",
            "4:87: the path `../up` leads out of the audited folder",
        ]
    );
}

#[test]
fn waivers_name_what_they_waive_and_who_answers_for_it() {
    let config = ok("\
waivers:
  - {rule: no-dead-letter, service: order, reason: replay exists, owner: team-a, until: 2026-12-31}
  - {rule: no-schema, consumer: order/paid/Handle, reason: r, owner: o}
  - {finding: 0123456789abcdef, reason: r, owner: o}
");
    let [first, second, third] = config.waivers.as_slice() else {
        panic!("three waivers");
    };
    assert_eq!(first.until, Date::parse("2026-12-31"));
    assert_eq!(first.line, 2);
    assert_eq!(second.target.service(), Some("order"));
    assert_eq!(third.target, Target::Finding("0123456789abcdef".to_owned()));
    let named: Vec<(Names, &str)> =
        config.mentions.iter().map(|(names, mention)| (*names, mention.name.as_str())).collect();
    let expected = [
        (Names::Waived, "no-dead-letter"),
        (Names::Service, "order"),
        (Names::Waived, "no-schema"),
        (Names::Service, "order"),
    ];
    assert_eq!(named, expected, "checked when rules and services are known");
    let told = mistakes(
        "\
waivers:
  - {rule: r, service: s, reason: r}
  - {rule: r, reason: r, owner: o}
  - {rule: r, service: s, finding: 0123456789abcdef, reason: r, owner: o}
  - {rule: r, service: s, reason: ' ', owner: o, until: 31.12.2026}
  - {finding: xyz, reason: r, owner: o}
  - {rule: r, service: s, consumer: t/x/H, reason: r, owner: o}
",
    );
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_gate_has_floors_and_things_that_fail() {
    let plain = ok("depth: 1\n").gate;
    assert_eq!(plain, GatePolicy::default());
    assert_eq!(plain.fail_on.priority, Some(Priority::P1));
    let gate = ok("\
gate:
  baseline: ci/base.json
  min: {event-processing: {idempotency: 50, dead_letter: 30}}
  fail_on: {severity: never, priority: P0, worse_status: false}
")
    .gate;
    assert_eq!(gate.baseline.as_deref(), Some(Path::new("./ci/base.json")));
    assert_eq!(gate.floor("event-processing", Control::DeadLetter), Some(30));
    assert_eq!(gate.floor("event-processing", Control::Schema), None);
    assert_eq!((gate.fail_on.severity, gate.fail_on.priority), (None, Some(Priority::P0)));
    assert!(!gate.fail_on.worse_status && gate.fail_on.lower_percent);
    let told = mistakes(
        "\
gate:
  min: {event-procesing: {idempotency: 50}, data-synchronization: {outbox: 20, schema: 101, shema: 1}}
  fail_on: {severity: fatal, priority: high, worse: true}
  basline: x
",
    );
    insta::assert_snapshot!(told.join("\n"));
}

/// Found by fuzzing: the audit's document is called after it, and would lie outside its folder.
#[test]
fn no_audit_is_called_so_that_its_documents_leave_their_folder() {
    for name in ["../up", "a/b", ".hidden", "a\\b", "\"a\\tb\""] {
        let found = mistakes(&format!("audits: [{{name: {name}}}]"));
        assert!(found[0].starts_with("1:17: documents are called after an audit"), "{found:?}");
    }
}

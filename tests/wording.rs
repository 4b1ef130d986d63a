//! What documents say of findings, evidence and inventories: of an audit made by hand.

mod common;
mod support;

use std::collections::BTreeMap;
use std::fs;

use common::sample;
use flowaudit::audit::{
    Audit, AuditResult, CacheStore, Control, Date, EventSchema, Evidence, Finding, Service, Status,
};
use flowaudit::config::Config;
use flowaudit::controls::control_of;
use flowaudit::report::docs::{self, Material, Stamp};
use support::{DATA, EVENTS, SUMMARY, line, run, write};

/// What documents say of an audit made by hand, with every service in scope.
fn of(audit: &Audit) -> BTreeMap<String, String> {
    let config = Config::default();
    let row = |name: &str, control: Control| {
        let status = |s: &Service| s.controls.get(&control).map_or(Status::NotApplicable, |v| v.status);
        let services = audit.services.iter().map(|service| (service.name.clone(), status(service)));
        AuditResult::of(name, control, None, services.collect())
    };
    let rows = config.audits.iter().flat_map(|it| it.controls.iter().map(|control| row(&it.name, *control)));
    let audit = &Audit { audits: rows.collect(), ..audit.clone() };
    let stamp = Stamp { date: Date::parse("2026-01-31").unwrap(), system: "shop".to_owned(), revision: None };
    let material = Material {
        audit,
        config: &config,
        templates: &[],
        stamp: &stamp,
        to_root: "..",
        from_root: "docs",
        since: None,
        source: &|_| None,
        control_of: &control_of,
    };
    let documents = docs::documents(&material).unwrap();
    documents.into_iter().map(|document| (document.name, document.text)).collect()
}

#[test]
fn findings_of_one_rule_at_one_line_are_one_action_whatever_each_says() {
    let mut audit = sample();
    let find = |audit: &Audit| audit.findings.iter().position(|f| f.consumer.is_some()).unwrap();
    let first = audit.findings[find(&audit)].clone();
    let others: Vec<_> = audit.consumers.iter().filter(|c| Some(&c.id) != first.consumer.as_ref()).collect();
    assert!(others.len() > 3);
    let more = others.iter().enumerate().map(|(index, consumer)| Finding {
        consumer: Some(consumer.id.clone()),
        service: consumer.service.clone(),
        message: format!("Something else goes wrong, for the {index}th time."),
        ..first.clone()
    });
    let (count, more): (usize, Vec<Finding>) = (others.len() + 1, more.collect());
    audit.findings.extend(more);
    let events = &of(&audit)[EVENTS];
    let place = format!(":{}]", first.location.line);
    let item = line(events, &[&place, "findings, of"]);
    assert!(item.contains(&format!("({count} findings, of {count} consumers; the like for ")), "{item}");
    let (_, actions) = events.split_once("## Priority actions").unwrap();
    let (actions, _) = actions.split_once("## Recent changes").unwrap();
    assert_eq!(actions.matches("Something else goes wrong").count(), 0, "told once");
    let priority = first.priority.word();
    assert!(line(events, &["Findings: "]).contains(&format!("{priority}, settled by ")));
    assert!(events.contains("Findings of one rule at one line of code that ask for the same are one action"));
}

#[test]
fn rules_of_one_control_at_one_line_are_told_together() {
    let mut audit = sample();
    // The two most urgent priorities are told first.
    audit.findings.retain(|f| f.priority != flowaudit::audit::Priority::P0);
    let first = audit.findings.iter().find(|f| f.rule == "dedupe-error-ignored" && f.consumer.is_some());
    let first = first.expect("an error is ignored").clone();
    audit.findings.push(Finding {
        rule: "dedupe-not-atomic".to_owned(),
        message: "Two at a time both pass.".to_owned(),
        help: "Claim it at once.".to_owned(),
        ..first
    });
    let documents = of(&audit);
    let (told, _) = documents[SUMMARY].split_once("## Key figures").unwrap();
    let told = line(told, &["1. **", "dedupe-error-ignored**"]);
    assert!(told.contains(", with **P2 dedupe-not-atomic**, 1 finding there: "), "{told}");
    assert!(told.contains(" Two at a time both pass. **Do:** ") && told.contains(" Claim it at once. "));
    assert!(!documents[SUMMARY].contains("1. **P2 dedupe-not-atomic**"), "told once");
    assert!(documents[SUMMARY].contains("| dedupe-not-atomic | 1 |"), "and counted where it is");
}

#[test]
fn evidence_in_the_folder_of_another_service_says_whose_it_is() {
    let mut audit = sample();
    let path = format!("{}/module.go", audit.services.iter().find(|it| it.name == "search").unwrap().path);
    let service = audit.services.iter_mut().find(|it| it.name == "customer").unwrap();
    let idempotency = service.controls.get_mut(&Control::Idempotency).unwrap();
    let (role, note) = ("tx.begin".to_owned(), "db.Begin()".to_owned());
    idempotency.evidence.push(Evidence { path: path.clone(), line: 61, role, note });
    let events = &of(&audit)[EVENTS];
    let proof = line(events, &["begins a transaction", "/module.go:61]"]);
    assert!(proof.starts_with(&format!("- [{path}:61](")) && proof.contains(") of search begins"), "{proof}");
}

#[test]
fn a_stream_of_the_broker_s_own_is_introduced_before_it_stands_anywhere() {
    let mut audit = sample();
    let documents = of(&audit);
    assert!(documents.values().all(|text| !text.contains("no topic that a service names")));
    let consumer = audit.consumers.iter_mut().find(|c| c.service == "customer").unwrap();
    consumer.topic.name = "$all".to_owned();
    (consumer.framework, consumer.transport) = ("eventstoredb".to_owned(), "other".to_owned());
    let told = "`$all`, which customer reads, is no topic that a service names: it is the one stream of EventStoreDB";
    for (name, text) in of(&audit).iter().filter(|(_, text)| text.contains("$all")) {
        assert!(text.find("$all") == text.find("$all`, which") && text.contains(told), "{name}");
    }
    // Of one that nobody knows it is told that it is none of a service.
    let consumer = audit.consumers.iter_mut().find(|c| c.topic.name == "$all").unwrap();
    consumer.topic.name = "$other".to_owned();
    line(&of(&audit)[EVENTS], &["`$other`, which", "it is a stream that the broker keeps itself."]);
}

#[test]
fn a_table_is_not_advised_on_as_what_expires_is() {
    let mut audit = sample();
    let data = |audit: &Audit| of(audit)[DATA].clone();
    let row = |text: &str| line(text, &["| warehouse | `warehouse:location"]).to_owned();
    assert!(row(&data(&audit)).contains("| a store over the network | 10 min |"));
    assert!(of(&audit)[SUMMARY].contains("Hit rate"));

    let cache = &mut audit.caches[0];
    (cache.store, cache.ttl_seconds, cache.expires) = (Some(CacheStore::Table), None, false);
    assert!(row(&data(&audit)).contains("| a table | – (rows stay) |"));
    let summary = &of(&audit)[SUMMARY];
    assert!(!summary.contains("Hit rate") && summary.contains("### Copies in tables"), "{summary}");
    line(summary, &["For warehouse. Caches: `warehouse:location:{location_id}`."]);

    // What is only added to is told as that, and why it counts as told of changes.
    audit.caches[0].invalidations.clear();
    assert!(row(&data(&audit)).ends_with("| nothing | – |"));
    audit.caches[0].filled_on_change = true;
    assert!(row(&data(&audit)).ends_with("| nothing; what is newly heard of is only added | – |"));
    assert!(data(&audit).contains("counts among those that are told of changes"));
}

#[test]
fn a_type_of_event_is_counted_once_whatever_is_said_of_it() {
    let mut audit = sample();
    let known = audit.schemas[0].clone();
    let contract = EventSchema { contract: true, enforced: None, ..known.clone() };
    let other = EventSchema { event_type: "order_closed".to_owned(), ..contract.clone() };
    audit.schemas.extend([contract, other]);
    let events = &of(&audit)[EVENTS];
    let told = "counted once: 1 event type with a schema or validator registered for it (analytics 1); \
                1 event type that only a contract describes (analytics 1).";
    line(events, &[told]);
    line(events, &["| registered in code |", "no, it is only logged"]);
    line(events, &["`order_created`<br>`order_closed` | a contract |", "it checks nothing"]);
}

#[test]
fn a_contract_s_types_are_shown_by_the_name_that_messages_carry() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| write(dir.path(), path, text);
    write("go.mod", "module example.com/shop\n\ngo 1.24\n");
    write("stores/main.go", "package main\n\nfunc main() {}\n");
    write(
        "stores/storespb/events.go",
        "package storespb\n\nconst StoreCreatedEvent = \"stores.StoreCreated\"\n",
    );
    write(
        "stores/storespb/asyncapi.yaml",
        "asyncapi: 2.3.0\ninfo: {title: Stores, version: 1.0.0}\nchannels: {}\ncomponents:\n  messages:\n    \
         storesapi.StoreCreatedEvent:\n      payload: {type: object}\n    \
         storesapi.StoreClosed:\n      payload: {type: object}\n",
    );
    let (code, out, err) = run(&["scan", ".", "--format", "json"], dir.path());
    assert_eq!(code, Some(0), "{err}");
    let audit: Audit = serde_json::from_str(&out).unwrap();
    let types: Vec<_> = audit.schemas.iter().map(|it| (it.event_type.as_str(), it.key.as_deref())).collect();
    let expected =
        [("stores.StoreCreated", Some("storesapi.StoreCreatedEvent")), ("storesapi.StoreClosed", None)];
    assert_eq!(types, expected);
    assert_eq!(run(&["report", ".", "-o", "docs"], dir.path()).0, Some(0));
    let events = fs::read_to_string(dir.path().join("docs").join(EVENTS)).unwrap();
    line(
        &events,
        &["`stores.StoreCreated` (in the contract `storesapi.StoreCreatedEvent`)", "| a contract |"],
    );
    line(&events, &["counted once: 2 event types that only a contract describes (stores 2)."]);
}

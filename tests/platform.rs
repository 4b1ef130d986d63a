//! The fixture's consumers, publishers, topics and subscription types are those of
//! `fixtures/platform.expected.yaml`, which was written from the facts the fixture was made to,
//! not from what flowaudit says of it.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::sync::LazyLock;

use flowaudit::audit::{Audit, TopicIssue};
use flowaudit::syntax::yaml::{self, Node};
use support::{platform, project, scan_json};

static AUDIT: LazyLock<Audit> = LazyLock::new(|| serde_json::from_str(&scan_json(&platform(), &[])).unwrap());

static EXPECTED: LazyLock<Node> = LazyLock::new(|| {
    let text = fs::read_to_string(project().join("fixtures/platform.expected.yaml")).unwrap();
    let (mut documents, problems) = yaml::parse(&text);
    assert!(problems.is_empty(), "{problems:?}");
    documents.remove(0)
});

fn services() -> BTreeMap<String, &'static Node> {
    let entries = EXPECTED.get("services").unwrap().entries();
    entries.iter().map(|entry| (entry.key.clone(), &entry.value)).collect()
}

fn list(node: &Node, key: &str) -> BTreeSet<String> {
    let items = node.get(key).map_or(&[][..], Node::items);
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// What each service is expected to have under a key, without those that have nothing.
fn expected(key: &str) -> BTreeMap<String, BTreeSet<String>> {
    let of = services().into_iter().map(|(name, node)| (name, list(node, key)));
    of.filter(|(_, values)| !values.is_empty()).collect()
}

/// Pairs of service and value, by service.
fn by_service<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (service, value) in pairs {
        out.entry(service.clone()).or_default().insert(value.clone());
    }
    out
}

/// Fails with every entry that differs, not with two whole maps.
#[track_caller]
fn same<V: Debug + PartialEq>(found: &BTreeMap<String, V>, expected: &BTreeMap<String, V>) {
    let keys: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let differ = keys.into_iter().filter(|key| found.get(*key) != expected.get(*key));
    let lines: Vec<String> = differ
        .map(|key| format!("{key}:\n  expected {:?}\n  found    {:?}", expected.get(key), found.get(key)))
        .collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

/// Consumers of a broker; a webhook is none.
fn of_brokers() -> impl Iterator<Item = &'static flowaudit::audit::Consumer> {
    AUDIT.consumers.iter().filter(|consumer| consumer.transport != "webhook")
}

#[test]
fn services_and_their_kinds() {
    let kind = |node: &Node| node.get("kind").and_then(Node::as_str).unwrap_or("service").to_owned();
    let expected = services().into_iter().map(|(name, node)| (name, kind(node))).collect();
    let found = AUDIT.services.iter().map(|s| (s.name.clone(), s.kind.word().to_owned())).collect();
    same(&found, &expected);
}

#[test]
fn subscription_types() {
    let of = |node: &Node| node.get("subscription_type").and_then(Node::as_str).unwrap().to_owned();
    let expected = services().into_iter().map(|(name, node)| (name, of(node))).collect();
    let of = |s: &flowaudit::audit::Service| (s.name.clone(), s.subscription_type.word().to_owned());
    same(&AUDIT.services.iter().map(of).collect(), &expected);
}

#[test]
fn topics_in() {
    assert!(of_brokers().all(|consumer| consumer.topic.resolved), "every topic can be followed to its name");
    same(&by_service(of_brokers().map(|c| (&c.service, &c.topic.name))), &expected("topics_in"));
}

#[test]
fn each_topic_of_a_service_is_consumed_once() {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for consumer in of_brokers() {
        *times.entry(format!("{} {}", consumer.service, consumer.topic.name)).or_default() += 1;
    }
    times.retain(|_, times| *times > 1);
    same(&times, &BTreeMap::new());
}

#[test]
fn consumers_are_registered_where_they_are_written() {
    let found = by_service(AUDIT.consumers.iter().map(|c| (&c.service, &c.registration.path)));
    same(&found, &expected("registered_in"));
}

/// Publications, but for those that only park what failed (search parks its own messages).
fn sent() -> impl Iterator<Item = &'static flowaudit::audit::Publisher> {
    AUDIT.publishers.iter().filter(|publisher| publisher.topic.name.strip_suffix(".dlq").is_none())
}

#[test]
fn topics_out() {
    same(&by_service(sent().map(|p| (&p.service, &p.topic.name))), &expected("topics_out"));
}

#[test]
fn publishers_are_in_the_files_that_publish() {
    let expected = expected("published_in");
    let strangers: Vec<String> = sent()
        .filter(|p| !expected.get(&p.service).is_some_and(|files| files.contains(&p.at.path)))
        .map(|p| format!("{}: {} at {}:{}", p.service, p.topic.name, p.at.path, p.at.line))
        .collect();
    assert!(strangers.is_empty(), "\n{}", strangers.join("\n"));
}

#[test]
fn the_webhook_is_a_consumer_and_its_route_no_topic() {
    let webhooks: Vec<_> = AUDIT.consumers.iter().filter(|c| c.transport == "webhook").collect();
    let services: Vec<&str> = webhooks.iter().map(|c| c.service.as_str()).collect();
    let expected: Vec<String> = services_where("webhook").into_iter().collect();
    assert_eq!(services, expected);
    for webhook in webhooks {
        let named = AUDIT.topics.iter().find(|topic| topic.name == webhook.topic.name);
        assert_eq!(named, None, "a route is not a topic that somebody should publish to");
    }
}

fn services_where(flag: &str) -> BTreeSet<String> {
    let on = |node: &Node| node.get(flag).and_then(Node::as_bool) == Some(true);
    services().into_iter().filter(|(_, node)| on(node)).map(|(name, _)| name).collect()
}

#[test]
fn near_misses() {
    let entries = EXPECTED.path("topics.near_misses")[0].entries();
    let expected =
        entries.iter().map(|entry| (entry.key.clone(), entry.value.as_str().unwrap().to_owned())).collect();
    let near = AUDIT.topics.iter().filter(|topic| topic.issue == Some(TopicIssue::NearMiss));
    let found = near.map(|topic| (topic.name.clone(), topic.near.clone().unwrap_or_default())).collect();
    same(&found, &expected);
}

#[test]
fn topics_that_nobody_publishes() {
    let expected = list(EXPECTED.get("topics").unwrap(), "no_publisher");
    let silent = AUDIT.topics.iter().filter(|topic| topic.issue == Some(TopicIssue::NoPublisher));
    let found: BTreeSet<String> = silent.map(|topic| topic.name.clone()).collect();
    assert_eq!(found, expected);
}

#[test]
fn caches_have_their_keys_and_times_to_live() {
    for (service, node) in services() {
        let Some(caches) = node.get("caches") else { continue };
        let expected: BTreeMap<String, String> = caches
            .entries()
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.as_text().unwrap().to_owned()))
            .collect();
        let found: BTreeMap<String, String> = AUDIT
            .caches
            .iter()
            .filter(|cache| cache.service == service)
            .map(|cache| {
                let prefix = cache.key.split('{').next().unwrap_or_default().to_owned();
                assert!(!cache.invalidations.is_empty(), "{service} {prefix}");
                (prefix, cache.ttl_seconds.map(|n| n.to_string()).unwrap_or_default())
            })
            .collect();
        assert_eq!(found, expected, "{service}");
    }
}

/// The services that have a finding of one of `rules`, with the rule.
fn found_in(rules: &[&str]) -> BTreeMap<String, String> {
    let mine = AUDIT.findings.iter().filter(|f| rules.contains(&f.rule.as_str()));
    mine.map(|f| (f.service.clone(), f.rule.clone())).collect()
}

#[test]
fn events_go_through_the_outbox_or_beside_it() {
    let outbox = EXPECTED.get("outbox").unwrap();
    let duals: BTreeSet<String> = found_in(&["dual-write"]).into_keys().collect();
    for service in list(outbox, "through") {
        assert!(sent().filter(|p| p.service == service).all(|p| p.outbox), "{service}");
        assert!(!duals.contains(&service), "{service}");
    }
    for service in list(outbox, "beside") {
        assert!(sent().filter(|p| p.service == service).all(|p| !p.outbox), "{service}");
        assert!(duals.contains(&service), "{service}");
    }
}

#[test]
fn outboxes_with_a_fault() {
    let entries = EXPECTED.path("outbox.weaknesses")[0].entries();
    let expected =
        entries.iter().map(|entry| (entry.key.clone(), entry.value.as_str().unwrap().to_owned())).collect();
    same(&found_in(&["outbox-without-worker", "outbox-without-skip-locked"]), &expected);
}

#[test]
fn patterns_at_both_depths() {
    let shallow: Audit = serde_json::from_str(&scan_json(&platform(), &["--depth=0"])).unwrap();
    for (depth, audit) in [("shallow", &shallow), ("deep", &*AUDIT)] {
        for control in EXPECTED.get("controls").unwrap().entries() {
            let services = control.value.entries();
            let expected: BTreeMap<String, BTreeSet<String>> =
                services.iter().map(|entry| (entry.key.clone(), list(&entry.value, depth))).collect();
            let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for consumer in audit.consumers.iter().filter(|c| expected.contains_key(&c.service)) {
                let (_, verdict) = consumer.controls.iter().find(|(c, _)| c.word() == control.key).unwrap();
                let word = verdict.pattern.clone().unwrap_or_else(|| verdict.status.word().to_owned());
                found.entry(consumer.service.clone()).or_default().insert(word);
            }
            same(&found, &expected);
        }
    }
}

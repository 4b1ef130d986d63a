//! The fixtures of the languages beside Go say what an audit of them must find in
//! `fixtures/NAME.expected.yaml`, which is written from their code. Every entry is compared, and what
//! is not expected must not be there.

mod support;

use std::collections::BTreeMap;
use std::fs;

use flowaudit::audit::{Audit, Control, Status};
use flowaudit::syntax::yaml::{self, Node};
use support::{copy_tree, project, scan_json};

/// Facts by name: what differs is told by name.
type Facts = BTreeMap<String, String>;

fn audit_of(name: &str) -> Audit {
    // A copy, so that the tree is audited as one of its own.
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join(name);
    copy_tree(&project().join("fixtures").join(name), &root, &|path, bytes| (path.to_owned(), bytes));
    serde_json::from_str(&scan_json(&root, &[])).unwrap()
}

fn expected_of(name: &str) -> Node {
    let text = fs::read_to_string(project().join(format!("fixtures/{name}.expected.yaml"))).unwrap();
    let (mut documents, problems) = yaml::parse(&text);
    assert!(problems.is_empty(), "{problems:?}");
    documents.remove(0)
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    let items = node.get(key).map_or(&[][..], Node::items);
    let mut texts: Vec<String> = items.iter().map(|item| item.as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

/// `implemented redis`, `missing`.
fn verdict(status: Status, pattern: Option<&str>) -> String {
    let mut text = status.word().to_owned();
    if let Some(pattern) = pattern.filter(|pattern| *pattern != "none") {
        text.push(' ');
        text.push_str(pattern);
    }
    text
}

/// What the audit found, as facts.
fn found(audit: &Audit) -> Facts {
    let mut facts = Facts::new();
    for consumer in &audit.consumers {
        for (control, found) in &consumer.controls {
            let name = format!("{}: consumer {}: {}", consumer.service, consumer.topic.name, control.word());
            facts.insert(name, verdict(found.status, found.pattern.as_deref()));
        }
    }
    for publisher in &audit.publishers {
        facts.insert(format!("{}: publishes {}", publisher.service, publisher.topic.name), String::new());
    }
    for service in &audit.services {
        for control in [Control::CacheInvalidation, Control::Outbox] {
            let Some(found) = service.controls.get(&control) else { continue };
            if !matches!(found.status, Status::NotApplicable | Status::NeedsReview) {
                let pattern = found.patterns.first().map(String::as_str);
                let name = format!("{}: service: {}", service.name, control.word());
                facts.insert(name, verdict(found.status, pattern));
            }
        }
    }
    for finding in &audit.findings {
        let of = finding.consumer.as_ref().and_then(|id| audit.consumers.iter().find(|c| c.id == *id));
        let about = of.map(|consumer| &consumer.topic.name).or(finding.subject.as_ref());
        let about = about.map(|about| format!(" {about}")).unwrap_or_default();
        facts.insert(format!("{}: finding: {}{about}", finding.service, finding.rule), String::new());
    }
    for topic in &audit.topics {
        let near = topic.near.as_ref().map(|near| format!(", near {near}")).unwrap_or_default();
        let ends = format!("{:?} to {:?}{near}", topic.publishers, topic.subscribers);
        facts.insert(format!("topic {}", topic.name), ends);
    }
    facts
}

/// What the file expects, as facts.
fn expected(root: &Node) -> Facts {
    let mut facts = Facts::new();
    for entry in root.path("services")[0].entries() {
        let (service, node) = (&entry.key, &entry.value);
        for consumer in node.get("consumers").map_or(&[][..], Node::entries) {
            for control in consumer.value.entries() {
                let name = format!("{service}: consumer {}: {}", consumer.key, control.key);
                facts.insert(name, control.value.as_str().unwrap().to_owned());
            }
        }
        for topic in texts(node, "publishers") {
            facts.insert(format!("{service}: publishes {topic}"), String::new());
        }
        for control in node.get("controls").map_or(&[][..], Node::entries) {
            let name = format!("{service}: service: {}", control.key);
            facts.insert(name, control.value.as_str().unwrap().to_owned());
        }
        for finding in texts(node, "findings") {
            facts.insert(format!("{service}: finding: {finding}"), String::new());
        }
    }
    for topic in root.get("topics").map_or(&[][..], Node::entries) {
        let near = topic.value.get("near").and_then(Node::as_str);
        let near = near.map(|near| format!(", near {near}")).unwrap_or_default();
        let (publishers, subscribers) =
            (texts(&topic.value, "publishers"), texts(&topic.value, "subscribers"));
        facts.insert(format!("topic {}", topic.key), format!("{publishers:?} to {subscribers:?}{near}"));
    }
    facts
}

/// Fails with every fact that differs. Where the file names no topics, they are not compared.
#[track_caller]
fn compare(name: &str) {
    let root = expected_of(name);
    let (mut found, expected) = (found(&audit_of(name)), expected(&root));
    if root.get("topics").is_none() {
        found.retain(|fact, _| !fact.starts_with("topic "));
    }
    let mut names: Vec<&String> = found.keys().chain(expected.keys()).collect();
    names.sort();
    names.dedup();
    let lines: Vec<String> = names
        .into_iter()
        .filter(|fact| found.get(*fact) != expected.get(*fact))
        .map(|fact| {
            format!("{fact}\n    expected {:?}\n    found    {:?}", expected.get(fact), found.get(fact))
        })
        .collect();
    assert!(lines.is_empty(), "{name}:\n{}", lines.join("\n"));
}

#[test]
fn go_typescript_and_rust_share_topics() {
    compare("polyglot");
}

#[test]
fn typescript() {
    compare("node");
}

#[test]
fn rust() {
    compare("rust");
}

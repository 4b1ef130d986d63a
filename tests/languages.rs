//! The fixtures of the languages beside Go say what an audit of them must find in
//! `fixtures/NAME.expected.yaml`, which is written from their code. Every entry is compared, and what
//! is not expected must not be there. Those of TypeScript and Rust show every pattern and every weakness
//! that the rules list.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

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
    read_yaml(&project().join(format!("fixtures/{name}.expected.yaml")))
}

fn read_yaml(path: &Path) -> Node {
    let (mut documents, problems) = yaml::parse(&fs::read_to_string(path).unwrap());
    assert!(problems.is_empty(), "{}: {problems:?}", path.display());
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

/// What a language cannot show, and why; a fixture that shows it all the same makes the entry wrong.
const CANNOT_SHOW: [(&str, &str, &str); 3] = [
    (
        "rust",
        "dead_letter middleware",
        "no library of the Rust rules has middleware that moves failures; a wrapper of one's own is read as \
         what it does",
    ),
    ("rust", "outbox middleware", SAVING_PUBLISHER),
    ("node", "outbox middleware", SAVING_PUBLISHER),
];

const SAVING_PUBLISHER: &str = "a publisher that is wrapped in functions is looked for as Go programs have it; a \
                                class that saves instead of sending is an outbox by what it does";

/// `dead_letter table`, `dead_letter ack-on-error`: each pattern that a control has, and each weakness
/// that its table reports.
fn to_show() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for file in fs::read_dir(project().join("rules/patterns")).unwrap() {
        let name = file.unwrap().file_name();
        let read = |folder: &str| read_yaml(&project().join("rules").join(folder).join(&name));
        let (patterns, table) = (read("patterns"), read("controls"));
        let control = table.get("control").and_then(Node::as_str).unwrap();
        for (node, key) in [(&patterns, "patterns"), (&table, "weaknesses"), (&table, "findings")] {
            for item in node.get(key).map_or(&[][..], Node::items) {
                all.insert(format!("{control} {}", item.get("id").and_then(Node::as_str).unwrap()));
            }
        }
    }
    all
}

/// The patterns and rules that a fixture is expected to show; `compare` holds the audit to them.
fn shown(name: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (fact, verdict) in expected(&expected_of(name)) {
        if let Some((_, finding)) = fact.split_once(": finding: ") {
            all.insert(finding.split(' ').next().unwrap().to_owned());
        } else if let (Some((_, control)), Some((_, pattern))) =
            (fact.rsplit_once(": "), verdict.split_once(' '))
        {
            all.insert(format!("{control} {pattern}"));
        }
    }
    all
}

/// Fails with what a fixture of a language lacks, and with what it shows although it cannot.
#[track_caller]
fn complete(name: &str) {
    let shown = shown(name);
    let is_shown = |what: &str| {
        // A weakness is named by its rule alone.
        shown.contains(what) || what.split_once(' ').is_some_and(|(_, rule)| shown.contains(rule))
    };
    let all = to_show();
    let except: BTreeSet<&str> =
        CANNOT_SHOW.iter().filter(|(of, ..)| *of == name).map(|(_, what, _)| *what).collect();
    let lacks: Vec<&String> = all.iter().filter(|w| !is_shown(w) && !except.contains(w.as_str())).collect();
    let wrong: Vec<&&str> = except.iter().filter(|w| is_shown(w) || !all.contains(**w)).collect();
    assert!(lacks.is_empty(), "the fixture {name} does not show {lacks:?}");
    assert!(wrong.is_empty(), "{name} is said not to show {wrong:?}");
}

#[test]
fn typescript_shows_every_pattern_and_weakness() {
    complete("node");
}

#[test]
fn rust_shows_every_pattern_and_weakness() {
    complete("rust");
}

/// Each control with a decision table that names patterns has a file of them, so that `to_show` sees
/// it, and the file knows each that the table may give.
#[test]
fn every_pattern_of_a_table_is_described() {
    let all = to_show();
    for file in fs::read_dir(project().join("rules/controls")).unwrap() {
        let table = read_yaml(&file.unwrap().path());
        let control = table.get("control").and_then(Node::as_str).unwrap();
        for row in table.get("table").map_or(&[][..], Node::items) {
            let pattern = row.get("pattern").and_then(Node::as_str);
            // `@` asks the scan, and `none` is the absence of one.
            if let Some(pattern) = pattern.filter(|pattern| !matches!(*pattern, "@" | "none")) {
                assert!(all.contains(&format!("{control} {pattern}")), "{control} {pattern}");
            }
        }
    }
}

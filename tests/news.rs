//! What changes behaviour is news: at every place of the fixture where a check, a dead letter or a
//! publisher's topic can be lost, losing it is a regression that names who loses it.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flowaudit::audit::{Audit, Consumer, Control, Place, Status};
use flowaudit::config::{Config, Settings, load};
use flowaudit::gate::{Baseline, Change, ChangeKind, Outcome, compare};
use flowaudit::progress::Progress;
use regex::Regex;
use support::{copy_tree, list, platform, project};
use tempfile::TempDir;

/// The fixture in a folder of its own, with what is known of it.
struct Platform {
    folder: TempDir,
    audit: Audit,
    before: Baseline,
}

impl Platform {
    fn new() -> Platform {
        Platform::of(&platform())
    }

    fn of(source: &Path) -> Platform {
        let folder = tempfile::tempdir().unwrap();
        copy_tree(source, folder.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
        let (audit, _) = audited(folder.path());
        Platform { before: Baseline::of(&audit), audit, folder }
    }

    /// What the gate makes of one file with other text; the file is as it was afterwards.
    fn with(&self, path: &Path, change: impl Fn(&str) -> String) -> Outcome {
        let path = self.folder.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        let other = change(&text);
        assert_ne!(text, other, "{} did not change", path.display());
        fs::write(&path, other).unwrap();
        let (now, settings) = audited(self.folder.path());
        fs::write(&path, text).unwrap();
        compare(&self.before, &now, &settings.config, "x", false)
    }

    /// The consumers that have a control in place, by the line of the evidence of a role.
    fn protected(&self, control: Control, role: &str) -> BTreeMap<(String, u32), BTreeSet<String>> {
        let mut out: BTreeMap<(String, u32), BTreeSet<String>> = BTreeMap::new();
        let in_place = |c: &&Consumer| c.controls[&control].status == Status::Implemented;
        for consumer in self.audit.consumers.iter().filter(in_place) {
            for found in consumer.controls[&control].evidence.iter().filter(|e| e.role == role) {
                out.entry((found.path.clone(), found.line)).or_default().insert(consumer.id.clone());
            }
        }
        out
    }
}

fn audited(folder: &Path) -> (Audit, Settings) {
    let file = folder.join("flowaudit.yaml");
    let config = if file.exists() { load(&file, folder).unwrap() } else { Config::default() };
    let settings = Settings::with_config(folder, config);
    (flowaudit::audit_tree(&settings, &Progress::default()).unwrap(), settings)
}

/// The consumers whose status of a control got worse.
fn worse(outcome: &Outcome, control: Control) -> BTreeSet<String> {
    let of_it = |c: &&Change| c.kind == ChangeKind::WorseStatus && c.control == Some(control);
    outcome.regressions.iter().filter(of_it).filter_map(|change| change.consumer.clone()).collect()
}

#[test]
fn every_lost_check_is_news() {
    let platform = Platform::new();
    let mut tried = 0;
    for ((path, line), consumers) in platform.protected(Control::Idempotency, "dedupe.check") {
        let outcome = platform.with(Path::new(&path), |text| {
            let lines = text.split_inclusive('\n').enumerate().map(|(at, code)| {
                // The answer is there without the question.
                match code.split_once(" := ") {
                    Some((left, _)) if at + 1 == line as usize => format!("{left} := false, error(nil)\n"),
                    _ => code.to_owned(),
                }
            });
            lines.collect()
        });
        assert!(!outcome.passed, "{path}:{line}");
        assert_eq!(worse(&outcome, Control::Idempotency), consumers, "{path}:{line}");
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} checks were tried");
}

/// Its status says nothing: `partial` before and after.
#[test]
fn a_check_that_a_partial_consumer_loses_is_news() {
    let platform = Platform::of(&project().join("tests/data/findings/effect-repeated/fires"));
    let outcome = platform.with(Path::new("main.go"), |text| text.replace("if seen {", "if false {"));
    assert_eq!(worse(&outcome, Control::Idempotency), BTreeSet::new());
    let [lost] = &outcome.regressions[..] else { panic!("{:#?}", outcome.regressions) };
    assert_eq!(lost.rule.as_deref(), Some("effect-repeated"));
    assert!(!outcome.passed);
}

#[test]
fn every_dead_letter_that_a_manifest_loses_is_news() {
    let platform = Platform::new();
    let mut tried = 0;
    for ((path, line), consumers) in platform.protected(Control::DeadLetter, "dead-letter") {
        let is_manifest = Path::new(&path).extension().is_some_and(|end| end == "yaml");
        if !is_manifest {
            continue;
        }
        let outcome = platform.with(Path::new(&path), |text| {
            let lines = text.split_inclusive('\n').enumerate();
            lines.filter(|(at, _)| at + 1 != line as usize).map(|(_, code)| code).collect()
        });
        assert!(!outcome.passed, "{path}:{line}");
        assert_eq!(worse(&outcome, Control::DeadLetter), consumers, "{path}:{line}");
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[test]
fn a_dead_letter_that_shared_code_loses_is_news_wherever_it_is_used() {
    let platform = Platform::new();
    let outcome = platform.with(Path::new("common/events/consumer.go"), |text| {
        text.replace("\t\tDeadLetterTopic: md[metadataDeadLetterTopic],\n", "")
            .replace("\t\tmd[metadataDeadLetterTopic] = topic + deadLetterSuffix\n", "")
    });
    let lost = worse(&outcome, Control::DeadLetter);
    for service in ["catalog", "fulfillment"] {
        let of_it = |id: &&String| id.starts_with(&format!("{service}/"));
        assert_eq!(lost.iter().filter(of_it).count(), 2, "{service}: {lost:?}");
    }
}

#[test]
fn every_topic_that_changes_at_its_publisher_is_news() {
    let platform = Platform::new();
    let mut tried = 0;
    for topic in platform.audit.topics.iter().filter(|topic| topic.issue.is_none()) {
        let [publisher] = &topic.publishers[..] else { continue };
        let service = platform.audit.services.iter().find(|s| s.name == *publisher).unwrap();
        let mut files: Vec<PathBuf> = Vec::new();
        list(&platform.folder.path().join(&service.path), &mut files);
        let literal = format!("\"{}\"", topic.name);
        files.retain(|file| {
            let name = file.to_string_lossy();
            name.ends_with("/constants/topics.go") && fs::read_to_string(file).unwrap().contains(&literal)
        });
        // Others have the name from their configuration, or read the topic themselves.
        let ([file], false) = (&files[..], topic.subscribers.contains(publisher)) else { continue };
        let outcome = platform.with(file.strip_prefix(platform.folder.path()).unwrap(), |text| {
            text.replace(&literal, "\"something.else.happened\"")
        });
        let all = || outcome.regressions.iter().chain(&outcome.tolerated);
        if all().next().is_none() {
            // The constant is there, and the configuration wins.
            assert_eq!(publisher, "promotion", "{}", topic.name);
            continue;
        }
        assert!(!outcome.passed, "{}", topic.name);
        let lonely = |c: &Change| {
            c.rule.as_deref() == Some("topic-without-publisher") && c.message.contains(&topic.name)
        };
        assert!(outcome.regressions.iter().any(lonely), "{}: {:#?}", topic.name, outcome.regressions);
        tried += 1;
    }
    assert!(tried >= 8, "only {tried} topics were tried");
}

#[test]
fn a_subscription_that_a_manifest_adds_is_news() {
    let platform = Platform::new();
    let outcome = platform.with(Path::new("analytics/dapr/subscription.yaml"), |text| {
        let first = text.split("---\n").find(|part| part.contains("order-events")).unwrap();
        format!("{}\n---\n{}", text.trim_end(), first.replace("order-events", "return-events"))
    });
    let all = outcome.regressions.iter().chain(&outcome.tolerated);
    let new: Vec<&str> =
        all.filter(|c| c.kind == ChangeKind::NewConsumer).filter_map(|c| c.consumer.as_deref()).collect();
    assert_eq!(new, ["analytics/return-events/HandleOrderEvent"]);
}

/// The call that a line begins, up to the bracket that closes it.
fn call(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(&text[..=at]),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A registration with another topic, beside the one that a line begins.
fn registered_twice(text: &str, line: u32) -> Option<String> {
    let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let statement = text[start..].trim_start();
    let call = ["return ", "if err := "].iter().find_map(|word| call(statement.strip_prefix(word)?))?;
    let first = Regex::new(r#"^([\w.]+\(\s*)(?:[\w.]+|"[^"]*"),"#).unwrap();
    let field = Regex::new(r"(?m)^(\s*Topic:\s*)[\w.]+,").unwrap();
    let topic = if field.is_match(call) { field } else { first };
    let other = topic.replace(call, "${1}\"brand.new.topic\",");
    assert_ne!(other, call);
    Some(format!("{}if err := {other}; err != nil {{\n\treturn err\n}}\n{}", &text[..start], &text[start..]))
}

#[test]
fn a_consumer_that_code_adds_is_news_wherever_it_is() {
    let platform = Platform::new();
    let mut services = BTreeSet::new();
    for consumer in &platform.audit.consumers {
        let Place { path, line } = &consumer.registration;
        let text = fs::read_to_string(platform.folder.path().join(path)).unwrap();
        let other = registered_twice(&text, *line).filter(|_| services.insert(&consumer.service));
        let Some(other) = other else { continue };
        let outcome = platform.with(Path::new(path), |_| other.clone());
        let all = || outcome.regressions.iter().chain(&outcome.tolerated);
        let new: Vec<&str> = all()
            .filter(|change| change.kind == ChangeKind::NewConsumer)
            .filter_map(|change| change.consumer.as_deref())
            .collect();
        let (service, handler) = (consumer.service.as_str(), consumer.id.rsplit('/').next().unwrap());
        assert_eq!(new, [format!("{service}/brand.new.topic/{handler}")], "{path}:{line}");
        let named = all().find(|change| change.kind == ChangeKind::NewConsumer).unwrap();
        assert_eq!(named.place.as_ref().map(|place| place.path.as_str()), Some(path.as_str()));
    }
    assert_eq!(services.len(), 9, "{services:?}");
}

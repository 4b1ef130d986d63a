//! `flowaudit explain` on the fixture: what a person reads of verdicts of every kind.

mod support;

use std::fs;

use flowaudit::audit::explanation::{Explained, Explanation, Hop};
use flowaudit::report::explain::{View, markdown, text};
use support::{platform, run};

/// The explanation, read back from the document for programs.
fn explanation(args: &[&str]) -> Explanation {
    let (code, out, err) = run(&[&["explain", "--format", "json"], args].concat(), &platform());
    assert_eq!((code, err.as_str()), (Some(0), ""), "explain {args:?}");
    serde_json::from_str(&out).unwrap()
}

fn view(width: usize) -> View {
    View { width, color: false, all: false }
}

#[test]
fn a_consumer_that_records_messages() {
    insta::assert_snapshot!(text(&explanation(&["analytics/order-events"]), view(100)));
}

#[test]
fn a_consumer_that_looks_at_the_entity_behind_an_observer() {
    insta::assert_snapshot!(text(&explanation(&["pricing/promotion.created"]), view(80)));
}

#[test]
fn a_consumer_without_controls() {
    let found = explanation(&["HandleOrderCompleted"]);
    insta::assert_snapshot!(text(&found, view(100)));
    insta::assert_snapshot!("a_consumer_as_markdown", markdown(&found, view(100)));
}

#[test]
fn a_consumer_whose_path_is_cut() {
    let found = explanation(&["warehouse/return.completed", "--depth", "0"]);
    insta::assert_snapshot!(text(&found, view(100)));
}

#[test]
fn a_finding_by_its_fingerprint() {
    let Explained::Consumer(consumer) = explanation(&["customer/auth.login"]).subject else {
        panic!("not a consumer");
    };
    let finding = consumer.findings.iter().find(|f| f.rule == "no-idempotency").unwrap();
    let found = explanation(&[&finding.fingerprint[..8]]);
    assert_eq!(found, explanation(&[&finding.id]));
    insta::assert_snapshot!(text(&found, view(100)));
}

#[test]
fn a_service() {
    insta::assert_snapshot!(text(&explanation(&["catalog"]), view(100)));
}

#[test]
fn rules_of_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes.txt"), "nothing to audit").unwrap();
    for id in ["dedupe-error-ignored", "dead-letter", "dapr.topic-handler"] {
        // What a rule means does not depend on a tree.
        let (code, out, err) = run(&["explain", id], dir.path());
        assert_eq!((code, err.as_str()), (Some(0), ""), "{id}");
        insta::assert_snapshot!(format!("rule_{}", id.replace(['-', '.'], "_")), out);
    }
    let Explained::Rule(rule) = explanation(&["dedupe-error-ignored"]).subject else { panic!("not a rule") };
    assert!(rule.findings.len() > 1, "the tree's findings of the rule are listed");
}

#[test]
fn rules_show_says_what_explain_says() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["segmentio-kafka", "dapr.topic-handler", "no-idempotency", "schema"] {
        assert_eq!(run(&["rules", "show", id], dir.path()), run(&["explain", id], dir.path()), "{id}");
    }
}

#[test]
fn names_that_are_unknown_or_say_too_little() {
    for (what, name) in [("ordr.completed", "unknown"), ("order.status_changed", "ambiguous")] {
        let (code, out, err) = run(&["explain", what], &platform());
        assert_eq!((code, out.as_str()), (Some(2), ""));
        insta::assert_snapshot!(name, err);
    }
    let dir = tempfile::tempdir().unwrap();
    let (code, _, err) = run(&["explain", "order"], dir.path());
    assert_eq!(code, Some(3), "{err}");
}

#[test]
fn the_same_whatever_the_threads_and_true_to_its_schema() {
    let explain = |threads: &str| {
        let mut command = support::flowaudit(&["explain", "search", "--format", "json"], &platform());
        support::told(command.env("RAYON_NUM_THREADS", threads).output().unwrap()).1
    };
    let document = explain("1");
    assert!(document == explain("4"), "the document depends on the number of threads");
    let (_, schema, _) = run(&["schema", "explanation"], &platform());
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for text in [document, run(&["explain", "search/cms", "--format", "json"], &platform()).1] {
        let errors: Vec<String> =
            validator.iter_errors(&serde_json::from_str(&text).unwrap()).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn every_consumer_is_explained_within_the_width_with_its_source_lines() {
    let audit: serde_json::Value = serde_json::from_str(&support::scan_json(&platform(), &[])).unwrap();
    let consumers = audit["consumers"].as_array().unwrap();
    assert!(consumers.len() > 20);
    for consumer in consumers {
        let found = explanation(&[consumer["id"].as_str().unwrap()]);
        let Explained::Consumer(it) = &found.subject else { panic!("not a consumer: {}", consumer["id"]) };
        assert_eq!(serde_json::to_value(&it.consumer).unwrap(), *consumer);
        assert!(it.tree.iter().any(|entry| entry.steps.iter().any(|hop| matches!(hop, Hop::Call(_)))));
        for evidence in it.consumer.controls.values().flat_map(|verdict| &verdict.evidence) {
            let place = format!("{}:{}", evidence.path, evidence.line);
            assert!(found.sources.contains_key(&place), "{place} has no source line");
        }
        for width in [80, 100] {
            for line in text(&found, view(width)).lines().filter(|line| line.chars().count() > width) {
                // Paths stay whole.
                assert!(line.contains(".go:") || line.contains(".yaml:"), "{width}: {line}");
            }
        }
    }
}

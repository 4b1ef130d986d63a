//! The registry of built-in rules, and what is said about broken files.

use super::*;
use crate::syntax::facts::Lang;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

fn own(text: &str) -> RuleFile {
    RuleFile { path: "own.yaml".to_owned(), text: text.to_owned(), builtin: false }
}

fn with_builtin(own_files: &[RuleFile]) -> Result<RuleSet, Vec<RuleProblem>> {
    let mut files = builtin_files();
    files.extend_from_slice(own_files);
    load(&files)
}

fn builtin() -> RuleSet {
    with_builtin(&[]).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("built-in rules have problems:\n{}", lines.join("\n"))
    })
}

fn said(result: Result<RuleSet, Vec<RuleProblem>>) -> Vec<String> {
    let problems = result.expect_err("a broken file was accepted");
    problems.iter().map(ToString::to_string).collect()
}

const GOOD: &str = "\
id: mine
title: Mine
docs: https://example.com
language: go
transport: kafka
imports: [example.com/mine]
rules:
  - id: mine.read
    role: consumer
    call: Reader.Read
    topic: arg0
    handler: enclosing
    note: Reads.
";

#[test]
fn every_builtin_file_loads_under_its_own_name() {
    let set = builtin();
    let ids: Vec<&str> = set.detectors.iter().map(|detector| detector.id.as_str()).collect();
    let files = builtin_files();
    let stems: BTreeSet<&str> = files
        .iter()
        .map(|file| Path::new(&file.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default())
        .collect();
    assert_eq!(ids, stems.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_builtin_rule_explains_itself() {
    let mut seen = BTreeSet::new();
    for detector in builtin().detectors {
        let rules = detector.rules.iter().map(|rule| (&rule.id, &rule.note));
        let manifests = detector.manifests.iter().map(|rule| (&rule.id, &rule.note));
        for (id, note) in rules.chain(manifests) {
            assert!(seen.insert(id.clone()), "{id} is used twice");
            assert!(note.ends_with('.') && note.contains(' '), "{id}: the note is no sentence");
        }
    }
    assert!(seen.len() > 300, "only {} rules are built in", seen.len());
}

#[test]
fn every_builtin_detector_has_both_kinds_of_examples() {
    for detector in builtin().detectors {
        let (valid, invalid): (Vec<_>, Vec<_>) =
            detector.examples.iter().partition(|example| !example.expect.is_empty());
        assert!(!valid.is_empty(), "{} has no valid example", detector.id);
        assert!(!invalid.is_empty(), "{} has no invalid example", detector.id);
        for example in &detector.examples {
            assert!(!example.files.is_empty(), "{}:{} is empty", detector.id, example.line);
        }
    }
}

#[test]
fn every_builtin_example_is_go_that_parses() {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).expect("the grammar fits");
    for detector in builtin().detectors {
        for example in &detector.examples {
            for (path, text) in
                example.files.iter().filter(|(path, _)| Path::new(path).extension() == Some("go".as_ref()))
            {
                let tree = parser.parse(text, None).expect("a tree");
                assert!(
                    !tree.root_node().has_error(),
                    "{}:{} {path} does not parse",
                    detector.id,
                    example.line
                );
            }
        }
    }
}

#[test]
fn every_example_imports_what_its_detector_is_gated_on() {
    for detector in builtin().detectors.iter().filter(|detector| !detector.imports.is_empty()) {
        for example in detector.examples.iter().filter(|example| !example.expect.is_empty()) {
            let text: String = example.files.iter().map(|(_, text)| text.as_str()).collect();
            let rust = detector.language == Some(Lang::Rust);
            let gated = detector.imports.iter().any(|import| {
                // Rust writes no quotes, and `::` between the names of a path.
                let written = if rust { import.replace('/', "::") } else { format!("\"{import}") };
                text.contains(&written)
            });
            let manifest =
                example.files.iter().any(|(path, _)| Path::new(path).extension() == Some("yaml".as_ref()));
            assert!(gated || manifest, "{}:{} has none of its imports", detector.id, example.line);
        }
    }
}

#[test]
fn conventions_are_not_gated_and_libraries_are() {
    for detector in builtin().detectors {
        // What speaks of manifests only has no code to be gated.
        let convention =
            detector.id.starts_with("conventions-") || detector.id == "sql" || detector.rules.is_empty();
        assert_eq!(detector.imports.is_empty(), convention, "{}", detector.id);
    }
}

#[test]
fn a_good_file_joins_the_builtin_ones() {
    let set = with_builtin(&[own(GOOD)]).expect("a good file");
    assert!(set.detectors.iter().any(|detector| detector.id == "mine"));
    assert!(set.detectors.is_sorted_by_key(|detector| &detector.id));
}

#[test]
fn an_own_file_replaces_a_builtin_detector_as_a_whole() {
    let set = with_builtin(&[own(&GOOD.replace("mine", "sarama"))]).expect("a good file");
    let found: Vec<_> = set.detectors.iter().filter(|detector| detector.id == "sarama").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rules.len(), 1);
}

#[test]
fn an_own_file_switches_a_builtin_detector_off() {
    let set = with_builtin(&[own("id: conventions-effects\nenabled: false\n")]).expect("a good file");
    assert!(set.detectors.iter().all(|detector| detector.id != "conventions-effects"));
    let wrong = with_builtin(&[own("id: convention-effect\nenabled: false\n")]);
    assert_eq!(
        said(wrong),
        [
            "own.yaml:1:5: there is no built-in detector `convention-effect` to switch off; did you mean `conventions-effects`?"
        ]
    );
}

#[test]
fn ids_are_used_once() {
    let mut second = own(GOOD);
    second.path = "second.yaml".to_owned();
    assert_eq!(
        said(load(&[own(GOOD), second])),
        ["second.yaml:1:5: the detector `mine` is already described in own.yaml"]
    );
    let (_, rule) = GOOD.split_once("rules:\n").expect("rules");
    assert_eq!(
        said(load(&[own(&format!("{GOOD}{rule}"))])),
        ["own.yaml:14:9: the rule id `mine.read` is already used on line 8"]
    );
}

#[test]
fn all_mistakes_of_a_file_are_said_at_once_with_their_places() {
    let broken = "\
id: mine
title: Mine
docs: example.com
language: golang
transprot: kafka
imports: [example.com/mine]
returns: {new.reader.x: Reader}
rules:
  - id: other.read
    role: dead-leter
    call: [Reader.Read, 'Reader.']
    topic: [arg0, 'arg0.Topics[', topic]
    note: Reads.
  - id: mine.both
    role: consumer
    call: Reader.Read
    composite: Reader
    note: Reads.
  - id: mine.when
    role: publisher
    call: Reader.Read
    when: {arg0: '(a', argh: a}
  - role: publisher
    method: [On Paid]
    opt-in: maybe
    dead-letter-builtin: maybe
    note: ''
manifests:
  - id: mine.manifest
    role: consumer
    note: A manifest.
examples:
  valid:
    - code: package main
      expect: [{role: consumer, rule: mine.boht}]
  invalid:
    - files: {main.go: package main}
      expect: []
    - {}
";
    insta::assert_snapshot!(said(load(&[own(broken)])).join("\n"));
}

#[test]
fn a_file_that_is_no_yaml_is_a_problem_and_not_a_panic() {
    for text in ["", "id: [", "- a\n- b", "id: mine\n\tid: x", "\0", "just text", "id: mine\nid: yours\n"] {
        assert!(load(&[own(text)]).is_err(), "{text:?}");
    }
}

#[test]
fn sql_rules_go_from_the_special_to_the_general() {
    let set = builtin();
    let sql = set.detectors.iter().find(|detector| detector.id == "sql").expect("sql rules");
    let takes = |verb: &str, table: &str, conflict: &str, skip: bool, adds: bool| {
        sql.rules
            .iter()
            .find(|rule| match &rule.matcher {
                Matcher::Sql { verb: v, table: t, conflict: c, skip_locked, increments, transition } => {
                    v.is_match(verb)
                        && t.as_ref().is_none_or(|t| t.is_match(table))
                        && c.as_ref().is_none_or(|c| c.is_match(conflict))
                        && skip_locked.is_none_or(|wanted| wanted == skip)
                        && increments.is_none_or(|wanted| wanted == adds)
                        && !transition.unwrap_or_default()
                }
                _ => false,
            })
            .map(|rule| rule.role)
    };
    let table = [
        (("insert", "processed_events", "nothing", false, false), Role::DedupeClaim),
        (("insert", "inbox", "none", false, false), Role::DedupeMark),
        (("select", "idempotency_keys", "none", false, false), Role::DedupeCheck),
        (("insert", "outbox_events", "none", false, false), Role::OutboxWrite),
        (("select", "order_outbox", "none", true, false), Role::OutboxPoll),
        (("delete", "outbox", "none", false, false), Role::OutboxCleanup),
        (("insert", "failed_events", "none", false, false), Role::DeadLetter),
        (("update", "customers", "none", false, true), Role::EffectIncrement),
        (("insert", "stock", "update", false, true), Role::EffectIncrement),
        (("insert", "prices", "update", false, false), Role::EffectUpsert),
        (("insert", "orders", "none", false, false), Role::EffectInsert),
        (("update", "orders", "none", false, false), Role::EffectUpdate),
        (("select", "orders", "none", false, false), Role::Read),
        (("delete", "carts", "none", false, false), Role::EffectDelete),
    ];
    for ((verb, name, conflict, skip, adds), role) in table {
        assert_eq!(takes(verb, name, conflict, skip, adds), Some(role), "{verb} {name}");
    }
}

#[test]
fn names_of_conventions_match_what_they_mean_and_no_more() {
    let set = builtin();
    let roles = |on: &str, name: &str| {
        let rules = set.detectors.iter().flat_map(|detector| &detector.rules);
        let found: BTreeSet<Role> = rules
            .filter(|rule| match &rule.matcher {
                Matcher::Function { name: n, on: o } => {
                    n.is_match(name) && o.as_ref().is_none_or(|o| o.is_match(on))
                }
                _ => false,
            })
            .filter(|rule| !rule.unless.iter().any(|(_, regex)| regex.is_match(on)))
            .map(|rule| rule.role)
            .collect();
        found.into_iter().collect::<Vec<_>>()
    };
    let table: &[(&str, &str, &[Role])] = &[
        ("repo", "IsEventProcessed", &[Role::DedupeCheck]),
        ("repo", "IsProcessed", &[Role::DedupeCheck]),
        ("repo", "HasBeenProcessed", &[Role::DedupeCheck]),
        ("repo", "AlreadyProcessed", &[Role::DedupeCheck]),
        ("repo", "IsDuplicate", &[Role::DedupeCheck]),
        ("helper", "CheckIdempotency", &[Role::DedupeCheck]),
        ("repo", "ExistsByEventID", &[Role::DedupeCheck]),
        ("repo", "MarkProcessed", &[Role::DedupeMark]),
        ("repo", "MarkAsProcessed", &[Role::DedupeMark]),
        ("repo", "MarkEventAsProcessed", &[Role::DedupeMark]),
        ("repo", "CreateProcessedEvent", &[Role::DedupeMark]),
        ("helper", "CheckAndMark", &[Role::DedupeClaim]),
        ("IdempotencyService", "Begin", &[Role::DedupeClaim]),
        ("IdempotencyService", "MarkCompleted", &[Role::DedupeMark]),
        ("IdempotencyService", "MarkFailed", &[Role::DedupeRelease]),
        ("repo", "SaveFailedEvent", &[Role::DeadLetter]),
        ("h", "sendToDLQ", &[Role::DeadLetter]),
        ("h", "PublishToDeadLetterQueue", &[Role::DeadLetter]),
        ("dlqHandler", "Handle", &[Role::DeadLetter]),
        ("svc", "InvalidateProduct", &[Role::CacheInvalidate]),
        ("svc", "clearProductCache", &[Role::CacheInvalidate]),
        ("priceCache", "Get", &[Role::CacheGet]),
        ("Manager", "Trigger", &[Role::ObserverTrigger]),
        ("eventDispatcher", "Publish", &[Role::ObserverTrigger]),
        ("outboxRepo", "Save", &[Role::OutboxWrite]),
        ("outboxRepo", "FetchPending", &[Role::OutboxPoll]),
        ("mailer", "SendEmail", &[Role::EffectEmail]),
        ("paymentGateway", "Capture", &[Role::EffectCharge]),
        ("validator", "ValidateOrder", &[Role::Validate]),
        ("order", "MarkCompleted", &[]),
        ("order", "IsCompleted", &[]),
        ("order", "Processed", &[]),
        ("stats", "ProcessedCount", &[]),
        ("outboxRepo", "MarkProcessed", &[]),
        ("outboxRepo", "MarkPublished", &[]),
        ("repo", "ListFailedEvents", &[]),
        ("repo", "Save", &[]),
        ("tokens", "Invalidate", &[]),
        ("newsletter", "Subscribe", &[]),
        ("publisher", "Publish", &[]),
        ("cfg", "Validate", &[]),
        ("conn", "Send", &[]),
    ];
    for (on, name, expected) in table {
        assert_eq!(roles(on, name), *expected, "{on}.{name}");
    }
}

#[test]
fn roles_are_found_by_their_words() {
    for role in Role::ALL {
        assert_eq!(Role::from_name(role.name()), Some(*role));
    }
    assert_eq!(Role::from_name("dead_letter"), None);
}

/// The page about rules names every role and every beginning of a selector.
#[test]
fn the_page_about_rules_is_complete() {
    let page = include_str!("../../docs/rules.md");
    for role in Role::ALL {
        assert!(page.contains(&format!("`{}`", role.name())), "docs/rules.md lacks {}", role.name());
    }
    for word in detector::RULE_KEYS.iter().chain(detector::DETECTOR_KEYS).chain(detector::MANIFEST_KEYS) {
        assert!(page.contains(word), "docs/rules.md lacks {word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_mutation_of_a_rule_file_panics(
        file in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[\\PC\n\t]{0,3}", 0..6usize), 1..4),
    ) {
        let files = builtin_files();
        let mut text: Vec<char> = file.get(&files).text.chars().collect();
        for (at, insert, remove) in edits {
            let at = at.index(text.len());
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(problems) = load(&[own(&text)]) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(problem.line >= 1 && problem.column >= 1, "{}", problem);
            }
        }
    }
}

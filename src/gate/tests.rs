//! Comparisons over audits made by hand, and the file.

use std::collections::BTreeMap;

use super::*;
use crate::audit::*;
use crate::config::{Config, FailOn};

fn verdict(status: Status) -> Verdict {
    Verdict {
        status,
        pattern: None,
        confidence: Confidence::High,
        evidence: Vec::new(),
        why: "because".to_owned(),
    }
}

fn consumer(service: &str, topic: &str, line: u32, idempotency: Status) -> Consumer {
    let mut consumer = sample::consumer(service, topic, line);
    consumer.id = String::new();
    consumer.handler.name = "Consumer.Handle".to_owned();
    consumer.controls.insert(Control::Idempotency, verdict(idempotency));
    consumer
}

fn finding(rule: &str, consumer: &Consumer, severity: Severity, priority: Priority) -> Finding {
    Finding {
        id: String::new(),
        rule: rule.to_owned(),
        severity,
        priority,
        confidence: Confidence::High,
        service: consumer.service.clone(),
        consumer: Some(consumer.id.clone()),
        subject: None,
        also: Vec::new(),
        message: format!("{rule} of {}", consumer.id),
        help: String::new(),
        location: consumer.registration.clone(),
        evidence: Vec::new(),
        fingerprint: String::new(),
        suppressed: None,
    }
}

/// An audit of consumers, each with a finding when it lacks idempotency.
fn audit(mut consumers: Vec<Consumer>) -> Audit {
    number_consumers(&mut consumers);
    let mut names: Vec<String> = consumers.iter().map(|c| c.service.clone()).collect();
    names.dedup();
    let lacking = consumers.iter().filter(|c| c.controls[&Control::Idempotency].status == Status::Missing);
    let findings = lacking.map(|c| finding("no-idempotency", c, Severity::Warning, Priority::P1)).collect();
    let services = names
        .into_iter()
        .map(|name| {
            let mine = consumers.iter().filter(|c| c.service == name);
            let worst = mine.map(|c| c.controls[&Control::Idempotency].status).max();
            let verdict = ServiceVerdict {
                status: worst.unwrap_or(Status::NotApplicable),
                patterns: Vec::new(),
                evidence: Vec::new(),
                why: String::new(),
            };
            Service {
                consumer: true,
                subscription_type: SubscriptionType::Programmatic,
                controls: BTreeMap::from([(Control::Idempotency, verdict)]),
                ..sample::service(&name)
            }
        })
        .collect();
    let mut audit = Audit { services, consumers, findings, ..Audit::default() };
    audit.sort();
    audit.identify();
    audit.audits = crate::controls::tally(&audit, &Config::default());
    audit
}

fn good() -> Vec<Consumer> {
    vec![
        consumer("order", "paid", 10, Status::Implemented),
        consumer("order", "failed", 20, Status::Implemented),
        consumer("search", "made", 10, Status::Missing),
    ]
}

fn against(before: &Audit, now: &Audit) -> Outcome {
    compare(&Baseline::of(before), now, &Config::default(), "x", false)
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|c| format!("{} {}", c.kind.word(), c.message)).collect()
}

#[test]
fn nothing_changed_is_no_news() {
    let outcome = against(&audit(good()), &audit(good()));
    assert!(outcome.passed);
    assert_eq!((told(&outcome.tolerated), told(&outcome.improvements)), (Vec::new(), Vec::new()));
    assert_eq!((outcome.size.before, outcome.size.now), (1, 1));
}

#[test]
fn a_lost_control_fails_and_names_the_place() {
    let mut worse = good();
    worse[0] = consumer("order", "paid", 33, Status::Missing);
    let outcome = against(&audit(good()), &audit(worse));
    assert!(!outcome.passed);
    assert_eq!(
        told(&outcome.regressions),
        [
            "worse-status order: idempotency was implemented and is missing.",
            "worse-status order/paid/Handle: idempotency was implemented and is missing.",
            "new-finding no-idempotency of order/paid/Handle",
            "lower-percent idempotency of data-synchronization was 50 % and is 0 % (0 of 2).",
            "lower-percent idempotency of event-processing was 50 % and is 0 % (0 of 2).",
        ]
    );
    let places: Vec<u32> = outcome.regressions.iter().filter_map(|c| Some(c.place.as_ref()?.line)).collect();
    assert_eq!(places, [38, 38, 33]);
}

#[test]
fn the_policy_decides_what_fails() {
    let mut worse = good();
    worse[0] = consumer("order", "paid", 10, Status::Missing);
    let before = Baseline::of(&audit(good()));
    let mut config = Config::default();
    config.gate.fail_on =
        FailOn { severity: None, priority: None, worse_status: false, lower_percent: false, expired: false };
    let outcome = compare(&before, &audit(worse.clone()), &config, "x", false);
    assert!(outcome.passed);
    assert_eq!(outcome.tolerated.len(), 5, "told all the same");

    config.gate.min.insert(("event-processing".to_owned(), Control::Idempotency), 51);
    let outcome = compare(&before, &audit(good()), &config, "x", false);
    assert_eq!(
        told(&outcome.regressions),
        ["below-floor idempotency of event-processing is 50 % (1 of 2), and its floor is 51 %."]
    );

    config.gate = crate::config::GatePolicy::default();
    config.gate.fail_on.worse_status = false;
    config.gate.fail_on.lower_percent = false;
    config.gate.fail_on.priority = Some(Priority::P0);
    assert!(compare(&before, &audit(worse.clone()), &config, "x", false).passed, "a P1 warning");
    config.gate.fail_on.severity = Some(Severity::Warning);
    assert!(!compare(&before, &audit(worse), &config, "x", false).passed, "a warning");
}

#[test]
fn what_got_better_passes_and_is_stale() {
    let mut better = good();
    better[2] = consumer("search", "made", 10, Status::Implemented);
    let outcome = against(&audit(good()), &audit(better.clone()));
    assert!(outcome.passed);
    assert_eq!(
        told(&outcome.improvements),
        [
            "higher-percent idempotency of data-synchronization was 50 % and is 100 % (2 of 2).",
            "higher-percent idempotency of event-processing was 50 % and is 100 % (2 of 2).",
            "better-status search: idempotency was missing and is implemented.",
            "fixed-finding no-idempotency of search/made/Consumer.Handle is no longer found.",
            "better-status search/made/Handle: idempotency was missing and is implemented.",
        ]
    );
    assert_eq!((outcome.size.fixed, outcome.size.stale), (1, 3));
    let strict = compare(&Baseline::of(&audit(good())), &audit(better), &Config::default(), "x", true);
    assert!(!strict.passed);
    assert!(strict.regressions.iter().all(|c| c.kind == ChangeKind::StaleEntry));
}

#[test]
fn a_waived_gap_neither_fails_nor_counts_as_in_place() {
    let mut worse = good();
    worse[0] = consumer("order", "paid", 10, Status::Missing);
    let now = waived(audit(worse), "order");
    let counts = now.audits[0].counts;
    assert_eq!((counts.implemented, counts.missing, counts.waived), (0, 1, 1));
    let outcome = against(&audit(good()), &now);
    assert!(outcome.passed, "{:?}", told(&outcome.regressions));
    let lower = outcome.tolerated.iter().filter(|c| c.kind == ChangeKind::LowerPercent).count();
    assert_eq!(lower, 2, "a percentage never rises by a waiver, and the fall is shown");
    assert_eq!(outcome.size.waived, 1);
}

/// Waives what is found of a service.
fn waived(mut audit: Audit, service: &str) -> Audit {
    for finding in audit.findings.iter_mut().filter(|f| f.service == service) {
        finding.suppressed = Some(Suppression {
            kind: SuppressionKind::Waiver,
            reason: "r".to_owned(),
            owner: None,
            until: None,
        });
    }
    audit.audits = crate::controls::tally(&audit, &Config::default());
    audit
}

#[test]
fn a_percentage_falls_without_failing_when_nothing_was_lost() {
    let (fine, lost) = (Status::Implemented, Status::Missing);
    let three = || {
        vec![
            consumer("order", "paid", 10, fine),
            consumer("pay", "made", 10, fine),
            consumer("search", "made", 10, lost),
        ]
    };
    let with = |more: Vec<Consumer>| audit(three().into_iter().chain(more).collect());
    let bare = |status| audit(three().into_iter().skip(1).chain([consumer("zoo", "t", 1, status)]).collect());
    let cases = [
        ("a new service without it", with(vec![consumer("zoo", "t", 1, lost)]), false),
        ("a new service without it, waived", waived(with(vec![consumer("zoo", "t", 1, lost)]), "zoo"), true),
        (
            "a waived one beside one that is not",
            waived(with(vec![consumer("yak", "t", 1, lost), consumer("zoo", "t", 1, lost)]), "zoo"),
            false,
        ),
        ("one that had it is gone", audit(three().into_iter().skip(1).collect()), true),
        ("one that had it is gone for one that has it", bare(fine), true),
        ("one that had it is gone for one without", bare(lost), false),
        (
            "one that had it has nothing left to protect",
            audit(
                three()
                    .into_iter()
                    .skip(1)
                    .chain([consumer("order", "paid", 10, Status::NotApplicable)])
                    .collect(),
            ),
            true,
        ),
    ];
    for (what, now, passes) in cases {
        let outcome = against(&with(Vec::new()), &now);
        let lower = |list: &[Change]| list.iter().filter(|c| c.kind == ChangeKind::LowerPercent).count();
        let expected = if passes { 0 } else { 2 };
        assert_eq!(lower(&outcome.regressions), expected, "{what}: {:?}", told(&outcome.regressions));
        let fell = outcome.figures[0].now.percent < outcome.figures[0].before.and_then(|b| b.percent);
        assert_eq!(lower(&outcome.tolerated), if passes && fell { 2 } else { 0 }, "{what} is shown");
    }
}

#[test]
fn one_more_of_a_kind_is_told_with_the_places_of_the_others() {
    let repeats = |lines: &[u32]| {
        let mut audit = audit(good());
        let about = |line: &u32| {
            let mut found = finding("effect-repeated", &audit.consumers[0], Severity::Error, Priority::P2);
            found.location.line = *line;
            found
        };
        let found: Vec<Finding> = lines.iter().map(about).collect();
        audit.findings.extend(found);
        audit.sort();
        audit.identify();
        audit
    };
    let outcome = against(&repeats(&[40]), &repeats(&[20, 40]));
    let [one] = &outcome.regressions[..] else { panic!("{:?}", told(&outcome.regressions)) };
    assert!(one.message.contains("the others: ") && one.message.contains(":20"), "{}", one.message);
    let outcome = against(&repeats(&[]), &repeats(&[20]));
    assert!(!outcome.regressions[0].message.contains("others"), "{}", outcome.regressions[0].message);
}

#[test]
fn another_name_for_a_handler_or_a_service_is_no_news() {
    let (fine, lost) = (Status::Implemented, Status::Missing);
    let named = |service: &str, topic: &str, handler: &str, status| {
        let mut named = consumer(service, topic, 10, status);
        named.handler.name = handler.to_owned();
        named
    };
    let before =
        audit(vec![named("pay", "made", "Old.Handle", lost), named("pay", "sent", "Sent.Handle", lost)]);
    let sent = |service| named(service, "sent", "Sent.Handle", lost);
    let cases = [
        ("the handler", vec![named("pay", "made", "New.Handle", lost), sent("pay")], vec!["renamed"]),
        ("the service", vec![named("cash", "made", "Old.Handle", lost), sent("cash")], vec!["renamed"]),
        (
            "both",
            vec![named("cash", "made", "New.Handle", lost), sent("cash")],
            // All of it is new: no more than a guess would say that it is the same.
            vec!["new-consumer", "new-consumer"],
        ),
        (
            "one of two that may be it",
            vec![named("pay", "made", "A.Handle", lost), named("pay", "made", "B.Handle", lost), sent("pay")],
            vec!["new-consumer", "new-consumer"],
        ),
        ("the topic", vec![named("pay", "paid", "Old.Handle", lost), sent("pay")], vec!["new-consumer"]),
    ];
    for (what, now, expected) in cases {
        let outcome = against(&before, &audit(now));
        let kinds: Vec<&str> = outcome.tolerated.iter().map(|change| change.kind.word()).collect();
        assert_eq!(kinds, expected, "{what}");
        let renamed = expected == ["renamed"];
        assert_eq!(outcome.passed, renamed, "{what}: {:?}", told(&outcome.regressions));
        assert_eq!(outcome.improvements.is_empty(), renamed, "{what}: {:?}", told(&outcome.improvements));
    }
    let before = audit(vec![named("pay", "made", "Old.Handle", fine)]);
    let outcome = against(&before, &audit(vec![named("pay", "made", "New.Handle", lost)]));
    let worse = outcome.regressions.iter().filter(|change| change.kind == ChangeKind::WorseStatus);
    assert_eq!(worse.filter(|change| change.consumer.is_some()).count(), 1, "what it lost is told");
}

#[test]
fn a_finding_that_is_waived_is_not_mended() {
    let before = audit(good());
    let outcome = against(&before, &waived(audit(good()), "search"));
    assert_eq!(told(&outcome.improvements), [""; 0]);
    assert_eq!((outcome.size.fixed, outcome.size.waived), (0, 1));
}

#[test]
fn an_expired_waiver_fails_until_somebody_acts() {
    let mut now = audit(good());
    let mut expired = finding("expired-waiver", &now.consumers[0], Severity::Warning, Priority::P2);
    expired.consumer = None;
    now.findings.push(expired);
    now.identify();
    let remembered = Baseline::of(&now);
    let outcome = compare(&remembered, &now, &Config::default(), "x", false);
    assert_eq!(outcome.regressions.len(), 1);
    assert_eq!(outcome.regressions[0].kind, ChangeKind::Expired);
}

#[test]
fn registrations_of_one_identity_are_compared_as_a_set() {
    let twins = |first, second| audit(vec![consumer("a", "t", 10, first), consumer("a", "t", 20, second)]);
    let (good, bad) = (Status::Implemented, Status::Missing);
    assert!(against(&twins(good, bad), &twins(bad, good)).passed, "changed places");
    let outcome = against(&twins(good, bad), &twins(bad, bad));
    let worse = told(&outcome.regressions);
    assert!(worse.iter().any(|w| w.starts_with("worse-status a/t/Handle")), "{worse:?}");
    let fewer = against(&twins(good, bad), &audit(vec![consumer("a", "t", 10, good)]));
    assert!(fewer.passed);
    assert!(told(&fewer.improvements).contains(&"gone a/t/Consumer.Handle is gone.".to_owned()));
}

#[test]
fn a_new_consumer_and_a_gone_one_are_told() {
    let fewer = || good().drain(..2).collect::<Vec<_>>();
    let outcome = against(&audit(fewer()), &audit(good()));
    let tolerated = told(&outcome.tolerated);
    assert_eq!(tolerated, ["new-consumer search/made/Handle is new."]);
    assert!(!outcome.passed, "its finding is new");
    let outcome = against(&audit(good()), &audit(fewer()));
    assert!(outcome.passed);
    assert!(told(&outcome.improvements).contains(&"gone search is gone.".to_owned()));
}

#[test]
fn the_file_reads_back_and_holds_no_line_number_or_path() {
    let baseline = Baseline::of(&audit(good()));
    let text = baseline.render();
    assert_eq!(Baseline::parse(&text).unwrap(), baseline);
    assert!(!text.contains(".go") && !text.contains("\"line\""), "{text}");
    let moved = good().into_iter().map(|c| {
        let line = c.registration.line + 40;
        let mut moved = consumer(&c.service, &c.topic.name, line, c.controls[&Control::Idempotency].status);
        moved.registration.path = "elsewhere.go".to_owned();
        moved
    });
    assert_eq!(Baseline::of(&audit(moved.collect())).render(), text);
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "0.0.0"));
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let text = Baseline::of(&audit(good())).render();
    let told = |text: &str| Baseline::parse(text).unwrap_err().to_string();
    assert!(
        told(&text.replacen(",{\"consumer\"", "<<<<<<< ours\n,{\"consumer\"", 1)).contains("line 2: a merge")
    );
    assert!(told(&text.replace("\"consumer\":", "\"consumr\":")).starts_with("line 2: "));
    assert!(told("[]").contains("which version"));
    assert!(told(&text.replace("baseline\":1", "baseline\":9")).contains("version 9"));
    assert!(told("").starts_with("line 1: "));
    assert!(told(&text.replace("\"implemented\"", "\"fine\"")).starts_with("line 2: "));
}

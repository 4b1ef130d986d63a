//! What is waived, what is not, and what is said of words that silence nothing.

use super::*;
use crate::audit::sample::consumer;
use crate::config::Config;

fn audit() -> Audit {
    let about = |service: &str, topic: &str, line| {
        let about = About {
            service: service.to_owned(),
            place: Place { path: format!("{service}/consumer.go"), line },
            role: "registration",
            note: String::new(),
        };
        let consumer = Some(format!("{service}/{topic}/Handle"));
        Finding { consumer, ..about.finding("no-dead-letter", "m".to_owned(), "h") }
    };
    let mut audit = Audit {
        consumers: vec![consumer("order", "paid", 10), consumer("search", "made", 10)],
        findings: vec![about("order", "paid", 10), about("search", "made", 12)],
        ..Audit::default()
    };
    audit.sort();
    audit.identify();
    audit
}

/// The findings after suppression: rule, place and whether it is suppressed.
fn told(waivers: Vec<Waiver>, directives: &[(String, Directive)], as_of: &str) -> Vec<String> {
    let mut settings = Settings::with_config(".", Config { waivers, ..Config::default() });
    settings.as_of = Date::parse(as_of);
    let rules = ["no-dead-letter".to_owned()];
    let words = Words {
        directives,
        config_path: "flowaudit.yaml".to_owned(),
        service_of: &|path| path.split_once('/').map(|(service, _)| service.to_owned()),
        rules: &rules,
    };
    let mut audit = audit();
    apply(&mut audit, &words, &settings);
    let line = |f: &Finding| {
        let kind = f.suppressed.as_ref().map_or("counts", |s| s.kind.word());
        format!("{} {} {}:{} {kind}", f.rule, f.service, f.location.path, f.location.line)
    };
    audit.findings.iter().map(line).collect()
}

fn waiver(target: Target, until: Option<&str>) -> Waiver {
    Waiver {
        target,
        reason: "replayed by hand".to_owned(),
        owner: "team-a".to_owned(),
        until: until.and_then(Date::parse),
        line: 7,
        column: 5,
    }
}

fn of_rule(service: &str, consumer: Option<&str>) -> Target {
    Target::Rule {
        rule: "no-dead-letter".to_owned(),
        service: service.to_owned(),
        consumer: consumer.map(str::to_owned),
    }
}

const ORDER: &str = "no-dead-letter order order/consumer.go:10 ";
const SEARCH: &str = "no-dead-letter search search/consumer.go:12 ";

#[test]
fn a_waiver_holds_for_its_service_consumer_or_finding_until_its_day() {
    let fingerprint = audit().findings[1].fingerprint.clone();
    // As the baseline calls it.
    let called = audit().consumers[0].identity();
    let cases = [
        (of_rule("search", None), [format!("{ORDER}counts"), format!("{SEARCH}waiver")]),
        (of_rule("order", Some("order/paid/Handle")), [format!("{ORDER}waiver"), format!("{SEARCH}counts")]),
        (of_rule("order", Some(&called)), [format!("{ORDER}waiver"), format!("{SEARCH}counts")]),
        (Target::Finding(fingerprint), [format!("{ORDER}counts"), format!("{SEARCH}waiver")]),
    ];
    for (target, expected) in cases {
        assert_eq!(told(vec![waiver(target, Some("2026-12-31"))], &[], "2026-12-31"), expected);
    }
}

#[test]
fn an_expired_or_unused_waiver_is_a_finding() {
    let expired = told(vec![waiver(of_rule("order", None), Some("2026-12-31"))], &[], "2027-01-01");
    let finding = "expired-waiver order flowaudit.yaml:7 counts".to_owned();
    assert_eq!(expired, [finding, format!("{ORDER}counts"), format!("{SEARCH}counts")]);
    let unused = told(vec![waiver(of_rule("order", Some("order/x/Handle")), None)], &[], "2027-01-01");
    assert!(unused.contains(&"unused-waiver order flowaudit.yaml:7 counts".to_owned()), "{unused:?}");
    let unknown = told(vec![waiver(Target::Finding("0".repeat(16)), None)], &[], "2027-01-01");
    assert!(unknown.contains(&"unused-waiver . flowaudit.yaml:7 counts".to_owned()), "{unknown:?}");
}

fn comment(line: u32, about: u32, text: &str) -> [(String, Directive); 1] {
    [("order/consumer.go".to_owned(), Directive { line, about, text: text.to_owned() })]
}

#[test]
fn an_ignore_holds_for_its_line_until_its_day() {
    let text = "flowaudit:ignore[no-dead-letter] until=2026-12-31 -- replayed";
    assert_eq!(
        told(Vec::new(), &comment(9, 10, text), "2026-12-31"),
        [format!("{ORDER}inline"), format!("{SEARCH}counts")]
    );
    let expired = told(Vec::new(), &comment(9, 10, text), "2027-01-01");
    let finding = "expired-ignore order order/consumer.go:9 counts".to_owned();
    assert_eq!(expired, [finding, format!("{ORDER}counts"), format!("{SEARCH}counts")]);
    let unused = told(Vec::new(), &comment(3, 4, text), "2026-12-31");
    assert_eq!(unused[0], "unused-ignore order order/consumer.go:3 counts");
    let malformed = told(Vec::new(), &comment(9, 10, "flowaudit:ignore[no-dead-letter]"), "2026-12-31");
    assert_eq!(malformed[0], "malformed-ignore order order/consumer.go:9 counts");
}

#[test]
fn nothing_is_heeded_when_the_user_says_so() {
    let mut settings = Settings::new(".");
    settings.ignores = false;
    settings.config.waivers = vec![waiver(of_rule("order", None), None)];
    let directives = comment(9, 10, "flowaudit:ignore");
    let words = Words {
        directives: &directives,
        config_path: "flowaudit.yaml".to_owned(),
        service_of: &|_| None,
        rules: &[],
    };
    let mut after = audit();
    apply(&mut after, &words, &settings);
    assert_eq!(after, audit());
}

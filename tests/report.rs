//! The views of an audit, over one made by hand.

mod common;

use common::sample;
use flowaudit::audit::{Audit, Confidence, Priority, Severity, Status};
use flowaudit::report::{json, table};

fn view(width: usize) -> table::View {
    table::View { width, color: false, all: false }
}

#[test]
fn table_in_100_columns() {
    insta::assert_snapshot!(table::render(&sample(), view(100)));
}

#[test]
fn table_in_80_columns() {
    insta::assert_snapshot!(table::render(&sample(), view(80)));
}

#[test]
fn table_with_everything() {
    let all = table::View { all: true, ..view(100) };
    insta::assert_snapshot!(table::render(&sample(), all));
}

#[test]
fn table_of_nothing() {
    insta::assert_snapshot!(table::render(&Audit::default(), view(80)));
}

#[test]
fn table_keeps_within_its_width() {
    for width in [80, 100] {
        let text = table::render(&sample(), view(width));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
            assert_eq!(line, line.trim_end(), "trailing space");
        }
        assert!(!text.contains('\u{1b}'), "colour was not asked for");
    }
}

#[test]
fn long_names_wrap_inside_the_table() {
    let mut audit = sample();
    for service in &mut audit.services {
        if service.name == "warehouse" {
            service.name = "warehouse-inventory-reservation-service".to_owned();
        }
    }
    let text = table::render(&audit, view(80));
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let squeezed: String = text.split_whitespace().collect();
    assert!(squeezed.contains("warehouse-inventory"), "{text}");
    insta::assert_snapshot!(text.lines().take(12).collect::<Vec<_>>().join("\n"));
}

#[test]
fn narrowing_keeps_what_was_asked_for() {
    let mut audit = sample();
    audit.keep_findings(Severity::Warning, Confidence::High);
    assert!(audit.findings.iter().all(|f| f.severity != Severity::Note));
    assert_eq!(audit.findings.len(), 9);

    let mut audit = sample();
    audit.keep_services(&["search".to_owned()]);
    assert_eq!(audit.services.len(), 1);
    assert_eq!(audit.consumers.len(), 1);
    assert_eq!(audit.findings.len(), 1);
    let topics: Vec<&str> = audit.topics.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(topics, ["catalog.product.created", "cms.page.published"]);
    assert_eq!(audit.audits, sample().audits, "of the whole scope");

    let mut audit = sample();
    audit.keep_services(&[]);
    assert_eq!(audit, sample());
}

#[test]
fn colour_changes_no_word() {
    let coloured = table::render(&sample(), table::View { color: true, ..view(100) });
    assert!(coloured.contains('\u{1b}'));
    let escape = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let plain = escape.replace_all(&coloured, "");
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    let expected = table::render(&sample(), view(100));
    assert_eq!(trimmed, expected.lines().collect::<Vec<_>>());
}

#[test]
fn json_is_the_contract_and_reads_back() {
    let text = json::render(&sample());
    insta::assert_snapshot!(text);
    assert!(text.ends_with("}\n"));
    let back: Audit = serde_json::from_str(&text).unwrap();
    assert_eq!(back, sample());
}

#[test]
fn json_satisfies_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(&json::schema::<Audit>()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for audit in [sample(), Audit::default()] {
        let document: serde_json::Value = serde_json::from_str(&json::render(&audit)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut wrong: serde_json::Value = serde_json::from_str(&json::render(&sample())).unwrap();
    wrong["services"][0]["controls"]["idempotency"]["status"] = "fine".into();
    assert!(!validator.is_valid(&wrong), "an unknown status must be refused");
    let mut wrong: serde_json::Value = serde_json::from_str(&json::render(&sample())).unwrap();
    let controls = &mut wrong["services"][0]["controls"];
    controls["idempotence"] = controls["idempotency"].clone();
    assert!(!validator.is_valid(&wrong), "an unknown control must be refused");
    let mut wrong: serde_json::Value = serde_json::from_str(&json::render(&sample())).unwrap();
    wrong.as_object_mut().unwrap().remove("depth");
    assert!(!validator.is_valid(&wrong), "every key is always there");
}

#[test]
fn sorting_forgets_the_order_of_discovery_and_is_stable() {
    let sorted = sample();
    let mut shuffled = sample();
    shuffled.services.reverse();
    shuffled.consumers.rotate_left(2);
    shuffled.publishers.reverse();
    shuffled.topics.reverse();
    shuffled.findings.reverse();
    shuffled.diagnostics.reverse();
    shuffled.sort();
    assert_eq!(shuffled, sorted);

    let ids: Vec<&str> = sorted.consumers.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "analytics/order-events/ProcessOrderEvent",
            "customer/order.completed/HandleOrderCompleted",
            "notification/order.status_changed/Handle",
            "search/catalog.product.created/HandleProductCreated",
            "warehouse/product.created/Handle",
            "warehouse/product.created/Handle#2",
        ]
    );
}

#[test]
fn words_are_what_serde_writes() {
    for status in Status::ALL {
        let written = serde_json::to_value(status).unwrap();
        assert_eq!(written, status.word());
        assert_eq!(Status::from_word(status.word()), Some(*status));
    }
    assert_eq!(serde_json::to_value(Priority::P0).unwrap(), "P0");
}

#[test]
fn percentages_round_half_up() {
    use flowaudit::audit::percent;
    let cases = [(11, 19, 58), (8, 19, 42), (5, 19, 26), (7, 19, 37), (5, 6, 83), (4, 6, 67)];
    for (part, whole, expected) in cases {
        assert_eq!(percent(part, whole), Some(expected));
    }
    assert_eq!(percent(1, 8), Some(13), "12.5 is 13");
    assert_eq!(percent(1, 200), Some(1), "0.5 is 1");
    assert_eq!(percent(0, 0), None);
}

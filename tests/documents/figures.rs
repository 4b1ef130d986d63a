//! The figures of the platform, and the row of each of its services.

use std::collections::BTreeMap;

use crate::support::{DATA, EVENTS, SUMMARY};
use crate::{Written, figure, rows};

/// The numbers that people counted by hand when they looked at the consumer layer alone.
#[test]
fn the_consumer_layer_alone_gives_the_figures_that_were_counted_by_hand() {
    let written = Written::new(&["--depth", "0"]);
    let events = written.text(EVENTS);
    figure(&events, "Idempotency", [8, 0, 5, 0], "42 % (8 of 19)");
    figure(&events, "Dead letter", [5, 0, 3, 3], "26 % (5 of 19)");
    assert!(events.contains("`flowaudit report . -o docs/audit --depth 0`"));
}

/// And the ones that took them a second review of the code behind it.
#[test]
fn the_whole_path_gives_the_figures_of_the_second_review() {
    let written = Written::new(&[]);
    let events = written.text(EVENTS);
    figure(&events, "Idempotency", [11, 0, 0, 2], "58 % (11 of 19)");
    figure(&events, "Dead letter", [7, 0, 0, 4], "37 % (7 of 19)");
    let data = written.text(DATA);
    figure(&data, "Idempotency", [5, 0, 0, 0], "83 % (5 of 6)");
    figure(&data, "Schema validation", [3, 0, 0, 2], "50 % (3 of 6)");
    figure(&data, "Cache invalidation", [4, 0, 0, 0], "67 % (4 of 6)");
    assert!(data.contains(
        "counted once: 18 event types with a schema or validator registered for it (analytics 16, catalog 2)."
    ));
    // Go embeds these into variables, which alone the registration names.
    for file in ["pricing_price_updated_event.json", "warehouse_stock_updated_event.json"] {
        let path = format!("catalog/internal/schema/{file}");
        assert!(data.contains(&format!("[`{path}`](../../{path})")), "{path}");
    }

    let summary = written.text(SUMMARY);
    for percent in ["58 % (11 of 19)", "37 % (7 of 19)", "83 % (5 of 6)", "50 % (3 of 6)", "67 % (4 of 6)"] {
        assert!(summary.contains(percent), "{percent}");
    }
}

#[test]
fn every_service_has_the_row_that_it_should() {
    let written = Written::new(&[]);
    let statuses = cells_of(&written.text(EVENTS), 4..7);
    let expected = [
        ("analytics", ["declarative", "implemented: database", "implemented: declarative"]),
        ("auth", ["none", "n/a", "n/a"]),
        ("catalog", ["programmatic", "implemented: redis", "implemented: programmatic"]),
        ("checkout", ["none", "implemented", "n/a"]),
        ("customer", ["programmatic", "missing", "missing"]),
        ("fulfillment", ["observer", "implemented", "implemented: programmatic"]),
        ("location", ["none", "n/a", "n/a"]),
        ("loyalty-rewards", ["none", "n/a", "n/a"]),
        ("notification", ["programmatic", "missing", "missing"]),
        ("order", ["programmatic", "implemented: database", "implemented"]),
        ("payment", ["programmatic", "implemented", "implemented: table"]),
        ("pricing", ["observer", "implemented: stateless, upsert", "implemented: programmatic"]),
        ("promotion", ["none", "n/a", "n/a"]),
        ("return", ["none", "implemented", "n/a"]),
        ("review", ["none", "n/a", "n/a"]),
        ("search", ["programmatic", "implemented: database", "implemented: handler"]),
        ("shipping", ["observer", "implemented: entity-state", "missing"]),
        ("user", ["none", "n/a", "n/a"]),
        ("warehouse", ["observer", "implemented: entity-state", "missing"]),
    ];
    assert_eq!(statuses.len(), expected.len());
    for (name, row) in expected {
        assert_row(name, &statuses[name], &row);
    }

    let statuses = cells_of(&written.text(DATA), 5..8);
    let expected = [
        ("analytics", ["implemented: database", "implemented: json-schema", "n/a"]),
        ("catalog", ["implemented: redis", "implemented: json-schema", "implemented"]),
        ("order", ["n/a", "n/a", "n/a"]),
        ("pricing", ["implemented", "missing", "implemented"]),
        ("search", ["implemented: database", "implemented: registry", "implemented"]),
        ("warehouse", ["implemented: entity-state", "missing", "implemented"]),
    ];
    assert_eq!(statuses.len(), expected.len());
    for (name, row) in expected {
        assert_row(name, &statuses[name], &row);
    }
}

/// Some cells of each service's row.
fn cells_of(text: &str, columns: std::ops::Range<usize>) -> BTreeMap<String, Vec<String>> {
    let of = |cells: Vec<String>| {
        let name = cells[1].trim_start_matches('[').split(']').next().unwrap().to_owned();
        (name, cells[columns.clone()].to_vec())
    };
    rows(text, "## Services").into_iter().map(of).collect()
}

/// Where a pattern is named, it is the one that people found.
#[track_caller]
fn assert_row(name: &str, found: &[String], row: &[&str]) {
    let fits = |(cell, wanted): (&String, &&str)| {
        let (cell, _) = cell.split_once("<br>").unwrap_or((cell, ""));
        cell == *wanted || cell.starts_with(&format!("{wanted}:"))
    };
    assert!(found.iter().zip(row).all(fits), "{name}: {found:?}, not {row:?}");
}

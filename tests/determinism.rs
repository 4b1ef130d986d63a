//! The same tree gives the same bytes: whatever the run, the number of threads, where the tree
//! lies and in which order its files came into being.

mod support;

use std::fs;
use std::path::Path;

use flowaudit::audit::Audit;
use support::{copy_tree, platform, replicate, scan_json};

#[test]
fn runs_and_threads_change_no_byte() {
    let first = scan_json(&platform(), &["--threads", "1"]);
    for threads in ["1", "2", "4"] {
        let again = scan_json(&platform(), &["--threads", threads]);
        assert!(again == first, "{threads} threads: {}", difference(&first, &again));
    }
}

#[test]
fn place_and_order_of_creation_change_no_byte() {
    let first = scan_json(&platform(), &[]);
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = dir.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    copy_tree(&platform(), &elsewhere, &|path: &Path, bytes| (path.to_owned(), bytes));
    let again = scan_json(&elsewhere, &[]);
    assert!(again == first, "{}", difference(&first, &again));
}

/// The benches multiply the fixture; what they measure is more of the same only if this holds.
#[test]
fn copies_hold_as_much_as_the_first() {
    let counts = |times| {
        let dir = tempfile::tempdir().unwrap();
        replicate(times, dir.path());
        let audit: Audit = serde_json::from_str(&scan_json(dir.path(), &[])).unwrap();
        assert!(audit.diagnostics.is_empty(), "{:?}", audit.diagnostics);
        [audit.services.len(), audit.consumers.len(), audit.publishers.len()]
    };
    let one = counts(1);
    assert_eq!(counts(3), one.map(|number| number * 3));
}

/// The first line that differs.
fn difference(a: &str, b: &str) -> String {
    let lines = a.lines().zip(b.lines()).enumerate();
    let first = lines.into_iter().find(|(_, (a, b))| a != b);
    first.map_or_else(
        || "one is longer".to_owned(),
        |(number, (a, b))| format!("line {}: {a} / {b}", number + 1),
    )
}

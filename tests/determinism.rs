//! The same tree gives the same bytes: whatever the run, the number of threads, where the tree
//! lies and in which order its files came into being.

mod support;

use std::fs;
use std::path::Path;

use support::{copy_tree, platform, scan_json};

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

/// The first line that differs.
fn difference(a: &str, b: &str) -> String {
    let lines = a.lines().zip(b.lines()).enumerate();
    let first = lines.into_iter().find(|(_, (a, b))| a != b);
    first.map_or_else(
        || "one is longer".to_owned(),
        |(number, (a, b))| format!("line {}: {a} / {b}", number + 1),
    )
}

//! Findings with a place of their own: `tests/data/findings/<rule>/fires` gives the rule on every
//! line marked `// want` and on no other, `silent` gives it nowhere.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flowaudit::audit::{Audit, Control, Status};
use support::{project, scan_json};

fn audit(folder: &Path) -> Audit {
    // A copy, so that the tree is audited as one of its own.
    let dir = tempfile::tempdir().unwrap();
    support::copy_tree(folder, dir.path(), &|path, bytes| (path.to_owned(), bytes));
    serde_json::from_str(&scan_json(dir.path(), &[])).unwrap()
}

fn wanted(folder: &Path) -> BTreeSet<(String, u32)> {
    let mut out = BTreeSet::new();
    for path in files(folder) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let marked = text.lines().enumerate().filter(|(_, line)| line.ends_with("// want"));
        out.extend(marked.map(|(i, _)| (name.clone(), i as u32 + 1)));
    }
    out
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(files(&path)) } else { out.push(path) }
    }
    out.sort();
    out
}

fn rules() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(project().join("tests/data/findings"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    all
}

#[test]
fn each_rule_fires_where_it_should_and_nowhere_else() {
    for folder in rules() {
        let rule = folder.file_name().unwrap().to_str().unwrap();
        let places = |kind: &str| -> BTreeSet<(String, u32)> {
            let audit = audit(&folder.join(kind));
            let mine = audit.findings.into_iter().filter(|f| f.rule == rule);
            mine.map(|f| {
                assert!(!f.help.is_empty() && !f.evidence.is_empty(), "{rule} tells too little");
                assert!(!f.message.contains('{'), "{}", f.message);
                (f.location.path, f.location.line)
            })
            .collect()
        };
        let marked = wanted(&folder.join("fires"));
        assert!(!marked.is_empty(), "{rule} marks no line");
        assert_eq!(places("fires"), marked, "{rule} fires");
        assert_eq!(places("silent"), BTreeSet::new(), "{rule} is silent");
    }
}

#[test]
fn the_status_of_the_outbox_follows_what_is_found() {
    let of = |path: &str| {
        let audit = audit(&project().join("tests/data/findings").join(path));
        audit.services[0].controls[&Control::Outbox].status
    };
    assert_eq!(of("dual-write/fires"), Status::Missing);
    assert_eq!(of("dual-write/silent"), Status::Partial);
    assert_eq!(of("outbox-without-worker/fires"), Status::Partial);
    assert_eq!(of("outbox-without-worker/silent"), Status::Implemented);
}

/// The sentences of a rule's findings in a small program.
fn told(program: &str, rule: &str) -> Vec<String> {
    let found = audit(&project().join("tests/data/verdicts").join(program)).findings;
    found.into_iter().filter(|f| f.rule == rule).map(|f| f.message).collect()
}

#[test]
fn a_sentence_fits_what_becomes_of_the_message() {
    let stops = told("projection-that-stops", "no-dead-letter");
    assert_eq!(stops.len(), 2);
    let ends = "The first message of $all that fails ends the loop that reads them: \
                no later one is handled, and whoever starts it again meets that one first.";
    assert!(stops.iter().any(|said| said == ends), "{stops:?}");
    let again = "A message of orders that keeps failing ends nowhere a person can find it.";
    assert!(stops.iter().any(|said| said == again), "{stops:?}");
    let sent = told("projection-that-stops", "dual-write");
    assert!(sent.len() == 1 && sent[0].contains("when the send fails, "), "{sent:?}");
    let kept = told("retried-in-place", "no-dead-letter");
    assert_eq!(
        kept,
        ["A message of stock_moved that fails all its attempts in the process is put back, \
          and is never moved to where a person can find it."]
    );
}

#[test]
fn a_queue_is_the_group_of_those_that_read_it_whatever_it_is_called() {
    let audit = audit(&project().join("tests/data/verdicts/retried-in-place"));
    assert_eq!(audit.consumers[0].group.as_deref(), Some("stock_moved"));
    let evidence = &audit.consumers[0].controls[&Control::DeadLetter].evidence;
    assert!(evidence.iter().any(|e| e.role == "retry.in-place"), "{evidence:?}");
}

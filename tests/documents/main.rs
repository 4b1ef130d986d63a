//! The documents from outside: their figures, that what they cite is there and shows what is
//! claimed, that they are the same from run to run, and what becomes of what people wrote.

#[path = "../support/mod.rs"]
mod support;

mod checklists;
mod cited;
mod figures;
mod kept;
mod told;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use support::{copy_tree, platform, run};
use tempfile::TempDir;

const CHECKLISTS: [&str; 2] = [
    "integration-flows_event-processing_workflow_checklist.md",
    "integration-flows_data-synchronization_workflow_checklist.md",
];

/// A copy of the platform with documents in `docs/audit`.
struct Written {
    dir: TempDir,
}

impl Written {
    fn new(more: &[&str]) -> Written {
        let written = Written { dir: tempfile::tempdir().unwrap() };
        copy_tree(&platform(), &written.root(), &|path: &Path, bytes| (path.to_owned(), bytes));
        let (code, _, err) = written.report(&[&["--date", "2026-01-31"], more].concat());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        written
    }

    /// A folder of the same name each time, since documents say it.
    fn root(&self) -> PathBuf {
        self.dir.path().join("platform")
    }

    fn report(&self, more: &[&str]) -> (Option<i32>, String, String) {
        run(&[&["report", ".", "-o", "docs/audit"], more].concat(), &self.root())
    }

    fn folder(&self) -> PathBuf {
        self.root().join("docs/audit")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).unwrap()
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(self.folder().join(name), text.replacen(from, to, 1)).unwrap();
    }

    fn all(&self) -> BTreeMap<String, String> {
        let names = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).map(|name| (name.clone(), self.text(&name))).collect()
    }
}

/// The cells of a row, by what its first cells are.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let section = text.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let table =
        section.lines().skip_while(|line| !line.starts_with("| ")).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    table.skip(2).map(cells).collect()
}

/// Percentages with their counts, by control: implemented, partial, needs review, missing.
fn figures(text: &str) -> BTreeMap<String, (Vec<u32>, String)> {
    let row = |cells: Vec<String>| {
        let title = cells[0].trim_start_matches('[').split(']').next().unwrap().to_owned();
        let counts = cells[1..5].iter().map(|cell| cell.parse().unwrap()).collect();
        let percent = cells[7].split("<br>").next().unwrap().to_owned();
        (title, (counts, percent))
    };
    rows(text, "## Key figures").into_iter().map(row).collect()
}

/// The configuration of the copy with more below `reports:` and the audits.
fn configure(written: &Written, more: &str) {
    let path = written.root().join("flowaudit.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n{more}")).unwrap();
}

#[track_caller]
fn figure(text: &str, control: &str, counts: [u32; 4], percent: &str) {
    let all = figures(text);
    assert_eq!(all[control], (counts.to_vec(), percent.to_owned()), "{control}");
}

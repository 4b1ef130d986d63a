//! What changes no behaviour is no news: the baseline of a tree stays the same, byte for byte,
//! through blank lines, comments, moved declarations, renamed files and folders, other line ends.

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flowaudit::audit::Audit;
use flowaudit::config::{Settings, load};
use flowaudit::gate::{Baseline, compare};
use flowaudit::progress::Progress;
use proptest::prelude::*;
use support::{copy_tree, platform};

fn audit(folder: &Path) -> (Audit, Settings) {
    let config = load(&folder.join("flowaudit.yaml"), folder).unwrap();
    let settings = Settings::with_config(folder, config);
    (flowaudit::audit_tree(&settings, &Progress::default()).unwrap(), settings)
}

fn baseline(folder: &Path) -> String {
    Baseline::of(&audit(folder).0).render()
}

/// The declarations of a Go file behind its imports, comments and all, each with what stands
/// before it; `None` when it has none to move.
fn declarations(text: &str) -> Option<(String, Vec<String>)> {
    let end_of_imports = match text.find("\nimport (") {
        Some(at) => at + text[at..].find("\n)\n")? + 3,
        None => text.find('\n')? + 1,
    };
    let (head, body) = text.split_at(end_of_imports);
    let mut found: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut inside_raw = false;
    for line in body.split_inclusive('\n') {
        current.push_str(line);
        inside_raw ^= line.matches('`').count() % 2 == 1;
        let closes = matches!(line, "}\n" | ")\n") && !inside_raw;
        let whole = !line.ends_with("{\n") && !line.ends_with("(\n") && !inside_raw;
        let starts = ["func ", "type ", "var ", "const "].iter().any(|word| line.starts_with(word));
        if closes || (starts && whole) {
            found.push(std::mem::take(&mut current));
        }
    }
    if !current.trim().is_empty() {
        return None;
    }
    Some((head.to_owned(), found))
}

/// One way to write the same program, by a seed.
fn rewritten(path: &Path, text: &str, seed: u64, how: How) -> String {
    let mut seed = seed
        ^ path.to_string_lossy().bytes().fold(7, |h: u64, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    let mut text = text.to_owned();
    let is_go = path.extension().is_some_and(|e| e == "go");
    if is_go
        && how.reorder
        && let Some((head, mut parts)) = declarations(&text)
    {
        for index in (1..parts.len()).rev() {
            parts.swap(index, next(index + 1));
        }
        text = format!("{head}{}", parts.concat());
    }
    if is_go && how.comments {
        let mut inside_raw = false;
        let line = |line: &str| {
            inside_raw ^= line.matches('`').count() % 2 == 1;
            match (inside_raw || line.contains('`'), next(6)) {
                (false, 0) => format!("{line}\n"),
                (false, 1) => format!("{line}// note: nothing to see; Subscribe(x), insert into y\n"),
                _ => line.to_owned(),
            }
        };
        text = text.split_inclusive('\n').map(line).collect();
    }
    if how.crlf {
        text = text.replace('\n', "\r\n");
    }
    text
}

/// What is done to each file.
#[expect(clippy::struct_excessive_bools, reason = "each is a way of its own")]
#[derive(Debug, Clone, Copy)]
struct How {
    reorder: bool,
    comments: bool,
    crlf: bool,
    rename: bool,
}

/// New names for the folders inside services, and for files: packages keep their names, imports
/// follow.
fn renamed(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let text = text.replace("internal/data/eventbus/", "internal/data/bus/");
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
    let name = match name.strip_suffix(".go") {
        Some(stem) if !stem.ends_with("_test") && !matches!(stem, "wire" | "wire_gen") => {
            format!("x_{stem}_y.go")
        }
        _ => name.to_owned(),
    };
    if folder.is_empty() { PathBuf::from(name) } else { Path::new(folder).join(name) }
}

/// Lays the fixture out, rewritten; gives how many files are not as they were.
fn rewrite(to: &Path, seed: u64, how: How) -> usize {
    let changed = Cell::new(0);
    copy_tree(&platform(), to, &|path: &Path, bytes| {
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            return (path.to_owned(), bytes);
        };
        let is_go = path.extension().is_some_and(|e| e == "go");
        let mut text = if is_go || path.extension().is_some_and(|e| e == "yaml") {
            rewritten(path, &text, seed, how)
        } else {
            text
        };
        let mut target = path.to_owned();
        if how.rename {
            if is_go {
                // The import's last word is no longer the package's name.
                text = text.replace("internal/data/eventbus\"", "internal/data/bus\"");
            }
            target = renamed(path);
        }
        changed.set(changed.get() + usize::from(target != path || text.as_bytes() != bytes));
        (target, text.into_bytes())
    });
    changed.get()
}

#[test]
fn declarations_are_cut_where_they_end() {
    let text = "package a\n\nimport (\n\t\"x\"\n)\n\n// A is a.\ntype A struct {\n\tx int\n}\n\nconst B = 1\n\nfunc f() {\n}\n";
    let (head, parts) = declarations(text).unwrap();
    assert_eq!(format!("{head}{}", parts.concat()), text);
    assert_eq!(parts.len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_same_program_written_otherwise_is_no_news(
        seed in any::<u64>(),
        (reorder, comments, crlf, rename) in any::<(bool, bool, bool, bool)>(),
    ) {
        let how = How { reorder, comments, crlf, rename };
        let dir = tempfile::tempdir().unwrap();
        rewrite(dir.path(), seed, how);
        let (before, after) = (baseline(&platform()), baseline(dir.path()));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let news: Vec<String> = lines(&before).symmetric_difference(&lines(&after)).cloned().collect();
        prop_assert!(before == after, "{how:?} seed {seed}: {news:#?}");
    }
}

/// Each way by itself and all together, with one seed: what the property test may miss by chance.
#[test]
fn each_way_of_rewriting_is_no_news() {
    let none = How { reorder: false, comments: false, crlf: false, rename: false };
    let before = baseline(&platform());
    for how in [
        How { reorder: true, ..none },
        How { comments: true, ..none },
        How { crlf: true, ..none },
        How { rename: true, ..none },
        How { reorder: true, comments: true, crlf: true, rename: true },
    ] {
        let dir = tempfile::tempdir().unwrap();
        let changed = rewrite(dir.path(), 42, how);
        assert!(changed > 200, "{how:?} changed {changed} files");
        let after = baseline(dir.path());
        let mut odd: BTreeMap<&str, i32> = BTreeMap::new();
        before.lines().for_each(|line| *odd.entry(line).or_default() -= 1);
        after.lines().for_each(|line| *odd.entry(line).or_default() += 1);
        odd.retain(|_, count| *count != 0);
        assert!(odd.is_empty(), "{how:?}: {odd:#?}");
    }
}

#[test]
fn a_publisher_whose_topic_changed_is_news() {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    let before = Baseline::of(&audit(dir.path()).0);
    let path = dir.path().join("fulfillment/internal/constants/topics.go");
    let text = fs::read_to_string(&path).unwrap();
    let other = text.replace("\"fulfillment.package_status_changed\"", "\"fulfillment.parcel_moved\"");
    assert_ne!(text, other);
    fs::write(path, other).unwrap();
    let (now, settings) = audit(dir.path());
    let outcome = compare(&before, &now, &settings.config, "x", false);
    let news: Vec<&str> = outcome.regressions.iter().filter_map(|c| c.rule.as_deref()).collect();
    assert!(!outcome.passed && news.contains(&"topic-without-publisher"), "{:#?}", outcome.regressions);
}

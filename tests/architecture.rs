//! The arrows between the modules, as `use crate::…` lines draw them: data flows one way.
//!
//! A module that is not listed fails the test, so that a new one gets its place on purpose. What
//! this leaves out: `super::` that leaves an inline module, which no file needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Every module from the first to the last, with what it may use; only what stands above it.
///
/// The stages are `source`, `syntax`, `rules`, `flow`, `controls`, `checklist`, `report` and `cli`. The others
/// are the words they share (`audit`, `progress`, `names`, `config`) and what joins them (`ruleset`, `read`).
const ALLOWED: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("syntax", &[]),
    ("audit", &[]),
    ("progress", &[]),
    ("names", &[]),
    ("rules", &["syntax"]),
    ("flow", &["syntax", "names", "rules"]),
    ("examples", &["syntax", "rules", "flow"]),
    ("config", &["syntax", "audit"]),
    ("ruleset", &["syntax", "audit", "rules", "config"]),
    ("read", &["source", "syntax", "audit", "progress", "flow", "config"]),
    ("controls", &["syntax", "audit", "names", "rules", "flow", "config", "read"]),
    ("suppress", &["syntax", "audit", "config"]),
    (
        "checklist",
        &["source", "syntax", "audit", "progress", "rules", "config", "ruleset", "read", "controls"],
    ),
    ("gate", &["audit", "config", "controls"]),
    ("report", &["syntax", "audit", "config", "gate"]),
    (
        "cli",
        &[
            "source",
            "syntax",
            "audit",
            "progress",
            "rules",
            "examples",
            "config",
            "ruleset",
            "read",
            "controls",
            "checklist",
            "gate",
            "report",
        ],
    ),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let code: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(without_comment).collect();
        (path.strip_prefix(&root).unwrap().to_owned(), code.join("\n"))
    };
    paths.into_iter().map(read).collect()
}

/// A line of code without what prose says; a `//` inside a string hides no import.
fn without_comment(line: &str) -> String {
    line.split("//").next().unwrap_or_default().to_owned()
}

/// The module a file belongs to, by its path from `src`; `None` for the crate's roots.
fn module(path: &Path) -> Option<String> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// A file of unit tests, which may make files that print.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

/// How many `super::` lead from a file to the crate's root.
fn depth(path: &Path) -> usize {
    let folders = path.components().count() - 1;
    folders + usize::from(path.file_name().is_some_and(|name| name != "mod.rs"))
}

/// What a file names at the crate's root.
fn used(path: &Path, code: &str) -> BTreeSet<String> {
    let up = "super::".repeat(depth(path));
    let one = Regex::new(&format!(r"(?:\bcrate::|(?:^|[^:\w]){up})(\w+)")).unwrap();
    let many = Regex::new(&format!(r"(?:\bcrate::|(?:^|[^:\w]){up})\{{")).unwrap();
    let mut out: BTreeSet<String> = one.captures_iter(code).map(|found| found[1].to_owned()).collect();
    for group in many.find_iter(code) {
        out.extend(first_words(&code[group.end()..]));
    }
    out
}

/// The first word of each item of a `{…}` group whose inside begins here.
fn first_words(inside: &str) -> Vec<String> {
    let (mut words, mut word, mut level, mut first) = (Vec::new(), String::new(), 0, true);
    for c in inside.chars() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => {
                words.push(std::mem::take(&mut word));
                first = true;
                continue;
            }
            _ => {}
        }
        if c == ':' {
            first = false;
        }
        if first && (c.is_alphanumeric() || c == '_') {
            word.push(c);
        }
    }
    words.push(word);
    words
}

#[test]
fn the_table_points_one_way() {
    let mut above = BTreeSet::new();
    for (module, uses) in ALLOWED {
        for used in *uses {
            assert!(above.contains(used), "{module} may not use {used}: it does not stand above it");
        }
        assert!(above.insert(module), "{module} is listed twice");
    }
}

#[test]
fn modules_use_only_what_stands_above_them() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, code) in sources() {
        let Some(module) = module(&path) else { continue };
        let Some(may) = allowed.get(module.as_str()) else {
            wrong.push(format!("src/{}: `{module}` has no place in the table", path.display()));
            continue;
        };
        for used in used(&path, &code) {
            let is_module = allowed.contains_key(used.as_str());
            if is_module && used != module && !may.contains(&used.as_str()) {
                wrong.push(format!("src/{}: {module} uses {used}", path.display()));
            }
        }
        seen.insert(module);
    }
    let listed: BTreeSet<String> = allowed.keys().map(ToString::to_string).collect();
    assert_eq!(seen, listed, "the table lists the modules there are");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let prints = Regex::new(r"\b(e?print(ln)?!|dbg!|stdout\(\)|stderr\(\))").unwrap();
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|(path, code)| !path.starts_with("cli") && !is_test(path) && prints.is_match(code))
        .map(|(path, _)| format!("src/{}", path.display()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_found_however_they_are_written() {
    let of = |path: &str, code: &str| -> Vec<String> { used(Path::new(path), code).into_iter().collect() };
    assert_eq!(of("flow/eval.rs", "use crate::rules::{Role, RuleSet};"), ["rules"]);
    assert_eq!(
        of("flow/eval.rs", "use crate::{rules::{self, Role}, syntax, source::Tree};"),
        ["rules", "source", "syntax"]
    );
    assert_eq!(of("flow/eval.rs", "use super::types; use super::super::report::json;"), ["report"]);
    assert_eq!(of("flow/mod.rs", "fn f(x: super::report::X) {}"), ["report"]);
    assert_eq!(of("read.rs", "use super::{cli, flow};"), ["cli", "flow"]);
    assert!(of("flow/eval.rs", &without_comment("/// see `crate::report`")).is_empty());
}

//! What changes no behaviour is no news: the baseline of a tree stays the same, byte for byte,
//! through blank lines, comments, declarations moved within a file and to another one, renamed
//! files and folders, files that gofmt never saw, other line ends.

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flowaudit::config::{Settings, load};
use flowaudit::gate::Baseline;
use flowaudit::progress::Progress;
use proptest::prelude::*;
use regex::Regex;
use support::{copy_tree, list, platform};

fn baseline(folder: &Path) -> String {
    let config = load(&folder.join("flowaudit.yaml"), folder).unwrap();
    let settings = Settings::with_config(folder, config);
    Baseline::of(&flowaudit::audit_tree(&settings, &Progress::default()).unwrap()).render()
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
    if is_go && how.loose {
        let mut inside_raw = false;
        let line = |line: &str| {
            let was_inside = inside_raw;
            inside_raw ^= line.matches('`').count() % 2 == 1;
            if was_inside || inside_raw {
                return line.to_owned();
            }
            let code = line.trim_start_matches('\t');
            format!("{}{}", "   ".repeat(line.len() - code.len()), code.replace('\n', " \t\n"))
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
    /// As nobody formatted it.
    loose: bool,
    /// The last function of each file stands in a file of its own.
    moved: bool,
}

/// Folders inside services under other names; packages keep theirs.
const FOLDERS: [(&str, &str); 9] = [
    ("biz", "domain"),
    ("constants", "labels"),
    ("data", "storage"),
    ("eventbus", "bus"),
    ("events", "happenings"),
    ("observer", "watch"),
    ("server", "transport"),
    ("service", "handlers"),
    ("worker", "jobs"),
];

/// A path whose folders below `internal` have other names.
fn moved(path: &str) -> String {
    let mut inside = false;
    let rename = |part: &str| {
        let known = FOLDERS.iter().find(|(name, _)| inside && *name == part);
        inside |= part == "internal";
        known.map_or(part, |(_, other)| other).to_owned()
    };
    path.split('/').map(rename).collect::<Vec<_>>().join("/")
}

/// New names for the folders inside services, and for files.
fn renamed(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
    let name = match name.strip_suffix(".go") {
        Some(stem) if !stem.ends_with("_test") && !matches!(stem, "wire" | "wire_gen") => {
            format!("x_{stem}_y.go")
        }
        _ => name.to_owned(),
    };
    if folder.is_empty() { PathBuf::from(name) } else { Path::new(&moved(folder)).join(name) }
}

/// Imports that follow the folders: their last word is no longer the package's name.
fn imports(text: &str) -> String {
    let import = Regex::new("\"[^\"\\s]*/internal/[^\"\\s]*\"").unwrap();
    import
        .replace_all(text, |found: &regex::Captures<'_>| format!("\"{}\"", moved(found[0].trim_matches('"'))))
        .into_owned()
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
                text = imports(&text);
            }
            target = renamed(path);
        }
        changed.set(changed.get() + usize::from(target != path || text.as_bytes() != bytes));
        (target, text.into_bytes())
    });
    if how.moved {
        changed.set(changed.get() + split(to));
    }
    changed.get()
}

/// Moves the last function of each Go file below a folder to a file beside it; gives how many.
fn split(folder: &Path) -> usize {
    let mut files = Vec::new();
    list(folder, &mut files);
    let mut moved = 0;
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".go").filter(|stem| !stem.ends_with("_test")) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        // Wire's input and generated files are what their tools make of them.
        if text.contains("\n//go:build") || text.starts_with("//go:build") || text.contains("DO NOT EDIT") {
            continue;
        }
        let Some((head, mut parts)) = declarations(&text.replace("\r\n", "\n")) else { continue };
        let Some(last) = parts.pop_if(|part| part.contains("\nfunc ") && !part.contains("\ttype ")) else {
            continue;
        };
        fs::write(&path, format!("{head}{}", parts.concat())).unwrap();
        fs::write(path.with_file_name(format!("{stem}_rest.go")), format!("{head}{last}")).unwrap();
        moved += 1;
    }
    moved
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
        [reorder, comments, crlf, rename, loose, moved] in any::<[bool; 6]>(),
    ) {
        let how = How { reorder, comments, crlf, rename, loose, moved };
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
    let none =
        How { reorder: false, comments: false, crlf: false, rename: false, loose: false, moved: false };
    let before = baseline(&platform());
    for how in [
        How { reorder: true, ..none },
        How { comments: true, ..none },
        How { crlf: true, ..none },
        How { rename: true, ..none },
        How { loose: true, ..none },
        How { moved: true, ..none },
        How { reorder: true, comments: true, crlf: true, rename: true, loose: true, moved: true },
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

/// The program of the verdicts whose topics are known in part, with other names for its locals.
#[test]
fn renamed_locals_and_parameters_are_no_news() {
    let folder = support::project().join("tests/data/verdicts/topics-known-in-part");
    let baseline_with = |names: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        copy_tree(&folder, dir.path(), &|path: &Path, bytes| {
            let mut text = String::from_utf8(bytes).unwrap();
            for (old, new) in names {
                text = Regex::new(&format!(r"\b{old}\b")).unwrap().replace_all(&text, *new).into_owned();
            }
            (path.to_owned(), text.into_bytes())
        });
        let settings = Settings::new(dir.path().join("."));
        let audit = flowaudit::audit_tree(&settings, &Progress::default()).unwrap();
        // The service is called as its folder.
        let name = dir.path().file_name().unwrap().to_str().unwrap().to_owned();
        Baseline::of(&audit).render().replace(&name, "rooms")
    };
    let before = baseline_with(&[]);
    assert!(before.contains("/room.{roomId}/") && before.contains("/seat.{}/"), "{before}");
    assert_eq!(
        baseline_with(&[("r", "hall"), ("req", "request"), ("text", "words"), ("nc", "conn")]),
        before
    );
}

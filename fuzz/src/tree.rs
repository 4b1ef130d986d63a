//! A small tree, written to a folder and scanned as a whole: nothing is written, and no link is
//! followed out of the root.
//!
//! The input is a text of files: a line `=== path` begins one, a line `=== path -> target` is a
//! link. `@` in a target stands for the folder beside the root.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{checklists, rules};
use flowaudit::config::{Draft, RuleChoice, Settings, discover};
use flowaudit::gate::{Baseline, compare};
use flowaudit::progress::Progress;
use flowaudit::{audit_tree, audit_under};

/// A word that stands in no input by chance and nowhere but outside the root.
const SECRET: &str = "zq9-outside-the-root";

/// No more files than this in one tree, so that the time goes into what they say.
const FILES: usize = 24;

/// One input.
pub fn run(source: &[u8]) {
    let text = String::from_utf8_lossy(source);
    if text.contains(SECRET) {
        return;
    }
    let outer = tempfile::tempdir().expect("a temporary folder");
    let root = outer.path().join("root");
    let beside = outer.path().join("beside");
    fs::create_dir_all(&root).expect("a folder");
    fs::create_dir_all(beside.join("cmd")).expect("a folder");
    let outside = include_str!("sample.go").replace("orders.created", SECRET);
    fs::write(beside.join("main.go"), &outside).expect("a file");
    fs::write(beside.join("cmd/main.go"), &outside).expect("a file");
    fs::write(beside.join("go.mod"), "module example.com/beside\n").expect("a file");
    lay_out(&root, &beside, &text);

    let before = listing(outer.path());
    // A configuration that is refused is a target of its own.
    let Ok(config) = discover(&root).and_then(Draft::checked) else { return };
    let own_rules = config.rules != RuleChoice::default() || !config.reports.checklists.is_empty();
    let mut settings = Settings::with_config(&root, config);
    settings.checklists = true;
    let progress = Progress::default();
    let audit = if own_rules {
        audit_tree(&settings, &progress)
    } else {
        audit_under(rules(), checklists(), &settings, &progress)
    };
    if let Ok(audit) = audit {
        let told = serde_json::to_string(&audit).expect("an audit is JSON");
        assert!(!told.contains(SECRET), "a link was followed out of the root");
        compare(&Baseline::of(&audit), &audit, &settings.config, "x", true);
    }
    assert!(before == listing(outer.path()), "something was written");
}

/// Files first, then links, so that no file is written through a link.
fn lay_out(root: &Path, beside: &Path, text: &str) {
    let mut links = Vec::new();
    for part in text.split("=== ").skip(1).take(FILES) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (name, target) = head.split_once(" -> ").map_or((head, None), |(name, to)| (name, Some(to)));
        let Some(path) = inside(root, name) else { continue };
        if let Some(target) = target {
            links.push((path, target.replace('@', &beside.to_string_lossy())));
        } else {
            // What cannot be made (a file where a folder is) is not there.
            let _ = path.parent().map(fs::create_dir_all);
            let _ = fs::write(path, body);
        }
    }
    for (path, target) in links {
        let is_folder = path.parent().is_some_and(|folder| folder.is_dir() && !leads_out(root, folder));
        if is_folder {
            let _ = std::os::unix::fs::symlink(target, path);
        }
    }
}

/// Whether a link is on the way from the root to a folder.
fn leads_out(root: &Path, folder: &Path) -> bool {
    folder.ancestors().take_while(|above| *above != root).any(Path::is_symlink)
}

/// A path below the root, unless the name leads elsewhere.
fn inside(root: &Path, name: &str) -> Option<PathBuf> {
    let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    (plain && !name.is_empty()).then(|| root.join(name))
}

/// Every path below a folder with its bytes or the target of its link.
fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let bytes = if path.is_symlink() {
                fs::read_link(&path).map(|to| to.into_os_string().into_encoded_bytes()).unwrap_or_default()
            } else if path.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path).unwrap_or_default()
            };
            out.insert(path, bytes);
        }
    }
    out
}

//! The gate and git: baselines of two branches, and other revisions to compare with.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::overlays::{adopted, dlq_dropped, edit, new_consumer, update};
use support::{copy_tree, flowaudit, git, platform, run, told};
use tempfile::TempDir;

fn commit(folder: &Path, message: &str) {
    assert!(git(folder, &["add", "-A"]).0);
    assert!(git(folder, &["commit", "-q", "-m", message]).0);
}

fn repository() -> TempDir {
    let dir = adopted();
    assert!(git(dir.path(), &["init", "-q", "-b", "main"]).0);
    commit(dir.path(), "one");
    dir
}

#[test]
fn baselines_of_two_branches_merge() {
    let dir = repository();
    let at = dir.path();
    assert!(git(at, &["checkout", "-q", "-b", "mended"]).0);
    edit(at, "shipping/internal/data/eventbus/package_status_consumer.go", |text| {
        text.replace("\t\tRoute: ", "\t\tDeadLetterTopic: \"x.dlq\",\n\t\tRoute: ")
    });
    update(at);
    commit(at, "mended");
    assert!(git(at, &["checkout", "-q", "main"]).0);
    new_consumer(at);
    update(at);
    commit(at, "new consumer");
    assert!(git(at, &["merge", "-q", "--no-edit", "mended"]).0, "no conflict");
    let merged = fs::read_to_string(at.join("flowaudit.baseline.json")).unwrap();
    let (code, out, err) = run(&["gate", "--strict"], at);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("dead letter 42 % (8 of 19)"), "recomputed: {out}");
    update(at);
    assert_eq!(fs::read_to_string(at.join("flowaudit.baseline.json")).unwrap(), merged);
}

/// Both sides add entries at one place of the file, so git cannot know the order.
#[test]
fn baselines_that_conflict_merge_by_keeping_both_sides() {
    let dir = repository();
    let at = dir.path();
    let manifest = "analytics/dapr/subscription.yaml";
    let original = fs::read_to_string(at.join(manifest)).unwrap();
    let subscribed = |topics: &[&str]| {
        let first = original.split("---\n").find(|part| part.contains("order-events")).unwrap();
        let new: Vec<String> = topics.iter().map(|topic| first.replace("order-events", topic)).collect();
        fs::write(at.join(manifest), format!("{}---\n{original}", new.join("---\n"))).unwrap();
    };
    let subscribe = |topic: &str| {
        subscribed(&[topic]);
        update(at);
        commit(at, topic);
    };
    assert!(git(at, &["checkout", "-q", "-b", "other"]).0);
    subscribe("quote-events");
    assert!(git(at, &["checkout", "-q", "main"]).0);
    subscribe("query-events");
    assert!(!git(at, &["merge", "-q", "other"]).0, "a conflict");

    subscribed(&["query-events", "quote-events"]);
    let (code, _, err) = run(&["gate"], at);
    assert_eq!(code, Some(2));
    assert!(err.contains("a merge left its conflict here: keep the lines of both sides"), "{err}");
    let file = at.join("flowaudit.baseline.json");
    let text = fs::read_to_string(&file).unwrap();
    let is_mark = |line: &&str| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
    let kept: Vec<&str> = text.lines().filter(|line| !is_mark(line)).collect();
    fs::write(&file, kept.join("\n") + "\n").unwrap();
    let (code, out, err) = run(&["gate", "--strict"], at);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let baseline = fs::read_to_string(at.join("flowaudit.baseline.json")).unwrap();
    for topic in ["quote-events", "query-events"] {
        let consumer = format!("{{\"consumer\":\"analytics/{topic}/");
        assert!(baseline.contains(&consumer), "{baseline}");
    }
}

#[test]
fn another_revision_is_read_from_git_and_the_work_tree_is_left_alone() {
    let dir = repository();
    let at = dir.path();
    fs::remove_file(at.join("flowaudit.baseline.json")).unwrap();
    fs::write(at.join("untracked.txt"), "mine").unwrap();
    dlq_dropped(at);
    let status = git(at, &["status", "--porcelain"]).1;
    for against in [&["--against", "HEAD"][..], &["--against"], &["--against", "main"]] {
        let (code, out, err) = run(&[&["gate"], against].concat(), at);
        assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
        assert!(out.contains("analytics: dead_letter was implemented and is partial"), "{out}");
        // On the default branch nothing but what is not committed is compared.
        assert_eq!(out.contains("HEAD itself, the merge base with main"), against.len() == 1, "{out}");
    }
    assert_eq!(git(at, &["status", "--porcelain"]).1, status);

    // GitLab names a commit, and the branch that it is on.
    let base = git(at, &["rev-parse", "HEAD"]).1;
    let base = base.trim();
    let mut command = flowaudit(&["gate", "--against"], at);
    command.env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base);
    command.env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    let (_, out, _) = told(command.output().unwrap());
    assert!(out.contains(&format!("merge base with main ({}", &base[..10])), "{out}");

    let (code, _, err) = run(&["gate", "--against", "nowhere"], at);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: there is no revision `nowhere` in this clone\nhelp: git fetch"), "{err}");
    let (code, _, err) = run(&["gate", "--against", "--upload-pack=x"], at);
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn a_folder_of_the_repository_is_compared_with_itself() {
    let outer = tempfile::tempdir().unwrap();
    let at = outer.path().join("shop/backend");
    copy_tree(&platform(), &at, &|path: &Path, bytes| (path.to_owned(), bytes));
    assert!(git(outer.path(), &["init", "-q", "-b", "main"]).0);
    commit(outer.path(), "one");
    let (code, out, err) = run(&["gate", "--against", "HEAD"], &at);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("(0 new, 0 fixed)"), "{out}");
    let (_, out, _) = run(&["scan", "--format", "gitlab"], &at);
    let issues: Value = serde_json::from_str(&out).unwrap();
    assert!(issues[0]["location"]["path"].as_str().unwrap().starts_with("shop/backend/"));
}

#[test]
fn a_shallow_clone_is_told_how_to_be_mended() {
    let dir = repository();
    fs::write(dir.path().join("more.txt"), "x").unwrap();
    commit(dir.path(), "two");
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", dir.path().display());
    assert!(git(clone.path(), &["clone", "-q", "--depth", "1", &url, "."]).0);
    let first = git(dir.path(), &["rev-parse", "HEAD~1"]).1;
    for rev in [&[first.trim()][..], &["HEAD~1"], &[]] {
        let (code, out, err) = run(&[&["gate", "--against"], rev].concat(), clone.path());
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.starts_with("error: this clone is shallow and lacks"), "{err}");
        assert!(err.contains("fetch-depth: 0") && err.contains("GIT_DEPTH: 0"), "{err}");
    }
    let outside = tempfile::tempdir().unwrap();
    copy_tree(&platform(), outside.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    let (code, _, err) = run(&["gate", "--against", "HEAD"], outside.path());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: no git repository to compare in"), "{err}");
}

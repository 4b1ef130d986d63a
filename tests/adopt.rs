//! As a new team would: from `init` to a green gate, completions and manual pages.

mod support;

use std::fs;
use std::path::Path;

use support::{copy_tree, flowaudit, platform, run, told};

fn bare() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    fs::remove_file(dir.path().join("flowaudit.yaml")).unwrap();
    dir
}

#[test]
fn from_nothing_to_a_green_gate() {
    let dir = bare();
    let (code, out, err) = run(&["init"], dir.path());
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("24 services found; next: flowaudit scan"), "{err}");
    let empty = tempfile::NamedTempFile::new().unwrap();
    let (code, before, _) = run(&["scan", "--config", empty.path().to_str().unwrap()], dir.path());
    assert_eq!(code, Some(0));
    let (code, after, err) = run(&["scan"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(before, after, "what is written changes nothing by itself");
    let output = flowaudit(&["gate", "--update"], dir.path()).env_remove("CI").output().unwrap();
    assert_eq!(told(output).0, Some(0));
    let (code, _, err) = run(&["gate", "--strict"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let (code, _, err) = run(&["init"], dir.path());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: ./flowaudit.yaml is there already\n"), "{err}");
}

#[test]
fn every_block_of_the_written_configuration_can_be_put_in_force() {
    let dir = bare();
    let (code, out, _) = run(&["init", "--output", "-"], dir.path());
    assert_eq!(code, Some(0));
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with("# ") && is_setting(line) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: Vec<String> = out.lines().map(uncomment).collect();
    let text = text.join("\n").replace("service: NAME", "service: customer");
    assert!(text.contains("\nservices:\n") && text.contains("\ngate:\n") && text.contains("\nwaivers:\n"));
    fs::write(dir.path().join("flowaudit.yaml"), &text).unwrap();
    let (code, _, err) = run(&["scan"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""), "{text}");
    let output = flowaudit(&["gate", "--update"], dir.path()).env_remove("CI").output().unwrap();
    assert_eq!(told(output).0, Some(0));
    let (code, out, _) = run(&["gate"], dir.path());
    assert_eq!(code, Some(0), "the floors are what is reached: {out}");
    assert!(out.contains("floor "), "{out}");
}

/// A setting stands right behind its `#` or is indented by two; prose stands behind one blank.
fn is_setting(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| rest.starts_with("  ") || rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn completions_and_manual_pages_tell_every_command() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, out, err) = run(&["completions", shell], dir.path());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        for word in ["scan", "gate", "init", "merge", "--against", "--sarif-root"] {
            assert!(out.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    let (code, out, _) = run(&["man"], dir.path());
    assert_eq!(code, Some(0));
    assert!(out.contains(".TH flowaudit 1"), "{out}");
    let (_, out, _) = run(&["man", "gate"], dir.path());
    assert!(out.contains("flowaudit-gate") && out.contains("exit\\-zero"), "{out}");
    let (code, _, err) = run(&["man", "gaet"], dir.path());
    assert_eq!(code, Some(2));
    assert!(err.contains("there are: scan, gate"), "{err}");
}

//! The program from outside: exit codes, and what goes to which stream.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::write;

fn flowaudit(args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowaudit"));
    command.args(args).current_dir(folder).env_remove("NO_COLOR").env("RUST_BACKTRACE", "1");
    command
}

fn run(args: &[&str], folder: &Path) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = flowaudit(args, folder).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_missing_folder_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&["scan", "nowhere"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(err, @"
    error: cannot audit nowhere: there is no such folder
    help: give the folder that holds the services: flowaudit scan PATH
    ");
}

#[test]
fn a_file_is_not_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("main.go"), "package main\n").unwrap();
    let (code, out, err) = run(&["scan", "main.go"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("it is a file"), "{err}");
}

#[test]
fn an_empty_folder_is_never_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    for format in ["table", "json"] {
        let (code, out, err) = run(&["scan", "--format", format], dir.path());
        assert_eq!((code, out.as_str()), (Some(3), ""), "{err}");
        assert!(err.starts_with("error: nothing to audit in .: it holds no file\n"), "{err}");
    }
}

#[test]
fn wrong_arguments_are_wrong_usage_and_help_is_not() {
    let dir = tempfile::tempdir().unwrap();
    for args in [&["scna"][..], &["scan", "--depth", "x"], &[]] {
        let (code, out, err) = run(args, dir.path());
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(!err.is_empty());
    }
    for args in [&["--help"][..], &["scan", "--help"], &["--version"]] {
        let (code, out, err) = run(args, dir.path());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert!(out.contains("flowaudit"));
    }
}

#[test]
fn a_missing_configuration_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&["scan", "--config", "none.yaml"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("none.yaml"), "{err}");
}

#[test]
fn every_mistake_of_a_configuration_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("flowaudit.yaml"),
        "polcy: lenient\ndepth: deep\naudits:\n  - {name: a, controls: [idempotence]}\n",
    )
    .unwrap();
    let (code, out, err) = run(&["scan"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(err);
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = flowaudit(&["schema", "audit"], dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_real_audit_satisfies_the_schema_whatever_the_threads() {
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/platform");
    let scan = |threads: &str| {
        let args = ["scan", "--format", "json", "--threads", threads];
        let (code, out, err) = run(&args, &platform);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        out
    };
    let text = scan("1");
    assert!(text == scan("4"), "the document depends on the number of threads");

    let (_, schema, _) = run(&["schema", "audit"], &platform);
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn mistakes_that_different_stages_find_are_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| write(dir.path(), path, text);
    write("order/go.mod", "module order\n\ngo 1.22\n");
    write("order/main.go", "package main\n\nfunc main() {}\n");
    write("house/rules.yaml", "id: house\ntitel: House\nlanguage: go\n");
    write("house/lists/list.yaml", "id: house\ntitle: House\nsections:\n  - {title: S, items: [{id: a}]}\n");
    write("house/templates/money.md.tera", "{{ title }}\n");
    // A text, the day of a waiver, and names of every kind.
    write(
        "flowaudit.yaml",
        "\
depth: deep
services:
  - {name: ordr}
rules: {paths: house/rules.yaml, enable: [webhok], disable: [sarma, segmentio-kafka.raed]}
reports: {checklists: house/lists, templates: house/templates}
audits:
  - {name: money, scope: [order, billing], template: mony.md.tera, checklist: event-procesing}
  - {name: rest, controls: [idempotence]}
waivers:
  - {rule: no-dead-leter, service: order, reason: r, owner: o, until: soon}
  - {rule: no-idempotency, service: shiping, reason: r, until: 2026-02-31}
  - {finding: xyz, reason: r, owner: o}
attestations:
  - {item: ep-infra-rety, by: a, when: 2026-01-01, until: tomorrow, reason: r}
gate: {min: {mony: {schema: 20}, money: {schema: 120}}, fail_on: {severity: eror}}
",
    );
    for command in [&["scan"][..], &["report", "-o", "docs"], &["gate"], &["rules", "list"]] {
        let (code, out, err) = run(command, dir.path());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{command:?}");
        if command == ["scan"] {
            insta::assert_snapshot!(err);
        }
        assert!(err.contains("there is no rule `no-dead-leter` to waive"), "{command:?}: {err}");
    }
    // One that only a late stage would have found is told by every command as well.
    write(
        "flowaudit.yaml",
        "attestations:\n  - {item: retry-polcy, by: a, when: 2026-01-01, until: 2026-06-30, reason: r}\n",
    );
    let (code, out, err) = run(&["scan"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("flowaudit.yaml:2:12: there is no checklist item `retry-polcy`"), "{err}");
}

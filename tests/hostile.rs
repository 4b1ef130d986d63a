//! Input that nobody means well with: each case is told in words, nothing panics, and the rest of
//! the tree is audited as if the bad file were not there.

mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{flowaudit, run, told};

const MAIN: &str = r#"package main

import (
	"context"

	"github.com/segmentio/kafka-go"
)

func main() {
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: "orders", GroupID: "mail"})
	for {
		message, err := reader.FetchMessage(context.Background())
		if err != nil {
			return
		}
		_ = message
	}
}
"#;

/// A service with one consumer, which every run must still find.
fn healthy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let service = dir.path().join("mail");
    fs::create_dir(&service).unwrap();
    fs::write(service.join("go.mod"), "module example.com/mail\n\ngo 1.21\n").unwrap();
    fs::write(service.join("main.go"), MAIN).unwrap();
    dir
}

/// Everything of a scan but what it says of files: that must not change by a bad file.
fn findings(json: &str) -> Value {
    let mut audit: Value = serde_json::from_str(json).unwrap();
    audit["diagnostics"] = Value::Null;
    audit["stats"] = Value::Null;
    // They ask whether everything was read.
    audit["checklists"] = Value::Null;
    assert_eq!(audit["consumers"][0]["topic"]["name"], "orders", "the healthy file is audited");
    audit
}

/// What a scan says of one file, having found all that is healthy.
fn said_of(folder: &Path, file: &str) -> Vec<String> {
    let (code, out, err) = run(&["scan", "--format", "json"], folder);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let calm = healthy();
    let (_, undisturbed, _) = run(&["scan", "--format", "json"], calm.path());
    assert_eq!(findings(&out), findings(&undisturbed));

    let audit: Value = serde_json::from_str(&out).unwrap();
    let diagnostics = audit["diagnostics"].as_array().unwrap();
    let of_it = diagnostics.iter().filter(|diagnostic| diagnostic["path"] == file);
    let said: Vec<String> = of_it.map(|d| d["message"].as_str().unwrap().to_owned()).collect();
    assert!(!said.is_empty(), "nothing is said of {file}: {diagnostics:?}");
    for message in &said {
        assert!(!message.contains("panic"), "{message}");
    }
    said
}

/// Bytes without a pattern, the same in every run (Knuth's linear congruential generator).
fn noise(length: usize) -> Vec<u8> {
    let mut state: u64 = 20_240_229;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn an_empty_folder_is_never_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&["scan"], dir.path());
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.starts_with("error: nothing to audit in ."), "{err}");
}

#[test]
fn a_missing_path_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&["scan", "nowhere"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("error: cannot audit nowhere: there is no such folder"), "{err}");
}

#[test]
fn random_bytes_are_no_go_file() {
    let dir = healthy();
    fs::write(dir.path().join("mail/noise.go"), noise(200_000)).unwrap();
    let said = said_of(dir.path(), "mail/noise.go");
    assert_eq!(said, ["skipped (binary): holds NUL bytes"]);
}

#[test]
fn random_bytes_that_pass_for_text_are_parsed_as_far_as_it_goes() {
    let dir = healthy();
    let text: Vec<u8> = noise(200_000).into_iter().filter(|byte| *byte != 0).collect();
    fs::write(dir.path().join("mail/noise.go"), text).unwrap();
    let said = said_of(dir.path(), "mail/noise.go");
    assert!(said.iter().all(|message| message.starts_with("line ")), "{said:?}");
}

#[test]
fn a_file_of_50_megabytes_is_left_out() {
    let dir = healthy();
    let huge = fs::File::create(dir.path().join("mail/huge.go")).unwrap();
    huge.set_len(50 << 20).unwrap();
    let said = said_of(dir.path(), "mail/huge.go");
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("skipped (too-large): 52428800 bytes"), "{said:?}");
}

#[test]
fn ten_thousand_parentheses_overflow_nothing() {
    let dir = healthy();
    let (open, close) = ("(".repeat(10_000), ")".repeat(10_000));
    let source = format!("package main\n\nvar deep = {open}1{close}\n\nfunc after() {{}}\n");
    fs::write(dir.path().join("mail/deep.go"), source).unwrap();
    let said = said_of(dir.path(), "mail/deep.go");
    assert!(said.iter().all(|message| message.starts_with("line 3, column ")), "{said:?}");
}

#[test]
fn a_function_that_gives_itself_is_called_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("go.mod"), "module example.com/mail\n\ngo 1.24\n").unwrap();
    let source = r#"package main

import (
	"github.com/ThreeDotsLabs/watermill/components/cqrs"
)

type again func() again

func itself() again { return itself }

func onPaid(event any) error { return nil }

func main() {
	processor, _ := cqrs.NewEventProcessorWithConfig(nil, cqrs.EventProcessorConfig{SubscriberConstructor: itself})
	_ = processor.AddHandlers(cqrs.NewEventHandler("mail", onPaid))
}
"#;
    fs::write(dir.path().join("main.go"), source).unwrap();
    let (code, out, err) = run(&["scan", "--format", "json"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let audit: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(audit["consumers"].as_array().unwrap().len(), 1);
}

#[test]
fn an_alias_bomb_does_not_go_off() {
    let dir = healthy();
    let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    fs::write(dir.path().join("mail/bomb.yaml"), bomb).unwrap();
    let said = said_of(dir.path(), "mail/bomb.yaml");
    assert!(said.iter().all(|message| message.starts_with("line ")), "{said:?}");
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_not_followed() {
    let dir = healthy();
    std::os::unix::fs::symlink("..", dir.path().join("mail/up")).unwrap();
    std::os::unix::fs::symlink("self", dir.path().join("mail/self")).unwrap();
    for link in ["mail/up", "mail/self"] {
        let said = said_of(dir.path(), link);
        assert!(said[0].starts_with("skipped (symlink)"), "{said:?}");
    }
}

/// Root may read everything, so where the tests run as root the program runs as somebody else.
#[cfg(unix)]
#[test]
fn an_unreadable_file_is_told_and_fatal_under_strict() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    const NOBODY: u32 = 65_534;
    let dir = healthy();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let secret = dir.path().join("mail/secret.go");
    fs::write(&secret, "package main\n").unwrap();
    mode(dir.path(), 0o755);
    mode(&secret, 0o000);
    let is_root = fs::read(&secret).is_ok();
    let scan = |more: &[&str]| {
        let mut command = flowaudit(&[&["scan", "--format", "json"], more].concat(), dir.path());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().map(told)
    };
    let (code, out, err) = match scan(&[]) {
        // The program lies where only root may go.
        Err(error) if is_root && error.kind() == std::io::ErrorKind::PermissionDenied => return,
        result => result.unwrap(),
    };
    assert_eq!((code, err.as_str()), (Some(0), ""));
    findings(&out);
    assert!(out.contains("skipped (unreadable): permission denied"), "{out}");

    let (code, strict, err) = scan(&["--strict"]).unwrap();
    assert_eq!((code, strict), (Some(4), out));
    assert!(err.contains("mail/secret.go: skipped (unreadable): permission denied"), "{err}");
}

#[test]
fn five_mistakes_in_a_rule_file_are_five_messages() {
    let dir = healthy();
    fs::write(dir.path().join("flowaudit.yaml"), "rules: {paths: [house.yaml]}\n").unwrap();
    let rules = r#"id: house
title: The house's own bus
docs: https://example.com/bus
language: go
transport: kafka
imports: [example.com/bus]
colour: red
rules:
  - id: house.consume
    role: consumr
    call: Bus.Subscribe
    topic: arg0
    handler: arg1
    note: Subscribes.
  - id: house.publish
    role: publisher
    call: Bus.Publish
    when: {arg0: "("}
    topic: agr0
    note: Publishes.
  - id: house.publish
    role: publisher
    call: Bus.Send
    topic: arg0
    note: Sends.
examples:
  valid: []
  invalid: []
"#;
    fs::write(dir.path().join("house.yaml"), rules).unwrap();
    let (code, out, err) = run(&["scan"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    // Where the folder lies differs from run to run.
    let folder = dir.path().canonicalize().unwrap();
    let told = err.replace(dir.path().to_str().unwrap(), "[folder]");
    insta::assert_snapshot!(told.replace(folder.to_str().unwrap(), "[folder]"));
}

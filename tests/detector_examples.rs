//! Runs the examples of every built-in detector with that detector alone, and those of a user's
//! file from outside.

mod support;

use std::fs;

use flowaudit::{examples, rules};
use support::run;

#[test]
fn every_example_of_every_detector_holds() {
    let tried = examples::run(&rules::builtin_files()).expect("built-in files are in order");
    let told: Vec<String> =
        tried.failures.iter().map(|it| format!("{}:{}: {}", it.file, it.line, it.message)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(tried.examples > 150, "{}", tried.examples);
}

#[test]
fn the_users_rules_are_tried_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&["rules", "test"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.ends_with(" hold\n"), "{out}");

    let text = rules::builtin_files().into_iter().find(|file| file.path.ends_with("nsq.yaml")).unwrap().text;
    fs::create_dir(dir.path().join("house")).unwrap();
    fs::write(dir.path().join("house/nsq.yaml"), &text).unwrap();
    let (code, out, err) = run(&["rules", "test", "house"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.ends_with(" in 1 rule file hold\n"), "{out}");

    let wrong = text.replacen("topic: order.paid", "topic: order.payed", 1);
    assert_ne!(wrong, text);
    fs::write(dir.path().join("house/nsq.yaml"), wrong).unwrap();
    let (code, out, err) = run(&["rules", "test", "house"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("error: 1 example does not hold\n"), "{err}");
    assert!(err.contains("house/nsq.yaml:") && err.contains(": no consumer "), "{err}");
}

//! The committed schemas are those the types give.
//!
//! After a change of the types: `FLOWAUDIT_UPDATE=1 cargo test --test schemas`.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn check(what: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_flowaudit")).args(["schema", what]).output().unwrap();
    assert!(output.status.success());
    let generated = String::from_utf8(output.stdout).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&generated).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "{what}: not a schema");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{what}.schema.json"));
    if env::var_os("FLOWAUDIT_UPDATE").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} is stale: run FLOWAUDIT_UPDATE=1 cargo test --test schemas",
        path.display()
    );
}

#[test]
fn audit_schema_is_current() {
    check("audit");
}

#[test]
fn explanation_schema_is_current() {
    check("explanation");
}

#[test]
fn graph_schema_is_current() {
    check("graph");
}

#[test]
fn config_schema_is_current() {
    check("config");
}

#[test]
fn gate_schema_is_current() {
    check("gate");
}

//! Small programs and what the audit says of them: each folder of `tests/data/verdicts` is a tree
//! whose `want.txt` lists its consumers with their verdicts, its publishers and its diagnostics.
//! After a change that is meant, `FLOWAUDIT_UPDATE=1 cargo test --test verdicts` writes them anew;
//! read the difference.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{project, scan_json};

#[test]
fn each_program_gets_its_verdicts() {
    let mut folders: Vec<_> = fs::read_dir(project().join("tests/data/verdicts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let update = std::env::var_os("FLOWAUDIT_UPDATE").is_some();
    let mut wrong = String::new();
    for folder in folders {
        let got = told(&folder);
        let want = folder.join("want.txt");
        if update {
            fs::write(&want, &got).unwrap();
        }
        let want = fs::read_to_string(&want).unwrap_or_default();
        if want != got {
            writeln!(wrong, "{}\nwant:\n{want}got:\n{got}", folder.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What the audit of a tree says, in lines.
fn told(folder: &Path) -> String {
    // A copy, so that the tree is audited as one of its own.
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("app");
    support::copy_tree(folder, &root, &|path, bytes| (path.to_owned(), bytes));
    let audit: Value = serde_json::from_str(&scan_json(&root, &[])).unwrap();
    let mut out = String::new();
    for consumer in list(&audit["consumers"]) {
        let topic = topic(&consumer["topic"]);
        let handler = consumer["handler"]["name"].as_str().unwrap_or("(unknown)");
        writeln!(out, "consumer {} {topic} -> {handler}", text(&consumer["service"])).unwrap();
        verdicts(&consumer["controls"], &mut out);
    }
    for publisher in list(&audit["publishers"]) {
        writeln!(out, "publisher {} {}", text(&publisher["service"]), topic(&publisher["topic"])).unwrap();
    }
    for topic in list(&audit["topics"]) {
        for said in list(&topic["manifests"]) {
            writeln!(out, "topic {}: {}", text(&topic["name"]), evidence(said)).unwrap();
        }
    }
    for schema in list(&audit["schemas"]) {
        let (service, event) = (text(&schema["service"]), text(&schema["event_type"]));
        let checked = match schema["enforced"].as_bool() {
            Some(true) => ", enforced",
            Some(false) => ", not enforced",
            None => "",
        };
        writeln!(out, "schema {service} {event}: {}{checked}", text(&schema["schema"])).unwrap();
    }
    for service in list(&audit["services"]) {
        let applies = service["controls"].as_object().into_iter().flatten();
        let told: serde_json::Map<String, Value> = applies
            .filter(|(_, verdict)| verdict["status"] != "not-applicable")
            .map(|(control, verdict)| (control.clone(), verdict.clone()))
            .collect();
        if !told.is_empty() {
            writeln!(out, "service {}", text(&service["name"])).unwrap();
            verdicts(&Value::Object(told), &mut out);
        }
    }
    for finding in list(&audit["findings"]) {
        writeln!(out, "finding {}", text(&finding["rule"])).unwrap();
    }
    for diagnostic in list(&audit["diagnostics"]) {
        writeln!(out, "diagnostic {}", text(&diagnostic["message"])).unwrap();
    }
    out
}

fn verdicts(controls: &Value, out: &mut String) {
    for (control, verdict) in controls.as_object().into_iter().flatten() {
        let pattern = verdict["pattern"].as_str().or_else(|| verdict["patterns"][0].as_str());
        let pattern = pattern.map(|p| format!(" ({p})")).unwrap_or_default();
        let confidence = verdict["confidence"].as_str().map(|c| format!(", {c}")).unwrap_or_default();
        writeln!(out, "  {control}: {}{pattern}{confidence}", text(&verdict["status"])).unwrap();
        // What manifests say of retries and alerts decides nothing alone, and is seen nowhere else.
        let declared = |e: &&Value| matches!(text(&e["role"]), "alert" | "retry" | "requeue");
        for said in list(&verdict["evidence"]).iter().filter(declared) {
            writeln!(out, "    {}", evidence(said)).unwrap();
        }
    }
}

fn evidence(said: &Value) -> String {
    let line = format!("{} {}:{}", text(&said["role"]), text(&said["path"]), said["line"]);
    format!("{line} {}", text(&said["note"])).trim_end().to_owned()
}

fn topic(topic: &Value) -> String {
    let known = if topic["resolved"] == true { "" } else { "?" };
    format!("{}{known}", text(&topic["name"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! What the documents say is so: the output they show, the configuration they give, the
//! dependencies they explain.
//!
//! To bring the output in README.md up to date: `FLOWAUDIT_UPDATE=1 cargo test --test docs`.

mod support;

use std::collections::BTreeSet;
use std::env;
use std::fs;

use support::{project, run};

fn document(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap()
}

/// Text around and inside of a marked region.
fn region<'a>(text: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let start = text.find(&begin).unwrap_or_else(|| panic!("README.md has no {begin}")) + begin.len();
    let length = text[start..].find(&end).unwrap_or_else(|| panic!("README.md has no {end}"));
    (&text[..start], &text[start..start + length], &text[start + length..])
}

/// What stands in a region is what was said, or is brought up to date.
fn shows(name: &str, command: &str, output: &str) {
    let said = format!("```text\n$ flowaudit {command}\n{}\n```\n", output.trim_end());
    let readme = document("README.md");
    let (before, shown, after) = region(&readme, name);
    if env::var_os("FLOWAUDIT_UPDATE").is_some() {
        fs::write(project().join("README.md"), format!("{before}{said}{after}")).unwrap();
        return;
    }
    assert!(shown == said, "the output in README.md is stale: run FLOWAUDIT_UPDATE=1 cargo test --test docs");
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let (code, out, err) = run(&["scan", "fixtures/platform"], &project());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    shows("scan", "scan fixtures/platform", &out);

    let what = "customer/order.completed";
    let (code, out, err) = run(&["explain", what, "fixtures/platform"], &project());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let wanted =
        |part: &&str| [what, "idempotency: ", "  It rests on", "Path\n"].iter().any(|w| part.starts_with(w));
    let mut parts: Vec<&str> = out.split("\n\n").filter(wanted).collect();
    // The grounds of the first control only.
    parts.truncate(3);
    parts.extend(out.split("\n\n").find(|part| part.starts_with("Path\n")));
    shows("explain", &format!("explain {what} fixtures/platform"), &parts.join("\n\n"));
}

#[test]
fn the_readme_gives_a_valid_configuration() {
    let readme = document("README.md");
    let block = |name: &str| {
        let (_, block, _) = region(&readme, name);
        block.trim().strip_prefix("```yaml\n").unwrap().strip_suffix("```").unwrap().to_owned()
    };
    // Both blocks are of one file.
    let text = block("config") + &block("gate-config");
    let dir = tempfile::tempdir().unwrap();
    for folder in ["apps/billing-v2", "tools/loadtest"] {
        fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    let file = dir.path().join("flowaudit.yaml");
    fs::write(&file, text).unwrap();
    let config = flowaudit::config::load(&file, dir.path());
    assert!(config.is_ok(), "{config:?}");
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = document("Cargo.toml");
    let mut declared = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if let Some((name, _)) = line.split_once(" = ")
            && inside
        {
            declared.insert(name.to_owned());
        }
    }
    let reasons = document("docs/dependencies.md");
    let (used, _) = reasons.split_once("## Looked at").unwrap();
    let rows = used.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let explained: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(declared, explained);
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#:]+)\)").unwrap();
    for name in [
        "README.md",
        "CHANGELOG.md",
        "docs/dependencies.md",
        "docs/rules.md",
        "benches/README.md",
        "fuzz/README.md",
    ] {
        let folder = project().join(name).parent().unwrap().to_owned();
        for found in link.captures_iter(&document(name)) {
            assert!(folder.join(&found[1]).exists(), "{name} links to {}", &found[1]);
        }
    }
}

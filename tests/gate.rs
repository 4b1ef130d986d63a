//! The gate from outside: the regressions it must catch on the fixture, in every format and with
//! the place named, and what the policy makes of them.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;
use support::overlays::{adopted, before_analytics, dlq_dropped, edit, improvement, new_consumer, update};
use support::{copy_tree, flowaudit, platform, run, told};

const FORMATS: [&str; 7] = ["table", "json", "sarif", "junit", "github", "gitlab", "markdown"];

/// What a format must say of an overlay.
struct Overlay {
    name: &'static str,
    change: fn(&Path),
    code: i32,
    /// Kind, service or consumer, control or rule, what it is now, file: of what fails.
    fails: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

const OVERLAYS: [Overlay; 4] = [
    Overlay {
        name: "before-analytics",
        change: before_analytics,
        code: 1,
        fails: &[
            ("worse-status", "analytics", "idempotency", "partial"),
            ("worse-status", "analytics/product-events/", "idempotency", "missing"),
            ("worse-status", "analytics/customer-events/", "idempotency", "missing"),
            ("worse-status", "analytics/page-view-events/", "idempotency", "missing"),
        ],
    },
    Overlay {
        name: "dlq-dropped",
        change: dlq_dropped,
        code: 1,
        fails: &[
            ("worse-status", "analytics", "dead_letter", "partial"),
            ("worse-status", "analytics/product-events/", "dead_letter", "missing"),
            ("new-finding", "analytics/product-events/", "no-dead-letter", "P1"),
        ],
    },
    Overlay {
        name: "new-consumer",
        change: new_consumer,
        code: 1,
        fails: &[
            ("new-finding", "notification/shipping.delivered/HandleDelivered", "no-idempotency", "P1"),
            ("new-finding", "notification/shipping.delivered/HandleDelivered", "no-dead-letter", "P1"),
        ],
    },
    Overlay { name: "improvement", change: improvement, code: 0, fails: &[] },
];

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The change of an outcome that is meant.
fn regression<'v>(outcome: &'v Value, (kind, about, what, now): (&str, &str, &str, &str)) -> &'v Value {
    let list = outcome["regressions"].as_array().unwrap();
    let fits = |change: &&Value| {
        let named = if change["consumer"].is_null() { &change["service"] } else { &change["consumer"] };
        let same =
            if about.contains('/') { text_of(named).starts_with(about) } else { text_of(named) == about };
        let rule = if change["rule"].is_null() { &change["control"] } else { &change["rule"] };
        same && text_of(&change["kind"]) == kind && text_of(rule) == what && text_of(&change["now"]) == now
    };
    list.iter().find(fits).unwrap_or_else(|| panic!("{kind} {about} {what} {now} is not in {list:#?}"))
}

#[test]
fn overlays_end_as_they_must_and_every_format_names_the_place() {
    for overlay in OVERLAYS {
        let dir = adopted();
        (overlay.change)(dir.path());
        let files: Vec<String> = FORMATS.iter().map(|f| format!("--output={f}=out.{f}")).collect();
        let args: Vec<&str> = ["gate", "-v"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let (code, _, err) = run(&args, dir.path());
        assert_eq!((code, err.as_str()), (Some(overlay.code), ""), "{}", overlay.name);
        let text = |format: &str| fs::read_to_string(dir.path().join(format!("out.{format}"))).unwrap();
        let outcome: Value = serde_json::from_str(&text("json")).unwrap();
        assert_eq!(outcome["passed"], overlay.code == 0, "{}", overlay.name);
        satisfies(&outcome, &schema_of(dir.path(), "gate"));

        for fails in overlay.fails {
            let change = regression(&outcome, *fails);
            let (path, line) = (text_of(&change["place"]["path"]), &change["place"]["line"]);
            let source = fs::read_to_string(dir.path().join(path)).unwrap();
            assert!(source.lines().count() as u64 >= line.as_u64().unwrap(), "{path}:{line} is there");
            let place = format!("{path}:{line}");
            for format in ["table", "junit", "markdown"] {
                assert!(text(format).contains(&place), "{} {format}: {place}", overlay.name);
            }
            let annotation = format!("::error file={path},line={line},");
            assert!(text("github").contains(&annotation), "{}: {annotation}", overlay.name);
            let sarif: Value = serde_json::from_str(&text("sarif")).unwrap();
            let results = sarif["runs"][0]["results"].as_array().unwrap();
            let there = |result: &&Value| {
                let at = &result["locations"][0]["physicalLocation"];
                at["artifactLocation"]["uri"] == path && at["region"]["startLine"] == *line
            };
            assert!(results.iter().filter(there).any(|r| r["baselineState"] == "new"), "{place}");
            let gitlab: Value = serde_json::from_str(&text("gitlab")).unwrap();
            let issues = gitlab.as_array().unwrap();
            let named = |i: &Value| i["location"]["path"] == path && i["location"]["lines"]["begin"] == *line;
            assert!(issues.iter().any(named), "{place}");
        }
        for format in ["sarif", "gitlab", "junit", "github"] {
            well_formed(format, &text(format));
        }
    }
}

#[test]
fn no_format_changes_the_exit_code() {
    let dir = adopted();
    for format in FORMATS {
        let (code, out, err) = run(&["gate", "--format", format], dir.path());
        assert_eq!((code, err.as_str()), (Some(0), ""), "{format}");
        assert!(!out.is_empty());
    }
    dlq_dropped(dir.path());
    for format in FORMATS {
        let (code, with, err) = run(&["gate", "--format", format], dir.path());
        assert_eq!((code, err.as_str()), (Some(1), ""), "{format}");
        let (code, without, _) = run(&["gate", "--exit-zero", "--format", format], dir.path());
        assert_eq!((code, &without), (Some(0), &with), "{format}");
    }
}

#[test]
fn an_improvement_says_that_the_baseline_can_be_tightened() {
    let dir = adopted();
    improvement(dir.path());
    let (code, out, _) = run(&["gate"], dir.path());
    assert_eq!(code, Some(0));
    assert!(out.contains("dead letter 37 % → 53 % ↑ (10 of 19)"), "{out}");
    assert!(out.contains("The baseline can be tightened by"), "{out}");
    let (code, out, _) = run(&["gate", "--strict"], dir.path());
    assert_eq!(code, Some(1), "a stale entry fails when that is asked for");
    assert!(out.contains("stale-entry"), "{out}");
    update(dir.path());
    assert_eq!(run(&["gate", "--strict"], dir.path()).0, Some(0));
}

#[test]
fn a_baseline_must_be_there_and_is_read_only_in_ci() {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    let (code, out, err) = run(&["gate"], dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(err, @r"
    error: there is no baseline flowaudit.baseline.json
    help: `flowaudit gate --update` writes one, to be committed; or compare with a revision: `flowaudit gate --against REV`
    ");
    let output = flowaudit(&["gate", "--update"], dir.path()).env("CI", "true").output().unwrap();
    let (code, _, err) = told(output);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: the baseline is read-only where CI is set\n"), "{err}");
    assert!(!dir.path().join("flowaudit.baseline.json").exists());
    fs::write(dir.path().join("flowaudit.baseline.json"), "{}").unwrap();
    let (code, _, err) = run(&["gate"], dir.path());
    assert_eq!(code, Some(2));
    assert!(err.contains("line 1: this is no entry of a baseline"), "{err}");
}

#[test]
fn waivers_and_ignores_hold_until_their_day_and_are_never_in_place() {
    let dir = adopted();
    dlq_dropped(dir.path());
    let ignore = "  # flowaudit:ignore[no-dead-letter] until=2026-12-31 -- replayed from the archive\n";
    edit(dir.path(), "analytics/dapr/subscription.yaml", |text| {
        text.replace("  topic: product-events\n", &format!("{ignore}  topic: product-events\n"))
    });
    let (_, out, _) = run(&["scan", "--format", "json", "--as-of", "2026-12-31"], dir.path());
    let audit: Value = serde_json::from_str(&out).unwrap();
    let dropped = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["rule"] == "no-dead-letter" && f["service"] == "analytics");
    let at = dropped.unwrap()["location"]["line"].as_u64().unwrap() as usize;
    let source = fs::read_to_string(dir.path().join("analytics/dapr/subscription.yaml")).unwrap();
    // The comment goes above the line that the finding names.
    let mut lines: Vec<&str> = source.lines().filter(|line| !line.contains("flowaudit:ignore")).collect();
    let at = at - usize::from(source.lines().take(at).any(|line| line.contains("flowaudit:ignore")));
    lines.insert(at - 1, ignore.trim_end());
    fs::write(dir.path().join("analytics/dapr/subscription.yaml"), lines.join("\n") + "\n").unwrap();

    let gate = |more: &[&str]| run(&[&["gate"], more].concat(), dir.path());
    let (code, out, _) = gate(&["--as-of", "2026-12-31"]);
    assert_eq!(code, Some(0), "somebody answers for what the percentage lost: {out}");
    assert!(out.contains("dead letter 37 % → 32 % ↓ (6 of 19, waived 1)"), "not in place: {out}");
    assert!(out.contains("The gate passed against flowaudit.baseline.json: no regression."), "{out}");
    let (code, out, _) = gate(&["--as-of", "2027-01-01"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("expired P2 expired-ignore analytics"), "{out}");
    let (_, out, _) = gate(&["--as-of", "2026-12-31", "--no-ignores"]);
    assert!(out.contains("(6 of 19)") && out.contains("no-dead-letter"), "{out}");

    edit(dir.path(), "flowaudit.yaml", |text| {
        format!(
            "{text}\nwaivers:\n  - {{rule: no-dead-letter, service: customer, reason: r, owner: team-a}}\n"
        )
    });
    let (_, out, _) = run(&["scan", "--as-of", "2026-12-31"], dir.path());
    assert!(out.contains("missing 3, n/a 8, waived 1") || out.contains("waived 2"), "{out}");
    assert!(out.contains("6 findings are waived and not listed"), "{out}");
    edit(dir.path(), "flowaudit.yaml", |text| text.replace("rule: no-dead-letter", "rule: no-dead-leter"));
    let (code, _, err) = run(&["scan"], dir.path());
    assert_eq!(code, Some(2));
    assert!(
        err.contains("there is no rule `no-dead-leter` to waive; did you mean `no-dead-letter`?"),
        "{err}"
    );
}

#[test]
fn a_floor_fails_by_itself() {
    let dir = adopted();
    edit(dir.path(), "flowaudit.yaml", |text| {
        format!("{text}\ngate:\n  min: {{event-processing: {{schema: 22, idempotency: 58}}}}\n")
    });
    let (code, out, _) = run(&["gate"], dir.path());
    assert_eq!(code, Some(1));
    assert!(out.contains("below-floor schema of event-processing is 16 % (3 of 19), and its floor is 22 %."));
    assert!(!out.contains("below-floor idempotency"), "{out}");
}

/// Judges what a format wrote by the rules of those who read it.
fn well_formed(format: &str, text: &str) {
    match format {
        "sarif" => sarif_is_for_code_scanning(text),
        "gitlab" => gitlab_is_code_quality(text),
        "junit" => junit_adds_up(text),
        _ => {
            let form = r"^::(error|warning|notice) file=[^:,]+,line=[1-9]\d*,title=[^:,]+::.+$";
            let form = Regex::new(form).unwrap();
            for line in text.lines().filter(|line| line.starts_with("::")) {
                assert!(form.is_match(line), "{line}");
            }
            for level in ["::error ", "::warning ", "::notice "] {
                assert!(text.lines().filter(|line| line.starts_with(level)).count() <= 10);
            }
            assert!(text.lines().last().unwrap().contains("left out of the annotations"));
        }
    }
}

fn schema_of(folder: &Path, what: &str) -> Value {
    serde_json::from_str(&run(&["schema", what], folder).1).unwrap()
}

fn satisfies(document: &Value, schema: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn sarif_is_for_code_scanning(text: &str) {
    let document: Value = serde_json::from_str(text).unwrap();
    // One pattern of the published schema, of languages, ends in a bracket that opens nowhere.
    let schema = include_str!("data/sarif-2.1.0.schema.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    satisfies(&document, &serde_json::from_str(&schema).unwrap());
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        assert!(
            text_of(&rule["name"]).len() <= 255 && text_of(&rule["fullDescription"]["text"]).len() <= 1024
        );
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        assert!(
            rule["properties"]["precision"].is_string() && rule["properties"]["problem.severity"].is_string()
        );
        assert!(rule["properties"]["security-severity"].is_null());
        assert!(!text_of(&rule["help"]["markdown"]).is_empty());
    }
    assert!(text_of(&run["automationDetails"]["id"]).starts_with("flowaudit/"));
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    let mut identities = Vec::new();
    let line_hash = Regex::new("^[0-9a-f]{1,16}:[1-9]").unwrap();
    for result in results {
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], region["endLine"]);
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        let hash = text_of(&result["partialFingerprints"]["primaryLocationLineHash"]);
        assert!(line_hash.is_match(hash), "{hash}");
        identities.push(text_of(&result["partialFingerprints"]["flowauditFlow/v1"]).to_owned());
        let steps = &result["codeFlows"][0]["threadFlows"][0]["locations"];
        assert!(steps.as_array().is_none_or(|steps| (2..=30).contains(&steps.len())));
        assert!(result["codeFlows"].as_array().is_none_or(|flows| flows.len() == 1));
    }
    let all = identities.len();
    identities.sort();
    identities.dedup();
    assert_eq!(identities.len(), all, "identities differ");
}

fn gitlab_is_code_quality(text: &str) {
    assert!(text.starts_with('['), "no byte order mark");
    let document: Value = serde_json::from_str(text).unwrap();
    let mut fingerprints = Vec::new();
    for issue in document.as_array().unwrap() {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(!text_of(&issue[key]).is_empty(), "{key} of {issue}");
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&text_of(&issue["severity"])));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
        assert!(!text_of(&issue["location"]["path"]).starts_with(['/', '.']));
        fingerprints.push(text_of(&issue["fingerprint"]));
    }
    let all = fingerprints.len();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), all, "fingerprints must differ");
}

/// The elements of Jenkins' published schema (junit-10.xsd) that are written: each with its parent
/// and the attributes it may have.
const JUNIT: [(&str, &str, &[&str]); 6] = [
    ("testsuites", "", &["name", "time", "tests", "failures", "errors"]),
    ("testsuite", "testsuites", &["name", "time", "tests", "failures", "errors", "skipped"]),
    ("testcase", "testsuite", &["name", "time", "classname"]),
    ("failure", "testcase", &["type", "message"]),
    ("error", "testcase", &["type", "message"]),
    ("skipped", "testcase", &["type", "message"]),
];

/// Tags nest as the schema has it, attributes are quoted, and the counts are those of the cases.
fn junit_adds_up(text: &str) {
    let tag = Regex::new(r#"<(/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(/?)>"#).unwrap();
    let attribute = Regex::new(r#" ([a-z]+)="([^"]*)""#).unwrap();
    let (_, body) = text.split_once("?>\n").unwrap();
    let between = tag.replace_all(body, "");
    assert!(!between.contains('<') && !between.contains('>'), "only tags of this form: {between}");
    let mut open: Vec<&str> = Vec::new();
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let mut claimed: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for found in tag.captures_iter(body) {
        let (closes, name, attributes, empty) =
            (&found[1], found.get(2).unwrap().as_str(), found.get(3).unwrap().as_str(), &found[4]);
        if !closes.is_empty() {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        *met.entry(name).or_default() += 1;
        let (_, parent, allowed) = JUNIT.iter().find(|(known, ..)| *known == name).unwrap();
        assert_eq!(open.last().copied().unwrap_or_default(), *parent, "where {name} stands");
        for pair in attribute.captures_iter(attributes) {
            assert!(allowed.contains(&&pair[1]), "{name} may not have {}", &pair[1]);
            let counts =
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")];
            if let Some((_, of)) = counts.iter().find(|(key, _)| *key == &pair[1]) {
                claimed.entry(of).or_default().push(pair[2].parse().unwrap());
            }
        }
        if empty.is_empty() {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for (of, counts) in claimed {
        let all = met.get(of).copied().unwrap_or(0);
        // All suites together come first, where they are counted.
        let suites = if of == "skipped" { &counts[..] } else { &counts[1..] };
        assert_eq!(suites.iter().sum::<usize>(), all, "{of} of the suites");
        assert!(of == "skipped" || counts[0] == all, "{of} of all");
    }
}

#[test]
fn a_scan_in_every_format_is_well_formed() {
    for format in ["sarif", "gitlab", "junit", "github"] {
        let (code, out, err) = run(&["scan", "--format", format], &platform());
        assert_eq!((code, err.as_str()), (Some(0), ""), "{format}");
        well_formed(format, &out);
    }
    let (_, out, _) = run(&["scan", "--format", "markdown"], &platform());
    assert!(out.contains("| event-processing | idempotency | 58 % (11 of 19; partial 0"), "{out}");
}

#[test]
fn a_step_of_github_gets_its_summary() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("summary.md");
    fs::write(&file, "before\n").unwrap();
    let mut command = flowaudit(&["scan", "--format", "github"], &platform());
    let (code, ..) = told(command.env("GITHUB_STEP_SUMMARY", &file).output().unwrap());
    assert_eq!(code, Some(0));
    let text = fs::read_to_string(file).unwrap();
    assert!(text.starts_with("before\n### Event flows: "), "{text}");
}

#[test]
fn files_that_cannot_all_be_meant_are_refused() {
    for outputs in [["--output=a", "--output=b"], ["--output=sarif=a", "--output=junit=a"]] {
        let (code, out, err) = run(&[&["scan"], &outputs[..]].concat(), &platform());
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.contains("name a format for each"), "{err}");
    }
}

#[test]
fn documents_that_are_stale_fail_where_that_is_asked_for() {
    let dir = adopted();
    let at = dir.path();
    // Their date is that of the newest commit or today's, unless one is given.
    let report = || assert_eq!(run(&["report", "-o", "docs", "--date", "2026-01-01"], at).0, Some(0));
    let gate = || run(&["gate", "--output=gitlab=out.gitlab", "--output=sarif=out.sarif"], at);
    edit(at, "flowaudit.yaml", |text| format!("{text}\ngate:\n  fail_on: {{stale_documents: docs}}\n"));
    let (code, out, err) = gate();
    assert_eq!((code, err.as_str()), (Some(1), ""), "nothing was written yet: {out}");
    assert!(
        out.contains("stale-document The document event-processing-service-audit.md is missing."),
        "{out}"
    );
    gitlab_is_code_quality(&fs::read_to_string(at.join("out.gitlab")).unwrap());
    report();
    assert_eq!(gate().0, Some(0));
    // A better tree with its baseline makes the documents old.
    improvement(at);
    update(at);
    let (code, out, _) = gate();
    assert_eq!(code, Some(1));
    let said = "stale-document The document event-processing-service-audit.md is stale.\n    \
                docs/event-processing-service-audit.md:1\n";
    sarif_is_for_code_scanning(&fs::read_to_string(at.join("out.sarif")).unwrap());
    assert!(out.contains(said) && out.contains("help: `flowaudit report . -o docs` brings it"), "{out}");
    report();
    assert_eq!(gate().0, Some(0));
}

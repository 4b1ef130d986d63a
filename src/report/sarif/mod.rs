//! SARIF 2.1.0 for code scanning, within what GitHub takes: one location a result, one line a
//! region, at most 25,000 results, no security severity.

mod line_hash;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

pub use line_hash::line_hashes;

use super::entries::{Entry, entries};
use super::{Subject, json as document, words};
use crate::audit::{Confidence, Consumer, Diagnostic, Place, Severity};

/// More than this many results are refused by GitHub.
const MAX_RESULTS: usize = 25_000;
/// More steps of a flow than this say nothing to a reader.
const MAX_STEPS: usize = 30;
/// Notifications beyond this are counted only.
const MAX_NOTIFICATIONS: usize = 1_000;
/// GitHub's limits of texts.
const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 1024;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Left out while the manifest names none.
const HOME: &str = env!("CARGO_PKG_HOMEPAGE");

/// The document. `source` gives the text of a file by its path from the scanned folder, for
/// fingerprints of lines; where it gives none the fingerprint is left to whoever uploads.
pub fn render(subject: &Subject<'_>, source: &dyn Fn(&str) -> Option<String>) -> String {
    let mut all = entries(subject);
    let left_out = all.len().saturating_sub(MAX_RESULTS);
    all.truncate(MAX_RESULTS);
    let rules = rules(&all);
    let mut hashes = Hashes { source, known: BTreeMap::new() };
    let results: Vec<Value> = all.iter().map(|entry| result(entry, &rules, subject, &mut hashes)).collect();
    let scope = if subject.prefix.is_empty() { "repository" } else { subject.prefix };
    let mut driver = json!({
        "name": "flowaudit",
        "semanticVersion": subject.audit.tool.version,
        "rules": rules.values().map(|(_, rule)| rule).collect::<Vec<_>>(),
    });
    if !HOME.is_empty() {
        driver["informationUri"] = json!(HOME);
    }
    let run = json!({
        "tool": {"driver": driver},
        "automationDetails": {"id": format!("flowaudit/{scope}/")},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "invocations": [{
            "executionSuccessful": true,
            "toolExecutionNotifications": notifications(subject, left_out),
        }],
        "results": results,
    });
    document::document(&json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}))
}

/// The rules met, by id: each with its index and its descriptor.
fn rules<'a>(all: &[Entry<'a>]) -> BTreeMap<&'a str, (usize, Value)> {
    let mut met: BTreeMap<&'a str, Vec<&Entry<'a>>> = BTreeMap::new();
    for entry in all {
        met.entry(entry.rule).or_default().push(entry);
    }
    met.into_iter().enumerate().map(|(index, (id, of_rule))| (id, (index, rule(id, &of_rule)))).collect()
}

fn rule(id: &str, of_rule: &[&Entry<'_>]) -> Value {
    let worst = of_rule.iter().map(|e| e.severity).min().unwrap_or(Severity::Note);
    let surest = of_rule.iter().map(|e| e.confidence).min().unwrap_or(Confidence::Low);
    let help = of_rule.iter().map(|e| e.help).find(|help| !help.is_empty()).unwrap_or(id);
    let title = sentence(id);
    let mut tags = vec!["event-driven"];
    tags.extend(of_rule.iter().find_map(|e| e.control).map(crate::audit::Control::word));
    json!({
        "id": id,
        "name": cut(&pascal(id), MAX_NAME),
        "shortDescription": {"text": cut(&title, MAX_DESCRIPTION)},
        "fullDescription": {"text": cut(&format!("{title}. {help}"), MAX_DESCRIPTION)},
        "help": {"text": help, "markdown": format!("**{title}**\n\n{help}")},
        "defaultConfiguration": {"level": level(worst)},
        "properties": {
            "precision": precision(surest),
            "problem.severity": match worst {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
            "tags": tags,
        },
    })
}

fn result(
    entry: &Entry<'_>,
    rules: &BTreeMap<&str, (usize, Value)>,
    subject: &Subject<'_>,
    hashes: &mut Hashes<'_>,
) -> Value {
    let related: Vec<Value> = entry
        .evidence
        .iter()
        .map(|e| (subject.in_repository(&Place { path: e.path.clone(), line: e.line }), e))
        .filter(|(place, _)| *place != entry.place)
        .take(MAX_STEPS)
        .enumerate()
        .map(|(id, (place, evidence))| {
            let note = if evidence.note.is_empty() { &evidence.role } else { &evidence.note };
            located(&place, Some(id), &format!("{}: {note}", evidence.role))
        })
        .collect();
    let mut fingerprints = json!({"flowauditFlow/v1": entry.fingerprint});
    if let Some(hash) = hashes.of(&entry.place, subject) {
        fingerprints["primaryLocationLineHash"] = json!(hash);
    }
    let mut result = json!({
        "ruleId": entry.rule,
        "ruleIndex": rules.get(entry.rule).map_or(0, |(index, _)| *index),
        "level": level(entry.severity),
        "message": {"text": message(entry)},
        "locations": [located(&entry.place, None, "")],
        "partialFingerprints": fingerprints,
        "properties": {
            "about": entry.about,
            "confidence": entry.confidence.word(),
            "priority": entry.priority.word(),
            "regression": entry.regression,
        },
    });
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    if let Some(consumer) = subject.audit.consumers.iter().find(|c| c.id == entry.about) {
        result["codeFlows"] = json!([flow(consumer, entry, subject)]);
    }
    if let Some(new) = entry.new {
        result["baselineState"] = json!(if new { "new" } else { "unchanged" });
    }
    result
}

fn message(entry: &Entry<'_>) -> String {
    let mut text = format!("{}: {}", entry.about, entry.message);
    if !entry.help.is_empty() {
        let _ = write!(text, " {}", entry.help);
    }
    text
}

/// The way from the registration through the handler to the place.
fn flow(consumer: &Consumer, entry: &Entry<'_>, subject: &Subject<'_>) -> Value {
    let mut steps = vec![(
        subject.in_repository(&consumer.registration),
        format!("{} is subscribed to", consumer.topic.name),
    )];
    let functions = consumer.path.iter().take(MAX_STEPS - 2);
    steps.extend(functions.map(|symbol| {
        (subject.in_repository(&Place { path: symbol.path.clone(), line: symbol.line }), symbol.name.clone())
    }));
    steps.push((entry.place.clone(), entry.message.clone()));
    let locations: Vec<Value> =
        steps.iter().map(|(place, text)| json!({"location": located(place, None, text)})).collect();
    json!({"threadFlows": [{"locations": locations}]})
}

fn located(place: &Place, id: Option<usize>, text: &str) -> Value {
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": words::encoded(&place.path, b""), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": place.line, "endLine": place.line},
    }});
    if let Some(id) = id {
        location["id"] = json!(id);
    }
    if !text.is_empty() {
        location["message"] = json!({"text": text});
    }
    location
}

fn notifications(subject: &Subject<'_>, left_out: usize) -> Vec<Value> {
    let note = |level: &str, text: String| json!({"level": level, "message": {"text": text}});
    let mut all: Vec<&Diagnostic> = subject.audit.diagnostics.iter().collect();
    all.sort_by_key(|d| d.level);
    let mut out: Vec<Value> = all
        .iter()
        .take(MAX_NOTIFICATIONS)
        .map(|d| note(level(d.level), format!("{}: {}", d.path, d.message)))
        .collect();
    if all.len() > MAX_NOTIFICATIONS {
        let more = all.len() - MAX_NOTIFICATIONS;
        out.push(note(
            "warning",
            format!("{more} more notifications are left out; `--format json` has all."),
        ));
    }
    if left_out > 0 {
        let text = format!(
            "{left_out} results of the least priority are left out: code scanning takes {MAX_RESULTS}."
        );
        out.push(note("warning", text));
    }
    out
}

/// Fingerprints of lines, each file read once.
struct Hashes<'a> {
    source: &'a dyn Fn(&str) -> Option<String>,
    known: BTreeMap<String, Vec<String>>,
}

impl Hashes<'_> {
    fn of(&mut self, place: &Place, subject: &Subject<'_>) -> Option<String> {
        let inner = match subject.prefix {
            "" => place.path.as_str(),
            prefix => place.path.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        let source = self.source;
        let hashes = self
            .known
            .entry(inner.to_owned())
            .or_insert_with(|| source(inner).map(|text| line_hashes(&text)).unwrap_or_default());
        hashes.get(place.line as usize - 1).cloned()
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

/// `no-dead-letter` → `NoDeadLetter`.
fn pascal(id: &str) -> String {
    id.split(['-', '_', '.']).map(capital).collect()
}

/// `no-dead-letter` → `No dead letter`.
fn sentence(id: &str) -> String {
    capital(&id.replace(['-', '_', '.'], " "))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).collect()
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_in_the_forms_asked_for() {
        assert_eq!(pascal("no-dead-letter"), "NoDeadLetter");
        assert_eq!(sentence("topic-near-miss"), "Topic near miss");
        assert_eq!(words::encoded("a b/ü%#?:.go", b""), "a%20b/%C3%BC%25%23%3F%3A.go");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
    }
}

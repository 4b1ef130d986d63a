//! From checklist files to checked items, with every mistake on the way.
//!
//! Built-in and users' files go the same way; a user's file with the id of a built-in checklist
//! replaces it as a whole.

use std::collections::BTreeMap;

use super::facts::Fact;
use super::pattern::Pattern;
use super::{Among, ItemRule, Need, Per, Search, SectionRule, Test};
use crate::audit::{Control, Priority};
use crate::config::{Config, Glob, Names};
use crate::controls::finding_rules;
use crate::rules::{RuleFile, RuleProblem};
use crate::ruleset::{RulesError, read_files};
use crate::syntax::reader::{Map, Mistake, Reader};
use crate::syntax::yaml::Node;

const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/checklists.rs"));

const TOP_KEYS: &[&str] = &["id", "title", "asks", "sections"];
const SECTION_KEYS: &[&str] = &["title", "items"];
const ITEM_KEYS: &[&str] = &[
    "id",
    "title",
    "control",
    "rules",
    "fact",
    "files",
    "attest",
    "text",
    "proof",
    "among",
    "per",
    "conclusive",
    "hint",
    "optional",
    "needs",
    "refuted_by",
    "proved_by",
    "proved_by_fact",
    "asks",
    "same_as",
    "help",
];
/// What can decide an item: one of these.
const TESTS: &[&str] = &["control", "rules", "fact", "files", "attest"];
/// What only a search in files has.
const SEARCH_ONLY: &[&str] = &["text", "proof", "among", "per", "conclusive", "hint", "optional"];

const AMONG: &[(&str, Among)] =
    &[("code", Among::Code), ("tests", Among::Tests), ("code and tests", Among::All)];
const PER: &[(&str, Per)] = &[
    ("repository", Per::Repository),
    ("participant", Per::Participant),
    ("consumer", Per::Consumer),
    ("publisher", Per::Publisher),
    ("duplicate-check", Per::Recorder),
];
const NEEDS: &[(&str, Need)] = &[
    ("consumers", Need::Consumers),
    ("publishers", Need::Publishers),
    ("duplicate-checks", Need::DuplicateChecks),
    ("groups", Need::Groups),
    ("caches", Need::Caches),
    ("keyed-caches", Need::KeyedCaches),
    ("observers", Need::Observers),
    ("sagas", Need::Sagas),
    ("outboxes", Need::Outboxes),
    ("validators", Need::Validators),
    ("brokers", Need::Brokers),
    ("dead-letters", Need::DeadLetters),
    ("schemas", Need::Schemas),
];

/// A checklist, as its file has it.
#[derive(Debug)]
pub struct ChecklistRule {
    /// Stable id.
    pub id: String,
    /// What a person calls it.
    pub title: String,
    /// Sections, in order.
    pub sections: Vec<SectionRule>,
}

impl ChecklistRule {
    /// Its items, in order.
    pub fn items(&self) -> impl Iterator<Item = &ItemRule> {
        self.sections.iter().flat_map(|section| &section.items)
    }
}

/// The built-in checklists with the user's on top, in order of id, when there are all that audits
/// name.
pub fn in_force(config: &Config) -> Result<Vec<ChecklistRule>, RulesError> {
    let checklists = all(config)?;
    config.refuse(unknown(config, &checklists)).map_err(RulesError::Unknown)?;
    Ok(checklists)
}

/// The built-in checklists with the user's on top, in order of id.
pub fn all(config: &Config) -> Result<Vec<ChecklistRule>, RulesError> {
    let mut files: Vec<RuleFile> = BUILT_IN
        .iter()
        .map(|&(path, text)| RuleFile { path: path.to_owned(), text: text.to_owned(), builtin: true })
        .collect();
    files.extend(read_files(&config.reports.checklists)?);
    load(&files).map_err(RulesError::Invalid)
}

/// Checklists that audits name and that are not there.
pub fn unknown(config: &Config, checklists: &[ChecklistRule]) -> Vec<Mistake> {
    let known: Vec<&str> = checklists.iter().map(|checklist| checklist.id.as_str()).collect();
    config.unknown(Names::Checklist, &known)
}

/// All files, or all mistakes of all files in order of file and place.
pub(super) fn load(files: &[RuleFile]) -> Result<Vec<ChecklistRule>, Vec<RuleProblem>> {
    let rules = finding_rules();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let mut problems = Vec::new();
    let mut found: BTreeMap<String, ChecklistRule> = BTreeMap::new();
    let mut items: BTreeMap<(bool, String), String> = BTreeMap::new();
    for file in files {
        let (mut reader, document) = Reader::document(&file.text);
        let checklist =
            document.as_ref().and_then(|node| checklist(&mut reader, node, &rules, file, &mut items));
        let mistakes = reader.finish();
        if let Some(checklist) = checklist.filter(|_| mistakes.is_empty()) {
            found.insert(checklist.id.clone(), checklist);
        }
        problems.extend(mistakes.into_iter().map(|mistake| RuleProblem {
            file: file.path.clone(),
            line: mistake.line,
            column: mistake.column,
            message: mistake.message,
            suggestion: mistake.suggestion,
        }));
    }
    problems.sort();
    if problems.is_empty() { Ok(found.into_values().collect()) } else { Err(problems) }
}

fn checklist(
    reader: &mut Reader,
    node: &Node,
    rules: &[&str],
    file: &RuleFile,
    taken: &mut BTreeMap<(bool, String), String>,
) -> Option<ChecklistRule> {
    let map = reader.map(node, TOP_KEYS)?;
    let id = reader.required_text(map, "id");
    let title = reader.required_text(map, "title");
    let asks = asks(reader, map).unwrap_or_default();
    let mut sections = Vec::new();
    let list = reader.required(map, "sections");
    for node in list.map(|node| reader.list(node)).unwrap_or_default() {
        let Some(map) = reader.map(node, SECTION_KEYS) else { continue };
        let title = reader.required_text(map, "title").map(str::to_owned);
        let list = reader.required(map, "items");
        let mut items = Vec::new();
        for node in list.map(|node| reader.list(node)).unwrap_or_default() {
            if let Some(id) = node.get("id")
                && let Some(text) = id.as_text()
                && let Some(first) =
                    taken.insert((file.builtin, text.to_owned()), format!("{}:{}", file.path, id.line))
            {
                reader.mistake(id, format!("the item `{text}` is already at {first}"));
            }
            items.extend(item(reader, node, rules, &asks));
        }
        sections.push(SectionRule { title: title.unwrap_or_default(), items });
    }
    Some(ChecklistRule { id: id?.to_owned(), title: title?.to_owned(), sections })
}

/// The priorities of findings that ask a person, where it is said.
fn asks(reader: &mut Reader, map: Map) -> Option<Vec<Priority>> {
    let known: Vec<(&str, Priority)> = Priority::ALL.iter().map(|it| (it.word(), *it)).collect();
    let said = reader.texts(map.get("asks")?);
    Some(said.into_iter().filter_map(|(node, _)| reader.word(node, "priority", &known)).collect())
}

fn item(reader: &mut Reader, node: &Node, rules: &[&str], all_ask: &[Priority]) -> Option<ItemRule> {
    let map = reader.map(node, ITEM_KEYS)?;
    let id = reader.required_text(map, "id");
    let title = reader.required_text(map, "title");
    let test = test(reader, map, rules);
    let mut needs = Vec::new();
    for (node, _) in map.get("needs").map(|node| reader.texts(node)).unwrap_or_default() {
        needs.extend(reader.word(node, "need", NEEDS));
    }
    let refuted_by = map.get("refuted_by").map(|node| named(reader, node, rules)).unwrap_or_default();
    let mut proved_by = Vec::new();
    for (node, _) in map.get("proved_by").map(|node| reader.texts(node)).unwrap_or_default() {
        proved_by.extend(reader.word(node, "control", &controls()));
    }
    let proved_by_fact = map.get("proved_by_fact").and_then(|node| reader.word(node, "fact", Fact::WORDS));
    let asks = asks(reader, map).unwrap_or_else(|| all_ask.to_vec());
    let same_as = reader.optional_text(map, "same_as").map(str::to_owned);
    let help = if map.get("attest").is_some() {
        if let Some(node) = map.get("help") {
            reader.mistake(node, "`attest` says already what a person is to look at");
        }
        reader.required_text(map, "attest")
    } else {
        reader.required_text(map, "help")
    };
    Some(ItemRule {
        id: id?.to_owned(),
        title: title?.to_owned(),
        test: test?,
        needs,
        refuted_by,
        proved_by,
        proved_by_fact,
        same_as,
        asks,
        help: help?.trim().to_owned(),
    })
}

fn test(reader: &mut Reader, map: Map, rules: &[&str]) -> Option<Test> {
    let present = map.present(TESTS);
    let [kind] = present[..] else {
        let message = if present.is_empty() {
            "an item is decided by one of `control`, `rules`, `fact`, `files` or `attest`".to_owned()
        } else {
            format!("an item is decided by one thing, not `{}`", present.join("` and `"))
        };
        reader.mistake(map.node(), message);
        return None;
    };
    if kind != "files" {
        for key in map.present(SEARCH_ONLY) {
            if let Some(node) = map.get(key) {
                reader.mistake(node, format!("`{key}` goes with `files`"));
            }
        }
    }
    let node = map.get(kind)?;
    match kind {
        "control" => reader.word(node, "control", &controls()).map(Test::Control),
        "rules" => Some(Test::Rules(named(reader, node, rules))),
        "fact" => reader.word(node, "fact", Fact::WORDS).map(Test::Fact),
        "files" => Some(Test::Search(search(reader, map, node))),
        _ => Some(Test::Person),
    }
}

/// The words of the controls.
fn controls() -> Vec<(&'static str, Control)> {
    Control::ALL.iter().map(|c| (c.word(), *c)).collect()
}

/// Finding rules; a mistake where there is none of the name.
fn named(reader: &mut Reader, node: &Node, rules: &[&str]) -> Vec<String> {
    let mut named = Vec::new();
    for (node, text) in reader.texts(node) {
        if rules.contains(&text) {
            named.push(text.to_owned());
        } else {
            reader.unknown_word(node, "finding rule", text, rules);
        }
    }
    named
}

/// What lines must hold; a mistake where it is no pattern.
fn of_lines(reader: &mut Reader, node: &Node) -> Option<Pattern> {
    let pattern = reader.regex(node)?;
    match Pattern::of_lines(pattern.as_str()) {
        Ok(pattern) => Some(pattern),
        Err(why) => {
            reader.mistake(node, format!("the pattern cannot be used: {why}"));
            None
        }
    }
}

fn search(reader: &mut Reader, map: Map, node: &Node) -> Search {
    let mut files = Vec::new();
    for (node, text) in reader.texts(node) {
        match Glob::new(text) {
            Ok(glob) => files.push(glob),
            Err(why) => reader.mistake(node, format!("`{text}` is no pattern: {why}")),
        }
    }
    let mut proof = Vec::new();
    for node in map.get("proof").map(|node| reader.texts(node)).unwrap_or_default() {
        proof.extend(of_lines(reader, node.0));
    }
    let among = map.get("among").map_or(Some(Among::Code), |node| reader.word(node, "kind of file", AMONG));
    let per = map.get("per").map_or(Some(Per::Repository), |node| reader.word(node, "owner", PER));
    let hint = reader.flag_or(map, "hint", false);
    Search {
        files,
        text: map.get("text").and_then(|node| of_lines(reader, node)),
        proof,
        among: among.unwrap_or(Among::Code),
        per: per.unwrap_or(Per::Repository),
        // That nothing hints at it proves nothing either, unless it is said to.
        conclusive: reader.flag_or(map, "conclusive", !hint),
        hint,
        optional: reader.flag_or(map, "optional", false),
    }
}

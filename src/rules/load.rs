//! Turns rule files into the rules in force, or into the list of everything wrong with them.
//!
//! Built-in and users' files go the same way. A user's file with the id of a built-in detector
//! replaces that detector as a whole, or switches it off with `enabled: false`. Reading one file
//! is `detector`'s business; what is decided here concerns several files.

use super::{Detector, RuleSet, detector};
use crate::syntax::reader::{Mistake, Reader, closest};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A rule file as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Where, for messages.
    pub path: String,
    /// What it says.
    pub text: String,
    /// It came with the tool, so a user's file may replace it.
    pub builtin: bool,
}

/// Something wrong in a rule file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleProblem {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong and what was expected, in a sentence without a full stop.
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl RuleProblem {
    /// The mistake without its file.
    pub fn mistake(&self) -> Mistake {
        Mistake {
            line: self.line,
            column: self.column,
            message: self.message.clone(),
            suggestion: self.suggestion.clone(),
        }
    }
}

impl std::fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.suggestion {
            Some(word) => write!(f, "; did you mean `{word}`?"),
            None => Ok(()),
        }
    }
}

/// One file after reading: what it is about, and what it says.
pub(super) struct Read {
    /// Id of the detector.
    pub id: String,
    /// Where the id is written.
    pub line: u32,
    /// Where the id is written.
    pub column: u32,
    /// The detector; `None` where the file switches it off or has mistakes.
    pub detector: Option<Detector>,
    /// Whether the file only switches the detector off.
    pub off: bool,
    /// Ids of its rules with their places.
    pub rule_ids: Vec<(String, u32, u32)>,
}

/// The rules in force, or all mistakes of all files in order of file and place.
pub fn load(files: &[RuleFile]) -> Result<RuleSet, Vec<RuleProblem>> {
    let results: Vec<_> = files
        .par_iter()
        .map(|file| {
            let (reader, document) = Reader::document(&file.text);
            (file, detector::read(reader, document.as_ref()))
        })
        .collect();
    let mut problems = Vec::new();
    let mut read = Vec::new();
    for (file, (found, mistakes)) in results {
        problems.extend(mistakes.into_iter().map(|mistake| problem(file, mistake)));
        read.extend(found.map(|mut found| {
            if let Some(detector) = &mut found.detector {
                detector.origin.clone_from(&file.path);
                detector.builtin = file.builtin;
            }
            (file, found)
        }));
    }
    check_duplicates(&read, &mut problems);
    let builtin_ids: Vec<String> = ids_of(&read, true);
    check_switches(&read, &builtin_ids, &mut problems);
    if !problems.is_empty() {
        problems.sort();
        return Err(problems);
    }
    let mut in_force: BTreeMap<String, Option<Detector>> = BTreeMap::new();
    let (builtin, own): (Vec<_>, Vec<_>) = read.into_iter().partition(|(file, _)| file.builtin);
    for (_, found) in builtin.into_iter().chain(own) {
        in_force.insert(found.id, found.detector);
    }
    Ok(RuleSet { detectors: in_force.into_values().flatten().collect() })
}

fn ids_of(read: &[(&RuleFile, Read)], builtin: bool) -> Vec<String> {
    let of_kind = read.iter().filter(|(file, _)| file.builtin == builtin);
    of_kind.map(|(_, found)| found.id.clone()).collect()
}

/// Two files of one kind with one detector id, or two rules in force with one id.
fn check_duplicates(read: &[(&RuleFile, Read)], problems: &mut Vec<RuleProblem>) {
    let mut detectors: BTreeMap<(bool, &str), &str> = BTreeMap::new();
    for (file, found) in read {
        if let Some(first) = detectors.insert((file.builtin, &found.id), &file.path) {
            let message = format!("the detector `{}` is already described in {first}", found.id);
            problems.push(problem(file, at(found.line, found.column, message)));
        }
        let mut rules: BTreeMap<&str, u32> = BTreeMap::new();
        for (id, line, column) in &found.rule_ids {
            if let Some(first) = rules.insert(id, *line) {
                let message = format!("the rule id `{id}` is already used on line {first}");
                problems.push(problem(file, at(*line, *column, message)));
            }
        }
    }
}

/// A file that switches off what does not exist is a misspelling.
fn check_switches(read: &[(&RuleFile, Read)], builtin_ids: &[String], problems: &mut Vec<RuleProblem>) {
    for (file, found) in read {
        if !found.off || builtin_ids.contains(&found.id) {
            continue;
        }
        let known: Vec<&str> = builtin_ids.iter().map(String::as_str).collect();
        let mut mistake = at(
            found.line,
            found.column,
            format!("there is no built-in detector `{}` to switch off", found.id),
        );
        mistake.suggestion = closest(&found.id, &known).map(str::to_owned);
        problems.push(problem(file, mistake));
    }
}

fn at(line: u32, column: u32, message: String) -> Mistake {
    Mistake { line, column, message, suggestion: None }
}

fn problem(file: &RuleFile, mistake: Mistake) -> RuleProblem {
    RuleProblem {
        file: file.path.clone(),
        line: mistake.line,
        column: mistake.column,
        message: mistake.message,
        suggestion: mistake.suggestion,
    }
}

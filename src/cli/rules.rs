//! `flowaudit rules`: the rules in force, and what each of them means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::args::{RulesCommand, When};
use super::errors::{BadExamples, Exit, UnknownRule};
use super::{mistakes, output};
use crate::audit::explanation::{Explained, Explanation};
use crate::config::{self, Config};
use crate::examples;
use crate::report::explain;
use crate::rules::{Detector, Role, RuleFile, RuleSet, builtin_files};
use crate::ruleset::{self, RulesError};
use crate::syntax::reader::closest;

pub(super) fn run(command: &RulesCommand) -> anyhow::Result<Exit> {
    let text = match command {
        RulesCommand::List { source } => {
            let config = configuration(source.config.as_deref())?;
            list(&config, &ruleset::all(&config)?, output::width(false))
        }
        RulesCommand::Show { id, source } => {
            let config = configuration(source.config.as_deref())?;
            show(&config, &ruleset::all(&config)?, id, view())?
        }
        RulesCommand::Test { paths, source } => {
            let files = if paths.is_empty() {
                let mut files = builtin_files();
                files.extend(ruleset::read_files(&configuration(source.config.as_deref())?.rules.paths)?);
                files
            } else {
                ruleset::read_files(paths)?
            };
            test(&files)?
        }
    };
    output::write(&text, None)?;
    Ok(Exit::Done)
}

fn view() -> explain::View {
    let color = output::colored(When::Auto, false);
    explain::View { width: output::width(false), color, all: false }
}

fn configuration(file: Option<&Path>) -> anyhow::Result<Config> {
    let here = Path::new(".");
    let draft = match file {
        Some(file) => config::draft(file, here)?,
        None => config::discover(here)?,
    };
    mistakes::checked(draft, here)
}

/// Runs the examples of rule files.
fn test(files: &[RuleFile]) -> anyhow::Result<String> {
    let tried = examples::run(files).map_err(RulesError::Invalid)?;
    if !tried.failures.is_empty() {
        return Err(BadExamples(tried.failures).into());
    }
    let plural = if files.len() == 1 { "" } else { "s" };
    Ok(format!("{} examples in {} rule file{plural} hold\n", tried.examples, files.len()))
}

/// One line for each rule file.
fn list(config: &Config, rules: &RuleSet, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .force_no_tty()
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(["rule file", "state", "what", "finds"]);
    for detector in &rules.detectors {
        let state = ruleset::state(config, detector);
        table.add_row([&detector.id, state, &detector.title, &finds(detector)]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == 3 { 0 } else { 2 }));
        if index < 2 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let number: usize = rules.detectors.iter().map(rule_count).sum();
    format!(
        "{}\n\n{number} rules in {} files; `flowaudit rules show ID` tells what one means.\n",
        table.trim_fmt(),
        rules.detectors.len()
    )
}

fn rule_count(detector: &Detector) -> usize {
    detector.rules.len() + detector.manifests.len()
}

/// `consumer, publisher, dead-letter`: roles in their order, each once.
fn finds(detector: &Detector) -> String {
    let code = detector.rules.iter().map(|rule| rule.role);
    let manifests = detector.manifests.iter().map(|rule| rule.role);
    let roles: BTreeSet<Role> = code.chain(manifests).collect();
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.join(", ")
}

/// What one rule, or every rule of a file, matches and means.
fn show(config: &Config, rules: &RuleSet, id: &str, view: explain::View) -> Result<String, UnknownRule> {
    if let Some(found) = crate::explain_rule(config, rules, id) {
        let subject = Explained::Rule(Box::new(found));
        return Ok(explain::text(&Explanation { subject, sources: BTreeMap::new() }, view));
    }
    let ids = crate::rule_ids(rules);
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    Err(UnknownRule { id: id.to_owned(), near: closest(id, &known).map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: explain::View = explain::View { width: 100, color: false, all: false };

    #[test]
    fn every_rule_can_be_listed_and_shown() {
        let config = Config::default();
        let rules = ruleset::all(&config).unwrap();
        let text = list(&config, &rules, 100);
        for detector in &rules.detectors {
            assert!(text.contains(&detector.id), "{}", detector.id);
            let whole = show(&config, &rules, &detector.id, VIEW).unwrap();
            for rule in &detector.rules {
                assert!(whole.contains(&rule.id), "{}", rule.id);
                let one = show(&config, &rules, &rule.id, VIEW).unwrap();
                assert!(one.contains(rule.role.name()), "{}", rule.id);
            }
        }
    }

    #[test]
    fn a_misspelt_rule_has_a_suggestion() {
        let config = Config::default();
        let rules = ruleset::all(&config).unwrap();
        let error = show(&config, &rules, "segmentio-kafak", VIEW).unwrap_err();
        assert_eq!(error.near.as_deref(), Some("segmentio-kafka"));
    }
}

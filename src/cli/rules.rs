//! `flowaudit rules`: the rules in force, and what each of them means.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use regex::Regex;

use super::args::RulesCommand;
use super::errors::{Exit, UnknownRule};
use super::output;
use crate::config::{self, Config};
use crate::rules::{CallName, Detector, Matcher, Role, Rule, RuleSet, Selector};
use crate::ruleset;
use crate::syntax::reader::closest;

pub(super) fn run(command: &RulesCommand) -> anyhow::Result<Exit> {
    let text = match command {
        RulesCommand::List { source } => {
            let config = configuration(source.config.as_deref())?;
            list(&config, &ruleset::all(&config)?, output::width(false))
        }
        RulesCommand::Show { id, source } => {
            let config = configuration(source.config.as_deref())?;
            show(&config, &ruleset::all(&config)?, id)?
        }
    };
    output::write(&text, None)?;
    Ok(Exit::Done)
}

fn configuration(file: Option<&Path>) -> anyhow::Result<Config> {
    let here = Path::new(".");
    Ok(match file {
        Some(file) => config::load(file, here)?,
        None => config::discover(here)?,
    })
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
        let state = state(config, detector);
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

/// Whether a rule file is in force, and why not.
fn state(config: &Config, detector: &Detector) -> &'static str {
    match (ruleset::is_on(config, detector), detector.opt_in) {
        (true, _) => "on",
        (false, true) => "opt-in",
        (false, false) => "off",
    }
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

/// A whole rule file, or one rule of it.
fn show(config: &Config, rules: &RuleSet, id: &str) -> Result<String, UnknownRule> {
    for detector in &rules.detectors {
        let whole = detector.id == id;
        let mut body = String::new();
        for rule in detector.rules.iter().filter(|rule| whole || rule.id == id) {
            let (matches, when) = (matched(&rule.matcher), conditions(rule));
            entry(&mut body, &rule.id, rule.role, [&matches, &when, &rule.note]);
        }
        for rule in detector.manifests.iter().filter(|rule| whole || rule.id == id) {
            let when: Vec<String> =
                rule.when.iter().map(|(path, value)| format!("{path} fits /{value}/")).collect();
            let (matches, when) = ("manifests".to_owned(), when.join(", and "));
            entry(&mut body, &rule.id, rule.role, [&matches, &when, &rule.note]);
        }
        if whole || !body.is_empty() {
            return Ok(heading(config, detector) + &body);
        }
    }
    let ids = rules.detectors.iter().flat_map(|detector| {
        let code = detector.rules.iter().map(|rule| &rule.id);
        let manifests = detector.manifests.iter().map(|rule| &rule.id);
        std::iter::once(&detector.id).chain(code).chain(manifests)
    });
    let known: Vec<&str> = ids.map(String::as_str).collect();
    Err(UnknownRule { id: id.to_owned(), near: closest(id, &known).map(str::to_owned) })
}

fn heading(config: &Config, detector: &Detector) -> String {
    let mut text = format!("{}: {}\n", detector.id, detector.title);
    if !detector.imports.is_empty() {
        let _ = writeln!(text, "  imports  {}", detector.imports.join("\n           "));
    }
    if !detector.docs.is_empty() {
        let _ = writeln!(text, "  docs     {}", detector.docs);
    }
    let state = match state(config, detector) {
        "opt-in" => "off until rules.enable in flowaudit.yaml names it",
        state => state,
    };
    let _ = writeln!(text, "  state    {state}");
    text
}

/// A rule; `texts` say what it matches, under which conditions, and what that means.
fn entry(out: &mut String, id: &str, role: Role, texts: [&String; 3]) {
    let _ = writeln!(out, "\n{id}  {}", role.name());
    for (label, text) in ["matches", "when", "means"].into_iter().zip(texts) {
        if !text.is_empty() {
            let _ = writeln!(out, "  {label:<7}  {text}");
        }
    }
}

fn conditions(rule: &Rule) -> String {
    let each = |list: &[(Selector, Regex)], word: &str| -> Vec<String> {
        let one = |(at, value): &(Selector, Regex)| format!("{at} {word} /{value}/");
        list.iter().map(one).collect()
    };
    let mut conditions = each(&rule.when, "fits");
    conditions.extend(each(&rule.unless, "does not fit"));
    conditions.join(", and ")
}

fn matched(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Call(names) => {
            let names: Vec<String> = names.iter().map(call_name).collect();
            format!("calls of {}", names.join(", "))
        }
        Matcher::Composite(types) => format!("literals of {}", types.join(", ")),
        Matcher::Function { name, on: None } => format!("calls of functions named /{name}/"),
        Matcher::Function { name, on: Some(on) } => {
            format!("calls of functions named /{name}/ on /{on}/")
        }
        Matcher::Sql { verb, table, .. } => match table {
            Some(table) => format!("SQL /{verb}/ on /{table}/"),
            None => format!("SQL /{verb}/"),
        },
        Matcher::Method(names) => format!("methods {}", names.join(", ")),
        Matcher::Decorator(names) => format!("decorators {}", names.join(", ")),
    }
}

fn call_name(call: &CallName) -> String {
    match &call.receiver {
        Some(receiver) => format!("{receiver}.{}", call.name),
        None => call.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_listed_and_shown() {
        let config = Config::default();
        let rules = ruleset::all(&config).unwrap();
        let text = list(&config, &rules, 100);
        for detector in &rules.detectors {
            assert!(text.contains(&detector.id), "{}", detector.id);
            let whole = show(&config, &rules, &detector.id).unwrap();
            for rule in &detector.rules {
                assert!(whole.contains(&rule.id), "{}", rule.id);
                let one = show(&config, &rules, &rule.id).unwrap();
                assert!(one.contains(rule.role.name()), "{}", rule.id);
            }
        }
    }

    #[test]
    fn a_misspelt_rule_has_a_suggestion() {
        let config = Config::default();
        let rules = ruleset::all(&config).unwrap();
        let error = show(&config, &rules, "segmentio-kafak").unwrap_err();
        assert_eq!(error.near.as_deref(), Some("segmentio-kafka"));
    }
}

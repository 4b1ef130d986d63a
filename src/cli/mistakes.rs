//! Every mistake of a configuration at once: those in its text, and the names in it that stand for
//! nothing, whichever stage would have come upon them first.

use std::path::Path;

use super::report;
use crate::checklist;
use crate::config::{Config, Draft, Names};
use crate::controls;
use crate::progress::Progress;
use crate::read;
use crate::report::docs;
use crate::rules::RuleProblem;
use crate::ruleset::{self, RulesError};
use crate::syntax::reader::Mistake;

/// What is wrong with a configuration.
#[derive(Default)]
struct Found {
    /// In its own text.
    own: Vec<Mistake>,
    /// In the rule files and checklists that it names.
    elsewhere: Vec<RuleProblem>,
}

/// The configuration of a folder to audit, when nothing is wrong with it but services that are not
/// there: those are known when the folder has been read.
pub(super) fn checked(draft: Draft, root: &Path) -> anyhow::Result<Config> {
    let Draft { config, mistakes } = draft;
    let mut found = Found::default();
    if mistakes.is_empty() {
        found = names(&config, root, false)?;
        if found.own.is_empty() {
            // Mistakes of rule files alone are told by whoever reads them.
            return Ok(config);
        }
    }
    found = names(&config, root, true).unwrap_or(found);
    found.own.extend(mistakes);
    let elsewhere = found.elsewhere.iter().map(|problem| (problem.file.clone(), problem.mistake()));
    config.refuse_with(found.own, elsewhere.collect())?;
    Ok(config)
}

/// The names that stand for nothing: of what is named at all, or, where something is wrong already,
/// of everything, also of what takes reading the folder.
fn names(config: &Config, root: &Path, everything: bool) -> anyhow::Result<Found> {
    let asked = |names: &[Names]| everything || names.iter().any(|it| config.mentions_any(*it));
    let mut found = Found::default();
    if asked(&[Names::Waived]) {
        let rules = controls::finding_rules();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        found.own.extend(config.unknown(Names::Waived, &rules));
    }
    let plain = Config::default();
    if asked(&[Names::RuleFile, Names::Rule]) {
        let (rules, all) = found.read(ruleset::load_all(config), || ruleset::load_all(&plain))?;
        found.extend(ruleset::unknown(config, &rules), all);
    }
    if asked(&[Names::Checklist, Names::Item]) {
        let (checklists, all) = found.read(checklist::all(config), || checklist::all(&plain))?;
        let base = config.base.as_deref().unwrap_or(root);
        found.extend(checklist::unknown(config, &checklists), all);
        found.extend(checklist::attestation_mistakes(config, &checklists, base), all);
    }
    if asked(&[Names::Template]) {
        found.own.extend(docs::unknown_templates(config, &report::templates(config)?));
    }
    if everything && config.mentions_any(Names::Service) {
        let repository = read::read(root, config, &Progress::default())?;
        let services: Vec<&str> = repository.services.list.iter().map(|it| it.name.as_str()).collect();
        found.own.extend(config.unknown(Names::Service, &services));
    }
    Ok(found)
}

impl Found {
    /// What was read and whether it is all; only what is built in when there are mistakes in the
    /// user's files, which are kept.
    fn read<T>(
        &mut self,
        read: Result<T, RulesError>,
        built_in: impl Fn() -> Result<T, RulesError>,
    ) -> Result<(T, bool), RulesError> {
        match read {
            Ok(it) => Ok((it, true)),
            Err(RulesError::Invalid(problems)) => {
                self.elsewhere.extend(problems);
                Ok((built_in()?, false))
            }
            Err(other) => Err(other),
        }
    }

    /// Keeps mistakes; where not all names are known, those that have been recognised alone.
    fn extend(&mut self, mistakes: Vec<Mistake>, all: bool) {
        self.own.extend(mistakes.into_iter().filter(|mistake| all || mistake.suggestion.is_some()));
    }
}

//! flowaudit reads a monorepo of services and decides, from evidence in the code, whether its
//! event flows are safe.
//!
//! Data flows one way: `source` walks the tree and finds the services, `syntax` turns each file
//! into language-neutral facts, `rules` says which library calls mean what, `flow` joins facts
//! and rules into consumers, publishers, topics and call paths, `controls` turns those into
//! statuses with evidence, `suppress` marks what somebody answers for, `checklist` fills in what a
//! workflow asks for, `gate` compares with what was before, `report` puts it all into words, and
//! `cli` alone prints.

pub mod audit;
pub mod checklist;
pub mod cli;
pub mod config;
pub mod controls;
pub mod examples;
pub mod flow;
pub mod gate;
pub mod names;
pub mod progress;
pub mod read;
pub mod report;
pub mod rules;
pub mod ruleset;
pub mod source;
pub mod suppress;
pub mod syntax;

use progress::Stage;

use audit::explanation::{Explained, Explanation, RuleExplanation};
use audit::{Audit, Named, NotFound};
use config::Names;

/// Audits a folder: the whole pipeline.
pub fn audit_tree(settings: &config::Settings, progress: &progress::Progress) -> anyhow::Result<Audit> {
    let rules = ruleset::in_force(&settings.config)?;
    audit_under(&rules, &checklists(settings)?, settings, progress)
}

/// Audits a folder under rules and checklists that have been read already, for whoever audits many.
pub fn audit_under(
    rules: &rules::RuleSet,
    checklists: &[checklist::ChecklistRule],
    settings: &config::Settings,
    progress: &progress::Progress,
) -> anyhow::Result<Audit> {
    with_flow(rules, checklists, settings, progress, |_, _, audit| audit)
}

/// Fills in the checklists of an audit that was joined from its shards, from the folder that they
/// are of.
pub fn fill_checklists(
    audit: &mut Audit,
    settings: &config::Settings,
    progress: &progress::Progress,
) -> anyhow::Result<()> {
    let repository = read::read(&settings.root, &settings.config, progress)?;
    checklist::fill(audit, &repository, &checklist::in_force(&settings.config)?, settings)?;
    audit.sort();
    Ok(())
}

/// The checklists to fill in, if any are asked for.
fn checklists(settings: &config::Settings) -> Result<Vec<checklist::ChecklistRule>, ruleset::RulesError> {
    if settings.checklists { checklist::in_force(&settings.config) } else { Ok(Vec::new()) }
}

/// Audits a folder and explains what `what` stands for in it: the explanation, or why there is
/// none, with the audit that it is about.
pub fn explain_tree(
    what: &str,
    settings: &config::Settings,
    progress: &progress::Progress,
) -> anyhow::Result<(Audit, Result<Explanation, NotFound>)> {
    let rules = ruleset::all(&settings.config)?;
    let ids = rule_ids(&rules);
    let in_force = ruleset::in_force(&settings.config)?;
    let (audit, subject) =
        with_flow(&in_force, &checklists(settings)?, settings, progress, |flow, repository, audit| {
            let explainer = controls::explain::Explainer { flow, repository, audit: &audit, settings };
            let subject = audit.find(what, &ids).and_then(|named| {
                Ok(match named {
                    Named::Service(it) => Explained::Service(Box::new(explainer.service(it))),
                    Named::Consumer(it) => Explained::Consumer(Box::new(explainer.consumer(it))),
                    Named::Finding(it) => Explained::Finding(Box::new(explainer.finding(it))),
                    Named::Rule(id) => {
                        let mut found = explain_rule(&settings.config, &rules, id)
                            .ok_or_else(|| NotFound { what: id.to_owned(), ..NotFound::default() })?;
                        found.findings = explainer.findings(&found);
                        Explained::Rule(Box::new(found))
                    }
                })
            });
            (audit, subject)
        })?;
    let explanation = subject.map(|subject| {
        let sources = read::lines(&settings.root, &subject.places());
        Explanation { subject, sources }
    });
    Ok((audit, explanation))
}

/// The ids that [`explain_rule`] knows: controls, weaknesses, rule files and their rules.
pub fn rule_ids(rules: &rules::RuleSet) -> Vec<String> {
    let mut ids = controls::explain::ids();
    ids.extend(ruleset::ids(rules));
    ids
}

/// A rule, a rule file, a weakness or a control, whatever is in the tree; nothing when there is
/// none of this id.
pub fn explain_rule(config: &config::Config, rules: &rules::RuleSet, id: &str) -> Option<RuleExplanation> {
    controls::explain::rule(id).or_else(|| ruleset::explain(config, rules, id))
}

/// Runs the pipeline and gives `then` the flow and what was read beside the audit.
fn with_flow<T>(
    rules: &rules::RuleSet,
    checklists: &[checklist::ChecklistRule],
    settings: &config::Settings,
    progress: &progress::Progress,
    then: impl FnOnce(&flow::Flow<'_>, &read::Repository, Audit) -> T,
) -> anyhow::Result<T> {
    let mut repository = read::read(&settings.root, &settings.config, progress)?;
    progress.enter(Stage::Follow, 0);
    let program = flow::index(std::mem::take(&mut repository.files), &repository.modules);
    let types = flow::types::Types::new(&program, flow::returns(rules));
    let services: Vec<(String, String)> =
        repository.services.list.iter().map(|s| (s.name.clone(), s.path.clone())).collect();
    // Code of a library runs in the services that use it.
    let owner_of = |path: &str| {
        let owner = repository.services.owner_of(path)?;
        (repository.services.list[owner].kind != source::services::ServiceKind::Library).then_some(owner)
    };
    let flow = flow::build(&types, rules, &repository.documents, &repository.sql, &services, &owner_of);
    progress.enter(Stage::Judge, 0);
    let diagnostics = std::mem::take(&mut repository.diagnostics);
    let mut audit = controls::judge(&flow, &repository, diagnostics, settings);
    let ids = controls::finding_rules();
    let rules: Vec<&str> = ids.iter().map(String::as_str).collect();
    settings.config.refuse(settings.config.unknown(Names::Waived, &rules))?;
    let services = &repository.services;
    let words = suppress::Words {
        directives: &repository.directives,
        config_path: settings.config.path_from(&settings.root),
        service_of: &|path| services.owner_of(path).map(|owner| services.list[owner].name.clone()),
        rules: &ids,
    };
    suppress::apply(&mut audit, &words, settings);
    audit.audits = controls::tally(&audit, &settings.config);
    if settings.checklists {
        checklist::fill(&mut audit, &repository, checklists, settings)?;
        audit.sort();
    }
    Ok(then(&flow, &repository, audit))
}

//! flowaudit reads a monorepo of services and decides, from evidence in the code, whether its
//! event flows are safe.
//!
//! Data flows one way: `source` walks the tree and finds the services, `syntax` turns each file
//! into language-neutral facts, `rules` says which library calls mean what, `flow` joins facts
//! and rules into consumers, publishers, topics and call paths, `controls` turns those into
//! statuses with evidence, `suppress` marks what somebody answers for, `gate` compares with what was
//! before, `report` puts it all into words, and `cli` alone prints.

pub mod audit;
pub mod cli;
pub mod config;
pub mod controls;
pub mod flow;
pub mod gate;
pub mod progress;
pub mod read;
pub mod report;
pub mod rules;
pub mod ruleset;
pub mod source;
pub mod suppress;
pub mod syntax;

use progress::Stage;

/// Audits a folder: the whole pipeline.
pub fn audit_tree(
    settings: &config::Settings,
    progress: &progress::Progress,
) -> anyhow::Result<audit::Audit> {
    let rules = ruleset::in_force(&settings.config)?;
    let mut repository = read::read(&settings.root, &settings.config, progress)?;
    progress.enter(Stage::Follow, 0);
    let program = flow::index(std::mem::take(&mut repository.files), &repository.modules);
    let types = flow::types::Types::new(&program, flow::returns(&rules));
    let services: Vec<(String, String)> =
        repository.services.list.iter().map(|s| (s.name.clone(), s.path.clone())).collect();
    // Code of a library runs in the services that use it.
    let owner_of = |path: &str| {
        let owner = repository.services.owner_of(path)?;
        (repository.services.list[owner].kind != source::services::ServiceKind::Library).then_some(owner)
    };
    let flow = flow::build(&types, &rules, &repository.documents, &services, &owner_of);
    progress.enter(Stage::Judge, 0);
    let diagnostics = std::mem::take(&mut repository.diagnostics);
    let mut audit = controls::judge(&flow, &repository, diagnostics, settings);
    let rules = controls::finding_rules();
    settings.config.check_waivers(
        |rule| rules.iter().any(|r| r == rule) || audit.findings.iter().any(|f| f.rule == rule),
        &rules,
    )?;
    let services = &repository.services;
    let words = suppress::Words {
        directives: &repository.directives,
        config_path: settings.config.path_from(&settings.root),
        service_of: &|path| services.owner_of(path).map(|owner| services.list[owner].name.clone()),
        rules: &rules,
    };
    suppress::apply(&mut audit, &words, settings);
    audit.audits = controls::tally(&audit, &settings.config);
    Ok(audit)
}

//! flowaudit reads a monorepo of services and decides, from evidence in the code, whether its
//! event flows are safe.
//!
//! Data flows one way: `source` walks the tree and finds the services, `syntax` turns each file
//! into language-neutral facts, `rules` says which library calls mean what, `flow` joins facts
//! and rules into consumers, publishers, topics and call paths, `controls` turns those into
//! statuses with evidence, `report` and `gate` present and judge them, and `cli` alone prints.

pub mod audit;
pub mod cli;
pub mod config;
pub mod controls;
pub mod flow;
pub mod progress;
pub mod read;
pub mod report;
pub mod rules;
pub mod source;
pub mod syntax;

use progress::Stage;

/// Audits a folder: the whole pipeline.
pub fn audit_tree(
    settings: &config::Settings,
    progress: &progress::Progress,
) -> anyhow::Result<audit::Audit> {
    let rules = rules::in_force(&settings.config)?;
    let mut repository = read::read(&settings.root, &settings.config, progress)?;
    progress.enter(Stage::Follow, 0);
    let program = flow::index(std::mem::take(&mut repository.files), &repository.modules);
    let types = flow::types::Types::new(&program, flow::returns(&rules));
    let services: Vec<(String, String)> =
        repository.services.list.iter().map(|s| (s.name.clone(), s.path.clone())).collect();
    let owner_of = |path: &str| repository.services.owner_of(path);
    let flow = flow::build(&types, &rules, &repository.documents, &services, &owner_of);
    progress.enter(Stage::Judge, 0);
    let diagnostics = std::mem::take(&mut repository.diagnostics);
    Ok(controls::judge(&flow, &repository, diagnostics, settings))
}

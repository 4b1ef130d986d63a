//! Duplicates without a test: a service that keeps records of messages, and no test of it that hands
//! a message over twice. What tests prove is told by their words; none is run.

use regex::RegexSet;

use crate::audit::{Consumer, Control, Evidence, Place, Status};
use crate::read::Repository;

use super::finding::Draft;
use super::table::Table;

/// Patterns whose code must be tried with a second delivery.
const RECORDED: [&str; 3] = ["database", "redis", "biz-layer"];

/// The findings of all services.
pub fn findings(repository: &Repository, consumers: &[Consumer], table: &Table) -> Vec<Draft> {
    let words = RegexSet::new(table.names("tested")).unwrap_or_default();
    let mut out = Vec::new();
    for service in &repository.services.list {
        let mut mine = consumers.iter().filter(|c| c.service == service.name);
        let Some((consumer, evidence)) = mine.find_map(|c| Some((c, record(c)?))) else { continue };
        let whole = matches!(service.path.as_str(), "" | ".");
        let inside = format!("{}/", service.path);
        let tests = || repository.tests.iter().filter(|path| whole || path.starts_with(&inside));
        // A service without any test says so elsewhere.
        if tests().next().is_none() || tests().any(|path| repository.mentions(path, &words)) {
            continue;
        }
        let at = Place { path: evidence.path.clone(), line: evidence.line };
        let mut draft = Draft::new("no-duplicate-test", &service.name, "", at);
        draft.evidence.push(evidence.clone());
        draft.fill.push(("topic", consumer.topic.name.clone()));
        draft.fill.push(("tests", tests().count().to_string()));
        out.push(draft);
    }
    out
}

/// Where a consumer asks or records what it has handled.
fn record(consumer: &Consumer) -> Option<&Evidence> {
    let verdict = consumer.controls.get(&Control::Idempotency)?;
    let pattern = verdict.pattern.as_deref()?;
    let kept = matches!(verdict.status, Status::Implemented | Status::Partial) && RECORDED.contains(&pattern);
    verdict.evidence.iter().find(|e| kept && e.role.starts_with("dedupe."))
}

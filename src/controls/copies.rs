//! Copies of one system in one tree: the chapters of a book, a system and its next version. What
//! they publish and consume is joined as if they ran together, and that is told.
//!
//! Copies are known by the Go module that several folders declare; a build could not have two.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Consumer, Diagnostic, Publisher, Severity};
use crate::flow::modules::ModuleKind;
use crate::read::Repository;

/// Folders that are named before they are only counted.
const NAMED: usize = 4;

/// What is to be said of them: once for all modules that the same folders have copies of.
pub fn told(repository: &Repository, consumers: &[Consumer], publishers: &[Publisher]) -> Vec<Diagnostic> {
    let places = || {
        let heard = consumers.iter().map(|c| c.registration.path.as_str());
        heard.chain(publishers.iter().map(|p| p.at.path.as_str()))
    };
    let takes_part =
        |dir: &str| places().any(|path| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')));
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in repository.modules.iter().filter(|m| m.kind == ModuleKind::Go && takes_part(&m.dir)) {
        modules.entry(&module.path).or_default().insert(&module.dir);
    }
    let mut told: BTreeMap<Vec<&str>, &str> = BTreeMap::new();
    for (path, dirs) in modules.into_iter().filter(|(_, dirs)| dirs.len() > 1) {
        told.entry(apart(dirs)).or_insert(path);
    }
    told.into_iter().map(|(dirs, path)| diagnostic(&dirs, path)).collect()
}

/// Folders without the end that all of them have: `v1/order` and `v2/order` are copies in `v1` and `v2`.
fn apart(dirs: BTreeSet<&str>) -> Vec<&str> {
    let mut out: Vec<&str> = dirs.into_iter().collect();
    loop {
        let ends: Option<BTreeSet<(&str, &str)>> = out.iter().map(|dir| dir.rsplit_once('/')).collect();
        let Some(ends) = ends else { break };
        if ends.iter().map(|(_, last)| *last).collect::<BTreeSet<_>>().len() > 1 {
            break;
        }
        out = ends.into_iter().map(|(head, _)| head).collect();
    }
    out
}

fn diagnostic(dirs: &[&str], module: &str) -> Diagnostic {
    let mut named = dirs.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if dirs.len() > NAMED {
        named = format!("{named} and {} more", dirs.len() - NAMED);
    }
    let last = dirs.last().copied().unwrap_or(".");
    Diagnostic {
        path: dirs.first().copied().unwrap_or(".").to_owned(),
        level: Severity::Warning,
        message: format!(
            "{named} declare the same Go module, {module}, as copies of one system do: their topics, groups and \
             services are joined as if they ran together. Scan one folder alone (`flowaudit scan {last}`), \
             or leave the others out with `exclude:` in flowaudit.yaml"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn copies_are_told_apart_by_what_their_folders_differ_in() {
        let of = |dirs: &[&'static str]| apart(dirs.iter().copied().collect());
        assert_eq!(of(&["one", "two"]), ["one", "two"]);
        assert_eq!(of(&["v1/order", "v2/order"]), ["v1", "v2"]);
        assert_eq!(of(&["a/b/c", "a/d/c"]), ["a/b", "a/d"]);
        assert_eq!(of(&["a", "b/a"]), ["a", "b/a"]);
    }
}

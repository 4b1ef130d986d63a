//! Which services a repository holds, without being told.
//!
//! Each ecosystem proposes units (a folder, what it is, and why); units of one folder are merged,
//! named and given the languages of the files they own. Folders of examples, tests, documents and
//! tools are never services. Nothing is built or run, so what only a build script knows is missed;
//! the configuration can say it.

mod go;
mod names;
mod node;
mod other;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::{FileKind, Role, SourceFile, kind, walk};

/// What a unit of the repository is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ServiceKind {
    /// Code that others import.
    Library,
    /// Migrations, generators, command-line tools and load generators.
    Infrastructure,
    /// Runs in a browser or renders for one.
    Frontend,
    /// Runs on its own and may send or receive events.
    Service,
}

impl ServiceKind {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            ServiceKind::Library => "library",
            ServiceKind::Infrastructure => "infrastructure",
            ServiceKind::Frontend => "frontend",
            ServiceKind::Service => "service",
        }
    }
}

/// A file or folder that shows why something is taken for a service.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Proof {
    /// Path from the root.
    pub path: String,
    /// What it shows: one clause.
    pub why: String,
}

/// A service, a library, a front end or a tool of the repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Unique name.
    pub name: String,
    /// Folder from the root; `.` for the root itself.
    pub path: String,
    /// Languages of its code, the most used first.
    pub languages: Vec<String>,
    /// What it is.
    pub kind: ServiceKind,
    /// Why it is taken for one.
    pub evidence: Vec<Proof>,
}

/// The services of a repository, by path, and which of them owns a file.
#[derive(Clone, Default, Debug)]
pub struct Services {
    /// Sorted by path.
    pub list: Vec<Service>,
    by_path: FxHashMap<String, usize>,
}

impl Services {
    /// Takes a list as it is, for services named by a configuration.
    pub fn new(mut list: Vec<Service>) -> Services {
        list.sort_by(|a, b| a.path.cmp(&b.path));
        let by_path =
            list.iter().enumerate().map(|(index, service)| (key(&service.path).to_owned(), index)).collect();
        Services { list, by_path }
    }

    /// The service whose folder is the nearest around a path; an index into `list`.
    pub fn owner_of(&self, path: &str) -> Option<usize> {
        let mut folder = path;
        loop {
            if let Some(&index) = self.by_path.get(folder) {
                return Some(index);
            }
            if folder.is_empty() {
                return None;
            }
            folder = kind::folder(folder);
        }
    }
}

/// The folder as the other code of this module writes it: empty for the root.
fn key(path: &str) -> &str {
    if path == "." { "" } else { path.trim_end_matches('/') }
}

/// A proposal of one ecosystem for one folder.
#[derive(Clone, Debug)]
struct Unit {
    kind: ServiceKind,
    /// A better name than the folder's.
    name: Option<String>,
    language: &'static str,
    evidence: Vec<Proof>,
}

impl Unit {
    fn new(kind: ServiceKind, language: &'static str, path: &str, why: impl Into<String>) -> Unit {
        Unit { kind, name: None, language, evidence: vec![Proof { path: path.to_owned(), why: why.into() }] }
    }
}

/// What the ecosystems look at.
struct Repo<'a> {
    files: &'a [SourceFile],
    /// Folders that hold a Go `main`, sorted, tests and tools included.
    mains: &'a [String],
    /// Folders whose program a framework makes, sorted.
    hosted: &'a [String],
    /// Name of the root folder.
    root_name: String,
    text: &'a dyn Fn(&SourceFile) -> Option<String>,
}

impl Repo<'_> {
    fn of_kind(&self, kind: FileKind) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(move |file| {
            file.kind == kind && file.role == Role::Code && !names::is_excluded(&file.path)
        })
    }

    /// Whether a folder holds code that runs, at any depth.
    fn code_under(&self, folder: &str) -> Option<&'static str> {
        let prefix = format!("{folder}/");
        let start = self.files.partition_point(|file| file.path < prefix);
        self.files[start..]
            .iter()
            .take_while(|file| file.path.starts_with(&prefix))
            .filter(|file| file.kind.is_code() && file.role == Role::Code)
            .find_map(SourceFile::language)
    }
}

type Units = BTreeMap<String, Unit>;

/// Adds a proposal; of two for one folder the more important kind wins and both proofs stay.
fn propose(units: &mut Units, path: &str, unit: Unit) {
    match units.get_mut(path) {
        None => {
            units.insert(path.to_owned(), unit);
        }
        Some(known) => {
            if unit.kind > known.kind {
                known.kind = unit.kind;
                known.language = unit.language;
                known.name = unit.name.or(known.name.take());
            }
            known.evidence.extend(unit.evidence);
        }
    }
}

/// Finds the services of a walked tree.
///
/// `mains` are the folders (from the root, empty or `.` for the root) that hold a Go `package main`
/// with `func main`, without files that a `//go:build ignore` keeps out of builds.
/// `hosted` are packages that a framework turns into programs without a `main` of their own.
pub fn discover(root: &Path, files: &[SourceFile], mains: &[String], hosted: &[String]) -> Services {
    let name = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let name = name.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let text = |file: &SourceFile| {
        let mut buffer = Vec::new();
        walk::read(root, file, &mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer).into_owned())
    };
    discover_in(&name, files, mains, hosted, &text)
}

fn discover_in(
    root_name: &str,
    files: &[SourceFile],
    mains: &[String],
    hosted: &[String],
    text: &dyn Fn(&SourceFile) -> Option<String>,
) -> Services {
    let mut mains: Vec<String> = mains.iter().map(|main| key(main).to_owned()).collect();
    mains.sort_unstable();
    mains.dedup();
    let mut hosted: Vec<String> = hosted.iter().map(|folder| key(folder).to_owned()).collect();
    hosted.sort_unstable();
    hosted.dedup();
    let repo = Repo { files, mains: &mains, hosted: &hosted, root_name: root_name.to_owned(), text };
    let mut units = Units::new();
    go::propose_units(&repo, &mut units);
    node::propose_units(&repo, &mut units);
    other::propose_units(&repo, &mut units);
    other::add_builds(&repo, &mut units);
    name_all(&repo, units)
}

fn name_all(repo: &Repo, units: Units) -> Services {
    let folders: Vec<(&str, ServiceKind, Option<&str>)> =
        units.iter().map(|(path, unit)| (path.as_str(), unit.kind, unit.name.as_deref())).collect();
    let names = names::unique(&folders, &repo.root_name);
    let list = units
        .into_iter()
        .zip(names)
        .map(|((path, unit), name)| {
            let mut evidence = unit.evidence;
            evidence.dedup();
            Service {
                name,
                path: if path.is_empty() { ".".to_owned() } else { path },
                languages: vec![unit.language.to_owned()],
                kind: unit.kind,
                evidence,
            }
        })
        .collect();
    let mut services = Services::new(list);
    let languages = languages(repo, &services);
    for (service, languages) in services.list.iter_mut().zip(languages) {
        if !languages.is_empty() {
            service.languages = languages;
        }
    }
    services
}

/// The languages of each service's own code; those below a tenth of its files are left out.
fn languages(repo: &Repo, services: &Services) -> Vec<Vec<String>> {
    let mut counts: Vec<BTreeMap<&str, usize>> = vec![BTreeMap::new(); services.list.len()];
    for file in repo.files {
        if !file.kind.is_code() || matches!(file.role, Role::Test | Role::Vendored) {
            continue;
        }
        if let (Some(owner), Some(language)) = (services.owner_of(&file.path), file.language()) {
            *counts[owner].entry(language).or_default() += 1;
        }
    }
    let ranked = |counts: BTreeMap<&str, usize>| {
        let total: usize = counts.values().sum();
        let mut ranked: Vec<(&str, usize)> = counts.into_iter().collect();
        ranked.sort_by_key(|&(language, count)| (usize::MAX - count, language));
        ranked
            .into_iter()
            .filter(|&(_, count)| count * 10 >= total)
            .map(|(language, _)| language.to_owned())
            .collect()
    };
    counts.into_iter().map(ranked).collect()
}

//! Where imports lead: to a package of the tree, or to a library by its path.

use crate::syntax::facts::Lang;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::{ExtPath, File, Module, PkgId, Program, Target};

impl Program {
    pub(super) fn resolve_imports(&mut self) {
        let mut interned: FxHashMap<String, ExtPath> = FxHashMap::default();
        let mut externals = Vec::new();
        let mut resolved = Vec::with_capacity(self.files.len());
        let astray = Astray::of(self);
        for file in &self.files {
            let mut map = FxHashMap::default();
            let mut initialised = Vec::new();
            let facts = &file.facts;
            let mut unlikely: Vec<(&str, Target)> = Vec::new();
            for import in &facts.imports {
                let path = facts.text(import.path);
                let alias = facts.text(import.alias);
                let package = match facts.lang {
                    Lang::Go => self.package_for(path, file.package).or_else(|| astray.package_for(path)),
                    lang => self.by_file.resolve(path, &file.path, lang),
                };
                if alias == "_" {
                    initialised.extend(package);
                    continue;
                }
                let target = match package {
                    Some(package) => Target::Package(package),
                    None => Target::External(*interned.entry(path.to_owned()).or_insert_with(|| {
                        externals.push(path.to_owned());
                        ExtPath(externals.len() as u32 - 1)
                    })),
                };
                if !alias.is_empty() {
                    map.insert(alias.to_owned(), target);
                    continue;
                }
                match &target {
                    Target::Package(id) => {
                        map.insert(self.packages[id.0 as usize].name.clone(), target);
                    }
                    Target::External(_) => {
                        for name in package_names(path) {
                            map.entry(name).or_insert_with(|| target.clone());
                        }
                        unlikely.extend(parts_of_name(path).map(|name| (name, target.clone())));
                    }
                }
            }
            // What no likelier name of another import is: `mq` of `mq-api`.
            for (name, target) in unlikely {
                map.entry(name.to_owned()).or_insert(target);
            }
            // Libraries that names are passed on from, for whoever imports them from here.
            for export in facts.exports.iter().filter(|export| !export.path.is_empty()) {
                let path = facts.text(export.path);
                if !path.starts_with('.') && self.by_file.resolve(path, &file.path, facts.lang).is_none() {
                    interned.entry(path.to_owned()).or_insert_with(|| {
                        externals.push(path.to_owned());
                        ExtPath(externals.len() as u32 - 1)
                    });
                }
            }
            resolved.push((map, initialised));
        }
        for (file, (map, initialised)) in self.files.iter_mut().zip(resolved) {
            file.imports = map;
            file.initialised = initialised;
        }
        self.externals = externals;
    }

    /// Where importing `path` in a file leads, if to a file of the tree.
    pub(in crate::flow) fn imported(&self, file: u32, path: &str) -> Option<PkgId> {
        let file = self.file(file);
        self.by_file.resolve(path, &file.path, file.facts.lang)
    }

    /// Whether a package outside of the tree may be of the tree's own makers: they have modules by the
    /// same root, or none that is known. Those of the standard library are not.
    pub(in crate::flow) fn may_be_own(&self, path: &str) -> bool {
        let owner = |path: &str| {
            let shared = ["github.com/", "gitlab.com/", "bitbucket.org/"];
            let parts = if shared.iter().any(|host| path.starts_with(host)) { 2 } else { 1 };
            path.split('/').take(parts).map(str::to_owned).collect::<Vec<String>>()
        };
        let named = path.split('/').next().is_some_and(|host| host.contains('.'));
        let own = |module: &String| owner(module) == owner(path);
        named && (self.module_paths.is_empty() || self.module_paths.iter().any(own))
    }

    /// The package with this import path; where several modules claim it, the nearest to `from`. A
    /// module never imports another of its own path.
    pub(super) fn package_for(&self, path: &str, from: PkgId) -> Option<PkgId> {
        let candidates = self.by_import.get(path)?;
        let from = &self.packages[from.0 as usize];
        let path_of = |module: Option<u32>| module.map(|m| &self.module_paths[m as usize]);
        let apart = |other: Option<u32>| other != from.module && path_of(other) == path_of(from.module);
        candidates
            .iter()
            .copied()
            .filter(|id| {
                let package = &self.packages[id.0 as usize];
                !package.name.ends_with("_test") && !apart(package.module)
            })
            .max_by_key(|id| common_prefix(&self.packages[id.0 as usize].dir, &from.dir))
    }
}

/// The packages of the tree by the folders they lie in, for imports of the tree's own code that lead
/// nowhere: the module file is not there, or the folder was moved and the imports were not.
struct Astray<'a> {
    packages: FxHashMap<&'a str, Vec<(&'a str, PkgId)>>,
    roots: Vec<&'a str>,
}

impl<'a> Astray<'a> {
    fn of(program: &'a Program) -> Astray<'a> {
        let mut packages: FxHashMap<&str, Vec<(&str, PkgId)>> = FxHashMap::default();
        for (index, package) in program.packages.iter().enumerate() {
            let last = package.dir.rsplit('/').next().unwrap_or_default();
            if !package.import_path.is_empty() && !package.name.ends_with("_test") && package.name != "main" {
                packages.entry(last).or_default().push((&package.dir, PkgId(index as u32)));
            }
        }
        let mut astray = Astray { packages, roots: Vec::new() };
        let likely = astray.without_module(program);
        astray.roots = program.module_paths.iter().map(|path| root_of(path)).chain(likely).collect();
        astray
    }

    /// What code that no module file stands above (`dep`, `glide`, a GOPATH) imports its own folders
    /// by: the root of which most imports are folders of the tree.
    fn without_module(&self, program: &'a Program) -> Option<&'a str> {
        let bare = |file: &&'a File| {
            let package = &program.packages[file.package.0 as usize];
            file.facts.lang == Lang::Go && package.module.is_none()
        };
        let mut votes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for file in program.files.iter().filter(bare) {
            for import in &file.facts.imports {
                let path = file.facts.text(import.path);
                let root = root_of(path);
                let rest = path[root.len()..].trim_start_matches('/');
                let named = self.packages.get(rest.rsplit('/').next().unwrap_or_default());
                let (found, all) = votes.entry(root).or_default();
                *found += usize::from(named.is_some_and(|dirs| dirs.iter().any(|(dir, _)| *dir == rest)));
                *all += 1;
            }
        }
        let own = votes.into_iter().filter(|(_, (found, all))| found * 2 > *all);
        own.max_by_key(|(_, (found, _))| *found).map(|(root, _)| root)
    }

    /// The only folder of the tree that ends as an import of its own code does.
    fn package_for(&self, path: &str) -> Option<PkgId> {
        let root = root_of(path);
        if !self.roots.contains(&root) {
            return None;
        }
        let rest = path[root.len()..].trim_start_matches('/');
        let ends =
            |dir: &str| dir == rest || dir.strip_suffix(rest).is_some_and(|above| above.ends_with('/'));
        let mut found = self.packages.get(rest.rsplit('/').next()?)?.iter().filter(|(dir, _)| ends(dir));
        match (found.next(), found.next()) {
            (Some((_, package)), None) => Some(*package),
            _ => None,
        }
    }
}

/// What the modules of one repository have in common: host, owner and name, or a bare name.
fn root_of(path: &str) -> &str {
    let count = if path.split('/').next().is_some_and(|host| host.contains('.')) { 3 } else { 1 };
    let end = path.match_indices('/').nth(count - 1).map_or(path.len(), |(at, _)| at);
    &path[..end]
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}

/// The nearest module above a folder; `modules` have the deepest first.
pub(super) fn module_of(dir: &str, modules: &[Module]) -> Option<usize> {
    let holds = |module: &Module| {
        let rest = dir.strip_prefix(&module.dir);
        module.dir.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    modules.iter().position(holds)
}

/// The path a folder is imported by, from the module that holds it.
pub(super) fn import_path(dir: &str, module: Option<&Module>) -> String {
    let Some(module) = module else { return dir.to_owned() };
    let rest = dir.strip_prefix(&module.dir).unwrap_or(dir).trim_start_matches('/');
    if rest.is_empty() { module.path.clone() } else { format!("{}/{rest}", module.path) }
}

/// The words of a library's last path element: `mqtt` of `paho.mqtt.golang` is what its package is called.
fn parts_of_name(path: &str) -> impl Iterator<Item = &str> {
    let last = path.rsplit('/').next().unwrap_or_default();
    let parts = if last.contains(['-', '.']) { last } else { "" };
    parts.split(['-', '.']).filter(|part| !part.is_empty() && *part != "go")
}

/// The names a library is likely to be called by when the import has no alias: its last path
/// element without version and the usual `go-` / `-go` decoration.
fn package_names(path: &str) -> Vec<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let is_version =
        |p: &str| p.len() > 1 && p.starts_with('v') && p[1..].bytes().all(|b| b.is_ascii_digit());
    if parts.len() > 1 && is_version(parts[parts.len() - 1]) {
        parts.pop();
    }
    let last = parts[parts.len() - 1];
    let last = last.rsplit_once(".v").map_or(last, |(name, version)| {
        if version.bytes().all(|b| b.is_ascii_digit()) { name } else { last }
    });
    let mut names = vec![last.to_owned()];
    let mut add = |name: &str| {
        if !name.is_empty() && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    };
    let bare = last.strip_prefix("go-").unwrap_or(last);
    let bare = bare.strip_suffix("-go").or_else(|| bare.strip_suffix(".go")).unwrap_or(bare);
    add(bare);
    add(&bare.replace(['-', '.'], ""));
    add(&bare.replace(['-', '.'], "_"));
    if let Some((_, tail)) = bare.rsplit_once('-') {
        add(tail);
    }
    names
}

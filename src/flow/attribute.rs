//! Attribution: which service an endpoint belongs to, and whether anything ever runs it.
//!
//! A place inside a service's folder belongs to that service. A place in shared code belongs to
//! every service whose entry point leads to it, other than through a service that has an entry point
//! of its own: a program that starts several services in one process is none of them. What no entry
//! point leads to is dead code, not an endpoint.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::facts::FuncId;

use super::calls::Graph;
use super::program::{Fn, Package, PkgId, Program, Site};
use super::reach::Reach;
use super::types::Types;

/// Which services run a function.
pub struct Attribution {
    owners: Vec<Option<usize>>,
    precise: Vec<FxHashSet<Fn>>,
    wide: Vec<FxHashSet<Fn>>,
    /// What a program that starts other services in its own process runs by itself, precisely and
    /// widely; what it runs for them is theirs.
    own: FxHashMap<usize, [FxHashSet<Fn>; 2]>,
    /// The modules that the files of each service import, and what those import in turn.
    imported: Vec<FxHashSet<PkgId>>,
    has_entries: bool,
}

impl Attribution {
    /// `owner_of` gives the service whose folder holds a path; `services` is their number.
    pub fn new(
        types: &Types<'_>,
        graph: &Graph,
        services: usize,
        owner_of: &dyn std::ops::Fn(&str) -> Option<usize>,
    ) -> Attribution {
        let program = types.program;
        let owners: Vec<Option<usize>> = program.files.iter().map(|f| owner_of(&f.path)).collect();
        let mut entries: Vec<Vec<Fn>> = vec![Vec::new(); services];
        let mut stray: Vec<Fn> = Vec::new();
        for (index, package) in program.packages.iter().enumerate() {
            if package.name != "main" {
                continue;
            }
            let mains = mains(program, package);
            let Some(&first) = mains.first() else { continue };
            let mut roots = mains;
            roots.extend(initialisers(program, graph, PkgId(index as u32)));
            match owners[first.file as usize] {
                Some(service) => entries[service].extend(roots),
                None => stray.extend(roots),
            }
        }
        // Elsewhere a program is its files: what a framework, a container or a macro calls is found
        // by name.
        let unused = super::unused::functions(program);
        for (index, file) in program.files.iter().enumerate() {
            if file.facts.lang.files_are_modules()
                && let Some(service) = owners[index]
            {
                let all = (0..file.facts.funcs.len() as u32).map(FuncId);
                let all = all.map(|func| Fn { file: index as u32, func });
                entries[service].extend(all.filter(|&func| !unused.contains(&program.outermost(func))));
            }
        }
        entries.push(stray);
        let has_entries = entries.iter().any(|e| !e.is_empty());
        let search = Reach::new(types, graph);
        let reach = |callbacks: bool| -> Vec<FxHashSet<Fn>> {
            entries.par_iter().map(|roots| search.from(roots, callbacks)).collect()
        };
        let imported = (0..services).map(|service| imports(program, &owners, service)).collect();
        let (precise, wide) = (reach(false), reach(true));
        let starts = |service: usize, func: Fn| {
            owners[func.file as usize].is_some_and(|owner| owner != service && !entries[owner].is_empty())
        };
        let composed = (0..services).filter(|&s| precise[s].iter().any(|&func| starts(s, func)));
        let own = composed.map(|s| {
            let within = |callbacks| search.within(&entries[s], callbacks, &|func| !starts(s, func));
            (s, [within(false), within(true)])
        });
        let own = own.collect();
        Attribution { owners, precise, wide, own, imported, has_entries }
    }

    /// The services that import a module of shared code: what a container builds and calls there runs
    /// in them, although no call leads to it.
    pub fn importers(&self, program: &Program, file: u32) -> Vec<usize> {
        let package = program.file(file).package;
        match self.owners[file as usize] {
            Some(owner) => vec![owner],
            None => (0..self.imported.len()).filter(|&s| self.imported[s].contains(&package)).collect(),
        }
    }

    /// The services that run code at `func` of `file` (`func` is `None` at file level). Empty when
    /// nothing does.
    pub fn services(&self, file: u32, func: Option<Fn>) -> Vec<usize> {
        let owner = self.owners[file as usize];
        let Some(func) = func else { return owner.into_iter().collect() };
        let alive = !self.has_entries || self.wide.iter().any(|set| set.contains(&func));
        if let Some(owner) = owner {
            // A service without an entry point of its own is taken at its word.
            let own = !self.wide[owner].is_empty();
            return if alive || !own { vec![owner] } else { Vec::new() };
        }
        for (kind, sets) in [&self.precise, &self.wide].into_iter().enumerate() {
            // A program that is no service runs what its own calls lead to.
            if kind == 1 && self.precise.last().is_some_and(|s| s.contains(&func)) {
                break;
            }
            let runs = |service: &usize| {
                self.own.get(service).map_or(&sets[*service], |own| &own[kind]).contains(&func)
            };
            let found: Vec<usize> = (0..sets.len() - 1).filter(runs).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// The services an endpoint belongs to: those of its place, and for a place in shared code those
    /// that run the outermost call that led to it.
    pub fn endpoint(&self, program: &Program, place: Site, hops: &[Site]) -> Vec<usize> {
        let at = |site: Site| self.services(site.file, program.owner(site));
        if self.owners[place.file as usize].is_some() {
            return at(place);
        }
        let outermost = hops.first().copied().unwrap_or(place);
        let found = at(outermost);
        if found.is_empty() { at(place) } else { found }
    }

    /// Whether a service is seen to run code at `func` of `file`: it stands in the service's folder, or
    /// calls from its entry point lead there without a framework that might call it.
    pub fn runs(&self, service: usize, file: u32, func: Option<Fn>) -> bool {
        self.owners[file as usize] == Some(service)
            || func.is_none_or(|func| self.precise[service].contains(&func))
    }

    /// Whether a service runs this file for the others that it starts in its own process: what shared code
    /// sends there is theirs.
    pub fn for_others(&self, service: usize, file: u32) -> bool {
        self.own.contains_key(&service) && self.owners[file as usize] != Some(service)
    }

    /// Everything that any entry point leads to; `None` without entry points.
    pub fn live(&self) -> Option<FxHashSet<Fn>> {
        self.has_entries.then(|| self.wide.iter().flatten().copied().collect())
    }

    /// The service whose folder holds a file.
    pub fn owner(&self, file: u32) -> Option<usize> {
        self.owners[file as usize]
    }
}

/// What the files of a service import, directly or not, where files are modules.
fn imports(program: &Program, owners: &[Option<usize>], service: usize) -> FxHashSet<PkgId> {
    let own = (0..program.files.len() as u32).filter(|&file| owners[file as usize] == Some(service));
    let own = own.filter(|&file| program.facts(file).lang.files_are_modules());
    let mut queue: Vec<u32> = own.collect();
    let mut found = FxHashSet::default();
    while let Some(file) = queue.pop() {
        let facts = program.facts(file);
        let named = program.file(file).packages();
        let passed = facts.exports.iter().filter(|export| !export.path.is_empty());
        let passed = passed.filter_map(|export| program.imported(file, facts.text(export.path)));
        for package in named.chain(passed) {
            if found.insert(package) {
                queue.extend(&program.packages[package.0 as usize].files);
            }
        }
    }
    found
}

/// Every `main` of a package: a folder of small programs, or one program for each build tag.
fn mains(program: &Program, package: &Package) -> Vec<Fn> {
    let mut found = Vec::new();
    for &file in &package.files {
        let facts = program.facts(file);
        for (i, func) in facts.funcs.iter().enumerate() {
            let plain = func.receiver.is_none() && func.parent.is_none() && func.body.is_some();
            if plain && facts.text(func.name) == "main" {
                found.push(Fn { file, func: FuncId(i as u32) });
            }
        }
    }
    found
}

/// `init` functions and functions used by package-level variables, of a package and all it imports.
fn initialisers(program: &Program, graph: &Graph, root: PkgId) -> Vec<Fn> {
    let mut seen: FxHashSet<PkgId> = FxHashSet::default();
    let mut queue = vec![root];
    let mut found = Vec::new();
    while let Some(package) = queue.pop() {
        if !seen.insert(package) {
            continue;
        }
        for &file in &program.packages[package.0 as usize].files {
            found.extend(graph.initialisers.get(&file).into_iter().flatten().copied());
            let facts = program.facts(file);
            for (i, func) in facts.funcs.iter().enumerate() {
                if facts.text(func.name) == "init" && func.receiver.is_none() && func.parent.is_none() {
                    found.push(Fn { file, func: FuncId(i as u32) });
                }
            }
            let mut imports: Vec<PkgId> = program.file(file).packages().collect();
            imports.sort_unstable();
            queue.extend(imports);
        }
    }
    found
}

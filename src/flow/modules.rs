//! Modules of languages whose files are modules: where an import leads, and which names a file
//! passes on from others.
//!
//! Go's packages are folders and its import paths come from go.mod; what is here is for imports
//! that name files (`./orders`), folders (`./orders/index`), packages of the workspace by the name
//! in their package.json, and the aliases of a tsconfig.

use rustc_hash::FxHashMap;

use super::program::{Decl, PkgId, Program, Target, parent};
use crate::syntax::facts::Lang;

/// The method that building a class runs.
pub const CONSTRUCTOR: &str = "constructor";
/// The method in which the front end keeps what fields hold from the start.
pub const INITIALISER: &str = crate::syntax::ts::INITIALISER;

/// A module or an alias that the tree declares.
#[derive(Debug, Clone)]
pub struct Module {
    /// Folder relative to the root, empty for the root.
    pub dir: String,
    /// Its name: the `module` line, the package's name, or the pattern of an alias (`@app/*`).
    pub path: String,
    /// What declares it.
    pub kind: ModuleKind,
}

/// What a [`Module`] is declared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleKind {
    /// A go.mod.
    Go,
    /// A package.json; the files it may start with, relative to its folder.
    Node {
        /// In order of preference.
        entries: Vec<String>,
    },
    /// A Cargo.toml.
    Crate,
    /// `paths` or `baseUrl` of a tsconfig.json, for the files below its folder.
    Alias {
        /// What the pattern stands for, relative to the root, with the same `*`.
        targets: Vec<String>,
    },
}

impl Module {
    /// A Go module.
    pub fn go(dir: &str, path: &str) -> Module {
        Module { dir: dir.to_owned(), path: path.to_owned(), kind: ModuleKind::Go }
    }
}

/// The files that are modules, and how imports reach them.
#[derive(Debug, Default)]
pub struct Files {
    by_stem: FxHashMap<String, PkgId>,
    packages: Vec<Module>,
    aliases: Vec<Module>,
    crates: Vec<Module>,
}

/// Extensions that an import leaves out or writes as another.
const EXTENSIONS: &[&str] = &[".rs", ".d.ts", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

impl Files {
    /// Over the modules of a tree.
    pub fn new(modules: &[Module]) -> Files {
        let of = |wanted: fn(&ModuleKind) -> bool| {
            let mut found: Vec<Module> = modules.iter().filter(|m| wanted(&m.kind)).cloned().collect();
            // The nearest first; among those of one folder the longest name first.
            found.sort_by_key(|m| (std::cmp::Reverse((m.dir.len(), m.path.len())), m.path.clone()));
            found
        };
        Files {
            by_stem: FxHashMap::default(),
            packages: of(|kind| matches!(kind, ModuleKind::Node { .. })),
            aliases: of(|kind| matches!(kind, ModuleKind::Alias { .. })),
            crates: of(|kind| *kind == ModuleKind::Crate),
        }
    }

    /// Adds a file. What is written comes before its declarations (`a.ts` before `a.d.ts`).
    pub fn add(&mut self, path: &str, package: PkgId) {
        let known = self.by_stem.entry(stem(path).to_owned()).or_insert(package);
        if !path.ends_with(".d.ts") {
            *known = package;
        }
    }

    /// Where importing `path` in file `from` leads, if to a file of the tree.
    pub fn resolve(&self, path: &str, from: &str, lang: Lang) -> Option<PkgId> {
        if lang == Lang::Rust { self.module(path, from) } else { self.script(path, from) }
    }

    /// A module of Rust: `crate/orders/topics`, `super/topics`, `common/topics`.
    fn module(&self, path: &str, from: &str) -> Option<PkgId> {
        let (first, mut rest) = path.split_once('/').unwrap_or((path, ""));
        let inside = |krate: &&Module| below(from, &krate.dir).is_some();
        let mut dir = match first {
            "crate" => join(self.crates.iter().find(inside).map_or("", |krate| krate.dir.as_str()), "src"),
            "self" => children(from),
            "super" => parent(&children(from)).to_owned(),
            name => {
                let named = |krate: &&Module| krate.path.replace('-', "_") == name;
                let krate = self.crates.iter().find(named)?;
                join(&krate.dir, "src")
            }
        };
        while first == "super"
            && let Some(further) = rest.strip_prefix("super").filter(|r| r.is_empty() || r.starts_with('/'))
        {
            rest = further.trim_start_matches('/');
            dir = parent(&dir).to_owned();
        }
        let found = |stem: &str| self.by_stem.get(stem).copied();
        if rest.is_empty() {
            // The module that this folder belongs to.
            let own = ["lib", "main", "mod"].iter().find_map(|name| found(&join(&dir, name)));
            return own.or_else(|| found(&dir));
        }
        let at = join(&dir, rest);
        found(&at).or_else(|| found(&join(&at, "mod"))).or_else(|| {
            // A module written inside the file of the one around it.
            let outer = parent(&at);
            let root = || ["lib", "main"].iter().find_map(|name| found(&join(outer, name)));
            found(outer).or_else(|| found(&join(outer, "mod"))).or_else(root)
        })
    }

    fn script(&self, path: &str, from: &str) -> Option<PkgId> {
        if path.starts_with('.') {
            return self.file(&join(parent(from), path));
        }
        if let Some(absolute) = path.strip_prefix('/') {
            return self.file(absolute);
        }
        self.aliased(path, from).or_else(|| self.packaged(path, from))
    }

    fn aliased(&self, path: &str, from: &str) -> Option<PkgId> {
        let near = self.aliases.iter().filter(|alias| below(from, &alias.dir).is_some());
        for alias in near {
            let ModuleKind::Alias { targets } = &alias.kind else { continue };
            let Some(middle) = matched(&alias.path, path) else { continue };
            let found = targets.iter().find_map(|to| self.file(&to.replacen('*', middle, 1)));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn packaged(&self, path: &str, from: &str) -> Option<PkgId> {
        let shared = |dir: &str| dir.split('/').zip(from.split('/')).take_while(|(a, b)| a == b).count();
        let named = self.packages.iter().filter_map(|package| {
            let rest = path.strip_prefix(package.path.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then_some((package, rest.trim_start_matches('/')))
        });
        let (package, rest) = named.max_by_key(|(package, _)| (package.path.len(), shared(&package.dir)))?;
        let ModuleKind::Node { entries } = &package.kind else { return None };
        let inside = |name: &str| self.file(&join(&package.dir, name));
        if rest.is_empty() {
            let usual = ["src/index", "index", "lib/index", "src/main"];
            return entries.iter().map(String::as_str).chain(usual).find_map(inside);
        }
        let source = rest.strip_prefix("dist/").or_else(|| rest.strip_prefix("build/")).unwrap_or(rest);
        [rest.to_owned(), format!("src/{source}"), source.to_owned()].iter().find_map(|name| inside(name))
    }

    /// The file at a path whose extension may be missing or that of its output, or the index of
    /// the folder there.
    fn file(&self, path: &str) -> Option<PkgId> {
        let path = path.trim_end_matches('/');
        let found = |stem: &str| self.by_stem.get(stem).copied();
        found(path).or_else(|| found(stem(path))).or_else(|| found(&join(path, "index"))).or_else(|| {
            // What a build writes, for packages that name their output.
            let parts: Vec<&str> = path.split('/').collect();
            let at = parts.iter().rposition(|part| matches!(*part, "dist" | "build" | "out"))?;
            let source = [&parts[..at], &["src"], &parts[at + 1..]].concat().join("/");
            found(stem(&source))
        })
    }
}

/// How many files a name is passed on through at most.
const PASSES: usize = 8;

/// Gives every file the names it passes on from others (`export … from`), and every import of a
/// name that a file passes on from a library that library.
pub(super) fn pass_on(program: &mut Program) {
    for _ in 0..PASSES {
        let mut found: Vec<(PkgId, String, Decl)> = Vec::new();
        for file in 0..program.files.len() as u32 {
            let package = program.file(file).package;
            for export in &program.facts(file).exports {
                let facts = program.facts(file);
                let (name, path, member) =
                    (facts.text(export.name), facts.text(export.path), facts.text(export.member));
                let from = if path.is_empty() { Some(package) } else { program.imported(file, path) };
                let Some(from) = from else { continue };
                let known = &program.packages[package.0 as usize].decls;
                if name.is_empty() {
                    let all = program.packages[from.0 as usize].decls.iter();
                    let new = all.filter(|(name, _)| *name != "default" && !known.contains_key(*name));
                    found.extend(new.map(|(name, &decl)| (package, name.clone(), decl)));
                } else if !member.is_empty()
                    && !known.contains_key(name)
                    && let Some(decl) = program.decl(from, member)
                {
                    found.push((package, name.to_owned(), decl));
                }
            }
        }
        if found.is_empty() {
            break;
        }
        found.sort_by(|a, b| (a.0, &a.1, a.2.file()).cmp(&(b.0, &b.1, b.2.file())));
        for (package, name, decl) in found {
            program.packages[package.0 as usize].decls.entry(name).or_insert(decl);
        }
    }
    let mut moved: Vec<(u32, String, Target)> = Vec::new();
    for file in 0..program.files.len() as u32 {
        let facts = program.facts(file);
        if !facts.lang.files_are_modules() {
            continue;
        }
        for import in facts.imports.iter().filter(|import| !import.member.is_empty()) {
            let (alias, member) = (facts.text(import.alias), facts.text(import.member));
            if let Some(&Target::Package(package)) = program.file(file).imports.get(alias)
                && program.decl(package, member).is_none()
                && let Some(library) = library_of(program, package, member, PASSES)
            {
                moved.push((file, alias.to_owned(), library));
            }
        }
    }
    for (file, alias, target) in moved {
        program.files[file as usize].imports.insert(alias, target);
    }
}

/// The library that a file passes `name` on from.
fn library_of(program: &Program, package: PkgId, name: &str, depth: usize) -> Option<Target> {
    let depth = depth.checked_sub(1)?;
    let &file = program.packages[package.0 as usize].files.first()?;
    let facts = program.facts(file);
    let named = facts.exports.iter().filter(|export| facts.text(export.name) == name);
    let all = facts.exports.iter().filter(|export| export.name.is_empty());
    named.chain(all).find_map(|export| {
        let path = facts.text(export.path);
        if path.is_empty() {
            return None;
        }
        match program.imported(file, path) {
            Some(next) => {
                let member = if export.name.is_empty() { name } else { facts.text(export.member) };
                library_of(program, next, member, depth)
            }
            None if path.starts_with('.') => None,
            None => program
                .externals
                .iter()
                .position(|known| known == path)
                .map(|at| Target::External(super::program::ExtPath(at as u32))),
        }
    })
}

/// The folder in which the modules lie that a file of Rust declares.
fn children(file: &str) -> String {
    let stem = stem(file);
    let (dir, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if matches!(name, "mod" | "lib" | "main") { dir.to_owned() } else { stem.to_owned() }
}

/// A path without the extension of a script or a module.
pub fn stem(path: &str) -> &str {
    EXTENSIONS.iter().find_map(|extension| path.strip_suffix(extension)).unwrap_or(path)
}

/// The part of `path` that the `*` of `pattern` stands for.
fn matched<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    match pattern.split_once('*') {
        Some((before, after)) => path.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == path).then_some(""),
    }
}

/// What `path` is below `dir`.
fn below<'p>(path: &'p str, dir: &str) -> Option<&'p str> {
    if dir.is_empty() {
        return Some(path);
    }
    path.strip_prefix(dir)?.strip_prefix('/')
}

/// A path relative to a folder, as one path from the root.
pub fn join(dir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str], modules: &[Module]) -> Files {
        let mut files = Files::new(modules);
        for (i, path) in paths.iter().enumerate() {
            files.add(path, PkgId(i as u32));
        }
        files
    }

    #[test]
    fn imports_lead_to_files() {
        let paths = [
            "apps/a/src/main.ts",
            "apps/a/src/orders/index.ts",
            "apps/a/src/orders.service.ts",
            "packages/events/src/index.ts",
            "packages/events/src/topics.ts",
            "libs/common/src/bus.ts",
            "apps/a/src/types.d.ts",
        ];
        let modules = [
            Module {
                dir: "packages/events".to_owned(),
                path: "@shop/events".to_owned(),
                kind: ModuleKind::Node { entries: vec!["dist/index.js".to_owned()] },
            },
            Module {
                dir: String::new(),
                path: "@app/common/*".to_owned(),
                kind: ModuleKind::Alias { targets: vec!["libs/common/src/*".to_owned()] },
            },
            Module {
                dir: "apps/a".to_owned(),
                path: "*".to_owned(),
                kind: ModuleKind::Alias { targets: vec!["apps/a/*".to_owned()] },
            },
        ];
        let files = files(&paths, &modules);
        let from = "apps/a/src/main.ts";
        for (path, expected) in [
            ("./orders", Some(1)),
            ("./orders/", Some(1)),
            ("./orders.service", Some(2)),
            ("./orders.service.js", Some(2)),
            ("../../../packages/events/src/topics", Some(4)),
            ("@shop/events", Some(3)),
            ("@shop/events/topics", Some(4)),
            ("@shop/events/dist/topics", Some(4)),
            ("@app/common/bus", Some(5)),
            ("src/orders", Some(1)),
            ("./types", Some(6)),
            ("kafkajs", None),
            ("@shop/event", None),
            ("./nothing", None),
        ] {
            assert_eq!(files.resolve(path, from, Lang::TypeScript), expected.map(PkgId), "{path}");
        }
        // An alias holds below its folder only.
        assert_eq!(files.resolve("src/orders", "packages/events/src/index.ts", Lang::TypeScript), None);
    }

    #[test]
    fn paths_of_rust_lead_to_files() {
        let paths = [
            "services/mail/src/main.rs",
            "services/mail/src/orders/mod.rs",
            "services/mail/src/orders/topics.rs",
            "services/mail/src/bus.rs",
            "libs/shop-events/src/lib.rs",
            "libs/shop-events/src/topics.rs",
        ];
        let krate = |dir: &str, name: &str| Module {
            dir: dir.to_owned(),
            path: name.to_owned(),
            kind: ModuleKind::Crate,
        };
        let files =
            files(&paths, &[krate("services/mail", "mail"), krate("libs/shop-events", "shop-events")]);
        for (path, from, expected) in [
            ("crate/orders/topics", 3, Some(2)),
            ("crate/orders", 3, Some(1)),
            ("crate/bus/inner", 0, Some(3)),
            ("crate", 3, Some(0)),
            ("super/topics", 2, Some(2)),
            ("super", 2, Some(1)),
            ("super/super/bus", 2, Some(3)),
            ("self/topics", 1, Some(2)),
            ("self/bus", 0, Some(3)),
            ("shop_events/topics", 0, Some(5)),
            ("shop_events", 0, Some(4)),
            ("rdkafka/consumer", 0, None),
        ] {
            let from = paths[from];
            assert_eq!(files.resolve(path, from, Lang::Rust), expected.map(PkgId), "{path} in {from}");
        }
    }
}

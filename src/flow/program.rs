//! The program index: which packages, types, functions and constants the scanned tree has, and
//! what a name in a file refers to.
//!
//! It answers by name only; what an expression *is* belongs to `types`, what it *holds* to
//! `value`. In Go packages are folders and import paths come from the nearest go.mod above them; in
//! TypeScript and Rust each file is one, and `modules` tells where imports lead.

mod imports;
mod linked;
mod render;

use crate::syntax::facts::{Expr, ExprId, Facts, FuncId, Sym, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

use super::modules::{self, Files};
use super::scope::Scope;
use linked::Linked;

pub use super::modules::{Module, ModuleKind};

/// A function, method or closure of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Fn {
    /// Index into [`Program::files`].
    pub file: u32,
    /// Index into that file's functions.
    pub func: FuncId,
}

/// A declared type of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Ty {
    /// Index into [`Program::files`].
    pub file: u32,
    /// Index into that file's types.
    pub ty: TypeId,
}

/// A constant or variable at package level.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Global {
    /// Index into [`Program::files`].
    pub file: u32,
    /// Index into that file's globals.
    pub index: u32,
}

/// An expression in a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site {
    /// Index into [`Program::files`].
    pub file: u32,
    /// The expression.
    pub expr: ExprId,
}

/// Index into [`Program::packages`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PkgId(pub u32);

/// What an import, or the qualifier of a name, stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A package of the scanned tree.
    Package(PkgId),
    /// A library: its import path.
    External(ExtPath),
}

/// An external import path, interned in [`Program::externals`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExtPath(pub u32);

/// A declaration at package level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decl {
    /// A function.
    Func(Fn),
    /// A type.
    Type(Ty),
    /// A constant or variable.
    Global(Global),
}

impl Decl {
    /// The file it stands in.
    pub fn file(self) -> u32 {
        match self {
            Decl::Func(func) => func.file,
            Decl::Type(ty) => ty.file,
            Decl::Global(global) => global.file,
        }
    }
}

/// A parsed file of the program.
#[derive(Debug)]
pub struct File {
    /// Path relative to the scanned root, with `/`.
    pub path: String,
    /// What it says.
    pub facts: Facts,
    /// Its package.
    pub package: PkgId,
    /// Qualifier → what it stands for.
    pub imports: FxHashMap<String, Target>,
    /// Packages of the tree that are imported under no name, to have them initialised (`import _`).
    pub initialised: Vec<PkgId>,
    /// Declarations of names that other files of the package declare, too: several programs in one
    /// folder, or one file for each build tag. In the file itself its own is meant.
    pub own: FxHashMap<String, Decl>,
    /// One scope per function.
    pub scopes: Vec<Scope>,
    /// The function each expression stands in; `u32::MAX` at file level.
    pub owners: Vec<u32>,
    /// Locals that are used as errors are, by the function they are used in or one around it.
    pub errors: FxHashSet<(FuncId, Sym)>,
    /// Closures given to a call as an argument, with the call.
    pub callbacks: FxHashMap<FuncId, ExprId>,
    /// Functions added to what libraries make.
    pub added: Vec<super::scope::Added>,
    /// What the start of the package adds to its lists, by their names.
    pub appended: Vec<(Sym, ExprId)>,
    /// What is put into lists and maps, by the name that keeps them.
    pub stores: FxHashMap<Sym, Vec<super::scope::Put>>,
    /// What methods put into the fields of their object, by the names of the class and the field, where
    /// a language lets fields have no type.
    pub given: FxHashMap<(String, String), Vec<ExprId>>,
    /// Declarations only (generated code): calls in it are not known.
    pub generated: bool,
}

impl File {
    /// The packages of the tree that the file imports, under a name or none.
    pub fn packages(&self) -> impl Iterator<Item = PkgId> {
        let named = self.imports.values().filter_map(|target| match target {
            Target::Package(package) => Some(*package),
            Target::External(_) => None,
        });
        named.chain(self.initialised.iter().copied())
    }
}

/// A package: one folder, or one file where a language's files are modules.
#[derive(Debug, Default)]
pub struct Package {
    /// Folder relative to the root, with `/`; empty for the root.
    pub dir: String,
    /// Import path, or the folder where no module is known. Empty for a file.
    pub import_path: String,
    /// Name in the package clause; a file's own name without its extension.
    pub name: String,
    /// The Go module it is in, as an index into those of the tree.
    pub module: Option<u32>,
    /// Its files.
    pub files: Vec<u32>,
    /// Declarations by name.
    pub decls: FxHashMap<String, Decl>,
    /// Methods by receiver type name and method name.
    pub methods: FxHashMap<String, FxHashMap<String, Fn>>,
}

/// The whole indexed tree.
#[derive(Debug, Default)]
pub struct Program {
    /// Files in order of path.
    pub files: Vec<File>,
    /// Packages in order of folder.
    pub packages: Vec<Package>,
    /// Import paths outside the tree.
    pub externals: Vec<String>,
    /// Types that have a method of this name.
    pub types_by_method: FxHashMap<String, Vec<Ty>>,
    /// Named struct and interface types, in order.
    pub types: Vec<Ty>,
    /// The interface that declares a body-less method.
    pub interface_of: FxHashMap<Fn, Ty>,
    /// Wire's output is in the tree.
    pub wired: bool,
    /// Classes by the class they extend, in order.
    pub subclasses: FxHashMap<Ty, Vec<Ty>>,
    /// Classes by the interface they say they implement, in order.
    pub implementers: FxHashMap<Ty, Vec<Ty>>,
    by_import: FxHashMap<String, Vec<PkgId>>,
    by_file: Files,
    /// Paths of the Go modules.
    module_paths: Vec<String>,
    linked: Linked,
}

/// A file handed to the index.
#[derive(Debug)]
pub struct Input {
    /// Path relative to the root.
    pub path: String,
    /// Its facts.
    pub facts: Facts,
    /// Declarations only.
    pub generated: bool,
}

impl Program {
    /// Indexes `inputs`, which must be in order of path, under `modules`.
    pub fn new(inputs: Vec<Input>, modules: &[Module]) -> Program {
        let mut program = Program { by_file: Files::new(modules), ..Program::default() };
        let mut by_dir: FxHashMap<(String, String), PkgId> = FxHashMap::default();
        let mut go: Vec<Module> = modules.iter().filter(|m| m.kind == ModuleKind::Go).cloned().collect();
        go.sort_by_key(|m| std::cmp::Reverse(m.dir.len()));
        for input in inputs {
            let dir = parent(&input.path).to_owned();
            let is_module = input.facts.lang.files_are_modules();
            let (key, name) = if is_module {
                let stem = modules::stem(&input.path);
                ((input.path.clone(), String::new()), stem.rsplit('/').next().unwrap_or(stem).to_owned())
            } else {
                let name = input.facts.text(input.facts.package).to_owned();
                ((dir.clone(), name.clone()), name)
            };
            let package = *by_dir.entry(key).or_insert_with(|| {
                let id = PkgId(program.packages.len() as u32);
                let module = if is_module { None } else { imports::module_of(&dir, &go) };
                let import_path = if is_module {
                    String::new()
                } else {
                    imports::import_path(&dir, module.map(|m| &go[m]))
                };
                let module = module.map(|m| m as u32);
                program.packages.push(Package { dir, import_path, name, module, ..Package::default() });
                id
            });
            if is_module {
                program.by_file.add(&input.path, package);
            }
            program.wired |= input.path.ends_with("wire_gen.go");
            let index = program.files.len() as u32;
            program.packages[package.0 as usize].files.push(index);
            program.files.push(File {
                path: input.path,
                owners: super::scope::owners(&input.facts),
                facts: input.facts,
                package,
                imports: FxHashMap::default(),
                initialised: Vec::new(),
                own: FxHashMap::default(),
                scopes: Vec::new(),
                errors: FxHashSet::default(),
                callbacks: FxHashMap::default(),
                stores: FxHashMap::default(),
                given: FxHashMap::default(),
                added: Vec::new(),
                appended: Vec::new(),
                generated: input.generated,
            });
        }
        let named = program.packages.iter().enumerate().filter(|(_, p)| !p.import_path.is_empty());
        for (index, package) in named {
            program.by_import.entry(package.import_path.clone()).or_default().push(PkgId(index as u32));
        }
        program.module_paths = go.iter().map(|module| module.path.clone()).collect();
        program.declare();
        program.resolve_imports();
        program.linked = Linked::of(&program, go.len());
        modules::pass_on(&mut program);
        super::extensions::join(&mut program);
        program.index_methods();
        program.build_scopes();
        program.relate();
        program
    }

    fn declare(&mut self) {
        let mut repeated: Vec<(u32, String, Decl)> = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let index = index as u32;
            let facts = &file.facts;
            let package = &mut self.packages[file.package.0 as usize];
            for (i, ty) in facts.types.iter().enumerate() {
                for &method in &ty.methods {
                    let declared = Ty { file: index, ty: TypeId(i as u32) };
                    self.interface_of.insert(Fn { file: index, func: method }, declared);
                }
                if ty.scope.is_none() && !ty.name.is_empty() {
                    let id = Ty { file: index, ty: TypeId(i as u32) };
                    self.types.push(id);
                    let name = facts.text(ty.name).to_owned();
                    if let Some(other) = package.decls.insert(name.clone(), Decl::Type(id)) {
                        repeated.push((other.file(), name.clone(), other));
                        repeated.push((index, name, Decl::Type(id)));
                    }
                }
            }
            for (i, global) in facts.globals.iter().enumerate() {
                let id = Global { file: index, index: i as u32 };
                let name = facts.text(global.name).to_owned();
                add(package, &mut repeated, index, name, Decl::Global(id));
            }
            for (i, func) in facts.funcs.iter().enumerate() {
                if func.name.is_empty() || func.parent.is_some() {
                    continue;
                }
                let id = Fn { file: index, func: FuncId(i as u32) };
                let name = facts.text(func.name).to_owned();
                if func.receiver.is_some() {
                    let owner = facts.text(func.owner).to_owned();
                    package.methods.entry(owner).or_default().insert(name, id);
                } else if func.body.is_some() || file.generated {
                    add(package, &mut repeated, index, name, Decl::Func(id));
                }
            }
        }
        for (file, name, decl) in repeated {
            self.files[file as usize].own.entry(name).or_insert(decl);
        }
    }

    fn index_methods(&mut self) {
        let mut by_method: FxHashMap<String, Vec<Ty>> = FxHashMap::default();
        for package in &self.packages {
            for (owner, methods) in &package.methods {
                if let Some(Decl::Type(ty)) = package.decls.get(owner) {
                    for name in methods.keys() {
                        by_method.entry(name.clone()).or_default().push(*ty);
                    }
                }
            }
        }
        for list in by_method.values_mut() {
            list.sort_unstable();
        }
        self.types_by_method = by_method;
    }

    /// Learns which class extends or implements which, as far as the code says so.
    fn relate(&mut self) {
        let mut subclasses: FxHashMap<Ty, Vec<Ty>> = FxHashMap::default();
        let mut implementers: FxHashMap<Ty, Vec<Ty>> = FxHashMap::default();
        for &ty in &self.types {
            let facts = self.facts(ty.file);
            if !facts.lang.files_are_modules() {
                continue;
            }
            let decl = &facts.types[ty.ty.0 as usize];
            let fields = facts.fields(&decl.fields);
            for field in fields.iter().filter(|field| field.embedded) {
                if let Some(base) = self.named_type(ty.file, field.ty) {
                    subclasses.entry(base).or_default().push(ty);
                }
            }
            for &interface in facts.list(decl.implements) {
                if let Some(interface) = self.named_type(ty.file, interface) {
                    implementers.entry(interface).or_default().push(ty);
                }
            }
        }
        for (extension, ty) in super::extensions::of(self) {
            let facts = self.facts(extension.file);
            for &interface in facts.list(facts.types[extension.ty.0 as usize].implements) {
                if let Some(interface) = self.named_type(extension.file, interface) {
                    let known = implementers.entry(interface).or_default();
                    if !known.contains(&ty) {
                        known.push(ty);
                        known.sort_unstable();
                    }
                }
            }
        }
        self.subclasses = subclasses;
        self.implementers = implementers;
    }

    /// The type that a name or a member of an import stands for.
    pub(super) fn named_type(&self, file: u32, expr: ExprId) -> Option<Ty> {
        let facts = self.facts(file);
        let decl = match facts.expr(expr) {
            Expr::Name(name) => self.lookup(file, name),
            Expr::Field { base, name } => match facts.expr(base) {
                Expr::Name(qualifier) => match self.qualifier(file, qualifier)? {
                    Target::Package(package) => self.decl(*package, facts.text(name)),
                    Target::External(_) => None,
                },
                _ => None,
            },
            _ => None,
        };
        match decl {
            Some(Decl::Type(ty)) => Some(ty),
            _ => None,
        }
    }

    /// The classes below `ty`: those that extend it, and those that extend them, in order.
    pub fn below(&self, ty: Ty) -> Vec<Ty> {
        let mut all: Vec<Ty> = self.subclasses.get(&ty).cloned().unwrap_or_default();
        let mut next = 0;
        while let Some(&ty) = all.get(next) {
            next += 1;
            for &more in self.subclasses.get(&ty).into_iter().flatten() {
                if !all.contains(&more) {
                    all.push(more);
                }
            }
        }
        all
    }

    /// The base class of a class.
    pub fn base_class(&self, ty: Ty) -> Option<Ty> {
        let facts = self.facts(ty.file);
        let decl = &facts.types[ty.ty.0 as usize];
        let fields = facts.fields(&decl.fields);
        let base = fields.iter().find(|field| field.embedded)?;
        self.named_type(ty.file, base.ty)
    }

    /// A member of a class that belongs to the class itself (`static`).
    pub fn static_member(&self, ty: Ty, name: &str) -> Option<Decl> {
        if !self.facts(ty.file).lang.files_are_modules() {
            return None;
        }
        let own = self.package_of(ty.file).decls.get(&format!("{}.{name}", self.type_name(ty))).copied();
        own.or_else(|| self.static_member(self.base_class(ty)?, name))
    }

    fn build_scopes(&mut self) {
        use rayon::prelude::*;
        self.files.par_iter_mut().for_each(|file| {
            file.scopes = super::scope::scopes(&file.facts);
            file.callbacks = super::scope::callbacks(&file.facts);
            file.stores = super::scope::stores(&file.facts);
            file.added = super::scope::added(&file.facts);
            file.appended = super::scope::appended(&file.facts);
            file.given = super::scope::given(&file.facts, &file.scopes);
            file.errors = super::scope::errors(&file.facts, &file.owners, &file.scopes);
        });
    }

    /// The file at `index`.
    pub fn file(&self, index: u32) -> &File {
        &self.files[index as usize]
    }

    /// The facts of the file at `index`.
    pub fn facts(&self, index: u32) -> &Facts {
        &self.files[index as usize].facts
    }

    /// The package a file belongs to.
    pub fn package_of(&self, file: u32) -> &Package {
        &self.packages[self.files[file as usize].package.0 as usize]
    }

    /// A function's declaration.
    pub fn func(&self, id: Fn) -> &crate::syntax::facts::Func {
        self.facts(id.file).func(id.func)
    }

    /// A function's name; closures are named after the function they stand in.
    pub fn func_name(&self, id: Fn) -> String {
        let facts = self.facts(id.file);
        let func = facts.func(id.func);
        match func.parent {
            Some(parent) if func.name.is_empty() => {
                format!("{}.func", self.func_name(Fn { file: id.file, func: parent }))
            }
            None if func.name.is_empty() => "(module).func".to_owned(),
            _ if func.owner.is_empty() => facts.text(func.name).to_owned(),
            _ => format!("{}.{}", facts.text(func.owner), facts.text(func.name)),
        }
    }

    /// The function an expression stands in.
    pub fn owner(&self, site: Site) -> Option<Fn> {
        if site.expr.is_none() {
            return None;
        }
        let owner = self.files[site.file as usize].owners[site.expr.0 as usize];
        (owner != u32::MAX).then_some(Fn { file: site.file, func: FuncId(owner) })
    }

    /// The declared function an expression stands in, however many closures deep.
    pub fn around(&self, site: Site) -> Option<Fn> {
        self.owner(site).map(|func| self.outermost(func))
    }

    /// The outermost function around `id`: itself unless it is a closure.
    pub fn outermost(&self, mut id: Fn) -> Fn {
        while let Some(parent) = self.func(id).parent {
            id.func = parent;
        }
        id
    }

    /// Path and line of an expression.
    pub fn place(&self, site: Site) -> (&str, u32) {
        let file = self.file(site.file);
        (&file.path, file.facts.expr_line(site.expr))
    }

    /// Path and line of a function.
    pub fn func_place(&self, id: Fn) -> (&str, u32) {
        let file = self.file(id.file);
        (&file.path, file.facts.line(file.facts.func(id.func).pos))
    }

    /// A declaration of a package.
    pub fn decl(&self, package: PkgId, name: &str) -> Option<Decl> {
        self.packages[package.0 as usize].decls.get(name).copied()
    }

    /// What an unqualified name at file level means: the file's own package, then dot imports.
    pub fn lookup(&self, file: u32, name: Sym) -> Option<Decl> {
        let file = self.file(file);
        let text = file.facts.text(name);
        file.own.get(text).copied().or_else(|| self.decl(file.package, text)).or_else(|| {
            match file.imports.get(".") {
                Some(Target::Package(package)) => self.decl(*package, text),
                _ => None,
            }
        })
    }

    /// What a qualifier (`kafka` in `kafka.NewReader`) stands for in a file.
    pub fn qualifier(&self, file: u32, name: Sym) -> Option<&Target> {
        let file = self.file(file);
        file.imports.get(file.facts.text(name))
    }

    /// The import path of a library.
    pub fn external(&self, path: ExtPath) -> &str {
        &self.externals[path.0 as usize]
    }

    /// The method `name` declared on type `ty` itself.
    pub fn method(&self, ty: Ty, name: &str) -> Option<Fn> {
        let facts = self.facts(ty.file);
        let owner = facts.text(facts.types[ty.ty.0 as usize].name);
        self.package_of(ty.file).methods.get(owner)?.get(name).copied()
    }

    /// The name of a type.
    pub fn type_name(&self, ty: Ty) -> &str {
        let facts = self.facts(ty.file);
        facts.text(facts.types[ty.ty.0 as usize].name)
    }

    /// The source text of an expression, normalised: enough for a person to recognise it.
    pub fn render(&self, site: Site) -> String {
        self.rendered(site, false)
    }

    /// An expression as it is quoted to people.
    pub fn quoted(&self, site: Site) -> String {
        self.rendered(site, true)
    }

    fn rendered(&self, site: Site, as_written: bool) -> String {
        let mut out = String::new();
        render::render(self.facts(site.file), site.expr, &mut out, 0, as_written);
        out
    }

    /// Every function that has a body, in order.
    pub fn functions(&self) -> impl Iterator<Item = Fn> + '_ {
        self.files.iter().enumerate().flat_map(|(file, f)| {
            f.facts
                .funcs
                .iter()
                .enumerate()
                .filter(|(_, func)| func.body.is_some())
                .map(move |(func, _)| Fn { file: file as u32, func: FuncId(func as u32) })
        })
    }
}

/// Declares a name, or keeps it for its own file where the package has it from another.
fn add(package: &mut Package, repeated: &mut Vec<(u32, String, Decl)>, file: u32, name: String, decl: Decl) {
    match package.decls.entry(name) {
        Entry::Occupied(taken) => repeated.push((file, taken.key().clone(), decl)),
        Entry::Vacant(free) => {
            free.insert(decl);
        }
    }
}

/// The folder of a path.
pub fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

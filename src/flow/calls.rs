//! The call graph: what each call may run, who calls a function, where a type is built and where
//! its fields are written.
//!
//! Interface calls go to every type of the tree whose methods fit (class hierarchy analysis), so
//! the graph over-approximates; what narrows it is evaluation at the place of use.

use crate::syntax::facts::{Expr, ExprId, Lang};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use super::channels::{self, Channel, Receipt};
use super::headers;
use super::modules::CONSTRUCTOR;
use super::program::{Decl, ExtPath, Fn, Program, Site, Target, Ty};
use super::types::{Member, Type, Types};

/// How often a function that is cut in pieces is cut again.
const PIECES: usize = 6;

/// What a call runs.
#[derive(Clone, Debug)]
pub enum Callee {
    /// Functions of the tree: one for a direct call, several through an interface.
    Tree(Arc<[Fn]>),
    /// An interface method that nothing in the tree implements.
    Abstract(Fn),
    /// A library function, or a method of a library's value.
    Library {
        /// Import path.
        path: ExtPath,
        /// Type of the receiver where known, else empty.
        on: Arc<str>,
        /// Called on a value, not a package.
        method: bool,
    },
    /// A function value (parameter, field, result).
    Dynamic,
    /// A conversion or predeclared function.
    Builtin,
    /// Not known.
    Unknown,
}

/// One call.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// The call expression.
    pub site: Site,
    /// The function it stands in.
    pub func: Option<Fn>,
    /// What it runs.
    pub callee: Callee,
}

/// A write to a field of a type declared in the tree.
#[derive(Clone, Copy, Debug)]
pub struct FieldWrite {
    /// The value.
    pub value: Site,
    /// Which value of a call that gives several.
    pub index: u32,
    /// The literal it belongs to, if any.
    pub literal: Option<Site>,
    /// The value is an element of the field (`x.f[k] = v`).
    pub element: bool,
}

/// The call graph of a program.
#[derive(Debug, Default)]
pub struct Graph {
    /// All calls in order of file and expression.
    pub calls: Vec<CallSite>,
    /// Calls that may run a function, as indices into `calls`.
    pub callers: FxHashMap<Fn, Vec<u32>>,
    /// Calls that stand in a function, as indices into `calls`.
    pub inside: FxHashMap<Fn, Vec<u32>>,
    /// Functions mentioned as values, by the function (or file, for globals) that mentions them.
    pub mentions: FxHashMap<Fn, Vec<Fn>>,
    /// Functions mentioned as values anywhere.
    pub mentioned: FxHashSet<Fn>,
    /// Functions called or mentioned by package-level initialisers, by file.
    pub initialisers: FxHashMap<u32, Vec<Fn>>,
    /// Literals and `new` calls of a type, in order.
    pub built: FxHashMap<Ty, Vec<Site>>,
    /// Writes to a field, in order.
    pub writes: FxHashMap<(Ty, Arc<str>), Vec<FieldWrite>>,
    /// What is put into maps of a type, in order.
    pub entries: FxHashMap<Ty, Vec<headers::Entry>>,
    /// Where functions receive from channels, under each name that the channel had before.
    pub receipts: FxHashMap<Channel, Vec<Receipt>>,
    /// What is put into registries.
    pub registered: super::registries::Holdings,
    /// What libraries run behind interfaces.
    pub behind: super::outside::Behind,
    /// What the containers of libraries hold.
    pub containers: super::provided::Containers,
    /// Functions that decorators hand to a library.
    pub handed: FxHashSet<Fn>,
    /// Functions that some entry point leads to; `None` where the tree has no entry point.
    pub live: Option<FxHashSet<Fn>>,
}

#[derive(Default)]
struct FileGraph {
    calls: Vec<CallSite>,
    mentions: Vec<(Option<Fn>, Fn)>,
    built: Vec<(Ty, Site)>,
    injected: Vec<(Ty, Site)>,
    writes: Vec<(Ty, Arc<str>, FieldWrite)>,
    entries: Vec<(Ty, headers::Entry)>,
    receipts: Vec<(Channel, Receipt)>,
}

impl Graph {
    /// Resolves every call of the program.
    pub fn new(types: &Types<'_>) -> Graph {
        let files: Vec<FileGraph> = (0..types.program.files.len() as u32)
            .into_par_iter()
            .map(|file| file_graph(types, file))
            .collect();
        let mut graph = Graph::default();
        let (mut injected, mut receipts) = (Vec::new(), Vec::new());
        for (index, file) in files.into_iter().enumerate() {
            for call in file.calls {
                let at = graph.calls.len() as u32;
                if let Callee::Tree(targets) = &call.callee {
                    for &target in targets.iter() {
                        graph.callers.entry(target).or_default().push(at);
                        if call.func.is_none() {
                            graph.initialisers.entry(index as u32).or_default().push(target);
                        }
                    }
                }
                if let Some(func) = call.func {
                    graph.inside.entry(func).or_default().push(at);
                }
                graph.calls.push(call);
            }
            for (from, to) in file.mentions {
                graph.mentioned.insert(to);
                match from {
                    Some(func) => graph.mentions.entry(func).or_default().push(to),
                    None => graph.initialisers.entry(index as u32).or_default().push(to),
                }
            }
            for (ty, site) in file.built {
                graph.built.entry(ty).or_default().push(site);
            }
            injected.extend(file.injected);
            for (ty, name, write) in file.writes {
                graph.writes.entry((ty, name)).or_default().push(write);
            }
            receipts.extend(file.receipts);
            for (ty, entry) in file.entries {
                graph.entries.entry(ty).or_default().push(entry);
            }
        }
        for (channel, receipt) in receipts {
            for origin in channel.origins(types, &graph) {
                graph.receipts.entry(origin).or_default().push(receipt);
            }
        }
        graph.entries_by_setters(types);
        for (ty, site) in injected {
            graph.built.entry(ty).or_insert_with(|| vec![site]);
        }
        graph
    }

    /// Adds what calls of setters put into maps.
    fn entries_by_setters(&mut self, types: &Types<'_>) {
        let mut entries = std::mem::take(&mut self.entries);
        for list in entries.values_mut() {
            let setters: Vec<_> = list.iter().filter_map(|entry| headers::setter(types, entry)).collect();
            for (setter, key, value) in setters {
                list.extend(self.calls_of(setter).filter_map(|c| headers::put(types, c.site, key, value)));
            }
        }
        self.entries = entries;
    }

    /// Whether anything may run `func`. What entry points lead to is not fully known (containers,
    /// reflection), so only a function that nothing in the tree refers to is taken for dead.
    pub fn alive(&self, program: &Program, func: Fn) -> bool {
        let outer = program.outermost(func);
        self.live.as_ref().is_none_or(|live| live.contains(&func))
            || program.func(outer).receiver.is_some()
            || self.referenced(outer)
    }

    /// Whether anything calls or mentions `func`.
    pub fn referenced(&self, func: Fn) -> bool {
        self.callers.contains_key(&func) || self.mentioned.contains(&func)
    }

    /// The calls that may run `func`, in order of place.
    pub fn calls_of(&self, func: Fn) -> impl Iterator<Item = &CallSite> {
        self.callers.get(&func).into_iter().flatten().map(|&call| &self.calls[call as usize])
    }

    /// The function that `func` is a piece of, however often it is cut: what nothing but the end of one
    /// function of the same file calls is the rest of that one. With `forwards`, so is what does one
    /// thing for another.
    pub fn whole(&self, program: &Program, func: Fn, forwards: bool) -> Fn {
        let mut at = program.outermost(func);
        for _ in 0..PIECES {
            match self.piece_of(program, at, forwards) {
                Some(caller) => at = caller,
                None => break,
            }
        }
        at
    }

    fn piece_of(&self, program: &Program, func: Fn, forwards: bool) -> Option<Fn> {
        let mut calls = self.calls_of(func);
        let (call, None) = (calls.next()?, calls.next()) else { return None };
        let caller = call.func?;
        if caller.file != func.file || caller == func || self.mentioned.contains(&func) {
            return None;
        }
        let facts = program.facts(func.file);
        let statements = |func: Fn| program.func(func).body.map_or(&[][..], |body| facts.block(body));
        let mut ends = false;
        if let Some(&last) = statements(caller).last() {
            super::walk::exprs_of_stmt(facts, last, &mut |expr| ends |= expr == call.site.expr);
        }
        (ends || forwards && statements(func).len() == 1).then_some(caller)
    }

    /// The calls that stand in `func`, in order of place.
    pub fn calls_in(&self, func: Fn) -> impl Iterator<Item = &CallSite> {
        self.inside.get(&func).into_iter().flatten().map(|&call| &self.calls[call as usize])
    }

    /// For each call that stands in `func`, the functions of the tree that it may run.
    pub fn targets_in(&self, func: Fn) -> impl Iterator<Item = &[Fn]> {
        self.calls_in(func).filter_map(|call| match &call.callee {
            Callee::Tree(targets) => Some(&**targets),
            _ => None,
        })
    }

    /// The call at `site`.
    pub fn at(&self, site: Site) -> Option<&CallSite> {
        self.calls.binary_search_by_key(&site, |c| c.site).ok().map(|i| &self.calls[i])
    }
}

fn file_graph(types: &Types<'_>, file: u32) -> FileGraph {
    let mut out = FileGraph::default();
    let facts = types.program.facts(file);
    let mut callees = FxHashSet::default();
    for (i, expr) in facts.exprs.iter().enumerate() {
        let site = Site { file, expr: ExprId(i as u32) };
        let func = types.program.owner(site);
        match *expr {
            Expr::Call { callee, args, .. } => {
                callees.insert(strip(facts, callee));
                let target = resolve(types, file, callee);
                if let Callee::Builtin = target
                    && let Expr::Name(name) = facts.expr(callee)
                    && facts.text(name) == "new"
                    && let Some(&arg) = facts.list(args).first()
                    && let Type::Named(ty, _) = types.named_by(Site { file, expr: arg })
                {
                    out.built.push((ty, site));
                }
                if let Some(ty) = built_class(types, file, callee) {
                    let list =
                        if facts.injected.contains(&site.expr) { &mut out.injected } else { &mut out.built };
                    list.push((ty, site));
                }
                out.calls.push(CallSite { site, func, callee: target });
            }
            Expr::Composite { ty, .. } if !ty.is_none() => {
                let ty = types.named_by(Site { file, expr: ty });
                literal(types, site, &ty, &mut out);
            }
            Expr::Closure(inner) => {
                out.mentions.push((func, Fn { file, func: inner }));
            }
            _ => {}
        }
    }
    let inert = generator_input(types, file);
    for (i, expr) in facts.exprs.iter().enumerate() {
        let id = ExprId(i as u32);
        if inert.contains(&id) || callees.contains(&id) || !matches!(expr, Expr::Name(_) | Expr::Field { .. })
        {
            continue;
        }
        let site = Site { file, expr: id };
        if let Some(target) = mentioned(types, site) {
            out.mentions.push((types.program.owner(site), target));
        }
    }
    field_assignments(types, file, &mut out);
    out.receipts = channels::receipts(types, file);
    out
}

/// Wire reads its provider sets at build time; what runs is its output. Where that output is in
/// the tree, a function named in a set is not thereby used.
fn generator_input(types: &Types<'_>, file: u32) -> FxHashSet<ExprId> {
    let mut inert = FxHashSet::default();
    if !types.program.wired {
        return inert;
    }
    let facts = types.program.facts(file);
    for expr in &facts.exprs {
        let Expr::Call { callee, args, .. } = *expr else { continue };
        if let Callee::Library { path, .. } = resolve(types, file, callee)
            && types.program.external(path) == "github.com/google/wire"
        {
            for &arg in facts.list(args) {
                super::walk::exprs(facts, arg, &mut |e| {
                    inert.insert(e);
                });
            }
        }
    }
    inert
}

/// The class of the tree that calling `callee` builds.
pub fn built_class(types: &Types<'_>, file: u32, callee: ExprId) -> Option<Ty> {
    let facts = types.program.facts(file);
    if facts.lang != Lang::TypeScript {
        return None;
    }
    let decl = match facts.expr(callee) {
        Expr::Name(name) if types.local(Site { file, expr: callee }, name).is_none() => {
            types.program.lookup(file, name)
        }
        Expr::Field { base, name } => match types.package_qualifier(file, base) {
            Some(Target::Package(package)) => types.program.decl(*package, facts.text(name)),
            _ => None,
        },
        _ => None,
    };
    match decl {
        Some(Decl::Type(ty)) => Some(ty),
        _ => None,
    }
}

/// What building a class runs: its constructor, or the nearest above it.
fn construction(types: &Types<'_>, ty: Ty) -> Callee {
    let program = types.program;
    if program.facts(ty.file).lang != Lang::TypeScript {
        return Callee::Builtin;
    }
    let mut class = Some(ty);
    let mut depth = 8;
    while let Some(ty) = class {
        if let Some(constructor) = program.method(ty, CONSTRUCTOR) {
            return Callee::Tree(Arc::from([constructor]));
        }
        depth -= 1;
        class = if depth > 0 { program.base_class(ty) } else { None };
    }
    Callee::Builtin
}

fn strip(facts: &crate::syntax::facts::Facts, callee: ExprId) -> ExprId {
    match facts.expr(callee) {
        Expr::Index { base, .. } => base,
        _ => callee,
    }
}

/// A function named without being called.
fn mentioned(types: &Types<'_>, site: Site) -> Option<Fn> {
    let facts = types.program.facts(site.file);
    match facts.expr(site.expr) {
        Expr::Name(name) => {
            let Some(Decl::Func(func)) = types.program.lookup(site.file, name) else { return None };
            types.local(site, name).is_none().then_some(func)
        }
        Expr::Field { base, name } => {
            let name = facts.text(name);
            match types.package_qualifier(site.file, base) {
                Some(Target::Package(package)) => match types.program.decl(*package, name) {
                    Some(Decl::Func(func)) => Some(func),
                    _ => None,
                },
                Some(Target::External(_)) => None,
                None => {
                    // Cheap gate: only names that some method has.
                    types.program.types_by_method.get(name)?;
                    match types.member(&types.of(Site { file: site.file, expr: base }), name)? {
                        Member::Method(func) => Some(func),
                        _ => None,
                    }
                }
            }
        }
        _ => None,
    }
}

/// Records a literal of `ty` with its fields, and the literals inside it that leave out their type.
fn literal(types: &Types<'_>, site: Site, ty: &Type, out: &mut FileGraph) {
    let facts = types.program.facts(site.file);
    let Expr::Composite { entries, .. } = facts.expr(site.expr) else { return };
    let nested = |expr: ExprId, ty: &Type, out: &mut FileGraph| {
        if let Expr::Composite { ty: none, .. } = facts.expr(expr)
            && none.is_none()
        {
            literal(types, Site { file: site.file, expr }, ty, out);
        }
    };
    match ty {
        Type::Named(id, _) => {
            out.built.push((*id, site));
            let decl_facts = types.program.facts(id.file);
            let decl = &decl_facts.types[id.ty.0 as usize];
            for (i, entry) in facts.list(entries).chunks(2).filter(|e| e.len() == 2).enumerate() {
                let name: Arc<str> = match facts.expr(entry[0]) {
                    Expr::Name(name) => facts.text(name).into(),
                    _ if entry[0].is_none()
                        && (decl.fields.start as usize + i) < decl.fields.end as usize =>
                    {
                        decl_facts.text(decl_facts.fields[decl.fields.start as usize + i].name).into()
                    }
                    _ => continue,
                };
                if let Some(Member::Field(field)) = types.member(ty, &name) {
                    nested(entry[1], &field, out);
                }
                let value = Site { file: site.file, expr: entry[1] };
                out.writes.push((
                    *id,
                    name,
                    FieldWrite { value, index: 0, literal: Some(site), element: false },
                ));
            }
        }
        Type::Slice(inner) | Type::Map(_, inner) => {
            for entry in facts.list(entries).chunks(2).filter(|e| e.len() == 2) {
                nested(entry[1], inner, out);
            }
        }
        _ => {}
    }
}

fn field_assignments(types: &Types<'_>, file: u32, out: &mut FileGraph) {
    let facts = types.program.facts(file);
    for scope in &types.program.file(file).scopes {
        for write in &scope.writes {
            out.entries.extend(headers::entry(types, file, write));
            let (target, element) = match facts.expr(write.target) {
                Expr::Index { base, .. } => (base, true),
                _ => (write.target, false),
            };
            let Expr::Field { base, name } = facts.expr(target) else { continue };
            if let Type::Named(ty, _) = types.of(Site { file, expr: base }) {
                let value = Site { file, expr: write.value };
                let write = FieldWrite { value, index: write.index, literal: None, element };
                out.writes.push((ty, facts.text(name).into(), write));
            }
        }
    }
}

/// What calling `callee` runs.
pub fn resolve(types: &Types<'_>, file: u32, callee: ExprId) -> Callee {
    let program = types.program;
    let facts = program.facts(file);
    let callee = strip(facts, callee);
    let site = Site { file, expr: callee };
    match facts.expr(callee) {
        Expr::Name(name) => {
            if types.local(site, name).is_some() {
                return match types.of(site) {
                    Type::Func(func) if types.has_body(func) => Callee::Tree(Arc::from([func])),
                    Type::External(path, on) => Callee::Library { path, on, method: true },
                    _ => Callee::Dynamic,
                };
            }
            match program.lookup(file, name) {
                Some(Decl::Func(func)) => Callee::Tree(Arc::from([func])),
                // What a library made is called: a compiled validator.
                Some(Decl::Global(_)) => match types.of(site) {
                    Type::External(path, on) if !on.is_empty() => Callee::Library { path, on, method: true },
                    _ => Callee::Dynamic,
                },
                Some(Decl::Type(ty)) => construction(types, ty),
                None => Callee::Builtin,
            }
        }
        Expr::Field { base, name } => {
            let name = facts.text(name);
            match types.package_qualifier(file, base) {
                Some(Target::Package(package)) => match program.decl(*package, name) {
                    Some(Decl::Func(func)) => Callee::Tree(Arc::from([func])),
                    Some(Decl::Type(ty)) => construction(types, ty),
                    Some(Decl::Global(_)) => Callee::Dynamic,
                    None => Callee::Unknown,
                },
                Some(Target::External(path)) => Callee::Library { path: *path, on: "".into(), method: false },
                None => {
                    let base = Site { file, expr: base };
                    let declared = method(types, &types.of(base), name);
                    // A constant's own function, where its declared type only has the signature.
                    match &declared {
                        Callee::Dynamic | Callee::Abstract(_) => match types.literal(base) {
                            Some(literal) => match method(types, &literal, name) {
                                own @ Callee::Tree(_) => own,
                                _ => declared,
                            },
                            None => declared,
                        },
                        _ => declared,
                    }
                }
            }
        }
        Expr::Closure(func) => Callee::Tree(Arc::from([Fn { file, func }])),
        Expr::SliceType(_) | Expr::MapType { .. } | Expr::FuncType(_) | Expr::InlineType(_) => {
            Callee::Builtin
        }
        Expr::Call { .. } | Expr::Assert { .. } | Expr::Index { .. } => match types.of(site) {
            Type::Func(func) if types.has_body(func) => Callee::Tree(Arc::from([func])),
            _ => Callee::Dynamic,
        },
        _ => Callee::Unknown,
    }
}

/// What calling method `name` on a value of type `ty` runs.
pub fn method(types: &Types<'_>, ty: &Type, name: &str) -> Callee {
    match types.member(ty, name) {
        Some(Member::Method(func)) if types.has_body(func) => {
            let mut targets = vec![func];
            targets.extend(overrides(types, ty, name));
            Callee::Tree(targets.into())
        }
        Some(Member::Method(func)) => {
            let implementations = implementations(types, func, name);
            if implementations.is_empty() { Callee::Abstract(func) } else { Callee::Tree(implementations) }
        }
        Some(Member::External(path, on)) => Callee::Library { path, on, method: true },
        // What an object literal holds under the name (`return { subscribe, publish }`).
        Some(Member::Field(Type::Func(func))) if types.has_body(func) => Callee::Tree(Arc::from([func])),
        Some(Member::Field(_)) => Callee::Dynamic,
        None => Callee::Unknown,
    }
}

/// The methods of classes below `ty` that take the place of its own.
fn overrides(types: &Types<'_>, ty: &Type, name: &str) -> Vec<Fn> {
    let Type::Named(ty, _) = ty else { return Vec::new() };
    let below = types.program.below(*ty);
    below.into_iter().filter_map(|ty| types.program.method(ty, name)).filter(|&f| types.has_body(f)).collect()
}

/// The methods with a body that a call of the interface method `declared` may run.
pub fn implementations(types: &Types<'_>, declared: Fn, name: &str) -> Arc<[Fn]> {
    let Some(&interface) = types.program.interface_of.get(&declared) else { return Arc::from([]) };
    types.implementations(declared, || {
        let mut found: Vec<Fn> = types
            .implementers(interface)
            .iter()
            .filter_map(|&ty| types.method_of(ty, name))
            .filter(|&func| types.has_body(func) && types.compatible(declared, func))
            .collect();
        found.sort_unstable();
        found.dedup();
        found.into()
    })
}

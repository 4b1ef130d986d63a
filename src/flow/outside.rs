//! What fills the interfaces of the tree from outside: a library's client behind an interface that the
//! code that uses it declares (`type Client interface { ProduceSync(…) }`, given `kgo.NewClient(…)`).
//!
//! A call on such an interface runs the library. Which one, the values tell that are put where the
//! interface is asked for: arguments, fields, results, names and conversions. Where nothing is seen to
//! be put there, the method's own declaration may: it names the library's types, and a rule of that
//! library knows the method. A name by itself never does. Left out: interfaces that are met through
//! maps of maps, and languages in which a type has to say what it implements.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use super::calls::{Callee, Graph};
use super::eval::Eval;
use super::matches::Index;
use super::program::{Decl, ExtPath, Fn, Site, Ty};
use super::resolve::everything;
use super::scope::DefKind;
use super::types::{Member, Type, Types};
use crate::syntax::facts::{Expr, ExprId, Lang, Param, TypeId, TypeKind, UnaryOp};

/// A method of a library that a call on an interface of the tree may run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outside {
    /// The library.
    pub path: ExtPath,
    /// The type it is a method of, where known, else empty.
    pub on: Arc<str>,
}

/// What libraries run behind interfaces, by call.
pub type Behind = FxHashMap<Site, Arc<[Outside]>>;

/// The name that keeps nothing.
const BLANK: &str = "_";
/// How deep the receiver of a call is looked into for which of several fillings it holds.
const DEEP: u8 = 5;

/// Finds what fills interfaces, and gives their calls the library that they run: those that nothing
/// in the tree answers become calls of it.
pub fn fill(types: &Types<'_>, graph: &mut Graph, index: &Index<'_>) {
    let interfaces = interfaces(types, index);
    if interfaces.is_empty() {
        return;
    }
    let search = Search { types, graph, index, given: given(types, graph, index, &interfaces), interfaces };
    let by_file: Vec<_> = graph.calls.chunk_by(|a, b| a.site.file == b.site.file).collect();
    let found: Vec<(Site, Found)> = by_file
        .into_par_iter()
        .flat_map_iter(|calls| {
            let eval = Eval::new(types);
            let found = calls
                .iter()
                .filter_map(|call| Some((call.site, search.behind(&eval, call.site, &call.callee)?)));
            found.collect::<Vec<_>>()
        })
        .collect();
    for (site, found) in found {
        if found.seen
            && let Ok(at) = graph.calls.binary_search_by_key(&site, |call| call.site)
            && matches!(graph.calls[at].callee, Callee::Abstract(_))
        {
            let Outside { path, on } = found.behind[0].clone();
            graph.calls[at].callee = Callee::Library { path, on, method: true };
        }
        graph.behind.insert(site, found.behind);
    }
}

/// The interfaces of the tree with a method that some rule knows, where types need not say what they
/// implement.
fn interfaces(types: &Types<'_>, index: &Index<'_>) -> FxHashSet<Ty> {
    let program = types.program;
    let asked = |ty: &Ty| types.interface_methods(*ty).iter().any(|name| index.knows_method(name));
    (0..program.files.len() as u32)
        .into_par_iter()
        .filter(|&file| program.facts(file).lang != Lang::Rust)
        .flat_map_iter(|file| {
            let declared = program.facts(file).types.iter().enumerate();
            let declared = declared.filter(|(_, ty)| ty.kind == TypeKind::Interface);
            declared.map(move |(at, _)| Ty { file, ty: TypeId(at as u32) }).filter(asked)
        })
        .collect()
}

/// What is put where an interface is asked for, and in which file.
type Given = FxHashMap<Ty, Vec<(Type, u32)>>;

/// One thing that is put where an interface is asked for.
type Put = (Ty, Type, u32);

fn given(types: &Types<'_>, graph: &Graph, index: &Index<'_>, interfaces: &FxHashSet<Ty>) -> Given {
    let scan = Scan { types, index, interfaces, taking: taking(types, interfaces) };
    let program = types.program;
    let by_file: Vec<_> = graph.calls.chunk_by(|a, b| a.site.file == b.site.file).collect();
    let calls = by_file.into_par_iter().flat_map_iter(|calls| {
        let mut puts = Vec::new();
        for call in calls {
            scan.call(call.site, &call.callee, &mut puts);
        }
        puts
    });
    let mut all: Vec<Put> = calls.collect();
    let files = (0..program.files.len() as u32).into_par_iter();
    all.par_extend(files.filter(|&file| program.facts(file).lang != Lang::Rust).flat_map_iter(|file| {
        let mut puts = Vec::new();
        scan.file(file, &mut puts);
        puts
    }));
    all.par_extend(graph.writes.par_iter().flat_map_iter(|((owner, name), writes)| {
        let mut puts = Vec::new();
        if let Some(Member::Field(field)) = types.member(&Type::Named(*owner, Arc::from([])), name)
            && let Some(interface) = scan.interface(&field)
        {
            for write in writes {
                scan.put(interface, write.value, write.index, &mut puts);
            }
        }
        puts
    }));
    let mut given = Given::default();
    for (interface, filling, file) in all {
        let known = given.entry(interface).or_default();
        if !known.contains(&(filling.clone(), file)) {
            known.push((filling, file));
        }
    }
    given
}

/// By function, the parameters that take one of the interfaces.
fn taking(types: &Types<'_>, interfaces: &FxHashSet<Ty>) -> FxHashMap<Fn, Vec<(usize, Ty)>> {
    let program = types.program;
    let functions: Vec<Fn> =
        program.functions().filter(|func| program.facts(func.file).lang != Lang::Rust).collect();
    let taking = functions.into_par_iter().filter_map(|func| {
        let facts = program.facts(func.file);
        let takes =
            |(at, param): (usize, &Param)| match types.named_by(Site { file: func.file, expr: param.ty }) {
                Type::Named(ty, _) if interfaces.contains(&ty) => Some((at, ty)),
                _ => None,
            };
        let params = facts.params(&facts.func(func.func).params).iter().enumerate();
        let found: Vec<_> = params.filter(|(_, param)| !param.ty.is_none()).filter_map(takes).collect();
        (!found.is_empty()).then_some((func, found))
    });
    taking.collect()
}

/// Looks for what is put where an interface is asked for.
struct Scan<'s, 'a> {
    types: &'s Types<'a>,
    index: &'s Index<'s>,
    interfaces: &'s FxHashSet<Ty>,
    taking: FxHashMap<Fn, Vec<(usize, Ty)>>,
}

impl Scan<'_, '_> {
    /// Which of the interfaces a type is.
    fn interface(&self, ty: &Type) -> Option<Ty> {
        match ty {
            Type::Named(ty, _) if self.interfaces.contains(ty) => Some(*ty),
            _ => None,
        }
    }

    fn named(&self, file: u32, expr: ExprId) -> Option<Ty> {
        if expr.is_none() { None } else { self.interface(&self.types.named_by(Site { file, expr })) }
    }

    /// Arguments of calls into the tree, and conversions.
    fn call(&self, site: Site, callee: &Callee, puts: &mut Vec<Put>) {
        let facts = self.types.program.facts(site.file);
        let Expr::Call { callee: target, args, .. } = facts.expr(site.expr) else { return };
        let args = facts.list(args);
        match callee {
            Callee::Tree(targets) => {
                for &(at, interface) in targets.iter().filter_map(|target| self.taking.get(target)).flatten()
                {
                    if let Some(&arg) = args.get(at) {
                        self.put(interface, Site { file: site.file, expr: arg }, 0, puts);
                    }
                }
            }
            Callee::Builtin if args.len() == 1 => {
                if let Some(interface) = self.named(site.file, target) {
                    self.put(interface, Site { file: site.file, expr: args[0] }, 0, puts);
                }
            }
            _ => {}
        }
    }

    /// Names that are declared with a type, what functions give, and what lists hold.
    fn file(&self, file: u32, puts: &mut Vec<Put>) {
        let program = self.types.program;
        let facts = program.facts(file);
        let at = |expr| Site { file, expr };
        for global in facts.globals.iter().filter(|global| !global.value.is_none()) {
            if let Some(interface) = self.named(file, global.ty) {
                self.put(interface, at(global.value), 0, puts);
            }
        }
        for (func, scope) in facts.funcs.iter().zip(&program.file(file).scopes) {
            for def in &scope.defs {
                let DefKind::Value(value, index) = def.kind else { continue };
                // A name of the package is set in one function and used in others.
                let declared = match program.lookup(file, def.name) {
                    Some(Decl::Global(global)) if def.reassigned && facts.text(def.name) != BLANK => {
                        let ty = program.facts(global.file).globals[global.index as usize].ty;
                        self.named(global.file, ty)
                    }
                    _ => self.named(file, def.ty),
                };
                if let Some(interface) = declared {
                    self.put(interface, at(value), index, puts);
                }
            }
            let gives = facts.params(&func.results).iter().enumerate();
            for (place, interface) in gives.filter_map(|(i, result)| Some((i, self.named(file, result.ty)?)))
            {
                for values in scope.returns.iter().map(|&values| facts.list(values)) {
                    match values.get(place) {
                        Some(&value) => self.put(interface, at(value), 0, puts),
                        None if values.len() == 1 => self.put(interface, at(values[0]), place as u32, puts),
                        None => {}
                    }
                }
            }
        }
        for &expr in &facts.exprs {
            let Expr::Composite { ty, entries } = expr else { continue };
            if ty.is_none() || !matches!(facts.expr(ty), Expr::SliceType(_) | Expr::MapType { .. }) {
                continue;
            }
            if let Type::Slice(inner) | Type::Map(_, inner) = self.types.named_by(at(ty))
                && let Some(interface) = self.interface(&inner)
            {
                let held = facts.list(entries).iter().skip(1).step_by(2);
                held.for_each(|&value| self.put(interface, at(value), 0, puts));
            }
        }
    }

    /// Notes what a value is, where a library may stand behind it.
    fn put(&self, interface: Ty, value: Site, index: u32, puts: &mut Vec<Put>) {
        if value.expr.is_none() {
            return;
        }
        let filling = match self.asserted(value) {
            Some(ty) => self.types.named_by(ty),
            None => self.types.of_nth(value, index),
        };
        let counts = match &filling {
            Type::External(path, _) => self.index.concerns(self.types.program.external(*path)),
            // What it is filled with counts for this one, too.
            Type::Named(ty, _) if self.types.is_interface(*ty) => {
                *ty != interface && self.interfaces.contains(ty)
            }
            // What a type embeds may be a library's.
            Type::Named(ty, _) => {
                let facts = self.types.program.facts(ty.file);
                facts.fields(&facts.types[ty.ty.0 as usize].fields).iter().any(|field| field.embedded)
            }
            _ => false,
        };
        if counts {
            puts.push((interface, filling, value.file));
        }
    }

    /// The type of `(*kgo.Client)(nil)`, which says that the type fills an interface.
    fn asserted(&self, value: Site) -> Option<Site> {
        let facts = self.types.program.facts(value.file);
        let Expr::Call { callee, .. } = facts.expr(value.expr) else { return None };
        match facts.expr(callee) {
            Expr::Unary { op: UnaryOp::Deref, operand } => Some(Site { file: value.file, expr: operand }),
            _ => None,
        }
    }
}

/// What a call may run outside of the tree.
struct Found {
    behind: Arc<[Outside]>,
    /// It was seen to be put there; the declaration alone says less.
    seen: bool,
}

/// Looks for what calls run.
struct Search<'s, 'a> {
    types: &'s Types<'a>,
    graph: &'s Graph,
    index: &'s Index<'s>,
    given: Given,
    interfaces: FxHashSet<Ty>,
}

impl Search<'_, '_> {
    fn behind(&self, eval: &Eval<'_>, site: Site, callee: &Callee) -> Option<Found> {
        let facts = self.types.program.facts(site.file);
        let Expr::Call { callee: target, .. } = facts.expr(site.expr) else { return None };
        let Expr::Field { base, name } = facts.expr(target) else { return None };
        let (name, base) = (facts.text(name), Site { file: site.file, expr: base });
        let open = match callee {
            Callee::Abstract(_) => true,
            Callee::Tree(_) if facts.lang != Lang::Rust && self.index.knows_method(name) => false,
            _ => return None,
        };
        let receiver = self.types.of(base);
        let Some(Member::Method(declared)) = self.types.member(&receiver, name) else { return None };
        let interface = match &receiver {
            Type::Named(ty, _) if self.interfaces.contains(ty) => *ty,
            // A struct that embeds the interface.
            _ => *self.types.program.interface_of.get(&declared).filter(|ty| self.interfaces.contains(ty))?,
        };
        let fillings = self.fillings(interface, site.file);
        let mut behind = self.methods(&fillings, name, declared);
        if behind.len() > 1 || !open && !behind.is_empty() {
            behind = self.held(eval, base, name, declared).unwrap_or(behind);
        }
        if !behind.is_empty() {
            return Some(Found { behind: behind.into(), seen: true });
        }
        let behind = if open { self.declared(declared, name) } else { Vec::new() };
        (!behind.is_empty()).then(|| Found { behind: behind.into(), seen: false })
    }

    /// What is put where the interface is asked for, in programs that the file may be part of.
    fn fillings(&self, interface: Ty, file: u32) -> Vec<Type> {
        let (mut open, mut seen) = (vec![interface], FxHashSet::from_iter([interface]));
        let mut found: Vec<Type> = Vec::new();
        while let Some(interface) = open.pop() {
            for (filling, from) in self.given.get(&interface).into_iter().flatten() {
                if !self.types.program.may_meet(file, *from) {
                    continue;
                }
                match filling {
                    Type::Named(ty, _) if self.interfaces.contains(ty) => {
                        if seen.insert(*ty) {
                            open.push(*ty);
                        }
                    }
                    filling if found.contains(filling) => {}
                    filling => found.push(filling.clone()),
                }
            }
        }
        found
    }

    /// The libraries' methods of a name that these types have.
    fn methods(&self, fillings: &[Type], name: &str, declared: Fn) -> Vec<Outside> {
        let mut found: Vec<Outside> = fillings
            .iter()
            .filter_map(|filling| match self.types.member(filling, name)? {
                Member::External(path, on) if self.index.concerns(self.types.program.external(path)) => {
                    let told = || self.by_signature(path, name, declared);
                    let on = if on.is_empty() { told().unwrap_or(on) } else { on };
                    Some(Outside { path, on })
                }
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Those that the receiver itself is seen to hold; `None` where that is not known.
    fn held(&self, eval: &Eval<'_>, receiver: Site, name: &str, declared: Fn) -> Option<Vec<Outside>> {
        let held = everything(eval, self.graph, &eval.value(receiver), DEEP);
        let held: Vec<Type> = held.iter().map(|value| eval.type_of(value)).collect();
        let concrete = |ty: &Type| match ty {
            Type::Named(ty, _) => !self.types.is_interface(*ty),
            Type::External(..) => true,
            _ => false,
        };
        if held.is_empty() || !held.iter().all(concrete) {
            return None;
        }
        Some(self.methods(&held, name, declared))
    }

    /// What the declaration of a method tells: it speaks of the types of one library, and a rule of that
    /// library knows a method of its name.
    fn declared(&self, declared: Fn, name: &str) -> Vec<Outside> {
        if !self.index.knows_method(name) {
            return Vec::new();
        }
        let mut paths: Vec<ExtPath> = Vec::new();
        for ty in signature(self.types, declared) {
            if let Type::External(path, _) = ty
                && !paths.contains(&path)
            {
                paths.push(path);
            }
        }
        let told = paths.into_iter().filter_map(|path| {
            let on = self.by_signature(path, name, declared)?;
            Some(Outside { path, on })
        });
        told.collect()
    }

    /// The type of a library whose method of a name fits the declaration.
    fn by_signature(&self, path: ExtPath, name: &str, declared: Fn) -> Option<Arc<str>> {
        let program = self.types.program;
        let func = program.func(declared);
        let params = program.facts(declared.file).params(&func.params).len();
        let given: Vec<Type> = signature(self.types, declared).collect();
        let own =
            |ty: &Type| matches!(ty, Type::External(other, _) if self.index.same(program, path, *other));
        let library = program.external(path);
        let fits = |at: usize, inside: bool| match given[..params].get(at) {
            Some(ty @ Type::External(..)) => own(ty),
            // What a step goes into is the library's.
            Some(Type::Basic(_) | Type::Slice(_)) => !inside,
            Some(_) => true,
            None => false,
        };
        self.index.method_that_fits(library, name, &fits).map(Arc::from)
    }
}

/// The types of a function's parameters and results; a list stands for what it holds.
fn signature<'t>(types: &'t Types<'_>, func: Fn) -> impl Iterator<Item = Type> + use<'t> {
    let facts = types.program.facts(func.file);
    let decl = facts.func(func.func);
    let all = facts.params(&decl.params).iter().chain(facts.params(&decl.results));
    all.map(move |param| match types.named_by(Site { file: func.file, expr: param.ty }) {
        Type::Slice(inner) if matches!(*inner, Type::External(..)) => (*inner).clone(),
        ty => ty,
    })
}

/// Whether calls of a library do nothing that a second delivery repeats: logs and traces, and the
/// standard library, whose calls that reach out of the process are described by rules.
pub fn inert(path: &str) -> bool {
    let standard = !path.split('/').next().is_some_and(|host| host.contains('.'));
    let watches = ["log", "zap", "telemetry", "trac", "metric", "prometheus", "sentry"];
    standard || path.starts_with("golang.org/x/") || watches.iter().any(|word| path.contains(word))
}

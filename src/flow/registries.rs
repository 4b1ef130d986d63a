//! Registries: containers and locators that keep under a key what makes a thing, and give the thing to
//! whoever names the key (`c.Add("store", func(c Container) any { … })`, `c.Get("store").(Store)`).
//!
//! Who puts and who takes meet only in the key. A type is a registry by what its methods do: one puts a
//! function, or anything at all, into a map of the type under a key it is given, another looks that map
//! up by a key and gives something that only the caller knows the type of. Services have registries of
//! their own with keys of the same names, so what is put nearest to the taker in the tree is meant.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use super::calls::{Graph, implementations};
use super::eval::Eval;
use super::headers::parameter;
use super::program::{Decl, Fn, Global, Site, Ty};
use super::resolve::supply;
use super::types::{Type, Types};
use super::value::{Applied, Value};
use super::walk;
use crate::syntax::facts::{Expr, ExprId, Lang};

/// What keeps things under keys: a field of a type, or a variable of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Store {
    /// A map in a field.
    Field(Ty, Arc<str>),
    /// A map in a variable.
    Global(Global),
}

/// A function that puts something under a key.
#[derive(Clone, Debug)]
struct Setter {
    func: Fn,
    store: Store,
    /// Which parameter is the key.
    key: usize,
    /// What is put, in terms of the function's parameters.
    value: Site,
}

/// A function that gives what is under a key.
#[derive(Clone, Debug)]
struct Getter {
    store: Store,
    /// Which parameter is the key.
    key: usize,
}

/// The registries of a program.
#[derive(Debug, Default)]
pub struct Registries {
    setters: Vec<Setter>,
    getters: FxHashMap<Fn, Getter>,
    /// Names of getters, to tell quickly what is none.
    names: FxHashSet<String>,
}

/// Something put into a registry.
#[derive(Clone, Debug)]
pub struct Registered {
    key: Value,
    value: Value,
    /// Where its key is named.
    site: Site,
}

/// What the registries of a program hold.
pub type Holdings = FxHashMap<Store, Vec<Registered>>;

/// How many calls a key is followed through.
const HOPS: usize = 4;
/// How many functions that are called with a key are looked into.
const CALLS: usize = 4_000;

impl Registries {
    /// Finds the registries of a program.
    pub fn of(types: &Types<'_>) -> Registries {
        let setters = setters(types);
        let stores: FxHashSet<&Store> = setters.iter().map(|setter| &setter.store).collect();
        let getters = if stores.is_empty() { FxHashMap::default() } else { getters(types, &stores) };
        let name = |func: &Fn| types.program.facts(func.file).text(types.program.func(*func).name).to_owned();
        let names = getters.keys().map(name).collect();
        Registries { setters, getters, names }
    }

    /// The getter that a call of `func` runs, itself or through an interface.
    fn getter(&self, types: &Types<'_>, func: Fn) -> Option<&Getter> {
        if self.getters.is_empty() {
            return None;
        }
        if let Some(getter) = self.getters.get(&func) {
            return Some(getter);
        }
        let name = types.program.facts(func.file).text(types.program.func(func).name);
        if types.has_body(func) || !self.names.contains(name) {
            return None;
        }
        implementations(types, func, name).iter().find_map(|method| self.getters.get(method))
    }

    /// Whether a call of `func` gives what is under a key.
    pub fn gives(&self, types: &Types<'_>, func: Fn) -> bool {
        self.getter(types, func).is_some()
    }
}

/// What is put into the registries of a program, each with its key.
pub fn holdings(types: &Types<'_>, graph: &Graph) -> Holdings {
    let eval = Eval::new(types);
    let mut found = Holdings::default();
    for setter in &types.registries().setters {
        let start = [Value::Param(setter.func, setter.key as u32), eval.value(setter.value)];
        let mut queue = vec![(start.to_vec(), setter.value, 0)];
        let mut calls = 0;
        while let Some((values, site, hops)) = queue.pop() {
            match values[0].free() {
                Some(free) if hops < HOPS && calls < CALLS => {
                    let supplied = supply(&eval, graph, &values, free);
                    calls += supplied.len();
                    queue.extend(supplied.into_iter().map(|s| (s.values, s.site, hops + 1)));
                }
                _ if constant(&values[0]) => {
                    let [key, value] = [values[0].clone(), values[1].clone()];
                    found.entry(setter.store.clone()).or_default().push(Registered { key, value, site });
                }
                _ => {}
            }
        }
    }
    for list in found.values_mut() {
        list.sort_by_key(|registered| registered.site);
    }
    found
}

/// What a call takes out of a registry. `None` where it is no such call or nobody puts anything there.
pub fn taken(eval: &Eval<'_>, graph: &Graph, call: &Applied) -> Option<Value> {
    let Value::Func(closure) = &call.callee else { return None };
    let getter = eval.types.registries().getter(eval.types, closure.func)?;
    let key = call.args.get(getter.key).filter(|key| constant(key))?;
    let same = |held: &&Registered| held.key == *key;
    let held: Vec<&Registered> = graph.registered.get(&getter.store)?.iter().filter(same).collect();
    let given: Vec<Value> = nearest(eval, call.site.file, held, |held| held.site)
        .into_iter()
        .map(|held| made(eval, &held.value, closure.receiver.as_ref()))
        .filter(|value| !matches!(value, Value::Opaque(_) | Value::Unset))
        .collect();
    (!given.is_empty()).then(|| Value::one_of(given))
}

/// Those that stand nearest to a file in the tree.
pub(super) fn nearest<'h, T>(
    eval: &Eval<'_>,
    file: u32,
    held: Vec<&'h T>,
    at: impl std::ops::Fn(&T) -> Site,
) -> Vec<&'h T> {
    let path = |file: u32| eval.types.program.file(file).path.split('/');
    let shared = |held: &T| path(file).zip(path(at(held).file)).take_while(|(a, b)| a == b).count();
    let most = held.iter().map(|held| shared(held)).max();
    held.into_iter().filter(|held| Some(shared(held)) == most).collect()
}

/// The thing that is made of what a registry keeps: a function is called for it, also one that is kept
/// beside other settings.
pub(super) fn made(eval: &Eval<'_>, kept: &Value, registry: Option<&Value>) -> Value {
    match kept {
        Value::Func(closure) => {
            let mut args = eval.parameters(closure.func).to_vec();
            if let (Some(first), Some(registry)) = (args.first_mut(), registry) {
                *first = registry.clone();
            }
            eval.apply(closure, &args.into(), false, 0).unwrap_or(Value::Unset)
        }
        Value::Object(object) => {
            let mut makers = object.fields.iter().filter(|(_, value)| matches!(value, Value::Func(_)));
            match (makers.next(), makers.next()) {
                (Some((_, maker)), None) => made(eval, maker, registry),
                _ => kept.clone(),
            }
        }
        Value::OneOf(items) => Value::one_of(items.iter().map(|item| made(eval, item, registry)).collect()),
        _ => kept.clone(),
    }
}

/// Whether a key is known.
pub(super) fn constant(key: &Value) -> bool {
    matches!(key, Value::Str(_) | Value::Literal(_))
}

fn setters(types: &Types<'_>) -> Vec<Setter> {
    let mut found = Vec::new();
    for (file, scope) in go_files(types)
        .flat_map(|file| types.program.file(file).scopes.iter().map(move |scope| (file, scope)))
    {
        for write in &scope.writes {
            let Some((store, func, key)) = keyed(types, Site { file, expr: write.target }) else { continue };
            let value = Site { file, expr: write.value };
            if brings(types, func, key, value) {
                found.push(Setter { func, store, key, value });
            }
        }
    }
    found
}

fn getters(types: &Types<'_>, stores: &FxHashSet<&Store>) -> FxHashMap<Fn, Getter> {
    let mut found = FxHashMap::default();
    for file in go_files(types) {
        for expr in (0..types.program.facts(file).exprs.len() as u32).map(ExprId) {
            if let Some((store, func, key)) = keyed(types, Site { file, expr })
                && stores.contains(&store)
                && gives_anything(types, func)
            {
                found.insert(func, Getter { store, key });
            }
        }
    }
    found
}

fn go_files<'t>(types: &'t Types<'_>) -> impl Iterator<Item = u32> + use<'t> {
    let program = types.program;
    (0..program.files.len() as u32).filter(|&file| program.facts(file).lang == Lang::Go)
}

/// The store that an element expression reads or writes, with the function and which of its parameters
/// is the key.
fn keyed(types: &Types<'_>, site: Site) -> Option<(Store, Fn, usize)> {
    let facts = types.program.facts(site.file);
    let Expr::Index { base, args } = facts.expr(site.expr) else { return None };
    let &[key] = facts.list(args) else { return None };
    if !matches!(facts.expr(base), Expr::Name(_) | Expr::Field { .. }) {
        return None;
    }
    let (func, key) = parameter(types, Site { file: site.file, expr: key })?;
    let at = |expr| Site { file: site.file, expr };
    let store = match facts.expr(base) {
        Expr::Field { base: of, name } => match types.of(at(of)) {
            Type::Named(ty, _) => Store::Field(ty, facts.text(name).into()),
            _ => return None,
        },
        Expr::Name(name) if types.local(at(base), name).is_none() => {
            match types.program.lookup(site.file, name) {
                Some(Decl::Global(global)) => Store::Global(global),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((store, func, key))
}

/// Whether what is put brings a parameter that is a function, or may be anything.
fn brings(types: &Types<'_>, func: Fn, key: usize, value: Site) -> bool {
    let facts = types.program.facts(value.file);
    let mut found = false;
    walk::exprs(facts, value.expr, &mut |expr| {
        if let Some((owner, at)) = parameter(types, Site { file: value.file, expr })
            && owner == func
            && at != key
            && let Some(param) = facts.params(&facts.func(func.func).params).get(at)
        {
            let ty = types.named_by(Site { file: func.file, expr: param.ty });
            found |= types.signature(&ty).is_some() || is_anything(types, func, &ty);
        }
    });
    found
}

/// Whether the first result of a function may be anything: only the caller knows its type.
fn gives_anything(types: &Types<'_>, func: Fn) -> bool {
    let facts = types.program.facts(func.file);
    let result = facts.params(&facts.func(func.func).results).first();
    result.is_some_and(|result| {
        is_anything(types, func, &types.named_by(Site { file: func.file, expr: result.ty }))
    })
}

/// Whether a type in the signature of a function says nothing: `any`, or a type parameter.
fn is_anything(types: &Types<'_>, func: Fn, ty: &Type) -> bool {
    match ty {
        Type::Basic(name) => {
            let facts = types.program.facts(func.file);
            let mut params = facts.params(&facts.func(func.func).type_params).iter();
            &**name == "any" || params.any(|param| facts.text(param.name) == &**name)
        }
        Type::Named(ty, _) => {
            let decl = &types.program.facts(ty.file).types[ty.ty.0 as usize];
            types.is_interface(*ty) && decl.name.is_empty() && types.interface_methods(*ty).is_empty()
        }
        _ => false,
    }
}

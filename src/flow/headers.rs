//! Headers: what travels beside a message under a constant key of the project's own map type.
//!
//! `metadata.Set(ReplyChannel, topic)` in the service that asks and `metadata.Get(ReplyChannel)` in the
//! one that answers meet only in the message. The map read there is in no caller's hands, so the key
//! and the map's type tell which values may be meant.

use crate::syntax::facts::Expr;

use super::calls::Graph;
use super::eval::Eval;
use super::program::{Fn, Site, Ty};
use super::resolve::everything;
use super::scope::{DefKind, Write};
use super::types::{Type, Types};
use super::value::{STEP, Value};

/// An entry put into a map of a type declared in the tree.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The key.
    pub key: Site,
    /// The value.
    pub value: Site,
    /// Which value of a call that gives several.
    pub index: u32,
}

/// How deep values are looked into for what an entry can be.
const DEEP: u8 = 8;

/// The map type of the tree that `write` puts an entry into, and the entry.
pub fn entry(types: &Types<'_>, file: u32, write: &Write) -> Option<(Ty, Entry)> {
    let facts = types.program.facts(file);
    let Expr::Index { base, args } = facts.expr(write.target) else { return None };
    let ty = map_type(types, &types.of(Site { file, expr: base }))?;
    let key = Site { file, expr: *facts.list(args).first()? };
    Some((ty, Entry { key, value: Site { file, expr: write.value }, index: write.index }))
}

/// The parameters of a setter that are the key and the value of `entry`, with the setter.
pub fn setter(types: &Types<'_>, entry: &Entry) -> Option<(Fn, usize, usize)> {
    let (func, key) = parameter(types, entry.key)?;
    let (same, value) = parameter(types, entry.value)?;
    (func == same).then_some((func, key, value))
}

/// The entry that a call of a setter puts.
pub fn put(types: &Types<'_>, call: Site, key: usize, value: usize) -> Option<Entry> {
    let facts = types.program.facts(call.file);
    let Expr::Call { args, .. } = facts.expr(call.expr) else { return None };
    let args = facts.list(args);
    let at = |i: usize| args.get(i).map(|&expr| Site { file: call.file, expr });
    Some(Entry { key: at(key)?, value: at(value)?, index: 0 })
}

/// Which parameter a method looks its own map up by, when that is all it does.
pub fn getter(types: &Types<'_>, func: Fn) -> Option<usize> {
    let file = types.program.file(func.file);
    let receiver = types.program.func(func).receiver?;
    let [list] = file.scopes[func.func.0 as usize].returns[..] else { return None };
    let &[expr] = file.facts.list(list) else { return None };
    let Expr::Index { base, args } = file.facts.expr(expr) else { return None };
    let Expr::Name(name) = file.facts.expr(base) else { return None };
    let &[key] = file.facts.list(args) else { return None };
    let own = file.facts.params[receiver as usize].name == name;
    let (owner, at) = parameter(types, Site { file: func.file, expr: key })?;
    (own && owner == func).then_some(at)
}

/// What may stand under `key` of a map that a message was asked for. `None` where the value is no such
/// map or nobody puts anything there.
pub fn under(eval: &Eval<'_>, graph: &Graph, map: &Value, key: &str) -> Option<Value> {
    let Value::Field(_, step) = map else { return None };
    if !step.strip_prefix(STEP)?.starts_with("call:") {
        return None;
    }
    let entries = graph.entries.get(&map_type(eval.types, &eval.type_of(map))?)?;
    let mut found: Vec<Value> = Vec::new();
    let named = |entry: &&Entry| matches!(eval.nth(entry.key, 0), Value::Str(text) if *text == *key);
    for entry in entries.iter().filter(named) {
        for value in everything(eval, graph, &eval.nth(entry.value, entry.index), DEEP) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
    }
    (!found.is_empty()).then(|| Value::one_of(found))
}

fn map_type(types: &Types<'_>, ty: &Type) -> Option<Ty> {
    let Type::Named(ty, _) = ty else { return None };
    let facts = types.program.facts(ty.file);
    let underlying = facts.types[ty.ty.0 as usize].underlying;
    (!underlying.is_none() && matches!(facts.expr(underlying), Expr::MapType { .. })).then_some(*ty)
}

/// The function and index of the parameter that an expression is.
pub(super) fn parameter(types: &Types<'_>, site: Site) -> Option<(Fn, usize)> {
    let Expr::Name(name) = types.program.facts(site.file).expr(site.expr) else { return None };
    let (func, def) = types.local(site, name)?;
    match def.kind {
        DefKind::Param(i) => Some((func, i as usize)),
        _ => None,
    }
}

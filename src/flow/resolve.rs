//! Lifting: from a value that depends on parameters or receivers to the places that supply them.
//!
//! A parameter is supplied by each call of its function; a receiver by each literal that builds
//! its type, and failing that by each call of the method. Several values move together, so that a
//! topic and a handler given to one constructor stay a pair.

use rustc_hash::FxHashMap;
use std::sync::Arc;

use super::calls::{Callee, Graph};
use super::eval::Eval;
use super::program::{Fn, Site};
use super::scope::DefKind;
use super::types::Type;
use super::value::{Binding, Free, Object, Value};

/// A supplied variant of some values.
#[derive(Debug)]
pub struct Supplied {
    /// The call or literal that supplies.
    pub site: Site,
    /// The values with what it supplies put in.
    pub values: Vec<Value>,
    /// Supplied by a call rather than by a literal.
    pub by_call: bool,
}

const MANY: usize = 200;
/// How many variants [`everything`] looks into at each step.
const FEW: usize = 24;

/// The variants of `values` in which `free` is supplied. Empty when nothing supplies it.
pub fn supply(eval: &Eval<'_>, graph: &Graph, values: &[Value], free: Free) -> Vec<Supplied> {
    supply_first(eval, graph, values, free, MANY)
}

/// The first `most` variants of [`supply`].
fn supply_first(eval: &Eval<'_>, graph: &Graph, values: &[Value], free: Free, most: usize) -> Vec<Supplied> {
    if let Free::Receiver(func) = free {
        // Where an argument of the same method matters too (the handler), only the call knows both.
        let both = values.iter().any(|v| {
            matches!(v.free(), Some(Free::Param(owner, _)) if owner == func) || runs_given(eval, v, func)
        });
        if both {
            let called = by_call(eval, graph, values, func, most);
            if !called.is_empty() {
                return called;
            }
        }
        let built = by_literal(eval, graph, values, func, most);
        if !built.is_empty() {
            return built;
        }
    }
    by_call(eval, graph, values, free.func(), most)
}

/// The function that is given what a handler runs, where the handler is a closure written in it.
pub fn given_handler(eval: &Eval<'_>, handler: &Value) -> Option<Free> {
    let closure = handler.function()?;
    let program = eval.types.program;
    let mut parent = program.func(closure.func).parent;
    while let Some(func) = parent {
        let outer = Fn { file: closure.func.file, func };
        if runs_given(eval, handler, outer) {
            return Some(Free::Param(outer, 0));
        }
        parent = program.func(outer).parent;
    }
    None
}

/// Whether a value is a closure written in `func` that runs what `func` is given
/// (`subscribe(handler) { channel.consume(queue, (m) => handler(m)); }`).
fn runs_given(eval: &Eval<'_>, value: &Value, func: Fn) -> bool {
    use crate::syntax::facts::Expr;
    let Some(closure) = value.function() else { return false };
    let program = eval.types.program;
    let known = closure.env.iter().any(|binding| binding.func == func);
    if known || !eval.encloses(func, closure.func) {
        return false;
    }
    let facts = program.facts(closure.func.file);
    let Some(body) = program.func(closure.func).body else { return false };
    let mut runs = false;
    for &id in facts.block(body) {
        super::walk::exprs_of_stmt(facts, id, &mut |expr| {
            if let Expr::Call { callee, .. } = facts.expr(expr)
                && let Expr::Name(name) = facts.expr(callee)
                && let Some((owner, def)) = eval.types.local(Site { file: func.file, expr: callee }, name)
            {
                runs |= owner == func && matches!(def.kind, DefKind::Param(_));
            }
        });
    }
    runs
}

fn by_call(eval: &Eval<'_>, graph: &Graph, values: &[Value], func: Fn, most: usize) -> Vec<Supplied> {
    let Some(callers) = graph.callers.get(&func) else { return Vec::new() };
    callers
        .iter()
        .filter(|&&at| graph.calls[at as usize].func.is_none_or(|f| graph.alive(eval.types.program, f)))
        .take(most)
        .flat_map(|&at| {
            let site = graph.calls[at as usize].site;
            let supplied = |eval: &Eval<'_>| {
                let binding = binding_of(eval, site, func);
                let values = values.iter().map(|v| eval.substitute(v, &binding)).collect();
                Supplied { site, values, by_call: true }
            };
            // One value is whatever any round gives; several belong together.
            let rounds = if values.len() > 1 { eval.rounds(site) } else { Vec::new() };
            if rounds.is_empty() {
                return vec![supplied(eval)];
            }
            rounds.into_iter().map(|round| supplied(&Eval::in_round(eval.types, round))).collect()
        })
        .collect()
}

/// What the call at `site` gives to the parameters of `func`.
pub fn binding_of(eval: &Eval<'_>, site: Site, func: Fn) -> Binding {
    use crate::syntax::facts::Expr;
    let facts = eval.types.program.facts(site.file);
    let at = |expr| Site { file: site.file, expr };
    let Expr::Call { callee, args, spread } = facts.expr(site.expr) else {
        return Binding { func, args: Arc::from([]), receiver: None };
    };
    let args: Arc<[Value]> = facts.list(args).iter().map(|&a| eval.value(at(a))).collect();
    let receiver = match facts.expr(callee) {
        Expr::Field { base, .. } if eval.types.package_qualifier(site.file, base).is_none() => {
            Some(eval.value(at(base)))
        }
        _ => None,
    };
    eval.bind(func, &args, spread, receiver)
}

fn by_literal(eval: &Eval<'_>, graph: &Graph, values: &[Value], func: Fn, most: usize) -> Vec<Supplied> {
    let Type::Named(ty, _) = eval.types.receiver_type(func) else { return Vec::new() };
    let Some(sites) = graph.built.get(&ty) else { return Vec::new() };
    sites
        .iter()
        .take(most)
        .map(|&site| {
            let object = enriched(eval, graph, ty, eval.value(site));
            let binding = Binding { func, args: Arc::from([]), receiver: Some(object) };
            // Arguments of the method itself stay symbols.
            let values = values.iter().map(|v| keep_params(eval, v, &binding)).collect();
            Supplied { site, values, by_call: false }
        })
        .collect()
}

/// A literal with the elements that methods put into its lists and maps (`s.steps[k] = v`).
fn enriched(eval: &Eval<'_>, graph: &Graph, ty: super::program::Ty, value: Value) -> Value {
    let Value::Object(object) = &value else { return value };
    let mut fields = object.fields.clone();
    let mut changed = false;
    for (name, held) in &mut fields {
        let writes = graph.writes.get(&(ty, name.clone())).map_or(&[][..], Vec::as_slice);
        let put: Vec<Value> =
            writes.iter().filter(|w| w.element).map(|w| eval.nth(w.value, w.index)).collect();
        if !put.is_empty() {
            let mut items = match &*held {
                Value::List(items) => items.to_vec(),
                Value::Object(map) => map.fields.iter().map(|(_, v)| v.clone()).collect(),
                _ => Vec::new(),
            };
            items.extend(put);
            *held = Value::List(items.into());
            changed = true;
        }
    }
    if changed { Value::Object(Arc::new(Object::new(object.ty.clone(), fields, object.site))) } else { value }
}

/// Substitutes the receiver only.
fn keep_params(eval: &Eval<'_>, value: &Value, binding: &Binding) -> Value {
    let args = eval.parameters(binding.func);
    eval.substitute(value, &Binding { func: binding.func, args, receiver: binding.receiver.clone() })
}

/// Fields that a literal leaves out are looked up among the writes to that field anywhere
/// (functional options, setters). `None` where there is nothing to replace.
pub fn written(eval: &Eval<'_>, graph: &Graph, value: &Value) -> Option<Value> {
    match value {
        Value::Field(base, name) => {
            if let Value::Object(object) = &**base {
                let Type::Named(ty, _) = object.ty else { return Some(Value::Unset) };
                if name.starts_with(super::value::STEP) {
                    return Some(Value::Unset);
                }
                let writes = graph.writes.get(&(ty, name.clone())).map_or(&[][..], Vec::as_slice);
                let values: Vec<Value> = writes
                    .iter()
                    .filter(|w| w.literal.is_none())
                    .map(|w| {
                        let value = eval.nth(w.value, w.index);
                        if w.element { Value::List(Arc::from([value])) } else { value }
                    })
                    .collect();
                if values.is_empty() {
                    // An empty literal that nothing writes to is filled by decoding.
                    return Some(if object.fields.is_empty() {
                        Value::Field(Value::Typed(object.ty.clone()).into(), name.clone())
                    } else {
                        Value::Unset
                    });
                }
                return Some(Value::one_of(values));
            }
            if let Some(put) = super::headers::under(eval, graph, base, name) {
                return Some(put);
            }
            let inner = written(eval, graph, base)?;
            Some(eval.member_value(inner, &Type::Unknown, name))
        }
        Value::Element(base) => written(eval, graph, base).map(super::eval::element),
        Value::Made(made) => super::provided::taken(eval, graph, made),
        Value::Param(func, index) => super::provided::injected(eval, graph, *func, *index),
        Value::Call(call) => super::registries::taken(eval, graph, call).or_else(|| {
            let callee = written(eval, graph, &call.callee)?;
            Some(eval.called(call.with(callee, call.args.clone())))
        }),
        Value::OneOf(items) => {
            let replaced: Vec<Option<Value>> = items.iter().map(|v| written(eval, graph, v)).collect();
            replaced.iter().any(Option::is_some).then(|| {
                Value::one_of(
                    replaced
                        .into_iter()
                        .zip(items.iter())
                        .map(|(r, v)| r.unwrap_or_else(|| v.clone()))
                        .collect(),
                )
            })
        }
        _ => None,
    }
}

/// Replaces a value by what [`written`] gives for as long as that changes it, a few times at most.
pub fn settle(eval: &Eval<'_>, graph: &Graph, value: &mut Value) {
    for _ in 0..4 {
        match written(eval, graph, value) {
            Some(replaced) if replaced != *value => *value = replaced,
            _ => break,
        }
    }
}

/// Variants of `values` in which a value known by its type alone is replaced by each literal of
/// that type. The last resort: what stored it (a map, a channel, a container) is not modelled.
pub fn by_type(eval: &Eval<'_>, graph: &Graph, values: &[Value], topic: &Value, last: bool) -> Vec<Supplied> {
    let Some((base, ty)) = typed_base(eval, topic, last) else { return Vec::new() };
    let classes = std::iter::once(ty).chain(eval.types.declared_implementers(ty));
    let sites = classes
        .flat_map(|class| graph.built.get(&class).into_iter().flatten().map(move |&site| (class, site)));
    sites
        .take(MANY)
        .map(|(class, site)| {
            let object = enriched(eval, graph, class, eval.value(site));
            let values = values.iter().map(|v| replace(eval, v, &base, &object)).collect();
            Supplied { site, values, by_call: false }
        })
        .collect()
}

/// Whether a value is read out of something that a library filled (rows, decoded messages).
pub fn is_decoded(value: &Value) -> bool {
    match value {
        Value::Field(base, _) | Value::Element(base) => is_decoded(base),
        Value::Call(call) => is_decoded(call.conversion().unwrap_or(&call.callee)),
        Value::OneOf(items) | Value::List(items) => items.iter().any(is_decoded),
        Value::Typed(_) | Value::Made(_) => true,
        _ => false,
    }
}

/// The innermost thing of a struct type of the tree whose field a value reads, or the `last` on the way
/// to the value.
fn typed_base(eval: &Eval<'_>, value: &Value, last: bool) -> Option<(Value, super::program::Ty)> {
    let inner = |value: &Value| typed_base(eval, value, last);
    match value {
        Value::Field(base, name) if !name.starts_with(super::value::STEP) => {
            let here = || match eval.type_of(base) {
                Type::Named(ty, _) if !matches!(**base, Value::Object(_)) => Some(((**base).clone(), ty)),
                _ => None,
            };
            if last { here().or_else(|| inner(base)) } else { inner(base).or_else(here) }
        }
        Value::Field(base, _) | Value::Element(base) => inner(base),
        Value::Call(call) => inner(call.conversion().unwrap_or(&call.callee)),
        Value::Concat(items) | Value::OneOf(items) | Value::List(items) => items.iter().find_map(inner),
        _ => None,
    }
}

/// `value` with `old` replaced by `new`.
fn replace(eval: &Eval<'_>, value: &Value, old: &Value, new: &Value) -> Value {
    if value == old {
        return new.clone();
    }
    let all = |items: &[Value]| items.iter().map(|v| replace(eval, v, old, new)).collect::<Vec<_>>();
    match value {
        Value::Field(base, name) => {
            let inner = replace(eval, base, old, new);
            if inner == **base { value.clone() } else { eval.member_value(inner, &Type::Unknown, name) }
        }
        Value::Element(base) => super::eval::element(replace(eval, base, old, new)),
        Value::Call(call) => {
            eval.called(call.with(replace(eval, &call.callee, old, new), all(&call.args).into()))
        }
        Value::Concat(items) => Value::concat(all(items)),
        Value::List(items) => Value::List(all(items).into()),
        Value::OneOf(items) => Value::one_of(all(items)),
        other => other.clone(),
    }
}

/// Everything a value can be, looking through fields and parameters without regard to which
/// instance is meant. Bounded; symbolic leftovers are dropped.
pub fn known(value: &Value) -> Vec<Value> {
    match value {
        Value::OneOf(items) => items.iter().flat_map(known).collect(),
        Value::Opaque(_) | Value::Unset => Vec::new(),
        other => vec![other.clone()],
    }
}

/// Like [`known`], with the call graph to follow fields and parameters through. What was looked into
/// before, with as many steps left, is not looked into again: the ways that lead to one value are
/// many more than the values.
pub fn everything(eval: &Eval<'_>, graph: &Graph, value: &Value, depth: u8) -> Vec<Value> {
    let mut search = Search { eval, graph, seen: FxHashMap::default(), found: Vec::new() };
    search.look(value, depth);
    search.found
}

struct Search<'s, 'a> {
    eval: &'s Eval<'a>,
    graph: &'s Graph,
    /// The values looked into, with the steps that were left.
    seen: FxHashMap<Value, u8>,
    found: Vec<Value>,
}

impl Search<'_, '_> {
    /// Whether a value is new, or was met with fewer steps left.
    fn meets(&mut self, value: &Value, depth: u8) -> bool {
        let known = self.seen.get(value).is_some_and(|&before| before >= depth);
        if !known {
            self.seen.insert(value.clone(), depth);
        }
        !known
    }

    fn look(&mut self, value: &Value, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Value::OneOf(items) = value {
            items.iter().for_each(|v| self.look(v, depth));
            return;
        }
        if !self.meets(value, depth) {
            return;
        }
        if let Some(replaced) = written(self.eval, self.graph, value) {
            self.look(&replaced, depth);
            return;
        }
        let Some(free) = value.free() else {
            for value in known(value) {
                if !self.found.contains(&value) {
                    self.found.push(value);
                }
            }
            return;
        };
        for variant in supply_first(self.eval, self.graph, std::slice::from_ref(value), free, FEW) {
            self.look(&variant.values[0], depth);
        }
    }

    /// Whether `test` holds of a value or of anything it comes from.
    fn comes(&mut self, value: &Value, depth: u8, test: &dyn std::ops::Fn(&Value) -> bool) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if test(value) {
            return true;
        }
        if let Value::OneOf(items) = value {
            return items.iter().any(|v| self.comes(v, depth, test));
        }
        if !self.meets(value, depth) {
            return false;
        }
        if let Some(replaced) = written(self.eval, self.graph, value) {
            return self.comes(&replaced, depth, test);
        }
        value.free().is_some_and(|free| {
            let supplied = supply_first(self.eval, self.graph, std::slice::from_ref(value), free, FEW);
            supplied.iter().any(|variant| self.comes(&variant.values[0], depth, test))
        })
    }
}

/// Whether `test` holds of a value or of anything it comes from, through fields and parameters.
pub fn comes_from(
    eval: &Eval<'_>,
    graph: &Graph,
    value: &Value,
    depth: u8,
    test: &dyn std::ops::Fn(&Value) -> bool,
) -> bool {
    Search { eval, graph, seen: FxHashMap::default(), found: Vec::new() }.comes(value, depth, test)
}

/// The functions a call may run, a dynamic one resolved through the values it may hold.
pub fn targets(eval: &Eval<'_>, graph: &Graph, site: Site) -> Vec<Fn> {
    match graph.at(site).map(|c| &c.callee) {
        Some(Callee::Tree(targets)) => targets.to_vec(),
        Some(Callee::Dynamic) => {
            use crate::syntax::facts::Expr;
            let facts = eval.types.program.facts(site.file);
            let Expr::Call { callee, .. } = facts.expr(site.expr) else { return Vec::new() };
            let value = eval.value(Site { file: site.file, expr: callee });
            let mut found: Vec<Fn> = everything(eval, graph, &value, 6)
                .iter()
                .filter_map(|v| v.function().map(|c| c.func))
                .filter(|&f| eval.types.has_body(f))
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        }
        _ => Vec::new(),
    }
}

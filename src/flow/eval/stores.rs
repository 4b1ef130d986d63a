//! Stores: lists and maps that are filled piece by piece (`handlers.set(name, handler)`), what is read
//! out of them, and the rounds of a loop over a list.
//!
//! What any function of the file puts into a store may be read from it, whatever runs first: a
//! registry is filled before it is asked.

use std::sync::Arc;

use super::{Eval, element};
use crate::flow::program::{Fn, Global, Site};
use crate::flow::scope::DefKind;
use crate::flow::types::{Type, Types};
use crate::flow::value::{Made, Object, STEP, Value, step_name};
use crate::syntax::facts::{Expr, ExprId, Lang, Sym};

/// How many rounds of a loop are told apart.
const ROUNDS: usize = 64;
/// How many names are looked up in search of the loop that an argument comes from.
const NAMES: usize = 64;
/// Methods of a list that call back with each element.
const EACH: [&str; 10] =
    ["forEach", "map", "flatMap", "filter", "find", "some", "every", "for_each", "filter_map", "flat_map"];

/// One round of a loop over a list: what is looped over, and which element.
pub type Round = (Site, usize);

impl<'a> Eval<'a> {
    /// An evaluator to which the element of a loop is the one of this round.
    pub fn in_round(types: &'a Types<'a>, round: Round) -> Eval<'a> {
        Eval { round: Some(round), ..Eval::new(types) }
    }

    /// The rounds of the loop over a list that the arguments of the call at `site` come from: what
    /// stands side by side in an element stays a pair only round by round.
    pub fn rounds(&self, site: Site) -> Vec<Round> {
        let facts = self.types.program.facts(site.file);
        let Expr::Call { args, .. } = facts.expr(site.expr) else { return Vec::new() };
        let mut asked: Vec<ExprId> = facts.list(args).to_vec();
        let mut next = 0;
        while let Some(&expr) = asked.get(next) {
            next += 1;
            let mut names = Vec::new();
            crate::flow::walk::exprs(facts, expr, &mut |e| {
                if let Expr::Name(name) = facts.expr(e) {
                    names.push((e, name));
                }
            });
            for (expr, name) in names {
                let at = Site { file: site.file, expr };
                let Some((owner, def)) = self.types.local(at, name) else { continue };
                let over = match def.kind {
                    DefKind::RangeElement(over) => Some(over),
                    DefKind::Param(0) => self.called_for_each(owner),
                    DefKind::Value(value, _) => {
                        if asked.len() < NAMES && !asked.contains(&value) {
                            asked.push(value);
                        }
                        None
                    }
                    _ => None,
                };
                let Some(over) = over.map(|expr| Site { file: site.file, expr }) else { continue };
                if let Value::List(items) = self.nth(over, 0)
                    && (2..=ROUNDS).contains(&items.len())
                {
                    return (0..items.len()).map(|i| (over, i)).collect();
                }
            }
        }
        Vec::new()
    }

    /// An element of what is looped over: that of the round, where one is told.
    pub(super) fn looped(&self, over: Site) -> Value {
        let whole = self.nth(over, 0);
        match (&whole, self.round) {
            (Value::List(items), Some((at, index))) if at == over => {
                items.get(index).cloned().unwrap_or(Value::Unset)
            }
            // Only a map made as one can be looped over as it is; it gives pairs.
            (Value::Object(object), _)
                if matches!(object.ty, Type::Map(..))
                    && self.types.program.facts(over.file).lang == Lang::TypeScript =>
            {
                element(pairs(object))
            }
            _ => element(whole),
        }
    }

    /// What the n-th parameter of a closure is, where a list or map calls it for each element.
    pub(super) fn passed(&self, closure: Fn, index: u32) -> Option<Value> {
        let base = self.called_for_each(closure)?;
        let base = Site { file: closure.file, expr: base };
        match self.nth(base, 0) {
            Value::List(items) if index == 0 && !items.is_empty() => Some(self.looped(base)),
            Value::Object(object) if matches!(object.ty, Type::Map(..)) => match index {
                0 => Some(Value::one_of(entries(&object).map(|(_, value)| value).collect())),
                1 => Some(Value::one_of(entries(&object).map(|(key, _)| key).collect())),
                _ => None,
            },
            _ => None,
        }
    }

    /// What calls a closure for each of its elements.
    fn called_for_each(&self, closure: Fn) -> Option<ExprId> {
        let file = self.types.program.file(closure.file);
        let &call = file.callbacks.get(&closure.func)?;
        let Expr::Call { callee, .. } = file.facts.expr(call) else { return None };
        let Expr::Field { base, name } = file.facts.expr(callee) else { return None };
        EACH.contains(&file.facts.text(name)).then_some(base)
    }

    /// A store with what is put into it under `name`, a local of `owner` or a name of the file.
    pub(super) fn filled(&self, file: u32, owner: Option<Fn>, name: Sym, value: Value) -> Value {
        let puts = self.types.program.file(file).stores.get(&name);
        let Some(puts) = puts.filter(|_| is_store(&value)) else { return value };
        let facts = self.types.program.facts(file);
        let at = |expr| Site { file, expr };
        let same = |base: ExprId| {
            facts.expr(base) == Expr::Name(name)
                && self.types.local(at(base), name).map(|(owner, _)| owner) == owner
        };
        let put = puts.iter().filter(|put| same(put.base));
        let put = put.map(|put| (self.key(at(put.key)), self.nth(at(put.value), 0)));
        fill(value, put.collect())
    }

    /// A list of a package with what its start adds to it.
    pub(super) fn extended(&self, global: Global, value: Value) -> Value {
        let mut items = match &value {
            Value::List(items) => items.to_vec(),
            Value::Typed(Type::Slice(_)) => Vec::new(),
            _ => return value,
        };
        let known = items.len();
        let program = self.types.program;
        let facts = program.facts(global.file);
        let name = facts.text(facts.globals[global.index as usize].name);
        for &file in &program.package_of(global.file).files {
            let held = program.file(file);
            let own = held.appended.iter().filter(|(list, _)| held.facts.text(*list) == name);
            items.extend(own.map(|&(_, expr)| self.nth(Site { file, expr }, 0)));
        }
        if items.len() == known { value } else { Value::List(items.into()) }
    }

    /// The fields of an object of a class with what its methods put into them (`this.handlers.set(…)`).
    pub(super) fn filled_by_methods(&self, ty: crate::flow::program::Ty, fields: &mut [(Arc<str>, Value)]) {
        let program = self.types.program;
        let file = program.file(ty.file);
        if file.stores.is_empty() {
            return;
        }
        let named = Type::Named(ty, Arc::from([]));
        let at = |expr| Site { file: ty.file, expr };
        for (name, value) in fields.iter_mut().filter(|(_, value)| is_store(value)) {
            let puts = file.stores.iter().find(|(field, _)| file.facts.text(**field) == &**name);
            let own = |base: ExprId| match file.facts.expr(base) {
                Expr::Field { base, .. } => self.types.of(at(base)) == named,
                _ => false,
            };
            let puts = puts.into_iter().flat_map(|(_, puts)| puts).filter(|put| own(put.base));
            let put = puts.map(|put| (self.key(at(put.key)), self.nth(at(put.value), 0)));
            *value = fill(value.clone(), put.collect());
        }
    }

    /// The key under which a map keeps what is put there, if it is one.
    fn key(&self, site: Site) -> Option<Value> {
        (!site.expr.is_none()).then(|| self.nth(site, 0))
    }

    /// An empty map or list of the standard library of Rust (`HashMap::new()`).
    pub(super) fn empty_store(&self, site: Site, callee: &Made, of: Option<&Value>) -> Option<Value> {
        if self.types.program.facts(site.file).lang != Lang::Rust
            || !matches!(&*callee.name, "new" | "with_capacity" | "default")
        {
            return None;
        }
        let on = match of {
            Some(Value::Made(class)) if class.args.is_none() => &class.name,
            _ => &callee.on,
        };
        match &**on {
            "HashMap" | "BTreeMap" | "IndexMap" | "DashMap" => {
                Some(Value::Object(Arc::new(Object::new(map_type(), Vec::new(), site))))
            }
            "Vec" | "VecDeque" | "HashSet" | "BTreeSet" => Some(Value::List(Arc::from([]))),
            _ => None,
        }
    }

    /// What `new Map(entries)`, `new Set(items)` and `new Array()` hold.
    pub(super) fn new_store(&self, site: Site, name: &str, args: &[ExprId]) -> Option<Value> {
        let given = args.first().map(|&arg| self.nth(Site { file: site.file, expr: arg }, 0));
        match name {
            "Map" | "WeakMap" => {
                let entries = match given {
                    Some(Value::List(items)) => items.iter().filter_map(entry).collect(),
                    _ => Vec::new(),
                };
                Some(Value::Object(Arc::new(Object::new(map_type(), entries, site))))
            }
            "Set" | "Array" => match given {
                Some(list @ Value::List(_)) => Some(list),
                _ => Some(Value::List(Arc::from([]))),
            },
            _ => None,
        }
    }

    /// What `map.get(key)` and the like read out of a store; nothing where `base` is none.
    pub(super) fn read(&self, site: Site, base: ExprId, name: &str, args: &[ExprId]) -> Option<Value> {
        if !matches!(
            name,
            "get" | "values" | "entries" | "keys" | "at" | "pop" | "shift" | "map" | "flatMap" | "filter"
        ) {
            return None;
        }
        let base = Site { file: site.file, expr: base };
        let whole = self.nth(base, 0);
        match (name, args) {
            ("get", &[key]) => {
                let key = || self.nth(Site { file: site.file, expr: key }, 0);
                under(&whole, &key, || matches!(self.types.of(base), Type::Map(..)))
            }
            ("values" | "keys" | "entries", []) => match &whole {
                Value::Object(object) if matches!(object.ty, Type::Map(..)) => Some(match name {
                    "values" => Value::List(entries(object).map(|(_, value)| value).collect()),
                    "keys" => Value::List(entries(object).map(|(key, _)| key).collect()),
                    _ => pairs(object),
                }),
                Value::List(_) if name == "values" => Some(whole),
                // Of a map that a caller knows: the step is taken when it is there.
                Value::Param(..) | Value::Field(..) | Value::Receiver(_)
                    if name != "entries" && matches!(self.types.of(base), Type::Map(..)) =>
                {
                    let step = step_name(if name == "keys" { "keys" } else { "each" });
                    Some(Value::Field(whole.into(), step))
                }
                _ => None,
            },
            ("at" | "pop" | "shift", _) if matches!(whole, Value::List(_)) => Some(element(whole)),
            ("filter", _) if matches!(whole, Value::List(_)) => Some(whole),
            ("map" | "flatMap", &[callback]) => {
                let Value::Func(closure) = self.nth(Site { file: site.file, expr: callback }, 0) else {
                    return None;
                };
                // What stands for each of several is turned into what stands for each.
                if let Value::Field(_, name) = &whole
                    && name.starts_with(STEP)
                    && matches!(&name[STEP.len_utf8()..], "keys" | "each")
                {
                    return self.apply(&closure, &Arc::from([whole.clone()]), false, 0);
                }
                let Value::List(items) = &whole else { return None };
                if items.len() > ROUNDS || !self.types.has_body(closure.func) {
                    return None;
                }
                // One result for each element, so that what stands side by side stays together.
                let each = |(index, item): (usize, &Value)| {
                    let eval = Eval::in_round(self.types, (base, index));
                    eval.apply(&closure, &Arc::from([item.clone()]), false, 0)
                };
                items.iter().enumerate().map(each).collect::<Option<Arc<[Value]>>>().map(Value::List)
            }
            _ => None,
        }
    }
}

/// A pair as an entry of a map.
fn entry(pair: &Value) -> Option<(Arc<str>, Value)> {
    let Value::List(items) = pair else { return None };
    Some(kept(items.first()?.clone(), items.get(1)?.clone()))
}

/// What stands in a map under `key`: one entry where the key is known, else any of them.
fn under(
    whole: &Value,
    key: &dyn std::ops::Fn() -> Value,
    is_map: impl Copy + std::ops::Fn() -> bool,
) -> Option<Value> {
    match whole {
        Value::Object(object) if matches!(object.ty, Type::Map(..)) => {
            if let Value::Str(key) = key()
                && let Some((_, found)) = object.fields.iter().find(|(name, _)| *name == key)
            {
                return Some(found.clone());
            }
            let all: Vec<Value> = entries(object).map(|(_, value)| value).collect();
            (!all.is_empty()).then(|| Value::one_of(all))
        }
        Value::OneOf(items) => {
            let found: Vec<Value> = items.iter().filter_map(|item| under(item, key, is_map)).collect();
            (!found.is_empty()).then(|| Value::one_of(found))
        }
        Value::Param(..) | Value::Field(..) | Value::Receiver(_) if is_map() => {
            Some(Value::Element(whole.clone().into()))
        }
        _ => None,
    }
}

fn map_type() -> Type {
    Type::Map(Type::Unknown.into(), Type::Unknown.into())
}

/// Whether more can be put into a value: a list, a map, an object without a type.
fn is_store(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Typed(Type::Slice(_) | Type::Map(..)) => true,
        Value::Object(object) => matches!(object.ty, Type::Map(..) | Type::Unknown),
        _ => false,
    }
}

/// A store with more in it.
fn fill(store: Value, put: Vec<(Option<Value>, Value)>) -> Value {
    if put.is_empty() {
        return store;
    }
    let keyed = put.iter().any(|(key, _)| key.is_some());
    match &store {
        Value::List(items) if !keyed => {
            Value::List(items.iter().cloned().chain(put.into_iter().map(|(_, value)| value)).collect())
        }
        Value::Typed(Type::Slice(_)) if !keyed => {
            Value::List(put.into_iter().map(|(_, value)| value).collect())
        }
        Value::Object(object) if keyed => {
            let mut fields = object.fields.clone();
            fields.extend(put.into_iter().filter_map(|(key, value)| Some(kept(key?, value))));
            Value::Object(Arc::new(Object::new(map_type(), fields, object.site)))
        }
        _ => store,
    }
}

/// The name of an entry whose key is not constant; the key stands beside the value.
const OPEN_KEY: &str = "\u{1}entry";

/// An entry of a map.
fn kept(key: Value, value: Value) -> (Arc<str>, Value) {
    match key {
        Value::Str(text) | Value::Literal(text) => (text, value),
        key => (OPEN_KEY.into(), Value::List(Arc::from([key, value]))),
    }
}

/// The name under which a map keeps what it was before more was put into it, where that is not known.
const BELOW: &str = "\u{1}below";

/// A map that is not known yet, to put more into.
pub(super) fn upon(ty: Type, below: Value, site: Site) -> Object {
    Object::new(ty, vec![(BELOW.into(), below)], site)
}

/// What is under a key of a map.
pub(super) fn at(object: &Object, key: &Arc<str>) -> Value {
    let held =
        |name: &str| object.fields.iter().find(|(own, _)| **own == *name).map(|(_, value)| value.clone());
    held(key).or_else(|| Some(Value::Field(held(BELOW)?.into(), key.clone()))).unwrap_or(Value::Unset)
}

/// The fields of an object; what a map was before stands among them, once that is known.
pub(super) fn joined(mut fields: Vec<(Arc<str>, Value)>) -> Vec<(Arc<str>, Value)> {
    let Some(at) = fields.iter().position(|(name, _)| &**name == BELOW) else { return fields };
    match fields[at].1.clone() {
        Value::Object(map) => {
            fields.remove(at);
            let missing = |(name, _): &&(Arc<str>, Value)| !fields.iter().any(|(own, _)| own == name);
            let below: Vec<_> = map.fields.iter().filter(missing).cloned().collect();
            fields.extend(below);
        }
        Value::Typed(_) | Value::Unset => {
            fields.remove(at);
        }
        _ => {}
    }
    fields
}

/// The keys and values of a map.
pub fn entries(object: &Object) -> impl Iterator<Item = (Value, Value)> + use<'_> {
    object.named().filter(|(name, _)| &**name != BELOW).map(|(name, value)| match value {
        Value::List(pair) if &**name == OPEN_KEY && pair.len() == 2 => (pair[0].clone(), pair[1].clone()),
        value => (Value::Str(name.clone()), value.clone()),
    })
}

/// The entries of a map as pairs.
pub(super) fn pairs(object: &Object) -> Value {
    Value::List(entries(object).map(|(key, value)| Value::List(Arc::from([key, value]))).collect())
}

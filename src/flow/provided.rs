//! What dependency-injection libraries give: things by name or by type, and the parameters of the
//! constructors they call.
//!
//! Rules say which calls make constructors known and which take things out; who gives what is told by
//! the name, or by the type that the constructor gives. What is provided nearest in the tree is meant:
//! each program has a container of its own.

use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Graph;
use super::eval::Eval;
use super::matches::{Index, Match, RuleId};
use super::program::{Fn, Site};
use super::registries::{constant, made, nearest};
use super::resolve::everything;
use super::select::select;
use super::types::{Type, Types};
use super::value::{Made, Object, Value};
use crate::rules::{Role, Rule, Selector, Start};
use std::sync::Arc;

/// Something that was provided.
#[derive(Clone, Debug)]
struct Provided {
    /// Under which name, where it has one.
    key: Option<Value>,
    /// Of which type.
    gives: Type,
    /// The constructor, or the thing.
    value: Value,
    site: Site,
}

/// What takes something out.
#[derive(Clone, Debug)]
struct Taking {
    detector: u16,
    /// Which argument is the name, where it has one.
    key: Option<usize>,
}

/// What the containers of libraries hold.
#[derive(Debug, Default)]
pub struct Containers {
    /// By the library's detector.
    provided: FxHashMap<u16, Vec<Provided>>,
    takings: FxHashMap<Site, Taking>,
    /// The functions that a library calls with what it has, and where it is told of them.
    called: FxHashMap<Fn, Vec<(u16, Site)>>,
}

/// How deep values are looked into for what is provided.
const DEEP: u8 = 5;
/// How many structs of parameters are looked into.
const FIELDS: usize = 64;

/// Collects what rules say is provided and taken.
pub fn collect(types: &Types<'_>, graph: &Graph, index: &Index<'_>, matches: &[Match]) -> Containers {
    let eval = Eval::new(types);
    let mut found = Containers::default();
    for m in matches {
        let rule = index.rule(m.rule);
        match rule.role {
            Role::DiProvide => found.provide(&eval, graph, m.site, m.rule, rule),
            Role::DiInvoke => {
                for value in handlers(&eval, graph, m.site, rule) {
                    found.calls(&value, m.rule, m.site);
                }
            }
            Role::DiTake => {
                let taking = Taking { detector: m.rule.detector, key: rule.key.first().and_then(argument) };
                found.takings.insert(m.site, taking);
            }
            _ => {}
        }
    }
    found
}

fn handlers(eval: &Eval<'_>, graph: &Graph, site: Site, rule: &Rule) -> Vec<Value> {
    let mut seen = FxHashSet::default();
    let given = rule.handler.iter().flat_map(|selector| select(eval, site, selector).items());
    given
        .flat_map(|value| everything(eval, graph, &value, DEEP))
        .flat_map(|value| value.items())
        .filter(|value| seen.insert(value.clone()))
        .collect()
}

/// Which argument a selector names.
fn argument(selector: &Selector) -> Option<usize> {
    match selector.start {
        Start::Arg(index) if selector.steps.is_empty() => Some(index),
        _ => None,
    }
}

impl Containers {
    /// Whether nothing is known to be taken out.
    pub fn is_empty(&self) -> bool {
        self.takings.is_empty()
    }

    fn provide(&mut self, eval: &Eval<'_>, graph: &Graph, site: Site, id: RuleId, rule: &Rule) {
        let key = rule.key.first().map(|selector| select(eval, site, selector));
        for value in handlers(eval, graph, site, rule) {
            self.calls(&value, id, site);
            let gives = match &value {
                Value::Func(closure) => eval.types.gives(closure.func),
                other => eval.type_of(other),
            };
            self.provided.entry(id.detector).or_default().push(Provided {
                key: key.clone(),
                gives,
                value,
                site,
            });
        }
    }

    fn calls(&mut self, value: &Value, id: RuleId, site: Site) {
        if let Value::Func(closure) = value {
            self.called.entry(closure.func).or_default().push((id.detector, site));
        }
    }

    /// What of a type is provided nearest to a file.
    fn of_type(&self, eval: &Eval<'_>, (detector, at): (u16, Site), ty: &Type) -> Vec<&Provided> {
        let Some(all) = self.provided.get(&detector) else { return Vec::new() };
        let fits = |wanted: &dyn std::ops::Fn(&Type) -> bool| -> Vec<&Provided> {
            all.iter().filter(|provided| wanted(&provided.gives)).collect()
        };
        let mut held = fits(&|gives| gives == ty);
        // Rules do not tell for which interfaces a constructor is to stand.
        if held.is_empty()
            && let Type::Named(interface, _) = ty
            && eval.types.is_interface(*interface)
        {
            let implementers = eval.types.implementers(*interface);
            held = fits(&|gives| matches!(gives, Type::Named(ty, _) if implementers.contains(ty)));
        }
        nearest(eval, at.file, held, |provided| provided.site)
    }

    /// A thing of a type, made of what is provided; for a struct of parameters that nobody builds, its
    /// fields.
    fn thing(&self, eval: &Eval<'_>, graph: &Graph, told: (u16, Site), ty: &Type) -> Option<Value> {
        if !matches!(ty, Type::Named(..) | Type::External(..)) {
            return None;
        }
        if let Some(found) = things(eval, &self.of_type(eval, told, ty)) {
            return Some(found);
        }
        let Type::Named(named, _) = ty else { return None };
        if graph.built.contains_key(named) || eval.types.is_interface(*named) {
            return None;
        }
        let facts = eval.types.program.facts(named.file);
        let fields = facts.fields(&facts.types[named.ty.0 as usize].fields).iter().take(FIELDS);
        let filled: Vec<(Arc<str>, Value)> = fields
            .filter(|field| !field.embedded)
            .filter_map(|field| {
                let site = Site { file: named.file, expr: field.ty };
                let held = self.of_type(eval, told, &eval.types.named_by(site));
                Some((facts.text(field.name).into(), things(eval, &held)?))
            })
            .collect();
        let site = Site { file: named.file, expr: crate::syntax::facts::ExprId::NONE };
        (!filled.is_empty()).then(|| Value::Object(Arc::new(Object::new(ty.clone(), filled, site))))
    }
}

/// What constructors give.
fn things(eval: &Eval<'_>, held: &[&Provided]) -> Option<Value> {
    let given = held.iter().map(|provided| made(eval, &provided.value, None));
    let given: Vec<Value> = given.filter(|value| !matches!(value, Value::Opaque(_) | Value::Unset)).collect();
    (!given.is_empty()).then(|| Value::one_of(given))
}

/// What a library's call takes out of a container. `None` where it is no such call or nothing is known
/// to be there.
pub fn taken(eval: &Eval<'_>, graph: &Graph, call: &Made) -> Option<Value> {
    let containers = &graph.containers;
    let taking = containers.takings.get(&call.site)?;
    match taking.key {
        Some(at) => {
            let key = call.args.as_ref()?.get(at).filter(|key| constant(key))?;
            let all = containers.provided.get(&taking.detector)?;
            let held = all.iter().filter(|provided| provided.key.as_ref() == Some(key)).collect();
            things(eval, &nearest(eval, call.site.file, held, |provided| provided.site))
        }
        None => containers.thing(eval, graph, (taking.detector, call.site), call.type_args.first()?),
    }
}

/// What a library gives for a parameter of a function that it alone calls.
pub fn injected(eval: &Eval<'_>, graph: &Graph, func: Fn, index: u32) -> Option<Value> {
    let told = graph.containers.called.get(&func)?;
    if graph.callers.contains_key(&func) {
        return None;
    }
    let ty = eval.type_of(&Value::Param(func, index));
    let given = told.iter().filter_map(|&told| graph.containers.thing(eval, graph, told, &ty));
    let given: Vec<Value> = given.collect();
    (!given.is_empty()).then(|| Value::one_of(given))
}

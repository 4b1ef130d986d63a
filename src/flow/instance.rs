//! Instances: which calls of a method are made on the object that a consumer was found through.
//!
//! A consumer object is often made with its topic in one call and started with its handler in
//! another (`c := bus.New("orders"); go c.Run(handle)`). The topic leads to the object; the handler
//! is what the method that receives is given by the calls made on that very object, rather than on
//! others of its type.

use super::calls::{CallSite, Callee, Graph};
use super::eval::Eval;
use super::program::{Fn, Site};
use super::resolve::{binding_of, everything};
use super::types::Type;
use super::value::{Binding, Closure, Value};
use super::walk;
use crate::syntax::facts::{Expr, ExprId, Facts, Stmt, Sym};

/// How many calls may lie between the method that receives and the one that is called from outside.
const CALLS: u8 = 5;
/// How far what a method is called on is followed.
const DEPTH: u8 = 6;

/// Finds what the methods of one object are given.
pub struct Instance<'a> {
    /// Evaluation.
    pub eval: &'a Eval<'a>,
    /// Calls.
    pub graph: &'a Graph,
    /// Where the consumer is registered.
    pub place: Site,
    /// The calls that led to the object, outermost first.
    pub hops: &'a [Site],
    /// Which functions run in the consumer's service.
    pub runs: &'a dyn std::ops::Fn(Fn) -> bool,
}

impl Instance<'_> {
    /// `handler` with what it is given by the calls on its object, and by the one beside the
    /// registration; nothing where it takes no function, or where those calls do not tell.
    pub fn bound(&self, handler: &Closure) -> Option<Closure> {
        self.on_object(handler).or_else(|| self.set_up(handler))
    }

    /// A function that is given the library's object and what to run
    /// (`newLoop(consumer, handle) { return func() { … } }`), as it is called beside the registration.
    fn set_up(&self, handler: &Closure) -> Option<Closure> {
        let program = self.eval.types.program;
        let outer = program.outermost(handler.func);
        let bound = handler.env.iter().any(|b| b.func == outer && b.args != self.eval.parameters(outer));
        if bound || program.func(outer).receiver.is_some() {
            return None;
        }
        let binding = self.beside(outer)?;
        let mut env = vec![binding];
        env.extend(handler.env.iter().filter(|b| b.func != outer).cloned());
        Some(Closure::bound(handler.func, handler.receiver.clone(), env))
    }

    /// What the call of `func` beside the registration gives it.
    pub fn beside(&self, func: Fn) -> Option<Binding> {
        let program = self.eval.types.program;
        let around = program.around(self.place)?;
        let beside = |call: &&CallSite| call.func.map(|f| program.outermost(f)) == Some(around);
        self.graph.calls_of(func).find(beside).map(|call| binding_of(self.eval, call.site, func))
    }

    /// `method` with what the calls on its object give it.
    fn on_object(&self, method: &Closure) -> Option<Closure> {
        let object = method.receiver.as_ref()?;
        let own = method.env.iter().find(|binding| binding.func == method.func)?;
        let open = |(i, value): (usize, &Value)| {
            *value == Value::Param(method.func, i as u32)
                && matches!(self.eval.type_of(value), Type::Signature(_) | Type::Func(_) | Type::Named(..))
        };
        if !own.args.iter().enumerate().any(open) {
            return None;
        }
        let chains = self.chains(method.func, object, CALLS);
        let env = chains.into_iter().reduce(merged)?;
        (!env.is_empty()).then(|| Closure::bound(method.func, method.receiver.clone(), env))
    }

    /// The ways from outside to `method` of the object: what each function on the way is given,
    /// innermost last.
    fn chains(&self, method: Fn, object: &Value, left: u8) -> Vec<Vec<Binding>> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let mut found = Vec::new();
        let local = self.local();
        let on_local = |call: &&CallSite| local.is_some() && self.made_on(call.site) == local;
        let beside = self.graph.calls_of(method).any(|call| on_local(&call));
        for call in self.graph.calls_of(method) {
            // The variable that the registration sets up tells its object from others like it.
            if beside && !on_local(&call) {
                continue;
            }
            let Some(caller) = call.func.map(|func| self.eval.types.program.outermost(func)) else {
                continue;
            };
            if caller == method || !(self.runs)(caller) {
                continue;
            }
            let binding = binding_of(self.eval, call.site, method);
            match &binding.receiver {
                // Another method of the same object.
                Some(Value::Receiver(outer)) if *outer == caller => {
                    for mut chain in self.chains(caller, object, left) {
                        chain.push(binding.clone());
                        found.push(chain);
                    }
                }
                Some(on) if self.is(on, object) => {
                    let mut chain: Vec<Binding> = self.given(caller).into_iter().collect();
                    chain.push(binding);
                    found.push(chain);
                }
                _ => {}
            }
        }
        found
    }

    /// The variable that the statement of the registration sets up (`c.Configure(Queue("orders"))`,
    /// `c := New("orders")`), with the function around it.
    fn local(&self) -> Option<(Fn, Sym)> {
        let program = self.eval.types.program;
        let facts = program.facts(self.place.file);
        let around = program.around(self.place)?;
        let holds = |expr: ExprId| {
            let mut held = false;
            walk::exprs(facts, expr, &mut |inner| held |= inner == self.place.expr);
            held
        };
        let name = facts.stmts.iter().find_map(|stmt| match *stmt {
            Stmt::Expr(call) if holds(call) => root(facts, call),
            Stmt::Assign { targets, values, .. } if facts.list(values).iter().any(|&value| holds(value)) => {
                root(facts, *facts.list(targets).first()?)
            }
            _ => None,
        })?;
        Some((around, name))
    }

    /// The variable that a method is called on, with the function around the call.
    fn made_on(&self, call: Site) -> Option<(Fn, Sym)> {
        let program = self.eval.types.program;
        let facts = program.facts(call.file);
        Some((program.around(call)?, root(facts, call.expr)?))
    }

    /// What one of the calls that led to the object gives to the function that calls the method.
    pub fn given(&self, caller: Fn) -> Option<Binding> {
        let runs = |site: &&Site| match self.graph.at(**site).map(|call| &call.callee) {
            Some(Callee::Tree(targets)) => targets.contains(&caller),
            _ => false,
        };
        self.hops.iter().find(runs).map(|&site| binding_of(self.eval, site, caller))
    }

    fn is(&self, value: &Value, object: &Value) -> bool {
        // Where it is not known which object receives, any of the service may.
        matches!(object, Value::Receiver(_))
            || everything(self.eval, self.graph, value, DEPTH).iter().any(|found| may_be(found, object))
    }
}

/// The name that a chain of calls begins with.
fn root(facts: &Facts, mut expr: ExprId) -> Option<Sym> {
    loop {
        expr = match facts.expr(expr) {
            Expr::Name(name) => return Some(name),
            Expr::Call { callee, .. } => match facts.expr(callee) {
                Expr::Field { base, .. } => base,
                _ => return None,
            },
            _ => return None,
        };
    }
}

/// Whether two values may be one: literals of the same place whose constants agree.
fn may_be(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.site == b.site
                && a.fields.iter().all(|(name, held)| {
                    let other = b.fields.iter().find(|(other, _)| other == name);
                    other.is_none_or(|(_, other)| may_be(held, other))
                })
        }
        (Value::Str(a), Value::Str(b)) | (Value::Literal(a), Value::Literal(b)) => a == b,
        (Value::Func(a), Value::Func(b)) => a.func == b.func,
        (Value::List(a), Value::List(b)) => {
            a.len() != b.len() || a.iter().zip(b.iter()).all(|(a, b)| may_be(a, b))
        }
        (Value::OneOf(items), other) | (other, Value::OneOf(items)) => {
            items.iter().any(|item| may_be(item, other))
        }
        _ => true,
    }
}

/// Two ways taken together, as far as they lead through the same functions.
fn merged(mut all: Vec<Binding>, next: Vec<Binding>) -> Vec<Binding> {
    let same = all.len() == next.len() && all.iter().zip(&next).all(|(a, b)| a.func == b.func);
    if !same {
        return Vec::new();
    }
    for (known, other) in all.iter_mut().zip(next) {
        let both = |(a, b): (&Value, &Value)| Value::one_of(vec![a.clone(), b.clone()]);
        known.args = known.args.iter().zip(other.args.iter()).map(both).collect();
    }
    all
}

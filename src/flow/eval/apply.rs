//! Calls looked through: what a function returns, with the caller's arguments put in place of its
//! parameters.

use rustc_hash::FxHashMap;
use std::mem::Discriminant;
use std::sync::Arc;

use super::{Eval, STEPS, element};
use crate::flow::headers;
use crate::flow::program::{Fn, Site};
use crate::flow::pure;
use crate::flow::scope::DefKind;
use crate::flow::types::{Member, Type};
use crate::flow::value::{Binding, Closure, Merged, Needs, Object, STEP, Value};

impl Eval<'_> {
    /// What calling `closure` with `args` gives: its n-th returned value.
    pub fn apply(&self, closure: &Closure, args: &Arc<[Value]>, spread: bool, index: u32) -> Option<Value> {
        let func = closure.func;
        if self.types.has_body(func) {
            // A map's own getter takes the entry of the key it is given.
            if let Some(receiver) = &closure.receiver
                && let Some(at) = headers::getter(self.types, func)
                && let Some(Value::Str(key)) = args.get(at)
            {
                return Some(self.select(receiver.clone(), key));
            }
            let returned = self.returned(func, index);
            let binding = self.bind(func, args, spread, closure.receiver.clone());
            let mut value = self.substitute(&returned, &binding);
            for outer in closure.env.iter().rev() {
                value = self.substitute(&value, outer);
            }
            return Some(value);
        }
        // An interface method: what the implementations give.
        let receiver = closure.receiver.as_ref()?;
        if !matches!(self.type_of(receiver), Type::Named(..)) {
            return None;
        }
        let name = self.types.program.facts(func.file).text(self.types.program.func(func).name);
        let implementations = crate::flow::calls::implementations(self.types, func, name);
        if implementations.len() > 6 {
            return None;
        }
        let values: Vec<Value> = implementations
            .iter()
            .map(|&method| {
                let binding = self.bind(method, args, spread, None);
                self.substitute(&self.returned(method, index), &binding)
            })
            .filter(|value| !matches!(value, Value::Opaque(_) | Value::Unset))
            .collect();
        (!values.is_empty()).then(|| Value::one_of(values))
    }

    /// The n-th value a function returns, in terms of its parameters. Zero values beside an error
    /// are left out where another return gives something.
    pub fn returned(&self, func: Fn, index: u32) -> Value {
        if let Some(value) = self.returns.borrow().get(&(func, index)) {
            return value.clone();
        }
        let cuts = self.cuts.get();
        let outer = self.outermost.replace(u32::MAX);
        let value = self.returned_now(func, index);
        let entered = self.outermost.get();
        if self.cuts.get() == cuts && entered == u32::MAX {
            self.returns.borrow_mut().insert((func, index), value.clone());
        }
        self.outermost.set(outer.min(entered));
        value
    }

    fn returned_now(&self, func: Fn, index: u32) -> Value {
        let program = self.types.program;
        let file = program.file(func.file);
        let scope = &file.scopes[func.func.0 as usize];
        let mut values = Vec::new();
        for &list in &scope.returns {
            let exprs = file.facts.list(list);
            let value = match exprs.len() {
                0 => self.named_result(func, index),
                1 => self.nth(Site { file: func.file, expr: exprs[0] }, index),
                _ => match exprs.get(index as usize) {
                    Some(&expr) => self.nth(Site { file: func.file, expr }, 0),
                    None => continue,
                },
            };
            values.push(value);
        }
        let empty = |v: &Value| match v {
            Value::Literal(text) => &**text == "nil",
            Value::Object(object) => object.fields.is_empty(),
            Value::Str(text) => text.is_empty(),
            _ => false,
        };
        if values.iter().any(|v| !empty(v)) {
            values.retain(|v| !empty(v));
        }
        Value::one_of(values)
    }

    fn named_result(&self, func: Fn, index: u32) -> Value {
        let facts = self.types.program.facts(func.file);
        let decl = facts.func(func.func);
        match facts.params(&decl.results).get(index as usize) {
            Some(param) if !param.name.is_empty() => {
                let scope = &self.types.program.file(func.file).scopes[func.func.0 as usize];
                let values: Vec<Value> = scope
                    .defs
                    .iter()
                    .filter(|d| d.name == param.name)
                    .filter_map(|d| match d.kind {
                        DefKind::Value(expr, i) => Some(self.nth(Site { file: func.file, expr }, i)),
                        _ => None,
                    })
                    .collect();
                Value::one_of(values)
            }
            _ => Value::Opaque(None),
        }
    }

    /// Arguments in the order of `func`'s parameters, variadic ones gathered.
    pub fn bind(&self, func: Fn, args: &Arc<[Value]>, spread: bool, receiver: Option<Value>) -> Binding {
        let facts = self.types.program.facts(func.file);
        let params = facts.params(&facts.func(func.func).params);
        let variadic = params.last().is_some_and(|p| p.variadic);
        let spread_list = match args.last() {
            Some(Value::List(items)) if spread && !variadic => Some(items.clone()),
            _ => None,
        };
        let args = if let Some(items) = spread_list {
            args[..args.len() - 1].iter().chain(items.iter()).cloned().collect()
        } else if variadic && !spread && args.len() + 1 >= params.len() {
            let fixed = params.len() - 1;
            let mut bound: Vec<Value> = args[..fixed].to_vec();
            bound.push(Value::List(args[fixed..].into()));
            bound.into()
        } else {
            args.clone()
        };
        Binding { func, args, receiver }
    }

    /// The parameters of a function, each standing for itself.
    pub fn parameters(&self, func: Fn) -> Arc<[Value]> {
        let count = self.types.program.func(func).params.len() as u32;
        (0..count).map(|i| Value::Param(func, i)).collect()
    }

    /// A value with what the functions of a path were given put in.
    pub fn within(&self, value: &Value, frame: &[Binding]) -> Value {
        frame.iter().rev().fold(value.clone(), |v, b| self.substitute(&v, b))
    }

    /// Whether a value is a context, which says nothing of the message.
    pub fn is_context(&self, value: &Value) -> bool {
        match self.type_of(value) {
            Type::External(path, _) => self.types.program.external(path) == "context",
            _ => false,
        }
    }

    /// A function whose parameters and receiver stand for themselves until a call supplies them.
    pub fn symbolic(&self, func: Fn) -> Closure {
        let args = self.parameters(func);
        let receiver = self.types.program.func(func).receiver.map(|_| Value::Receiver(func));
        self.awaiting(Closure::bound(func, receiver.clone(), vec![Binding { func, args, receiver }]))
    }

    /// A closure with what it captured so far: it waits for each function around it of which nothing is
    /// known yet, even one that is given nothing itself.
    pub(super) fn awaiting(&self, closure: Closure) -> Closure {
        let mut unknown = Needs::NONE;
        let mut parent = self.types.program.func(closure.func).parent;
        while let Some(func) = parent {
            let around = Fn { file: closure.func.file, func };
            if !closure.env.iter().any(|binding| binding.func == around) {
                unknown = unknown | Needs::of(around);
            }
            parent = self.types.program.func(around).parent;
        }
        closure.waiting(unknown)
    }

    /// Puts arguments in place of the parameters of `binding.func`.
    pub fn substitute(&self, value: &Value, binding: &Binding) -> Value {
        Substitution { eval: self, binding, done: FxHashMap::default() }.put(value)
    }

    /// Whether closure `inner` is written inside `outer`.
    pub fn encloses(&self, outer: Fn, inner: Fn) -> bool {
        let mut parent = self.types.program.func(inner).parent;
        while let Some(func) = parent {
            let at = Fn { file: inner.file, func };
            if at == outer {
                return true;
            }
            parent = self.types.program.func(at).parent;
        }
        false
    }

    /// The type of a value.
    pub fn type_of(&self, value: &Value) -> Type {
        let program = self.types.program;
        match value {
            Value::Object(object) => object.ty.clone(),
            Value::Made(made) => made.ty.clone(),
            Value::Func(closure) => match closure.named {
                Some(ty) => Type::Named(ty, Arc::from([])),
                None => Type::Func(closure.func),
            },
            // What goes round a handler is of its type.
            Value::Call(call) => match call.fold.and_then(|fold| call.args.get(fold.at as usize)) {
                Some(start) => self.type_of(start),
                None if call.index == 0 => self.types.of(call.site),
                None => Type::Unknown,
            },
            Value::Typed(ty) => ty.clone(),
            Value::Str(_) | Value::Concat(_) => Type::Basic("string".into()),
            Value::Param(func, i) => {
                let facts = program.facts(func.file);
                match facts.params(&facts.func(func.func).params).get(*i as usize) {
                    Some(p) if p.variadic => {
                        Type::Slice(self.types.named_by(Site { file: func.file, expr: p.ty }).into())
                    }
                    Some(p) => self.types.named_by(Site { file: func.file, expr: p.ty }),
                    None => Type::Unknown,
                }
            }
            Value::Receiver(func) => self.types.receiver_type(*func),
            Value::Field(base, name) if name.starts_with(STEP) => {
                self.types.part_of(&self.type_of(base), name)
            }
            Value::Field(base, name) => {
                self.member(&self.type_of(base), name).map_or(Type::Unknown, Member::ty)
            }
            Value::Element(base) => match self.type_of(base) {
                Type::Slice(inner) | Type::Map(_, inner) | Type::Chan(inner) => (*inner).clone(),
                external @ Type::External(..) => external,
                _ => Type::Unknown,
            },
            Value::List(items) => {
                Type::Slice(items.first().map_or(Type::Unknown, |v| self.type_of(v)).into())
            }
            Value::OneOf(items) => {
                items.iter().map(|v| self.type_of(v)).find(|t| *t != Type::Unknown).unwrap_or(Type::Unknown)
            }
            Value::Opaque(Some(site)) => self.types.of(*site),
            Value::Opaque(None) | Value::Unset | Value::Literal(_) => Type::Unknown,
        }
    }
}

/// Lists inside a list come from spread arguments.
fn flatten(items: Vec<Value>) -> Vec<Value> {
    if items.len() == 1
        && let Value::List(inner) = &items[0]
    {
        return inner.to_vec();
    }
    items
}

/// One substitution. Values share their parts, so each part is done once.
struct Substitution<'s, 'a> {
    eval: &'s Eval<'a>,
    binding: &'s Binding,
    done: FxHashMap<(Discriminant<Value>, *const ()), Value>,
}

impl Substitution<'_, '_> {
    fn put(&mut self, value: &Value) -> Value {
        let eval = self.eval;
        if !value.needs().may_hold(self.binding.func) {
            return value.clone();
        }
        let part = identity(value);
        if let Some(done) = part.and_then(|part| self.done.get(&part)) {
            return done.clone();
        }
        eval.steps.set(eval.steps.get() + 1);
        if eval.steps.get() > STEPS {
            eval.cut(true);
            return Value::Opaque(None);
        }
        let put = self.put_inside(value);
        if let Some(part) = part {
            self.done.insert(part, put.clone());
        }
        put
    }

    fn put_inside(&mut self, value: &Value) -> Value {
        let (eval, binding) = (self.eval, self.binding);
        match value {
            Value::Param(func, i) if *func == binding.func => {
                binding.args.get(*i as usize).cloned().unwrap_or(Value::Unset)
            }
            Value::Receiver(func) if *func == binding.func => {
                binding.receiver.clone().unwrap_or_else(|| value.clone())
            }
            Value::Concat(items) => Value::concat(self.all(items)),
            Value::List(items) => Value::List(flatten(self.all(items)).into()),
            Value::OneOf(items) => Value::one_of(self.all(items)),
            Value::Field(base, name) => {
                let base = self.put(base);
                match base {
                    Value::Field(..) | Value::Param(..) | Value::Receiver(..) => {
                        Value::Field(base.into(), name.clone())
                    }
                    base => eval.member_value(base, &Type::Unknown, name),
                }
            }
            Value::Element(base) => element(self.put(base)),
            Value::Object(object) => {
                let fields = object.fields.iter().map(|(name, value)| (name.clone(), self.put(value)));
                let fields = if object.takes() {
                    Merged::of(fields).fields()
                } else {
                    super::stores::joined(fields.collect())
                };
                Value::Object(Arc::new(Object::new(object.ty.clone(), fields, object.site)))
            }
            Value::Made(made) => {
                let receiver = made.receiver.as_ref().map(|v| self.put(v));
                let args = made.args.as_ref().map(|args| self.all(args).into());
                let made = made.with(receiver, args);
                pure::apply(eval, &made).unwrap_or_else(|| Value::Made(Arc::new(made)))
            }
            Value::Call(call) => {
                let callee = self.put(&call.callee);
                let args = self.all(&call.args).into();
                eval.called(call.with(callee, args))
            }
            Value::Func(closure) => {
                let mut env = closure.env.iter().map(|b| self.inside(b)).collect::<Vec<_>>();
                if eval.encloses(binding.func, closure.func) && !env.iter().any(|b| b.func == binding.func) {
                    env.insert(0, binding.clone());
                }
                let receiver = closure.receiver.as_ref().map(|v| self.put(v));
                Value::Func(Arc::new(eval.awaiting(closure.with(receiver, env))))
            }
            other => other.clone(),
        }
    }

    fn all(&mut self, items: &[Value]) -> Vec<Value> {
        items.iter().map(|v| self.put(v)).collect()
    }

    fn inside(&mut self, inner: &Binding) -> Binding {
        Binding {
            func: inner.func,
            args: inner.args.iter().map(|v| self.put(v)).collect(),
            receiver: inner.receiver.as_ref().map(|v| self.put(v)),
        }
    }
}

/// What tells a value from others as long as both are held: its kind and where its parts are.
fn identity(value: &Value) -> Option<(Discriminant<Value>, *const ())> {
    let parts: *const () = match value {
        Value::Concat(items) | Value::List(items) | Value::OneOf(items) => Arc::as_ptr(items).cast(),
        Value::Object(object) => Arc::as_ptr(object).cast(),
        Value::Func(closure) => Arc::as_ptr(closure).cast(),
        Value::Made(made) => Arc::as_ptr(made).cast(),
        Value::Call(call) => Arc::as_ptr(call).cast(),
        _ => return None,
    };
    Some((std::mem::discriminant(value), parts))
}

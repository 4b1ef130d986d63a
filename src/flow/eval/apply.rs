//! Calls looked through: what a function returns, with the caller's arguments put in place of its
//! parameters.

use std::sync::Arc;

use super::{Eval, STEPS, element};
use crate::flow::program::{Fn, Site};
use crate::flow::pure;
use crate::flow::scope::DefKind;
use crate::flow::types::{Member, Type};
use crate::flow::value::{Binding, Closure, Made, Object, Value};

impl Eval<'_> {
    /// What calling `closure` with `args` gives: its n-th returned value.
    pub fn apply(&self, closure: &Closure, args: &Arc<[Value]>, spread: bool, index: u32) -> Option<Value> {
        let func = closure.func;
        if self.types.has_body(func) {
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

    /// Puts arguments in place of the parameters of `binding.func`.
    pub fn substitute(&self, value: &Value, binding: &Binding) -> Value {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > STEPS {
            self.cuts.set(self.cuts.get() + 1);
            return Value::Opaque(None);
        }
        if !value.is_open() {
            return value.clone();
        }
        let all = |items: &[Value]| items.iter().map(|v| self.substitute(v, binding)).collect::<Vec<_>>();
        match value {
            Value::Param(func, i) if *func == binding.func => {
                binding.args.get(*i as usize).cloned().unwrap_or(Value::Unset)
            }
            Value::Receiver(func) if *func == binding.func => {
                binding.receiver.clone().unwrap_or_else(|| value.clone())
            }
            Value::Concat(items) => Value::concat(all(items)),
            Value::List(items) => Value::List(flatten(all(items)).into()),
            Value::OneOf(items) => Value::one_of(all(items)),
            Value::Field(base, name) => {
                let base = self.substitute(base, binding);
                match base {
                    Value::Field(..) | Value::Param(..) | Value::Receiver(..) => {
                        Value::Field(base.into(), name.clone())
                    }
                    base => self.member_value(base, &Type::Unknown, name),
                }
            }
            Value::Element(base) => element(self.substitute(base, binding)),
            Value::Object(object) => Value::Object(Arc::new(Object::new(
                object.ty.clone(),
                object.fields.iter().map(|(k, v)| (k.clone(), self.substitute(v, binding))).collect(),
                object.site,
            ))),
            Value::Made(made) => {
                let made = Made {
                    open: false,
                    path: made.path,
                    on: made.on.clone(),
                    name: made.name.clone(),
                    receiver: made.receiver.as_ref().map(|v| self.substitute(v, binding)),
                    args: made.args.as_ref().map(|args| all(args).into()),
                    type_args: made.type_args.clone(),
                    ty: made.ty.clone(),
                    site: made.site,
                }
                .settled();
                pure::apply(self, &made).unwrap_or_else(|| Value::Made(Arc::new(made)))
            }
            Value::Func(closure) => {
                let mut env =
                    closure.env.iter().map(|b| self.substitute_binding(b, binding)).collect::<Vec<_>>();
                if self.encloses(binding.func, closure.func) && !env.iter().any(|b| b.func == binding.func) {
                    env.insert(0, binding.clone());
                }
                let receiver = closure.receiver.as_ref().map(|v| self.substitute(v, binding));
                Value::Func(Arc::new(Closure::bound(closure.func, receiver, env)))
            }
            other => other.clone(),
        }
    }

    fn substitute_binding(&self, inner: &Binding, binding: &Binding) -> Binding {
        Binding {
            func: inner.func,
            args: inner.args.iter().map(|v| self.substitute(v, binding)).collect(),
            receiver: inner.receiver.as_ref().map(|v| self.substitute(v, binding)),
        }
    }

    /// Whether closure `inner` is written inside `outer`.
    fn encloses(&self, outer: Fn, inner: Fn) -> bool {
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
            Value::Func(closure) => Type::Func(closure.func),
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
            Value::Field(base, name) => match self.types.member(&self.type_of(base), name) {
                Some(Member::Field(ty)) => ty,
                Some(Member::Method(func)) => Type::Func(func),
                Some(Member::External(path, _)) => Type::External(path, "".into()),
                None => Type::Unknown,
            },
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

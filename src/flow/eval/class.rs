//! What a language of classes adds: objects that a constructor builds, members that belong to the
//! class, literals that take over others, and the few built-in functions that names pass through.

use std::sync::Arc;

use super::Eval;
use crate::flow::modules::{CONSTRUCTOR, INITIALISER};
use crate::flow::program::{Decl, Fn, Site, Ty};
use crate::flow::types::Type;
use crate::flow::value::{Binding, Merged, Object, Value};
use crate::syntax::facts::{Expr, ExprId, Lang};

/// How many base classes are built.
const BASES: u8 = 6;

impl Eval<'_> {
    /// The object that building `ty` with `args` gives.
    pub(super) fn construct(&self, ty: Ty, args: &Arc<[Value]>, spread: bool, site: Site) -> Value {
        Value::Object(Arc::new(self.built(ty, args, spread, site, BASES)))
    }

    fn built(&self, ty: Ty, args: &Arc<[Value]>, spread: bool, site: Site, depth: u8) -> Object {
        let program = self.types.program;
        let named = Type::Named(ty, Arc::from([]));
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        let own = program.method(ty, CONSTRUCTOR);
        let Some(depth) = depth.checked_sub(1) else { return Object::new(named, fields, site) };
        if own.is_none()
            && let Some(base) = program.base_class(ty)
        {
            // Without a constructor of its own it hands on what it is given.
            let object = self.built(base, args, spread, site, depth);
            fields.push((program.type_name(base).into(), Value::Object(Arc::new(object))));
        }
        let initialiser = program.method(ty, INITIALISER);
        for (func, args) in initialiser
            .map(|func| (func, Arc::from([])))
            .into_iter()
            .chain(own.map(|func| (func, args.clone())))
        {
            let mut binding = self.bind(func, &args, spread, None);
            self.pad(&mut binding, func, site);
            // What the object keeps may ask the object: a second look knows it.
            for round in 0..2 {
                for (name, value) in self.assigned(func) {
                    let value = self.substitute(&value, &binding);
                    fields.retain(|(known, _)| *known != name);
                    fields.push((name, value));
                }
                let open = fields.iter().any(|(_, value)| {
                    matches!(value, Value::Field(..) | Value::Concat(_) | Value::Made(_)) && value.is_open()
                });
                if round > 0 || !open {
                    break;
                }
                binding.receiver =
                    Some(Value::Object(Arc::new(Object::new(named.clone(), fields.clone(), site))));
            }
        }
        // What is nil from the start is there to be filled later: who writes it says with what.
        fields.retain(|(_, value)| !matches!(value, Value::Literal(text) if &**text == "nil"));
        self.filled_by_methods(ty, &mut fields);
        Object::new(named, fields, site)
    }

    /// What a container gives is known by its type where nothing else says it.
    fn pad(&self, binding: &mut Binding, func: Fn, site: Site) {
        let program = self.types.program;
        if !program.facts(site.file).injected.contains(&site.expr) {
            return;
        }
        let facts = program.facts(func.file);
        let params = facts.params(&facts.func(func.func).params);
        let given = binding.args.len();
        let missing = params
            .iter()
            .skip(given)
            .map(|param| Value::Typed(self.types.named_by(Site { file: func.file, expr: param.ty })));
        binding.args = binding.args.iter().cloned().chain(missing).collect();
    }

    /// `this.name = value` in a constructor.
    fn assigned(&self, func: Fn) -> Vec<(Arc<str>, Value)> {
        let file = self.types.program.file(func.file);
        let facts = &file.facts;
        let scope = &file.scopes[func.func.0 as usize];
        let this = facts.func(func.func).receiver.map(|at| facts.params[at as usize].name);
        scope
            .writes
            .iter()
            .filter_map(|write| match facts.expr(write.target) {
                Expr::Field { base, name } => match facts.expr(base) {
                    Expr::Name(of) if Some(of) == this => {
                        let value = self.nth(Site { file: func.file, expr: write.value }, write.index);
                        Some((facts.text(name).into(), value))
                    }
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    /// A member of the class that a value stands for, where it holds a value.
    pub(super) fn static_value(&self, value: &Value, name: &str) -> Option<Value> {
        let Value::Typed(Type::Named(ty, _)) = value else { return None };
        match self.types.program.static_member(*ty, name)? {
            Decl::Global(global) => Some(self.global(global)),
            Decl::Func(func) if self.types.program.func(func).getter => Some(self.returned(func, 0)),
            _ => None,
        }
    }

    /// A literal without a type: later entries win, and `...other` takes over what `other` has.
    pub(super) fn merged(&self, site: Site, entries: &[ExprId]) -> Value {
        let facts = self.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        let mut merged = Merged::default();
        for entry in entries.chunks(2).filter(|entry| entry.len() == 2) {
            if entry[0].is_none() {
                merged.take(self.nth(at(entry[1]), 0));
                continue;
            }
            let name = match facts.expr(entry[0]) {
                Expr::Str(name) => Some(facts.text(name).into()),
                _ => match self.nth(at(entry[0]), 0) {
                    Value::Str(name) | Value::Literal(name) => Some(name),
                    _ => None,
                },
            };
            if let Some(name) = name {
                merged.put(name, self.nth(at(entry[1]), 0));
            }
        }
        Value::Object(Arc::new(Object::new(Type::Unknown, merged.fields(), site)))
    }

    /// Methods of Rust that show a value as a text: of a text itself, or of a variant by what the
    /// method that matches on it gives.
    fn shown(&self, site: Site, callee: ExprId, args: &[ExprId]) -> Option<Value> {
        let facts = self.types.program.facts(site.file);
        let Expr::Field { base, name } = facts.expr(callee) else { return None };
        if !args.is_empty() || self.types.package_qualifier(site.file, base).is_some() {
            return None;
        }
        let name = facts.text(name);
        let of = |value: &Value| match value {
            Value::Object(object) => {
                let given = object.fields.iter().find(|(field, _)| &**field == name);
                given.map(|(_, value)| value.clone()).filter(|value| matches!(value, Value::Str(_)))
            }
            Value::Str(_) | Value::Concat(_) if matches!(name, "to_string" | "as_str" | "trim") => {
                Some(value.clone())
            }
            _ => None,
        };
        match self.nth(Site { file: site.file, expr: base }, 0) {
            Value::OneOf(items) => items.iter().map(of).collect::<Option<Vec<_>>>().map(Value::one_of),
            value => of(&value),
        }
    }

    /// Built-in functions of objects and texts whose result follows from what they are given.
    pub(super) fn built_in(&self, site: Site, callee: ExprId, args: &[ExprId]) -> Option<Value> {
        let facts = self.types.program.facts(site.file);
        match facts.lang {
            Lang::Go => return None,
            Lang::Rust => {
                return self.shown(site, callee, args).or_else(|| match facts.expr(callee) {
                    Expr::Field { base, name } if self.types.package_qualifier(site.file, base).is_none() => {
                        self.read(site, base, facts.text(name), args)
                    }
                    _ => None,
                });
            }
            Lang::TypeScript => {}
        }
        let at = |expr| Site { file: site.file, expr };
        let first = || args.first().map(|&arg| self.nth(at(arg), 0));
        let (base, name) = match facts.expr(callee) {
            Expr::Name(name) if matches!(facts.text(name), "String" | "Number" | "Symbol") => return first(),
            Expr::Field { base, name } => (base, facts.text(name)),
            _ => return None,
        };
        if let Some(found) = self.read(site, base, name, args) {
            return Some(found);
        }
        if let Expr::Name(of) = facts.expr(base)
            && matches!(facts.text(of), "Object" | "Symbol" | "Array")
        {
            return match (name, first()?) {
                ("freeze" | "for" | "from", value) => Some(value),
                ("values", Value::Object(object)) => {
                    Some(Value::List(super::stores::entries(&object).map(|(_, value)| value).collect()))
                }
                ("keys", Value::Object(object)) => {
                    Some(Value::List(object.named().map(|(key, _)| Value::Str(key.clone())).collect()))
                }
                ("entries", Value::Object(object)) => Some(super::stores::pairs(&object)),
                ("fromEntries", value) => self.new_store(site, "Map", args).or(Some(value)),
                _ => None,
            };
        }
        if !matches!(name, "toString" | "trim" | "toLowerCase" | "toUpperCase" | "concat" | "join") {
            return None;
        }
        match (name, self.nth(at(base), 0)) {
            ("toString" | "trim", value @ (Value::Str(_) | Value::Concat(_) | Value::OneOf(_))) => {
                Some(value)
            }
            ("toLowerCase", Value::Str(text)) => Some(Value::str(&text.to_lowercase())),
            ("toUpperCase", Value::Str(text)) => Some(Value::str(&text.to_uppercase())),
            ("concat", value @ (Value::Str(_) | Value::Concat(_))) => {
                let rest = args.iter().map(|&arg| self.nth(at(arg), 0));
                Some(Value::concat(std::iter::once(value).chain(rest).collect()))
            }
            ("join", Value::List(items)) => {
                let by = first().unwrap_or_else(|| Value::str(","));
                let mut parts = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        parts.push(by.clone());
                    }
                    parts.push(item.clone());
                }
                Some(Value::concat(parts))
            }
            _ => None,
        }
    }
}

//! Members: what `value.name` holds, through embedding, getters and what rules tell of a library.

use std::sync::Arc;

use super::Eval;
use crate::flow::program::Fn;
use crate::flow::types::{Member, Type};
use crate::flow::value::{Closure, Object, STEP, Value};
use crate::syntax::facts::Lang;

impl<'a> Eval<'a> {
    /// What `.name` on a value of a type is, looked for once.
    pub(super) fn member(&self, ty: &Type, name: &str) -> Option<Member> {
        let Type::Named(named, args) = ty else { return self.types.member(ty, name) };
        if !args.is_empty() {
            return self.types.member(ty, name);
        }
        if let Some(known) = self.members.borrow().get(named).and_then(|names| names.get(name)) {
            return known.clone();
        }
        let found = self.types.member(ty, name);
        self.members.borrow_mut().entry(*named).or_default().insert(name.into(), found.clone());
        found
    }

    /// `value.name`, where `ty` is what is known of the value's type.
    pub fn member_value(&self, value: Value, ty: &Type, name: &str) -> Value {
        if name.starts_with(STEP) {
            return self.select(value, name);
        }
        if let Value::OneOf(items) = &value {
            let each = items.iter().map(|v| self.member_value(v.clone(), &Type::Unknown, name));
            return Value::one_of(each.collect());
        }
        if let Value::List(items) = &value {
            return Value::List(
                items.iter().map(|v| self.member_value(v.clone(), &Type::Unknown, name)).collect(),
            );
        }
        if let Some(found) = self.static_value(&value, name) {
            return found;
        }
        let dynamic = self.type_of(&value);
        // Of a library's value often the origin alone is known; an assertion says more.
        let ty = match &dynamic {
            Type::External(_, name) if name.is_empty() && matches!(ty, Type::Named(..)) => ty,
            Type::Named(..) | Type::External(..) => &dynamic,
            _ => ty,
        };
        if let Some(Member::Method(func)) = self.member(ty, name) {
            if !self.types.has_body(func)
                && let Some(inner) = self.embedded(&value, name)
            {
                return self.member_value(inner, &Type::Unknown, name);
            }
            // A function that an object literal holds, declared as a property of its type.
            let held = || crate::flow::calls::implementations(self.types, func, name).is_empty();
            if !self.types.has_body(func)
                && self.types.program.facts(func.file).lang == Lang::TypeScript
                && held()
            {
                return self.select(value, name);
            }
            return Value::Func(Arc::new(Closure::method(func, value)));
        }
        if let Some(getter) = self.getter(ty, name) {
            let closure = Closure::method(getter, value.clone());
            if let Some(found) = self.apply(&closure, &Arc::from([]), false, 0) {
                return found;
            }
        }
        self.select(value, name)
    }

    /// What stands in an embedded field of a literal and has method `name`: an interface that a struct
    /// embeds is as good as what it was given.
    pub fn embedded(&self, value: &Value, name: &str) -> Option<Value> {
        let Value::Object(object) = value else { return None };
        let has = |v: &&Value| matches!(self.member(&self.type_of(v), name), Some(Member::Method(_)));
        self.embedded_in(object).find(has).cloned()
    }

    /// The values of the embedded fields of a literal.
    fn embedded_in<'o>(&self, object: &'o Object) -> impl Iterator<Item = &'o Value> + use<'o, 'a> {
        let program = self.types.program;
        let (facts, fields) = match &object.ty {
            Type::Named(ty, _) => {
                let facts = program.facts(ty.file);
                (Some(facts), facts.fields(&facts.types[ty.ty.0 as usize].fields))
            }
            _ => (None, &[][..]),
        };
        fields.iter().filter(|field| field.embedded).filter_map(move |field| {
            let name = facts?.text(field.name);
            object.fields.iter().find(|(given, _)| **given == *name).map(|(_, value)| value)
        })
    }

    /// The method that reading field `name` runs.
    fn getter(&self, ty: &Type, name: &str) -> Option<Fn> {
        let Type::Named(ty, _) = ty else { return None };
        let program = self.types.program;
        let mut class = Some(*ty);
        for _ in 0..8 {
            let ty = class?;
            if let Some(method) = program.method(ty, name) {
                return program.func(method).getter.then_some(method);
            }
            if program.facts(ty.file).lang == Lang::Go {
                return None;
            }
            class = program.base_class(ty);
        }
        None
    }

    /// Field `name` of a value; a name that begins with [`STEP`] is a selector's step.
    pub fn select(&self, value: Value, name: &str) -> Value {
        if let Some(step) = name.strip_prefix(STEP)
            && let Some(found) = crate::flow::select::step(self, &value, step)
        {
            return found;
        }
        match &value {
            Value::Object(object) => {
                if let Some(found) = object.field(name, &|taken| self.select(taken.clone(), name)) {
                    return found;
                }
                if matches!(object.ty, Type::Map(..)) {
                    return super::stores::at(object, &name.into());
                }
                self.promoted(object, name).unwrap_or_else(|| {
                    // Options and setters may write the field elsewhere: `resolve` knows.
                    if matches!(object.ty, Type::Named(..)) {
                        Value::Field(value.clone().into(), name.into())
                    } else {
                        Value::Unset
                    }
                })
            }
            Value::OneOf(items) => {
                Value::one_of(items.iter().map(|item| self.select(item.clone(), name)).collect())
            }
            Value::Unset => Value::Unset,
            Value::Made(made) => {
                self.types.held(made, name).unwrap_or_else(|| Value::Field(value.into(), name.into()))
            }
            _ => Value::Field(value.into(), name.into()),
        }
    }

    /// A field found in an embedded literal.
    fn promoted(&self, object: &Object, name: &str) -> Option<Value> {
        self.embedded_in(object)
            .map(|inner| self.select(inner.clone(), name))
            .find(|found| !matches!(found, Value::Unset))
    }
}

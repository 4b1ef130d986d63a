//! Calls of what is not known where they stand: function values, function types, and lists of
//! functions that go round a value one after the other.

use std::sync::Arc;

use super::Eval;
use crate::flow::program::{Fn, Site};
use crate::flow::scope::{Def, DefKind};
use crate::flow::types::Type;
use crate::flow::value::{Applied, Fold, Value};
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Sym};

impl Eval<'_> {
    /// What a call gives, as far as what is called is known by now.
    pub fn called(&self, call: Applied) -> Value {
        if let Some(fold) = call.fold {
            return self.folded(call, fold);
        }
        match &call.callee {
            // What a registry gives is known to who knows what is put there.
            Value::Func(closure) if self.types.registries().gives(self.types, closure.func) => {
                Value::Call(Arc::new(call))
            }
            Value::Func(closure) => {
                self.apply(closure, &call.args, call.spread, call.index).unwrap_or(Value::Opaque(None))
            }
            Value::Typed(ty @ Type::Named(..)) if call.args.len() == 1 => {
                self.converted(ty, call.args[0].clone(), call.site)
            }
            Value::OneOf(items) => {
                let each = |item: &Value| self.called(call.with(item.clone(), call.args.clone()));
                let given: Vec<Value> = items.iter().map(each).filter(|v| *v != Value::Unset).collect();
                if given.is_empty() { Value::Unset } else { Value::one_of(given) }
            }
            Value::Object(_) | Value::Made(_) | Value::Str(_) | Value::Literal(_) | Value::Unset => {
                Value::Unset
            }
            _ => Value::Call(Arc::new(call)),
        }
    }

    /// What a function gives that only asks a registry of its own package is taken where it is called.
    pub(super) fn taken_at(&self, site: Site, value: Value) -> Value {
        let Value::Call(call) = &value else { return value };
        let Value::Func(closure) = &call.callee else { return value };
        let package = |file: u32| self.types.program.file(file).package;
        let inside = package(call.site.file) == package(closure.func.file);
        if inside && package(site.file) != package(closure.func.file) {
            return Value::Call(Arc::new(call.at(site)));
        }
        value
    }

    /// A value as one of a declared type: a function gains methods by it.
    pub(super) fn converted(&self, ty: &Type, value: Value, site: Site) -> Value {
        // `(*T)(nil)` says a type and nothing else.
        if matches!(&value, Value::Literal(text) if &**text == "nil") {
            return Value::Typed(ty.clone());
        }
        let Type::Named(named, _) = ty else { return value };
        if self.types.signature(ty).is_none() {
            return value;
        }
        match &value {
            Value::Func(closure) => Value::Func(Arc::new(closure.named(*named))),
            Value::Param(..) | Value::Field(..) | Value::Element(_) | Value::Call(_) => {
                let callee = Value::Typed(ty.clone());
                Value::Call(Arc::new(Applied::new(callee, Arc::from([value]), 0, site)))
            }
            _ => value,
        }
    }

    /// What is left when each function of a list has gone round a value.
    fn folded(&self, call: Applied, fold: Fold) -> Value {
        let at = fold.at as usize;
        let items = match &call.callee {
            Value::List(items) => items.clone(),
            Value::Unset => Arc::from([]),
            _ => return Value::Call(Arc::new(call)),
        };
        let round = |inner: Value, wrap: &Value| {
            let mut args = call.args.to_vec();
            args[at] = inner.clone();
            let args: Arc<[Value]> = args.into();
            let wrapped = match wrap {
                Value::Func(closure) => self.apply(closure, &args, call.spread, call.index),
                Value::Param(..) | Value::Field(..) | Value::Element(_) | Value::Call(_) => {
                    Some(Value::Call(Arc::new(Applied::new(wrap.clone(), args, call.index, call.site))))
                }
                _ => None,
            };
            // What is not known to put something else in its place leaves it there.
            wrapped.filter(|value| !matches!(value, Value::Opaque(_) | Value::Unset)).unwrap_or(inner)
        };
        let start = call.args[at].clone();
        if fold.backward { items.iter().rev().fold(start, round) } else { items.iter().fold(start, round) }
    }

    /// A local that a loop over a list of functions gives to each of them and takes back
    /// (`for i := len(wraps) - 1; i >= 0; i-- { h = wraps[i](h) }`).
    pub(super) fn wrapped(&self, owner: Fn, name: Sym, def: &Def) -> Option<Value> {
        if !(def.reassigned && def.nested) {
            return None;
        }
        let DefKind::Value(call, 0) = def.kind else { return None };
        let facts = self.types.program.facts(owner.file);
        let site = |expr| Site { file: owner.file, expr };
        let Expr::Call { callee, args, spread } = facts.expr(call) else { return None };
        let args = facts.list(args);
        let at = args.iter().position(|&arg| facts.expr(arg) == Expr::Name(name))?;
        let (list, backward) = self.one_of_list(owner, callee)?;
        let args: Arc<[Value]> = args.iter().map(|&arg| self.nth(site(arg), 0)).collect();
        let call = Applied::new(self.nth(site(list), 0), args, 0, site(call)).spread(spread);
        Some(self.called(call.folded(Fold { at: at as u32, backward })))
    }

    /// The list of which `callee` is the element of a round, and whether the rounds go backwards.
    fn one_of_list(&self, owner: Fn, callee: ExprId) -> Option<(ExprId, bool)> {
        let facts = self.types.program.facts(owner.file);
        let local = |expr: ExprId| match facts.expr(expr) {
            Expr::Name(name) => {
                self.types.local(Site { file: owner.file, expr }, name).map(|(_, def)| def.kind)
            }
            _ => None,
        };
        match facts.expr(callee) {
            Expr::Name(_) => match local(callee)? {
                DefKind::RangeElement(list) => Some((list, false)),
                DefKind::Value(value, 0) => self.one_of_list(owner, value),
                _ => None,
            },
            Expr::Index { base, args } => {
                let &[index] = facts.list(args) else { return None };
                let counted = |expr| matches!(facts.expr(expr), Expr::Binary { op: BinaryOp::Sub, .. });
                let backward = counted(index)
                    || matches!(local(index), Some(DefKind::Value(first, 0)) if counted(first));
                Some((base, backward))
            }
            _ => None,
        }
    }
}

//! Maps that are given to a function which puts something into them:
//! `routes := make(map[string]Handler); v1.Register(routes, usecase)`.

use std::sync::Arc;

use super::{Eval, Sym};
use crate::flow::program::{Fn, Site};
use crate::flow::types::Type;
use crate::flow::value::Value;
use crate::syntax::facts::{Expr, ExprId};

/// How many functions a map is followed through that each only hand it on.
const HELPERS: u8 = 4;

impl Eval<'_> {
    /// What the local `name` of `owner` is at `site`, with what the functions put into it that it was
    /// given to before.
    pub(super) fn with_helpers(&self, owner: Fn, name: Sym, site: Site, value: Value) -> Value {
        self.helped(owner, name, site, value, HELPERS)
    }

    fn helped(&self, owner: Fn, name: Sym, site: Site, value: Value, helpers: u8) -> Value {
        let file = self.types.program.file(owner.file);
        let all = &file.scopes[owner.func.0 as usize].lent;
        let Some(helpers) = helpers.checked_sub(1).filter(|_| !all.is_empty()) else { return value };
        let here = self.types.program.owner(site) == Some(owner);
        let pos = file.facts.expr_pos.get(site.expr.0 as usize).copied().unwrap_or(u32::MAX);
        let mut map = value;
        for lent in all.iter().filter(|lent| lent.name == name && (!here || lent.pos < pos)) {
            let call = Site { file: owner.file, expr: lent.call };
            // What the call itself is given is the map as it was before.
            if here && self.contains(call, site) || !self.is_map(&map) {
                continue;
            }
            if let Some(after) = self.after(call, lent.argument as usize, &map, helpers) {
                map = after;
            }
        }
        map
    }

    fn is_map(&self, value: &Value) -> bool {
        match value {
            Value::Object(object) => matches!(object.ty, Type::Map(..)),
            Value::Typed(ty) => matches!(ty, Type::Map(..)),
            Value::Param(..) => matches!(self.type_of(value), Type::Map(..)),
            _ => false,
        }
    }

    fn contains(&self, call: Site, site: Site) -> bool {
        let mut found = false;
        crate::flow::walk::exprs(self.types.program.facts(call.file), call.expr, &mut |expr| {
            found |= expr == site.expr;
        });
        found
    }

    /// What `map`, the given argument of a call, is behind the call; nothing where that puts nothing into it.
    fn after(&self, call: Site, argument: usize, map: &Value, helpers: u8) -> Option<Value> {
        let facts = self.types.program.facts(call.file);
        let at = |expr| Site { file: call.file, expr };
        let Expr::Call { callee, args, spread } = facts.expr(call.expr) else { return None };
        let closure = match self.nth(at(callee), 0) {
            Value::Func(closure) if self.types.has_body(closure.func) => closure,
            _ => return None,
        };
        let func = closure.func;
        let inner = self.types.program.facts(func.file);
        let param = inner.params(&self.types.program.func(func).params).get(argument)?;
        let given = Value::Param(func, argument as u32);
        let filled = self.with_writes(func, param.name, call, given.clone());
        let filled = self.helped(func, param.name, call, filled, helpers);
        if filled == given {
            return None;
        }
        let value = |(i, &arg): (usize, &ExprId)| {
            if i == argument { map.clone() } else { self.nth(at(arg), 0) }
        };
        let args: Arc<[Value]> = facts.list(args).iter().enumerate().map(value).collect();
        let binding = self.bind(func, &args, spread, closure.receiver.clone());
        let mut value = self.substitute(&filled, &binding);
        for outer in closure.env.iter().rev() {
            value = self.substitute(&value, outer);
        }
        Some(value)
    }
}

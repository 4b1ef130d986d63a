//! Functions that are given no handler: a wrapper that is told `nil` may end before it receives
//! anything (`if handle == nil { return }`), as where only the queue is to be declared.

use std::sync::Arc;

use super::eval::Eval;
use super::program::{Fn, Site};
use super::value::{Closure, Value};
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Facts, Stmt, Sym};

/// Whether a value is nothing at all.
pub fn is_nil(value: &Value) -> bool {
    match value {
        Value::Literal(text) => &**text == "nil",
        Value::OneOf(items) => !items.is_empty() && items.iter().all(is_nil),
        _ => false,
    }
}

/// Whether the function around `site`, which is one of `handlers`, returns before it where a parameter
/// is `nil`, and is given `nil` for it.
pub fn ends(eval: &Eval<'_>, handlers: &[Arc<Closure>], site: Site) -> bool {
    let program = eval.types.program;
    let Some(around) = program.around(site) else { return false };
    let Some(handler) = handlers.iter().find(|handler| handler.func == around) else { return false };
    let Some(given) = handler.env.iter().find(|binding| binding.func == around) else { return false };
    let facts = program.facts(around.file);
    let params = facts.params(&facts.func(around.func).params);
    let untold: Vec<Sym> = params
        .iter()
        .zip(given.args.iter())
        .filter(|(_, value)| is_nil(value))
        .map(|(p, _)| p.name)
        .collect();
    !untold.is_empty() && returns_without(facts, around, &untold, site)
}

fn returns_without(facts: &Facts, func: Fn, untold: &[Sym], site: Site) -> bool {
    let Some(body) = facts.func(func.func).body else { return false };
    let before = facts.expr_pos[site.expr.0 as usize];
    let names = |expr: ExprId| matches!(facts.expr(expr), Expr::Name(name) if untold.contains(&name));
    let nil = |expr: ExprId| facts.expr(expr) == Expr::Nil;
    facts.block(body).iter().any(|&stmt| {
        let Stmt::If { cond, then, .. } = facts.stmt(stmt) else { return false };
        let Expr::Binary { op: BinaryOp::Equal, left, right } = facts.expr(cond) else { return false };
        facts.expr_pos[cond.0 as usize] < before
            && (names(left) && nil(right) || nil(left) && names(right))
            && facts.block(then).last().is_some_and(|&last| matches!(facts.stmt(last), Stmt::Return(_)))
    })
}

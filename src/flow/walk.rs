//! Walks over the facts tree: every statement and expression of a body in source order, closures
//! left out (they are functions of their own).

use crate::syntax::facts::{Expr, ExprId, Facts, Stmt, StmtId, Stmts};

/// Calls `seen` for each statement of `block`, nested ones included, parents before children.
pub fn stmts(facts: &Facts, block: Stmts, seen: &mut dyn FnMut(Stmt)) {
    for &id in facts.block(block) {
        let stmt = facts.stmt(id);
        seen(stmt);
        let inner = match stmt {
            Stmt::If { then, otherwise, .. } => [Some(then), Some(otherwise), None],
            Stmt::Loop { body, .. } | Stmt::Case { body, .. } | Stmt::Block(body) => [Some(body), None, None],
            Stmt::Switch { cases, .. } => [Some(cases), None, None],
            Stmt::Try { body, handler, finalizer, .. } => [Some(body), Some(handler), Some(finalizer)],
            _ => [None; 3],
        };
        for block in inner.into_iter().flatten() {
            stmts(facts, block, seen);
        }
    }
}

/// Calls `seen` for each expression below statement `id`, nested statements included, parents
/// before children.
pub fn exprs_of_stmt(facts: &Facts, id: StmtId, seen: &mut dyn FnMut(ExprId)) {
    let block = |list: Stmts, seen: &mut dyn FnMut(ExprId)| {
        for &id in facts.block(list) {
            exprs_of_stmt(facts, id, seen);
        }
    };
    let stmt = |id: Option<StmtId>, seen: &mut dyn FnMut(ExprId)| {
        if let Some(id) = id {
            exprs_of_stmt(facts, id, seen);
        }
    };
    match facts.stmt(id) {
        Stmt::Expr(e) | Stmt::Spawn(e) | Stmt::Defer(e) | Stmt::Throw(e) => exprs(facts, e, seen),
        Stmt::Assign { targets, values, ty, .. } => {
            for &e in facts.list(targets).iter().chain(facts.list(values)) {
                exprs(facts, e, seen);
            }
            exprs(facts, ty, seen);
        }
        Stmt::If { init, cond, then, otherwise } => {
            stmt(init, seen);
            exprs(facts, cond, seen);
            block(then, seen);
            block(otherwise, seen);
        }
        Stmt::Loop { targets, over, init, cond, post, body } => {
            stmt(init, seen);
            for &e in facts.list(targets) {
                exprs(facts, e, seen);
            }
            exprs(facts, over, seen);
            exprs(facts, cond, seen);
            stmt(post, seen);
            block(body, seen);
        }
        Stmt::Switch { init, subject, cases, .. } => {
            stmt(init, seen);
            exprs(facts, subject, seen);
            block(cases, seen);
        }
        Stmt::Case { values, comm, body } => {
            for &e in facts.list(values) {
                exprs(facts, e, seen);
            }
            stmt(comm, seen);
            block(body, seen);
        }
        Stmt::Return(values) => {
            for &e in facts.list(values) {
                exprs(facts, e, seen);
            }
        }
        Stmt::Send { channel, value } => {
            exprs(facts, channel, seen);
            exprs(facts, value, seen);
        }
        Stmt::Block(list) => block(list, seen),
        Stmt::Jump(_) => {}
        Stmt::Try { body, handler, finalizer, .. } => {
            block(body, seen);
            block(handler, seen);
            block(finalizer, seen);
        }
    }
}

/// Calls `seen` for `id` and each expression below it, parents before children.
pub fn exprs(facts: &Facts, id: ExprId, seen: &mut dyn FnMut(ExprId)) {
    if id.is_none() {
        return;
    }
    seen(id);
    let list = |ids: &[ExprId], seen: &mut dyn FnMut(ExprId)| {
        for &id in ids {
            exprs(facts, id, seen);
        }
    };
    match facts.expr(id) {
        Expr::Field { base, .. } => exprs(facts, base, seen),
        Expr::Index { base, args } => {
            exprs(facts, base, seen);
            list(facts.list(args), seen);
        }
        Expr::Slice(inner)
        | Expr::SliceType(inner)
        | Expr::ChanType(inner)
        | Expr::Unary { operand: inner, .. } => exprs(facts, inner, seen),
        Expr::Call { callee, args, .. } => {
            exprs(facts, callee, seen);
            list(facts.list(args), seen);
        }
        Expr::Composite { ty, entries } => {
            exprs(facts, ty, seen);
            list(facts.list(entries), seen);
        }
        Expr::Binary { left, right, .. } => {
            exprs(facts, left, seen);
            exprs(facts, right, seen);
        }
        Expr::Assert { value, ty } => {
            exprs(facts, value, seen);
            exprs(facts, ty, seen);
        }
        Expr::Template(parts) => list(facts.list(parts), seen),
        Expr::Conditional { cond, then, otherwise } => {
            exprs(facts, cond, seen);
            exprs(facts, then, seen);
            exprs(facts, otherwise, seen);
        }
        Expr::MapType { key, value } => {
            exprs(facts, key, seen);
            exprs(facts, value, seen);
        }
        Expr::Block(stmt) => exprs_of_stmt(facts, stmt, seen),
        Expr::Unknown
        | Expr::Nil
        | Expr::Bool(_)
        | Expr::Str(_)
        | Expr::Number(_)
        | Expr::Name(_)
        | Expr::Closure(_)
        | Expr::FuncType(_)
        | Expr::InlineType(_) => {}
    }
}

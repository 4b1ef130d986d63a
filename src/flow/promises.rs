//! Promises: what a function gives back without waiting for it fails outside of the `try` that it
//! stands in.

use super::Flow;
use super::calls::Callee;
use super::program::{Fn, Site};
use super::walk;
use crate::rules::Role;
use crate::syntax::facts::{Expr, ExprId, Facts, Lang, UnaryOp};

/// Whether the expression at `site` is a call that gives a promise which nobody waits for there.
pub fn given(flow: &Flow<'_>, site: Site) -> bool {
    let facts = flow.types.program.facts(site.file);
    if facts.lang != Lang::TypeScript || !matches!(facts.expr(site.expr), Expr::Call { .. }) {
        return false;
    }
    if let Some(Callee::Tree(targets)) = flow.graph.at(site).map(|call| &call.callee) {
        return targets.iter().any(|&func| waits(flow, func));
    }
    // What leaves the process is answered later.
    flow.matches_at(site)
        .map(|m| flow.index.rule(m.rule).role)
        .any(|role| matches!(role, Role::Publisher | Role::Read) || role.name().starts_with("effect."))
}

/// Whether a function waits for something, so that what it gives is a promise.
fn waits(flow: &Flow<'_>, func: Fn) -> bool {
    let program = flow.types.program;
    let facts = program.facts(func.file);
    let Some(body) = program.func(func).body else { return false };
    let mut found = false;
    for &id in facts.block(body) {
        walk::exprs_of_stmt(facts, id, &mut |expr| {
            found |= matches!(facts.expr(expr), Expr::Unary { op: UnaryOp::Await, .. })
                && program.owner(Site { file: func.file, expr }) == Some(func);
        });
    }
    found
}

/// What an expression waits for.
pub fn awaited(facts: &Facts, id: ExprId) -> ExprId {
    match facts.expr(id) {
        Expr::Unary { op: UnaryOp::Await, operand } => awaited(facts, operand),
        _ => id,
    }
}

//! Records of messages that a program keeps itself, under no name that rules know: a set is asked for
//! a key, and the same key is put into the same set.

use crate::flow::Flow;
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::flow::types::Type;
use crate::flow::walk::{self, exprs_of_stmt};
use crate::syntax::facts::{Expr, ExprId, Facts, Stmt};

/// Whether a condition asks a set or map of the tree for a key that the function behind it puts there.
pub(super) fn is_kept(flow: &Flow<'_>, cond: Site) -> bool {
    in_set(flow, cond) || in_map(flow, cond)
}

/// `if _, ok := s.seen[id]; ok { return }; s.seen[id] = true`: a map that outlives the function.
fn in_map(flow: &Flow<'_>, cond: Site) -> bool {
    let program = flow.types.program;
    let facts = program.facts(cond.file);
    let at = |expr| Site { file: cond.file, expr };
    let asked = match facts.expr(cond.expr) {
        Expr::Name(name) => match flow.types.local(cond, name).map(|(_, def)| def.kind) {
            Some(DefKind::Value(value, _)) => value,
            _ => return false,
        },
        _ => cond.expr,
    };
    let Expr::Index { base, .. } = facts.expr(asked) else { return false };
    let local = |name| flow.types.local(at(base), name).is_some();
    if matches!(facts.expr(base), Expr::Name(name) if local(name)) {
        return false;
    }
    let Some(body) = program.owner(cond).and_then(|func| program.func(func).body) else { return false };
    let (key, mut kept) = (program.render(at(asked)), false);
    walk::stmts(facts, body, &mut |stmt| {
        if let Stmt::Assign { targets, .. } = stmt {
            kept |= facts.list(targets).iter().any(|&target| {
                matches!(facts.expr(target), Expr::Index { .. }) && program.render(at(target)) == key
            });
        }
    });
    kept
}

/// `if seen.Contains(id) { continue }; seen.Add(id)`
fn in_set(flow: &Flow<'_>, cond: Site) -> bool {
    let program = flow.types.program;
    let facts = program.facts(cond.file);
    let at = |expr| Site { file: cond.file, expr };
    let text = |expr| program.render(at(expr));
    let Some((set, asks, keys)) = method(facts, cond.expr) else { return false };
    let own = |call: ExprId| match facts.expr(call) {
        Expr::Call { callee, .. } => {
            matches!(flow.types.of(at(callee)), Type::Func(func) if flow.types.has_body(func))
        }
        _ => false,
    };
    let constant = |key: &ExprId| matches!(facts.expr(*key), Expr::Str(_) | Expr::Number(_) | Expr::Bool(_));
    if keys.is_empty() || keys.iter().all(constant) || !own(cond.expr) {
        return false;
    }
    let Some(body) = program.owner(cond).and_then(|func| program.func(func).body) else { return false };
    let pos = |expr: ExprId| facts.expr_pos[expr.0 as usize];
    let mut kept = false;
    for &id in facts.block(body) {
        exprs_of_stmt(facts, id, &mut |expr| {
            let Some((other, puts, given)) = method(facts, expr) else { return };
            kept |= pos(expr) > pos(cond.expr)
                && puts != asks
                && given.len() == keys.len()
                && text(other) == text(set)
                && given.iter().zip(keys).all(|(&a, &b)| text(a) == text(b))
                && own(expr);
        });
    }
    kept
}

/// The receiver, name and arguments of a method call.
fn method(facts: &Facts, expr: ExprId) -> Option<(ExprId, &str, &[ExprId])> {
    let Expr::Call { callee, args, .. } = facts.expr(expr) else { return None };
    let Expr::Field { base, name } = facts.expr(callee) else { return None };
    Some((base, facts.text(name), facts.list(args)))
}

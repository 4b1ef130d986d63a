//! What a function does with the message it holds: whether it reads it itself, and whom it gives it to.

use crate::flow::calls::Callee;
use crate::flow::eval::Eval;
use crate::flow::outside::inert;
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::syntax::facts::{Expr, ExprId, Stmt, UnaryOp};

use super::holding::Holding;

/// What becomes of a message where it is held.
// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Default)]
pub(super) struct Uses {
    /// It is decoded into a variable.
    pub read: bool,
    /// A function of the tree, and no other, is given it; or a library is.
    pub given: bool,
    /// It is received here.
    pub received: bool,
    /// Calls that give it to a parameter of the function.
    pub params: Vec<(u32, Site)>,
    /// Calls that give it to a function kept in a field or a variable.
    pub kept: Vec<Site>,
    /// A function kept in a field or a variable, or given, only turns it into something else, and who
    /// gets that is not followed.
    pub changed: bool,
    /// Calls that give it to one of several methods.
    pub several: Vec<Site>,
}

impl Uses {
    /// What is done with the message that `held` knows.
    pub fn of(eval: &Eval<'_>, held: &Holding<'_>) -> Uses {
        let mut uses = Uses { received: received(held), ..Uses::default() };
        let facts = held.facts();
        for call in held.calls() {
            let Expr::Call { callee, args, .. } = facts.expr(call.site.expr) else { continue };
            if !facts.list(args).iter().any(|&arg| held.is(arg)) {
                continue;
            }
            // What is noted of a message (an offset, an id) may go to anybody.
            let whole = facts.list(args).iter().any(|&arg| held.is_whole(arg));
            match &call.callee {
                Callee::Tree(targets) if targets.len() == 1 => uses.given |= !held.converts(call.site.expr),
                Callee::Tree(_) | Callee::Abstract(_) if whole => uses.several.push(call.site),
                Callee::Library { path, method, .. } => {
                    uses.read |= !method && fills(held, facts.list(args));
                    uses.given |= !inert(held.program.external(*path));
                }
                Callee::Dynamic if whole && changes(held, call.site.expr) => uses.changed = true,
                Callee::Dynamic if whole => match param(eval, held, callee) {
                    Some(at) => uses.params.push((at, call.site)),
                    None if is_closure(eval, held, callee) => uses.given = true,
                    None => uses.kept.push(call.site),
                },
                _ => {}
            }
        }
        uses
    }

    /// Whether the message is handled where it is held, or by the one function that is given it.
    pub fn here(&self) -> bool {
        self.kept.is_empty()
            && !self.changed
            && (self.read || self.several.is_empty() && (self.given || self.received))
    }
}

/// Whether a call with these arguments puts the message into a variable (`json.Unmarshal(m.Body, &order)`).
fn fills(held: &Holding<'_>, args: &[ExprId]) -> bool {
    let into = |arg: &ExprId| matches!(held.facts().expr(*arg), Expr::Unary { op: UnaryOp::AddressOf, .. });
    args.iter().any(into) && args.iter().any(|arg| !into(arg) && held.is(*arg))
}

/// Whether what a call gives is given to another call, or sent on (`event := c.parse(m); c.handle(event)`).
fn changes(held: &Holding<'_>, call: ExprId) -> bool {
    let facts = held.facts();
    let result = held.stmts().iter().find_map(|stmt| match *stmt {
        Stmt::Assign { targets, values, .. } if facts.list(values).first() == Some(&call) => {
            let target = *facts.list(targets).first()?;
            held.may_hold(target).then(|| facts.expr(target))
        }
        _ => None,
    });
    let Some(result @ Expr::Name(_)) = result else { return false };
    let is = |expr: &ExprId| facts.expr(*expr) == result;
    let given = held.calls().any(|other| match facts.expr(other.site.expr) {
        Expr::Call { args, .. } => facts.list(args).iter().any(is),
        _ => false,
    });
    given || held.stmts().iter().any(|stmt| matches!(stmt, Stmt::Send { value, .. } if is(value)))
}

/// Whether a loop ranges over what is held, or something is received from it.
fn received(held: &Holding<'_>) -> bool {
    let facts = held.facts();
    let takes = |expr: ExprId| matches!(facts.expr(expr), Expr::Unary { op: UnaryOp::Receive, .. });
    held.stmts().iter().any(|stmt| match *stmt {
        Stmt::Loop { over, .. } => held.is(over),
        Stmt::Assign { values, .. } => facts
            .list(values)
            .iter()
            .any(|&value| held.is(value) && (takes(value) || matches!(facts.expr(value), Expr::Call { .. }))),
        Stmt::Expr(expr) => takes(expr) && held.is(expr),
        _ => false,
    })
}

/// The parameter of the function that `callee` names.
fn param(eval: &Eval<'_>, held: &Holding<'_>, callee: ExprId) -> Option<u32> {
    match local(eval, held, callee)? {
        DefKind::Param(at) => Some(at),
        _ => None,
    }
}

/// Whether `callee` names a closure of the function.
fn is_closure(eval: &Eval<'_>, held: &Holding<'_>, callee: ExprId) -> bool {
    match local(eval, held, callee) {
        Some(DefKind::Value(value, 0)) => matches!(held.facts().expr(value), Expr::Closure(_)),
        _ => matches!(held.facts().expr(callee), Expr::Closure(_)),
    }
}

fn local(eval: &Eval<'_>, held: &Holding<'_>, callee: ExprId) -> Option<DefKind> {
    let Expr::Name(name) = held.facts().expr(callee) else { return None };
    let (owner, def) = eval.types.local(Site { file: held.holder.file, expr: callee }, name)?;
    (owner == held.holder || !matches!(def.kind, DefKind::Param(_))).then_some(def.kind)
}

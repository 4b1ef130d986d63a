//! Options that a caller leaves out: a branch that asks for one of them does not run on this path.
//!
//! A wrapper's dead letter is only as good as the option that switches it on. What an options object
//! does not have, and an argument that is not given, is certain; anything else is left open.

use super::{Binding, ExprId, Fn, Site, Tracer, Value};
use crate::syntax::facts::{BinaryOp, Expr, UnaryOp};

/// How deep conditions are taken apart.
const DEPTH: u8 = 6;

impl Tracer<'_, '_> {
    /// Whether a condition holds on this path, as far as what callers leave out decides it.
    pub(super) fn holds_here(&self, func: Fn, cond: ExprId, frame: &[Binding]) -> Option<bool> {
        self.decided(func, cond, frame, DEPTH)
    }

    fn decided(&self, func: Fn, cond: ExprId, frame: &[Binding], depth: u8) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let facts = self.flow.types.program.facts(func.file);
        let ask = |expr| self.decided(func, expr, frame, depth);
        match facts.expr(cond) {
            Expr::Unary { op: UnaryOp::Not, operand } => ask(operand).map(|holds| !holds),
            Expr::Binary { op: BinaryOp::And, left, right } => {
                (ask(left) == Some(false) || ask(right) == Some(false)).then_some(false)
            }
            Expr::Binary { op: BinaryOp::Or, left, right } => match (ask(left), ask(right)) {
                (Some(false), Some(false)) => Some(false),
                (Some(true), _) | (_, Some(true)) => Some(true),
                _ => None,
            },
            Expr::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right }
                if facts.expr(right) == Expr::Nil =>
            {
                self.left_out(func, left, frame).then_some(op == BinaryOp::Equal)
            }
            Expr::Binary { op, left, right } => {
                let Expr::Number(bound) = facts.expr(right) else { return None };
                let decided = at_least_one(op, facts.text(bound))?;
                self.counts_pieces(Site { file: func.file, expr: left }).then_some(decided)
            }
            Expr::Name(_) | Expr::Field { .. } => self.left_out(func, cond, frame).then_some(false),
            _ => None,
        }
    }

    /// Whether an expression is the number of pieces that a text was split into by something: there is one
    /// at least, be the text empty.
    fn counts_pieces(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Call { callee, args, .. } = facts.expr(site.expr) else { return false };
        let (Expr::Name(name), &[counted]) = (facts.expr(callee), facts.list(args)) else { return false };
        if facts.text(name) != "len" {
            return false;
        }
        let Value::Made(made) = self.eval.value(Site { expr: counted, ..site }) else { return false };
        let path = self.flow.types.program.external(made.path);
        let by = made.args.as_ref().and_then(|args| args.get(1));
        matches!(path, "strings" | "bytes")
            && matches!(&*made.name, "Split" | "SplitAfter")
            && matches!(by, Some(Value::Str(by)) if !by.is_empty())
    }

    /// Whether an expression is an option or argument that the callers of this path do not give.
    fn left_out(&self, func: Fn, expr: ExprId, frame: &[Binding]) -> bool {
        let value = self.eval.value(Site { file: func.file, expr });
        let option = matches!(value, Value::Param(..) | Value::Field(..)) && value.free().is_some();
        option && matches!(self.eval.within(&value, frame), Value::Unset)
    }
}

/// What a comparison with a number comes to for every count of one or more, if it is always the same.
fn at_least_one(op: BinaryOp, bound: &str) -> Option<bool> {
    match (op, bound) {
        (BinaryOp::Equal | BinaryOp::LessEqual, "0") | (BinaryOp::Less, "0" | "1") => Some(false),
        (BinaryOp::NotEqual | BinaryOp::Greater, "0") | (BinaryOp::GreaterEqual, "0" | "1") => Some(true),
        _ => None,
    }
}

//! What is an error, and what becomes of it. A type says so, or the way a value is used; the name of
//! a local says it only where a language has no types to ask.

use crate::syntax::facts::{BinaryOp, Expr, ExprId, Exprs, Lang, Stmt, StmtId, Stmts};

use super::{ErrorUse, Exit, Node, Tracer};
use crate::flow::matches::RuleId;
use crate::flow::program::{Fn, Site};
use crate::flow::scope::DefKind;
use crate::flow::types::{Member, Type};
use crate::rules::Role;

/// Answers that say that a message was not handled.
pub(super) const REFUSALS: [Role; 3] = [Role::Reject, Role::Requeue, Role::Retry];

impl Tracer<'_, '_> {
    /// What becomes of the error of `targets = values`, judged by the statement that follows.
    pub(super) fn assigned_error(
        &self,
        func: Fn,
        targets: Exprs,
        values: Exprs,
        next: Option<StmtId>,
    ) -> ErrorUse {
        let facts = self.flow.types.program.facts(func.file);
        if facts.list(values).len() > 1 {
            return ErrorUse::Other;
        }
        let Some(&last) = facts.list(targets).last() else { return ErrorUse::Other };
        let Expr::Name(name) = facts.expr(last) else { return ErrorUse::Other };
        let text = facts.text(name);
        if text == "_" {
            return ErrorUse::Dropped;
        }
        // The name holds its new value only behind the assignment: ask where it is looked at.
        let at = |expr| self.mention(func.file, expr, text).map(|expr| Site { file: func.file, expr });
        match next.map(|id| facts.stmt(id)) {
            Some(Stmt::If { cond, then, .. })
                if at(cond)
                    .is_some_and(|site| self.is_error(site, self.against_nil(func.file, cond, text))) =>
            {
                self.error_arm(func, cond, then)
            }
            Some(Stmt::Return(values)) => {
                let values = facts.list(values);
                let given = values.iter().find_map(|&value| at(value));
                let error = given.is_some_and(|site| self.is_error(site, false));
                if error || values.is_empty() && self.gives_error(func) {
                    ErrorUse::Returned
                } else {
                    ErrorUse::Other
                }
            }
            _ => ErrorUse::Other,
        }
    }

    pub(super) fn error_arm(&self, func: Fn, cond: ExprId, then: Stmts) -> ErrorUse {
        let facts = self.flow.types.program.facts(func.file);
        if !matches!(facts.expr(cond), Expr::Binary { op: BinaryOp::NotEqual, .. }) {
            return ErrorUse::Other;
        }
        let quiet = match facts.block(then).last().map(|&s| facts.stmt(s)) {
            Some(Stmt::Return(values)) => match facts.list(values).last().map(|&v| facts.expr(v)) {
                None if self.gives_error(func) => return ErrorUse::Returned,
                Some(Expr::Nil) | None => ErrorUse::Swallowed,
                _ => return ErrorUse::Returned,
            },
            Some(Stmt::Throw(_)) => return ErrorUse::Returned,
            Some(Stmt::Jump(_)) => ErrorUse::Swallowed,
            _ => return ErrorUse::Logged,
        };
        if self.answers(func, then) { ErrorUse::Returned } else { quiet }
    }

    /// Whether a statement of a block tells whoever delivered the message that it failed.
    pub(super) fn answers(&self, func: Fn, block: Stmts) -> bool {
        let facts = self.flow.types.program.facts(func.file);
        let mut found = false;
        for &id in facts.block(block) {
            crate::flow::walk::exprs_of_stmt(facts, id, &mut |expr| {
                let rules = self.rules_at(Site { file: func.file, expr });
                found |= rules.iter().any(|&rule| REFUSALS.contains(&self.flow.index.rule(rule).role));
            });
        }
        found
    }

    /// Whether the last value that a Go function returns is made by a call that gives an error of a type
    /// of its own, and nothing else: `return nil, NewNotFound(id)`.
    pub(super) fn makes_error(&self, func: Fn, values: &[ExprId]) -> bool {
        let program = self.flow.types.program;
        let alone = values.len() == program.func(func).results.len();
        let of = |&value: &ExprId| self.flow.types.of(Site { file: func.file, expr: value });
        program.facts(func.file).lang == Lang::Go
            && alone
            && self.gives_error(func)
            && values.last().map(of).is_some_and(|ty| matches!(ty, Type::Named(..)))
    }

    /// A quiet end behind a step that asks for the message again is a failure.
    pub(super) fn asked_again(&self, nodes: &mut [Node]) {
        let Some((Node::Exit(exit @ Exit::Success), before)) = nodes.split_last_mut() else { return };
        let again = |role| matches!(role, Role::Requeue | Role::Retry);
        let asks = |rule: &RuleId| again(self.flow.index.rule(*rule).role);
        if before.iter().any(|node| matches!(node, Node::Step(step) if step.rules.iter().any(asks))) {
            *exit = Exit::Failure;
        }
    }

    pub(super) fn mentions(&self, file: u32, id: ExprId, name: &str) -> bool {
        self.mention(file, id, name).is_some()
    }

    /// Where an expression names a local.
    fn mention(&self, file: u32, id: ExprId, name: &str) -> Option<ExprId> {
        let facts = self.flow.types.program.facts(file);
        let mut found = None;
        crate::flow::walk::exprs(facts, id, &mut |e| {
            if let Expr::Name(n) = facts.expr(e)
                && facts.text(n) == name
            {
                found = found.or(Some(e));
            }
        });
        found
    }

    /// Whether a condition compares a local with nil.
    fn against_nil(&self, file: u32, cond: ExprId, name: &str) -> bool {
        let facts = self.flow.types.program.facts(file);
        let mut found = false;
        crate::flow::walk::exprs(facts, cond, &mut |e| {
            if let Expr::Binary { left, right, .. } = facts.expr(e)
                && let (Expr::Name(n), Expr::Nil) = (facts.expr(left), facts.expr(right))
            {
                found |= facts.text(n) == name;
            }
        });
        found
    }

    /// Whether a value is an error. The last of several values that a library gives is one where it
    /// is compared with nil (`against_nil`).
    pub(super) fn is_error(&self, site: Site, against_nil: bool) -> bool {
        let types = self.flow.types;
        let facts = types.program.facts(site.file);
        let Expr::Name(name) = facts.expr(site.expr) else {
            let text = types.program.render(site).to_ascii_lowercase();
            return text.ends_with("err") || text.ends_with("error");
        };
        if facts.lang != Lang::Go {
            return facts.text(name).to_ascii_lowercase().contains("err");
        }
        let ty = types.of(site);
        match &ty {
            Type::Basic(basic) => return &**basic == "error",
            Type::External(_, of) if of.is_empty() => {}
            Type::Unknown => {}
            Type::Named(..) => return matches!(types.member(&ty, "Error"), Some(Member::Method(_))),
            _ => return false,
        }
        let Some((owner, def)) = types.local(site, name) else {
            return facts.text(name).to_ascii_lowercase().starts_with("err");
        };
        let last_of_call = matches!(def.kind, DefKind::Value(call, index)
            if index > 0 && matches!(facts.expr(call), Expr::Call { .. }));
        against_nil && last_of_call
            || types.program.file(owner.file).errors.contains(&(owner.func, name))
            || facts.text(name).to_ascii_lowercase().ends_with("err")
    }
}

/// Words for turning something away in the names of helpers that answer with it
/// (`return h.replier.Error(event, err)`).
pub(super) fn refuses_by_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["error", "reject", "refuse", "invalid", "badrequest", "fail"].iter().any(|word| name.starts_with(word))
}

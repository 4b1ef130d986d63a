//! What a handler gives back and its library goes on with: messages that are published or posted.

use super::{About, ErrorUse, Node, Step, Tracer};
use crate::flow::RETURNED;
use crate::flow::matches::RuleId;
use crate::flow::program::Fn;
use crate::syntax::facts::{Expr, Exprs};

impl Tracer<'_, '_> {
    /// Adds what the library does with what the handler gives back, where it gives anything: it runs
    /// after the handler, so that what ends the handler early ends it as well.
    pub(super) fn given_back(&self, func: Fn, body: &mut Vec<Node>) {
        let kind = |id: &RuleId| self.flow.index.rule(*id).registration_kind.as_deref();
        let Some(site) = self.registered else { return };
        let rules: Vec<RuleId> =
            self.rules_at(site).into_iter().filter(|id| kind(id) == Some(RETURNED)).collect();
        let file = self.flow.types.program.file(func.file);
        let gives = |values: &Exprs| match file.facts.list(*values) {
            [] => false,
            [first, ..] => file.facts.expr(*first) != Expr::Nil,
        };
        if rules.is_empty() || !file.scopes[func.func.0 as usize].returns.iter().any(gives) {
            return;
        }
        let step =
            Step { error: ErrorUse::Returned, about: About::Message, ..Step::new(site, func, rules, 0) };
        let last = body.len() - usize::from(matches!(body.last(), Some(Node::Exit(_))));
        body.insert(last, Node::Step(step));
    }
}

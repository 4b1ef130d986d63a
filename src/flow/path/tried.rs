//! What a `try` around several steps means for each of them, and what a function says by what it
//! gives back.

use super::errors::REFUSALS;
use super::{ErrorUse, Fn, Node, Site, Step, Tracer};
use crate::flow::Flow;
use crate::rules::Role;
use crate::syntax::facts::ExprId;

const CHECKS: [Role; 3] = [Role::DedupeCheck, Role::DedupeClaim, Role::Validate];

/// A check that throws ends the effects behind it in the same `try`, whatever is done with the
/// error: nobody goes on as if the message were new, or valid.
pub(super) fn end_with_checks(flow: &Flow<'_>, nodes: &mut [Node]) {
    if nodes.iter().any(|node| lasts(flow, node)) {
        for node in nodes {
            settle(flow, node);
        }
    }
}

impl Tracer<'_, '_> {
    /// Whether what a function gives is a refusal of the message (`return new Nack()`).
    pub(super) fn refuses(&self, func: Fn, values: &[ExprId]) -> bool {
        let Some(&expr) = values.last() else { return false };
        let rules = self.rules_at(Site { file: func.file, expr });
        rules.iter().any(|&rule| REFUSALS.contains(&self.flow.index.rule(rule).role))
    }
}

fn has(flow: &Flow<'_>, step: &Step, fits: &dyn std::ops::Fn(Role) -> bool) -> bool {
    step.rules.iter().any(|&rule| fits(flow.index.rule(rule).role))
}

/// Whether something on a node lasts.
fn lasts(flow: &Flow<'_>, node: &Node) -> bool {
    let effect = |role: Role| role == Role::Publisher || role.name().starts_with("effect.");
    match node {
        Node::Step(step) => has(flow, step, &effect) || step.inner.iter().any(|node| lasts(flow, node)),
        Node::Branch(branch) => branch.then.iter().chain(&branch.otherwise).any(|node| lasts(flow, node)),
        Node::Loop(nodes) => nodes.iter().any(|node| lasts(flow, node)),
        Node::Exit(_) | Node::Cut(_) => false,
    }
}

fn settle(flow: &Flow<'_>, node: &mut Node) {
    match node {
        Node::Step(step) => {
            let caught = matches!(step.error, ErrorUse::Logged | ErrorUse::Swallowed);
            if caught && has(flow, step, &|role| CHECKS.contains(&role)) {
                step.error = ErrorUse::Other;
            }
            step.inner.iter_mut().for_each(|node| settle(flow, node));
        }
        Node::Branch(branch) => {
            branch.then.iter_mut().chain(&mut branch.otherwise).for_each(|node| settle(flow, node));
        }
        Node::Loop(nodes) => nodes.iter_mut().for_each(|node| settle(flow, node)),
        Node::Exit(_) | Node::Cut(_) => {}
    }
}

//! Questions about traces that several controls ask.

use crate::audit::Control;
use crate::flow::Flow;
use crate::flow::path::{Asks, Branch, ErrorUse, Node, Step};
use crate::flow::program::{Fn, Site};
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr};

use super::table;

/// Whether a step plays any of `roles` itself.
pub fn plays(flow: &Flow<'_>, step: &Step, roles: &[Role]) -> bool {
    step.rules.iter().any(|&id| roles.contains(&flow.index.rule(id).role))
}

/// Whether a step is a call of a Redis client itself.
pub fn in_redis(flow: &Flow<'_>, step: &Step) -> bool {
    step.rules.iter().any(|&id| flow.index.detector(id).imports.iter().any(|path| path.contains("redis")))
}

/// Each step at and below `nodes`.
pub fn each(nodes: &[Node], seen: &mut dyn FnMut(&Step)) {
    for node in nodes {
        match node {
            Node::Step(step) => {
                seen(step);
                each(&step.inner, seen);
            }
            Node::Branch(branch) => {
                each(&branch.then, seen);
                each(&branch.otherwise, seen);
            }
            Node::Loop(body) => each(body, seen),
            Node::Exit(_) | Node::Cut(_) => {}
        }
    }
}

/// What becomes of the error of the call at `site`, unless it runs beside the function.
pub fn error_of(nodes: &[Node], site: Site) -> Option<ErrorUse> {
    nodes.iter().find_map(|node| match node {
        Node::Step(step) if step.site == site => Some(step.error).filter(|_| !step.detached),
        Node::Step(step) => error_of(&step.inner, site),
        Node::Branch(branch) => error_of(&branch.then, site).or_else(|| error_of(&branch.otherwise, site)),
        Node::Loop(body) => error_of(body, site),
        Node::Exit(_) | Node::Cut(_) => None,
    })
}

/// The first step at or below `nodes` that plays any of `roles`.
pub fn first<'n>(flow: &Flow<'_>, nodes: &'n [Node], roles: &[Role]) -> Option<&'n Step> {
    nodes.iter().find_map(|node| match node {
        Node::Step(step) if plays(flow, step, roles) => Some(step),
        Node::Step(step) => first(flow, &step.inner, roles),
        Node::Branch(branch) => {
            first(flow, &branch.then, roles).or_else(|| first(flow, &branch.otherwise, roles))
        }
        Node::Loop(nodes) => first(flow, nodes, roles),
        Node::Exit(_) | Node::Cut(_) => None,
    })
}

/// Whether the text of any name or string in the body of `func`, closures included, matches any pattern.
pub fn mentions(flow: &Flow<'_>, func: Fn, patterns: &regex::RegexSet) -> bool {
    let program = flow.types.program;
    let outer = program.outermost(func);
    let facts = program.facts(outer.file);
    facts.exprs.iter().enumerate().any(|(i, expr)| {
        let text = match expr {
            Expr::Str(text) | Expr::Name(text) | Expr::Field { name: text, .. } => facts.text(*text),
            _ => return false,
        };
        let site = Site { file: outer.file, expr: crate::syntax::facts::ExprId(i as u32) };
        patterns.is_match(text) && program.around(site) == Some(outer)
    })
}

/// One of the two ways of a branch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    /// Where the condition holds.
    Then,
    /// Where it does not.
    Otherwise,
}

/// The way of a branch that runs where a call has failed.
pub fn failed_arm(flow: &Flow<'_>, branch: &Branch) -> Option<Arm> {
    if branch.caught {
        return Some(Arm::Then);
    }
    match against_nil(flow, branch.cond).filter(|_| branch.asks == Asks::Error)? {
        BinaryOp::NotEqual => Some(Arm::Then),
        BinaryOp::Equal => Some(Arm::Otherwise),
        _ => None,
    }
}

/// What runs of a branch where a call has failed.
pub fn on_failure<'b>(flow: &Flow<'_>, branch: &'b Branch) -> Option<&'b [Node]> {
    failed_arm(flow, branch).map(|arm| match arm {
        Arm::Then => &branch.then[..],
        Arm::Otherwise => &branch.otherwise,
    })
}

/// The operator of a comparison with nil.
pub fn against_nil(flow: &Flow<'_>, cond: Site) -> Option<BinaryOp> {
    let facts = flow.types.program.facts(cond.file);
    match facts.expr(cond.expr) {
        Expr::Binary { op, right, .. } if matches!(facts.expr(right), Expr::Nil) => Some(op),
        _ => None,
    }
}

/// Whether an expression names an error that says that what was looked for is not there.
pub fn asks_for_absence(flow: &Flow<'_>, site: Site) -> bool {
    let text = flow.types.program.render(site).to_ascii_lowercase().replace('_', "");
    let words = table::of(Control::Idempotency).map_or(&[][..], |table| table.names("not-there"));
    words.iter().any(|word| text.contains(word.as_str()))
}

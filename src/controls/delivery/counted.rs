//! Attempts that a handler counts itself: what it puts back it does not put back for ever.

use regex::RegexSet;

use crate::controls::steps;
use crate::controls::table::Table;
use crate::flow::Flow;
use crate::flow::path::Node;
use crate::flow::program::{Program, Site};
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr};

/// Whether a message is put back only while a count of its attempts, which goes by one of the names
/// in `table`, allows it.
pub(super) fn counts(flow: &Flow<'_>, nodes: &[Node], table: &Table) -> bool {
    let names = RegexSet::new(table.names("counts-attempts")).unwrap_or_default();
    asks(flow, nodes, &names)
}

fn asks(flow: &Flow<'_>, nodes: &[Node], names: &RegexSet) -> bool {
    let requeues = |nodes: &[Node]| steps::first(flow, nodes, &[Role::Requeue]).is_some();
    nodes.iter().enumerate().any(|(at, node)| match node {
        Node::Branch(branch) => {
            let below = |arm: &[Node]| asks(flow, arm, names);
            // The requeue of `if attempts >= max { park; return }` stands behind it.
            let decides = || requeues(&nodes[at..]);
            compares(flow.types.program, branch.cond, names) && decides()
                || below(&branch.then)
                || below(&branch.otherwise)
        }
        Node::Step(step) => asks(flow, &step.inner, names),
        Node::Loop(body) => asks(flow, body, names),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

/// Whether a condition compares something of one of these names with a bound.
fn compares(program: &Program, cond: Site, names: &RegexSet) -> bool {
    let facts = program.facts(cond.file);
    let mut found = false;
    crate::flow::walk::exprs(facts, cond.expr, &mut |expr| {
        if let Expr::Binary { op, left, right } = facts.expr(expr)
            && matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
        {
            let counts = |side| names.is_match(&program.render(Site { expr: side, ..cond }));
            found |= counts(left) || counts(right);
        }
    });
    found
}

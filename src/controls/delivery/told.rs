//! Failures that a handler publishes: whoever hears of them may keep the message. Whether a topic is
//! a place for failed messages or one of events about a failure, its name alone rarely says.

use crate::controls::steps;
use crate::flow::Flow;
use crate::flow::path::{Exit, Node};
use crate::rules::Role;

/// Whether something is published in an arm for a call that failed.
pub(super) fn publishes(flow: &Flow<'_>, nodes: &[Node]) -> bool {
    on_failure(flow, nodes, &|arm| steps::first(flow, arm, &[Role::Publisher]).is_some())
}

/// Whether an arm for a call that failed publishes something, or saves it for that, and ends as that
/// does: whoever asked is answered, and the message has been handled.
pub(super) fn answers(flow: &Flow<'_>, nodes: &[Node]) -> bool {
    let sends = [Role::Publisher, Role::OutboxWrite];
    let ends = |arm: &[Node]| matches!(arm, [.., Node::Exit(Exit::Forward)]);
    on_failure(flow, nodes, &|arm| ends(arm) && steps::first(flow, arm, &sends).is_some())
}

/// Whether one of the arms for a call that failed fits.
fn on_failure(flow: &Flow<'_>, nodes: &[Node], fits: &dyn Fn(&[Node]) -> bool) -> bool {
    nodes.iter().any(|node| match node {
        Node::Branch(branch) => {
            steps::on_failure(flow, branch).is_some_and(fits)
                || on_failure(flow, &branch.then, fits)
                || on_failure(flow, &branch.otherwise, fits)
        }
        Node::Step(step) => on_failure(flow, &step.inner, fits),
        Node::Loop(body) => on_failure(flow, body, fits),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

//! Failures that a handler publishes: whoever hears of them may keep the message. Whether a topic is
//! a place for failed messages or one of events about a failure, its name alone rarely says.

use crate::controls::steps;
use crate::flow::Flow;
use crate::flow::path::Node;
use crate::rules::Role;

/// Whether something is published in an arm for a call that failed.
pub(super) fn publishes(flow: &Flow<'_>, nodes: &[Node]) -> bool {
    let sends = |arm: &[Node]| steps::first(flow, arm, &[Role::Publisher]).is_some();
    nodes.iter().any(|node| match node {
        Node::Branch(branch) => {
            steps::on_failure(flow, branch).is_some_and(sends)
                || publishes(flow, &branch.then)
                || publishes(flow, &branch.otherwise)
        }
        Node::Step(step) => publishes(flow, &step.inner),
        Node::Loop(body) => publishes(flow, body),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

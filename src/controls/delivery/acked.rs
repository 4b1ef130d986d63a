//! Failures that are refused and, on the same way, acknowledged: the arm of the failure does not end, and
//! what follows it is meant for messages that went well.

use crate::controls::steps;
use crate::flow::Flow;
use crate::flow::path::Node;
use crate::rules::Role;

/// Whether a message whose handling failed is given back or refused, and acknowledged after that.
pub(super) fn after_refusal(flow: &Flow<'_>, nodes: &[Node]) -> bool {
    let refuses = |node: &Node| match node {
        Node::Branch(branch) => steps::on_failure(flow, branch).is_some_and(|arm| {
            !matches!(arm.last(), Some(Node::Exit(_)))
                && steps::first(flow, arm, &[Role::Requeue, Role::Reject]).is_some()
                && steps::first(flow, arm, &[Role::Ack]).is_none()
        }),
        _ => false,
    };
    let here = nodes.iter().position(refuses).is_some_and(|at| {
        nodes[at + 1..].iter().any(|node| match node {
            Node::Step(step) => steps::plays(flow, step, &[Role::Ack]),
            _ => false,
        })
    });
    here || nodes.iter().any(|node| match node {
        Node::Step(step) => after_refusal(flow, &step.inner),
        Node::Branch(branch) => after_refusal(flow, &branch.then) || after_refusal(flow, &branch.otherwise),
        Node::Loop(body) => after_refusal(flow, body),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

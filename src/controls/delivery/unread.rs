//! Messages that a handler keeps where its work fails, and passes over where they cannot be read.

use crate::controls::steps;
use crate::flow::Flow;
use crate::flow::path::{About, Exit, Node, Step};
use crate::flow::program::Site;
use crate::rules::Role;

/// Whoever does one of these for a message that cannot be read does not just pass it over.
const TOLD: [Role; 8] = [
    Role::DeadLetter,
    Role::Requeue,
    Role::Reject,
    Role::Retry,
    Role::Publisher,
    Role::OutboxWrite,
    Role::EffectInsert,
    Role::EffectUpsert,
];

/// What a handler does with messages.
pub(super) struct Handling<'f, 'a> {
    pub flow: &'f Flow<'a>,
    /// Calls that keep a message that failed.
    pub keeps: &'f [Site],
    /// A message that is not acknowledged comes again.
    pub acknowledges: bool,
}

impl Handling<'_, '_> {
    /// Whether a function passes over what it cannot read or finds invalid, although it keeps messages
    /// that fail otherwise.
    pub(super) fn passes_unread(&self, nodes: &[Node]) -> bool {
        self.keeps_any(nodes) && self.within(nodes, &mut Vec::new())
    }

    /// The same among the nodes of one function; `reads` are the readings so far.
    fn within(&self, nodes: &[Node], reads: &mut Vec<Site>) -> bool {
        nodes.iter().any(|node| match node {
            Node::Step(step) => {
                reads.extend(reads_message(self.flow, step).then_some(step.site));
                self.passes_unread(&step.inner)
            }
            Node::Branch(branch) => {
                let asks = !branch.caught && branch.deps.iter().any(|dep| reads.contains(dep));
                asks && steps::on_failure(self.flow, branch).is_some_and(|arm| self.is_quiet(arm))
                    || self.within(&branch.then, reads)
                    || self.within(&branch.otherwise, reads)
            }
            Node::Loop(body) => self.within(body, reads),
            Node::Exit(_) | Node::Cut(_) => false,
        })
    }

    /// Whether an arm ends as if all were well, and tells nobody but a log.
    fn is_quiet(&self, arm: &[Node]) -> bool {
        let does = |roles: &[Role]| steps::first(self.flow, arm, roles).is_some();
        matches!(arm.last(), Some(Node::Exit(Exit::Success | Exit::Jump)))
            && !self.keeps_any(arm)
            && !does(&TOLD)
            && (!self.acknowledges || does(&[Role::Ack]))
            && !arm.iter().any(|node| matches!(node, Node::Cut(_)))
    }

    /// Whether a call that keeps a message stands among nodes or below.
    fn keeps_any(&self, nodes: &[Node]) -> bool {
        let mut found = false;
        steps::each(nodes, &mut |step| {
            found |= self.keeps.contains(&step.site) || steps::plays(self.flow, step, &[Role::DeadLetter]);
        });
        found
    }
}

/// Whether a step decodes or validates the message.
fn reads_message(flow: &Flow<'_>, step: &Step) -> bool {
    steps::plays(flow, step, &[Role::Decode, Role::Validate])
        && matches!(step.about, About::Message | About::Perhaps)
}

//! Arms that messages are told apart into by what they are: a refusal in one of them says nothing of
//! what the others let through.

use super::{Effect, Refusal, Scan, Scanner};
use crate::controls::scan::Looks;
use crate::flow::path::{Branch, OfMessage};
use crate::flow::program::Site;
use crate::syntax::facts::{BinaryOp, Expr};

/// An arm: the `switch` or `if`, and the condition that the arm runs under (none for an `else`).
pub(super) type Arm = (Site, Option<Site>);

impl Scanner<'_, '_> {
    /// The `switch` or `if` that a branch tells messages apart by, to do something for each kind.
    pub(super) fn tells_apart(&self, branch: &Branch) -> Option<Site> {
        if branch.switch.is_some() {
            return branch.switch;
        }
        let does = |nodes| self.has_effects(nodes);
        let both = || does(&branch.then) && (does(&branch.otherwise) || super::ends(&branch.then).is_some());
        // What is cheap to know is asked first.
        if branch.of_message != OfMessage::Chooses || !both() {
            return None;
        }
        let facts = self.flow.types.program.facts(branch.cond.file);
        let at = |expr| Site { expr, ..branch.cond };
        let by_kind = match facts.expr(branch.cond.expr) {
            Expr::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } => {
                [left, right].iter().any(|&side| super::looks::names_a_kind(self.flow, at(side)))
            }
            _ => false,
        };
        by_kind.then_some(branch.cond)
    }
}

impl Scan {
    /// Whether messages are refused for what they say in some arms alone, while others have effects
    /// without a look at what they are given.
    pub fn refuses_some_kinds(&self) -> bool {
        let refusals: Vec<&Refusal> = self.refusals.iter().filter(|r| r.looks == Looks::Payload).collect();
        let lets_through = |effect: &&Effect| !refusals.iter().any(|r| self.covers(r, effect));
        !refusals.is_empty() && self.effects.iter().filter(|e| !e.on_failure).any(|e| lets_through(&e))
    }

    /// Whether what a refusal turns away never comes to an effect: it stands in an arm around it, or in
    /// one of a `switch` before it that refuses in others too.
    fn covers(&self, refusal: &Refusal, effect: &Effect) -> bool {
        let apart = refusal.arms.iter().zip(&effect.arms).take_while(|(a, b)| a == b).count();
        let Some((switch, _)) = refusal.arms.get(apart) else { return true };
        let in_another = effect.arms.get(apart).is_some_and(|(other, _)| other == switch);
        let also = |r: &Refusal| {
            let other = r.arms.get(apart).filter(|(at, _)| at == switch);
            r.looks == Looks::Payload && other.is_some() && other != refusal.arms.get(apart)
        };
        !in_another && self.refusals.iter().any(also)
    }
}

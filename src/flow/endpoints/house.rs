//! Where a rule of the house describes a wrapper of the tree, it says what there is to say of a call of
//! it: what the rules of libraries find inside would tell the same endpoint twice.

use rustc_hash::FxHashSet;

use super::{Found, Lifting};
use crate::flow::calls::Callee;
use crate::flow::matches::Match;
use crate::flow::program::Site;
use crate::rules::{Matcher, Role};

impl Lifting<'_> {
    /// Leaves out what was lifted through a call that a rule of the house describes in the same role, and
    /// what such calls alone lead to and nothing names.
    pub(super) fn leave_to_house(&self, matches: &[Match], found: &mut Vec<Found>) {
        let described: FxHashSet<(Site, Role)> = matches
            .iter()
            .filter(|m| self.is_house(m) && self.runs_own_code(m.site))
            .map(|m| (m.site, self.index.rule(m.rule).role))
            .collect();
        if described.is_empty() {
            return;
        }
        found.retain(|item| {
            let role = self.index.rule(item.matched.rule).role;
            let through = || item.hops.iter().any(|&hop| described.contains(&(hop, role)));
            self.is_house(&item.matched)
                || !through() && !self.only_led_to(item, &|call| described.contains(&(call, role)))
        });
    }

    fn is_house(&self, matched: &Match) -> bool {
        let by_call = matches!(self.index.rule(matched.rule).matcher, Matcher::Call(_));
        by_call && !self.index.detector(matched.rule).builtin
    }

    fn runs_own_code(&self, call: Site) -> bool {
        matches!(self.graph.at(call).map(|call| &call.callee), Some(Callee::Tree(_)))
    }

    /// Whether an endpoint without a name stands in a function that only described calls run.
    fn only_led_to(&self, item: &Found, described: &dyn Fn(Site) -> bool) -> bool {
        let named = item.topic.as_ref().is_none_or(|topic| topic.resolved);
        let around = self.types.program.around(item.place);
        let Some(around) = around.filter(|_| !named) else { return false };
        let mut calls = self.graph.calls_of(around).peekable();
        calls.peek().is_some() && calls.all(|call| described(call.site))
    }
}

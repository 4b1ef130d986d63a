//! What rules know of a library, asked by path and name where no call of it is at hand.

use super::{Index, RuleId};
use crate::flow::calls::{Callee, Graph};
use crate::flow::eval::Eval;
use crate::flow::program::{ExtPath, Program, Site};
use crate::flow::types::import_matches;
use crate::flow::value::Binding;
use crate::rules::{Role, Rule, Selector, Start, Step};
use crate::syntax::facts::Expr;

impl Index<'_> {
    /// Whether some rule is about a method of this name.
    pub fn knows_method(&self, name: &str) -> bool {
        self.calls.get(name).is_some_and(|rules| rules.iter().any(|(_, receiver)| receiver.is_some()))
    }

    /// Whether what a library does can matter: rules describe it, or it reads like messaging.
    pub fn concerns(&self, path: &str) -> bool {
        self.describes(path) || self.vocabulary.names_messaging(path)
    }

    /// Whether two import paths are one library to some rule.
    pub fn same(&self, program: &Program, a: ExtPath, b: ExtPath) -> bool {
        let both = |gate: &String| {
            import_matches(gate, program.external(a)) && import_matches(gate, program.external(b))
        };
        a == b || self.rules.detectors.iter().flat_map(|detector| &detector.imports).any(both)
    }

    /// Which answer to the broker a call is with what `frame` gives, where that decides which
    /// (`func (c *Consumer) nack(d Delivery, requeue bool) { d.Nack(false, requeue) }`).
    pub fn answered(&self, eval: &Eval<'_>, graph: &Graph, site: Site, frame: &[Binding]) -> Vec<RuleId> {
        let program = eval.types.program;
        let facts = program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return Vec::new() };
        let Expr::Field { name, .. } = facts.expr(callee) else { return Vec::new() };
        let answers = |id: RuleId| {
            let rule = self.rule(id);
            matches!(rule.role, Role::Ack | Role::Requeue | Role::Reject) && !rule.when.is_empty()
        };
        let candidates = self.calls.get(facts.text(name)).map_or(&[][..], Vec::as_slice);
        if !candidates.iter().any(|(id, _)| answers(*id)) {
            return Vec::new();
        }
        let Some(Callee::Library { path, on, method }) = graph.at(site).map(|call| &call.callee) else {
            return Vec::new();
        };
        let mut found = self.library_call(program.external(*path), on, facts.text(name), *method);
        found.retain(|&id| answers(id) && self.holds_within(eval, id, site, frame));
        found
    }

    /// The type whose method `name` a declaration can stand for: `fits` says whether an argument may
    /// hold what a rule of that method looks for there, `true` where that lies inside of it. Empty where
    /// the rules name no type.
    pub fn method_that_fits(
        &self,
        library: &str,
        name: &str,
        fits: &dyn Fn(usize, bool) -> bool,
    ) -> Option<&str> {
        let candidates = self.calls.get(name)?;
        let fitting = |(id, receiver): &(RuleId, Option<&'_ str>)| {
            receiver.is_some() && self.gated(*id, library) && arguments_fit(self.rule(*id), fits)
        };
        let on = candidates.iter().find(|candidate| fitting(candidate))?.1?;
        Some(if on == "*" { "" } else { on })
    }
}

/// Whether the arguments in which a rule looks for something can hold it.
fn arguments_fit(rule: &Rule, fits: &dyn Fn(usize, bool) -> bool) -> bool {
    let goes_in = |step: &Step| !matches!(step, Step::Each | Step::EachKey | Step::FirstHalf);
    let fit = |selector: &Selector| match selector.start {
        Start::Arg(at) | Start::ArgsFrom(at) => fits(at, selector.steps.iter().any(goes_in)),
        _ => true,
    };
    [&rule.topic, &rule.handler, &rule.key].into_iter().flatten().all(fit)
}

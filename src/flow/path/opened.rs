//! Transactions that lie ready in a container: what makes them has opened them when they are taken.

use super::{ErrorUse, Node, RuleId, Site, Step, Tracer, Value};
use crate::flow::program::Fn;
use crate::flow::resolve::written;
use crate::flow::value::Binding;
use crate::rules::Role;

impl Tracer<'_, '_> {
    /// The opening of the transaction that the call at `site` takes out of a container.
    pub(super) fn opened(
        &mut self,
        func: Fn,
        site: Site,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let graph = &self.flow.graph;
        if graph.registered.is_empty() && graph.containers.is_empty() {
            return;
        }
        let value = match self.eval.value(site) {
            value @ Value::Made(_) => value,
            value @ Value::Call(_) => self.eval.within(&value, frame),
            _ => return,
        };
        let Some(taken) = written(self.eval, graph, &value) else { return };
        let opens = |rule: &RuleId| self.flow.index.rule(*rule).role == Role::TxBegin;
        let found = taken.items().into_iter().find_map(|item| match item {
            Value::Made(made) => {
                let rules: Vec<RuleId> = self.rules_at(made.site).into_iter().filter(opens).collect();
                (!rules.is_empty()).then_some((made.site, rules))
            }
            _ => None,
        });
        let Some((site, rules)) = found else { return };
        self.push(Step { error: ErrorUse::Returned, ..Step::new(site, func, rules, depth) }, out);
    }
}

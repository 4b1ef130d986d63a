//! Calls on a path: what each may run, and how it is followed there.

use super::{
    Binding, Cut, CutReason, ErrorUse, Expr, ExprId, Fn, NODES, Node, Site, Step, Tracer, VISITS, remote,
};
use super::{Closure, Role, Value, binding_of, matters, node};
use crate::flow::value::Free;

impl Tracer<'_, '_> {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn call(
        &mut self,
        func: Fn,
        id: ExprId,
        error: ErrorUse,
        detached: bool,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let site = Site { file: func.file, expr: id };
        let rules = self.settled(site, frame);
        let role = |role: Role| rules.iter().any(|&r| self.flow.index.rule(r).role == role);
        // Where a language throws, what gives nothing may fail all the same, and end who calls it.
        let thrown = self.thrown(func).is_some() && self.unwinds.is_empty();
        let silent = !thrown && self.returns_nothing(site) || role(Role::Retry);
        let error = if silent { ErrorUse::None } else { error };
        if self.nodes > NODES {
            out.push(Node::Cut(Cut { site, why: CutReason::Budget, hands_on: false }));
            return;
        }
        let targets = if role(Role::ObserverTrigger) {
            self.subscribers(site, &rules, frame)
        } else if role(Role::MediatorSend) {
            self.mediated(site, &rules, frame)
        } else {
            self.targets(site, !rules.is_empty(), frame)
        };
        let about = self.about_message(site, &rules, frame);
        let keyed = self.keyed(site, &rules, frame);
        let plain = rules.is_empty();
        // A named role says what the call does; a hand-over only that something follows.
        let opens = plain || role(Role::ObserverTrigger) || role(Role::MediatorSend);
        let adds = self.taken(site, &rules, frame);
        let sends_on = self.sends_on(site, &rules, frame);
        let sent_to = self.sent_to(site, &rules, frame);
        let known = Step::new(site, func, rules, depth);
        let step = Step { error, detached, about, keyed, sends_on, sent_to, adds, ..known };
        let mut followed = false;
        // While the message is handed on as it came, it is still in the consumer's hands.
        let handed_on = self.hands_on(func, id);
        for closure in &targets {
            let target = closure.func;
            // A function literal belongs to the layer that wrote it, whoever calls it.
            let parent = self.flow.types.program.func(target).parent;
            let written_here =
                parent.is_some_and(|func| self.stack.contains(&Fn { file: target.file, func }));
            let deeper = depth + u32::from(!handed_on && !written_here);
            // A method of a function type runs the function it is called on.
            let runs = match &closure.receiver {
                Some(Value::Func(on)) => on.func,
                _ => target,
            };
            if self.stack.contains(&runs) {
                continue;
            }
            if deeper > self.max_depth {
                if !plain {
                    self.push(step, out);
                }
                if opens {
                    out.push(Node::Cut(Cut { site, why: CutReason::Depth, hands_on: false }));
                }
                // A function literal among the arguments belongs to this layer.
                self.callbacks(func, id, &[], frame, depth, out);
                return;
            }
            let spent = self.nodes;
            let inner = self.enter(site, closure, runs == target, frame, deeper);
            // What another program does must not use up what this one's path needs.
            if self.nodes > NODES && remote::is_remote(self.flow, site) {
                self.nodes = spent;
                out.push(Node::Cut(Cut { site, why: CutReason::Unresolved, hands_on: false }));
                continue;
            }
            if !plain || inner.iter().any(matters) {
                followed = true;
                let about = self.about_inside(&step, &inner);
                self.push(Step { into: Some(target), inner, about, ..step.clone() }, out);
            }
        }
        if plain {
            self.opened(func, site, frame, depth, out);
        }
        if !followed && !plain {
            self.push(step, out);
        } else if targets.is_empty()
            && let Some(why) = self.left_open(site, frame)
        {
            let hands_on = why == CutReason::Unresolved && self.hands_over(site);
            out.push(Node::Cut(Cut { site, why, hands_on }));
        }
        self.callbacks(func, id, &targets, frame, depth, out);
    }

    /// What the function that a call at `site` runs does. `counts`: it is met here as itself, not as
    /// the method of a function type, which is met wherever such a function is called.
    fn enter(
        &mut self,
        site: Site,
        closure: &Closure,
        counts: bool,
        frame: &[Binding],
        depth: u32,
    ) -> Vec<Node> {
        let target = closure.func;
        let visits = self.visits.entry(target).or_default();
        *visits += u32::from(counts);
        let visits = *visits;
        if visits > VISITS {
            let known = self.read.get(&target).cloned().unwrap_or_default();
            self.nodes += node::count(&known);
            return known;
        }
        let mut binding = binding_of(self.eval, site, target);
        if closure.receiver.is_some() {
            binding.receiver.clone_from(&closure.receiver);
        }
        let bound = self.bind_in(&binding, frame);
        let mut inner_frame = closure.env.clone();
        self.carry(site, target, frame, &mut inner_frame);
        inner_frame.push(bound);
        self.calls.push(site);
        let inner = self.function(target, &inner_frame, depth);
        self.calls.pop();
        if visits == VISITS {
            self.read.insert(target, inner.clone());
        }
        inner
    }

    /// Whether a call passes on what the function itself was given, other than a context.
    fn hands_on(&self, func: Fn, id: ExprId) -> bool {
        let facts = self.flow.types.program.facts(func.file);
        let Expr::Call { args, .. } = facts.expr(id) else { return false };
        facts.list(args).iter().any(|&arg| {
            let value = self.eval.value(Site { file: func.file, expr: arg });
            matches!(value.free(), Some(Free::Param(owner, _)) if owner == func)
                && match &value {
                    Value::Param(..) => !self.eval.is_context(&value),
                    Value::Field(..) | Value::Made(_) => true,
                    _ => false,
                }
                || matches!(&value, Value::Object(object) if !object.needs.is_none())
        })
    }
}

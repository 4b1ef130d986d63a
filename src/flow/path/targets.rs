//! Where a call goes: direct, through an interface narrowed by what is known of the receiver,
//! through function values, observers and mediators.

use crate::rules::Role;
use crate::syntax::facts::{Expr, ExprId};
use std::sync::Arc;

use super::knowledge::Closures;
use super::{CutReason, Tracer};
use crate::flow::calls::{Callee, implementations};
use crate::flow::matches::RuleId;
use crate::flow::outside::inert;
use crate::flow::program::{Fn, Site};
use crate::flow::resolve::everything;
use crate::flow::scope::DefKind;
use crate::flow::types::{Member, Type};
use crate::flow::value::{Binding, Closure, Value, add_function};

/// How many functions a call may run by what a field or a map holds, each a way of its own.
const CHOICES: usize = 32;

impl Tracer<'_, '_> {
    pub(super) fn returns_nothing(&self, site: Site) -> bool {
        match self.flow.graph.at(site).map(|c| &c.callee) {
            Some(Callee::Tree(targets)) => {
                targets.first().is_some_and(|&t| self.flow.types.program.func(t).results.is_empty())
            }
            Some(Callee::Abstract(func)) => self.flow.types.program.func(*func).results.is_empty(),
            _ => false,
        }
    }

    /// Why a call that leads nowhere in the tree leaves open what becomes of the message; nothing where
    /// it has no part in that.
    pub(super) fn left_open(&mut self, site: Site, frame: &[Binding]) -> Option<CutReason> {
        let graph = &self.flow.graph;
        match graph.at(site).map(|c| &c.callee)? {
            Callee::Abstract(_) | Callee::Dynamic => {
                self.payload.given_out = true;
                let open = self.given_message(site, frame) && !self.runs_statement(site);
                open.then_some(CutReason::Unresolved)
            }
            Callee::Library { path, .. } => {
                let path = self.flow.types.program.external(*path);
                if inert(path) {
                    self.payload.looked_at |= self.given_message(site, frame);
                    return None;
                }
                let reaches_out = self.given_context(site, frame);
                self.payload.given_out =
                    self.payload.given_out || reaches_out || self.given_message(site, frame);
                let open = reaches_out && !self.flow.index.describes(path);
                open.then_some(CutReason::Library)
            }
            _ => None,
        }
    }

    /// Whether a call runs one function that was chosen or set up elsewhere (`handlers[kind](msg)`,
    /// `c.handle(msg)`), rather than each of several in turn.
    pub(super) fn hands_over(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return false };
        let dynamic = matches!(self.flow.graph.at(site).map(|c| &c.callee), Some(Callee::Dynamic));
        dynamic
            && match facts.expr(callee) {
                Expr::Name(name) => {
                    let local = self.flow.types.local(Site { file: site.file, expr: callee }, name);
                    local.is_some_and(|(_, def)| !matches!(def.kind, DefKind::RangeElement(_)))
                }
                _ => true,
            }
    }

    pub(super) fn bind_in(&self, binding: &Binding, frame: &[Binding]) -> Binding {
        let put = |value: &Value| self.eval.within(value, frame);
        Binding {
            func: binding.func,
            args: binding.args.iter().map(put).collect(),
            receiver: binding.receiver.as_ref().map(put),
        }
    }

    /// What an expression of the function that is being followed holds, with `frame` as what that was
    /// given.
    pub(super) fn value_in(&self, site: Site, frame: &[Binding]) -> Value {
        if let Some(known) = self.held.borrow().last().and_then(|held| held.get(&site)) {
            return known.clone();
        }
        let value = self.eval.within(&self.eval.value(site), frame);
        if let Some(held) = self.held.borrow_mut().last_mut() {
            held.insert(site, value.clone());
        }
        value
    }

    /// The functions a call runs, narrowed by what the frame knows of the receiver; `known` says that
    /// a rule tells what the call does.
    pub(super) fn targets(&self, site: Site, known: bool, frame: &[Binding]) -> Vec<Arc<Closure>> {
        let program = self.flow.types.program;
        let facts = program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return Vec::new() };
        let plain = |func: Fn| Arc::new(Closure::plain(func));
        let far = self.far_side(site);
        if !far.is_empty() {
            return far;
        }
        match self.flow.graph.at(site).map(|c| &c.callee) {
            Some(Callee::Tree(targets)) if targets.len() == 1 => {
                let target = targets[0];
                // What a function made keeps what that function was given.
                let made = program.func(target).parent.is_some()
                    && facts.lang.files_are_modules()
                    && !frame.iter().any(|outer| self.eval.encloses(outer.func, target));
                let kept = made.then(|| self.value_in(Site { file: site.file, expr: callee }, frame));
                let kept = kept.as_ref().and_then(Value::function).filter(|closure| closure.func == target);
                vec![kept.cloned().unwrap_or_else(|| plain(target))]
            }
            Some(Callee::Tree(targets)) => {
                let narrowed = self.narrowed(site, callee, frame);
                if !narrowed.is_empty() {
                    return narrowed;
                }
                let registered: Vec<Fn> =
                    targets.iter().copied().filter(|&t| self.ingredients.has_method(self.flow, t)).collect();
                let candidates = if registered.is_empty() { targets.to_vec() } else { registered };
                // Code in another service's folder does not run in this one's process.
                let near: Vec<Fn> =
                    candidates.into_iter().filter(|t| self.in_process(site.file, t.file)).collect();
                let (run, other): (Vec<Fn>, Vec<Fn>) = near.into_iter().partition(|&t| self.runs(t));
                // Where no entry point is known to lead to any, each may be meant.
                let near = if run.is_empty() { other } else { run };
                near.into_iter().take(8).map(plain).collect()
            }
            Some(Callee::Library { method: true, path, .. }) => {
                // A library's interface may be filled by a type of the tree.
                let filled = if known { Vec::new() } else { self.narrowed(site, callee, frame) };
                if !filled.is_empty() {
                    return filled;
                }
                let added = if known { Vec::new() } else { self.added(site, callee, frame) };
                // `logger.Handler().Handle(ctx, record)` handles no message.
                let held =
                    || if inert(program.external(*path)) { Vec::new() } else { self.held_callbacks(site) };
                if added.is_empty() { held() } else { added }
            }
            Some(kind @ (Callee::Dynamic | Callee::Abstract(_))) => {
                // What a type takes over from those it embeds, it declares nowhere.
                if matches!(kind, Callee::Abstract(_)) {
                    let narrowed = self.narrowed(site, callee, frame);
                    if !narrowed.is_empty() {
                        return narrowed;
                    }
                }
                let callee = Site { file: site.file, expr: callee };
                if let Some(chosen) = self.under_topic(callee, frame) {
                    return chosen;
                }
                let mut found = self.functions_in(&self.value_in(callee, frame)).to_vec();
                for set in self.set_by_options(callee) {
                    let more = self.functions_in(&set);
                    found.extend(
                        more.iter().filter(|f| !targeted(&found, f.func)).cloned().collect::<Vec<_>>(),
                    );
                }
                found.truncate(CHOICES);
                found
            }
            _ => Vec::new(),
        }
    }

    /// Whether code of a file runs where that of another does: in the consumer's service, or in the one
    /// that answers its remote call.
    fn in_process(&self, from: u32, file: u32) -> bool {
        let owner = |file| self.flow.attribution.owner(file);
        match owner(from) {
            Some(far) if !self.known.same_service(from) => owner(file).is_none_or(|of| of == far),
            _ => self.known.same_service(file),
        }
    }

    /// The functions that a value may be, looked for once.
    pub(super) fn functions_in(&self, value: &Value) -> Closures {
        let known = self.known.functions.borrow().get(value).cloned();
        known.unwrap_or_else(|| {
            let found: Closures = self.functions(value).into();
            self.known.functions.borrow_mut().insert(value.clone(), found.clone());
            found
        })
    }

    fn functions(&self, value: &Value) -> Vec<Arc<Closure>> {
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for value in everything(self.eval, &self.flow.graph, value, 6) {
            for item in value.items() {
                match item.function() {
                    Some(closure) if self.flow.types.has_body(closure.func) => {
                        add_function(&mut found, closure);
                    }
                    Some(method) => {
                        self.behind(method).iter().for_each(|closure| add_function(&mut found, closure));
                    }
                    None => {}
                }
            }
        }
        found
    }

    /// The methods that one of an interface stands for which is given as a function (`run(s.store.Save)`):
    /// of what it is bound to, else of the one type of the tree that has it.
    fn behind(&self, method: &Closure) -> Vec<Arc<Closure>> {
        let program = self.flow.types.program;
        let name = program.facts(method.func.file).text(program.func(method.func).name);
        let bound = method.receiver.iter().flat_map(|on| self.methods_of(on.clone(), name));
        let bound: Vec<Arc<Closure>> = bound.collect();
        if !bound.is_empty() {
            return bound;
        }
        match implementations(self.flow.types, method.func, name)[..] {
            [only] if self.runs(only) => vec![Arc::new(Closure::plain(only))],
            _ => Vec::new(),
        }
    }

    /// A function inside another sees what that one was given. In Go a closure handed to a library is
    /// set up for every handler in turn, so that what its function was given tells too little; one
    /// that is called where it is written (`go func() { … }()`) has no other caller.
    pub(super) fn carry(&self, call: Site, target: Fn, frame: &[Binding], into: &mut Vec<Binding>) {
        let facts = self.flow.types.program.facts(call.file);
        let whole = facts.lang.files_are_modules();
        let literal = match facts.expr(call.expr) {
            Expr::Call { callee, .. } => matches!(facts.expr(callee), Expr::Closure(_)),
            _ => false,
        };
        if !whole && !literal {
            return;
        }
        let outer = frame.iter().filter(|outer| self.eval.encloses(outer.func, target));
        for (at, outer) in outer.enumerate() {
            if into.iter().any(|known| known.func == outer.func) {
                continue;
            }
            let mut outer = outer.clone();
            // One that is known by its type alone says less than the type's literals.
            if !whole && matches!(outer.receiver, Some(Value::Typed(_))) {
                outer.receiver = Some(Value::Receiver(outer.func));
            }
            into.insert(at.min(into.len()), outer);
        }
    }

    /// The functions of the name called that the file which made the receiver adds to it
    /// (`schema.statics.find = …` beside `model("Order", schema)`).
    fn added(&self, site: Site, callee: ExprId, frame: &[Binding]) -> Vec<Arc<Closure>> {
        let program = self.flow.types.program;
        let facts = program.facts(site.file);
        let Expr::Field { base, name } = facts.expr(callee) else { return Vec::new() };
        let name = facts.text(name);
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for value in self.value_in(Site { file: site.file, expr: base }, frame).items() {
            let Value::Made(made) = &value else { continue };
            let file = program.file(made.site.file);
            for added in file.added.iter().filter(|added| file.facts.text(added.name) == name) {
                let func = Fn { file: made.site.file, func: added.func };
                if !found.iter().any(|known| known.func == func) {
                    found.push(Arc::new(Closure::plain(func)));
                }
            }
        }
        found
    }

    /// A library calls back what it was given: `handler.Handle(…)` on a handler that the library
    /// made from the closures of the registration.
    pub(super) fn held_callbacks(&self, site: Site) -> Vec<Arc<Closure>> {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return Vec::new() };
        let Expr::Field { name, .. } = facts.expr(callee) else { return Vec::new() };
        let runs = ["Handle", "Process", "Consume", "Execute"];
        if !runs.iter().any(|word| facts.text(name).starts_with(word)) {
            return Vec::new();
        }
        self.ingredients.closures.iter().map(|&f| Arc::new(Closure::plain(f))).collect()
    }

    /// The method of the concrete value behind an interface, when the frame or the type's
    /// constructors tell which it is.
    pub(super) fn narrowed(&self, site: Site, callee: ExprId, frame: &[Binding]) -> Vec<Arc<Closure>> {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Field { base, name } = facts.expr(callee) else { return Vec::new() };
        let name = facts.text(name);
        if !self.flow.types.program.types_by_method.contains_key(name) {
            return Vec::new();
        }
        let value = self.value_in(Site { file: site.file, expr: base }, frame);
        let found = self.methods_of(value.clone(), name);
        if !found.is_empty() {
            return found;
        }
        // Where nobody knows which one the path came with, its kind tells what it is made of.
        let own = self.eval.value(Site { file: site.file, expr: base });
        if own == value { found } else { self.methods_of(own, name) }
    }

    /// What a call of method `name` on `value` goes to, looked for once.
    fn methods_of(&self, value: Value, name: &str) -> Vec<Arc<Closure>> {
        let key = (value, name.into());
        if let Some(known) = self.known.methods.borrow().get(&key) {
            return known.to_vec();
        }
        let found = self.methods(&key.0, name);
        self.known.methods.borrow_mut().insert(key, found.as_slice().into());
        found
    }

    /// Method `name` of each concrete value that `value` may be.
    fn methods(&self, value: &Value, name: &str) -> Vec<Arc<Closure>> {
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for value in everything(self.eval, &self.flow.graph, value, 5) {
            let ty = self.eval.type_of(&value);
            if let Type::Named(id, _) = &ty
                && !self.flow.types.is_interface(*id)
                && let Some(Member::Method(func)) = self.flow.types.member(&ty, name)
                && self.flow.types.has_body(func)
                && !found.iter().any(|c| c.func == func)
            {
                found.push(Arc::new(Closure::method(func, value)));
            }
        }
        // Code that the service does not run is another's, however it comes to be there.
        if found.len() > 1 && found.iter().any(|c| self.runs(c.func)) {
            found.retain(|c| self.runs(c.func));
        }
        found.truncate(8);
        found
    }

    /// The subscribers registered for the event a trigger names, those of the same service first.
    pub(super) fn subscribers(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> Vec<Arc<Closure>> {
        let names = self.named(site, rules, Role::ObserverTrigger, frame);
        names.map_or_else(Vec::new, |names| self.known.observers(&names))
    }

    /// Whether an entry point of the service leads to `func`.
    fn runs(&self, func: Fn) -> bool {
        let services = || self.flow.attribution.services(func.file, Some(func));
        self.known.service.is_none_or(|service| services().contains(&service))
    }

    pub(super) fn named(
        &self,
        site: Site,
        rules: &[RuleId],
        role: Role,
        frame: &[Binding],
    ) -> Option<Vec<Arc<str>>> {
        let matched = rules.iter().map(|&r| self.flow.index.rule(r)).find(|r| r.role == role)?;
        let mut names = Vec::new();
        for selector in &matched.topic {
            let value = crate::flow::select::select(self.eval, site, selector);
            let value = self.eval.within(&value, frame);
            names.extend(everything(self.eval, &self.flow.graph, &value, 5).iter().flat_map(Value::strings));
        }
        Some(names)
    }

    /// The handlers registered for the type of request a mediator is sent.
    pub(super) fn mediated(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> Vec<Arc<Closure>> {
        let Some(rule) =
            rules.iter().map(|&r| self.flow.index.rule(r)).find(|r| r.role == Role::MediatorSend)
        else {
            return Vec::new();
        };
        let mut wanted: Vec<Type> = Vec::new();
        for selector in &rule.value {
            let value = crate::flow::select::select(self.eval, site, selector);
            let value = self.eval.within(&value, frame);
            wanted.push(self.eval.type_of(&value));
        }
        wanted.retain(|t| matches!(t, Type::Named(..)));
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for handler in self.known.mediated() {
            if self.takes_one_of(handler.func, &wanted) {
                add_function(&mut found, handler);
            }
        }
        found
    }

    pub(super) fn takes_one_of(&self, func: Fn, wanted: &[Type]) -> bool {
        let facts = self.flow.types.program.facts(func.file);
        facts.params(&facts.func(func.func).params).iter().any(|p| {
            let ty = self.flow.types.named_by(Site { file: func.file, expr: p.ty });
            matches!(ty, Type::Named(..)) && wanted.contains(&ty)
        })
    }
}

/// Whether a function is among those found.
fn targeted(found: &[Arc<Closure>], func: Fn) -> bool {
    found.iter().any(|closure| closure.func == func)
}

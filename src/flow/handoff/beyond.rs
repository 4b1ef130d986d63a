//! Behind a wrapper: the function that it runs for each message, where it does no more than that.
//!
//! What runs may be a parameter, a field, a method of what it was given, or what a setter was told
//! beside the call that set the wrapper up.

use std::sync::Arc;

use crate::flow::calls::Callee;
use crate::flow::program::{Fn, Site};
use crate::flow::resolve::{binding_of, everything};
use crate::flow::types::{Member, Type};
use crate::flow::untold;
use crate::flow::value::{Binding, Closure, Value, add_function};
use crate::syntax::facts::{Expr, Param};

use super::holding::{Holding, Seed};
use super::uses::Uses;
use super::{CALLBACK, Field, Handoff};

impl Handoff<'_> {
    /// The function that `holder` gives the message to where it does no more than that, and whether it
    /// is certain that no other handles it.
    pub(super) fn beyond(
        &self,
        holder: &Arc<Closure>,
        seed: Seed,
        hands: u8,
    ) -> (Option<Arc<Closure>>, bool) {
        let program = self.eval.types.program;
        let own = program.outermost(holder.func);
        let uses = Uses::of(self.eval, &Holding::of(program, self.graph, own, seed));
        let given = self.called_back(&mut uses.params.iter().map(|(_, site)| *site), holder);
        let kept = self.called_back(&mut uses.kept.iter().copied(), holder);
        let told = uses.params.is_empty() || given.len() == 1;
        // One of several is as likely to be another.
        let mut all = given.iter().chain(&kept);
        let behind = all.next().filter(|_| !uses.read && all.next().is_none()).cloned();
        if behind.is_some() || !uses.params.is_empty() || !uses.kept.is_empty() {
            return (behind, told && uses.kept.is_empty() && !uses.changed);
        }
        // One object of several kinds, where the function is not the registration's own.
        if !uses.read
            && self.instance.hops.len() > 1
            && let Some(method) = self.method_given(&uses.several, holder)
        {
            return (Some(self.told(&method).unwrap_or(method)), false);
        }
        let inner = (hands > 1 && !uses.read).then(|| self.one_further(holder, own, seed, hands)).flatten();
        inner.unwrap_or((None, uses.here()))
    }

    /// The method that the first of some calls runs, on what the wrapper was given.
    fn method_given(&self, calls: &[Site], wrapper: &Closure) -> Option<Arc<Closure>> {
        calls.iter().find_map(|call| {
            let facts = self.eval.types.program.facts(call.file);
            let Expr::Call { callee, .. } = facts.expr(call.expr) else { return None };
            let Expr::Field { base, name } = facts.expr(callee) else { return None };
            let object =
                self.eval.within(&self.eval.value(Site { file: call.file, expr: base }), &wrapper.env);
            everything(self.eval, self.graph, &object, CALLBACK).into_iter().find_map(|object| {
                let ty = self.eval.type_of(&object);
                match self.eval.types.member(&ty, facts.text(name)) {
                    Some(Member::Method(func))
                        if self.eval.types.has_body(func) && (self.instance.runs)(func) =>
                    {
                        Some(Arc::new(Closure::method(func, object)))
                    }
                    _ => None,
                }
            })
        })
    }

    /// The function that a method of an object runs by one of its fields.
    fn told(&self, method: &Closure) -> Option<Arc<Closure>> {
        let object = method.receiver.as_ref()?;
        let Value::Object(_) = object else { return None };
        self.graph.calls_in(method.func).filter(|call| matches!(call.callee, Callee::Dynamic)).find_map(
            |call| {
                let facts = self.eval.types.program.facts(call.site.file);
                let Expr::Call { callee, .. } = facts.expr(call.site.expr) else { return None };
                let Expr::Field { name, .. } = facts.expr(callee) else { return None };
                let told = self.eval.select(object.clone(), facts.text(name));
                told.function().filter(|told| self.eval.types.has_body(told.func)).cloned()
            },
        )
    }

    /// The same of the one function that is given the message, or what it is read from, beside a function
    /// to run, or on an object that has one.
    fn one_further(
        &self,
        holder: &Arc<Closure>,
        own: Fn,
        seed: Seed,
        hands: u8,
    ) -> Option<(Option<Arc<Closure>>, bool)> {
        let program = self.eval.types.program;
        let given = self.fate(seed, own, own.file).given;
        let &[(callee, param, call)] = &given[..] else { return None };
        let facts = program.facts(callee.file);
        let params = facts.params(&facts.func(callee.func).params);
        let takes = |param: &Param| {
            let ty = self.eval.types.named_by(Site { file: callee.file, expr: param.ty });
            self.eval.types.signature(&ty).is_some()
        };
        let told = params.iter().any(takes);
        let may_know = told || program.func(callee).receiver.is_some();
        if !may_know || !self.eval.types.has_body(callee) {
            return None;
        }
        let binding = binding_of(self.eval, call, callee);
        let put = |value: &Value| self.eval.within(value, &holder.env);
        let binding = Binding {
            func: callee,
            args: binding.args.iter().map(put).collect(),
            receiver: binding.receiver.as_ref().map(put),
        };
        let inner = Arc::new(Closure::bound(callee, binding.receiver.clone(), vec![binding]));
        let found = self.beyond(&inner, Seed::Source(params.get(param as usize)?.name), hands - 1);
        (told || found.0.is_some()).then_some(found)
    }

    /// Whether all that is to run is a parameter, for which `nil` is given.
    pub(super) fn told_nothing(&self, uses: &Uses, wrappers: &[Arc<Closure>]) -> bool {
        let given = |at: u32| {
            let own = |wrapper: &Arc<Closure>| self.eval.types.program.outermost(wrapper.func);
            let bindings =
                wrappers.iter().flat_map(|w| w.env.iter().filter(move |binding| binding.func == own(w)));
            let mut args = bindings.filter_map(|binding| binding.args.get(at as usize));
            args.next().is_some_and(untold::is_nil)
        };
        let all = uses.params.iter().all(|&(at, _)| given(at));
        all && !uses.params.is_empty() && !uses.read && uses.kept.is_empty()
    }

    /// The functions that calls of a wrapper may run, as far as what that was given tells.
    fn called_back(&self, sites: &mut dyn Iterator<Item = Site>, wrapper: &Closure) -> Vec<Arc<Closure>> {
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for site in sites {
            let Expr::Call { callee, .. } = self.eval.types.program.facts(site.file).expr(site.expr) else {
                continue;
            };
            let value = self.eval.value(Site { file: site.file, expr: callee });
            let value = self.eval.within(&value, &wrapper.env);
            for value in everything(self.eval, self.graph, &value, CALLBACK) {
                for item in value.items() {
                    if let Some(closure) = item.function()
                        && self.eval.types.has_body(closure.func)
                        && (self.instance.runs)(closure.func)
                        // What only answers a question decides whether the handler runs.
                        && !self.eval.types.answers(closure.func)
                    {
                        add_function(&mut found, closure);
                    }
                }
            }
        }
        found
    }

    /// The function that `call` runs by a field, as a setter called beside `setup` on the same object
    /// gave it.
    pub(super) fn told_beside(&self, setup: Site, call: Site) -> Option<Arc<Closure>> {
        let program = self.eval.types.program;
        let facts = program.facts(call.file);
        let Expr::Call { callee, .. } = facts.expr(call.expr) else { return None };
        let Expr::Field { base, name } = facts.expr(callee) else { return None };
        let Type::Named(ty, _) = self.eval.types.of(Site { file: call.file, expr: base }) else {
            return None;
        };
        let field: Field = (ty, facts.text(name).into());
        let writes = self.graph.writes.get(&field).map_or(&[][..], Vec::as_slice);
        let around = program.around(setup)?;
        let object = self.object(setup)?;
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for write in writes.iter().filter(|write| write.literal.is_none()) {
            let Value::Param(setter, at) = self.eval.nth(write.value, write.index) else { continue };
            for call in self.graph.calls_of(setter) {
                if program.around(call.site) != Some(around)
                    || self.object(call.site).as_ref() != Some(&object)
                {
                    continue;
                }
                let binding = binding_of(self.eval, call.site, setter);
                if let Some(told) = binding.args.get(at as usize).and_then(Value::function) {
                    add_function(&mut found, told);
                }
            }
        }
        match &found[..] {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// What the method call at `site` is made on, as it is written.
    fn object(&self, site: Site) -> Option<String> {
        let program = self.eval.types.program;
        let facts = program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return None };
        let Expr::Field { base, .. } = facts.expr(callee) else { return None };
        Some(program.render(Site { file: site.file, expr: base }))
    }
}

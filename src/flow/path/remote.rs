//! The far side of remote calls: a client whose code is generated has no body to follow, and where the
//! program that answers lies in the same tree, what it does is what the call does.

use crate::syntax::facts::{Expr, Param};
use std::sync::Arc;

use super::{Flow, Tracer};
use crate::flow::calls::Callee;
use crate::flow::program::{Fn, Site};
use crate::flow::types::{Member, Type};
use crate::flow::value::Closure;

/// How many answer a call at most: a service that several programs implement.
const ANSWERS: usize = 4;

impl Tracer<'_, '_> {
    /// The functions that answer the remote call at `site`: those of its name that take the same request
    /// and are no client themselves.
    pub(super) fn far_side(&self, site: Site) -> Vec<Arc<Closure>> {
        let Some((client, request)) = remote(self.flow, site) else { return Vec::new() };
        let program = self.flow.types.program;
        let name = program.facts(client.file).text(program.func(client).name);
        let types = program.types_by_method.get(name).map_or(&[][..], Vec::as_slice);
        let answers = types.iter().filter_map(|&ty| program.method(ty, name)).filter(|&func| {
            let taken = params(self.flow, func);
            self.flow.types.has_body(func)
                && !has_options(self.flow, func)
                && taken.iter().any(|param| param_type(self.flow, func, param) == request)
                && !asks_in_turn(self.flow, func, name)
        });
        let answers: Vec<Fn> = answers.take(ANSWERS).collect();
        // Where one hands the call on to the other, that is on the way already.
        let calls = |outer: Fn, func: Fn| self.flow.graph.targets_in(outer).any(|to| to.contains(&func));
        let inner = |func: Fn| answers.iter().any(|&outer| outer != func && calls(outer, func));
        let outermost = answers.iter().copied().filter(|&func| !inner(func));
        outermost.map(|func| Arc::new(Closure::plain(func))).collect()
    }
}

/// Whether a call asks another program by a generated client.
pub fn is_remote(flow: &Flow<'_>, site: Site) -> bool {
    remote(flow, site).is_some()
}

/// The method of a generated client that a call goes to, and the type of its request: it is given a
/// context, the request and the options of a library.
fn remote(flow: &Flow<'_>, site: Site) -> Option<(Fn, Type)> {
    let func = match &flow.graph.at(site)?.callee {
        // What wraps a client is often one itself, so that it may be meant as well.
        Callee::Tree(targets) => declared(flow, site).or(targets.first().copied())?,
        Callee::Abstract(func) => *func,
        _ => return None,
    };
    if flow.types.has_body(func) || !has_options(flow, func) {
        return None;
    }
    let [_, request, _] = params(flow, func) else { return None };
    let request = param_type(flow, func, request);
    matches!(request, Type::Named(..) | Type::External(..)).then_some((func, request))
}

/// The method of an interface that a call names.
fn declared(flow: &Flow<'_>, site: Site) -> Option<Fn> {
    let facts = flow.types.program.facts(site.file);
    let Expr::Call { callee, .. } = facts.expr(site.expr) else { return None };
    let Expr::Field { base, name } = facts.expr(callee) else { return None };
    let on = flow.types.of(Site { file: site.file, expr: base });
    let Type::Named(ty, _) = on else { return None };
    if !flow.types.is_interface(ty) {
        return None;
    }
    match flow.types.member(&on, facts.text(name)) {
        Some(Member::Method(func)) => Some(func),
        _ => None,
    }
}

fn params<'f>(flow: &'f Flow<'_>, func: Fn) -> &'f [Param] {
    let program = flow.types.program;
    program.facts(func.file).params(&program.func(func).params)
}

fn param_type(flow: &Flow<'_>, func: Fn, param: &Param) -> Type {
    flow.types.named_by(Site { file: func.file, expr: param.ty })
}

/// Whether a function ends with any number of a library's options.
fn has_options(flow: &Flow<'_>, func: Fn) -> bool {
    let last = params(flow, func).last().filter(|param| param.variadic);
    last.is_some_and(|param| matches!(param_type(flow, func, param), Type::External(..)))
}

/// Whether a function hands the call on to another program (a gateway, a client's wrapper).
fn asks_in_turn(flow: &Flow<'_>, func: Fn, name: &str) -> bool {
    let program = flow.types.program;
    let facts = program.facts(func.file);
    let Some(body) = program.func(func).body else { return false };
    let mut asks = false;
    for &id in facts.block(body) {
        crate::flow::walk::exprs_of_stmt(facts, id, &mut |expr| {
            if let Expr::Call { callee, .. } = facts.expr(expr)
                && let Expr::Field { name: called, .. } = facts.expr(callee)
            {
                asks |= facts.text(called) == name && is_remote(flow, Site { file: func.file, expr });
            }
        });
    }
    asks
}

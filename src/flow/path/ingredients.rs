//! What a registration is made of, to narrow calls that could go anywhere.

use crate::syntax::facts::Expr;
use rustc_hash::FxHashSet;

use crate::flow::Flow;
use crate::flow::calls::Callee;
use crate::flow::eval::Eval;
use crate::flow::program::{Fn, Site, Ty};
use crate::flow::scope::DefKind;
use crate::flow::types::Type;
use crate::flow::value::Value;

/// What a registration is made of: the closures in its arguments and the types they build,
/// followed through local names and the functions that make the handler.
#[derive(Debug, Default)]
pub struct Ingredients {
    /// Closures, in order.
    pub closures: Vec<Fn>,
    /// Types built or returned, in order.
    pub types: Vec<Ty>,
}

const INGREDIENTS: usize = 4_000;

impl Ingredients {
    /// Collects what the call at `place` is made of.
    pub fn of(flow: &Flow<'_>, place: Site) -> Ingredients {
        let mut found = Ingredients::default();
        let mut seen = FxHashSet::default();
        let facts = flow.types.program.facts(place.file);
        if let Expr::Call { args, .. } = facts.expr(place.expr) {
            for &arg in facts.list(args) {
                found.collect(flow, Site { file: place.file, expr: arg }, 4, &mut seen);
            }
        }
        found
    }

    fn collect(&mut self, flow: &Flow<'_>, site: Site, depth: u8, seen: &mut FxHashSet<Site>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let facts = flow.types.program.facts(site.file);
        let mut inside = Vec::new();
        crate::flow::walk::exprs(facts, site.expr, &mut |e| inside.push(e));
        for expr in inside {
            let at = Site { file: site.file, expr };
            if seen.len() > INGREDIENTS || !seen.insert(at) {
                continue;
            }
            match facts.expr(expr) {
                Expr::Closure(func) => {
                    self.closures.push(Fn { file: site.file, func });
                    self.body(flow, Fn { file: site.file, func }, depth, seen);
                }
                Expr::Call { .. } => {
                    if let Type::Named(ty, _) = flow.types.of(at) {
                        self.add_type(flow, ty);
                    }
                    if let Some(Callee::Tree(targets)) = flow.graph.at(at).map(|c| &c.callee)
                        && let [target] = **targets
                    {
                        self.returned(flow, target, depth, seen);
                    }
                }
                Expr::Composite { ty, .. } if !ty.is_none() => {
                    if let Type::Named(ty, _) = flow.types.named_by(Site { file: site.file, expr: ty }) {
                        self.add_type(flow, ty);
                    }
                }
                Expr::Name(name) => {
                    if let Some((owner, def)) = flow.types.local(at, name)
                        && let DefKind::Value(value, _) = def.kind
                    {
                        self.collect(flow, Site { file: owner.file, expr: value }, depth, seen);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_type(&mut self, flow: &Flow<'_>, ty: Ty) {
        if !flow.types.is_interface(ty) && !self.types.contains(&ty) {
            self.types.push(ty);
        }
    }

    /// The statements of a closure: builders nest them.
    fn body(&mut self, flow: &Flow<'_>, func: Fn, depth: u8, seen: &mut FxHashSet<Site>) {
        let facts = flow.types.program.facts(func.file);
        let Some(body) = facts.func(func.func).body else { return };
        let mut calls = Vec::new();
        for &stmt in facts.block(body) {
            crate::flow::walk::exprs_of_stmt(facts, stmt, &mut |e| {
                if matches!(facts.expr(e), Expr::Call { .. }) {
                    calls.push(e);
                }
            });
        }
        for expr in calls {
            self.collect(flow, Site { file: func.file, expr }, depth, seen);
        }
    }

    /// What a function that makes a handler returns.
    fn returned(&mut self, flow: &Flow<'_>, func: Fn, depth: u8, seen: &mut FxHashSet<Site>) {
        let file = flow.types.program.file(func.file);
        for &list in &file.scopes[func.func.0 as usize].returns {
            for &expr in file.facts.list(list) {
                self.collect(flow, Site { file: func.file, expr }, depth, seen);
            }
        }
        // The concrete type behind an interface result.
        if let Value::Object(object) = Eval::new(flow.types).returned(func, 0)
            && let Type::Named(ty, _) = object.ty
        {
            self.add_type(flow, ty);
        }
    }

    /// Whether `func` is a method of a type the registration builds.
    pub fn has_method(&self, flow: &Flow<'_>, func: Fn) -> bool {
        matches!(flow.types.receiver_type(func), Type::Named(ty, _) if self.types.contains(&ty))
    }
}

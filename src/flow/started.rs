//! Whether anything starts the method that a consumer's library call stands in.
//!
//! A method of a type that is built counts as run, because a framework may call it. Where no code calls
//! it and no library is ever given a value of its type, that deserves a word: somebody may have lost
//! the line that starts it.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::calls::{Callee, Graph};
use super::program::{Fn, Program, Site, Ty};
use super::types::{Type, Types};
use super::walk;
use crate::syntax::facts::Expr;

/// Answers for one program; what every answer needs is computed at the first.
pub struct Started<'a> {
    types: &'a Types<'a>,
    graph: &'a Graph,
    /// Types of the tree whose values go where the code that is read ends.
    given: OnceLock<FxHashSet<Ty>>,
}

impl<'a> Started<'a> {
    /// Over a call graph.
    pub fn new(types: &'a Types<'a>, graph: &'a Graph) -> Started<'a> {
        Started { types, graph, given: OnceLock::new() }
    }

    /// The program that is asked about.
    pub fn program(&self) -> &'a Program {
        self.types.program
    }

    /// The method that would have to be called for `func` to run, and that nothing calls. Only Go is
    /// asked: where files are modules, classes are built and called by name.
    pub fn uncalled(&self, func: Fn) -> Option<Fn> {
        let program = self.types.program;
        let mut seen = FxHashSet::default();
        let mut queue = vec![func];
        let mut first = None;
        while let Some(func) = queue.pop() {
            let declared = program.func(func);
            if declared.receiver.is_none() || program.facts(func.file).lang.files_are_modules() {
                return None;
            }
            if self.graph.mentioned.contains(&func) {
                return None;
            }
            if !seen.insert(func) {
                continue;
            }
            let before = queue.len();
            for call in self.graph.calls_of(func) {
                queue.push(program.outermost(call.func?));
            }
            if queue.len() == before {
                if self.is_given(func) {
                    return None;
                }
                first = first.or(Some(func));
            }
        }
        first
    }

    /// Whether a library is given a value of the type that a method belongs to.
    fn is_given(&self, method: Fn) -> bool {
        let given = self.given.get_or_init(|| self.all_given());
        matches!(self.types.receiver_type(method), Type::Named(ty, _) if given.contains(&ty))
    }

    fn all_given(&self) -> FxHashSet<Ty> {
        let mut given = FxHashSet::default();
        for call in &self.graph.calls {
            if matches!(call.callee, Callee::Tree(_) | Callee::Builtin) {
                continue;
            }
            let facts = self.types.program.facts(call.site.file);
            let Expr::Call { args, .. } = facts.expr(call.site.expr) else { continue };
            for &arg in facts.list(args) {
                walk::exprs(facts, arg, &mut |expr| {
                    if let Type::Named(ty, _) = self.types.of(Site { file: call.site.file, expr }) {
                        given.insert(ty);
                    }
                });
            }
        }
        given
    }
}

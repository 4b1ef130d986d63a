//! The fields that a path sets: a quality that a handler asks for (`if order.Told`) tells a second
//! delivery only where the handler itself changes it.

use crate::flow::path::Trace;
use crate::flow::program::Site;
use crate::flow::{Flow, walk};
use crate::names::plain;
use crate::rules::Role;
use crate::syntax::facts::{Expr, Stmt};
use crate::syntax::sql;
use rustc_hash::FxHashSet;

use super::steps;

/// Names of fields and columns, as [`plain`] has them.
pub struct FieldsSet(FxHashSet<String>);

impl FieldsSet {
    /// The fields that the functions of a trace assign, and the columns that its updates set.
    pub fn of(flow: &Flow<'_>, trace: &Trace) -> FieldsSet {
        let program = flow.types.program;
        let mut set = FxHashSet::default();
        for &func in &trace.functions {
            let facts = program.facts(func.file);
            let Some(body) = program.func(func).body else { continue };
            walk::stmts(facts, body, &mut |stmt| {
                let Stmt::Assign { targets, .. } = stmt else { return };
                for &target in facts.list(targets) {
                    if let Expr::Field { name, .. } = facts.expr(target) {
                        set.insert(plain(facts.text(name)));
                    }
                }
            });
        }
        steps::each(&trace.nodes, &mut |step| {
            if steps::plays(flow, step, &Role::SETS) {
                let facts = program.facts(step.site.file);
                walk::exprs(facts, step.site.expr, &mut |expr| {
                    let Expr::Str(text) = facts.expr(expr) else { return };
                    let text = facts.text(text);
                    let columns = sql::statements(text).into_iter().flat_map(|statement| statement.columns);
                    set.extend(columns.chain([text.to_owned()]).map(|column| plain(&column)));
                });
            }
        });
        FieldsSet(set)
    }

    /// Whether a condition asks for one of them.
    pub fn has(&self, flow: &Flow<'_>, cond: Site) -> bool {
        let facts = flow.types.program.facts(cond.file);
        match facts.expr(cond.expr) {
            Expr::Unary { operand, .. } => self.has(flow, Site { file: cond.file, expr: operand }),
            Expr::Field { name, .. } => self.0.contains(&plain(facts.text(name))),
            _ => false,
        }
    }
}

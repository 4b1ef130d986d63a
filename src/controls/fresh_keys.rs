//! Ids that a path makes anew: what is inserted under one has another key on each delivery.

use crate::audit::Control;
use crate::flow::eval::Eval;
use crate::flow::program::{Fn, Site};
use crate::flow::value::Value;
use crate::flow::walk::exprs_of_stmt;
use crate::syntax::facts::Expr;

use super::records::{Lists, fresh};
use super::table;
use super::verdict::Subject;

/// What makes the id anew that the first literal on the way of the message with an id of its own is given.
pub fn maker(subject: &Subject<'_, '_>) -> Option<Site> {
    let table = table::of(Control::Idempotency)?;
    let lists = Lists::of(table);
    let eval = Eval::new(subject.flow.types);
    let made = |site: Site| match eval.value(site) {
        Value::Object(object) => {
            let mut given = object.fields.iter().filter(|(name, _)| lists.ids.is_match(name));
            given.find_map(|(_, value)| fresh(subject.flow, value, lists))
        }
        _ => None,
    };
    subject.functions.iter().find_map(|&func| literals(subject, func).into_iter().find_map(made))
}

/// The literals of a function, in order.
fn literals(subject: &Subject<'_, '_>, func: Fn) -> Vec<Site> {
    let program = subject.flow.types.program;
    let facts = program.facts(func.file);
    let mut out = Vec::new();
    for &id in program.func(func).body.map_or(&[][..], |body| facts.block(body)) {
        exprs_of_stmt(facts, id, &mut |expr| {
            if matches!(facts.expr(expr), Expr::Composite { .. }) {
                out.push(Site { file: func.file, expr });
            }
        });
    }
    out
}

//! What options set that a registration is given: `subscriber.Subscribe(topic, handle, Group("mails"))`.
//!
//! The library's call reads a field of a configuration; a method or a closure writes that field, from
//! its receiver (`type Group string`) or from what the function around it takes (`WithGroup(name)`).
//! The option among the arguments of the calls that led there says what is written.

use std::sync::Arc;

use super::calls::{Callee, Graph};
use super::eval::Eval;
use super::program::{Fn, Site, Ty};
use super::scope::DefKind;
use super::types::{Member, Type};
use super::value::Value;
use crate::rules::{Selector, Start};
use crate::syntax::facts::{Expr, ExprId};

/// How many names and calls are followed from an argument to the field that it reads.
const STEPS: u8 = 6;

/// The constant texts of options among the arguments of `hops` that are written to the fields which
/// the arguments named by `selectors` read, at the library's call.
pub fn texts(
    eval: &Eval<'_>,
    graph: &Graph,
    call: Site,
    selectors: &[Selector],
    hops: &[Site],
) -> Vec<String> {
    let facts = eval.types.program.facts(call.file);
    let Expr::Call { args, .. } = facts.expr(call.expr) else { return Vec::new() };
    let mut out: Vec<String> = Vec::new();
    for selector in selectors.iter().filter(|s| s.steps.is_empty()) {
        let Start::Arg(index) = selector.start else { continue };
        let Some(&arg) = facts.list(args).get(index) else { continue };
        let Some(field) = field_read(eval, graph, Site { file: call.file, expr: arg }, STEPS) else {
            continue;
        };
        for write in graph.writes.get(&field).into_iter().flatten().filter(|w| w.literal.is_none()) {
            let Some(option) = option(eval, &eval.nth(write.value, write.index)) else { continue };
            let given = hops.iter().flat_map(|&hop| option.among(eval, graph, hop));
            out.extend(given.map(|text| text.to_string()));
        }
    }
    out.sort();
    out.dedup();
    out
}

/// The field of a type of the tree that an expression reads.
fn field_read(eval: &Eval<'_>, graph: &Graph, site: Site, left: u8) -> Option<(Ty, Arc<str>)> {
    let left = left.checked_sub(1)?;
    let program = eval.types.program;
    let facts = program.facts(site.file);
    match facts.expr(site.expr) {
        Expr::Name(name) => {
            let (owner, def) = eval.types.local(site, name)?;
            let DefKind::Value(value, 0) = def.kind else { return None };
            field_read(eval, graph, Site { file: owner.file, expr: value }, left)
        }
        Expr::Field { base, name } => {
            let of = eval.types.of(Site { file: site.file, expr: base });
            let Type::Named(ty, _) = of else { return None };
            let name = facts.text(name);
            matches!(eval.types.member(&of, name), Some(Member::Field(_))).then(|| (ty, name.into()))
        }
        Expr::Call { .. } => {
            let Callee::Tree(targets) = &graph.at(site)?.callee else { return None };
            let &[func] = &targets[..] else { return None };
            let Value::Field(base, name) = eval.returned(func, 0) else { return None };
            let Type::Named(ty, _) = eval.types.receiver_type(func) else { return None };
            (*base == Value::Receiver(func)).then_some((ty, name))
        }
        _ => None,
    }
}

/// What says what an option writes.
enum Said {
    /// The option itself: a text with a type of its own.
    Itself(Ty),
    /// What a function that makes the option is given.
    Argument(Fn, u32),
}

fn option(eval: &Eval<'_>, written: &Value) -> Option<Said> {
    match written {
        Value::Receiver(func) => match eval.types.receiver_type(*func) {
            Type::Named(ty, _) => Some(Said::Itself(ty)),
            _ => None,
        },
        Value::Param(func, index) => Some(Said::Argument(*func, *index)),
        Value::Call(call) => option(eval, call.conversion()?),
        _ => None,
    }
}

impl Said {
    /// What the options among the arguments of a call say.
    fn among(&self, eval: &Eval<'_>, graph: &Graph, hop: Site) -> Vec<Arc<str>> {
        let facts = eval.types.program.facts(hop.file);
        let Expr::Call { args, .. } = facts.expr(hop.expr) else { return Vec::new() };
        let at = |expr: ExprId| Site { file: hop.file, expr };
        let said = |&arg: &ExprId| match self {
            Said::Itself(wanted) => {
                let own = matches!(eval.types.of(at(arg)), Type::Named(ty, _) if ty == *wanted);
                if own { plain(&eval.value(at(arg))) } else { Vec::new() }
            }
            Said::Argument(wanted, index) => match (facts.expr(arg), graph.at(at(arg)).map(|c| &c.callee)) {
                (Expr::Call { args, .. }, Some(Callee::Tree(targets))) if targets[..] == [*wanted] => {
                    let given = facts.list(args).get(*index as usize);
                    given.map(|&expr| plain(&eval.value(at(expr)))).unwrap_or_default()
                }
                _ => Vec::new(),
            },
        };
        facts.list(args).iter().flat_map(said).collect()
    }
}

/// The constant texts of a value, through the type it was given.
fn plain(value: &Value) -> Vec<Arc<str>> {
    match value {
        Value::Call(call) => call.conversion().map(plain).unwrap_or_default(),
        other => other.strings(),
    }
}

//! SQL in code: the call that runs a statement's text, and what it gives for a column.

use crate::syntax::facts::{Expr, ExprId};
use crate::syntax::sql::{self, SqlFact};

use super::eval::Eval;
use super::program::{Decl, Site};
use super::scope::DefKind;
use super::value::Value;

/// A statement where it is run.
pub struct Run {
    /// What its text says.
    pub statements: Vec<SqlFact>,
    /// The call that is given the text.
    pub call: Site,
    /// The arguments behind the text.
    pub args: Vec<ExprId>,
}

/// The text at `site` where it is run: given to a call as it is, or by the name of the local or the
/// constant that holds it.
pub fn run(eval: &Eval<'_>, site: Site) -> Option<Run> {
    let program = eval.types.program;
    let facts = program.facts(site.file);
    let statements = match facts.expr(site.expr) {
        Expr::Str(text) => sql::statements(facts.text(text)),
        Expr::Name(name) => match program.lookup(site.file, name) {
            Some(Decl::Global(global)) => {
                let facts = program.facts(global.file);
                match facts.expr(facts.globals[global.index as usize].value) {
                    Expr::Str(text) => sql::statements(facts.text(text)),
                    _ => return None,
                }
            }
            _ => return None,
        },
        _ => return None,
    };
    let holds = |arg: ExprId| {
        arg == site.expr
            || matches!(facts.expr(arg), Expr::Name(name) if eval
                .types
                .local(Site { file: site.file, expr: arg }, name)
                .is_some_and(|(_, def)| matches!(def.kind, DefKind::Value(value, _) if value == site.expr)))
    };
    facts.exprs.iter().enumerate().find_map(|(i, expr)| {
        let Expr::Call { args, .. } = *expr else { return None };
        let args = facts.list(args);
        let at = args.iter().position(|&arg| holds(arg))?;
        let call = Site { file: site.file, expr: ExprId(i as u32) };
        Some(Run { statements: statements.clone(), call, args: args[at + 1..].to_vec() })
    })
}

/// What the call that runs the SQL text at `site` gives for a column of its insert: the columns
/// and the arguments behind the text are taken to be in the same order, one by one or in a list.
pub fn column(eval: &Eval<'_>, site: Site, name: &str) -> Value {
    let Some(run) = run(eval, site) else { return Value::Unset };
    let of = |statement: &SqlFact| statement.columns.iter().position(|column| column == name);
    let Some(index) = run.statements.iter().find_map(of) else { return Value::Unset };
    let value = |expr: ExprId| eval.value(Site { file: site.file, expr });
    if run.args.is_empty() {
        // One call for each placeholder, chained to the text's.
        return bound(eval, run.call, index).map_or(Value::Unset, value);
    }
    match (run.args.first().map(|&first| value(first)), run.args.get(index)) {
        (Some(Value::List(items)), _) => items.get(index).cloned().unwrap_or(Value::Unset),
        (_, Some(&argument)) => value(argument),
        _ => Value::Unset,
    }
}

/// The one argument of the call that is chained as the `index`-th to `call`.
fn bound(eval: &Eval<'_>, call: Site, index: usize) -> Option<ExprId> {
    let facts = eval.types.program.facts(call.file);
    let mut inner = call.expr;
    let mut given = None;
    // A chain is written after what it is chained to.
    for _ in 0..=index {
        let next = facts.exprs.iter().enumerate().find_map(|(i, expr)| match *expr {
            Expr::Call { callee, args, .. } => match (facts.expr(callee), facts.list(args)) {
                (Expr::Field { base, .. }, &[arg]) if base == inner => Some((ExprId(i as u32), arg)),
                _ => None,
            },
            _ => None,
        });
        let (outer, arg) = next?;
        inner = outer;
        given = Some(arg);
    }
    given
}

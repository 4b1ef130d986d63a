//! SQL statements: which texts are any, and which rules they fit.

use crate::rules::Matcher;
use crate::syntax::facts::{Expr, ExprId, Facts};
use crate::syntax::sql;
use std::borrow::Cow;

/// The text of a SQL statement; values put into a template stand as parameters.
pub(super) fn text(facts: &Facts, expr: ExprId) -> Option<Cow<'_, str>> {
    let text: Cow<'_, str> = match facts.expr(expr) {
        Expr::Str(text) => facts.text(text).into(),
        Expr::Template(parts) => {
            let piece = |&part: &ExprId| match facts.expr(part) {
                Expr::Str(text) => facts.text(text),
                _ => "?",
            };
            let first = facts.list(parts).first().map(piece)?;
            if !sql::looks_like_sql(first) {
                return None;
            }
            facts.list(parts).iter().map(piece).collect::<String>().into()
        }
        _ => return None,
    };
    sql::looks_like_sql(&text).then_some(text)
}

/// Whether a statement is what a rule asks for.
pub(super) fn fits(matcher: &Matcher, statement: &sql::SqlFact) -> bool {
    let Matcher::Sql { verb, table, conflict, skip_locked, increments, transition } = matcher else {
        return false;
    };
    // What a column is set from its old value for is no state.
    let set =
        |column: &String| statement.columns.contains(column) && !statement.increment_columns.contains(column);
    verb.is_match(verb_name(statement.verb))
        && table.as_ref().is_none_or(|t| t.is_match(statement.table_name()))
        && conflict.as_ref().is_none_or(|c| c.is_match(conflict_name(statement.conflict)))
        && skip_locked.is_none_or(|s| s == statement.skip_locked)
        && increments.is_none_or(|s| s == statement.increments)
        && transition.is_none_or(|s| s == statement.where_columns.iter().any(set))
}

fn verb_name(verb: sql::Verb) -> &'static str {
    match verb {
        sql::Verb::Insert => "insert",
        sql::Verb::Update => "update",
        sql::Verb::Delete => "delete",
        sql::Verb::Select => "select",
        _ => "other",
    }
}

fn conflict_name(conflict: sql::Conflict) -> &'static str {
    match conflict {
        sql::Conflict::None => "none",
        sql::Conflict::DoNothing => "nothing",
        sql::Conflict::DoUpdate => "update",
    }
}

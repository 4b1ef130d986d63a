//! Patterns: what they bind and what they ask, and matches over them.
//!
//! The subject of a test is a name. A pattern on a result asks the name `err` beside it whether it
//! holds an error.

use syn::spanned::Spanned;
use syn::{Expr as Code, Pat};

use super::body::Tail;
use super::lower::{Lower, end, start};
use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, Stmt, Stmts, Sym, UnaryOp};

/// The name that holds the error of a result that is matched on.
const ERROR: &str = "err";

/// What a pattern is a case of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Ok,
    Err,
    Some,
    None,
    /// Of a type of the program, or a constant.
    Other,
    /// It fits everything.
    Any,
}

impl Lower<'_> {
    /// A name for what is matched on; with the error beside it where the patterns ask for it.
    pub(super) fn subject(&mut self, expr: &Code, patterns: &[&Pat]) -> ExprId {
        let at = end(expr.span());
        let value = self.expression(expr);
        self.after = at + 2;
        let fallible = patterns.iter().any(|pattern| matches!(case(pattern), Case::Ok | Case::Err));
        if let Expr::Name(name) = self.b.facts.expr(value)
            && !fallible
        {
            return self.local(name, at);
        }
        let held = self.b.temporary("value");
        let names = [held, self.sym(ERROR)];
        self.locals.extend(names);
        let count = if fallible { 2 } else { 1 };
        self.assign(&names[..count], value, AssignOp::Define, start(expr.span()));
        self.local(held, at + 2)
    }

    /// The condition under which a pattern fits, or under which it does not; none when it always
    /// fits.
    pub(super) fn test(&mut self, pattern: &Pat, value: ExprId, negate: bool) -> Option<ExprId> {
        let pos = self.b.facts.expr_pos[value.0 as usize];
        let (is, is_not) = if negate {
            (BinaryOp::NotEqual, BinaryOp::Equal)
        } else {
            (BinaryOp::Equal, BinaryOp::NotEqual)
        };
        let (left, op, right) = match (case(pattern), pattern) {
            (Case::Any, _) => return None,
            (Case::Ok | Case::Err, _) => {
                let error = self.sym(ERROR);
                let left = self.local(error, pos);
                let op = if case(pattern) == Case::Ok { is } else { is_not };
                (left, op, self.b.leaf(Expr::Nil, pos))
            }
            (Case::None, _) => (value, is, self.b.leaf(Expr::Nil, pos)),
            (Case::Some, _) => (value, is_not, self.b.leaf(Expr::Nil, pos)),
            (Case::Other, pattern) => {
                let right = self.pattern_values(pattern).first().copied()?;
                (value, is, right)
            }
        };
        let own = self.b.expr(Expr::Binary { op, left, right }, pos);
        let (guard, inner) = (guard(pattern), inner(pattern));
        // What stands inside `Some(…)` and `Ok(…)` is asked of the same value.
        let more = match (case(pattern), inner) {
            (Case::Ok | Case::Some, Some(inner)) if !negate => self.test(inner, value, false),
            _ => None,
        };
        let both =
            more.map_or(own, |right| self.b.expr(Expr::Binary { op: BinaryOp::And, left: own, right }, pos));
        match guard {
            Some(guard) if !negate => {
                self.bind_tested(pattern, value);
                let right = self.expression(guard);
                Some(self.b.expr(Expr::Binary { op: BinaryOp::And, left: both, right }, pos))
            }
            _ => Some(both),
        }
    }

    /// Binds what a pattern that fits gives names to.
    pub(super) fn bind_tested(&mut self, pattern: &Pat, value: ExprId) {
        match case(pattern) {
            Case::Ok | Case::Some => {
                if let Some(inner) = inner(pattern) {
                    self.bind_tested(inner, value);
                }
            }
            Case::Err => {
                let pos = self.b.facts.expr_pos[value.0 as usize];
                let error = self.sym(ERROR);
                let error = self.local(error, pos);
                if let Some(inner) = inner(pattern) {
                    self.bind(inner, error);
                }
            }
            Case::None => {}
            Case::Other | Case::Any => self.bind(pattern, value),
        }
    }

    /// Binds the names of a pattern to parts of a value.
    pub(super) fn bind(&mut self, pattern: &Pat, value: ExprId) {
        // In `let (a, b) = f()` the pattern stands before what it takes apart.
        let pos = start(pattern.span()).max(self.after);
        match pattern {
            Pat::Ident(id) => {
                let text = id.ident.to_string();
                if text.starts_with(char::is_uppercase) {
                    return;
                }
                let name = self.sym(&text);
                self.define(name, value, pos);
            }
            // `let _ = send()`: nobody looks at it.
            Pat::Wild(_)
                if matches!(
                    self.b.facts.expr(value),
                    Expr::Call { .. } | Expr::Unary { .. } | Expr::Assert { .. }
                ) =>
            {
                let dropped = self.sym("_");
                self.assign(&[dropped], value, AssignOp::Set, pos);
            }
            Pat::Type(typed) => self.bind(&typed.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Guard(inner) => self.bind(&inner.pat, value),
            Pat::Or(or) => {
                if let Some(first) = or.cases.first() {
                    self.bind_tested(first, value);
                }
            }
            Pat::Tuple(tuple) => {
                let held = self.held(value, start(pattern.span()));
                for (i, part) in tuple.elems.iter().enumerate() {
                    let index = self.sym(&i.to_string());
                    let base = self.local(held, pos);
                    let index = self.b.leaf(Expr::Number(index), pos);
                    let args = self.b.single(index);
                    let part_value = self.b.expr(Expr::Index { base, args }, pos);
                    self.bind_tested(part, part_value);
                }
            }
            Pat::TupleStruct(found) => {
                let held = self.held(value, start(pattern.span()));
                for (i, part) in found.elems.iter().enumerate() {
                    // What an enum holds is taken for the value itself when it is alone.
                    let base = self.local(held, pos);
                    let part_value =
                        if found.elems.len() == 1 { base } else { self.field(base, &i.to_string(), pos) };
                    self.bind_tested(part, part_value);
                }
            }
            Pat::Struct(found) => {
                let held = self.held(value, start(pattern.span()));
                for part in &found.fields {
                    let name = match &part.member {
                        syn::Member::Named(name) => name.to_string(),
                        syn::Member::Unnamed(index) => index.index.to_string(),
                    };
                    let base = self.local(held, pos);
                    let part_value = self.field(base, &name, pos);
                    self.bind_tested(&part.pat, part_value);
                }
            }
            _ => {}
        }
    }

    /// A name for a value whose parts are asked for.
    fn held(&mut self, value: ExprId, pos: u32) -> Sym {
        if let Expr::Name(name) = self.b.facts.expr(value) {
            return name;
        }
        let held = self.b.temporary("value");
        self.define(held, value, pos);
        held
    }

    /// The constants and types that a pattern names.
    fn pattern_values(&mut self, pattern: &Pat) -> Vec<ExprId> {
        match pattern {
            Pat::Path(path) => vec![self.path(&path.path)],
            Pat::TupleStruct(found) => vec![self.path(&found.path)],
            Pat::Struct(found) => vec![self.path(&found.path)],
            Pat::Ident(id) => {
                let name = self.sym(&id.ident.to_string());
                vec![self.local(name, start(id.span()))]
            }
            Pat::Lit(found) => vec![self.literal(&found.lit, start(found.span()))],
            Pat::Reference(inner) => self.pattern_values(&inner.pat),
            Pat::Paren(inner) => self.pattern_values(&inner.pat),
            Pat::Guard(inner) => self.pattern_values(&inner.pat),
            Pat::Or(or) => or.cases.iter().flat_map(|one| self.pattern_values(one)).collect(),
            _ => Vec::new(),
        }
    }

    /// A `match`: on results and options a chain of conditions, errors first; else a switch.
    pub(super) fn matching(&mut self, found: &syn::ExprMatch, tail: Tail) {
        let patterns: Vec<&Pat> = found.arms.iter().map(|arm| &arm.pat).collect();
        let cases: Vec<Case> = patterns.iter().map(|pattern| case(pattern)).collect();
        let locals = self.locals.len();
        let value = self.subject(&found.expr, &patterns);
        if cases.iter().any(|case| matches!(case, Case::Ok | Case::Err | Case::Some | Case::None)) {
            let mut arms: Vec<&syn::Arm> = found.arms.iter().collect();
            // They exclude each other, so that their order is free; the error is asked for first,
            // as by hand.
            let ordered = cases.iter().all(|case| *case != Case::Any) || cases.last() == Some(&Case::Any);
            if ordered {
                arms.sort_by_key(|arm| match case(&arm.pat) {
                    Case::Err => 0,
                    Case::Any => 2,
                    _ => 1,
                });
            }
            self.chain(&arms, value, tail);
        } else {
            self.switch(found, value, tail);
        }
        self.locals.truncate(locals);
    }

    fn chain(&mut self, arms: &[&syn::Arm], value: ExprId, tail: Tail) {
        let Some((arm, rest)) = arms.split_first() else { return };
        let pos = start(arm.span());
        // The last arm fits whatever is left.
        let cond = if rest.is_empty() { None } else { self.test(&arm.pat, value, false) };
        let Some(cond) = cond else {
            self.bind_tested(&arm.pat, value);
            self.end_in(&arm.body, tail);
            return;
        };
        let then = self.nested(|this| {
            this.bind_tested(&arm.pat, value);
            this.end_in(&arm.body, tail);
        });
        let otherwise = self.nested(|this| this.chain(rest, value, tail));
        self.choose(cond, then, otherwise, pos);
    }

    fn switch(&mut self, found: &syn::ExprMatch, subject: ExprId, tail: Tail) {
        let pos = start(found.span());
        let mark = self.b.begin_stmts();
        for arm in &found.arms {
            let at = start(arm.span());
            let values = if case(&arm.pat) == Case::Any { Vec::new() } else { self.pattern_values(&arm.pat) };
            let mark = self.b.begin_exprs();
            for value in values {
                self.b.stage_expr(value);
            }
            let values = self.b.end_exprs(mark);
            let body = self.nested(|this| {
                this.bind(&arm.pat, subject);
                match guard(&arm.pat) {
                    Some(guard) => {
                        let cond = this.expression(guard);
                        let then = this.nested(|this| this.end_in(&arm.body, tail));
                        this.choose(cond, then, Stmts::default(), at);
                    }
                    None => this.end_in(&arm.body, tail),
                }
            });
            self.emit(Stmt::Case { values, comm: None, body }, at);
        }
        let cases = self.b.end_stmts(mark);
        self.emit(Stmt::Switch { init: None, subject, binding: Sym::EMPTY, cases }, pos);
    }

    /// `matches!(value, pattern)`.
    pub(super) fn matches(&mut self, value: &Code, pattern: &Pat) -> ExprId {
        let pos = start(value.span());
        let value = self.subject(value, &[pattern]);
        self.test(pattern, value, false).unwrap_or_else(|| self.b.leaf(Expr::Bool(true), pos))
    }

    pub(super) fn negated(&mut self, operand: ExprId, pos: u32) -> ExprId {
        self.b.expr(Expr::Unary { op: UnaryOp::Not, operand }, pos)
    }
}

fn case(pattern: &Pat) -> Case {
    let named = |path: &syn::Path| match path.segments.last() {
        Some(last) if last.ident == "Ok" => Case::Ok,
        Some(last) if last.ident == "Err" => Case::Err,
        Some(last) if last.ident == "Some" => Case::Some,
        Some(last) if last.ident == "None" => Case::None,
        _ => Case::Other,
    };
    match pattern {
        Pat::TupleStruct(found) => named(&found.path),
        Pat::Path(path) => named(&path.path),
        Pat::Ident(id) if id.ident == "None" => Case::None,
        Pat::Ident(id) if id.subpat.is_none() && !id.ident.to_string().starts_with(char::is_uppercase) => {
            Case::Any
        }
        Pat::Wild(_) | Pat::Rest(_) => Case::Any,
        Pat::Tuple(tuple) if tuple.elems.iter().all(|part| case(part) == Case::Any) => Case::Any,
        Pat::Reference(inner) => case(&inner.pat),
        Pat::Paren(inner) => case(&inner.pat),
        Pat::Type(inner) => case(&inner.pat),
        Pat::Guard(inner) => match case(&inner.pat) {
            Case::Any => Case::Other,
            found => found,
        },
        Pat::Or(or) => or.cases.first().map_or(Case::Other, case),
        _ => Case::Other,
    }
}

/// What stands inside `Some(…)`, `Ok(…)` and `Err(…)`.
fn inner(pattern: &Pat) -> Option<&Pat> {
    match pattern {
        Pat::TupleStruct(found) => found.elems.first(),
        Pat::Reference(inner_pattern) => inner(&inner_pattern.pat),
        Pat::Paren(inner_pattern) => inner(&inner_pattern.pat),
        Pat::Guard(inner_pattern) => inner(&inner_pattern.pat),
        Pat::Or(or) => or.cases.first().and_then(inner),
        _ => None,
    }
}

/// The condition behind a pattern.
fn guard(pattern: &Pat) -> Option<&Code> {
    match pattern {
        Pat::Guard(found) => Some(&found.guard),
        _ => None,
    }
}

/// The names a pattern binds.
pub(super) fn names(pattern: &Pat) -> Vec<String> {
    match pattern {
        Pat::Ident(id) => vec![id.ident.to_string()],
        Pat::Type(inner) => names(&inner.pat),
        Pat::Paren(inner) => names(&inner.pat),
        Pat::Reference(inner) => names(&inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

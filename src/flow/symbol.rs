//! What a value is called where a name must last: in ids, fingerprints and reports.
//!
//! A value that is known in part keeps its constant parts. Each other part is a placeholder in
//! braces, named after the fields it is read from or after the one constant that is looked up
//! (`{Kafka.Topics.Orders}`, `{conversationId}`), and empty where only locals, parameters and
//! calculations tell it: whoever renames those changes nothing that others remember. The text of
//! the expression is for [`Value::render`].

use crate::syntax::facts::{Expr, ExprId, Facts};

use super::program::{Program, Site};
use super::value::{STEP, Value};

/// What is not known and has no name that lasts.
pub const UNKNOWN: &str = "{}";

/// What a value is called.
pub fn of(program: &Program, value: &Value) -> String {
    match value {
        Value::Str(text) | Value::Literal(text) => text.to_string(),
        Value::Concat(parts) => parts.iter().map(|part| of(program, part)).collect(),
        Value::List(items) | Value::OneOf(items) => {
            let mut names: Vec<String> = Vec::new();
            for name in items.iter().filter(|v| !v.is_unset()).map(|v| of(program, v)) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            if names.is_empty() { UNKNOWN.to_owned() } else { names.join("|") }
        }
        other => format!("{{{}}}", name(program, other)),
    }
}

/// The name that the code itself gives to what is not constant, without what stands before it;
/// empty where nothing that lasts names it.
pub fn name(program: &Program, value: &Value) -> String {
    match value {
        Value::Opaque(Some(site)) => written(program, *site),
        Value::Field(base, field) => {
            let before = name(program, base);
            if field.starts_with(STEP) {
                return before;
            }
            if before.is_empty() { field.to_string() } else { format!("{before}.{field}") }
        }
        Value::Element(base) => name(program, base),
        Value::Func(closure) => program.func_name(closure.func),
        Value::Made(made) => match &made.args {
            None => made.name.to_string(),
            Some(args) => {
                let called = made.receiver.iter().filter(|v| is_call(v));
                let mut given = args.iter().chain(called);
                match (given.next(), given.next()) {
                    (Some(Value::Str(text)), None) => word(text),
                    (Some(one), None) => name(program, one),
                    _ => String::new(),
                }
            }
        },
        _ => String::new(),
    }
}

/// A call that is given something.
fn is_call(value: &Value) -> bool {
    match value {
        Value::Made(made) => {
            made.args.as_ref().is_some_and(|args| !args.is_empty()) || made.receiver.iter().any(is_call)
        }
        Value::Field(base, _) | Value::Element(base) => is_call(base),
        _ => false,
    }
}

/// The name that lasts of an expression, as [`name`].
pub fn written(program: &Program, site: Site) -> String {
    let facts = program.facts(site.file);
    let mut given = Vec::new();
    let path = walk(facts, site.expr, &mut given, 0);
    match given[..] {
        [] => path,
        [one] => match facts.expr(one) {
            Expr::Str(text) => word(facts.text(text)),
            _ => written(program, Site { file: site.file, expr: one }),
        },
        _ => String::new(),
    }
}

/// The names behind the first of a chain; `given` gathers what the calls in it are given.
fn walk(facts: &Facts, expr: ExprId, given: &mut Vec<ExprId>, depth: u8) -> String {
    if depth > 12 {
        return String::new();
    }
    match facts.expr(expr) {
        Expr::Field { base, name } => {
            let before = walk(facts, base, given, depth + 1);
            let name = facts.text(name);
            if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") }
        }
        Expr::Call { callee, args, .. } => {
            given.extend_from_slice(facts.list(args));
            walk(facts, callee, given, depth + 1);
            String::new()
        }
        Expr::Index { base, .. } | Expr::Slice(base) => walk(facts, base, given, depth + 1),
        Expr::Unary { operand, .. } => walk(facts, operand, given, depth + 1),
        Expr::Assert { value, .. } => walk(facts, value, given, depth + 1),
        _ => String::new(),
    }
}

/// A constant that may stand for what is looked up under it.
fn word(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
    if text.chars().all(fits) { text.to_owned() } else { String::new() }
}

/// A name without the names of its placeholders: what tells keys apart, whatever their parts are
/// called.
pub fn bare(name: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::new();
    for c in name.chars() {
        if c == '}' {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            out.push(c);
        }
        depth += u32::from(c == '{');
    }
    out
}

/// Whether what is called `symbol` may turn out to be `text`: its constant parts are in it, in order.
pub fn may_be(symbol: &str, text: &str) -> bool {
    symbol.split('|').any(|way| {
        let way = bare(way);
        let Some((first, rest)) = way.split_once(UNKNOWN) else { return way == text };
        let Some(mut text) = text.strip_prefix(first) else { return false };
        let (inner, last) = rest.rsplit_once(UNKNOWN).unwrap_or(("", rest));
        for part in inner.split(UNKNOWN) {
            match text.split_once(part) {
                Some((_, behind)) => text = behind,
                None => return false,
            }
        }
        text.ends_with(last)
    })
}

#[cfg(test)]
mod tests {
    use super::{bare, may_be};

    #[test]
    fn a_symbol_may_be_what_its_constant_parts_are_in() {
        for (symbol, text) in
            [("{}", "a.b"), ("{x}.b", "a.b"), ("a.{}", "a.b"), ("a.{x}.c.{y}", "a.b.c.d"), ("z|{}b", "a.b")]
        {
            assert!(may_be(symbol, text), "{symbol} {text}");
        }
        for (symbol, text) in [
            ("a", "a.b"),
            ("chat:{}", "a.b"),
            ("{x}.c", "a.b"),
            ("a.{}.a", "a.a"),
            ("a.{x}.d.{y}", "a.b.c.d"),
        ] {
            assert!(!may_be(symbol, text), "{symbol} {text}");
        }
    }

    #[test]
    fn placeholders_lose_their_names() {
        let cases = [("a:{id}:b", "a:{}:b"), ("{}", "{}"), ("a", "a"), ("{a{b}}c}", "{}c}"), ("{a", "{")];
        for (name, expected) in cases {
            assert_eq!(bare(name), expected, "{name}");
        }
    }
}

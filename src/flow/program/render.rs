//! Expressions as text: what a person would recognise, not what a parser would take.

use crate::syntax::facts::{BinaryOp, Expr, ExprId, Facts, HIDDEN, Lang, UnaryOp};

/// Writes an expression as a person would recognise it; `as_written` also with the signs that change
/// nothing about what it names.
pub(super) fn render(facts: &Facts, id: ExprId, out: &mut String, depth: usize, as_written: bool) {
    if depth > 8 || out.len() > 160 {
        out.push('…');
        return;
    }
    let list = |out: &mut String, ids: &[ExprId]| {
        for (i, id) in ids.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            render(facts, *id, out, depth + 1, as_written);
        }
    };
    match facts.expr(id) {
        Expr::Str(text) => {
            out.push('"');
            out.push_str(&facts.text(text).chars().take(80).collect::<String>());
            out.push('"');
        }
        // A qualifier that the source does not have says nothing to people.
        Expr::Name(text) if is_hidden(facts.text(text)) => {
            // In Rust the module before a function or a table says what it is of.
            if facts.lang == Lang::Rust
                && let Some((path, member)) = facts.text(text).trim_start_matches(HIDDEN).split_once(HIDDEN)
                && member.starts_with(char::is_lowercase)
            {
                out.push_str(path.rsplit('/').next().unwrap_or(path));
            }
        }
        Expr::Number(text) | Expr::Name(text) => out.push_str(facts.text(text)),
        Expr::Nil => out.push_str("nil"),
        Expr::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Expr::Field { base, name } => {
            let before = out.len();
            render(facts, base, out, depth + 1, as_written);
            if out.len() > before {
                out.push('.');
            }
            out.push_str(facts.text(name));
        }
        Expr::Index { base, args } => {
            render(facts, base, out, depth + 1, as_written);
            out.push('[');
            list(out, facts.list(args));
            out.push(']');
        }
        Expr::Call { callee, args, .. } => {
            render(facts, callee, out, depth + 1, as_written);
            out.push('(');
            list(out, facts.list(args));
            out.push(')');
        }
        Expr::Composite { ty, .. } => {
            render(facts, ty, out, depth + 1, as_written);
            out.push_str("{…}");
        }
        Expr::Closure(_) => out.push_str("func"),
        Expr::Unary { operand, op } => {
            match op {
                UnaryOp::Not => out.push('!'),
                UnaryOp::AddressOf if as_written => out.push('&'),
                _ => {}
            }
            render(facts, operand, out, depth + 1, as_written);
        }
        Expr::Slice(operand) => render(facts, operand, out, depth + 1, as_written),
        Expr::Assert { value, .. } => render(facts, value, out, depth + 1, as_written),
        Expr::Binary { left, right, op } => {
            render(facts, left, out, depth + 1, as_written);
            out.push_str(sign(op));
            render(facts, right, out, depth + 1, as_written);
        }
        Expr::Template(parts) => {
            for &part in facts.list(parts) {
                if let Expr::Str(text) = facts.expr(part) {
                    out.push_str(facts.text(text));
                } else {
                    out.push('{');
                    render(facts, part, out, depth + 1, as_written);
                    out.push('}');
                }
            }
        }
        Expr::Conditional { then, otherwise, .. } => {
            render(facts, then, out, depth + 1, as_written);
            out.push('|');
            render(facts, otherwise, out, depth + 1, as_written);
        }
        Expr::SliceType(inner) => {
            out.push_str("[]");
            render(facts, inner, out, depth + 1, as_written);
        }
        _ => out.push('…'),
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => " + ",
        BinaryOp::Sub => " - ",
        BinaryOp::Mul => " * ",
        BinaryOp::Equal => " == ",
        BinaryOp::NotEqual => " != ",
        BinaryOp::Less => " < ",
        BinaryOp::LessEqual => " <= ",
        BinaryOp::Greater => " > ",
        BinaryOp::GreaterEqual => " >= ",
        BinaryOp::And => " && ",
        BinaryOp::Or => " || ",
        BinaryOp::Coalesce => " ?? ",
        BinaryOp::Other => " … ",
    }
}

/// Whether a name stands for an import of one name; no source has it.
fn is_hidden(name: &str) -> bool {
    name.starts_with(HIDDEN)
}

//! How much of a message a condition looks at. Only what looks into the payload says that it is
//! checked: that there is a message, what it is called and what a carrier says of it (`event.id` of
//! an `Event<T>`) says nothing of what the handler goes on to use.

use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::program::{Site, Ty};
use crate::flow::scope::DefKind;
use crate::flow::types::Type;
use crate::flow::value::Value;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Facts};

/// What of a message a condition looks at, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Looks {
    /// That it is there.
    Whole,
    /// What kind it is, or what its carrier says.
    Carrier,
    /// Something of its payload.
    Payload,
}

/// How many definitions of locals are followed.
const DEPTH: u8 = 4;

/// What the condition at `site` looks at.
pub fn of(flow: &Flow<'_>, site: Site) -> Looks {
    looks(flow, site, DEPTH)
}

fn looks(flow: &Flow<'_>, site: Site, depth: u8) -> Looks {
    let Some(depth) = depth.checked_sub(1) else { return Looks::Payload };
    let facts = flow.types.program.facts(site.file);
    let at = |expr: ExprId| Site { file: site.file, expr };
    let most = |exprs: &[ExprId]| exprs.iter().map(|&expr| looks(flow, at(expr), depth + 1)).max();
    match facts.expr(site.expr) {
        Expr::Unary { operand, .. } => looks(flow, at(operand), depth + 1),
        Expr::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right }
            if [left, right].iter().any(|&side| names_a_kind(flow, at(side))) =>
        {
            Looks::Carrier
        }
        Expr::Binary { left, right, .. } => most(&[left, right]).unwrap_or(Looks::Whole),
        Expr::Call { callee, args, .. } => {
            let on = match facts.expr(callee) {
                Expr::Field { base, .. } if flow.types.package_qualifier(site.file, base).is_none() => {
                    Some(base)
                }
                _ => None,
            };
            let given: Vec<ExprId> = facts.list(args).iter().copied().chain(on).collect();
            most(&given).unwrap_or(Looks::Payload)
        }
        Expr::Field { base, .. } => match flow.types.of(at(base)) {
            Type::External(..) => Looks::Carrier,
            Type::Named(ty, _) if carries(flow, ty) => Looks::Carrier,
            _ => Looks::Payload,
        },
        Expr::Name(name) => match flow.types.local(site, name).map(|(_, def)| def.kind) {
            Some(DefKind::Value(value, _)) => match facts.expr(value) {
                Expr::Name(_) | Expr::Field { .. } | Expr::Unary { .. } | Expr::Index { .. } => {
                    looks(flow, at(value), depth)
                }
                // What is asked of an entry: `changed["sku"].as_str()`.
                Expr::Call { callee, .. } if is_of_entry(facts, callee) => Looks::Payload,
                _ => by_type(&flow.types.of(site)),
            },
            _ => by_type(&flow.types.of(site)),
        },
        Expr::Nil | Expr::Str(_) | Expr::Number(_) => Looks::Whole,
        _ => Looks::Payload,
    }
}

/// Whether a callee is a method of an entry of something.
fn is_of_entry(facts: &Facts, callee: ExprId) -> bool {
    matches!(facts.expr(callee), Expr::Field { base, .. } if matches!(facts.expr(base), Expr::Index { .. }))
}

/// What is looked at where a name is: a thing with parts of its own, or one of its parts.
fn by_type(ty: &Type) -> Looks {
    match ty {
        Type::Named(..) | Type::External(..) | Type::Literal(_) => Looks::Whole,
        Type::Basic(name) if anything(name) => Looks::Whole,
        _ => Looks::Payload,
    }
}

/// Whether a value is a name of a kind: a constant text that says something.
fn names_a_kind(flow: &Flow<'_>, site: Site) -> bool {
    let eval = Eval::new(flow.types);
    matches!(eval.value(site), Value::Str(text) if !text.is_empty())
}

/// Whether a type carries what it does not know: one of its fields may be anything.
fn carries(flow: &Flow<'_>, ty: Ty) -> bool {
    let program = flow.types.program;
    let facts = program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    let params: Vec<&str> = facts.params(&decl.type_params).iter().map(|p| facts.text(p.name)).collect();
    facts.fields(&decl.fields).iter().any(|field| {
        let site = Site { file: ty.file, expr: field.ty };
        match flow.types.named_by(site) {
            Type::Basic(name) => anything(&name) || params.contains(&&*name),
            Type::Named(inner, _) => {
                let decl = &program.facts(inner.file).types[inner.ty.0 as usize];
                decl.name.is_empty() && flow.types.is_interface(inner) && decl.methods.is_empty()
            }
            Type::External(_, name) => &*name == "RawMessage",
            _ => matches!(facts.expr(field.ty), Expr::Name(name) if params.contains(&facts.text(name))),
        }
    })
}

fn anything(name: &str) -> bool {
    matches!(name, "any" | "unknown" | "object" | "interface{}")
}

//! How much of a message a condition looks at. Only what looks into the payload says that it is
//! checked: that there is a message, what it is called and what a carrier says of it (`event.id` of
//! an `Event<T>`) says nothing of what the handler goes on to use.

use std::sync::LazyLock;

use regex::RegexSet;
use rustc_hash::FxHashSet;

use super::{Refusal, table};
use crate::audit::Control;
use crate::flow::Flow;
use crate::flow::calls::Callee;
use crate::flow::eval::Eval;
use crate::flow::path::{Asks, Branch};
use crate::flow::program::{Fn, Site, Ty};
use crate::flow::scope::DefKind;
use crate::flow::types::Type;
use crate::flow::value::Value;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Facts, Stmt, Sym};

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

impl Refusal {
    /// What `branch` turns messages away for.
    pub(super) fn by(flow: &Flow<'_>, branch: &Branch, fails: bool) -> Refusal {
        // An error is asked for what the call that gave it was given.
        let cond = match branch.asks {
            Asks::Error => branch.deps.first().copied().unwrap_or(branch.cond),
            _ => branch.cond,
        };
        let mut looks = looks(flow, cond, DEPTH);
        let mut asked = vec![cond];
        if let Some(func) = branch.answers {
            looks = looks.max(predicate(flow, func, branch.cond, DEPTH));
            asked.extend(asked_by(flow, func, branch.cond));
        }
        let fields: FxHashSet<String> = asked.iter().flat_map(|&site| fields(flow, site)).collect();
        let of = asked.iter().flat_map(|&site| declared(flow, site)).collect();
        let opens = asks_whether_opened(flow, cond);
        let (fields, arms) = (fields.len(), Vec::new());
        Refusal { asked: cond, fails, looks, fields, of, arms, opens, ignored: false }
    }
}

/// What a function that answers the question at `asked` looks at.
fn predicate(flow: &Flow<'_>, func: Fn, asked: Site, depth: u8) -> Looks {
    let each = asked_by(flow, func, asked).into_iter().map(|site| looks(flow, site, depth));
    each.max().unwrap_or(Looks::Whole)
}

/// The conditions of a function that answers the question at `asked`, and what it returns.
fn asked_by(flow: &Flow<'_>, func: Fn, asked: Site) -> Vec<Site> {
    let file = flow.types.program.file(func.file);
    let returned = file.scopes[func.func.0 as usize].returns.iter().flat_map(|&list| file.facts.list(list));
    let conditions = file.facts.stmts.iter().filter_map(|stmt| match stmt {
        Stmt::If { cond, .. } if file.owners[cond.0 as usize] == func.func.0 => Some(cond),
        _ => None,
    });
    // A method that is given the message looks at what its receiver was set up with, too.
    let itself = gives_nothing(flow, asked);
    returned
        .chain(conditions)
        .map(|&expr| Site { file: func.file, expr })
        .filter(|&site| itself || !is_of_receiver(flow, site))
        .collect()
}

/// The fields that an expression names (`order.Customer.ID` is one).
fn fields(flow: &Flow<'_>, site: Site) -> Vec<String> {
    let program = flow.types.program;
    let facts = program.facts(site.file);
    let (mut found, mut inside) = (Vec::new(), Vec::new());
    crate::flow::walk::exprs(facts, site.expr, &mut |expr| match facts.expr(expr) {
        Expr::Field { base, .. } => {
            found.push(expr);
            inside.push(base);
        }
        Expr::Call { callee, .. } => inside.push(callee),
        _ => {}
    });
    found.retain(|expr| !inside.contains(expr));
    found.into_iter().map(|expr| program.render(Site { expr, ..site })).collect()
}

/// The fields of types of the tree that an expression names, each with its type.
fn declared(flow: &Flow<'_>, site: Site) -> Vec<(Ty, String)> {
    let facts = flow.types.program.facts(site.file);
    let mut found = Vec::new();
    crate::flow::walk::exprs(facts, site.expr, &mut |expr| {
        if let Expr::Field { base, name } = facts.expr(expr)
            && let Type::Named(ty, _) = flow.types.of(Site { expr: base, ..site })
        {
            found.push((ty, facts.text(name).to_owned()));
        }
    });
    found
}

/// Whether a call opens what the message came in (decrypts, unpacks, asks for its signature): that it
/// cannot be opened says nothing of what is inside.
fn opens(flow: &Flow<'_>, site: Site) -> bool {
    static OPENERS: LazyLock<RegexSet> = LazyLock::new(|| {
        let names = table::of(Control::Schema).map_or(&[][..], |table| table.names("opens"));
        RegexSet::new(names).unwrap_or_default()
    });
    let program = flow.types.program;
    let facts = program.facts(site.file);
    let Some(Callee::Library { path, .. }) = flow.graph.at(site).map(|call| &call.callee) else {
        return false;
    };
    let Expr::Call { callee, .. } = facts.expr(site.expr) else { return false };
    let (Expr::Field { name, .. } | Expr::Name(name)) = facts.expr(callee) else { return false };
    OPENERS.is_match(&format!("{}.{}", program.external(*path), facts.text(name)))
}

/// Whether a condition rests on what opening the message gave.
fn asks_whether_opened(flow: &Flow<'_>, cond: Site) -> bool {
    let facts = flow.types.program.facts(cond.file);
    let mut found = false;
    crate::flow::walk::exprs(facts, cond.expr, &mut |expr| {
        let asked = match facts.expr(expr) {
            Expr::Call { .. } => expr,
            Expr::Name(name) => {
                match flow.types.local(Site { expr, ..cond }, name).map(|(_, def)| def.kind) {
                    Some(DefKind::Value(value, _)) => value,
                    _ => return,
                }
            }
            _ => return,
        };
        found |= opens(flow, Site { expr: asked, ..cond });
    });
    found
}

/// Whether a value is the bytes of something, and no field of it.
fn is_raw(flow: &Flow<'_>, site: Site) -> bool {
    let facts = flow.types.program.facts(site.file);
    let bytes = || match flow.types.of(site) {
        Type::Slice(of) => matches!(&*of, Type::Basic(name) if matches!(&**name, "byte" | "uint8")),
        _ => false,
    };
    let Expr::Name(name) = facts.expr(site.expr) else { return false };
    let of_field = match flow.types.local(site, name).map(|(_, def)| def.kind) {
        Some(DefKind::Value(value, _)) => !matches!(facts.expr(value), Expr::Call { .. }),
        Some(DefKind::Param(_)) => false,
        _ => true,
    };
    !of_field && bytes()
}

/// Whether the call in a condition is given nothing (`!order.IsValid()`).
fn gives_nothing(flow: &Flow<'_>, asked: Site) -> bool {
    let facts = flow.types.program.facts(asked.file);
    match facts.expr(asked.expr) {
        Expr::Unary { operand, .. } => gives_nothing(flow, Site { expr: operand, ..asked }),
        Expr::Call { args, .. } => args.len == 0,
        _ => false,
    }
}

/// Whether all that an expression names is of the receiver of the method it stands in.
fn is_of_receiver(flow: &Flow<'_>, site: Site) -> bool {
    let facts = flow.types.program.facts(site.file);
    let (mut of_receiver, mut of_other) = (false, false);
    crate::flow::walk::exprs(facts, site.expr, &mut |expr| {
        if let Expr::Name(name) = facts.expr(expr)
            && let Some((_, def)) = flow.types.local(Site { expr, ..site }, name)
        {
            of_receiver |= def.kind == DefKind::Receiver;
            of_other |= def.kind != DefKind::Receiver;
        }
    });
    of_receiver && !of_other
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
        Expr::Call { .. } if opens(flow, site) => Looks::Carrier,
        // How long the message is, as it came.
        Expr::Call { callee, args, .. }
            if matches!(facts.expr(callee), Expr::Name(name) if facts.text(name) == "len")
                && facts.list(args).iter().all(|&arg| is_raw(flow, at(arg))) =>
        {
            Looks::Carrier
        }
        Expr::Call { callee, args, .. } => {
            let on = match facts.expr(callee) {
                Expr::Field { base, .. } if flow.types.package_qualifier(site.file, base).is_none() => {
                    Some(base)
                }
                _ => None,
            };
            // What the handler was set up with answers; it is not what is asked about.
            let on = on.filter(|&base| !is_of_receiver(flow, at(base)));
            let given: Vec<ExprId> = facts.list(args).iter().copied().chain(on).collect();
            let by_value = most(&given).unwrap_or(Looks::Payload);
            match flow.graph.at(site).map(|call| &call.callee) {
                Some(Callee::Tree(targets)) if targets.len() == 1 => {
                    by_value.max(predicate(flow, targets[0], site, depth))
                }
                _ => by_value,
            }
        }
        Expr::Field { base, .. } => match flow.types.of(at(base)) {
            // What rules describe is a library's carrier; other foreign types are contracts.
            Type::External(path, _) if flow.index.describes(flow.types.program.external(path)) => {
                Looks::Carrier
            }
            Type::Named(ty, _) if carries(flow, ty) => Looks::Carrier,
            _ => Looks::Payload,
        },
        Expr::Name(name) if is_error(flow, site, name) => Looks::Whole,
        Expr::Name(name) => match flow.types.local(site, name).map(|(_, def)| def.kind) {
            Some(DefKind::Value(value, _)) => match facts.expr(value) {
                Expr::Name(_) | Expr::Field { .. } | Expr::Unary { .. } | Expr::Index { .. } => {
                    looks(flow, at(value), depth)
                }
                Expr::Call { .. } if opens(flow, at(value)) => Looks::Carrier,
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

/// Whether a local holds an error.
fn is_error(flow: &Flow<'_>, site: Site, name: Sym) -> bool {
    let local = flow.types.local(site, name);
    local.is_some_and(|(owner, _)| flow.types.program.file(owner.file).errors.contains(&(owner.func, name)))
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
pub(super) fn names_a_kind(flow: &Flow<'_>, site: Site) -> bool {
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

//! What a library hands to a handler besides bytes: where the handler's parameter is of a type of the
//! program, or of generated code, the library has decoded the message into it.

use super::encoded::encoder;
use super::verdict::Subject;
use crate::flow::program::{Site, Ty};
use crate::flow::types::Type;
use crate::rules::Start;
use crate::syntax::facts::{Expr, Lang, TypeKind};

/// What a handler is given.
pub enum Received {
    /// A type that has no fields: there is nothing in it to check.
    Nothing,
    /// A type of the program.
    Typed,
    /// A type generated from an interface definition.
    Idl,
}

/// What the library decodes for the handler, with the place that says so.
pub fn received(subject: &Subject<'_, '_>) -> Option<(Received, Site)> {
    encoder(subject).or_else(|| typed(subject))
}

/// What the type of the handler's parameter says.
fn typed(subject: &Subject<'_, '_>) -> Option<(Received, Site)> {
    let (flow, consumer) = (subject.flow, subject.consumer);
    let rule = flow.index.rule(consumer.rule?);
    // Messages that are read in a loop are as the library gives them, and nothing tells what a library
    // that no rule describes does with them.
    let called = !rule.handler.is_empty() && rule.handler.iter().all(|s| is_given(&s.start));
    if !called || flow.index.detector(consumer.rule?).imports.is_empty() {
        return None;
    }
    let func = consumer.handlers.first()?.func;
    let program = flow.types.program;
    let facts = program.facts(func.file);
    if facts.lang != Lang::Go {
        return None;
    }
    facts.params(&program.func(func).params).iter().find_map(|param| {
        let site = Site { file: func.file, expr: param.ty };
        Some((kind(subject, site)?, site))
    })
}

/// Whether a handler is handed to the library.
fn is_given(start: &Start) -> bool {
    !matches!(start, Start::Enclosing | Start::EnclosingCall(_) | Start::Decorated)
}

/// What a parameter of the type written at `site` says.
fn kind(subject: &Subject<'_, '_>, site: Site) -> Option<Received> {
    let types = subject.flow.types;
    let facts = types.program.facts(site.file);
    match types.named_by(site) {
        Type::Named(ty, _) => of_tree(subject, ty),
        // `river.Job[Args]`: what a library's generic type holds.
        Type::External(..) => {
            let mut expr = site.expr;
            while let Expr::Unary { operand, .. } = facts.expr(expr) {
                expr = operand;
            }
            let Expr::Index { args, .. } = facts.expr(expr) else { return None };
            let held = Site { file: site.file, expr: *facts.list(args).first()? };
            match types.named_by(held) {
                Type::Named(ty, _) => of_tree(subject, ty),
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_tree(subject: &Subject<'_, '_>, ty: Ty) -> Option<Received> {
    let program = subject.flow.types.program;
    let decl = &program.facts(ty.file).types[ty.ty.0 as usize];
    if decl.kind != TypeKind::Struct {
        return None;
    }
    let is_message = |name| program.method(ty, name).is_some();
    Some(if is_message("ProtoReflect") || is_message("ProtoMessage") {
        Received::Idl
    } else if decl.fields.is_empty() {
        Received::Nothing
    } else {
        Received::Typed
    })
}

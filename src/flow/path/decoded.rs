//! What decoders fill: from there on it is the payload, by its type, as a value or by the name of the
//! variable.

use crate::flow::scope::DefKind;
use crate::syntax::facts::{Expr, ExprId, Facts, UnaryOp};

use super::{Site, Tracer, Type, Value};

impl Tracer<'_, '_> {
    /// Notes what a decoder fills.
    pub(super) fn note_decoded(&mut self, call: Site, values: &[Value]) {
        self.note_variables(call);
        self.payload.decoders.insert(call);
        if let Some(value) = values.first() {
            let ty = self.eval.type_of(value);
            self.payload.learn(self.eval, &ty);
            self.learn_foreign(&ty);
            let made = |v: &Value| matches!(v, Value::Made(_) | Value::Opaque(Some(_)));
            self.payload.values.extend(value.items().into_iter().filter(made));
        }
    }

    /// Notes a type of another repository as one of the payload. What rules describe carries messages
    /// instead, or is something else.
    fn learn_foreign(&mut self, ty: &Type) {
        if let Type::External(path, name) = ty
            && !self.flow.index.describes(self.flow.types.program.external(*path))
        {
            self.payload.foreign.insert((*path, name.clone()));
        }
    }

    /// Notes the variables whose address a decoder is given.
    fn note_variables(&mut self, call: Site) {
        let facts = self.flow.types.program.facts(call.file);
        let given: Vec<Site> = self.arguments(call).collect();
        for arg in given {
            if let Expr::Unary { op: UnaryOp::AddressOf, operand } = facts.expr(arg.expr)
                && let Expr::Name(name) = facts.expr(operand)
                && let Some((owner, _)) = self.flow.types.local(arg, name)
            {
                self.payload.locals.insert((owner, name));
            }
        }
    }

    /// Whether an expression is a variable that a decoder filled, or that was given what one gives.
    pub(super) fn is_decoded(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Name(name) = facts.expr(beneath(facts, site.expr)) else { return false };
        let Some((owner, def)) = self.flow.types.local(site, name) else { return false };
        let given = match def.kind {
            DefKind::Value(value, 0) => {
                let call = Site { file: owner.file, expr: beneath(facts, value) };
                self.payload.decoders.contains(&call)
            }
            _ => false,
        };
        given || self.payload.locals.contains(&(owner, name))
    }
}

/// What stands under references, `await`, `?` and the name of a type.
fn beneath(facts: &Facts, mut expr: ExprId) -> ExprId {
    while let Expr::Unary { operand: inner, .. } | Expr::Assert { value: inner, .. } = facts.expr(expr) {
        expr = inner;
    }
    expr
}

//! Literals of lists, maps and structs.

use std::sync::Arc;

use crate::syntax::facts::{Expr, ExprId, Lang};

use super::{Eval, Site};
use crate::flow::types::{Member, Type};
use crate::flow::value::{Object, Value};

impl Eval<'_> {
    pub(super) fn composite(&self, site: Site, elided: &Type) -> Value {
        let facts = self.types.program.facts(site.file);
        let Expr::Composite { ty, entries } = facts.expr(site.expr) else { return Value::Opaque(Some(site)) };
        let ty = if ty.is_none() {
            elided.clone()
        } else {
            self.types.named_by(Site { file: site.file, expr: ty })
        };
        let entries = facts.list(entries);
        if facts.lang == Lang::TypeScript && !matches!(ty, Type::Slice(_)) {
            return self.merged(site, entries);
        }
        let inner = |expr: ExprId, ty: &Type| {
            let at = Site { file: site.file, expr };
            match facts.expr(expr) {
                Expr::Composite { ty: none, .. } if none.is_none() => self.composite(at, ty),
                _ => self.nth(at, 0),
            }
        };
        match &ty {
            Type::Slice(element) => {
                let mut items = Vec::new();
                for entry in entries.chunks(2).filter(|e| e.len() == 2) {
                    let value = inner(entry[1], element);
                    // `[...others, one]`: all of the others.
                    match (facts.expr(entry[1]), value) {
                        (Expr::Slice(_), Value::List(others)) => items.extend(others.iter().cloned()),
                        (Expr::Slice(_), Value::OneOf(ways)) => {
                            items.extend(ways.iter().flat_map(Value::items));
                        }
                        (Expr::Slice(_), other) => items.push(crate::flow::eval::element(other)),
                        (_, value) => items.push(value),
                    }
                }
                Value::List(items.into())
            }
            Type::Map(_, element) => {
                let fields = entries
                    .chunks(2)
                    .filter(|e| e.len() == 2)
                    .map(|e| {
                        let key = match self.nth(Site { file: site.file, expr: e[0] }, 0) {
                            Value::Str(text) | Value::Literal(text) => text,
                            other => other.render(self.types.program).into(),
                        };
                        (key, inner(e[1], element))
                    })
                    .collect();
                Value::Object(Arc::new(Object::new(ty, fields, site)))
            }
            _ => {
                let mut fields: Vec<_> = entries
                    .chunks(2)
                    .enumerate()
                    .filter(|(_, e)| e.len() == 2)
                    .filter_map(|(i, e)| {
                        let name = self.field_name(site.file, &ty, e[0], i)?;
                        let field = match self.types.member(&ty, &name) {
                            Some(Member::Field(field)) => field,
                            _ => Type::Unknown,
                        };
                        Some((name, inner(e[1], &field)))
                    })
                    .collect();
                if let (Lang::Rust, Type::Named(named, _)) = (facts.lang, &ty) {
                    self.filled_by_methods(*named, &mut fields);
                }
                Value::Object(Arc::new(Object::new(ty, fields, site)))
            }
        }
    }

    /// The name of the field an entry of a struct literal sets: its key, or by position.
    pub(super) fn field_name(&self, file: u32, ty: &Type, key: ExprId, position: usize) -> Option<Arc<str>> {
        let facts = self.types.program.facts(file);
        match facts.expr(key) {
            Expr::Name(name) | Expr::Str(name) => Some(facts.text(name).into()),
            _ if key.is_none() => {
                let Type::Named(ty, _) = ty else { return Some(format!("#{position}").into()) };
                let facts = self.types.program.facts(ty.file);
                let decl = &facts.types[ty.ty.0 as usize];
                let index = decl.fields.start as usize + position;
                (index < decl.fields.end as usize).then(|| facts.text(facts.fields[index].name).into())
            }
            _ => None,
        }
    }
}

//! Functions that the language declares: `append`, `make`, conversions.

use std::sync::Arc;

use super::{Eval, Object, Value};
use crate::flow::program::Site;
use crate::syntax::facts::{ExprId, Lang};

impl Eval<'_> {
    /// What a predeclared function of the language gives.
    pub(super) fn builtin(&self, site: Site, name: &str, args: &[ExprId]) -> Value {
        let at = |expr| Site { file: site.file, expr };
        if self.types.program.facts(site.file).lang == Lang::TypeScript
            && let Some(store) = self.new_store(site, name, args)
        {
            return store;
        }
        match name {
            "append" => {
                let mut items = Vec::new();
                for &arg in args {
                    match self.nth(at(arg), 0) {
                        Value::List(list) => items.extend(list.iter().cloned()),
                        // What a branch may have added before (`if ok { all = append(all, one) }`).
                        Value::OneOf(ways) if ways.iter().any(|way| matches!(way, Value::List(_))) => {
                            for item in ways.iter().flat_map(either) {
                                if !items.contains(&item) {
                                    items.push(item);
                                }
                            }
                        }
                        Value::Literal(_) | Value::Opaque(_) | Value::Typed(_) | Value::Unset => {}
                        other => items.push(other),
                    }
                }
                Value::List(items.into())
            }
            "make" => match args.first() {
                Some(&ty) => Value::Typed(self.types.named_by(at(ty))),
                None => Value::Opaque(Some(site)),
            },
            "new" => match args.first().map(|&a| self.types.named_by(at(a))) {
                Some(ty) => Value::Object(Arc::new(Object::new(ty, Vec::new(), site))),
                None => Value::Opaque(Some(site)),
            },
            // A conversion to a predeclared type keeps the value.
            "string" | "int" | "int64" | "int32" | "uint32" | "uint64" | "float64" | "byte" | "any" => {
                args.first().map_or(Value::Opaque(Some(site)), |&a| self.nth(at(a), 0))
            }
            _ => Value::Opaque(Some(site)),
        }
    }
}

/// What a list may begin with: the items of one, or what is not known to be any.
fn either(way: &Value) -> Vec<Value> {
    match way {
        Value::List(items) => items.to_vec(),
        Value::Literal(_) | Value::Opaque(_) | Value::Typed(_) | Value::Unset => Vec::new(),
        other => vec![other.clone()],
    }
}

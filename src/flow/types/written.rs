//! Types as they are written, and which expressions name one.

use std::sync::Arc;

use super::{Type, Types};
use crate::flow::program::{Decl, Fn, Site, Target, Ty};
use crate::syntax::facts::{Expr, ExprId, Sym};

impl Types<'_> {
    pub(super) fn type_expr(&self, site: Site, depth: u8) -> Type {
        let Some(depth) = depth.checked_sub(1) else { return Type::Unknown };
        let facts = self.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        match facts.expr(site.expr) {
            Expr::Name(name) => {
                let text = facts.text(name);
                if let Some(ty) = self.local_type(site, name) {
                    return Type::Named(ty, Arc::from([]));
                }
                match self.program.lookup(site.file, name) {
                    Some(Decl::Type(ty)) => self.declared(ty, depth),
                    _ => Type::Basic(text.into()),
                }
            }
            Expr::Field { base, name } => {
                let Expr::Name(qualifier) = facts.expr(base) else { return Type::Unknown };
                match self.program.qualifier(site.file, qualifier) {
                    Some(Target::Package(package)) => match self.program.decl(*package, facts.text(name)) {
                        Some(Decl::Type(ty)) => self.declared(ty, depth),
                        _ => Type::Unknown,
                    },
                    Some(Target::External(path)) => Type::External(*path, facts.text(name).into()),
                    None => Type::Unknown,
                }
            }
            Expr::Unary { operand, .. } => self.type_expr(at(operand), depth),
            Expr::SliceType(inner) => Type::Slice(self.type_expr(at(inner), depth).into()),
            Expr::MapType { key, value } => {
                Type::Map(self.type_expr(at(key), depth).into(), self.type_expr(at(value), depth).into())
            }
            Expr::ChanType(inner) => Type::Chan(self.type_expr(at(inner), depth).into()),
            Expr::Index { base, args } => match self.type_expr(at(base), depth) {
                Type::Named(ty, _) => {
                    let args = facts.list(args).iter().map(|&a| self.type_expr(at(a), depth)).collect();
                    Type::Named(ty, args)
                }
                other => other,
            },
            Expr::FuncType(func) => Type::Signature(Fn { file: site.file, func }),
            Expr::InlineType(ty) => Type::Named(Ty { file: site.file, ty }, Arc::from([])),
            _ => Type::Unknown,
        }
    }

    /// A type declared inside the function `site` stands in.
    pub(super) fn local_type(&self, site: Site, name: Sym) -> Option<Ty> {
        let owner = self.program.owner(site)?;
        let facts = self.program.facts(site.file);
        let mut scope = Some(owner.func);
        while let Some(func) = scope {
            if let Some(i) = facts.types.iter().position(|t| t.scope == Some(func) && t.name == name) {
                return Some(Ty { file: site.file, ty: crate::syntax::facts::TypeId(i as u32) });
            }
            scope = facts.func(func).parent;
        }
        None
    }

    pub(super) fn names_type(&self, site: Site) -> bool {
        let facts = self.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Name(name) => {
                self.local(site, name).is_none()
                    && matches!(self.program.lookup(site.file, name), Some(Decl::Type(_)))
            }
            Expr::Field { base, name } => match self.package_qualifier(site.file, base) {
                Some(Target::Package(package)) => {
                    matches!(self.program.decl(*package, facts.text(name)), Some(Decl::Type(_)))
                }
                _ => false,
            },
            Expr::Index { base, .. } => self.names_type(Site { file: site.file, expr: base }),
            _ => false,
        }
    }

    /// Whether `base` names a type of a library (`Client` in `Client::new()`).
    pub(super) fn is_type_path(&self, file: u32, base: ExprId) -> bool {
        match self.program.facts(file).expr(base) {
            Expr::Field { base, .. } => {
                matches!(self.package_qualifier(file, base), Some(Target::External(_)))
            }
            _ => false,
        }
    }
}

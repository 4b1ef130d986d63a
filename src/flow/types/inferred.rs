//! Types that nothing declares: by what is put into a collection, by who calls a closure back, by what
//! a function is given and gives.

use std::sync::Arc;

use super::{Type, Types, vague};
use crate::flow::program::{Decl, Fn, Site, Target};
use crate::flow::scope::DefKind;
use crate::syntax::facts::{Expr, ExprId, Sym};

/// How deep the type of what a field is given is followed: fields are given to each other.
const FIELD: u8 = 12;

impl Types<'_> {
    /// A map or list of nobody says what, by what is put into it.
    pub(super) fn kept(&self, site: Site, name: Sym, found: Type, depth: u8) -> Type {
        let open = match &found {
            Type::Map(_, inner) | Type::Slice(inner) => **inner == Type::Unknown,
            _ => false,
        };
        let puts = self.program.file(site.file).stores.get(&name).filter(|_| open);
        let Some(depth) = depth.checked_sub(8) else { return found };
        let put =
            |put: &crate::flow::scope::Put| self.nth(Site { file: site.file, expr: put.value }, 0, depth);
        let inner = puts.into_iter().flatten().take(4).map(put).find(|ty| !vague(ty));
        match (inner, &found) {
            (Some(inner), Type::Map(key, _)) => Type::Map(key.clone(), inner.into()),
            (Some(inner), Type::Slice(_)) => Type::Slice(inner.into()),
            _ => found,
        }
    }

    /// What a field that nobody says the type of is given by the methods of its class, or of a class
    /// that this one extends.
    pub(super) fn given_to(&self, ty: &Type, name: &str, depth: u8) -> Option<Type> {
        let Type::Named(class, _) = ty else { return None };
        let depth = depth.min(FIELD).checked_sub(1)?;
        let file = self.program.file(class.file);
        let given = file.given.get(&(self.program.type_name(*class).to_owned(), name.to_owned()));
        let given = given.into_iter().flatten().take(4);
        let mut types = given.map(|&value| self.nth(Site { file: class.file, expr: value }, 0, depth));
        types.find(|ty| !vague(ty)).or_else(|| {
            let base = self.program.base_class(*class)?;
            self.given_to(&Type::Named(base, Arc::from([])), name, depth)
        })
    }

    /// What `this` is in a function that is added to what a library makes: of that library.
    pub(super) fn added_to(&self, site: Site, depth: u8) -> Type {
        let file = self.program.file(site.file);
        let owner = self.program.owner(site).map(|owner| owner.func);
        let Some(added) = file.added.iter().find(|added| Some(added.func) == owner) else {
            return Type::Unknown;
        };
        match self.nth(Site { file: site.file, expr: added.to }, 0, depth) {
            Type::External(path, _) => Type::External(path, Arc::from("")),
            _ => Type::Unknown,
        }
    }

    /// The object literal that a constant holds, whatever type it is declared with.
    pub fn literal(&self, site: Site) -> Option<Type> {
        let facts = self.program.facts(site.file);
        let held = |decl: Decl| match decl {
            Decl::Global(global) => {
                let item = &self.program.facts(global.file).globals[global.index as usize];
                Some((global.file, item.value))
            }
            _ => None,
        };
        // What another file exports is a member of its package.
        if let Expr::Field { base, name } = facts.expr(site.expr) {
            let Some(Target::Package(package)) = self.package_qualifier(site.file, base) else { return None };
            return self.composite(held(self.program.decl(*package, facts.text(name))?)?);
        }
        let Expr::Name(name) = facts.expr(site.expr) else { return None };
        let found = match self.local(site, name) {
            Some((owner, def)) => match def.kind {
                DefKind::Value(value, 0) if !def.ty.is_none() => (owner.file, value),
                _ => return None,
            },
            None => held(self.program.lookup(site.file, name)?)?,
        };
        self.composite(found)
    }

    fn composite(&self, (file, value): (u32, ExprId)) -> Option<Type> {
        let is_literal = !value.is_none()
            && matches!(self.program.facts(file).expr(value), Expr::Composite { ty: ExprId::NONE, .. });
        is_literal.then_some(Type::Literal(Site { file, expr: value }))
    }

    /// What a closure's parameter without a type is: of the library that calls it back.
    pub(super) fn handed(&self, closure: Fn, index: u32, depth: u8) -> Type {
        let file = self.program.file(closure.file);
        let Some(&call) = file.callbacks.get(&closure.func) else { return Type::Unknown };
        let Expr::Call { callee, .. } = file.facts.expr(call) else { return Type::Unknown };
        let Expr::Field { base, .. } = file.facts.expr(callee) else { return Type::Unknown };
        match self.nth(Site { file: closure.file, expr: base }, 0, depth) {
            Type::External(path, _) => Type::External(path, Arc::from("")),
            // A list or map calls it with what it holds.
            Type::Slice(inner) | Type::Map(_, inner) if index == 0 => (*inner).clone(),
            _ => Type::Unknown,
        }
    }

    /// The result of a generic function: the type argument that the call is `written` with, else what
    /// the argument is, or gives when it is called (`retry(() => connect())`).
    pub(super) fn told_by_arguments(
        &self,
        func: Fn,
        index: u32,
        written: &[Type],
        call: (u32, &[ExprId]),
        depth: u8,
    ) -> Type {
        let Some(depth) = depth.checked_sub(1) else { return Type::Unknown };
        let facts = self.program.facts(func.file);
        let decl = facts.func(func.func);
        let Some(result) = facts.params(&decl.results).get(index as usize) else { return Type::Unknown };
        let Expr::Name(name) = facts.expr(result.ty) else { return Type::Unknown };
        let Some(at) = facts.params(&decl.type_params).iter().position(|p| p.name == name) else {
            return Type::Unknown;
        };
        if let Some(written) = written.get(at) {
            return written.clone();
        }
        let (file, args) = call;
        let told = facts.params(&decl.params).iter().zip(args).map(|(param, &arg)| {
            let given = || self.nth(Site { file, expr: arg }, 0, depth);
            match facts.expr(param.ty) {
                Expr::Name(own) if own == name => given(),
                Expr::FuncType(signature) => {
                    let results = facts.params(&facts.func(signature).results);
                    match (results.first().map(|p| facts.expr(p.ty)), given()) {
                        (Some(Expr::Name(own)), Type::Func(closure)) if own == name => {
                            self.result(closure, 0, &[], depth)
                        }
                        _ => Type::Unknown,
                    }
                }
                _ => Type::Unknown,
            }
        });
        told.fold(Type::Unknown, |found, told| found.or(|| told))
    }

    /// What a function gives that does not say so, where a language lets it: the type of the first
    /// value it returns that has one.
    pub(super) fn inferred(&self, func: Fn, depth: u8) -> Type {
        let file = self.program.file(func.file);
        if !file.facts.lang.files_are_modules() {
            return Type::Unknown;
        }
        let returned =
            file.scopes[func.func.0 as usize].returns.iter().flat_map(|&list| file.facts.list(list));
        returned.take(4).fold(Type::Unknown, |found, &expr| {
            found.or(|| self.nth(Site { file: func.file, expr }, 0, depth.min(8)))
        })
    }
}

//! Members: fields and methods of types, embedded ones included, and which types satisfy which
//! interface.

use crate::syntax::facts::{Expr, TypeKind};
use rustc_hash::FxHashSet;
use std::sync::Arc;

use super::{DEPTH, Member, Type, Types};
use crate::flow::program::{Decl, Fn, Site, Ty};

impl Types<'_> {
    /// What `.name` on a value of type `ty` is: own fields and methods, then embedded ones.
    pub fn member(&self, ty: &Type, name: &str) -> Option<Member> {
        self.member_at(ty, name, DEPTH)
    }

    /// As [`member`](Types::member); what a literal holds, and what a field without a type is given, is
    /// followed `depth` steps.
    pub(super) fn member_at(&self, ty: &Type, name: &str, depth: u8) -> Option<Member> {
        match ty {
            Type::Literal(literal) => self.entry(*literal, name, depth),
            ty => {
                let found = self.member_within(ty, name, 6);
                let open = match &found {
                    None | Some(Member::Field(Type::Unknown)) => true,
                    Some(Member::Field(Type::Basic(basic))) => &**basic == "any",
                    _ => false,
                };
                let given = if open { self.given_to(ty, name, depth) } else { None };
                given.map(Member::Field).or(found)
            }
        }
    }

    /// What an object literal holds under `name`: the last entry of that name, or what it takes
    /// over from another object (`...rest`).
    fn entry(&self, literal: Site, name: &str, depth: u8) -> Option<Member> {
        let facts = self.program.facts(literal.file);
        let Expr::Composite { entries, .. } = facts.expr(literal.expr) else { return None };
        facts.list(entries).rchunks_exact(2).find_map(|entry| {
            let held = || self.nth(Site { file: literal.file, expr: entry[1] }, 0, depth);
            if entry[0].is_none() {
                return self.member_at(&held(), name, depth.checked_sub(1)?);
            }
            let named = matches!(facts.expr(entry[0]), Expr::Str(key) if facts.text(key) == name);
            named.then(|| Member::Field(held()))
        })
    }

    fn member_within(&self, ty: &Type, name: &str, depth: u8) -> Option<Member> {
        let depth = depth.checked_sub(1)?;
        let (ty, args) = match ty {
            Type::Named(ty, args) => (*ty, args),
            Type::External(path, name) => return Some(Member::External(*path, name.clone())),
            _ => return None,
        };
        if let Some(method) = self.program.method(ty, name) {
            if self.program.func(method).getter {
                return Some(Member::Field(self.result(method, 0, args, DEPTH)));
            }
            return Some(Member::Method(method));
        }
        let facts = self.program.facts(ty.file);
        let decl = &facts.types[ty.ty.0 as usize];
        for &method in &decl.methods {
            if facts.text(facts.func(method).name) == name {
                return Some(Member::Method(Fn { file: ty.file, func: method }));
            }
        }
        let fields = facts.fields(&decl.fields);
        for field in fields {
            if facts.text(field.name) == name {
                let found = self.type_expr(Site { file: ty.file, expr: field.ty }, DEPTH);
                return Some(Member::Field(self.instantiate(found, ty, args)));
            }
        }
        let mut external = None;
        for field in fields.iter().filter(|f| f.embedded) {
            let inner = self.type_expr(Site { file: ty.file, expr: field.ty }, DEPTH);
            match self.member_within(&inner, name, depth) {
                Some(Member::External(path, ty)) => external = external.or(Some((path, ty))),
                Some(found) => return Some(found),
                None => {}
            }
        }
        for &embedded in facts.list(decl.embeds) {
            let inner = self.type_expr(Site { file: ty.file, expr: embedded }, DEPTH);
            match self.member_within(&inner, name, depth) {
                Some(Member::External(path, ty)) => external = external.or(Some((path, ty))),
                Some(found) => return Some(found),
                None => {}
            }
        }
        if external.is_none() && decl.kind == TypeKind::Defined && !decl.underlying.is_none() {
            let inner = self.type_expr(Site { file: ty.file, expr: decl.underlying }, DEPTH);
            return match inner {
                Type::Named(..) => self.member_within(&inner, name, depth),
                _ => None,
            };
        }
        match self.program.static_member(ty, name) {
            Some(Decl::Func(func)) => return Some(Member::Method(func)),
            Some(Decl::Global(global)) => return Some(Member::Field(self.global(global, DEPTH))),
            _ => {}
        }
        external.map(|(path, ty)| Member::External(path, ty))
    }

    /// Replaces a type parameter of `owner` by its argument.
    fn instantiate(&self, found: Type, owner: Ty, args: &[Type]) -> Type {
        let Type::Basic(name) = &found else { return found };
        let facts = self.program.facts(owner.file);
        let decl = &facts.types[owner.ty.0 as usize];
        let position = facts.params(&decl.type_params).iter().position(|p| facts.text(p.name) == &**name);
        position.and_then(|i| args.get(i).cloned()).unwrap_or(found)
    }

    /// Whether `ty` is an interface of the tree.
    pub fn is_interface(&self, ty: Ty) -> bool {
        self.program.facts(ty.file).types[ty.ty.0 as usize].kind == TypeKind::Interface
    }

    /// All method names of an interface, embedded ones included.
    pub fn interface_methods(&self, ty: Ty) -> Vec<String> {
        let mut names = Vec::new();
        let mut seen = FxHashSet::default();
        self.collect_methods(ty, &mut names, &mut seen);
        names
    }

    fn collect_methods(&self, ty: Ty, names: &mut Vec<String>, seen: &mut FxHashSet<Ty>) {
        if !seen.insert(ty) {
            return;
        }
        let facts = self.program.facts(ty.file);
        let decl = &facts.types[ty.ty.0 as usize];
        names.extend(decl.methods.iter().map(|&m| facts.text(facts.func(m).name).to_owned()));
        for &embedded in facts.list(decl.embeds) {
            if let Type::Named(inner, _) = self.type_expr(Site { file: ty.file, expr: embedded }, DEPTH) {
                self.collect_methods(inner, names, seen);
            }
        }
    }

    /// The classes that say they implement or extend `ty`, and those below them, in order.
    pub fn declared_implementers(&self, ty: Ty) -> Vec<Ty> {
        let mut said = self.program.implementers.get(&ty).cloned().unwrap_or_default();
        said.extend(self.program.below(ty));
        for class in said.clone() {
            said.extend(self.program.below(class));
        }
        said.sort_unstable();
        said.dedup();
        said
    }

    /// The concrete types of the tree that can meet `interface` in one program and whose methods cover
    /// its own, in order. Where
    /// types say what they implement or extend, those that do.
    pub fn implementers(&self, interface: Ty) -> Arc<[Ty]> {
        let said = self.declared_implementers(interface);
        if !said.is_empty() {
            return said.into();
        }
        if let Some(found) = self.implementers.read().ok().and_then(|map| map.get(&interface).cloned()) {
            return found;
        }
        let methods = self.interface_methods(interface);
        let rarest = methods
            .iter()
            .min_by_key(|m| self.program.types_by_method.get(*m).map_or(0, Vec::len))
            .and_then(|m| self.program.types_by_method.get(m));
        let mut found: Vec<Ty> = rarest.map_or_else(Vec::new, |candidates| {
            let covers = |ty: &Ty| {
                methods.iter().all(|name| {
                    let named = Type::Named(*ty, Arc::from([]));
                    matches!(self.member(&named, name), Some(Member::Method(_) | Member::External(..)))
                })
            };
            let meets = |ty: &Ty| self.program.may_meet(interface.file, ty.file);
            let candidates = candidates.iter().copied().filter(|ty| !self.is_interface(*ty));
            candidates.filter(meets).filter(covers).collect()
        });
        found.sort_unstable();
        found.dedup();
        let found: Arc<[Ty]> = found.into();
        if let Ok(mut map) = self.implementers.write() {
            map.insert(interface, found.clone());
        }
        found
    }

    /// The method `name` of `ty` as called through an interface or directly.
    pub fn method_of(&self, ty: Ty, name: &str) -> Option<Fn> {
        match self.member(&Type::Named(ty, Arc::from([])), name) {
            Some(Member::Method(func)) => Some(func),
            _ => None,
        }
    }

    /// Whether a method with `b`'s signature satisfies the interface method `a`: same number of
    /// parameters and results, and no parameter types that certainly differ.
    pub fn compatible(&self, a: Fn, b: Fn) -> bool {
        let (fa, fb) = (self.program.facts(a.file), self.program.facts(b.file));
        if fa.lang.files_are_modules() {
            // An implementation may leave out parameters and types, or write them in other words.
            return true;
        }
        let (da, db) = (fa.func(a.func), fb.func(b.func));
        let (pa, pb) = (fa.params(&da.params), fb.params(&db.params));
        let (ra, rb) = (fa.params(&da.results), fb.params(&db.results));
        pa.len() == pb.len()
            && ra.len() == rb.len()
            && pa.iter().chain(ra).zip(pb.iter().chain(rb)).all(|(x, y)| {
                x.variadic == y.variadic
                    && self.may_equal(
                        &self.named_by(Site { file: a.file, expr: x.ty }),
                        &self.named_by(Site { file: b.file, expr: y.ty }),
                    )
            })
    }

    fn may_equal(&self, a: &Type, b: &Type) -> bool {
        // A basic name that is not predeclared is a type parameter: it may be anything.
        let wild = |t: &Type| match t {
            Type::Unknown => true,
            Type::Basic(name) => !matches!(
                &**name,
                "string"
                    | "int"
                    | "int32"
                    | "int64"
                    | "uint64"
                    | "float64"
                    | "bool"
                    | "error"
                    | "byte"
                    | "any"
                    | "uint"
                    | "uint32"
                    | "float32"
                    | "rune"
            ),
            _ => false,
        };
        if wild(a) || wild(b) {
            return true;
        }
        match (a, b) {
            (Type::Slice(x), Type::Slice(y)) | (Type::Chan(x), Type::Chan(y)) => self.may_equal(x, y),
            (Type::Map(key, value), Type::Map(key_b, value_b)) => {
                self.may_equal(key, key_b) && self.may_equal(value, value_b)
            }
            (Type::Named(x, _), Type::Named(y, _)) => {
                x == y || self.program.type_name(*x).is_empty() && self.program.type_name(*y).is_empty()
            }
            (Type::External(path, x), Type::External(path_b, y)) => {
                path == path_b && (x == y || x.is_empty() || y.is_empty())
            }
            (Type::Signature(_) | Type::Func(_), Type::Signature(_) | Type::Func(_)) => true,
            (Type::Basic(x), Type::Basic(y)) => x == y,
            // `any` and `interface{}`.
            (Type::Basic(x), Type::Named(y, _)) | (Type::Named(y, _), Type::Basic(x)) => {
                &**x == "any" && self.program.type_name(*y).is_empty()
            }
            _ => false,
        }
    }
}

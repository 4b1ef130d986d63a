//! Types: what an expression is, as far as declarations in the tree and rules about libraries
//! tell. Pointers are transparent; a library's type is known by its import path, and by name
//! where a declaration or a rule's `returns` gives it.

mod inferred;
mod members;
mod returns;
mod written;

pub use returns::{Returns, import_matches};

use crate::syntax::facts::{Expr, ExprId, Lang, Sym, TypeKind, UnaryOp};
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock, RwLock};

use super::program::{Decl, ExtPath, Fn, Global, Program, Site, Target, Ty};
use super::registries::Registries;
use super::scope::{Def, DefKind};

/// What an expression is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Not known.
    Unknown,
    /// What a literal without a type holds, where a language writes objects so: the literal.
    Literal(Site),
    /// A type declared in the tree, with its type arguments.
    Named(Ty, Arc<[Type]>),
    /// Something of a library; the name is empty where only the origin is known.
    External(ExtPath, Arc<str>),
    /// A list.
    Slice(Arc<Type>),
    /// A map.
    Map(Arc<Type>, Arc<Type>),
    /// A channel.
    Chan(Arc<Type>),
    /// A function of the tree.
    Func(Fn),
    /// A function type: a declaration without body.
    Signature(Fn),
    /// A predeclared type (`string`, `error`).
    Basic(Arc<str>),
    /// A package qualifier, by itself not a value.
    Package(super::program::PkgId),
}

impl Type {
    /// This type, or the other where that says more: a literal says less than a declared type.
    fn or(self, other: impl FnOnce() -> Type) -> Type {
        match self {
            Type::Unknown => other(),
            Type::Literal(_) => match other() {
                Type::Unknown | Type::Literal(_) => self,
                known => known,
            },
            known => known,
        }
    }
}

/// What `x.name` is.
#[derive(Clone, Debug)]
pub enum Member {
    /// A method with a declaration in the tree (interface methods have no body).
    Method(Fn),
    /// A field of this type.
    Field(Type),
    /// Something of a library: the library type it belongs to.
    External(ExtPath, Arc<str>),
}

impl Member {
    /// The type of `x.name` itself.
    pub fn ty(self) -> Type {
        match self {
            Member::Field(ty) => ty,
            Member::Method(func) => Type::Func(func),
            Member::External(path, _) => Type::External(path, Arc::from("")),
        }
    }
}

/// Whether a type says next to nothing: unknown, the name of a type parameter, or something of a
/// library with only its origin known.
fn vague(ty: &Type) -> bool {
    match ty {
        Type::Unknown | Type::Literal(_) => true,
        Type::External(_, name) => name.is_empty(),
        Type::Map(_, value) => **value == Type::Unknown,
        Type::Basic(name) => name.starts_with(char::is_uppercase),
        _ => false,
    }
}

/// Answers questions about types; shared by all threads.
pub struct Types<'a> {
    /// The program.
    pub program: &'a Program,
    returns: Returns,
    implementers: RwLock<FxHashMap<Ty, Arc<[Ty]>>>,
    registries: OnceLock<Registries>,
    implementations: RwLock<FxHashMap<Fn, Arc<[Fn]>>>,
}

const DEPTH: u8 = 24;
/// What rules say a generic function gives that gives its type argument.
const TYPE_ARGUMENT: &str = "typearg0";
/// Methods of a list that give one of its elements.
const ELEMENT: [&str; 4] = ["find", "at", "pop", "shift"];

impl<'a> Types<'a> {
    /// Over a program and what the rules say library calls return.
    pub fn new(program: &'a Program, returns: Returns) -> Types<'a> {
        Types {
            program,
            returns,
            implementers: RwLock::default(),
            registries: OnceLock::new(),
            implementations: RwLock::default(),
        }
    }

    /// The functions that calls of an interface method may run, `found` once.
    pub(super) fn implementations(&self, declared: Fn, found: impl FnOnce() -> Arc<[Fn]>) -> Arc<[Fn]> {
        if let Some(known) = self.implementations.read().ok().and_then(|map| map.get(&declared).cloned()) {
            return known;
        }
        let found = found();
        if let Ok(mut map) = self.implementations.write() {
            map.insert(declared, found.clone());
        }
        found
    }

    /// The registries of the program.
    pub fn registries(&self) -> &Registries {
        self.registries.get_or_init(|| Registries::of(self))
    }

    /// The type of an expression.
    pub fn of(&self, site: Site) -> Type {
        self.nth(site, 0, DEPTH)
    }

    /// The type of the n-th value of an expression (a call may give several).
    pub fn of_nth(&self, site: Site, index: u32) -> Type {
        self.nth(site, index, DEPTH)
    }

    /// The type a type expression names.
    pub fn named_by(&self, site: Site) -> Type {
        self.type_expr(site, DEPTH)
    }

    fn nth(&self, site: Site, index: u32, depth: u8) -> Type {
        let Some(depth) = depth.checked_sub(1) else { return Type::Unknown };
        let facts = self.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        match facts.expr(site.expr) {
            Expr::Name(name) => self.kept(site, name, self.name(site, name, depth), depth),
            Expr::Field { base, name } => self.kept(site, name, self.field(site, base, name, depth), depth),
            Expr::Call { callee, args, .. } => self.call(site, callee, facts.list(args), index, depth),
            Expr::Composite { ty: ExprId::NONE, .. } if facts.lang == Lang::TypeScript => Type::Literal(site),
            Expr::Composite { ty, .. } => self.type_expr(at(ty), depth),
            Expr::Unary { op: UnaryOp::Receive, operand } => match self.nth(at(operand), 0, depth) {
                Type::Chan(inner) => (*inner).clone(),
                other @ Type::External(..) => other,
                _ => Type::Unknown,
            },
            Expr::Unary { operand, .. } => self.nth(at(operand), index, depth),
            Expr::Slice(base) => self.nth(at(base), 0, depth),
            Expr::Index { base, args } => match self.nth(at(base), 0, depth) {
                Type::Slice(inner) | Type::Map(_, inner) => (*inner).clone(),
                Type::Func(func) => Type::Func(func),
                Type::Named(ty, none) if none.is_empty() => {
                    let args = facts.list(args).iter().map(|&a| self.type_expr(at(a), depth)).collect();
                    Type::Named(ty, args)
                }
                other @ Type::External(..) => other,
                _ => Type::Unknown,
            },
            Expr::Assert { ty, .. } if !ty.is_none() => self.type_expr(at(ty), depth),
            Expr::Assert { value, .. } => self.nth(at(value), 0, depth),
            Expr::Closure(func) => Type::Func(Fn { file: site.file, func }),
            Expr::Conditional { then: left, otherwise: right, .. } | Expr::Binary { left, right, .. } => {
                self.nth(at(left), 0, depth).or(|| self.nth(at(right), 0, depth))
            }
            Expr::Str(_) | Expr::Template(_) => Type::Basic("string".into()),
            Expr::SliceType(_)
            | Expr::MapType { .. }
            | Expr::ChanType(_)
            | Expr::FuncType(_)
            | Expr::InlineType(_) => self.type_expr(site, depth),
            _ => Type::Unknown,
        }
    }

    /// The definition a local name refers to, with the function that owns it.
    pub fn local(&self, site: Site, name: Sym) -> Option<(Fn, &'a Def)> {
        let mut owner = self.program.owner(site)?;
        let file = self.program.file(site.file);
        let pos = file.facts.expr_pos[site.expr.0 as usize];
        loop {
            if let Some(def) = file.scopes[owner.func.0 as usize].find(name, pos) {
                return Some((owner, def));
            }
            owner.func = file.facts.func(owner.func).parent?;
        }
    }

    fn name(&self, site: Site, name: Sym, depth: u8) -> Type {
        if let Some((owner, def)) = self.local(site, name) {
            return self.def(owner, def, depth);
        }
        match self.program.lookup(site.file, name) {
            Some(decl) => self.decl(decl, depth),
            None => match self.program.facts(site.file).text(name) {
                basic @ ("string" | "int" | "int32" | "int64" | "uint64" | "float64" | "bool" | "error"
                | "byte" | "any" | "uint" | "float32" | "rune" | "uint32") => Type::Basic(basic.into()),
                "this" => self.added_to(site, depth),
                _ => Type::Unknown,
            },
        }
    }

    fn def(&self, owner: Fn, def: &Def, depth: u8) -> Type {
        let facts = self.program.facts(owner.file);
        let at = |expr| Site { file: owner.file, expr };
        let func = facts.func(owner.func);
        match def.kind {
            DefKind::Param(i) => {
                let param = facts.params(&func.params)[i as usize];
                if param.ty.is_none() {
                    return self.handed(owner, i, depth);
                }
                let ty = self.type_expr(at(param.ty), depth);
                if param.variadic { Type::Slice(ty.into()) } else { ty }
            }
            DefKind::Result(i) => self.type_expr(at(facts.params(&func.results)[i as usize].ty), depth),
            DefKind::Receiver => self.receiver_type(owner),
            DefKind::Value(expr, index) => {
                let found = self.nth(at(expr), index, depth);
                if def.ty.is_none() || !vague(&found) {
                    return found;
                }
                // What is written beside the name says more than a call that nobody looked into.
                match self.type_expr(at(def.ty), depth) {
                    declared if vague(&declared) => found,
                    declared => declared,
                }
            }
            DefKind::Typed(ty) | DefKind::Narrowed(_, ty) => self.type_expr(at(ty), depth),
            DefKind::RangeKey(over) => match self.nth(at(over), 0, depth) {
                Type::Map(key, _) => (*key).clone(),
                Type::Chan(inner) => (*inner).clone(),
                external @ Type::External(..) => external,
                _ => Type::Basic("int".into()),
            },
            DefKind::RangeElement(over) => match self.nth(at(over), 0, depth) {
                Type::Slice(inner) | Type::Map(_, inner) | Type::Chan(inner) => (*inner).clone(),
                external @ Type::External(..) => external,
                _ => Type::Unknown,
            },
        }
    }

    /// The type a method is declared on.
    pub fn receiver_type(&self, method: Fn) -> Type {
        let facts = self.program.facts(method.file);
        let owner = facts.func(method.func).owner;
        match self.program.lookup(method.file, owner) {
            Some(Decl::Type(ty)) => Type::Named(ty, Arc::from([])),
            _ => Type::Unknown,
        }
    }

    /// Whether the last result of a function is an error.
    pub fn gives_error(&self, func: Fn) -> bool {
        let facts = self.program.facts(func.file);
        let results = facts.params(&facts.func(func.func).results);
        results
            .last()
            .is_some_and(|r| matches!(facts.expr(r.ty), Expr::Name(name) if facts.text(name) == "error"))
    }

    /// Whether a function gives yes or no and nothing else.
    pub fn answers(&self, func: Fn) -> bool {
        let facts = self.program.facts(func.file);
        let results = facts.params(&facts.func(func.func).results);
        matches!(results, [one] if matches!(facts.expr(one.ty), Expr::Name(name) if facts.text(name) == "bool"))
    }

    /// Whether a function can tell its caller that it failed: by an error that it gives, or by throwing,
    /// as all of TypeScript can.
    pub fn can_fail(&self, func: Fn) -> bool {
        match self.program.facts(func.file).lang {
            Lang::TypeScript => true,
            Lang::Go | Lang::Rust => self.gives_error(func),
        }
    }

    fn decl(&self, decl: Decl, depth: u8) -> Type {
        match decl {
            Decl::Func(func) => Type::Func(func),
            Decl::Type(ty) => self.declared(ty, depth),
            Decl::Global(global) => self.global(global, depth),
        }
    }

    pub(super) fn global(&self, global: Global, depth: u8) -> Type {
        let facts = self.program.facts(global.file);
        let item = &facts.globals[global.index as usize];
        if item.ty.is_none() {
            self.nth(Site { file: global.file, expr: item.value }, 0, depth)
        } else {
            self.type_expr(Site { file: global.file, expr: item.ty }, depth)
        }
    }

    /// A declared type; aliases are followed.
    fn declared(&self, ty: Ty, depth: u8) -> Type {
        let decl = &self.program.facts(ty.file).types[ty.ty.0 as usize];
        if decl.kind == TypeKind::Alias {
            self.type_expr(Site { file: ty.file, expr: decl.underlying }, depth)
        } else {
            Type::Named(ty, Arc::from([]))
        }
    }

    fn field(&self, site: Site, base: ExprId, name: Sym, depth: u8) -> Type {
        let facts = self.program.facts(site.file);
        if let Some(target) = self.package_qualifier(site.file, base) {
            return match target {
                Target::Package(package) => match self.program.decl(*package, facts.text(name)) {
                    Some(decl) => self.decl(decl, depth),
                    None => Type::Unknown,
                },
                // In Rust a function of a type is called on the type's name.
                Target::External(path)
                    if facts.lang == Lang::Rust && facts.text(name).starts_with(char::is_uppercase) =>
                {
                    Type::External(*path, facts.text(name).into())
                }
                Target::External(path) => Type::External(*path, Arc::from("")),
            };
        }
        let base = self.nth(Site { file: site.file, expr: base }, 0, depth);
        self.member_at(&base, facts.text(name), depth).map_or(Type::Unknown, Member::ty)
    }

    /// The package `base` stands for, when it is a qualifier and no local name hides it.
    pub fn package_qualifier(&self, file: u32, base: ExprId) -> Option<&'a Target> {
        let Expr::Name(name) = self.program.facts(file).expr(base) else { return None };
        let target = self.program.qualifier(file, name)?;
        self.local(Site { file, expr: base }, name).is_none().then_some(target)
    }

    fn call(&self, site: Site, callee: ExprId, args: &[ExprId], index: u32, depth: u8) -> Type {
        let facts = self.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        if let Expr::Name(name) = facts.expr(callee) {
            match facts.text(name) {
                "new" | "make" if !args.is_empty() => return self.type_expr(at(args[0]), depth),
                "append" if !args.is_empty() => return self.nth(at(args[0]), 0, depth),
                "Map" | "WeakMap" if facts.lang == Lang::TypeScript => {
                    return Type::Map(Type::Unknown.into(), Type::Unknown.into());
                }
                _ => {}
            }
        }
        let mut target = callee;
        let mut type_args = Vec::new();
        if let Expr::Index { base, args } = facts.expr(callee) {
            target = base;
            type_args = facts.list(args).iter().map(|&a| self.type_expr(at(a), depth)).collect();
        }
        if type_args.is_empty() {
            let written = facts.written_types(site.expr).iter();
            type_args = written.map(|&arg| self.type_expr(at(arg), depth)).collect();
        }
        let mut found = None;
        if let Expr::Field { base, name } = facts.expr(target) {
            let name = facts.text(name);
            match self.package_qualifier(site.file, base) {
                // Where classes are called to build them, the call gives the class.
                Some(Target::External(path))
                    if facts.lang == Lang::TypeScript
                        && name.starts_with(char::is_uppercase)
                        && self.returns.get(self.program.external(*path), "", name).is_none() =>
                {
                    return Type::External(*path, name.into());
                }
                Some(Target::External(path)) => {
                    return self.external_result(*path, "", name, index, &type_args);
                }
                Some(Target::Package(_)) => {}
                // In a chain of calls each is the next one's receiver: ask for its type once.
                None => {
                    let receiver = self.nth(at(base), 0, depth);
                    let member = self.member_at(&receiver, name, depth);
                    match (&member, &receiver) {
                        (Some(Member::External(path, ty)), _) => {
                            let found = self.external_result(*path, ty, name, index, &type_args);
                            // `Client::new()` gives a client, unless a rule knows better.
                            let made =
                                facts.lang == Lang::Rust && index == 0 && self.is_type_path(site.file, base);
                            return match found {
                                Type::External(path, gives) if made && gives.is_empty() => {
                                    Type::External(path, ty.clone())
                                }
                                found => found,
                            };
                        }
                        (None, Type::Map(_, inner)) if matches!(name, "get") => return (**inner).clone(),
                        (None, Type::Map(_, inner)) if name == "values" => return Type::Slice(inner.clone()),
                        (None, Type::Slice(inner)) if ELEMENT.contains(&name) => return (**inner).clone(),
                        (None, Type::Slice(_)) if name == "filter" => return receiver,
                        (Some(Member::Method(func)), Type::Named(_, types)) => {
                            let found = self.result(*func, index, types, depth);
                            return found.or(|| {
                                self.told_by_arguments(*func, index, &type_args, (site.file, args), depth)
                            });
                        }
                        _ => found = Some(member.map_or(Type::Unknown, Member::ty)),
                    }
                }
            }
        }
        match found.unwrap_or_else(|| self.nth(at(target), 0, depth)) {
            Type::Func(func) | Type::Signature(func) => self
                .result(func, index, &type_args, depth)
                .or(|| self.told_by_arguments(func, index, &type_args, (site.file, args), depth)),
            Type::Named(ty, args) => match self.underlying_signature(ty, depth) {
                // A value of a named function type is called; otherwise it is a conversion.
                Some(signature) if !self.names_type(at(target)) => {
                    self.result(signature, index, &args, depth)
                }
                _ => Type::Named(ty, args),
            },
            Type::Basic(name) => Type::Basic(name),
            other @ (Type::Slice(_) | Type::External(..)) => other,
            _ => Type::Unknown,
        }
    }

    fn underlying_signature(&self, ty: Ty, depth: u8) -> Option<Fn> {
        let decl = &self.program.facts(ty.file).types[ty.ty.0 as usize];
        if decl.underlying.is_none() {
            return None;
        }
        match self.type_expr(Site { file: ty.file, expr: decl.underlying }, depth) {
            Type::Signature(func) => Some(func),
            _ => None,
        }
    }

    /// What field `name` of a library's value holds, where a rule tells and the call is known.
    pub fn held(&self, made: &super::value::Made, name: &str) -> Option<super::value::Value> {
        if self.returns.held.is_empty() {
            return None;
        }
        let path = self.program.external(made.path);
        let argument = self.returns.argument(path, &made.on, &made.name, name)?;
        made.args.as_ref()?.get(argument).cloned()
    }

    fn external_result(
        &self,
        path: ExtPath,
        receiver: &str,
        name: &str,
        index: u32,
        type_args: &[Type],
    ) -> Type {
        let text = self.program.external(path);
        // The second value of a library call is an error or a flag in practice.
        if index > 0 {
            return Type::Unknown;
        }
        if text == "errors" || text == "fmt" && name == "Errorf" {
            return Type::Basic("error".into());
        }
        let gives = self.returns.get(text, receiver, name).unwrap_or("");
        // What a generic function gives may be what its type argument says.
        if gives == TYPE_ARGUMENT {
            return type_args.first().cloned().unwrap_or(Type::Unknown);
        }
        Type::External(path, gives.into())
    }

    /// What a function gives first.
    pub fn gives(&self, func: Fn) -> Type {
        self.result(func, 0, &[], DEPTH)
    }

    pub(super) fn result(&self, func: Fn, index: u32, type_args: &[Type], depth: u8) -> Type {
        let facts = self.program.facts(func.file);
        let decl = facts.func(func.func);
        let Some(result) = facts.params(&decl.results).get(index as usize) else {
            return self.inferred(func, depth);
        };
        let ty = self.type_expr(Site { file: func.file, expr: result.ty }, depth);
        // A result that is a type parameter takes the written type argument.
        if let Type::Basic(name) = &ty {
            let mut params = facts.params(&decl.type_params).iter();
            if let Some(i) = params.position(|p| facts.text(p.name) == &**name) {
                return type_args.get(i).cloned().unwrap_or(Type::Unknown);
            }
            if let Some(Decl::Type(owner)) = self.program.lookup(func.file, decl.owner) {
                // The type may be declared in another file of the package.
                let declaring = self.program.facts(owner.file);
                let owner = &declaring.types[owner.ty.0 as usize];
                let mut params = declaring.params(&owner.type_params).iter();
                if let Some(i) = params.position(|p| declaring.text(p.name) == &**name) {
                    return type_args.get(i).cloned().unwrap_or(Type::Unknown);
                }
            }
        }
        ty
    }

    /// The type of field `name` of a `ty`; for the step that calls a method, of what that gives.
    pub fn part_of(&self, ty: &Type, name: &str) -> Type {
        let called = name.strip_prefix(super::value::STEP).and_then(|step| step.strip_prefix("call:"));
        match self.member(ty, called.unwrap_or(name)) {
            Some(Member::Method(func)) if called.is_some() => self.result(func, 0, &[], DEPTH),
            Some(_) if called.is_some() => Type::Unknown,
            member => member.map_or(Type::Unknown, Member::ty),
        }
    }

    /// The signature of function `func` (a body-less declaration) a value of type `ty` has.
    pub fn signature(&self, ty: &Type) -> Option<Fn> {
        match ty {
            Type::Func(func) | Type::Signature(func) => Some(*func),
            Type::Named(ty, _) => self.underlying_signature(*ty, DEPTH),
            _ => None,
        }
    }

    /// Whether function `func` has a body to look into.
    pub fn has_body(&self, func: Fn) -> bool {
        self.program.func(func).body.is_some()
    }
}

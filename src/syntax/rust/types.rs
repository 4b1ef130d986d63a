//! Types, without what only wraps them.

use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound};

use super::lower::{Gives, Lower, start};
use crate::syntax::facts::{Expr, ExprId, Param, Sym};

/// Types that stand for their first argument.
const TRANSPARENT: &[&str] = &[
    "Arc",
    "Rc",
    "Box",
    "Option",
    "Mutex",
    "RwLock",
    "Cell",
    "RefCell",
    "Pin",
    "Cow",
    "Weak",
    "OnceCell",
    "OnceLock",
    "LazyLock",
    "Lazy",
    "Data",
    "State",
    "Extension",
    "Json",
    "ArcSwap",
];
/// Types that are lists of their first argument.
const LISTS: &[&str] = &["Vec", "VecDeque", "HashSet", "BTreeSet", "IndexSet"];
/// Types from their first argument to their second.
const MAPS: &[&str] = &["HashMap", "BTreeMap", "IndexMap", "DashMap", "FxHashMap"];

impl Lower<'_> {
    pub(super) fn ty(&mut self, ty: &Type) -> ExprId {
        let pos = start(ty.span());
        if !self.enter() {
            return self.unknown(pos);
        }
        let id = self.inner_type(ty, pos);
        self.leave();
        id
    }

    fn inner_type(&mut self, ty: &Type, pos: u32) -> ExprId {
        match ty {
            Type::Reference(inner) => self.ty(&inner.elem),
            Type::Paren(inner) => self.ty(&inner.elem),
            Type::Group(inner) => self.ty(&inner.elem),
            Type::Ptr(inner) => self.ty(&inner.elem),
            Type::Slice(inner) => self.list_type(&inner.elem, pos),
            Type::Array(inner) => self.list_type(&inner.elem, pos),
            Type::ImplTrait(bounds) => self.bound_type(bounds.bounds.iter(), pos),
            Type::TraitObject(bounds) => self.bound_type(bounds.bounds.iter(), pos),
            Type::Path(path) => self.path_type(&path.path, pos),
            Type::FnPtr(function) => {
                let outer = self.b.open();
                let func = self.b.func(Sym::EMPTY, pos);
                let mark = self.b.begin_params();
                for input in &function.inputs {
                    let ty = self.ty(&input.ty);
                    self.b.stage_param(Param { name: Sym::EMPTY, ty, variadic: false });
                }
                let params = self.b.end_params(mark);
                let (results, _) = self.results(&function.output);
                let decl = self.b.func_mut(func);
                decl.params = params;
                decl.results = results;
                self.b.close(outer, Expr::FuncType(func), pos)
            }
            _ => self.unknown(pos),
        }
    }

    fn list_type(&mut self, element: &Type, pos: u32) -> ExprId {
        let element = self.ty(element);
        self.b.expr(Expr::SliceType(element), pos)
    }

    /// The first trait that is more than a marker.
    pub(super) fn bound_type<'t>(
        &mut self,
        bounds: impl Iterator<Item = &'t TypeParamBound>,
        pos: u32,
    ) -> ExprId {
        for bound in bounds {
            if let TypeParamBound::Trait(bound) = bound {
                if let Some(output) = future_output(&bound.path) {
                    return self.ty(output);
                }
                let marker = bound.path.segments.last().is_some_and(|last| {
                    ["Send", "Sync", "Unpin", "Sized", "Clone", "Debug"].iter().any(|name| last.ident == name)
                });
                if !marker {
                    return self.path_type(&bound.path, pos);
                }
            }
        }
        self.unknown(pos)
    }

    fn path_type(&mut self, path: &syn::Path, pos: u32) -> ExprId {
        let Some(last) = path.segments.last() else { return self.unknown(pos) };
        let name = last.ident.to_string();
        let args: Vec<&Type> = type_arguments(&last.arguments).collect();
        match (name.as_str(), args.as_slice()) {
            ("String" | "str", _) => {
                let string = self.sym("string");
                return self.b.leaf(Expr::Name(string), pos);
            }
            ("Result" | "BoxFuture" | "LocalBoxFuture", [first, ..]) => return self.ty(first),
            (name, [first, ..]) if TRANSPARENT.contains(&name) => {
                return self.ty(args.last().unwrap_or(first));
            }
            (name, [first, ..]) if LISTS.contains(&name) => return self.list_type(first, pos),
            (name, [key, value]) if MAPS.contains(&name) => {
                let (key, value) = (self.ty(key), self.ty(value));
                return self.b.expr(Expr::MapType { key, value }, pos);
            }
            _ => {}
        }
        self.path(path)
    }

    pub(super) fn instantiated(
        &mut self,
        base: ExprId,
        args: &syn::AngleBracketedGenericArguments,
        pos: u32,
    ) -> ExprId {
        let mark = self.b.begin_exprs();
        for arg in &args.args {
            if let GenericArgument::Type(ty) = arg {
                let ty = self.ty(ty);
                self.b.stage_expr(ty);
            }
        }
        let args = self.b.end_exprs(mark);
        if args.len == 0 { base } else { self.b.expr(Expr::Index { base, args }, pos) }
    }

    /// The results of a function: a value, an error, both or nothing.
    pub(super) fn results(&mut self, output: &ReturnType) -> (std::ops::Range<u32>, Gives) {
        let mark = self.b.begin_params();
        let mut gives = Gives::Plain;
        if let ReturnType::Type(_, ty) = output {
            let ty = promised(ty);
            let pos = start(ty.span());
            let fallible = is_result(ty);
            let value = if fallible { result_of(ty) } else { Some(ty) };
            let unit = value.is_none_or(|ty| {
                matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()) || matches!(ty, Type::Never(_))
            });
            if !unit && let Some(value) = value {
                let ty = self.ty(value);
                self.b.stage_param(Param { name: Sym::EMPTY, ty, variadic: false });
            }
            if fallible {
                gives = if unit { Gives::ErrorOnly } else { Gives::Both };
                let error = self.sym("error");
                let ty = self.b.leaf(Expr::Name(error), pos);
                self.b.stage_param(Param { name: Sym::EMPTY, ty, variadic: false });
            }
        }
        (self.b.end_params(mark), gives)
    }
}

pub(super) fn type_arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let args = match arguments {
        PathArguments::AngleBracketed(args) => Some(&args.args),
        _ => None,
    };
    args.into_iter().flatten().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// What a future gives in the end.
fn promised(ty: &Type) -> &Type {
    let inner = match ty {
        Type::ImplTrait(bounds) => bounds.bounds.iter().find_map(bound_output),
        Type::TraitObject(bounds) => bounds.bounds.iter().find_map(bound_output),
        Type::Path(path) => path.path.segments.last().and_then(|last| {
            let wraps = ["Pin", "Box", "BoxFuture", "LocalBoxFuture"].iter().any(|name| last.ident == name);
            if wraps { type_arguments(&last.arguments).last() } else { None }
        }),
        _ => None,
    };
    match inner {
        Some(inner) if !std::ptr::eq(inner, ty) => promised(inner),
        _ => ty,
    }
}

fn bound_output(bound: &TypeParamBound) -> Option<&Type> {
    match bound {
        TypeParamBound::Trait(bound) => future_output(&bound.path),
        _ => None,
    }
}

/// `Output` of `Future<Output = T>`.
fn future_output(path: &syn::Path) -> Option<&Type> {
    let last = path.segments.last()?;
    let PathArguments::AngleBracketed(args) = &last.arguments else { return None };
    args.args.iter().find_map(|arg| match arg {
        GenericArgument::AssocType(assigned) if assigned.ident == "Output" => Some(&assigned.ty),
        _ => None,
    })
}

/// Whether a type is a `Result`, of whatever crate.
fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result"))
}

/// The value of a `Result`, where it is written.
fn result_of(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    type_arguments(&path.path.segments.last()?.arguments).next()
}

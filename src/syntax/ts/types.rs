//! Types as far as they say where a name leads: references, arrays, maps, functions and members.
//!
//! What a promise gives counts as given, what may be missing counts as there, and utility types
//! count as what they are made of.

use oxc_ast::ast::{
    TSImportTypeQualifier, TSInterfaceDeclaration, TSLiteral, TSSignature, TSType, TSTypeAliasDeclaration,
    TSTypeAnnotation, TSTypeName, TSTypeParameterDeclaration, TSTypeParameterInstantiation,
};
use oxc_span::{GetSpan, Span};

use super::lower::Lower;
use crate::syntax::Bodies;
use crate::syntax::build::Mark;
use crate::syntax::facts::{Expr, ExprId, Field, FuncId, Param, Sym, TypeId, TypeKind};

/// Types that stand for their first argument.
const TRANSPARENT: &[&str] = &[
    "Promise",
    "PromiseLike",
    "Awaited",
    "Partial",
    "Required",
    "Readonly",
    "NonNullable",
    "Pick",
    "Omit",
    "DeepPartial",
    "Observable",
];
/// Lists of their first argument.
const LISTS: &[&str] =
    &["Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "AsyncIterable", "AsyncGenerator"];
/// Maps from their first to their second argument.
const MAPS: &[&str] = &["Record", "Map", "ReadonlyMap"];

impl Lower<'_> {
    pub(super) fn annotation(&mut self, annotation: Option<&TSTypeAnnotation<'_>>) -> ExprId {
        annotation.map_or(ExprId::NONE, |found| self.ty(&found.type_annotation))
    }

    pub(super) fn ty(&mut self, ty: &TSType<'_>) -> ExprId {
        let pos = ty.span().start;
        if !self.enter() {
            return self.unknown(pos);
        }
        let id = self.inner_type(ty, pos);
        self.leave();
        id
    }

    fn inner_type(&mut self, ty: &TSType<'_>, pos: u32) -> ExprId {
        match ty {
            TSType::TSAnyKeyword(_) => self.name("any", pos),
            TSType::TSUnknownKeyword(_) => self.name("unknown", pos),
            TSType::TSNeverKeyword(_) => self.name("never", pos),
            TSType::TSVoidKeyword(_) => self.name("void", pos),
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => self.name("string", pos),
            TSType::TSNumberKeyword(_) | TSType::TSBigIntKeyword(_) => self.name("number", pos),
            TSType::TSBooleanKeyword(_) | TSType::TSTypePredicate(_) => self.name("boolean", pos),
            TSType::TSObjectKeyword(_) => self.name("object", pos),
            TSType::TSThisType(_) => self.name("this", pos),
            TSType::TSLiteralType(found) => match &found.literal {
                TSLiteral::StringLiteral(_) | TSLiteral::TemplateLiteral(_) => self.name("string", pos),
                TSLiteral::BooleanLiteral(_) => self.name("boolean", pos),
                _ => self.name("number", pos),
            },
            TSType::TSArrayType(array) => {
                let element = self.ty(&array.element_type);
                self.b.expr(Expr::SliceType(element), pos)
            }
            TSType::TSTupleType(_) => self.b.leaf(Expr::SliceType(ExprId::NONE), pos),
            TSType::TSParenthesizedType(inner) => self.ty(&inner.type_annotation),
            TSType::TSTypeOperatorType(inner) => self.ty(&inner.type_annotation),
            TSType::TSUnionType(union) => self.first_that_says(&union.types, pos),
            TSType::TSIntersectionType(both) => self.first_that_says(&both.types, pos),
            TSType::TSTypeReference(reference) => {
                self.type_reference(&reference.type_name, reference.type_arguments.as_deref(), pos)
            }
            TSType::TSTypeQuery(query) => match query.expr_name.as_ts_type_name() {
                Some(name) => self.type_name(name),
                None => self.unknown(pos),
            },
            TSType::TSFunctionType(function) => {
                let outer = self.b.open();
                let id =
                    self.signature(Sym::EMPTY, function.span, &function.params, Some(&function.return_type));
                self.b.close(outer, Expr::FuncType(id), pos)
            }
            TSType::TSTypeLiteral(literal) => {
                let outer = self.b.open();
                let id = self.b.type_decl(Sym::EMPTY, self.func, pos);
                self.members(id, &literal.members, TypeKind::Struct);
                self.b.close(outer, Expr::InlineType(id), pos)
            }
            TSType::TSMappedType(mapped) => {
                let key = self.name("string", pos);
                let value = mapped.type_annotation.as_ref().map_or(ExprId::NONE, |value| self.ty(value));
                self.b.expr(Expr::MapType { key, value }, pos)
            }
            TSType::TSImportType(import) => match &import.qualifier {
                Some(TSImportTypeQualifier::Identifier(id)) => {
                    let (path, member) = (import.source.value.as_str(), id.name.as_str());
                    let qualifier = self.qualifier(path, member, pos);
                    let base = self.b.leaf(Expr::Name(qualifier), pos);
                    let name = self.sym(member);
                    self.b.expr(Expr::Field { base, name }, pos)
                }
                _ => self.unknown(pos),
            },
            _ => self.unknown(pos),
        }
    }

    /// The first alternative that is more than nothing: `Order | null` is an order.
    fn first_that_says(&mut self, types: &[TSType<'_>], pos: u32) -> ExprId {
        let empty = |ty: &&TSType<'_>| {
            !matches!(ty, TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_))
        };
        // What is declared says more than what is built in.
        let named = |ty: &&TSType<'_>| matches!(ty, TSType::TSTypeReference(_));
        let found = types.iter().find(named).or_else(|| types.iter().find(empty));
        match found {
            Some(ty) => self.ty(ty),
            None => self.unknown(pos),
        }
    }

    fn type_reference(
        &mut self,
        name: &TSTypeName<'_>,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        pos: u32,
    ) -> ExprId {
        let args = arguments.map_or(&[][..], |found| &found.params[..]);
        if let TSTypeName::IdentifierReference(id) = name {
            let text = id.name.as_str();
            if let [first, ..] = args
                && TRANSPARENT.contains(&text)
            {
                return self.ty(first);
            }
            if let Some(found) = self.collection(text, args, pos) {
                return found;
            }
        }
        let base = self.type_name(name);
        if args.is_empty() {
            return base;
        }
        let mark = self.b.begin_exprs();
        for arg in args {
            let arg = self.ty(arg);
            self.b.stage_expr(arg);
        }
        let args = self.b.end_exprs(mark);
        self.b.expr(Expr::Index { base, args }, pos)
    }

    /// A list or map of what its arguments say.
    pub(super) fn collection(&mut self, name: &str, args: &[TSType<'_>], pos: u32) -> Option<ExprId> {
        match args {
            [first, ..] if LISTS.contains(&name) => {
                let element = self.ty(first);
                Some(self.b.expr(Expr::SliceType(element), pos))
            }
            [key, value] if MAPS.contains(&name) => {
                let (key, value) = (self.ty(key), self.ty(value));
                Some(self.b.expr(Expr::MapType { key, value }, pos))
            }
            _ => None,
        }
    }

    pub(super) fn type_name(&mut self, name: &TSTypeName<'_>) -> ExprId {
        let pos = name.span().start;
        match name {
            TSTypeName::IdentifierReference(id) => self.reference(id.name.as_str(), pos),
            TSTypeName::QualifiedName(qualified) => {
                let base = match &qualified.left {
                    TSTypeName::IdentifierReference(id) => self.base_reference(id.name.as_str(), pos),
                    other => self.type_name(other),
                };
                let name = self.sym(qualified.right.name.as_str());
                self.b.expr(Expr::Field { base, name }, pos)
            }
            TSTypeName::ThisExpression(_) => self.name("this", pos),
        }
    }

    pub(super) fn type_parameters(
        &mut self,
        found: Option<&TSTypeParameterDeclaration<'_>>,
    ) -> std::ops::Range<u32> {
        let mark = self.b.begin_params();
        for param in found.iter().flat_map(|found| &found.params) {
            let name = self.sym(param.name.name.as_str());
            let ty = param.constraint.as_ref().map_or(ExprId::NONE, |constraint| self.ty(constraint));
            self.b.stage_param(Param { name, ty, variadic: false });
        }
        self.b.end_params(mark)
    }

    /// Notes the type parameters of a function.
    pub(super) fn generic(&mut self, id: FuncId, found: Option<&TSTypeParameterDeclaration<'_>>) -> FuncId {
        if found.is_some() {
            let params = self.type_parameters(found);
            self.b.func_mut(id).type_params = params;
        }
        id
    }

    /// A function without a body.
    pub(super) fn signature(
        &mut self,
        name: Sym,
        span: Span,
        params: &oxc_ast::ast::FormalParameters<'_>,
        returns: Option<&TSTypeAnnotation<'_>>,
    ) -> FuncId {
        self.function(name, span, (params, returns), None, |_| {})
    }

    pub(super) fn interface(&mut self, interface: &TSInterfaceDeclaration<'_>) {
        let name = self.sym(interface.id.name.as_str());
        let id = self.b.type_decl(name, self.func, interface.id.span.start);
        let params = self.type_parameters(interface.type_parameters.as_deref());
        let mark = self.b.begin_exprs();
        for base in &interface.extends {
            let pos = base.span.start;
            let base = self.type_reference(&base.type_name, base.type_arguments.as_deref(), pos);
            self.b.stage_expr(base);
        }
        let embeds = self.b.end_exprs(mark);
        self.members(id, &interface.body.body, TypeKind::Interface);
        let decl = self.b.type_mut(id);
        decl.embeds = embeds;
        decl.type_params = params;
    }

    pub(super) fn alias(&mut self, alias: &TSTypeAliasDeclaration<'_>) {
        let name = self.sym(alias.id.name.as_str());
        let id = self.b.type_decl(name, self.func, alias.id.span.start);
        let params = self.type_parameters(alias.type_parameters.as_deref());
        if let TSType::TSTypeLiteral(literal) = &alias.type_annotation {
            self.members(id, &literal.members, TypeKind::Struct);
        } else {
            let underlying = self.ty(&alias.type_annotation);
            let decl = self.b.type_mut(id);
            decl.kind = TypeKind::Alias;
            decl.underlying = underlying;
        }
        self.b.type_mut(id).type_params = params;
    }

    fn members(&mut self, id: TypeId, members: &[TSSignature<'_>], kind: TypeKind) {
        let mark: Mark = self.b.begin_fields();
        let mut methods = Vec::new();
        for member in members {
            match member {
                TSSignature::TSPropertySignature(property) => {
                    let Some(name) = property.key.static_name() else { continue };
                    let (name, pos) = (self.sym(&name), property.span.start);
                    let function = property.type_annotation.as_ref().map(|found| &found.type_annotation);
                    // A member that is a function can be called like a method.
                    if let Some(TSType::TSFunctionType(function)) = function {
                        methods.push(self.signature(
                            name,
                            property.span,
                            &function.params,
                            Some(&function.return_type),
                        ));
                        continue;
                    }
                    let ty = self.annotation(property.type_annotation.as_deref());
                    self.b.stage_field(Field { name, ty, tag: Sym::EMPTY, embedded: false, pos });
                }
                TSSignature::TSMethodSignature(method) => {
                    let Some(name) = method.key.static_name() else { continue };
                    let name = self.sym(&name);
                    methods.push(self.signature(
                        name,
                        method.span,
                        &method.params,
                        method.return_type.as_deref(),
                    ));
                }
                _ => {}
            }
        }
        let fields = self.b.end_fields(mark);
        let decl = self.b.type_mut(id);
        decl.kind = kind;
        decl.fields = fields;
        decl.methods = methods;
    }

    /// Whether bodies are read.
    pub(super) fn reads_bodies(&self) -> bool {
        self.bodies == Bodies::Full
    }
}

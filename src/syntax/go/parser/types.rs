//! Types, signatures, structs and interfaces.

use std::ops::Range;

use super::Parser;
use crate::syntax::build::Mark;
use crate::syntax::facts::{
    BinaryOp, Expr, ExprId, Exprs, Field, FuncId, Param, Sym, TypeId, TypeKind, UnaryOp,
};
use crate::syntax::go::lexer::Kind;

/// What follows a name that may itself be a type.
enum AfterName {
    /// The name names something of this type.
    Typed(ExprId),
    /// The name was the beginning of this type.
    Itself(ExprId),
}

impl Parser<'_> {
    /// Whether the current token can begin a type.
    pub(super) fn at_type(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Ident
                | Kind::Star
                | Kind::LBrack
                | Kind::LParen
                | Kind::Map
                | Kind::Chan
                | Kind::Arrow
                | Kind::Func
                | Kind::Struct
                | Kind::Interface
        )
    }

    /// A type.
    pub(super) fn ty(&mut self) -> ExprId {
        let ty = if self.enter() { self.ty_inside() } else { self.unknown() };
        self.leave();
        ty
    }

    fn ty_inside(&mut self) -> ExprId {
        let pos = self.pos();
        match self.kind() {
            Kind::Ident => {
                let name = self.name("a type");
                self.named_type(name, pos)
            }
            Kind::Star => {
                self.next();
                let operand = self.ty();
                self.b.expr(Expr::Unary { op: UnaryOp::Deref, operand }, pos)
            }
            Kind::LParen => {
                self.next();
                let ty = self.ty();
                self.expect(Kind::RParen, "`)` after the type");
                ty
            }
            Kind::LBrack => self.array_type(),
            Kind::Map => self.map_type(),
            Kind::Chan | Kind::Arrow => self.chan_type(),
            Kind::Func => {
                let (ty, _) = self.func_type();
                ty
            }
            Kind::Struct => self.struct_type(),
            Kind::Interface => self.interface_type(),
            _ => {
                self.fail("a type");
                self.unknown()
            }
        }
    }

    /// The type that begins with a name already read: `T`, `p.T`, `T[A, B]`.
    pub(super) fn named_type(&mut self, name: Sym, pos: u32) -> ExprId {
        let mut ty = self.b.leaf(Expr::Name(name), pos);
        if self.eat(Kind::Dot) {
            let pos = self.pos();
            let name = self.name("a name after the dot");
            ty = self.b.expr(Expr::Field { base: ty, name }, pos);
        }
        if self.at(Kind::LBrack) { self.type_args(ty) } else { ty }
    }

    /// `base[A, B]`.
    fn type_args(&mut self, base: ExprId) -> ExprId {
        let mark = self.b.begin_exprs();
        self.next();
        while !self.at(Kind::RBrack) && !self.frozen() {
            let arg = self.ty();
            self.b.stage_expr(arg);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RBrack, "`,` or `]` in the type arguments");
        let args = self.b.end_exprs(mark);
        let pos = self.pos_of(base);
        self.b.expr(Expr::Index { base, args }, pos)
    }

    /// `[]T`, `[n]T`, `[...]T`.
    pub(super) fn array_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        if !self.at(Kind::RBrack) && !self.eat(Kind::Ellipsis) {
            self.bracketed(Parser::expr);
        }
        self.expect(Kind::RBrack, "`]` in the array type");
        let element = self.ty();
        self.b.expr(Expr::SliceType(element), pos)
    }

    pub(super) fn map_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        self.expect(Kind::LBrack, "`[` after `map`");
        let key = self.ty();
        self.expect(Kind::RBrack, "`]` after the key type");
        let value = self.ty();
        self.b.expr(Expr::MapType { key, value }, pos)
    }

    /// `chan T`, `chan<- T`, `<-chan T`.
    pub(super) fn chan_type(&mut self) -> ExprId {
        let pos = self.pos();
        if self.eat(Kind::Arrow) {
            self.expect(Kind::Chan, "`chan` after `<-`");
        } else {
            self.next();
            self.eat(Kind::Arrow);
        }
        let element = self.ty();
        self.b.expr(Expr::ChanType(element), pos)
    }

    /// `func(…) …` without a body, from its `func`.
    pub(super) fn func_type(&mut self) -> (ExprId, FuncId) {
        let pos = self.pos();
        self.next();
        let outer = self.b.open();
        let func = self.b.func(Sym::EMPTY, pos);
        self.signature(func);
        (self.b.close(outer, Expr::FuncType(func), pos), func)
    }

    /// Parameters and results, for `func`.
    pub(super) fn signature(&mut self, func: FuncId) {
        let params = self.params();
        let results = if self.at(Kind::LParen) {
            self.params()
        } else {
            let mark = self.b.begin_params();
            if self.at_type() {
                let ty = self.ty();
                self.b.stage_param(Param { name: Sym::EMPTY, ty, variadic: false });
            }
            self.b.end_params(mark)
        };
        let end = self.last_end;
        let func = self.b.func_mut(func);
        func.params = params;
        func.results = results;
        func.end = end;
    }

    /// `(…)`: parameters or results, with their names before their types or without names.
    pub(super) fn params(&mut self) -> Range<u32> {
        let mark = self.b.begin_params();
        self.expect(Kind::LParen, "`(` before the parameters");
        let (mut named, mut unnamed) = (false, false);
        while !self.at(Kind::RParen) && !self.frozen() {
            let param = self.param();
            named |= !param.name.is_empty();
            unnamed |= param.name.is_empty();
            self.b.stage_param(param);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RParen, "`,` or `)` in the parameters");
        if named && unnamed {
            self.settle(mark);
        }
        self.b.end_params(mark)
    }

    /// One entry of a parameter list. A lone name passes for a type; `settle` knows better.
    fn param(&mut self) -> Param {
        let mut name = Sym::EMPTY;
        if self.at(Kind::Ident) {
            let pos = self.pos();
            let first = self.name("a parameter");
            let whole = match self.kind() {
                Kind::LBrack => match self.after_name(first, pos) {
                    AfterName::Typed(ty) => {
                        return Param { name: first, ty, variadic: false };
                    }
                    AfterName::Itself(ty) => ty,
                },
                Kind::Dot => self.named_type(first, pos),
                Kind::Ellipsis => ExprId::NONE,
                _ if self.at_type() => ExprId::NONE,
                _ => self.b.leaf(Expr::Name(first), pos),
            };
            if !whole.is_none() {
                return Param { name, ty: whole, variadic: false };
            }
            name = first;
        }
        let variadic = self.eat(Kind::Ellipsis);
        let ty = self.ty();
        Param { name, ty, variadic }
    }

    /// In a list with names, gives each lone name the type that follows (`a, b int`).
    fn settle(&mut self, mark: Mark) {
        let (mut shared, mut variadic) = (ExprId::NONE, false);
        for at in (0..self.b.staged_params(mark).len()).rev() {
            let mut param = self.b.staged_params(mark)[at];
            if param.name.is_empty()
                && let Expr::Name(name) = self.b.facts.expr(param.ty)
            {
                (param.name, param.ty) = (name, ExprId::NONE);
            }
            if param.ty.is_none() {
                (param.ty, param.variadic) = (shared, variadic);
                self.b.staged_params(mark)[at] = param;
            } else {
                (shared, variadic) = (param.ty, param.variadic);
            }
        }
    }

    /// At the `[` after a name: `name []T` and `name [n]T`, or the type `name[A, B]`.
    fn after_name(&mut self, name: Sym, pos: u32) -> AfterName {
        let bracket = self.pos();
        let mark = self.b.begin_exprs();
        self.next();
        self.bracketed(|p| {
            while !p.at(Kind::RBrack) && !p.frozen() {
                let arg = p.expr();
                p.b.stage_expr(arg);
                if !p.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.expect(Kind::RBrack, "`]`");
        let args = self.b.end_exprs(mark);
        if args.len == 0 || (args.len == 1 && self.at_type()) {
            let element = self.ty();
            return AfterName::Typed(self.b.expr(Expr::SliceType(element), bracket));
        }
        let base = self.b.leaf(Expr::Name(name), pos);
        AfterName::Itself(self.b.expr(Expr::Index { base, args }, pos))
    }

    /// `[K comparable, V any]`.
    pub(super) fn type_params(&mut self) -> Range<u32> {
        let mark = self.b.begin_params();
        self.next();
        while !self.at(Kind::RBrack) && !self.frozen() {
            let name = self.name("a type parameter");
            let ty = if self.at(Kind::Comma) { ExprId::NONE } else { self.constraint() };
            self.b.stage_param(Param { name, ty, variadic: false });
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RBrack, "`,` or `]` in the type parameters");
        self.settle(mark);
        self.b.end_params(mark)
    }

    /// `~A | B`.
    fn constraint(&mut self) -> ExprId {
        let mut left = self.constraint_term();
        while self.at(Kind::Pipe) {
            let pos = self.pos();
            self.next();
            let right = self.constraint_term();
            left = self.b.expr(Expr::Binary { op: BinaryOp::Other, left, right }, pos);
        }
        left
    }

    fn constraint_term(&mut self) -> ExprId {
        let pos = self.pos();
        if !self.eat(Kind::Tilde) {
            return self.ty();
        }
        let operand = self.ty();
        self.b.expr(Expr::Unary { op: UnaryOp::Other, operand }, pos)
    }

    /// `struct {…}` in place.
    pub(super) fn struct_type(&mut self) -> ExprId {
        self.inline_type(Parser::struct_body)
    }

    /// `interface {…}` in place.
    pub(super) fn interface_type(&mut self) -> ExprId {
        self.inline_type(Parser::interface_body)
    }

    fn inline_type(&mut self, body: fn(&mut Self, TypeId)) -> ExprId {
        let pos = self.pos();
        let outer = self.b.open();
        let id = self.b.type_decl(Sym::EMPTY, self.func, pos);
        body(self, id);
        self.b.close(outer, Expr::InlineType(id), pos)
    }

    /// `struct {…}`, for the type `id`.
    pub(super) fn struct_body(&mut self, id: TypeId) {
        self.b.type_mut(id).kind = TypeKind::Struct;
        self.next();
        self.expect(Kind::LBrace, "`{` after `struct`");
        let mark = self.b.begin_fields();
        while !self.at(Kind::RBrace) && !self.frozen() {
            let first = self.b.staged_fields(mark).len();
            self.field_line();
            let tag = match self.kind() {
                Kind::Str | Kind::RawStr => self.string(),
                _ => Sym::EMPTY,
            };
            for field in &mut self.b.staged_fields(mark)[first..] {
                field.tag = tag;
            }
            if !self.at(Kind::RBrace) {
                self.expect(Kind::Semi, "the end of the field's line");
            }
        }
        self.expect(Kind::RBrace, "a field or `}`");
        let fields = self.b.end_fields(mark);
        self.b.type_mut(id).fields = fields;
    }

    /// The names and the type of one line of a struct.
    fn field_line(&mut self) {
        let pos = self.pos();
        if !self.at(Kind::Ident) {
            if !matches!(self.kind(), Kind::Star | Kind::LParen) {
                return self.fail("a field or `}`");
            }
            let ty = self.ty();
            return self.embedded(ty, pos);
        }
        let mark = self.b.begin_fields();
        let name = self.name("a field");
        match self.kind() {
            Kind::Semi | Kind::RBrace | Kind::Str | Kind::RawStr | Kind::Dot => {
                let ty = self.named_type(name, pos);
                return self.embedded(ty, pos);
            }
            Kind::LBrack => {
                return match self.after_name(name, pos) {
                    AfterName::Typed(ty) => self.field(name, ty, pos),
                    AfterName::Itself(ty) => self.embedded(ty, pos),
                };
            }
            _ => {}
        }
        self.field(name, ExprId::NONE, pos);
        while self.eat(Kind::Comma) {
            let pos = self.pos();
            let name = self.name("a field after the comma");
            self.field(name, ExprId::NONE, pos);
        }
        let ty = self.ty();
        for field in self.b.staged_fields(mark) {
            field.ty = ty;
        }
    }

    fn field(&mut self, name: Sym, ty: ExprId, pos: u32) {
        self.b.stage_field(Field { name, ty, tag: Sym::EMPTY, embedded: false, pos });
    }

    fn embedded(&mut self, ty: ExprId, pos: u32) {
        let name = self.base_name(ty);
        self.b.stage_field(Field { name, ty, tag: Sym::EMPTY, embedded: true, pos });
    }

    /// The name of a type without pointer, package and type arguments.
    pub(super) fn base_name(&self, mut ty: ExprId) -> Sym {
        loop {
            match self.b.facts.expr(ty) {
                Expr::Name(name) | Expr::Field { name, .. } => return name,
                Expr::Unary { operand: inner, .. } | Expr::Index { base: inner, .. } => ty = inner,
                _ => return Sym::EMPTY,
            }
        }
    }

    /// `interface {…}`, for the type `id`.
    pub(super) fn interface_body(&mut self, id: TypeId) {
        self.b.type_mut(id).kind = TypeKind::Interface;
        self.next();
        self.expect(Kind::LBrace, "`{` after `interface`");
        let owner = self.b.type_mut(id).name;
        let mark = self.b.begin_exprs();
        let mut methods = Vec::new();
        while !self.at(Kind::RBrace) && !self.frozen() {
            if self.at(Kind::Ident) && self.peek().kind == Kind::LParen {
                let pos = self.pos();
                let name = self.name("a method");
                let func = self.b.func(name, pos);
                self.b.func_mut(func).owner = owner;
                self.signature(func);
                methods.push(func);
            } else {
                let element = self.constraint();
                self.b.stage_expr(element);
            }
            if !self.at(Kind::RBrace) {
                self.expect(Kind::Semi, "the end of the method's line");
            }
        }
        self.expect(Kind::RBrace, "a method or `}`");
        let embeds: Exprs = self.b.end_exprs(mark);
        let decl = self.b.type_mut(id);
        decl.methods = methods;
        decl.embeds = embeds;
    }

    /// Where an expression already built stands.
    pub(super) fn pos_of(&self, id: ExprId) -> u32 {
        self.b.facts.expr_pos.get(id.0 as usize).copied().unwrap_or(0)
    }
}

//! Files and declarations.

use super::Parser;
use crate::syntax::facts::{AssignOp, Expr, ExprId, Exprs, Global, Import, Stmt, Sym, TypeKind};
use crate::syntax::go::lexer::Kind;

/// `names type = values`, one line of a `const` or `var` declaration.
#[derive(Clone, Copy)]
struct Spec {
    /// The names, as expressions.
    names: Exprs,
    ty: ExprId,
    values: Exprs,
    pos: u32,
}

impl Parser<'_> {
    /// The whole file.
    pub(super) fn file(&mut self) {
        while self.eat(Kind::Semi) {}
        if self.expect(Kind::Package, "`package`") {
            self.b.facts.package = self.name("the package's name");
        }
        self.end_of_declaration();
        while !self.at(Kind::Eof) {
            if !self.eat(Kind::Semi) {
                self.declaration();
                self.end_of_declaration();
            }
        }
    }

    /// Nothing but a line end may follow a declaration; after an error, finds the next one.
    fn end_of_declaration(&mut self) {
        if !self.frozen() && !matches!(self.kind(), Kind::Semi | Kind::Eof) {
            self.fail("the end of the declaration");
        }
        if self.frozen() {
            self.next_declaration();
        }
    }

    fn declaration(&mut self) {
        self.braces = 0;
        match self.kind() {
            Kind::Func => self.function(),
            Kind::Type => self.type_group(),
            Kind::Import => {
                self.next();
                self.group(Parser::import);
            }
            Kind::Var => {
                self.next();
                self.group(|p| {
                    let spec = p.spec();
                    p.globals(spec, false);
                });
            }
            Kind::Const => {
                self.next();
                let mut previous = None;
                self.group(|p| {
                    let spec = p.const_spec(&mut previous);
                    p.globals(spec, true);
                });
            }
            _ => self.fail("a declaration"),
        }
    }

    /// One `entry`, or several in parentheses.
    fn group(&mut self, mut entry: impl FnMut(&mut Self)) {
        if !self.eat(Kind::LParen) {
            return entry(self);
        }
        while !self.at(Kind::RParen) && !self.frozen() {
            entry(self);
            if !self.at(Kind::RParen) {
                self.expect(Kind::Semi, "the end of the line or `)`");
            }
        }
        self.expect(Kind::RParen, "`)`");
    }

    fn import(&mut self) {
        let pos = self.pos();
        let alias = match self.kind() {
            Kind::Ident => self.name("an import"),
            Kind::Dot => {
                self.next();
                self.b.intern(b".")
            }
            _ => Sym::EMPTY,
        };
        if matches!(self.kind(), Kind::Str | Kind::RawStr) {
            let path = self.string();
            self.b.facts.imports.push(Import { path, alias, member: Sym::EMPTY, pos });
        } else {
            self.fail("an import path");
        }
    }

    /// A line of a `var` declaration.
    fn spec(&mut self) -> Spec {
        let pos = self.pos();
        let mark = self.b.begin_exprs();
        loop {
            let pos = self.pos();
            let name = self.name("a name");
            let name = self.b.leaf(Expr::Name(name), pos);
            self.b.stage_expr(name);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        let names = self.b.end_exprs(mark);
        let ty = if self.at_type() { self.ty() } else { ExprId::NONE };
        let values = if self.eat(Kind::Assign) { self.exprs() } else { Exprs::default() };
        Spec { names, ty, values, pos }
    }

    /// A line of a `const` declaration: without a value it repeats the line above.
    fn const_spec(&mut self, previous: &mut Option<(ExprId, Exprs)>) -> Spec {
        let mut spec = self.spec();
        match *previous {
            Some((ty, values)) if spec.values.len == 0 => (spec.ty, spec.values) = (ty, values),
            _ => *previous = Some((spec.ty, spec.values)),
        }
        spec
    }

    fn globals(&mut self, spec: Spec, constant: bool) {
        for at in 0..spec.names.len {
            let facts = &self.b.facts;
            let id = facts.list(spec.names)[at as usize];
            let values = facts.list(spec.values);
            let value = match values {
                // `var a, b = f()`: both hold the call.
                [value] if !constant => *value,
                _ => values.get(at as usize).copied().unwrap_or(ExprId::NONE),
            };
            let Expr::Name(name) = facts.expr(id) else {
                continue;
            };
            let (ty, pos) = (spec.ty, self.pos_of(id));
            if !name.is_empty() {
                self.b.facts.globals.push(Global { name, ty, value, constant, pos });
            }
        }
    }

    /// `var …` in a body.
    pub(super) fn local_vars(&mut self) {
        let pos = self.pos();
        self.next();
        let grouped = self.at(Kind::LParen);
        self.group(|p| {
            let spec = p.spec();
            p.local(spec, if grouped { spec.pos } else { pos });
        });
    }

    /// `const …` in a body.
    pub(super) fn local_consts(&mut self) {
        let pos = self.pos();
        self.next();
        let grouped = self.at(Kind::LParen);
        let mut previous = None;
        self.group(|p| {
            let spec = p.const_spec(&mut previous);
            p.local(spec, if grouped { spec.pos } else { pos });
        });
    }

    fn local(&mut self, spec: Spec, pos: u32) {
        let Spec { names: targets, ty, values, .. } = spec;
        let id = self.b.stmt(Stmt::Assign { targets, values, ty, op: AssignOp::Define }, pos);
        self.b.stage_stmt(id);
    }

    /// `type …`, in a body or outside.
    pub(super) fn type_group(&mut self) {
        self.next();
        self.group(Parser::type_spec);
    }

    fn type_spec(&mut self) {
        let pos = self.pos();
        let name = self.name("a type's name");
        if self.frozen() {
            return;
        }
        let id = self.b.type_decl(name, self.func, pos);
        if self.at(Kind::LBrack) && self.lists_type_params() {
            let type_params = self.type_params();
            self.b.type_mut(id).type_params = type_params;
        }
        let alias = self.eat(Kind::Assign);
        match self.kind() {
            Kind::Struct if !alias => self.struct_body(id),
            Kind::Interface if !alias => self.interface_body(id),
            _ => {
                let ty = self.ty();
                let decl = self.b.type_mut(id);
                decl.underlying = ty;
                decl.kind = if alias { TypeKind::Alias } else { TypeKind::Defined };
            }
        }
    }

    /// `func …`.
    fn function(&mut self) {
        self.next();
        let receiver = self.at(Kind::LParen).then(|| self.params());
        let pos = self.pos();
        let name = self.name("the function's name");
        if self.frozen() {
            return;
        }
        let id = self.b.func(name, pos);
        if let Some(at) = receiver.filter(|list| !list.is_empty()).map(|list| list.start) {
            let owner = self.base_name(self.b.facts.params[at as usize].ty);
            let func = self.b.func_mut(id);
            (func.receiver, func.owner) = (Some(at), owner);
        }
        if self.at(Kind::LBrack) {
            let type_params = self.type_params();
            self.b.func_mut(id).type_params = type_params;
        }
        self.signature(id);
        if self.at(Kind::LBrace) {
            self.body(id);
        }
    }
}

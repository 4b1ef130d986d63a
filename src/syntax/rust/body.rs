//! Statements and what becomes of the value a block ends in.

use syn::spanned::Spanned;
use syn::{Expr as Code, Stmt as Statement};

use super::lower::{Gives, Lower, start};
use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, Exprs, Jump, Stmt, Stmts, Sym};

/// What becomes of the value that a block ends in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    Drop,
    /// It is what the function gives.
    Return,
    /// A name holds it.
    Hold(Sym),
}

impl Lower<'_> {
    pub(super) fn statements(&mut self, statements: &[Statement], tail: Tail) {
        let last = statements.len().saturating_sub(1);
        for (i, statement) in statements.iter().enumerate() {
            if let Statement::Item(item) = statement
                && let Some(name) = super::item::name_of(item)
            {
                self.declared.insert(name);
                self.item(item);
            }
            let tail = if i == last { tail } else { Tail::Drop };
            match statement {
                Statement::Local(local) => self.let_statement(local),
                Statement::Expr(expr, None) => self.end_in(expr, tail),
                Statement::Expr(expr, Some(_)) => self.end_in(expr, Tail::Drop),
                Statement::Macro(found) => {
                    let tail = if found.semi_token.is_some() { Tail::Drop } else { tail };
                    self.macro_statement(&found.mac, tail);
                }
                Statement::Item(_) => {}
            }
        }
    }

    /// A block as statements of its own.
    pub(super) fn block(&mut self, statements: &[Statement], tail: Tail) -> Stmts {
        self.nested(|this| this.statements(statements, tail))
    }

    /// What `write` writes, as statements of their own.
    pub(super) fn nested(&mut self, write: impl FnOnce(&mut Self)) -> Stmts {
        let locals = self.locals.len();
        let mark = self.b.begin_stmts();
        if self.enter() {
            write(self);
            self.leave();
        }
        self.locals.truncate(locals);
        self.b.end_stmts(mark)
    }

    fn let_statement(&mut self, local: &syn::Local) {
        let pos = start(local.span());
        let Some(init) = &local.init else {
            for name in super::pattern::names(&local.pat) {
                let name = self.sym(&name);
                self.locals.push(name);
            }
            return;
        };
        if let Some((_, otherwise)) = &init.diverge {
            let value = self.subject(&init.expr, &[&local.pat]);
            if let Some(cond) = self.test(&local.pat, value, true) {
                let then = self.nested(|this| this.end_in(otherwise, Tail::Drop));
                self.choose(cond, then, Stmts::default(), pos);
            }
            self.bind_tested(&local.pat, value);
            return;
        }
        let block = match &*init.expr {
            Code::Async(found) => Some(&found.block),
            Code::Call(call) => pinned(call),
            _ => None,
        };
        let value = match block {
            Some(block) => self.future(block, start(init.expr.span())),
            None => self.expression(&init.expr),
        };
        if let (Some(_), syn::Pat::Ident(id)) = (block, &local.pat) {
            let name = self.sym(&id.ident.to_string());
            self.futures.insert(name);
        }
        self.after = super::lower::end(init.expr.span());
        let value = match &local.pat {
            syn::Pat::Type(typed) => {
                let ty = self.ty(&typed.ty);
                let says = !matches!(self.b.facts.expr(ty), Expr::Unknown);
                if says { self.b.expr(Expr::Assert { value, ty }, pos) } else { value }
            }
            _ => value,
        };
        self.bind(&local.pat, value);
    }

    /// Lowers an expression that a block ends in.
    pub(super) fn end_in(&mut self, expr: &Code, tail: Tail) {
        let pos = start(expr.span());
        match expr {
            Code::If(found) => self.choice(found, tail),
            Code::Match(found) => self.matching(found, tail),
            Code::Block(found) => self.scoped(&found.block, tail, pos),
            Code::Unsafe(found) => self.scoped(&found.block, tail, pos),
            Code::Paren(inner) => self.end_in(&inner.expr, tail),
            Code::Group(inner) => self.end_in(&inner.expr, tail),
            Code::Loop(found) => {
                let body = self.block(&found.body.stmts, Tail::Drop);
                self.repeat(Exprs::default(), ExprId::NONE, ExprId::NONE, body, pos);
            }
            Code::While(found) => self.while_loop(found, pos),
            Code::ForLoop(found) => self.for_loop(found, pos),
            Code::Return(found) => match &found.expr {
                Some(value) => self.end_in(value, Tail::Return),
                None => self.emit(Stmt::Return(Exprs::default()), pos),
            },
            Code::Break(_) => self.emit(Stmt::Jump(Jump::Break), pos),
            Code::Continue(_) => self.emit(Stmt::Jump(Jump::Continue), pos),
            Code::Macro(found) => self.macro_statement(&found.mac, tail),
            // A function that gives a future is what the future does.
            Code::Async(found) if tail == Tail::Return => self.statements(&found.block.stmts, tail),
            Code::Call(call) if tail == Tail::Return && pinned(call).is_some() => {
                if let Some(block) = pinned(call) {
                    self.statements(&block.stmts, tail);
                }
            }
            Code::Assign(found) => {
                let value = self.expression(&found.right);
                self.assign_to(&found.left, value, AssignOp::Set, pos);
            }
            Code::Binary(found) if super::expr::assigns(&found.op).is_some() => {
                let op = super::expr::assigns(&found.op).unwrap_or(AssignOp::Other);
                let value = self.expression(&found.right);
                self.assign_to(&found.left, value, op, pos);
            }
            _ => self.give(expr, tail, pos),
        }
    }

    fn scoped(&mut self, block: &syn::Block, tail: Tail, pos: u32) {
        let inner = self.block(&block.stmts, tail);
        self.emit(Stmt::Block(inner), pos);
    }

    fn assign_to(&mut self, target: &Code, value: ExprId, op: AssignOp, pos: u32) {
        if matches!(target, Code::Infer(_)) {
            let dropped = self.sym("_");
            self.assign(&[dropped], value, AssignOp::Set, pos);
            return;
        }
        let target = self.expression(target);
        let targets = self.b.single(target);
        let values = self.b.single(value);
        self.emit(Stmt::Assign { targets, values, ty: ExprId::NONE, op }, pos);
    }

    /// A value that a block ends in.
    fn give(&mut self, expr: &Code, tail: Tail, pos: u32) {
        if tail == Tail::Return {
            let values = self.given(expr, pos);
            self.emit(Stmt::Return(values), pos);
            return;
        }
        let value = self.expression(expr);
        match tail {
            Tail::Hold(name) => self.assign(&[name], value, AssignOp::Set, pos),
            _ if matches!(self.b.facts.expr(value), Expr::Unknown | Expr::Nil) => {}
            _ => self.emit(Stmt::Expr(value), pos),
        }
    }

    /// What a function returns: `Ok(x)` is the value and no error, `Err(e)` the error.
    fn given(&mut self, expr: &Code, pos: u32) -> Exprs {
        if let Code::Call(call) = expr
            && let Code::Path(path) = &*call.func
            && let (Some(last), Some(arg)) = (path.path.segments.last(), call.args.first())
        {
            let nothing = matches!(arg, Code::Tuple(tuple) if tuple.elems.is_empty());
            if last.ident == "Ok" {
                let mut values = Vec::new();
                if !nothing && self.gives != Gives::ErrorOnly {
                    values.push(self.expression(arg));
                }
                values.push(self.b.leaf(Expr::Nil, pos));
                return self.many(&values);
            }
            if last.ident == "Err" {
                let mut values = Vec::new();
                if self.gives == Gives::Both {
                    values.push(self.b.leaf(Expr::Nil, pos));
                }
                values.push(self.expression(arg));
                return self.many(&values);
            }
        }
        let value = self.expression(expr);
        self.b.single(value)
    }

    fn many(&mut self, values: &[ExprId]) -> Exprs {
        let mark = self.b.begin_exprs();
        for &value in values {
            self.b.stage_expr(value);
        }
        self.b.end_exprs(mark)
    }

    pub(super) fn repeat(&mut self, targets: Exprs, over: ExprId, cond: ExprId, body: Stmts, pos: u32) {
        self.emit(Stmt::Loop { targets, over, init: None, cond, post: None, body }, pos);
    }

    /// `while let Some(m) = next() { … }` asks anew in each round.
    fn while_loop(&mut self, found: &syn::ExprWhile, pos: u32) {
        if let Code::Let(pattern) = &*found.cond {
            let body = self.nested(|this| {
                let value = this.subject(&pattern.expr, &[&pattern.pat]);
                this.bind_tested(&pattern.pat, value);
                this.statements(&found.body.stmts, Tail::Drop);
            });
            self.repeat(Exprs::default(), ExprId::NONE, ExprId::NONE, body, pos);
            return;
        }
        let cond = self.expression(&found.cond);
        let body = self.block(&found.body.stmts, Tail::Drop);
        self.repeat(Exprs::default(), ExprId::NONE, cond, body, pos);
    }

    fn for_loop(&mut self, found: &syn::ExprForLoop, pos: u32) {
        let over = self.expression(&found.expr);
        let locals = self.locals.len();
        let element = match &*found.pat {
            syn::Pat::Ident(id) => self.sym(&id.ident.to_string()),
            _ => self.b.temporary("element"),
        };
        self.locals.push(element);
        let none = self.unknown(pos);
        let target = self.local(element, pos);
        let targets = self.many(&[none, target]);
        let body = self.nested(|this| {
            if !matches!(&*found.pat, syn::Pat::Ident(_)) {
                let value = this.local(element, pos);
                this.bind(&found.pat, value);
            }
            this.statements(&found.body.stmts, Tail::Drop);
        });
        self.locals.truncate(locals);
        self.repeat(targets, over, ExprId::NONE, body, pos);
    }

    fn choice(&mut self, found: &syn::ExprIf, tail: Tail) {
        let pos = start(found.span());
        let locals = self.locals.len();
        let (cond, bindings) = self.condition(&found.cond);
        let then = self.nested(|this| {
            for (pattern, value) in bindings {
                this.bind_tested(pattern, value);
            }
            this.statements(&found.then_branch.stmts, tail);
        });
        self.locals.truncate(locals);
        let otherwise = match &found.else_branch {
            Some((_, other)) => self.nested(|this| match &**other {
                Code::Block(block) => this.statements(&block.block.stmts, tail),
                other => this.end_in(other, tail),
            }),
            None => Stmts::default(),
        };
        self.choose(cond, then, otherwise, pos);
    }

    /// A condition, and what its `let`s bind where it holds.
    fn condition<'c>(&mut self, cond: &'c Code) -> (ExprId, Vec<(&'c syn::Pat, ExprId)>) {
        let pos = start(cond.span());
        match cond {
            Code::Let(found) => {
                let value = self.subject(&found.expr, &[&found.pat]);
                let cond = self.test(&found.pat, value, false);
                let cond = cond.unwrap_or_else(|| self.b.leaf(Expr::Bool(true), pos));
                (cond, vec![(&*found.pat, value)])
            }
            Code::Paren(inner) => self.condition(&inner.expr),
            Code::Binary(found) if matches!(found.op, syn::BinOp::And(_)) => {
                let (left, mut bindings) = self.condition(&found.left);
                let (right, more) = self.condition(&found.right);
                bindings.extend(more);
                (self.b.expr(Expr::Binary { op: BinaryOp::And, left, right }, pos), bindings)
            }
            _ => (self.expression(cond), Vec::new()),
        }
    }
}

/// The block of `Box::pin(async { … })`.
fn pinned(call: &syn::ExprCall) -> Option<&syn::Block> {
    let Code::Path(path) = &*call.func else { return None };
    let pins = path.path.segments.last().is_some_and(|last| last.ident == "pin");
    match call.args.first() {
        Some(Code::Async(found)) if pins => Some(&found.block),
        _ => None,
    }
}

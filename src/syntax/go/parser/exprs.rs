//! Expressions, in which Go also writes types.

use super::Parser;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Exprs, FuncId, Sym, UnaryOp};
use crate::syntax::go::Bodies;
use crate::syntax::go::lexer::Kind;

/// Whether `{` after an operand begins a literal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literal {
    /// Never: it is a value.
    No,
    /// Yes, but for the header of a statement, whose block it begins there.
    Name,
    /// Always: only a type is written so.
    Type,
}

impl Parser<'_> {
    /// An expression or a type.
    pub(super) fn expr(&mut self) -> ExprId {
        let expr = if self.enter() { self.binary(1) } else { self.unknown() };
        self.leave();
        expr
    }

    /// One or more expressions with commas between them.
    pub(super) fn exprs(&mut self) -> Exprs {
        let first = self.expr();
        self.exprs_after(first)
    }

    /// The rest of a list whose first expression is already read.
    pub(super) fn exprs_after(&mut self, first: ExprId) -> Exprs {
        if !self.at(Kind::Comma) {
            return self.b.single(first);
        }
        let mark = self.b.begin_exprs();
        self.b.stage_expr(first);
        while self.eat(Kind::Comma) {
            let next = self.expr();
            self.b.stage_expr(next);
        }
        self.b.end_exprs(mark)
    }

    /// Operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8) -> ExprId {
        let mut left = self.unary();
        loop {
            let (op, strength) = infix(self.kind());
            if strength < least {
                return left;
            }
            let pos = self.pos();
            self.next();
            let right = self.binary(strength + 1);
            left = self.b.expr(Expr::Binary { op, left, right }, pos);
        }
    }

    fn unary(&mut self) -> ExprId {
        let op = match self.kind() {
            Kind::Amp => UnaryOp::AddressOf,
            Kind::Star => UnaryOp::Deref,
            Kind::Not => UnaryOp::Not,
            Kind::Minus => UnaryOp::Negate,
            Kind::Arrow => UnaryOp::Receive,
            Kind::Plus | Kind::Caret | Kind::Tilde => UnaryOp::Other,
            _ => return self.primary(),
        };
        let pos = self.pos();
        self.next();
        let operand = if self.enter() { self.unary() } else { self.unknown() };
        self.leave();
        // `<-chan T` is a type and not a receive from one.
        if op == UnaryOp::Receive && matches!(self.b.facts.expr(operand), Expr::ChanType(_)) {
            return operand;
        }
        self.b.expr(Expr::Unary { op, operand }, pos)
    }

    /// An operand and what is done to it: `.name`, `[i]`, `(args)`, `.(T)`, `{…}`.
    fn primary(&mut self) -> ExprId {
        let start = self.pos();
        let (mut expr, mut literal) = self.operand();
        loop {
            match self.kind() {
                Kind::Dot => {
                    self.next();
                    if self.at(Kind::LParen) {
                        expr = self.assert(expr);
                        literal = Literal::No;
                    } else {
                        let pos = self.pos();
                        let name = self.name("a name or `(` after the dot");
                        expr = self.b.expr(Expr::Field { base: expr, name }, pos);
                    }
                }
                Kind::LParen => {
                    expr = self.call(expr);
                    literal = Literal::No;
                }
                Kind::LBrack => expr = self.bracketed(|p| p.index(expr, &mut literal)),
                Kind::LBrace if literal == Literal::Type || (literal == Literal::Name && !self.header) => {
                    let entries = self.entries();
                    expr = self.b.expr(Expr::Composite { ty: expr, entries }, start);
                    literal = Literal::No;
                }
                _ => return expr,
            }
        }
    }

    fn operand(&mut self) -> (ExprId, Literal) {
        let pos = self.pos();
        match self.kind() {
            Kind::Ident => (self.identifier(), Literal::Name),
            Kind::Str | Kind::RawStr => {
                let text = self.string();
                (self.b.leaf(Expr::Str(text), pos), Literal::No)
            }
            Kind::Number | Kind::Char => {
                let bytes = &self.source[self.token.start as usize..self.token.end as usize];
                let text = self.b.intern(bytes);
                self.next();
                (self.b.leaf(Expr::Number(text), pos), Literal::No)
            }
            Kind::LParen => {
                self.next();
                let inner = self.bracketed(Parser::expr);
                self.expect(Kind::RParen, "`)`");
                (inner, Literal::No)
            }
            Kind::Func => (self.func_value(), Literal::No),
            Kind::LBrack | Kind::Map | Kind::Struct => (self.ty(), Literal::Type),
            Kind::Interface | Kind::Chan => (self.ty(), Literal::No),
            _ => {
                self.fail("an expression");
                (self.unknown(), Literal::No)
            }
        }
    }

    fn identifier(&mut self) -> ExprId {
        let pos = self.pos();
        let bytes = &self.source[self.token.start as usize..self.token.end as usize];
        let expr = match bytes {
            b"nil" => Expr::Nil,
            b"true" => Expr::Bool(true),
            b"false" => Expr::Bool(false),
            _ => Expr::Name(self.b.intern(bytes)),
        };
        self.next();
        self.b.leaf(expr, pos)
    }

    /// A function type, or a closure if a body follows.
    fn func_value(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        let outer = self.b.open();
        let id = self.b.func(Sym::EMPTY, pos);
        self.signature(id);
        if !self.at(Kind::LBrace) {
            return self.b.close(outer, Expr::FuncType(id), pos);
        }
        self.b.func_mut(id).parent = self.func;
        self.body(id);
        self.b.close(outer, Expr::Closure(id), pos)
    }

    /// The body of `id`, from its `{`.
    pub(super) fn body(&mut self, id: FuncId) {
        if self.bodies == Bodies::Skip {
            self.skip_body();
        } else {
            let outer = self.func.replace(id);
            let body = self.block();
            self.func = outer;
            self.b.func_mut(id).body = Some(body);
        }
        let end = self.last_end;
        self.b.func_mut(id).end = end;
    }

    fn skip_body(&mut self) {
        if self.lexer.skip_block() {
            self.last_end = self.lexer.offset();
            self.lexer.fault = None;
            self.read();
        } else {
            self.read();
            self.fail("`}`");
        }
    }

    /// `.(T)` or `.(type)`, from its `(`.
    fn assert(&mut self, value: ExprId) -> ExprId {
        self.next();
        let ty = if self.eat(Kind::Type) { ExprId::NONE } else { self.ty() };
        self.expect(Kind::RParen, "`)` after the type");
        let pos = self.pos_of(value);
        self.b.expr(Expr::Assert { value, ty }, pos)
    }

    fn call(&mut self, callee: ExprId) -> ExprId {
        let pos = self.pos_of(callee);
        let mark = self.b.begin_exprs();
        self.next();
        let spread = self.bracketed(Parser::arguments);
        self.expect(Kind::RParen, "`,` or `)` in the arguments");
        let args = self.b.end_exprs(mark);
        self.b.expr(Expr::Call { callee, args, spread }, pos)
    }

    /// Stages arguments; whether the last is spread.
    fn arguments(&mut self) -> bool {
        let mut spread = false;
        while !self.at(Kind::RParen) && !self.frozen() {
            let arg = self.expr();
            self.b.stage_expr(arg);
            spread |= self.eat(Kind::Ellipsis);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        spread
    }

    /// `[i]`, `[A, B]` or `[low:high:max]`, from its `[`.
    fn index(&mut self, base: ExprId, literal: &mut Literal) -> ExprId {
        let pos = self.pos_of(base);
        let mark = self.b.begin_exprs();
        self.next();
        let mut slice = false;
        while !self.at(Kind::RBrack) && !self.frozen() {
            if self.eat(Kind::Colon) {
                slice = true;
                continue;
            }
            let arg = self.expr();
            self.b.stage_expr(arg);
            if !self.eat(Kind::Comma) && !self.at(Kind::Colon) {
                break;
            }
        }
        let args = self.b.end_exprs(mark);
        if args.len == 0 && !slice {
            self.fail("an index");
        }
        self.expect(Kind::RBrack, "`]`");
        if slice {
            *literal = Literal::No;
            return self.b.expr(Expr::Slice(base), pos);
        }
        self.b.expr(Expr::Index { base, args }, pos)
    }

    /// `{…}` of a literal: key, value, key, value, ….
    fn entries(&mut self) -> Exprs {
        let mark = self.b.begin_exprs();
        self.next();
        self.bracketed(|p| {
            while !p.at(Kind::RBrace) && !p.frozen() {
                let mut key = ExprId::NONE;
                let mut value = p.element();
                if p.eat(Kind::Colon) {
                    key = std::mem::replace(&mut value, ExprId::NONE);
                    value = p.element();
                }
                p.b.stage_expr(key);
                p.b.stage_expr(value);
                if !p.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.expect(Kind::RBrace, "`,` or `}` in the literal");
        self.b.end_exprs(mark)
    }

    /// A key or a value in a literal: the type of a nested literal may be left out.
    fn element(&mut self) -> ExprId {
        if !self.at(Kind::LBrace) {
            return self.expr();
        }
        let pos = self.pos();
        let element = if self.enter() {
            let entries = self.entries();
            self.b.expr(Expr::Composite { ty: ExprId::NONE, entries }, pos)
        } else {
            self.unknown()
        };
        self.leave();
        element
    }
}

/// What a token means between two operands and how strongly it binds; 0: nothing.
fn infix(kind: Kind) -> (BinaryOp, u8) {
    match kind {
        Kind::OrOr => (BinaryOp::Or, 1),
        Kind::AndAnd => (BinaryOp::And, 2),
        Kind::EqEq => (BinaryOp::Equal, 3),
        Kind::NotEq => (BinaryOp::NotEqual, 3),
        Kind::Less => (BinaryOp::Less, 3),
        Kind::LessEq => (BinaryOp::LessEqual, 3),
        Kind::Greater => (BinaryOp::Greater, 3),
        Kind::GreaterEq => (BinaryOp::GreaterEqual, 3),
        Kind::Plus => (BinaryOp::Add, 4),
        Kind::Minus => (BinaryOp::Sub, 4),
        Kind::Pipe | Kind::Caret => (BinaryOp::Other, 4),
        Kind::Star => (BinaryOp::Mul, 5),
        Kind::Slash | Kind::Percent | Kind::Shift | Kind::Amp | Kind::AndNot => (BinaryOp::Other, 5),
        _ => (BinaryOp::Other, 0),
    }
}

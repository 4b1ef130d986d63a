//! Statements.

use super::Parser;
use crate::syntax::facts::{AssignOp, Expr, ExprId, Exprs, Jump, Stmt, StmtId, Stmts, Sym};
use crate::syntax::go::lexer::Kind;

/// How long a chain of `else if` may be: it nests in the facts.
const MAX_ELSE_IF: usize = 1000;

/// A simple statement, before its place in a header or a block is known.
#[derive(Clone, Copy)]
enum Simple {
    /// An expression: a statement, a condition or what is switched on.
    Expr(ExprId),
    /// Anything else.
    Stmt(Stmt),
    /// `targets := range over`.
    Range { targets: Exprs, over: ExprId },
}

/// One `if`, its `else` not yet attached.
struct Arm {
    init: Option<StmtId>,
    cond: ExprId,
    then: Stmts,
    pos: u32,
}

impl Parser<'_> {
    /// `{…}`.
    pub(super) fn block(&mut self) -> Stmts {
        if !self.at(Kind::LBrace) {
            self.fail("`{`");
            return Stmts::default();
        }
        let body = if self.enter() {
            self.bracketed(|p| {
                p.next();
                let body = p.stmts();
                p.expect(Kind::RBrace, "a statement or `}`");
                body
            })
        } else {
            Stmts::default()
        };
        self.leave();
        body
    }

    /// Statements up to a `}` or the next case.
    fn stmts(&mut self) -> Stmts {
        let mark = self.b.begin_stmts();
        let depth = self.braces;
        loop {
            match self.kind() {
                Kind::RBrace | Kind::Case | Kind::Default | Kind::Eof | Kind::Stop => break,
                Kind::Semi => {
                    self.next();
                    continue;
                }
                _ => self.stmt(),
            }
            // A label may stand right before the next case.
            match self.kind() {
                Kind::Semi | Kind::RBrace | Kind::Case | Kind::Default | Kind::Stop => {}
                _ => self.fail("the end of the statement"),
            }
            if self.frozen() && !self.next_statement(depth) {
                break;
            }
        }
        self.b.end_stmts(mark)
    }

    /// A statement; declarations can make several, a lone label makes none.
    fn stmt(&mut self) {
        let pos = self.pos();
        let stmt = match self.kind() {
            Kind::Ident => {
                let Some(stmt) = self.labeled() else { return };
                stmt
            }
            Kind::Var => return self.local_vars(),
            Kind::Const => return self.local_consts(),
            Kind::Type => return self.type_group(),
            Kind::If => return self.if_chain(),
            Kind::For => self.for_loop(),
            Kind::Switch => self.switch(),
            Kind::Select => self.select(),
            Kind::Return => {
                self.next();
                let done = matches!(self.kind(), Kind::Semi | Kind::RBrace);
                Stmt::Return(if done { Exprs::default() } else { self.exprs() })
            }
            Kind::Go => {
                self.next();
                Stmt::Spawn(self.expr())
            }
            Kind::Defer => {
                self.next();
                Stmt::Defer(self.expr())
            }
            Kind::LBrace => Stmt::Block(self.block()),
            Kind::Break => self.jump(Jump::Break),
            Kind::Continue => self.jump(Jump::Continue),
            Kind::Goto => self.jump(Jump::Goto),
            Kind::Fallthrough => self.jump(Jump::Fallthrough),
            Kind::Func if self.declares_function() => return self.missing_brace(),
            _ => self.simple_stmt(),
        };
        let id = self.b.stmt(stmt, pos);
        self.b.stage_stmt(id);
    }

    fn jump(&mut self, jump: Jump) -> Stmt {
        self.next();
        if matches!(jump, Jump::Break | Jump::Continue | Jump::Goto) {
            self.eat(Kind::Ident);
        }
        Stmt::Jump(jump)
    }

    /// A statement that begins with a name. A label is dropped, and `None` returned once what
    /// it labels is staged.
    fn labeled(&mut self) -> Option<Stmt> {
        let simple = self.simple(false);
        if !self.at(Kind::Colon) {
            return Some(self.finish_simple(simple));
        }
        match simple {
            Simple::Expr(id) if matches!(self.b.facts.expr(id), Expr::Name(_)) => self.next(),
            _ => self.fail("the end of the statement"),
        }
        if !matches!(self.kind(), Kind::RBrace | Kind::Case | Kind::Default | Kind::Stop) {
            if self.enter() {
                if self.at(Kind::Semi) {
                    self.next();
                }
                if !matches!(self.kind(), Kind::RBrace | Kind::Semi | Kind::Case | Kind::Default) {
                    self.stmt();
                }
            }
            self.leave();
        }
        None
    }

    fn simple_stmt(&mut self) -> Stmt {
        let simple = self.simple(false);
        self.finish_simple(simple)
    }

    fn finish_simple(&mut self, simple: Simple) -> Stmt {
        match simple {
            Simple::Expr(expr) => Stmt::Expr(expr),
            Simple::Stmt(stmt) => stmt,
            Simple::Range { over, .. } => {
                self.fail("an expression");
                Stmt::Expr(over)
            }
        }
    }

    /// An expression, an assignment, a send, `x++`, or with `range` what a loop ranges over.
    fn simple(&mut self, range: bool) -> Simple {
        if range && self.eat(Kind::Range) {
            return Simple::Range { targets: Exprs::default(), over: self.expr() };
        }
        let first = self.expr();
        let op = match self.kind() {
            Kind::Define => AssignOp::Define,
            Kind::Comma | Kind::Assign => AssignOp::Set,
            Kind::PlusAssign | Kind::Inc => AssignOp::Add,
            Kind::MinusAssign | Kind::Dec => AssignOp::Sub,
            Kind::OtherAssign => AssignOp::Other,
            Kind::Arrow => {
                self.next();
                return Simple::Stmt(Stmt::Send { channel: first, value: self.expr() });
            }
            _ => return Simple::Expr(first),
        };
        let targets = self.exprs_after(first);
        let op = if self.at(Kind::Define) { AssignOp::Define } else { op };
        let values = match self.kind() {
            Kind::Inc | Kind::Dec => {
                let one = self.b.intern(b"1");
                let one = self.b.leaf(Expr::Number(one), self.token.start);
                self.next();
                self.b.single(one)
            }
            Kind::Define | Kind::Assign | Kind::PlusAssign | Kind::MinusAssign | Kind::OtherAssign => {
                self.next();
                if range && self.eat(Kind::Range) {
                    return Simple::Range { targets, over: self.expr() };
                }
                self.exprs()
            }
            _ => {
                self.fail("`=` or `:=`");
                Exprs::default()
            }
        };
        Simple::Stmt(Stmt::Assign { targets, values, ty: ExprId::NONE, op })
    }

    /// A simple statement in a header or a `select` case.
    fn held_stmt(&mut self, simple: Simple, pos: u32) -> StmtId {
        let stmt = self.finish_simple(simple);
        self.b.stmt(stmt, pos)
    }

    /// What a header tests.
    fn tested(&mut self, simple: Simple) -> ExprId {
        if let Simple::Expr(expr) = simple {
            return expr;
        }
        self.fail("a condition");
        ExprId::NONE
    }

    /// Runs `inside` where `T {` begins the block.
    fn in_header<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let header = std::mem::replace(&mut self.header, true);
        let value = inside(self);
        self.header = header;
        value
    }

    /// `if … else if … else …`, built from its end, since each is in the `else` of the one before.
    fn if_chain(&mut self) {
        let mut arms = Vec::new();
        let mut otherwise = Stmts::default();
        loop {
            let arm = self.if_arm();
            arms.push(arm);
            if self.frozen() || !self.eat(Kind::Else) {
                break;
            }
            match self.kind() {
                Kind::If if arms.len() < MAX_ELSE_IF => {}
                Kind::If => {
                    self.freeze(format!("more than {MAX_ELSE_IF} `else if` in a row; not read"));
                    break;
                }
                Kind::LBrace => {
                    otherwise = self.block();
                    break;
                }
                _ => {
                    self.fail("`if` or `{` after `else`");
                    break;
                }
            }
        }
        while let Some(Arm { init, cond, then, pos }) = arms.pop() {
            let id = self.b.stmt(Stmt::If { init, cond, then, otherwise }, pos);
            if arms.is_empty() {
                self.b.stage_stmt(id);
            } else {
                otherwise = self.b.single_stmt(id);
            }
        }
    }

    /// `if init; cond {…}`.
    fn if_arm(&mut self) -> Arm {
        let pos = self.pos();
        self.next();
        let (init, cond) = self.in_header(|p| {
            let mut init = None;
            let start = p.pos();
            let mut tested = if p.at(Kind::Semi) { None } else { Some(p.condition()) };
            if p.eat(Kind::Semi) {
                init = tested.map(|simple| p.held_stmt(simple, start));
                tested = Some(p.condition());
            }
            (init, tested.map_or(ExprId::NONE, |simple| p.tested(simple)))
        });
        let then = self.block();
        Arm { init, cond, then, pos }
    }

    /// A simple statement that must be here, and is not the block.
    fn condition(&mut self) -> Simple {
        if self.at(Kind::LBrace) {
            self.fail("a condition");
        }
        self.simple(false)
    }

    fn for_loop(&mut self) -> Stmt {
        self.next();
        let (mut targets, mut over) = (Exprs::default(), ExprId::NONE);
        let (mut init, mut cond, mut post) = (None, ExprId::NONE, None);
        self.in_header(|p| {
            let start = p.pos();
            let first = match p.kind() {
                Kind::LBrace => return,
                Kind::Semi => None,
                _ => Some(p.simple(true)),
            };
            if let Some(Simple::Range { targets: names, over: what }) = first {
                (targets, over) = (names, what);
            } else if p.eat(Kind::Semi) {
                init = first.map(|simple| p.held_stmt(simple, start));
                if !p.at(Kind::Semi) {
                    let simple = p.condition();
                    cond = p.tested(simple);
                }
                p.expect(Kind::Semi, "`;` after the loop's condition");
                if !p.at(Kind::LBrace) {
                    let start = p.pos();
                    let simple = p.simple(false);
                    post = Some(p.held_stmt(simple, start));
                }
            } else if let Some(simple) = first {
                cond = p.tested(simple);
            }
        });
        let body = self.block();
        Stmt::Loop { targets, over, init, cond, post, body }
    }

    /// `switch init; subject {…}` and `switch binding := value.(type) {…}`.
    fn switch(&mut self) -> Stmt {
        self.next();
        let (init, subject) = self.in_header(|p| {
            let mut init = None;
            let start = p.pos();
            let mut subject = match p.kind() {
                Kind::LBrace | Kind::Semi => None,
                _ => Some(p.simple(false)),
            };
            if p.eat(Kind::Semi) {
                init = subject.map(|simple| p.held_stmt(simple, start));
                subject = if p.at(Kind::LBrace) { None } else { Some(p.simple(false)) };
            }
            (init, subject)
        });
        let (subject, binding) = match subject {
            None => (ExprId::NONE, Sym::EMPTY),
            Some(Simple::Stmt(Stmt::Assign { targets, values, op: AssignOp::Define, .. })) => {
                self.type_switch(targets, values)
            }
            Some(simple) => (self.tested(simple), Sym::EMPTY),
        };
        let cases = self.cases(false);
        Stmt::Switch { init, subject, binding, cases }
    }

    /// What `binding := value.(type)` switches on and the name it binds.
    fn type_switch(&mut self, targets: Exprs, values: Exprs) -> (ExprId, Sym) {
        let facts = &self.b.facts;
        if let (&[target], &[value]) = (facts.list(targets), facts.list(values))
            && let Expr::Name(name) = facts.expr(target)
            && let Expr::Assert { ty: ExprId::NONE, .. } = facts.expr(value)
        {
            return (value, name);
        }
        self.fail("`.(type)` in the switch");
        (ExprId::NONE, Sym::EMPTY)
    }

    fn select(&mut self) -> Stmt {
        self.next();
        let cases = self.cases(true);
        Stmt::Switch { init: None, subject: ExprId::NONE, binding: Sym::EMPTY, cases }
    }

    /// `{ case …: … }`.
    fn cases(&mut self, select: bool) -> Stmts {
        let mark = self.b.begin_stmts();
        let entered = self.enter();
        if entered && self.expect(Kind::LBrace, "`{`") {
            self.bracketed(|p| {
                while matches!(p.kind(), Kind::Case | Kind::Default) {
                    p.case(select);
                }
            });
            self.expect(Kind::RBrace, "`case`, `default` or `}`");
        }
        self.leave();
        self.b.end_stmts(mark)
    }

    fn case(&mut self, select: bool) {
        let pos = self.pos();
        let depth = self.braces;
        let (mut values, mut comm) = (Exprs::default(), None);
        if !self.eat(Kind::Default) {
            self.next();
            if select {
                let start = self.pos();
                let simple = self.simple(false);
                comm = Some(self.held_stmt(simple, start));
            } else {
                values = self.exprs();
            }
        }
        self.expect(Kind::Colon, "`:` after the case");
        if self.frozen() {
            self.next_statement(depth);
        }
        let body = self.stmts();
        let id = self.b.stmt(Stmt::Case { values, comm, body }, pos);
        self.b.stage_stmt(id);
    }
}

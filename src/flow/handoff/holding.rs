//! What of a function holds the message: the names of its locals that it is assigned to, in whatever
//! form.

use rustc_hash::FxHashSet;

use crate::flow::calls::{CallSite, Callee, Graph};
use crate::flow::path::BODIES;
use crate::flow::program::{Fn, Program, Site};
use crate::flow::walk;
use crate::syntax::facts::{Expr, ExprId, Facts, FuncId, Stmt, Sym, UnaryOp};

/// Where the message is in the function that holds it.
#[derive(Clone, Copy)]
pub(super) enum Seed {
    /// An expression is it, or what it is read from.
    At(ExprId),
    /// A parameter that it is read from (a channel, a subscription).
    Source(Sym),
}

/// What of a function holds the message, by the names of its locals.
pub(super) struct Holding<'a> {
    pub(super) program: &'a Program,
    pub(super) graph: &'a Graph,
    pub(super) holder: Fn,
    seed: ExprId,
    /// What the messages are read from, where a parameter is that.
    source: Option<Sym>,
    names: FxHashSet<Sym>,
}

impl<'a> Holding<'a> {
    /// What of `holder` holds the message that is at `seed`.
    pub(super) fn of(program: &'a Program, graph: &'a Graph, holder: Fn, seed: Seed) -> Holding<'a> {
        let mut held =
            Holding { program, graph, holder, seed: ExprId::NONE, source: None, names: FxHashSet::default() };
        match seed {
            Seed::At(expr) => {
                held.seed = expr;
                if let Expr::Name(name) = held.facts().expr(expr) {
                    held.names.insert(name);
                }
            }
            Seed::Source(name) => {
                held.source = Some(name);
                held.names.insert(name);
            }
        }
        let stmts = held.stmts();
        held.spread(&stmts);
        held
    }

    pub(super) fn facts(&self) -> &'a Facts {
        self.program.facts(self.holder.file)
    }

    /// The assignments and sends of the function and the closures in it.
    pub(super) fn stmts(&self) -> Vec<Stmt> {
        let facts = self.facts();
        let inside =
            |expr: ExprId| self.program.around(Site { file: self.holder.file, expr }) == Some(self.holder);
        let of = |stmt: &&Stmt| match **stmt {
            Stmt::Assign { values, .. } => facts.list(values).first().is_some_and(|&v| inside(v)),
            Stmt::Send { value, .. } => inside(value),
            Stmt::Loop { over, .. } => !over.is_none() && inside(over),
            Stmt::Expr(expr) | Stmt::Spawn(expr) | Stmt::Defer(expr) => inside(expr),
            _ => false,
        };
        facts.stmts.iter().filter(of).copied().collect()
    }

    /// The calls that stand in the function and the closures in it, in order of place.
    pub(super) fn calls(&self) -> impl Iterator<Item = &'a CallSite> + use<'a> {
        let (program, graph, holder) = (self.program, self.graph, self.holder);
        let all = 0..program.facts(holder.file).funcs.len() as u32;
        let inside = all
            .map(move |at| Fn { file: holder.file, func: FuncId(at) })
            .filter(move |&func| program.outermost(func) == holder);
        inside.flat_map(|func| graph.calls_in(func))
    }

    /// Adds the names that what is held is assigned to, until there are no more.
    fn spread(&mut self, stmts: &[Stmt]) {
        let facts = self.facts();
        for _ in 0..6 {
            let before = self.names.len();
            for stmt in stmts {
                match *stmt {
                    Stmt::Assign { targets, values, .. } => {
                        let targets = facts.list(targets);
                        let values = facts.list(values);
                        for (i, &target) in targets.iter().enumerate() {
                            let value = if values.len() == 1 { values.first() } else { values.get(i) };
                            // `v, ok := m[k]`: whether it is there is not what is there.
                            let flag = i > 0 && values.len() == 1;
                            if flag && !matches!(facts.expr(values[0]), Expr::Call { .. }) {
                                continue;
                            }
                            if value.is_some_and(|&v| self.is(v)) {
                                self.name(target);
                            }
                        }
                        for &value in values {
                            self.filled(value);
                        }
                    }
                    Stmt::Loop { targets, over, .. } if self.is(over) => {
                        for &target in facts.list(targets) {
                            self.name(target);
                        }
                    }
                    Stmt::Send { channel, value } if self.is(value) => self.name(channel),
                    Stmt::Expr(expr) | Stmt::Spawn(expr) | Stmt::Defer(expr) => {
                        self.filled(expr);
                        self.taken(expr);
                    }
                    _ => {}
                }
            }
            if self.names.len() == before {
                break;
            }
        }
    }

    /// `json.Unmarshal(msg.Value, &order)` puts the message into `order`.
    fn filled(&mut self, call: ExprId) {
        let facts = self.facts();
        let Expr::Call { args, .. } = facts.expr(call) else { return };
        let args = facts.list(args);
        if !args.iter().any(|&a| self.is(a)) {
            return;
        }
        for &arg in args {
            if let Expr::Unary { op: UnaryOp::AddressOf, operand } = facts.expr(arg) {
                self.name(operand);
            }
        }
    }

    /// `go func(messages <-chan Delivery) { … }(msgs)` gives it another name.
    fn taken(&mut self, call: ExprId) {
        let facts = self.facts();
        let Expr::Call { callee, args, .. } = facts.expr(call) else { return };
        let Expr::Closure(func) = facts.expr(callee) else { return };
        for (param, &arg) in facts.params(&facts.func(func).params).iter().zip(facts.list(args)) {
            if self.is(arg) {
                self.names.insert(param.name);
            }
        }
    }

    fn name(&mut self, target: ExprId) {
        if let Expr::Name(name) = self.facts().expr(target)
            && self.may_hold(target)
        {
            self.names.insert(name);
        }
    }

    /// Whether a name is for something else than how a call went.
    pub(super) fn may_hold(&self, target: ExprId) -> bool {
        let Expr::Name(name) = self.facts().expr(target) else { return false };
        let file = self.program.file(self.holder.file);
        !matches!(self.facts().text(name), "_" | "err" | "ok")
            && !file.errors.contains(&(self.holder.func, name))
    }

    /// Whether an expression is the message, a part of it or something made of it.
    pub(super) fn is(&self, expr: ExprId) -> bool {
        if expr.is_none() {
            return false;
        }
        if expr == self.seed {
            return true;
        }
        let facts = self.facts();
        match facts.expr(expr) {
            Expr::Name(name) => self.names.contains(&name),
            Expr::Field { base, .. } | Expr::Slice(base) | Expr::Index { base, .. } => self.is(base),
            Expr::Unary { operand, .. } => self.is(operand),
            Expr::Assert { value, .. } => self.is(value),
            Expr::Composite { entries, .. } => facts.list(entries).iter().any(|&e| self.is(e)),
            Expr::Call { callee, args, .. } => {
                let base = match facts.expr(callee) {
                    Expr::Field { base, .. } => base,
                    _ => ExprId::NONE,
                };
                let read = || self.source.is_some_and(|source| facts.expr(base) == Expr::Name(source));
                let on = self.is(base);
                (on || facts.list(args).iter().any(|&a| self.is(a))) && (self.converts(expr) || on && read())
            }
            _ => false,
        }
    }

    /// Whether an expression is the message as a whole, in whatever form, rather than something noted
    /// of it (`append(ids, m.ID)`).
    pub(super) fn is_whole(&self, expr: ExprId) -> bool {
        let facts = self.facts();
        match facts.expr(expr) {
            Expr::Name(_) => self.is(expr),
            Expr::Field { name, .. } => self.is(expr) && BODIES.contains(&facts.text(name)),
            Expr::Unary { operand, .. } => self.is_whole(operand),
            Expr::Call { callee, args, .. } => {
                let called = match facts.expr(callee) {
                    Expr::Name(name) => facts.text(name),
                    _ => "",
                };
                let whole = match called {
                    "append" => facts.list(args).iter().skip(1).any(|&arg| self.is_whole(arg)),
                    // A number is noted of a message (`c.last = int64(m.Offset)`).
                    "int" | "int32" | "int64" | "uint" | "uint32" | "uint64" | "float64" | "len" => false,
                    _ => true,
                };
                self.is(expr) && whole
            }
            Expr::Composite { entries, .. } => facts.list(entries).iter().any(|&entry| self.is_whole(entry)),
            _ => expr == self.seed,
        }
    }

    /// Whether messages are read from the source: received from it, ranged over, or given by a method
    /// of it that a loop calls. Only what is a `channel` gives messages when it is ranged over.
    pub(super) fn draws(&self, channel: bool) -> bool {
        let Some(source) = self.source else { return false };
        let facts = self.facts();
        let is = |expr: ExprId| !expr.is_none() && facts.expr(expr) == Expr::Name(source);
        let here =
            |expr: ExprId| self.program.around(Site { file: self.holder.file, expr }) == Some(self.holder);
        let received = facts.exprs.iter().any(|expr| {
            matches!(*expr, Expr::Unary { op: UnaryOp::Receive, operand } if is(operand) && here(operand))
        });
        if received {
            return true;
        }
        let given = |expr: ExprId| match facts.expr(expr) {
            Expr::Call { callee, .. } => {
                matches!(facts.expr(callee), Expr::Field { base, .. } if is(base) && here(base))
            }
            _ => false,
        };
        let mut drawn = false;
        for stmt in &facts.stmts {
            let Stmt::Loop { over, body, .. } = *stmt else { continue };
            drawn |= channel && is(over) && here(over);
            walk::stmts(facts, body, &mut |inner| {
                if let Stmt::Assign { values, .. } = inner {
                    drawn |= facts.list(values).iter().any(|&value| given(value));
                }
            });
        }
        drawn
    }

    /// Whether what a call gives is what it was given in another form: library calls and functions
    /// of the tree that do nothing but build.
    pub(super) fn converts(&self, expr: ExprId) -> bool {
        match self.graph.at(Site { file: self.holder.file, expr }).map(|c| &c.callee) {
            Some(Callee::Tree(targets)) => targets.iter().all(|&target| {
                let builds =
                    |c: &Callee| matches!(c, Callee::Builtin | Callee::Library { method: false, .. });
                self.graph.calls_in(target).all(|call| builds(&call.callee))
            }),
            Some(Callee::Library { .. } | Callee::Builtin) => true,
            _ => false,
        }
    }
}

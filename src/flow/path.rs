//! Paths: everything a handler leads to, in the order it runs, with its branches.
//!
//! The trace of a handler is a tree: calls with the roles they play and what they call in turn,
//! branches with what their condition rests on, exits. Calls are followed through interfaces,
//! function values, observers and mediators; what is bound by depth or budget is cut, and the cut
//! is in the tree. Code that plays no role is pruned.

mod asks;
mod callbacks;
mod calls;
mod chosen;
mod decoded;
mod errors;
mod exprs;
mod given;
mod ingredients;
mod knowledge;
mod node;
mod opened;
mod payload;
pub mod remote;
mod returned;
mod sent;
mod sums;
mod tagged;
mod targets;
mod tried;
mod turned;
mod written;

use errors::refuses_by_name;
pub use ingredients::Ingredients;
pub use knowledge::Knowledge;
pub use node::{About, Asks, Branch, Cut, CutReason, ErrorUse, Exit, Node, OfMessage, Step, Trace};
use node::{holds, matters};
pub use payload::BODIES;
use payload::Payload;
use sums::Sum;

use crate::rules::Role;
use crate::syntax::facts::{Expr, ExprId, Exprs, Facts, Lang, Stmt, StmtId, Stmts, Sym};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::Arc;

use super::Flow;
use super::eval::Eval;
use super::matches::RuleId;
use super::program::{Fn, Site};
use super::promises;
use super::resolve::binding_of;
use super::types::Type;
use super::value::{Binding, Closure, Value};
use super::walk::exprs_of_stmt;

const NODES: usize = 10_000;
/// How often one trace reads a function anew; after that it does what it did the last time.
const VISITS: u32 = 4;
const DEPTH: u32 = 32;

/// Follows handlers.
pub struct Tracer<'f, 'a> {
    flow: &'f Flow<'a>,
    known: &'f Knowledge<'f, 'a>,
    eval: &'f Eval<'a>,
    max_depth: u32,
    nodes: usize,
    visits: FxHashMap<Fn, u32>,
    /// What functions read [`VISITS`] times did then.
    read: FxHashMap<Fn, Vec<Node>>,
    stack: Vec<Fn>,
    /// For each function on the stack, what expressions hold in it.
    held: RefCell<Vec<FxHashMap<Site, Value>>>,
    calls: Vec<Site>,
    functions: Vec<Fn>,
    ingredients: Ingredients,
    payload: Payload,
    /// Additions to what is stored, so far on the path.
    sums: Vec<Sum>,
    /// The library's call that registers the handler.
    registered: Option<Site>,
    /// The topic of the messages, where it is known.
    topic: Option<Arc<str>>,
    /// The function around the call that receives, and that call, until it is met: what stands before
    /// it has run before there is a message.
    begins: Option<(Fn, ExprId)>,
    /// What becomes of an exception here, innermost `try` last.
    unwinds: Vec<ErrorUse>,
    /// Names of the errors caught around, with the calls that may have thrown them.
    caught: Vec<(Fn, Sym, Vec<Site>)>,
}

impl<'f, 'a> Tracer<'f, 'a> {
    /// A tracer for a handler of a service, following at most `depth` calls.
    pub fn new(known: &'f Knowledge<'f, 'a>, depth: Option<u32>) -> Self {
        Tracer {
            flow: known.flow,
            known,
            eval: &known.eval,
            max_depth: depth.unwrap_or(DEPTH),
            nodes: 0,
            visits: FxHashMap::default(),
            read: FxHashMap::default(),
            stack: Vec::new(),
            held: RefCell::default(),
            calls: Vec::new(),
            functions: Vec::new(),
            ingredients: Ingredients::default(),
            payload: Payload::default(),
            sums: Vec::new(),
            registered: None,
            topic: None,
            begins: None,
            unwinds: Vec::new(),
            caught: Vec::new(),
        }
    }

    /// Tells what the registration at `place` is made of, to narrow calls that could go anywhere.
    #[must_use]
    pub fn registered_at(mut self, place: Option<Site>) -> Self {
        if let Some(place) = place {
            self.ingredients = Ingredients::of(self.flow, place);
        }
        self
    }

    /// Tells the library's call that receives the message, where the handler is the function around it.
    #[must_use]
    pub fn received_by(mut self, call: Option<Site>) -> Self {
        self.registered = call;
        self.payload.source = call;
        self
    }

    /// Tells the topic of the messages, which tables of handlers may be kept by.
    #[must_use]
    pub fn of_topic(mut self, topic: Option<&str>) -> Self {
        self.topic = topic.map(Arc::from);
        self
    }

    /// The trace of `handler`.
    pub fn trace(mut self, handler: &Closure) -> Trace {
        self.payload.received(self.eval, handler.func);
        let mut frame = handler.env.clone();
        if !frame.iter().any(|b| b.func == handler.func) {
            let receiver = handler.receiver.clone();
            let args = self.eval.parameters(handler.func);
            frame.push(Binding { func: handler.func, args, receiver });
        }
        let around = |site: &Site| self.flow.types.program.around(*site) == Some(handler.func);
        self.begins = self.payload.source.filter(around).map(|site| (handler.func, site.expr));
        let mut nodes = self.decorators(handler.func, &frame);
        let mut body = self.function(handler.func, &frame, 0);
        // What stands before the loop that receives runs before there is any message.
        if let Some(source) = self.payload.source
            && let Some(at) = body.iter().position(|n| matches!(n, Node::Loop(inner) if holds(inner, source)))
        {
            body.drain(..at);
        }
        self.given_back(handler.func, &mut body);
        nodes.extend(body);
        sums::keep_written(&mut nodes);
        let Payload { looked_at, let_go, given_out, .. } = self.payload;
        let in_sight = self.is_given(handler.func) && !let_go && !given_out;
        Trace { nodes, functions: self.functions, looked_at, let_go, in_sight }
    }

    /// Whether a handler is handed each message, rather than fetching it.
    fn is_given(&self, handler: Fn) -> bool {
        let registers = self.registered.and_then(|site| self.flow.types.program.around(site));
        let given = self.eval.parameters(handler);
        registers != Some(handler) && given.iter().any(|given| !self.eval.is_context(given))
    }

    fn function(&mut self, func: Fn, frame: &[Binding], depth: u32) -> Vec<Node> {
        let Some(body) = self.flow.types.program.func(func).body else { return Vec::new() };
        if !self.functions.contains(&func) {
            self.functions.push(func);
        }
        self.stack.push(func);
        self.held.borrow_mut().push(FxHashMap::default());
        let nodes = self.block(func, body, frame, depth);
        self.held.borrow_mut().pop();
        self.stack.pop();
        nodes
    }

    /// What the decorators of a handler and of its class do comes before it.
    fn decorators(&mut self, func: Fn, frame: &[Binding]) -> Vec<Node> {
        let program = self.flow.types.program;
        let facts = program.facts(func.file);
        let own = facts.list(program.func(func).decorators);
        let class = match self.flow.types.receiver_type(func) {
            Type::Named(ty, _) if ty.file == func.file => {
                facts.list(facts.types[ty.ty.0 as usize].decorators)
            }
            _ => &[],
        };
        let mut nodes = Vec::new();
        for &expr in class.iter().chain(own) {
            self.expr(func, expr, ErrorUse::Returned, false, frame, 0, &mut nodes);
        }
        nodes
    }

    /// What becomes of an error that nothing looks at: where a language throws, it leaves the
    /// function, unless something around catches it.
    fn thrown(&self, func: Fn) -> Option<ErrorUse> {
        let throws = self.flow.types.program.facts(func.file).lang == Lang::TypeScript;
        throws.then(|| self.unwinds.last().copied().unwrap_or(ErrorUse::Returned))
    }

    fn block(&mut self, func: Fn, block: Stmts, frame: &[Binding], depth: u32) -> Vec<Node> {
        let facts = self.flow.types.program.facts(func.file);
        let ids = facts.block(block);
        let ids = &ids[self.before_message(func, ids)..];
        let mut out = Vec::new();
        for (i, &id) in ids.iter().enumerate() {
            let next = ids.get(i + 1).copied();
            self.stmt(func, id, next, frame, depth, &mut out);
        }
        self.asked_again(&mut out);
        out
    }

    /// How many of these statements have run before there is a message.
    fn before_message(&mut self, func: Fn, ids: &[StmtId]) -> usize {
        let Some((_, call)) = self.begins.filter(|(around, _)| *around == func) else { return 0 };
        let facts = self.flow.types.program.facts(func.file);
        let receives = |id: &StmtId| {
            let mut found = false;
            exprs_of_stmt(facts, *id, &mut |expr| found |= expr == call);
            found
        };
        let Some(index) = ids.iter().position(receives) else { return 0 };
        // What else a loop does is done again for the next message.
        if matches!(facts.stmt(ids[index]), Stmt::Loop { .. }) {
            self.begins = None;
        }
        index
    }

    fn stmt(
        &mut self,
        func: Fn,
        id: StmtId,
        next: Option<StmtId>,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let facts = self.flow.types.program.facts(func.file);
        let at = |expr| Site { file: func.file, expr };
        match facts.stmt(id) {
            Stmt::Expr(expr) => {
                let error = self.thrown(func).unwrap_or(ErrorUse::Dropped);
                self.expr(func, expr, error, false, frame, depth, out);
                self.grown(func, expr, frame, depth, out);
            }
            Stmt::Spawn(expr) | Stmt::Defer(expr) => {
                self.expr(func, expr, ErrorUse::Dropped, true, frame, depth, out);
            }
            Stmt::Throw(expr) => {
                self.expr(func, expr, ErrorUse::Other, false, frame, depth, out);
                out.push(Node::Exit(Exit::Failure));
            }
            Stmt::Assign { targets, values, op, .. } => {
                let error =
                    self.thrown(func).unwrap_or_else(|| self.assigned_error(func, targets, values, next));
                for &value in facts.list(values) {
                    self.expr(func, value, error, false, frame, depth, out);
                }
                self.assigned_sums(func, (targets, values), op, frame, depth, out);
                self.listed(func, targets, values, frame);
            }
            Stmt::If { init, cond, then, otherwise } => {
                if let Some(init) = init {
                    self.stmt(func, init, Some(id), frame, depth, out);
                }
                let before = out.len();
                self.expr(func, cond, ErrorUse::Other, false, frame, depth, out);
                // A branch that this path cannot take is as if it were not written.
                let holds = self.holds_here(func, cond, frame);
                if let Some(holds) = holds {
                    out.extend(self.block(func, if holds { then } else { otherwise }, frame, depth));
                    return;
                }
                let then = self.block(func, then, frame, depth);
                let otherwise = self.block(func, otherwise, frame, depth);
                if !then.is_empty() || !otherwise.is_empty() {
                    let cond = at(cond);
                    let answers = self.answering(cond, &out[before..], frame);
                    let (deps, asks) = (self.deps(cond), self.asks_by(cond, answers));
                    let arms = [&*then, &*otherwise];
                    let of_message = self.of_message(func, cond, asks, arms, answers, frame);
                    let looked_up = self.state_of(asks, &deps, frame);
                    let aside = self.is_aside(asks, &deps, frame);
                    let branch = Branch::new(cond, deps, asks);
                    out.push(Node::Branch(Branch {
                        of_message,
                        answers,
                        looked_up,
                        aside,
                        then,
                        otherwise,
                        ..branch
                    }));
                }
            }
            Stmt::Loop { over, init, cond, post, body, .. } => {
                for stmt in [init, post].into_iter().flatten() {
                    self.stmt(func, stmt, None, frame, depth, out);
                }
                for expr in [over, cond] {
                    self.expr(func, expr, ErrorUse::Other, false, frame, depth, out);
                }
                let body = self.block(func, body, frame, depth);
                if !body.is_empty() {
                    out.push(Node::Loop(body));
                }
            }
            Stmt::Switch { init, subject, cases, .. } => {
                if let Some(init) = init {
                    self.stmt(func, init, None, frame, depth, out);
                }
                self.expr(func, subject, ErrorUse::Other, false, frame, depth, out);
                self.cases(func, subject, cases, frame, depth, out);
            }
            Stmt::Case { body, .. } => out.extend(self.block(func, body, frame, depth)),
            Stmt::Return(values) => self.ret(func, values, frame, depth, out),
            Stmt::Send { channel, value } => self.send(func, channel, value, frame, depth, out),
            Stmt::Block(block) => out.extend(self.block(func, block, frame, depth)),
            Stmt::Jump(_) => out.push(Node::Exit(Exit::Jump)),
            Stmt::Try { body, binding, handler, finalizer } => {
                let catches = !binding.is_empty();
                if catches {
                    self.unwinds.push(self.catch(func, handler));
                }
                let mut guarded = self.block(func, body, frame, depth);
                if catches {
                    self.unwinds.pop();
                    tried::end_with_checks(self.flow, &mut guarded);
                }
                out.extend(guarded);
                if catches {
                    out.extend(self.caught(func, (body, binding, handler), frame, depth));
                }
                out.extend(self.block(func, finalizer, frame, depth));
            }
        }
    }

    /// What becomes of an error that `handler` catches.
    fn catch(&self, func: Fn, handler: Stmts) -> ErrorUse {
        let facts = self.flow.types.program.facts(func.file);
        match facts.block(handler).last().map(|&id| facts.stmt(id)) {
            Some(Stmt::Throw(_)) => self.thrown(func).unwrap_or(ErrorUse::Returned),
            _ if self.answers(func, handler) => ErrorUse::Returned,
            Some(Stmt::Return(_) | Stmt::Jump(_)) => ErrorUse::Swallowed,
            _ => ErrorUse::Logged,
        }
    }

    /// What runs when the body of a `try` throws: a branch on the error of its calls.
    fn caught(
        &mut self,
        func: Fn,
        (body, binding, handler): (Stmts, Sym, Stmts),
        frame: &[Binding],
        depth: u32,
    ) -> Option<Node> {
        let facts = self.flow.types.program.facts(func.file);
        let mut calls = Vec::new();
        for &id in facts.block(body) {
            exprs_of_stmt(facts, id, &mut |expr| {
                if matches!(facts.expr(expr), Expr::Call { .. }) {
                    calls.push(Site { file: func.file, expr });
                }
            });
        }
        let cond = *calls.first()?;
        self.caught.push((func, binding, calls.clone()));
        let then = self.block(func, handler, frame, depth);
        self.caught.pop();
        Some(Node::Branch(Branch { caught: true, then, ..Branch::new(cond, calls, Asks::Error) }))
    }

    fn cases(
        &mut self,
        func: Fn,
        subject: ExprId,
        cases: Stmts,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let facts = self.flow.types.program.facts(func.file);
        let mut switch = None;
        for &case in facts.block(cases) {
            let Stmt::Case { values, comm, body } = facts.stmt(case) else { continue };
            if let Some(comm) = comm {
                self.stmt(func, comm, None, frame, depth, out);
            }
            let then = self.block(func, body, frame, depth);
            if then.is_empty() {
                continue;
            }
            let cond = facts.list(values).first().copied().unwrap_or(subject);
            let site = Site { file: func.file, expr: cond };
            // A bare `switch` is a chain of conditions.
            let (asks, deps) = if subject.is_none() && values.len > 0 {
                (self.asks(site), self.deps(site))
            } else {
                let on = Site { file: func.file, expr: subject };
                let state = self.is_state(on);
                (
                    if state { Asks::State } else { Asks::Case },
                    if subject.is_none() { Vec::new() } else { self.deps(on) },
                )
            };
            let of_message = self.of_message(func, site, asks, [&then, &[]], None, frame);
            let looked_up = self.state_of(asks, &deps, frame);
            let aside = self.is_aside(asks, &deps, frame);
            let branch = Branch::new(site, deps, asks);
            let switch = *switch.get_or_insert_with(|| self.tells_apart(func, subject, cases, frame));
            out.push(Node::Branch(Branch { of_message, looked_up, aside, switch, then, ..branch }));
        }
    }

    /// The look-up that a question for a state rests on.
    fn state_of(&self, asks: Asks, deps: &[Site], frame: &[Binding]) -> Option<Site> {
        if asks == Asks::State { self.looked_up(deps, frame) } else { None }
    }

    /// Whether a question that is no question for a state or an error rests on a look-up.
    fn is_aside(&self, asks: Asks, deps: &[Site], frame: &[Binding]) -> bool {
        !matches!(asks, Asks::State | Asks::Error | Asks::Case) && self.looked_up(deps, frame).is_some()
    }

    fn ret(&mut self, func: Fn, values: Exprs, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let facts = self.flow.types.program.facts(func.file);
        let values = facts.list(values);
        let error = self.thrown(func).unwrap_or(ErrorUse::Returned);
        for &value in values {
            let promise = promises::given(self.flow, Site { file: func.file, expr: value });
            let error = if promise { ErrorUse::Returned } else { error };
            self.expr(func, value, error, false, frame, depth, out);
        }
        let exit = match values.last().map(|&v| facts.expr(promises::awaited(facts, v))) {
            None if self.gives_error(func) => Exit::Forward,
            None | Some(Expr::Nil) => Exit::Success,
            Some(Expr::Call { .. }) if self.refuses(func, values) || self.makes_error(func, values) => {
                Exit::Failure
            }
            Some(Expr::Call { callee, args, .. }) => match facts.expr(callee) {
                Expr::Field { base, name } => {
                    let made = matches!(
                        (facts.expr(base), facts.text(name)),
                        (
                            Expr::Name(_),
                            "New" | "Errorf" | "Wrap" | "Wrapf" | "WithMessage" | "WithStack" | "Error"
                        )
                    );
                    let refuses = args.len > 0 && refuses_by_name(facts.text(name));
                    if made || refuses { Exit::Failure } else { Exit::Forward }
                }
                _ => Exit::Forward,
            },
            Some(_) if self.gives_error(func) => Exit::Failure,
            Some(_) => Exit::Success,
        };
        out.push(Node::Exit(exit));
    }

    fn gives_error(&self, func: Fn) -> bool {
        self.flow.types.gives_error(func)
    }

    fn push(&mut self, step: Step, out: &mut Vec<Node>) {
        self.nodes += 1;
        out.push(Node::Step(step));
    }

    fn rules_at(&self, site: Site) -> Vec<RuleId> {
        self.flow.matches_at(site).map(|m| m.rule).collect()
    }

    /// The rules of a call, where it is run with what `frame` gives: whether a write adds a row may rest
    /// on what a function was given to write, and whether a message is put back on what it was told.
    fn settled(&self, site: Site, frame: &[Binding]) -> Vec<RuleId> {
        let writes = |id: RuleId| self.flow.index.rule(id).role == Role::EffectUpsert;
        let here = |id: RuleId| self.flow.index.written(self.eval, id, site, frame).unwrap_or(id);
        let rules = self.rules_at(site);
        if rules.is_empty() && !frame.is_empty() {
            return self.flow.index.answered(self.eval, &self.flow.graph, site, frame);
        }
        rules.into_iter().map(|id| if writes(id) && !frame.is_empty() { here(id) } else { id }).collect()
    }
}

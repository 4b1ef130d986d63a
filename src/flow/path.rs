//! Paths: everything a handler leads to, in the order it runs, with its branches.
//!
//! The trace of a handler is a tree: calls with the roles they play and what they call in turn,
//! branches with what their condition rests on, exits. Calls are followed through interfaces,
//! function values, observers and mediators; what is bound by depth or budget is cut, and the cut
//! is in the tree. Code that plays no role is pruned.

use crate::rules::Role;
use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, Exprs, Stmt, StmtId, Stmts};
use rustc_hash::FxHashMap;
use std::sync::Arc;

use super::Flow;
use super::calls::Callee;
use super::eval::Eval;
use super::matches::RuleId;
use super::program::{Fn, Site};
use super::resolve::{binding_of, everything};
use super::scope::DefKind;
use super::types::{Member, Type};
use super::value::{Binding, Closure, Value};

/// One node of a trace.
#[derive(Debug, Clone)]
pub enum Node {
    /// A call, literal or SQL text that plays a role, or leads to some.
    Step(Step),
    /// An `if` or a `switch` arm.
    Branch(Branch),
    /// A loop.
    Loop(Vec<Node>),
    /// The function ends here.
    Exit(Exit),
    /// Not followed further.
    Cut(Cut),
}

/// A place on the path.
#[derive(Debug, Clone)]
pub struct Step {
    /// The call or literal.
    pub site: Site,
    /// The function it stands in.
    pub func: Fn,
    /// Rules it matches.
    pub rules: Vec<RuleId>,
    /// What becomes of its error.
    pub error: ErrorUse,
    /// Calls between the handler and it.
    pub depth: u32,
    /// The function it was followed into, if any.
    pub into: Option<Fn>,
    /// What that function does.
    pub inner: Vec<Node>,
    /// Runs when the function ends (`defer`) or beside it (`go`).
    pub detached: bool,
}

/// What becomes of a call's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorUse {
    /// It gives none.
    None,
    /// It ends the function with an error.
    Returned,
    /// It is looked at and the function goes on.
    Logged,
    /// It ends the function as if all were well.
    Swallowed,
    /// Nobody looks at it.
    Dropped,
    /// Something else looks at it.
    Other,
}

/// A condition and what runs on either side.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The condition, or the case value.
    pub cond: Site,
    /// Calls whose results the condition rests on.
    pub deps: Vec<Site>,
    /// What it asks.
    pub asks: Asks,
    /// When true.
    pub then: Vec<Node>,
    /// When false.
    pub otherwise: Vec<Node>,
}

/// What a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Whether there is an error.
    Error,
    /// Whether the error says that the record is there already.
    Conflict,
    /// Whether a thing is there (`x != nil`, `ok`, `exists`, `count > 0`).
    Presence,
    /// Whether a thing is not there (`x == nil`, `!ok`).
    Absence,
    /// Whether a state has a value (`x.Status == done`).
    State,
    /// Whether a text is given (`id != ""`).
    Given,
    /// Whether a text is not given (`id == ""`).
    NotGiven,
    /// An arm of a switch on something of the message.
    Case,
    /// Anything else.
    Other,
}

/// How a function ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Without an error.
    Success,
    /// With an error.
    Failure,
    /// With what a call gave: the error of that call.
    Forward,
    /// Leaves the loop round (`continue`, `break`).
    Jump,
}

/// Why a path was not followed.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The call.
    pub site: Site,
    /// What it is.
    pub why: CutReason,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutReason {
    /// `--depth`.
    Depth,
    /// The budget of a trace.
    Budget,
    /// A function value or interface nothing in the tree fills.
    Unresolved,
}

/// A handler's trace.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// What it does.
    pub nodes: Vec<Node>,
    /// The functions followed, in order, each once.
    pub functions: Vec<Fn>,
}

const NODES: usize = 30_000;
const VISITS: u32 = 4;
const DEPTH: u32 = 32;

/// Follows handlers.
pub struct Tracer<'f, 'a> {
    flow: &'f Flow<'a>,
    eval: Eval<'a>,
    max_depth: u32,
    nodes: usize,
    visits: FxHashMap<Fn, u32>,
    stack: Vec<Fn>,
    calls: Vec<Site>,
    functions: Vec<Fn>,
    service: Option<usize>,
    ingredients: Ingredients,
}

impl<'f, 'a> Tracer<'f, 'a> {
    /// A tracer for a handler of `service`, following at most `depth` calls.
    pub fn new(flow: &'f Flow<'a>, service: Option<usize>, depth: Option<u32>) -> Self {
        Tracer {
            flow,
            eval: Eval::new(flow.types),
            max_depth: depth.unwrap_or(DEPTH),
            nodes: 0,
            visits: FxHashMap::default(),
            stack: Vec::new(),
            calls: Vec::new(),
            functions: Vec::new(),
            service,
            ingredients: Ingredients::default(),
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

    /// The trace of `handler`.
    pub fn trace(mut self, handler: &Closure) -> Trace {
        let binding = Binding { func: handler.func, args: Arc::from([]), receiver: handler.receiver.clone() };
        let mut frame = handler.env.clone();
        frame.push(binding);
        let nodes = self.function(handler.func, &frame, 0);
        Trace { nodes, functions: self.functions }
    }

    fn function(&mut self, func: Fn, frame: &[Binding], depth: u32) -> Vec<Node> {
        let Some(body) = self.flow.types.program.func(func).body else { return Vec::new() };
        if !self.functions.contains(&func) {
            self.functions.push(func);
        }
        self.stack.push(func);
        let nodes = self.block(func, body, frame, depth);
        self.stack.pop();
        nodes
    }

    fn block(&mut self, func: Fn, block: Stmts, frame: &[Binding], depth: u32) -> Vec<Node> {
        let facts = self.flow.types.program.facts(func.file);
        let ids = facts.block(block);
        let mut out = Vec::new();
        for (i, &id) in ids.iter().enumerate() {
            let next = ids.get(i + 1).copied();
            self.stmt(func, id, next, frame, depth, &mut out);
        }
        out
    }

    fn stmt(&mut self, func: Fn, id: StmtId, next: Option<StmtId>, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let facts = self.flow.types.program.facts(func.file);
        let at = |expr| Site { file: func.file, expr };
        match facts.stmt(id) {
            Stmt::Expr(expr) => self.expr(func, expr, ErrorUse::Dropped, false, frame, depth, out),
            Stmt::Spawn(expr) | Stmt::Defer(expr) => {
                self.expr(func, expr, ErrorUse::Dropped, true, frame, depth, out);
            }
            Stmt::Throw(expr) => {
                self.expr(func, expr, ErrorUse::Other, false, frame, depth, out);
                out.push(Node::Exit(Exit::Failure));
            }
            Stmt::Assign { targets, values, op, .. } => {
                let error = self.assigned_error(func, targets, values, next);
                for &value in facts.list(values) {
                    self.expr(func, value, error, false, frame, depth, out);
                }
                if matches!(op, AssignOp::Add | AssignOp::Sub) {
                    // `x.count += n` on an entity is an increment only when it is saved: rules on
                    // the save decide.
                }
            }
            Stmt::If { init, cond, then, otherwise } => {
                if let Some(init) = init {
                    self.stmt(func, init, Some(id), frame, depth, out);
                }
                self.expr(func, cond, ErrorUse::Other, false, frame, depth, out);
                let then = self.block(func, then, frame, depth);
                let otherwise = self.block(func, otherwise, frame, depth);
                if !then.is_empty() || !otherwise.is_empty() {
                    let deps = self.deps(at(cond));
                    out.push(Node::Branch(Branch { cond: at(cond), deps, asks: self.asks(at(cond)), then, otherwise }));
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
            Stmt::Send { channel, value } => {
                self.expr(func, channel, ErrorUse::Other, false, frame, depth, out);
                self.expr(func, value, ErrorUse::Other, false, frame, depth, out);
            }
            Stmt::Block(block) => out.extend(self.block(func, block, frame, depth)),
            Stmt::Jump(_) => out.push(Node::Exit(Exit::Jump)),
            Stmt::Try { body, handler, finalizer, .. } => {
                out.extend(self.block(func, body, frame, depth));
                out.extend(self.block(func, handler, frame, depth));
                out.extend(self.block(func, finalizer, frame, depth));
            }
        }
    }

    fn cases(&mut self, func: Fn, subject: ExprId, cases: Stmts, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let facts = self.flow.types.program.facts(func.file);
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
                (if state { Asks::State } else { Asks::Case }, if subject.is_none() { Vec::new() } else { self.deps(on) })
            };
            out.push(Node::Branch(Branch { cond: site, deps, asks, then, otherwise: Vec::new() }));
        }
    }

    fn ret(&mut self, func: Fn, values: Exprs, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let facts = self.flow.types.program.facts(func.file);
        let values = facts.list(values);
        for &value in values {
            self.expr(func, value, ErrorUse::Returned, false, frame, depth, out);
        }
        let exit = match values.last().map(|&v| facts.expr(v)) {
            None if self.gives_error(func) => Exit::Forward,
            None | Some(Expr::Nil) => Exit::Success,
            Some(Expr::Call { callee, .. }) => match facts.expr(callee) {
                Expr::Field { base, name } => {
                    let made = matches!(
                        (facts.expr(base), facts.text(name)),
                        (Expr::Name(_), "New" | "Errorf" | "Wrap" | "Wrapf" | "WithMessage" | "Error")
                    );
                    if made { Exit::Failure } else { Exit::Forward }
                }
                _ => Exit::Forward,
            },
            Some(Expr::Name(name)) if self.gives_error(func) => {
                let _ = name;
                Exit::Failure
            }
            Some(_) if self.gives_error(func) => Exit::Failure,
            Some(_) => Exit::Success,
        };
        out.push(Node::Exit(exit));
    }

    fn gives_error(&self, func: Fn) -> bool {
        let facts = self.flow.types.program.facts(func.file);
        let decl = facts.func(func.func);
        facts.params(&decl.results).last().is_some_and(|r| {
            matches!(facts.expr(r.ty), Expr::Name(name) if facts.text(name) == "error")
        })
    }

    /// Visits an expression: arguments before the call they are given to.
    #[allow(clippy::too_many_arguments)]
    fn expr(&mut self, func: Fn, id: ExprId, error: ErrorUse, detached: bool, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        if id.is_none() {
            return;
        }
        let facts = self.flow.types.program.facts(func.file);
        match facts.expr(id) {
            Expr::Call { callee, args, .. } => {
                if let Expr::Field { base, .. } = facts.expr(callee) {
                    self.expr(func, base, ErrorUse::Other, false, frame, depth, out);
                }
                for &arg in facts.list(args) {
                    self.expr(func, arg, ErrorUse::Other, false, frame, depth, out);
                }
                self.call(func, id, error, detached, frame, depth, out);
            }
            Expr::Composite { entries, .. } => {
                for &entry in facts.list(entries) {
                    self.expr(func, entry, ErrorUse::Other, false, frame, depth, out);
                }
                self.literal(func, id, depth, out);
            }
            Expr::Str(_) => self.literal(func, id, depth, out),
            Expr::Field { base, .. } | Expr::Slice(base) | Expr::Unary { operand: base, .. } => {
                self.expr(func, base, error, detached, frame, depth, out);
            }
            Expr::Index { base, args } => {
                self.expr(func, base, ErrorUse::Other, false, frame, depth, out);
                for &arg in facts.list(args) {
                    self.expr(func, arg, ErrorUse::Other, false, frame, depth, out);
                }
            }
            Expr::Binary { left, right, .. } => {
                self.expr(func, left, ErrorUse::Other, false, frame, depth, out);
                self.expr(func, right, ErrorUse::Other, false, frame, depth, out);
            }
            Expr::Assert { value, .. } => self.expr(func, value, ErrorUse::Other, false, frame, depth, out),
            Expr::Name(name) => self.named_text(func, id, name, depth, out),
            _ => {}
        }
    }

    /// SQL kept in a constant counts where it is used.
    fn named_text(&mut self, func: Fn, id: ExprId, name: crate::syntax::facts::Sym, depth: u32, out: &mut Vec<Node>) {
        let site = Site { file: func.file, expr: id };
        if self.flow.types.local(site, name).is_some() {
            return;
        }
        if let Some(super::program::Decl::Global(global)) = self.flow.types.program.lookup(func.file, name) {
            let facts = self.flow.types.program.facts(global.file);
            let value = facts.globals[global.index as usize].value;
            if !value.is_none() && matches!(facts.expr(value), Expr::Str(_)) {
                let rules = self.rules_at(Site { file: global.file, expr: value });
                self.step(site, func, rules, ErrorUse::None, depth, out);
            }
        }
    }

    fn literal(&mut self, func: Fn, id: ExprId, depth: u32, out: &mut Vec<Node>) {
        let site = Site { file: func.file, expr: id };
        let rules = self.rules_at(site);
        self.step(site, func, rules, ErrorUse::None, depth, out);
    }

    fn step(&mut self, site: Site, func: Fn, rules: Vec<RuleId>, error: ErrorUse, depth: u32, out: &mut Vec<Node>) {
        if !rules.is_empty() {
            self.nodes += 1;
            out.push(Node::Step(Step { site, func, rules, error, depth, into: None, inner: Vec::new(), detached: false }));
        }
    }

    fn rules_at(&self, site: Site) -> Vec<RuleId> {
        let start = self.flow.matches.partition_point(|m| m.site < site);
        self.flow.matches[start..].iter().take_while(|m| m.site == site).map(|m| m.rule).collect()
    }

    #[allow(clippy::too_many_arguments)]
    fn call(&mut self, func: Fn, id: ExprId, error: ErrorUse, detached: bool, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let site = Site { file: func.file, expr: id };
        let rules = self.rules_at(site);
        let error = if self.returns_nothing(site) { ErrorUse::None } else { error };
        let role = |role: Role| rules.iter().any(|&r| self.flow.index.rule(r).role == role);
        if self.nodes > NODES {
            out.push(Node::Cut(Cut { site, why: CutReason::Budget }));
            return;
        }
        let targets = if role(Role::ObserverTrigger) {
            self.subscribers(site, &rules, frame)
        } else if role(Role::MediatorSend) {
            self.mediated(site, &rules, frame)
        } else {
            self.targets(site, frame)
        };
        let mut followed = false;
        // While the message is handed on as it came, it is still in the consumer's hands.
        let deeper = depth + u32::from(!self.hands_on(func, id));
        for closure in &targets {
            let target = closure.func;
            if self.stack.contains(&target) {
                continue;
            }
            if deeper > self.max_depth {
                self.step(site, func, rules.clone(), error, depth, out);
                // A named role says what the call does; a hand-over only that something follows.
                if rules.is_empty() || role(Role::ObserverTrigger) || role(Role::MediatorSend) {
                    out.push(Node::Cut(Cut { site, why: CutReason::Depth }));
                }
                // A function literal among the arguments belongs to this layer.
                self.callbacks(func, id, &[], frame, depth, out);
                return;
            }
            let visits = self.visits.entry(target).or_default();
            *visits += 1;
            if *visits > VISITS {
                continue;
            }
            let mut binding = binding_of(&self.eval, site, target);
            if closure.receiver.is_some() {
                binding.receiver.clone_from(&closure.receiver);
            }
            let bound = self.bind_in(&binding, frame);
            let mut inner_frame = closure.env.clone();
            inner_frame.push(bound);
            self.calls.push(site);
            let inner = self.function(target, &inner_frame, deeper);
            self.calls.pop();
            let interesting = inner.iter().any(matters);
            if interesting || !rules.is_empty() {
                self.nodes += 1;
                followed = true;
                out.push(Node::Step(Step {
                    site,
                    func,
                    rules: rules.clone(),
                    error,
                    depth,
                    into: Some(target),
                    inner,
                    detached,
                }));
            }
        }
        if !followed && !rules.is_empty() {
            self.nodes += 1;
            out.push(Node::Step(Step { site, func, rules, error, depth, into: None, inner: Vec::new(), detached }));
        } else if targets.is_empty() && self.unresolved(site) {
            out.push(Node::Cut(Cut { site, why: CutReason::Unresolved }));
        }
        self.callbacks(func, id, &targets, frame, depth, out);
    }

    /// Whether a call passes on what the function itself was given, other than a context.
    fn hands_on(&self, func: Fn, id: ExprId) -> bool {
        let facts = self.flow.types.program.facts(func.file);
        let Expr::Call { args, .. } = facts.expr(id) else { return false };
        facts.list(args).iter().any(|&arg| {
            let value = self.eval.value(Site { file: func.file, expr: arg });
            matches!(value.free(), Some(super::value::Free::Param(owner, _)) if owner == func)
                && match &value {
                    Value::Param(..) => !self.is_context(&value),
                    Value::Field(..) | Value::Made(_) => true,
                    _ => false,
                }
                || matches!(&value, Value::Object(object) if object.open)
        })
    }

    fn is_context(&self, value: &Value) -> bool {
        match self.eval.type_of(value) {
            Type::External(path, _) => self.flow.types.program.external(path) == "context",
            _ => false,
        }
    }

    /// Closures given to library calls run there (transactions, iterations).
    fn callbacks(&mut self, func: Fn, id: ExprId, targets: &[Arc<Closure>], frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        if !targets.is_empty() {
            return;
        }
        let facts = self.flow.types.program.facts(func.file);
        let Expr::Call { args, .. } = facts.expr(id) else { return };
        for &arg in facts.list(args) {
            if let Expr::Closure(inner) = facts.expr(arg) {
                let target = Fn { file: func.file, func: inner };
                if !self.stack.contains(&target) {
                    let nodes = self.function(target, frame, depth);
                    // An exit of the closure is not an exit of this function.
                    out.extend(nodes.into_iter().filter(|n| !matches!(n, Node::Exit(_))));
                }
            }
        }
    }

    fn returns_nothing(&self, site: Site) -> bool {
        match self.flow.graph.at(site).map(|c| &c.callee) {
            Some(Callee::Tree(targets)) => targets.first().is_some_and(|&t| self.flow.types.program.func(t).results.is_empty()),
            Some(Callee::Abstract(func)) => self.flow.types.program.func(*func).results.is_empty(),
            _ => false,
        }
    }

    fn unresolved(&self, site: Site) -> bool {
        matches!(self.flow.graph.at(site).map(|c| &c.callee), Some(Callee::Abstract(_) | Callee::Dynamic))
    }

    fn bind_in(&self, binding: &Binding, frame: &[Binding]) -> Binding {
        let put = |value: &Value| frame.iter().rev().fold(value.clone(), |v, b| self.eval.substitute(&v, b));
        Binding {
            func: binding.func,
            args: binding.args.iter().map(put).collect(),
            receiver: binding.receiver.as_ref().map(put),
        }
    }

    fn value_in(&self, site: Site, frame: &[Binding]) -> Value {
        let value = self.eval.value(site);
        frame.iter().rev().fold(value, |v, b| self.eval.substitute(&v, b))
    }

    /// The functions a call runs, narrowed by what the frame knows of the receiver.
    fn targets(&mut self, site: Site, frame: &[Binding]) -> Vec<Arc<Closure>> {
        let program = self.flow.types.program;
        let facts = program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return Vec::new() };
        let plain = |func: Fn| Arc::new(Closure::plain(func));
        match self.flow.graph.at(site).map(|c| &c.callee) {
            Some(Callee::Tree(targets)) if targets.len() == 1 => vec![plain(targets[0])],
            Some(Callee::Tree(targets)) => {
                let narrowed = self.narrowed(site, callee, frame);
                if !narrowed.is_empty() {
                    return narrowed;
                }
                let registered: Vec<Fn> =
                    targets.iter().copied().filter(|&t| self.ingredients.has_method(self.flow, t)).collect();
                let candidates = if registered.is_empty() { targets.to_vec() } else { registered };
                // Code in another service's folder does not run in this one's process.
                let near = candidates.into_iter().filter(|t| self.same_service(t.file));
                near.take(8).map(plain).collect()
            }
            Some(Callee::Library { method: true, .. }) => self.held_callbacks(site),
            Some(Callee::Dynamic | Callee::Abstract(_)) => {
                let value = self.value_in(Site { file: site.file, expr: callee }, frame);
                let mut found: Vec<Arc<Closure>> = Vec::new();
                for value in everything(&self.eval, &self.flow.graph, &value, 6) {
                    for item in value.items() {
                        if let Some(closure) = item.function()
                            && self.flow.types.has_body(closure.func)
                            && !found.iter().any(|c| c.func == closure.func)
                        {
                            found.push(closure.clone());
                        }
                    }
                }
                found.truncate(8);
                found
            }
            _ => Vec::new(),
        }
    }

    /// A library calls back what it was given: `handler.Handle(…)` on a handler that the library
    /// made from the closures of the registration.
    fn held_callbacks(&self, site: Site) -> Vec<Arc<Closure>> {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return Vec::new() };
        let Expr::Field { name, .. } = facts.expr(callee) else { return Vec::new() };
        if !matches!(facts.text(name), "Handle" | "HandleMessage" | "HandleEvent" | "HandleFunc" | "Process" | "Consume" | "Execute") {
            return Vec::new();
        }
        self.ingredients.closures.iter().map(|&f| Arc::new(Closure::plain(f))).collect()
    }

    /// The method of the concrete value behind an interface, when the frame or the type's
    /// constructors tell which it is.
    fn narrowed(&self, site: Site, callee: ExprId, frame: &[Binding]) -> Vec<Arc<Closure>> {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Field { base, name } = facts.expr(callee) else { return Vec::new() };
        let name = facts.text(name);
        let value = self.value_in(Site { file: site.file, expr: base }, frame);
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for value in everything(&self.eval, &self.flow.graph, &value, 5) {
            let ty = self.eval.type_of(&value);
            if let Type::Named(id, _) = &ty
                && !self.flow.types.is_interface(*id)
                && let Some(Member::Method(func)) = self.flow.types.member(&ty, name)
                && self.flow.types.has_body(func)
                && !found.iter().any(|c| c.func == func)
            {
                found.push(Arc::new(Closure::method(func, value)));
            }
        }
        found.truncate(8);
        found
    }

    /// The subscribers registered for the event a trigger names, those of the same service first.
    fn subscribers(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> Vec<Arc<Closure>> {
        let Some(names) = self.named(site, rules, Role::ObserverTrigger, frame) else { return Vec::new() };
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for m in &self.flow.matches {
            let rule = self.flow.index.rule(m.rule);
            if rule.role != Role::ObserverSubscribe || !self.same_service(m.site.file) {
                continue;
            }
            let topics: Vec<Arc<str>> = rule
                .topic
                .iter()
                .flat_map(|s| super::select::select(&self.eval, m.site, s).strings())
                .collect();
            if !topics.iter().any(|t| names.contains(t)) {
                continue;
            }
            for selector in &rule.handler {
                let value = super::select::select(&self.eval, m.site, selector);
                for item in value.items() {
                    for concrete in everything(&self.eval, &self.flow.graph, &item, 5) {
                        self.add_handler(&concrete, &mut found);
                    }
                }
            }
        }
        found
    }

    fn same_service(&self, file: u32) -> bool {
        match (self.service, self.flow.attribution.owner(file)) {
            (Some(service), Some(owner)) => service == owner,
            _ => true,
        }
    }

    fn add_handler(&self, value: &Value, found: &mut Vec<Arc<Closure>>) {
        let closure = match value {
            Value::Func(closure) => Some(closure.clone()),
            other => super::endpoints::method_handler(&self.eval, other),
        };
        if let Some(closure) = closure
            && !found.iter().any(|c| c.func == closure.func)
        {
            found.push(closure);
        }
    }

    fn named(&self, site: Site, rules: &[RuleId], role: Role, frame: &[Binding]) -> Option<Vec<Arc<str>>> {
        let rule = rules.iter().map(|&r| self.flow.index.rule(r)).find(|r| r.role == role)?;
        let mut names = Vec::new();
        for selector in &rule.topic {
            let value = super::select::select(&self.eval, site, selector);
            let value = frame.iter().rev().fold(value, |v, b| self.eval.substitute(&v, b));
            names.extend(everything(&self.eval, &self.flow.graph, &value, 5).iter().flat_map(Value::strings));
        }
        Some(names)
    }

    /// The handlers registered for the type of request a mediator is sent.
    fn mediated(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> Vec<Arc<Closure>> {
        let Some(rule) = rules.iter().map(|&r| self.flow.index.rule(r)).find(|r| r.role == Role::MediatorSend) else {
            return Vec::new();
        };
        let mut wanted: Vec<Type> = Vec::new();
        for selector in &rule.value {
            let value = super::select::select(&self.eval, site, selector);
            let value = frame.iter().rev().fold(value, |v, b| self.eval.substitute(&v, b));
            wanted.push(self.eval.type_of(&value));
        }
        wanted.retain(|t| matches!(t, Type::Named(..)));
        let mut found = Vec::new();
        for m in &self.flow.matches {
            let register = self.flow.index.rule(m.rule);
            if register.role != Role::MediatorRegister {
                continue;
            }
            let takes = register.handler.iter().flat_map(|s| super::select::select(&self.eval, m.site, s).items());
            for value in takes {
                for concrete in everything(&self.eval, &self.flow.graph, &value, 5) {
                    let mut handlers = Vec::new();
                    self.add_handler(&concrete, &mut handlers);
                    for handler in handlers {
                        if self.takes_one_of(handler.func, &wanted) && !found.iter().any(|c: &Arc<Closure>| c.func == handler.func) {
                            found.push(handler);
                        }
                    }
                }
            }
        }
        found
    }

    fn takes_one_of(&self, func: Fn, wanted: &[Type]) -> bool {
        let facts = self.flow.types.program.facts(func.file);
        facts.params(&facts.func(func.func).params).iter().any(|p| {
            let ty = self.flow.types.named_by(Site { file: func.file, expr: p.ty });
            matches!(ty, Type::Named(..)) && wanted.contains(&ty)
        })
    }

    /// What becomes of the error of `targets = values`, judged by the statement that follows.
    fn assigned_error(&self, func: Fn, targets: Exprs, values: Exprs, next: Option<StmtId>) -> ErrorUse {
        let facts = self.flow.types.program.facts(func.file);
        let targets = facts.list(targets);
        if facts.list(values).len() > 1 {
            return ErrorUse::Other;
        }
        let Some(&last) = targets.last() else { return ErrorUse::Other };
        let Expr::Name(name) = facts.expr(last) else { return ErrorUse::Other };
        let text = facts.text(name);
        if text == "_" {
            return ErrorUse::Dropped;
        }
        if !text.to_ascii_lowercase().contains("err") {
            return ErrorUse::Other;
        }
        match next.map(|id| facts.stmt(id)) {
            Some(Stmt::If { cond, then, .. }) if self.mentions(func.file, cond, text) => self.error_arm(func, cond, then),
            Some(Stmt::Return(_)) => ErrorUse::Returned,
            _ => ErrorUse::Other,
        }
    }

    fn error_arm(&self, func: Fn, cond: ExprId, then: Stmts) -> ErrorUse {
        let facts = self.flow.types.program.facts(func.file);
        if !matches!(facts.expr(cond), Expr::Binary { op: BinaryOp::NotEqual, .. }) {
            return ErrorUse::Other;
        }
        match facts.block(then).last().map(|&s| facts.stmt(s)) {
            Some(Stmt::Return(values)) => match facts.list(values).last().map(|&v| facts.expr(v)) {
                Some(Expr::Nil) => ErrorUse::Swallowed,
                None if self.gives_error(func) => ErrorUse::Returned,
                None => ErrorUse::Swallowed,
                _ => ErrorUse::Returned,
            },
            Some(Stmt::Throw(_)) => ErrorUse::Returned,
            Some(Stmt::Jump(_)) => ErrorUse::Swallowed,
            _ => ErrorUse::Logged,
        }
    }

    fn mentions(&self, file: u32, id: ExprId, name: &str) -> bool {
        let facts = self.flow.types.program.facts(file);
        let mut found = false;
        super::walk::exprs(facts, id, &mut |e| {
            if let Expr::Name(n) = facts.expr(e) {
                found |= facts.text(n) == name;
            }
        });
        found
    }

    /// The calls whose results an expression rests on, through local names.
    pub fn deps(&self, site: Site) -> Vec<Site> {
        let mut found = Vec::new();
        self.collect_deps(site, &mut found, 4, self.calls.len());
        found.sort_unstable();
        found.dedup();
        found
    }

    fn collect_deps(&self, site: Site, found: &mut Vec<Site>, depth: u8, level: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let facts = self.flow.types.program.facts(site.file);
        let mut names = Vec::new();
        super::walk::exprs(facts, site.expr, &mut |e| match facts.expr(e) {
            Expr::Call { .. } => found.push(Site { file: site.file, expr: e }),
            Expr::Name(name) => names.push((e, name)),
            _ => {}
        });
        for (expr, name) in names {
            let Some((owner, def)) = self.flow.types.local(Site { file: site.file, expr }, name) else { continue };
            match def.kind {
                DefKind::Value(value, _) => {
                    self.collect_deps(Site { file: owner.file, expr: value }, found, depth, level);
                }
                // What the caller gave rests on what the caller knew.
                DefKind::Param(_) | DefKind::Receiver => {
                    if let Some(level) = level.checked_sub(1)
                        && let Some(given) = self.given(self.calls[level], def.kind)
                    {
                        self.collect_deps(given, found, depth, level);
                    }
                }
                _ => {}
            }
        }
    }

    /// The expression a call gives for a parameter or receiver.
    fn given(&self, call: Site, kind: DefKind) -> Option<Site> {
        let facts = self.flow.types.program.facts(call.file);
        let Expr::Call { callee, args, .. } = facts.expr(call.expr) else { return None };
        let expr = match kind {
            DefKind::Param(i) => *facts.list(args).get(i as usize)?,
            _ => match facts.expr(callee) {
                Expr::Field { base, .. } => base,
                _ => return None,
            },
        };
        Some(Site { file: call.file, expr })
    }

    fn is_state(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Field { name, .. } => is_state_name(facts.text(name)),
            Expr::Name(name) => is_state_name(facts.text(name)),
            Expr::Call { callee, .. } => match facts.expr(callee) {
                Expr::Field { name, .. } => is_state_name(facts.text(name)),
                _ => false,
            },
            _ => false,
        }
    }

    /// What a condition asks.
    pub fn asks(&self, site: Site) -> Asks {
        let facts = self.flow.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        match facts.expr(site.expr) {
            Expr::Binary { op: BinaryOp::And, left, right } | Expr::Binary { op: BinaryOp::Or, left, right } => {
                let (left, right) = (self.asks(at(left)), self.asks(at(right)));
                // The part that says most decides: `err == nil && existing != nil`.
                let rank = |a: &Asks| match a {
                    Asks::Conflict => 6,
                    Asks::State => 5,
                    Asks::Presence | Asks::Absence => 4,
                    Asks::Given | Asks::NotGiven => 3,
                    Asks::Error => 2,
                    Asks::Case => 1,
                    Asks::Other => 0,
                };
                if rank(&right) > rank(&left) { right } else { left }
            }
            Expr::Unary { op: crate::syntax::facts::UnaryOp::Not, operand } => match self.asks(at(operand)) {
                Asks::Presence => Asks::Absence,
                Asks::Absence => Asks::Presence,
                Asks::Given => Asks::NotGiven,
                other => other,
            },
            Expr::Binary { op, left, right } => self.compares(site, op, left, right),
            Expr::Name(name) => {
                let text = facts.text(name).to_ascii_lowercase();
                if text.contains("err") { Asks::Error } else { Asks::Presence }
            }
            Expr::Call { callee, .. } => match facts.expr(callee) {
                Expr::Field { name, .. } | Expr::Name(name) => call_asks(facts.text(name), &self.flow.types.program.render(site)),
                _ => Asks::Other,
            },
            Expr::Field { name, .. } => {
                if is_state_name(facts.text(name)) { Asks::State } else { Asks::Presence }
            }
            _ => Asks::Other,
        }
    }

    fn compares(&self, site: Site, op: BinaryOp, left: ExprId, right: ExprId) -> Asks {
        let facts = self.flow.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        let text = self.flow.types.program.render(at(left)).to_ascii_lowercase();
        let equal = match op {
            BinaryOp::Equal => true,
            BinaryOp::NotEqual => false,
            BinaryOp::Greater | BinaryOp::GreaterEqual => {
                return if matches!(facts.expr(right), Expr::Number(_)) { Asks::Presence } else { Asks::Other };
            }
            _ => return Asks::Other,
        };
        match facts.expr(right) {
            Expr::Nil if text == "err" || text.ends_with("err") || text.ends_with("error") => Asks::Error,
            Expr::Nil => if equal { Asks::Absence } else { Asks::Presence },
            Expr::Bool(value) => if equal == value { Asks::Presence } else { Asks::Absence },
            Expr::Str(s) if facts.text(s).is_empty() => if equal { Asks::NotGiven } else { Asks::Given },
            Expr::Number(n) if facts.text(n) == "0" => if equal { Asks::Absence } else { Asks::Presence },
            _ if is_conflict(&self.flow.types.program.render(at(right))) || is_conflict(&text) => Asks::Conflict,
            _ if self.is_state(at(left)) || self.is_state(at(right)) => Asks::State,
            _ if text.ends_with("err") => Asks::Error,
            _ => Asks::Other,
        }
    }
}

fn call_asks(name: &str, text: &str) -> Asks {
    match name {
        "Is" | "As" if is_conflict(text) => Asks::Conflict,
        "Is" | "As" => Asks::Error,
        _ if is_conflict(name) => Asks::Conflict,
        _ if name.starts_with("Is") && is_state_name(&name[2..]) => Asks::State,
        _ => Asks::Presence,
    }
}

/// Words for "it is there already" in error values and helper names.
fn is_conflict(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["duplicate", "alreadyexist", "already_exist", "uniqueviolation", "unique_violation", "23505", "1062", "isconstrainterror", "isuniqueconstraint", "alreadyprocessed", "conflict", "taskidconflict", "dupkey"]
        .iter()
        .any(|word| text.replace(' ', "").contains(word))
}

fn is_state_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["status", "state", "phase", "stage", "completed", "cancelled", "canceled", "processed", "fulfilled", "applied", "paid", "closed", "deletedat", "voided", "version"]
        .iter()
        .any(|word| name.ends_with(word))
}

/// What a registration is made of: the closures in its arguments and the types they build,
/// followed through local names and the functions that make the handler.
#[derive(Debug, Default)]
pub struct Ingredients {
    /// Closures, in order.
    pub closures: Vec<Fn>,
    /// Types built or returned, in order.
    pub types: Vec<super::program::Ty>,
}

const INGREDIENTS: usize = 4_000;

impl Ingredients {
    /// Collects what the call at `place` is made of.
    pub fn of(flow: &Flow<'_>, place: Site) -> Ingredients {
        let mut found = Ingredients::default();
        let mut seen = rustc_hash::FxHashSet::default();
        let facts = flow.types.program.facts(place.file);
        if let Expr::Call { args, .. } = facts.expr(place.expr) {
            for &arg in facts.list(args) {
                found.collect(flow, Site { file: place.file, expr: arg }, 4, &mut seen);
            }
        }
        found
    }

    fn collect(&mut self, flow: &Flow<'_>, site: Site, depth: u8, seen: &mut rustc_hash::FxHashSet<Site>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let facts = flow.types.program.facts(site.file);
        let mut inside = Vec::new();
        super::walk::exprs(facts, site.expr, &mut |e| inside.push(e));
        for expr in inside {
            let at = Site { file: site.file, expr };
            if seen.len() > INGREDIENTS || !seen.insert(at) {
                continue;
            }
            match facts.expr(expr) {
                Expr::Closure(func) => {
                    self.closures.push(Fn { file: site.file, func });
                    self.body(flow, Fn { file: site.file, func }, depth, seen);
                }
                Expr::Call { .. } => {
                    if let Type::Named(ty, _) = flow.types.of(at) {
                        self.add_type(flow, ty);
                    }
                    if let Some(Callee::Tree(targets)) = flow.graph.at(at).map(|c| &c.callee)
                        && let [target] = **targets
                    {
                        self.returned(flow, target, depth, seen);
                    }
                }
                Expr::Composite { ty, .. } if !ty.is_none() => {
                    if let Type::Named(ty, _) = flow.types.named_by(Site { file: site.file, expr: ty }) {
                        self.add_type(flow, ty);
                    }
                }
                Expr::Name(name) => {
                    if let Some((owner, def)) = flow.types.local(at, name)
                        && let DefKind::Value(value, _) = def.kind
                    {
                        self.collect(flow, Site { file: owner.file, expr: value }, depth, seen);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_type(&mut self, flow: &Flow<'_>, ty: super::program::Ty) {
        if !flow.types.is_interface(ty) && !self.types.contains(&ty) {
            self.types.push(ty);
        }
    }

    /// The statements of a closure: builders nest them.
    fn body(&mut self, flow: &Flow<'_>, func: Fn, depth: u8, seen: &mut rustc_hash::FxHashSet<Site>) {
        let facts = flow.types.program.facts(func.file);
        let Some(body) = facts.func(func.func).body else { return };
        let mut calls = Vec::new();
        for &stmt in facts.block(body) {
            super::walk::exprs_of_stmt(facts, stmt, &mut |e| {
                if matches!(facts.expr(e), Expr::Call { .. }) {
                    calls.push(e);
                }
            });
        }
        for expr in calls {
            self.collect(flow, Site { file: func.file, expr }, depth, seen);
        }
    }

    /// What a function that makes a handler returns.
    fn returned(&mut self, flow: &Flow<'_>, func: Fn, depth: u8, seen: &mut rustc_hash::FxHashSet<Site>) {
        let file = flow.types.program.file(func.file);
        for &list in &file.scopes[func.func.0 as usize].returns {
            for &expr in file.facts.list(list) {
                self.collect(flow, Site { file: func.file, expr }, depth, seen);
            }
        }
        // The concrete type behind an interface result.
        if let Value::Object(object) = Eval::new(flow.types).returned(func, 0)
            && let Type::Named(ty, _) = object.ty
        {
            self.add_type(flow, ty);
        }
    }

    /// Whether `func` is a method of a type the registration builds.
    pub fn has_method(&self, flow: &Flow<'_>, func: Fn) -> bool {
        matches!(flow.types.receiver_type(func), Type::Named(ty, _) if self.types.contains(&ty))
    }
}

/// Whether a node says anything about roles, directly or below.
fn matters(node: &Node) -> bool {
    match node {
        Node::Step(_) | Node::Cut(_) => true,
        Node::Branch(branch) => branch.then.iter().chain(&branch.otherwise).any(matters),
        Node::Loop(nodes) => nodes.iter().any(matters),
        Node::Exit(_) => false,
    }
}

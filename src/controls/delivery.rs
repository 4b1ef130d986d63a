//! Delivery: what becomes of a message whose handling fails. It may be acknowledged all the same
//! and is lost, or come again for ever although it can never be read.
//!
//! The trace is walked with the failure that a path carries: what it is, once its error was looked
//! at and not passed on. A path that parks the message, or asks for it again, carries none.

use crate::audit::Status;
use crate::flow::path::{Branch, ErrorUse, Exit, Node, Step, Trace};
use crate::flow::program::{Fn, Program, Site};
use crate::flow::scope::DefKind;
use crate::flow::{Flow, promises, walk};
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Lang, Stmt, Stmts, UnaryOp};

use super::finding::{Draft, place};
use super::steps;
use super::table::{Signals, Table};
use super::verdict::{Examined, Subject, evidence};

/// What a message is received for: when it fails, the message is not handled.
const WORK: [Role; 9] = [
    Role::Decode,
    Role::EffectInsert,
    Role::EffectUpsert,
    Role::EffectUpdate,
    Role::EffectTransition,
    Role::EffectIncrement,
    Role::EffectDelete,
    Role::EffectCharge,
    Role::OutboxWrite,
];
/// The message is not lost: it is kept, comes again, or was refused for the broker to park.
const KEPT: [Role; 4] = [Role::DeadLetter, Role::Requeue, Role::Reject, Role::Retry];
/// Help for the message, not what it is received for.
const ASIDE: [Role; 10] = [
    Role::CacheGet,
    Role::CacheSet,
    Role::CacheInvalidate,
    Role::DedupeCheck,
    Role::DedupeClaim,
    Role::DedupeMark,
    Role::DedupeRelease,
    Role::Validate,
    Role::Log,
    Role::OutboxCleanup,
];
/// Calls from the handler within which a failure is one of handling the message: loops that receive
/// hand each message to a function. Deeper failures are often let pass.
const NEAR: u32 = 2;

/// What becomes of the consumer's failures before a dead-letter target could see them:
/// `swallows-some` where a failure of its work ends as if all were well, `swallows-all` where the
/// handler never ends otherwise.
pub fn signals(subject: &Subject<'_, '_>, examined: &Examined, table: &Table) -> Signals {
    let mut signals = Signals::new();
    // One that cannot be decoded is often let pass on purpose.
    if lost(subject, examined, table).is_some_and(|lost| !lost.failure.decode) {
        signals.insert("swallows-some");
    }
    let never = |(handler, trace): &(Fn, Trace)| {
        answers(subject, *handler, table) && never_fails(subject.flow, *handler) && lets_pass(&trace.nodes)
            || subject.consumer.dead_letter_builtin && catches_all(subject.flow, *handler)
    };
    if !examined.traces.is_empty() && examined.traces.iter().all(never) {
        signals.insert("swallows-all");
    }
    signals
}

/// Whether the broker takes the handler's end without error for an acknowledgement.
fn answers(subject: &Subject<'_, '_>, handler: Fn, table: &Table) -> bool {
    let flow = subject.flow;
    let acknowledges = table.names("acknowledges-success").contains(&subject.consumer.framework);
    acknowledges && flow.types.gives_error(handler) && !asks_again(flow, handler)
}

/// Whether a function looks at the error of a call and goes on or ends as if all were well.
fn lets_pass(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Step(step) => matches!(step.error, ErrorUse::Logged | ErrorUse::Swallowed),
        Node::Branch(branch) => lets_pass(&branch.then) || lets_pass(&branch.otherwise),
        Node::Loop(body) => lets_pass(body),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

/// Whether all that a function does stands in a `try` whose `catch` ends as if all were well, and says
/// nothing of the message to anybody but a log: a library that parks what throws hears of nothing.
fn catches_all(flow: &Flow<'_>, func: Fn) -> bool {
    let program = flow.types.program;
    let facts = program.facts(func.file);
    if facts.lang != Lang::TypeScript {
        return false;
    }
    let Some(body) = program.func(func).body else { return false };
    let waits = |expr: ExprId| matches!(facts.expr(expr), Expr::Unary { op: UnaryOp::Await, .. });
    let mut caught = false;
    for &id in facts.block(body) {
        match facts.stmt(id) {
            Stmt::Try { body, handler, .. } if !facts.block(handler).is_empty() => {
                if tells(program, func, handler) || gives_promise(flow, func.file, body) {
                    return false;
                }
                caught = true;
            }
            // What is taken apart before, and what is said behind.
            Stmt::Assign { values, .. } => {
                let mut found = false;
                for &value in facts.list(values) {
                    walk::exprs(facts, value, &mut |expr| found |= waits(expr));
                }
                if found {
                    return false;
                }
            }
            Stmt::Return(_) | Stmt::Expr(_) if caught => {}
            Stmt::Expr(expr) if !waits(expr) => {}
            _ => return false,
        }
    }
    caught
}

/// Whether a block returns a promise without waiting for it: what fails there fails outside of the
/// `try` around it.
fn gives_promise(flow: &Flow<'_>, file: u32, block: Stmts) -> bool {
    let facts = flow.types.program.facts(file);
    let mut found = false;
    walk::stmts(facts, block, &mut |stmt| {
        if let Stmt::Return(values) = stmt {
            let last = facts.list(values).last();
            found |= last.is_some_and(|&expr| promises::given(flow, Site { file, expr }));
        }
    });
    found
}

/// Whether a block throws, or calls something on or with what its function takes.
fn tells(program: &Program, func: Fn, block: Stmts) -> bool {
    let facts = program.facts(func.file);
    let params = facts.params(&program.func(func).params);
    let message = |expr: ExprId| match facts.expr(expr) {
        Expr::Name(name) => params.iter().any(|param| param.name == name),
        _ => false,
    };
    let mut found = false;
    walk::stmts(facts, block, &mut |stmt| found |= matches!(stmt, Stmt::Throw(_)));
    for &id in facts.block(block) {
        walk::exprs_of_stmt(facts, id, &mut |expr| {
            let Expr::Call { callee, args, .. } = facts.expr(expr) else { return };
            let on = match facts.expr(callee) {
                Expr::Field { base, .. } => base,
                _ => callee,
            };
            found |= message(on) || facts.list(args).iter().any(|&arg| message(arg));
        });
    }
    found
}

/// Whether every return of a function that could give an error gives none.
fn never_fails(flow: &Flow<'_>, func: Fn) -> bool {
    let file = flow.types.program.file(func.file);
    let returns = &file.scopes[func.func.0 as usize].returns;
    let none = |values: &[ExprId]| values.last().is_some_and(|&v| matches!(file.facts.expr(v), Expr::Nil));
    !returns.is_empty() && returns.iter().all(|&values| none(file.facts.list(values)))
}

/// The first failure that a handler answers for as if all were well.
fn lost(subject: &Subject<'_, '_>, examined: &Examined, table: &Table) -> Option<Lost> {
    let flow = subject.flow;
    // A handler that parks messages decides which; what it lets pass is meant to.
    let parks = |(_, trace): &&(Fn, Trace)| steps::first(flow, &trace.nodes, &[Role::DeadLetter]).is_some();
    examined.traces.iter().filter(|t| !parks(t)).find_map(|(handler, trace)| {
        let answers = answers(subject, *handler, table);
        let mut walk = Walk { flow, answers, seen: Vec::new(), lost: None };
        walk.function(&trace.nodes, State::default(), true);
        walk.lost
    })
}

/// The findings of one consumer.
pub fn findings(
    subject: &Subject<'_, '_>,
    examined: &Examined,
    service: &str,
    dead_letter: Status,
    table: &Table,
) -> Vec<Draft> {
    let flow = subject.flow;
    let mut out: Vec<Draft> =
        lost(subject, examined, table).map(|lost| lost.draft(subject, service)).into_iter().collect();
    if dead_letter == Status::Missing {
        let redelivers = table.names("redelivers-failures").contains(&subject.consumer.framework);
        let poison = examined.traces.iter().find_map(|(handler, trace)| {
            let again = redelivers.then_some(*handler);
            undecodable(flow, again, &trace.nodes)
        });
        out.extend(poison.map(|(decode, answer)| {
            let mut draft = draft("poison-on-decode-error", subject, service, decode);
            draft.evidence.push(evidence(flow, decode, Role::Decode.name()));
            draft.evidence.extend(answer.map(|site| evidence(flow, site, Role::Requeue.name())));
            draft
        }));
    }
    out
}

fn draft(rule: &'static str, subject: &Subject<'_, '_>, service: &str, at: Site) -> Draft {
    let topic = &subject.consumer.topic.name;
    let mut draft = Draft::new(rule, service, "", place(subject.flow, at));
    draft.fill.push(("topic", topic.clone()));
    draft
}

/// A message acknowledged after its handling failed.
#[derive(Clone, Copy)]
struct Lost {
    failure: Failure,
    /// The acknowledgement; `None` where the handler ends as if all were well.
    ack: Option<Site>,
}

impl Lost {
    fn draft(self, subject: &Subject<'_, '_>, service: &str) -> Draft {
        let flow = subject.flow;
        let Failure { site, decode } = self.failure;
        let mut draft = draft("ack-on-error", subject, service, self.ack.unwrap_or(site));
        draft.evidence = vec![evidence(flow, site, if decode { Role::Decode.name() } else { "effect" })];
        draft.evidence.extend(self.ack.map(|ack| evidence(flow, ack, Role::Ack.name())));
        if decode {
            draft.signals.insert("undecodable");
        }
        let (path, line) = flow.types.program.place(site);
        draft.fill.push(("failure", format!("{} ({path}:{line})", called(flow, site))));
        draft
    }
}

/// The name of what is called, for people.
fn called(flow: &Flow<'_>, site: Site) -> String {
    let program = flow.types.program;
    match program.facts(site.file).expr(site.expr) {
        Expr::Call { callee, .. } => {
            let text = program.render(Site { file: site.file, expr: callee });
            text.rsplit('.').next().unwrap_or_default().to_owned()
        }
        _ => "the write".to_owned(),
    }
}

/// A call that failed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Failure {
    site: Site,
    /// The payload could not be read.
    decode: bool,
}

/// What a path carries.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct State {
    failed: Option<Failure>,
}

struct Walk<'f, 'a> {
    flow: &'f Flow<'a>,
    /// The broker takes a handler's end without error for an acknowledgement.
    answers: bool,
    /// Calls passed so far whose error says that the message is not handled.
    seen: Vec<Failure>,
    lost: Option<Lost>,
}

impl Walk<'_, '_> {
    /// The state with which a function ends without an error; `None` when it never does.
    fn function(&mut self, nodes: &[Node], before: State, outermost: bool) -> Option<State> {
        let mut ways = Ways::default();
        let end = self.nodes(nodes, Some(before), &mut ways);
        if let Some(failure) = ways.success.and_then(|state| state.failed)
            && outermost
            && self.answers
        {
            self.lost.get_or_insert(Lost { failure, ack: None });
        }
        join(ways.success, end)
    }

    fn nodes(&mut self, nodes: &[Node], before: Option<State>, ways: &mut Ways) -> Option<State> {
        let mut state = before;
        for node in nodes {
            let now = state?;
            state = match node {
                Node::Step(step) => Some(self.step(step, now)),
                Node::Branch(branch) => self.branch(branch, now, ways),
                Node::Loop(body) => {
                    let mut inner = Ways::default();
                    let end = self.nodes(body, Some(now), &mut inner);
                    ways.success = join(ways.success, inner.success);
                    join(Some(now), join(end, inner.jump))
                }
                Node::Exit(Exit::Success) => {
                    ways.success = join(ways.success, Some(now));
                    None
                }
                Node::Exit(Exit::Jump) => {
                    ways.jump = join(ways.jump, Some(now));
                    None
                }
                Node::Exit(Exit::Failure | Exit::Forward) => None,
                Node::Cut(_) => Some(now),
            };
        }
        state
    }

    fn step(&mut self, step: &Step, before: State) -> State {
        let flow = self.flow;
        if steps::plays(flow, step, &KEPT) || steps::first(flow, &step.inner, &[Role::DeadLetter]).is_some() {
            return State::default();
        }
        if steps::plays(flow, step, &[Role::Ack]) {
            if let Some(failure) = before.failed {
                self.lost.get_or_insert(Lost { failure, ack: Some(step.site) });
            }
            return before;
        }
        if step.detached {
            // Beside the function, or at its end: it has paths of its own.
            self.function(&step.inner, State::default(), false);
            return before;
        }
        if before.failed.is_some() && steps::first(flow, &step.inner, &[Role::Publisher]).is_some()
            || steps::plays(flow, step, &[Role::Publisher])
        {
            // What is sent after a failure tells of it.
            return State::default();
        }
        if steps::plays(flow, step, &ASIDE) {
            return before;
        }
        let inside = self.function(&step.inner, before, false);
        if let Some(decode) = self.work(step) {
            let failure = Failure { site: step.site, decode };
            self.seen.push(failure);
            if step.error == ErrorUse::Logged {
                return State { failed: Some(failure) };
            }
        }
        // A function that could tell of a failure and does not means to let it pass.
        let silent = step.into.is_some_and(|func| !flow.types.gives_error(func));
        State { failed: before.failed.or(inside.filter(|_| silent).and_then(|s| s.failed)) }
    }

    /// Whether a call does what the message is received for, and if so whether all it does is to
    /// read the payload.
    fn work(&self, step: &Step) -> Option<bool> {
        let flow = self.flow;
        if step.depth > NEAR || steps::first(flow, &step.inner, &[Role::Publisher]).is_some() {
            return None;
        }
        if steps::plays(flow, step, &[Role::Decode]) {
            return Some(true);
        }
        let effects = &WORK[1..];
        if steps::plays(flow, step, effects) || steps::first(flow, &step.inner, effects).is_some() {
            return Some(false);
        }
        returned(flow, &step.inner).map(|_| true)
    }

    fn branch(&mut self, branch: &Branch, now: State, ways: &mut Ways) -> Option<State> {
        let asked = asked(self.flow, branch.cond);
        let failure = self.seen.iter().rev().copied().find(|f| asked.contains(&f.site));
        let clean = State { failed: now.failed.filter(|f| !asked.contains(&f.site)) };
        let failed = State { failed: failure.or(now.failed) };
        let way = match compares(self.flow, branch.cond).filter(|_| failure.is_some()) {
            Some(BinaryOp::NotEqual) => Some((failed, clean)),
            Some(BinaryOp::Equal) => Some((clean, failed)),
            _ => None,
        };
        let (then, otherwise) = way.unwrap_or_default();
        let then = self.nodes(&branch.then, Some(then), ways);
        let otherwise = self.nodes(&branch.otherwise, Some(otherwise), ways);
        let mut behind = join(then, otherwise)?;
        if way.is_none() {
            // What else a condition asks may have to do with the failure: inside its arms nobody
            // can say, and one that answers for the message answers for good.
            let answers = |nodes: &[Node]| steps::first(self.flow, nodes, &KEPT).is_some();
            let open = !answers(&branch.then) && !answers(&branch.otherwise);
            behind.failed = behind.failed.or(now.failed.filter(|_| open));
        }
        Some(behind)
    }
}

/// The call whose error a condition compares, with those it is chained to (`db.Create(x).Error`).
fn asked(flow: &Flow<'_>, cond: Site) -> Vec<Site> {
    let facts = flow.types.program.facts(cond.file);
    let at = |expr| Site { file: cond.file, expr };
    let Expr::Binary { left, .. } = facts.expr(cond.expr) else { return Vec::new() };
    let mut expr = match facts.expr(left) {
        Expr::Name(name) => match flow.types.local(at(left), name).map(|(_, def)| def.kind) {
            Some(DefKind::Value(value, _)) => value,
            _ => return Vec::new(),
        },
        _ => left,
    };
    let mut chain = Vec::new();
    loop {
        expr = match facts.expr(expr) {
            Expr::Call { callee, .. } => {
                chain.push(at(expr));
                callee
            }
            Expr::Field { base, .. } => base,
            _ => return chain,
        };
    }
}

/// The states with which paths leave.
#[derive(Default)]
struct Ways {
    success: Option<State>,
    jump: Option<State>,
}

/// Either of two states: a failure that may be there is.
fn join(a: Option<State>, b: Option<State>) -> Option<State> {
    match (a, b) {
        (Some(a), Some(b)) => Some(State { failed: a.failed.or(b.failed) }),
        (a, b) => a.or(b),
    }
}

/// The operator of a comparison with nil.
fn compares(flow: &Flow<'_>, cond: Site) -> Option<BinaryOp> {
    let facts = flow.types.program.facts(cond.file);
    match facts.expr(cond.expr) {
        Expr::Binary { op, right, .. } if matches!(facts.expr(right), Expr::Nil) => Some(op),
        _ => None,
    }
}

/// A decoding whose failure makes the message come again, with the answer that says so: the handler
/// `again`, whose error the broker takes for one, fails with it; or its error is answered by a requeue.
fn undecodable(flow: &Flow<'_>, again: Option<Fn>, nodes: &[Node]) -> Option<(Site, Option<Site>)> {
    let mut decodes: Vec<Site> = Vec::new();
    for node in nodes {
        let found = match node {
            Node::Step(step) => {
                let fails = steps::plays(flow, step, &[Role::Decode]).then_some(step.site);
                let fails = fails.or_else(|| returned(flow, &step.inner));
                decodes.extend(fails.map(|_| step.site));
                let passed_on =
                    again.filter(|&func| step.error == ErrorUse::Returned && retries(flow, func, step.site));
                passed_on.and(fails).map(|site| (site, None)).or_else(|| {
                    // A helper that is given the message answers for it.
                    undecodable(flow, None, &step.inner)
                })
            }
            Node::Branch(branch) => {
                let asked = asked(flow, branch.cond).into_iter().find(|site| decodes.contains(site));
                let failed = compares(flow, branch.cond) == Some(BinaryOp::NotEqual);
                let answer = asked.filter(|_| failed).and_then(|decode| {
                    let requeue = certain(flow, &branch.then)?;
                    Some((decode, Some(requeue)))
                });
                answer
                    .or_else(|| undecodable(flow, again, &branch.then))
                    .or_else(|| undecodable(flow, again, &branch.otherwise))
            }
            Node::Loop(body) => undecodable(flow, again, body),
            Node::Exit(_) | Node::Cut(_) => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A requeue that stands behind no further question.
fn certain(flow: &Flow<'_>, nodes: &[Node]) -> Option<Site> {
    nodes.iter().find_map(|node| match node {
        Node::Step(step) if steps::plays(flow, step, &[Role::Requeue]) => Some(step.site),
        Node::Step(step) => certain(flow, &step.inner),
        _ => None,
    })
}

/// A decoding whose error a function passes on.
fn returned(flow: &Flow<'_>, nodes: &[Node]) -> Option<Site> {
    nodes.iter().find_map(|node| match node {
        Node::Step(step) if step.error != ErrorUse::Returned => None,
        Node::Step(step) if steps::plays(flow, step, &[Role::Decode]) => Some(step.site),
        Node::Step(step) => returned(flow, &step.inner),
        Node::Branch(branch) => returned(flow, &branch.then).or_else(|| returned(flow, &branch.otherwise)),
        Node::Loop(body) => returned(flow, body),
        Node::Exit(_) | Node::Cut(_) => None,
    })
}

/// Whether a handler that fails with the error of `call` asks for the message again. One whose first
/// result is a bool says so with it.
fn retries(flow: &Flow<'_>, handler: Fn, call: Site) -> bool {
    let program = flow.types.program;
    let facts = program.facts(handler.file);
    let decl = facts.func(handler.func);
    let asks = says_whether(flow, handler);
    let Some(body) = decl.body.filter(|_| asks) else { return true };
    let mut after = false;
    answer(flow, call, body, &mut after).unwrap_or(false)
}

/// Whether a handler's first result is a bool: whether it wants the message again.
fn says_whether(flow: &Flow<'_>, handler: Fn) -> bool {
    let facts = flow.types.program.facts(handler.file);
    let results = facts.params(&facts.func(handler.func).results);
    results
        .first()
        .is_some_and(|r| matches!(facts.expr(r.ty), Expr::Name(name) if facts.text(name) == "bool"))
}

/// Whether a handler somewhere asks for the message again without an error.
fn asks_again(flow: &Flow<'_>, handler: Fn) -> bool {
    let facts = flow.types.program.facts(handler.file);
    let returns = &flow.types.program.file(handler.file).scopes[handler.func.0 as usize].returns;
    says_whether(flow, handler)
        && returns.iter().any(|values| match facts.list(*values) {
            [first, .., last] => {
                !matches!(facts.expr(*first), Expr::Bool(false)) && matches!(facts.expr(*last), Expr::Nil)
            }
            _ => false,
        })
}

/// The first result of the first return behind `call`.
fn answer(flow: &Flow<'_>, call: Site, body: Stmts, after: &mut bool) -> Option<bool> {
    let facts = flow.types.program.facts(call.file);
    for &id in facts.block(body) {
        if let Stmt::Return(values) = facts.stmt(id)
            && *after
        {
            let first = facts.list(values).first()?;
            return Some(matches!(facts.expr(*first), Expr::Bool(true)));
        }
        walk::exprs_of_stmt(facts, id, &mut |expr| *after |= expr == call.expr);
        let found = match facts.stmt(id) {
            Stmt::If { then, otherwise, .. } => {
                answer(flow, call, then, after).or_else(|| answer(flow, call, otherwise, after))
            }
            Stmt::Block(body) | Stmt::Loop { body, .. } => answer(flow, call, body, after),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

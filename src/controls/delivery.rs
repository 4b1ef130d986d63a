//! Delivery: what becomes of a message whose handling fails. It may be acknowledged all the same
//! and is lost, or come again for ever although it can never be read.
//!
//! The trace is walked with the failure that a path carries: what it is, once its error was looked
//! at and not passed on. A path that parks the message, or asks for it again, carries none.

mod acked;
mod carried;
mod counted;
mod told;
mod unread;

use crate::audit::Status;
use crate::flow::path::{ErrorUse, Knowledge, Node, Trace};
use crate::flow::program::{Fn, Program, Site};
use crate::flow::{Consumer, Flow, promises, walk};
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Lang, Stmt, Stmts, UnaryOp};

use super::finding::{Draft, place};
use super::scan::lasts;
use super::steps;
use super::table::{Signals, Table};
use super::verdict::{Examined, Subject, evidence};
use carried::{Failure, Lost, Of, Tells, asked};

/// What becomes of the consumer's failures before a dead-letter target could see them:
/// `swallows-some` where a failure of its work ends as if all were well, `unparked` where one of keeping
/// the message does, `swallows-all` where the
/// handler never ends otherwise. `counted` where what is put back is put back while a count allows it,
/// `passes-unread` where one that cannot be read is passed over by a handler that keeps others,
/// `tells-failures` where something is published of a failure, `answers-failures` where that is an answer
/// with which the message is done.
pub fn signals(subject: &Subject<'_, '_>, examined: &Examined, table: &Table) -> Signals {
    let mut signals = Signals::new();
    match lost(subject, examined, table).map(|lost| lost.failure.of) {
        Some(Of::Work) => signals.extend(["swallows-some"]),
        Some(Of::Parking) => signals.extend(["unparked"]),
        // One that cannot be decoded is often let pass on purpose.
        Some(Of::Decode) | None => {}
    }
    let never = |(handler, trace): &(Fn, Trace)| {
        answers(subject, *handler, table) && never_fails(subject.flow, *handler) && lets_pass(&trace.nodes)
            || subject.consumer.dead_letter_builtin && catches_all(subject.flow, *handler)
    };
    if !examined.traces.is_empty() && examined.traces.iter().all(never) {
        signals.insert("swallows-all");
    }
    if examined
        .traces
        .iter()
        .any(|(_, trace)| carried::lets_pass_some(subject.flow, &trace.nodes, &mut Vec::new()))
    {
        signals.insert("lets-pass");
    }
    if examined.traces.iter().any(|(_, trace)| acked::after_refusal(subject.flow, &trace.nodes)) {
        signals.insert("acks-refused");
    }
    let keeps = keeps(subject);
    let by_position = table.names("acknowledges-by-position").contains(&subject.consumer.transport);
    let acks = subject.scan.is_some_and(|scan| scan.of(Role::Ack).next().is_some());
    let handling = unread::Handling { flow: subject.flow, keeps: &keeps, acknowledges: acks && !by_position };
    if examined.traces.iter().any(|(_, trace)| handling.passes_unread(&trace.nodes)) {
        signals.insert("passes-unread");
    }
    let mut sends_on = false;
    for (_, trace) in &examined.traces {
        steps::each(&trace.nodes, &mut |step| sends_on |= step.sends_on);
    }
    signals.extend(sends_on.then_some("sends-on"));
    signals.extend(examined.stops.map(|_| "stops"));
    if examined.traces.iter().any(|(_, trace)| counted::counts(subject.flow, &trace.nodes, table)) {
        signals.insert("counted");
    }
    if examined.traces.iter().any(|(_, trace)| told::publishes(subject.flow, &trace.nodes)) {
        signals.insert("tells-failures");
    }
    if examined.traces.iter().any(|(_, trace)| told::answers(subject.flow, &trace.nodes)) {
        signals.insert("answers-failures");
    }
    signals
}

/// Where a message that fails ends the function that reads one after the other, if no caller runs that
/// in a loop of its own: the call whose error ends it.
pub fn stops(known: &Knowledge<'_, '_>, consumer: &Consumer, traces: &[(Fn, Trace)]) -> Option<Site> {
    let (flow, program) = (known.flow, known.flow.types.program);
    let reader = consumer.site.and_then(|site| program.owner(site))?;
    let mut own = traces.iter().filter(|(func, _)| *func == reader);
    let ends = own.find_map(|(_, trace)| loop_ends(flow, &trace.nodes, false))?;
    let again = flow.graph.calls_of(program.outermost(reader)).any(|call| {
        let caller = call.func.map(|func| known.trace(program.outermost(func), Some(1)));
        caller.is_some_and(|caller| in_loop(&caller.nodes, call.site, false))
    });
    (!again).then_some(ends)
}

/// The call in a loop that does something with a message, and whose error ends the function around the
/// loop.
fn loop_ends(flow: &Flow<'_>, nodes: &[Node], inside: bool) -> Option<Site> {
    nodes.iter().find_map(|node| match node {
        Node::Loop(body) => loop_ends(flow, body, true),
        Node::Step(step) => {
            let ends = inside
                && !step.detached
                && step.error == ErrorUse::Returned
                && (steps::first(flow, &step.inner, &[Role::Decode]).is_some() || lasts(flow, &step.inner));
            ends.then_some(step.site)
        }
        Node::Branch(branch) => {
            [&branch.then, &branch.otherwise].iter().find_map(|arm| loop_ends(flow, arm, inside))
        }
        Node::Exit(_) | Node::Cut(_) => None,
    })
}

/// Whether the call at `site` stands in a loop.
fn in_loop(nodes: &[Node], site: Site, inside: bool) -> bool {
    nodes.iter().any(|node| match node {
        Node::Loop(body) => in_loop(body, site, true),
        Node::Step(step) => inside && step.site == site || in_loop(&step.inner, site, inside),
        Node::Branch(branch) => {
            in_loop(&branch.then, site, inside) || in_loop(&branch.otherwise, site, inside)
        }
        Node::Cut(cut) => inside && cut.site == site,
        Node::Exit(_) => false,
    })
}

/// Whether the broker takes the handler's end without error for an acknowledgement.
fn answers(subject: &Subject<'_, '_>, handler: Fn, table: &Table) -> bool {
    let flow = subject.flow;
    let acknowledges = table.names("acknowledges-success").contains(&subject.consumer.framework);
    acknowledges && flow.types.can_fail(handler) && !asks_again(flow, handler)
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

/// Calls that keep a message that failed.
fn keeps(subject: &Subject<'_, '_>) -> Vec<Site> {
    subject.scan.into_iter().flat_map(|scan| scan.of(Role::DeadLetter).map(|seen| seen.site)).collect()
}

/// The first failure that a handler answers for as if all were well.
fn lost(subject: &Subject<'_, '_>, examined: &Examined, table: &Table) -> Option<Lost> {
    let flow = subject.flow;
    let keeps = keeps(subject);
    examined.traces.iter().find_map(|(handler, trace)| {
        let answers = answers(subject, *handler, table);
        let parks = steps::first(flow, &trace.nodes, &[Role::DeadLetter]).is_some();
        let tells = match flow.types.program.facts(handler.file).lang {
            Lang::TypeScript => Tells::Throwing,
            Lang::Go | Lang::Rust => Tells::Giving,
        };
        carried::lost(flow, &trace.nodes, answers, parks, tells, &keeps)
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

impl Lost {
    fn draft(self, subject: &Subject<'_, '_>, service: &str) -> Draft {
        let flow = subject.flow;
        let Failure { site, of } = self.failure;
        let mut draft = draft("ack-on-error", subject, service, self.ack.unwrap_or(site));
        let role = match of {
            Of::Work => "effect",
            Of::Decode => Role::Decode.name(),
            Of::Parking => Role::DeadLetter.name(),
        };
        draft.evidence = vec![evidence(flow, site, role)];
        draft.evidence.extend(self.ack.map(|ack| evidence(flow, ack, Role::Ack.name())));
        match of {
            Of::Work => {}
            Of::Decode => draft.signals.extend(["undecodable"]),
            Of::Parking => draft.signals.extend(["unparked"]),
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
            Node::Branch(branch) if branch.caught => {
                let failed = branch.deps.iter().copied().find(|site| decodes.contains(site));
                failed.and_then(|decode| Some((decode, Some(certain(flow, &branch.then)?))))
            }
            Node::Branch(branch) => {
                let asked = asked(flow, branch.cond).into_iter().find(|site| decodes.contains(site));
                let failed = steps::against_nil(flow, branch.cond) == Some(BinaryOp::NotEqual);
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

//! The walk over a trace with the failure that each path carries.

use crate::controls::scan::CHANGES;
use crate::controls::steps;
use crate::flow::Flow;
use crate::flow::path::{Asks, Branch, ErrorUse, Exit, Node, Step};
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr};

use super::returned;

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

/// A message acknowledged after its handling failed.
#[derive(Clone, Copy)]
pub(super) struct Lost {
    /// What failed.
    pub failure: Failure,
    /// The acknowledgement; `None` where the handler ends as if all were well.
    pub ack: Option<Site>,
}

/// A call that failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    /// Where.
    pub site: Site,
    /// What it was to do.
    pub of: Of,
}

/// What a call is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// What the message is received for.
    Work,
    /// Keeping a message that failed.
    Parking,
    /// Reading the payload.
    Decode,
}

/// How a function tells of its failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    /// By throwing: what it gives on beside is a success.
    Throwing,
    /// By a value, which it may give on as another function gave it.
    Giving,
}

/// What a path carries.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct State {
    failed: Option<Failure>,
}

/// The first failure on a path that is answered for as if all were well; `answers`, `parks`, `tells`
/// and `keeps` are of [`Walk`].
pub(super) fn lost(
    flow: &Flow<'_>,
    nodes: &[Node],
    answers: bool,
    parks: bool,
    tells: Tells,
    keeps: &[Site],
) -> Option<Lost> {
    let (seen, caught) = (Vec::new(), Vec::new());
    let mut walk = Walk { flow, answers, parks, tells, keeps, seen, caught, throws: false, lost: None };
    walk.function(nodes, State::default(), true);
    walk.lost
}

struct Walk<'f, 'a> {
    flow: &'f Flow<'a>,
    /// The broker takes a handler's end without error for an acknowledgement.
    answers: bool,
    /// The handler parks messages: it decides which, and what it lets pass is meant to, unless it is the
    /// parking that failed.
    parks: bool,
    tells: Tells,
    /// Calls that keep a message that failed, those that send it to a topic for such included.
    keeps: &'f [Site],
    /// Calls passed so far whose error says that the message is not handled.
    seen: Vec<Failure>,
    /// Calls that a `catch` further on answers for: when they fail, nothing before it runs.
    caught: Vec<Site>,
    /// What fails here leads to such a `catch`.
    throws: bool,
    lost: Option<Lost>,
}

impl Walk<'_, '_> {
    /// The state with which a function ends without an error; `None` when it never does.
    fn function(&mut self, nodes: &[Node], before: State, outermost: bool) -> Option<State> {
        let mut ways = Ways::default();
        let end = self.nodes(nodes, Some(before), &mut ways);
        let success = join(ways.success, end);
        if let Some(failure) = success.and_then(|state| state.failed)
            && outermost
            && self.answers
        {
            self.lose(failure, None);
        }
        success
    }

    fn nodes(&mut self, nodes: &[Node], before: Option<State>, ways: &mut Ways) -> Option<State> {
        let mut state = before;
        let known = self.caught.len();
        self.caught.extend(nodes.iter().flat_map(|node| match node {
            Node::Branch(branch) if branch.caught => &branch.deps[..],
            _ => &[],
        }));
        for node in nodes {
            if let Node::Branch(branch) = node
                && branch.caught
            {
                state = join(self.thrown(branch, state, ways), state);
                continue;
            }
            let Some(now) = state else { continue };
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
                // What gives on what another function gave failed only where that failed.
                Node::Exit(Exit::Forward) if self.tells == Tells::Throwing => {
                    ways.success = join(ways.success, Some(now));
                    None
                }
                Node::Exit(Exit::Failure | Exit::Forward) => None,
                Node::Cut(_) => Some(now),
            };
        }
        self.caught.truncate(known);
        state
    }

    /// The state behind a `catch` that ran, whatever the body of its `try` came to.
    fn thrown(&mut self, branch: &Branch, now: Option<State>, ways: &mut Ways) -> Option<State> {
        // One that throws in places decides which failures it lets pass.
        if exits(&branch.then, Exit::Failure) {
            return self.nodes(&branch.then, Some(State::default()), ways);
        }
        let failures = self.seen.iter().copied().filter(|failure| branch.deps.contains(&failure.site));
        let failed = failures.min_by_key(|failure| failure.of).or(now.and_then(|state| state.failed));
        self.nodes(&branch.then, Some(State { failed }), ways)
    }

    fn step(&mut self, step: &Step, before: State) -> State {
        let flow = self.flow;
        let mut keeps = self.keeps.contains(&step.site) || steps::plays(flow, step, &[Role::DeadLetter]);
        keeps |= steps::first(flow, &step.inner, &[Role::DeadLetter]).is_some();
        steps::each(&step.inner, &mut |inner| keeps |= self.keeps.contains(&inner.site));
        if keeps {
            return self.park(step, before);
        }
        if steps::plays(flow, step, &KEPT) {
            return State::default();
        }
        if steps::plays(flow, step, &[Role::Ack]) {
            if let Some(failure) = before.failed {
                self.lose(failure, Some(step.site));
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
        let outer = self.throws;
        self.throws |= self.caught.contains(&step.site);
        let inside = self.function(&step.inner, before, false);
        let throws = std::mem::replace(&mut self.throws, outer);
        if let Some(of) = self.work(step) {
            let failure = Failure { site: step.site, of };
            self.seen.push(failure);
            if step.error == ErrorUse::Logged && !throws {
                return State { failed: Some(failure) };
            }
        }
        // A function that could tell of a failure and does not means to let it pass.
        let silent = step.into.is_some_and(|func| !flow.types.gives_error(func));
        State { failed: before.failed.or(inside.filter(|_| silent).and_then(|s| s.failed)) }
    }

    /// The state behind a call that keeps the message: a failure of it that nobody acts on is one of the
    /// message.
    fn park(&mut self, step: &Step, before: State) -> State {
        let inside = self.function(&step.inner, before, false).and_then(|state| state.failed);
        let failure = Failure { site: step.site, of: Of::Parking };
        self.seen.push(failure);
        let ignored = matches!(step.error, ErrorUse::Dropped | ErrorUse::Logged) && !self.throws;
        let ignored = ignored && !self.caught.contains(&step.site);
        State { failed: ignored.then_some(failure).or(inside.filter(|failure| failure.of == Of::Parking)) }
    }

    fn lose(&mut self, failure: Failure, ack: Option<Site>) {
        if !self.parks || failure.of == Of::Parking {
            self.lost.get_or_insert(Lost { failure, ack });
        }
    }

    /// What a call does of what the message is received for.
    fn work(&self, step: &Step) -> Option<Of> {
        let flow = self.flow;
        if step.depth > NEAR || steps::first(flow, &step.inner, &[Role::Publisher]).is_some() {
            return None;
        }
        if steps::plays(flow, step, &[Role::Decode]) {
            return Some(Of::Decode);
        }
        if steps::plays(flow, step, &CHANGES) || steps::first(flow, &step.inner, &CHANGES).is_some() {
            return Some(Of::Work);
        }
        returned(flow, &step.inner).map(|_| Of::Decode)
    }

    fn branch(&mut self, branch: &Branch, now: State, ways: &mut Ways) -> Option<State> {
        let asked = asked(self.flow, branch.cond);
        let failure = self.seen.iter().rev().copied().find(|f| asked.contains(&f.site));
        let clean = State { failed: now.failed.filter(|f| !asked.contains(&f.site)) };
        let failed = State { failed: failure.or(now.failed) };
        let way = match steps::against_nil(self.flow, branch.cond).filter(|_| failure.is_some()) {
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
            let answers = |nodes: &[Node]| {
                let mut keeps = steps::first(self.flow, nodes, &KEPT).is_some();
                steps::each(nodes, &mut |step| keeps |= self.keeps.contains(&step.site));
                keeps
            };
            let open = !answers(&branch.then) && !answers(&branch.otherwise);
            behind.failed = behind.failed.or(now.failed.filter(|_| open));
        }
        Some(behind)
    }
}

/// Whether a failure on the path is let pass as if all were well. That may be meant, which is why nothing
/// is lost for certain. `aside` are the calls so far that only help with the message.
pub(super) fn lets_pass_some(flow: &Flow<'_>, nodes: &[Node], aside: &mut Vec<Site>) -> bool {
    nodes.iter().any(|node| match node {
        Node::Step(step) if step.detached => false,
        Node::Step(step) if steps::plays(flow, step, &ASIDE) || steps::plays(flow, step, &KEPT) => {
            aside.push(step.site);
            false
        }
        Node::Step(step) => {
            let does = |roles: &[Role]| {
                steps::plays(flow, step, roles) || steps::first(flow, &step.inner, roles).is_some()
            };
            let works = || does(&CHANGES) || does(&[Role::Decode, Role::EffectHttp, Role::Publisher]);
            let passes = match step.error {
                ErrorUse::Logged | ErrorUse::Dropped => works(),
                // The function ends: what was to be done with what it read is not.
                ErrorUse::Swallowed => works() || does(&[Role::Read]),
                _ => false,
            };
            passes || lets_pass_some(flow, &step.inner, aside)
        }
        Node::Branch(branch) => {
            // `if errors.Is(err, ErrCorrupt) { return nil }`
            let asks = branch.asks == Asks::Error && !steps::asks_for_absence(flow, branch.cond);
            let failed = steps::on_failure(flow, branch).or(asks.then_some(&branch.then[..]));
            let failed = failed.unwrap_or_default();
            let quiet = exits(failed, Exit::Success) && steps::first(flow, failed, &KEPT).is_none();
            quiet && branch.deps.iter().any(|call| !aside.contains(call))
                || lets_pass_some(flow, &branch.then, aside)
                || lets_pass_some(flow, &branch.otherwise, aside)
        }
        Node::Loop(body) => lets_pass_some(flow, body, aside),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

/// Whether nodes of one function end it in a way somewhere.
fn exits(nodes: &[Node], how: Exit) -> bool {
    nodes.iter().any(|node| match node {
        Node::Exit(exit) => *exit == how,
        Node::Branch(branch) => exits(&branch.then, how) || exits(&branch.otherwise, how),
        Node::Loop(body) => exits(body, how),
        Node::Step(_) | Node::Cut(_) => false,
    })
}

/// The call whose error a condition compares, with those it is chained to (`db.Create(x).Error`).
pub(super) fn asked(flow: &Flow<'_>, cond: Site) -> Vec<Site> {
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
            Expr::Field { base, .. } | Expr::Unary { operand: base, .. } => base,
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

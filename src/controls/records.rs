//! Records of messages that do not hold: a claim that outlives a failed attempt, a record kept for
//! too short a time, a key that no second delivery has.
//!
//! The trace is walked with what the calls on the way were given, so that a key or a time to live
//! that a project's own store is handed is read where it is named.

use std::sync::OnceLock;

use regex::RegexSet;

use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::path::{ErrorUse, Node, Step};
use crate::flow::program::Site;
use crate::flow::pure::{duration_seconds, text_seconds};
use crate::flow::resolve::{binding_of, everything};
use crate::flow::select::select;
use crate::flow::value::{Binding, Value};
use crate::rules::{Matcher, Role, Selector, Start};

use super::finding::{Draft, place};
use super::scan::{GuardKind, HARMFUL, HARMLESS, Scan};
use super::steps;
use super::table::{Signals, Table};
use super::verdict::{Examined, Subject, evidence};

/// What a record of messages does.
const RECORDS: [Role; 3] = [Role::DedupeCheck, Role::DedupeClaim, Role::DedupeMark];
/// What gives a claim back, whatever it is called: the key or the row is removed.
const RELEASES: [Role; 3] = [Role::DedupeRelease, Role::CacheInvalidate, Role::EffectDelete];

/// The findings of one consumer.
/// `again` says that the broker delivers anew what the handler fails with.
pub fn findings(
    subject: &Subject<'_, '_>,
    examined: &Examined,
    service: &str,
    again: bool,
    table: &Table,
) -> Vec<Draft> {
    let Some(scan) = subject.scan else { return Vec::new() };
    let lists = Lists::of(table);
    let guarded = scan.guards.iter().any(|g| g.kind == GuardKind::Dedupe);
    let mut found = Vec::new();
    let eval = Eval::new(subject.flow.types);
    for (_, trace) in &examined.traces {
        records(subject.flow, &eval, &trace.nodes, &mut Vec::new(), lists, &mut found);
    }
    let mut out = Vec::new();
    if let Some(record) = found.iter().find(|r| r.fresh.is_some()) {
        let mut draft = draft("dedupe-unstable-key", subject, service, record);
        if record.fresh == Some(Fresh::Sometimes) {
            draft.signals.insert("sometimes");
        }
        out.push(draft);
    }
    let short = short(&found, lists).filter(|_| guarded);
    if let Some((record, seconds)) = short {
        let mut draft = draft("dedupe-ttl-too-short", subject, service, record);
        draft.fill.push(("kept", spoken(seconds)));
        out.push(draft);
    } else if guarded && again {
        out.extend(kept_claim(subject, examined, scan, service, &found));
    }
    out
}

/// Whether no second delivery has the key of the first: `never-same`.
pub fn signals(subject: &Subject<'_, '_>, examined: &Examined, table: &Table) -> Signals {
    let lists = Lists::of(table);
    let eval = Eval::new(subject.flow.types);
    let mut found = Vec::new();
    for (_, trace) in &examined.traces {
        records(subject.flow, &eval, &trace.nodes, &mut Vec::new(), lists, &mut found);
    }
    let mut keys = found.iter().map(|record| record.fresh);
    let always = !found.is_empty() && keys.all(|fresh| fresh == Some(Fresh::Always));
    let otherwise = !found.is_empty() && found.iter().all(|record| record.otherwise);
    let signals = [(always, "never-same"), (otherwise, "named-as-lock")];
    signals.into_iter().filter_map(|(seen, signal)| seen.then_some(signal)).collect()
}

fn draft(rule: &'static str, subject: &Subject<'_, '_>, service: &str, record: &Record) -> Draft {
    let topic = &subject.consumer.topic.name;
    let mut draft = Draft::new(rule, service, "", place(subject.flow, record.site));
    draft.evidence.push(evidence(subject.flow, record.site, record.role.name()));
    draft.fill.push(("topic", topic.clone()));
    draft
}

/// A check, claim or mark on the path.
#[derive(Debug)]
struct Record {
    site: Site,
    role: Role,
    /// How its key differs from one delivery to the next.
    fresh: Option<Fresh>,
    /// Seconds that it is kept, where that is known for certain.
    ttl: Option<u64>,
    /// The broker or the database keeps it outside the handler's transaction.
    outside: bool,
    /// Named or called as something other than a record of messages.
    otherwise: bool,
}

/// How often a key is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fresh {
    Always,
    /// Where the message brings none.
    Sometimes,
}

/// The records of a path, in order.
fn records(
    flow: &Flow<'_>,
    eval: &Eval<'_>,
    nodes: &[Node],
    frame: &mut Vec<Binding>,
    lists: &Lists,
    out: &mut Vec<Record>,
) {
    for node in nodes {
        match node {
            Node::Step(step) => {
                let role = RECORDS.iter().copied().find(|&role| steps::plays(flow, step, &[role]));
                if let Some(role) = role {
                    out.push(record(flow, eval, step, role, frame, lists));
                } else if steps::first(flow, &step.inner, &RECORDS).is_some() {
                    let entered = enter(eval, step, frame);
                    records(flow, eval, &step.inner, frame, lists, out);
                    frame.truncate(frame.len() - usize::from(entered));
                }
            }
            Node::Branch(branch) => {
                records(flow, eval, &branch.then, frame, lists, out);
                records(flow, eval, &branch.otherwise, frame, lists, out);
            }
            Node::Loop(body) => records(flow, eval, body, frame, lists, out),
            Node::Exit(_) | Node::Cut(_) => {}
        }
    }
}

/// Notes what a call gives to the function it leads into; says whether it did.
fn enter(eval: &Eval<'_>, step: &Step, frame: &mut Vec<Binding>) -> bool {
    let Some(func) = step.into else { return false };
    let binding = binding_of(eval, step.site, func);
    let put = |value: &Value| eval.within(value, frame);
    let bound = Binding {
        func,
        args: binding.args.iter().map(put).collect(),
        receiver: binding.receiver.as_ref().map(put),
    };
    frame.push(bound);
    true
}

fn record(
    flow: &Flow<'_>,
    eval: &Eval<'_>,
    step: &Step,
    role: Role,
    frame: &mut Vec<Binding>,
    lists: &Lists,
) -> Record {
    let program = flow.types.program;
    let key = key(flow, step, eval, frame);
    let mut ttls = Vec::new();
    let mut outside = steps::in_redis(flow, step);
    let entered = enter(eval, step, frame);
    steps::each(&step.inner, &mut |inner| outside |= steps::in_redis(flow, inner));
    lifetimes(flow, eval, step, frame, &mut ttls);
    frame.truncate(frame.len() - usize::from(entered));
    let called = program.render(step.site);
    let around = program.owner(step.site).map(|f| program.func_name(program.outermost(f)));
    let words = format!("{called} {} {}", around.unwrap_or_default(), key.render(program));
    Record {
        site: step.site,
        role,
        fresh: freshness(flow, &key, lists),
        ttl: ttls.into_iter().collect::<Option<Vec<u64>>>().and_then(|all| all.into_iter().max()),
        outside,
        otherwise: lists.otherwise.is_match(&words),
    }
}

/// The key a record is given. A call known by its name alone has it first, behind a context.
fn key(flow: &Flow<'_>, step: &Step, eval: &Eval<'_>, frame: &[Binding]) -> Value {
    for &id in &step.rules {
        let rule = flow.index.rule(id);
        if !RECORDS.contains(&rule.role) {
            continue;
        }
        let by_name = [0, 1].map(|i| Selector { start: Start::Arg(i), steps: Vec::new() });
        let selectors =
            if matches!(rule.matcher, Matcher::Function { .. }) { &by_name[..] } else { &rule.key[..] };
        let mut values = selectors.iter().map(|s| eval.within(&select(eval, step.site, s), frame));
        if let Some(value) = values.find(|value| !value.is_unset() && !eval.is_context(value)) {
            return value;
        }
    }
    Value::Unset
}

/// The times to live that a record and what it does inside are given; `None` for each not known.
fn lifetimes(
    flow: &Flow<'_>,
    eval: &Eval<'_>,
    step: &Step,
    frame: &mut Vec<Binding>,
    out: &mut Vec<Option<u64>>,
) {
    for &id in &step.rules {
        let selectors = &flow.index.rule(id).ttl;
        let mut values = selectors.iter().map(|s| eval.within(&select(eval, step.site, s), frame));
        if let Some(value) = values.find(|value| !value.is_unset()) {
            out.push(seconds(flow, eval, &value));
        }
    }
    below(flow, eval, &step.inner, frame, out);
}

fn below(
    flow: &Flow<'_>,
    eval: &Eval<'_>,
    nodes: &[Node],
    frame: &mut Vec<Binding>,
    out: &mut Vec<Option<u64>>,
) {
    for node in nodes {
        match node {
            Node::Step(step) => {
                let entered = enter(eval, step, frame);
                lifetimes(flow, eval, step, frame, out);
                frame.truncate(frame.len() - usize::from(entered));
            }
            Node::Branch(branch) => {
                below(flow, eval, &branch.then, frame, out);
                below(flow, eval, &branch.otherwise, frame, out);
            }
            Node::Loop(body) => below(flow, eval, body, frame, out),
            Node::Exit(_) | Node::Cut(_) => {}
        }
    }
}

/// A time to live, when every value it can have is known.
fn seconds(flow: &Flow<'_>, eval: &Eval<'_>, value: &Value) -> Option<u64> {
    if let Value::OneOf(items) = value {
        let all: Option<Vec<u64>> = items.iter().map(|item| seconds(flow, eval, item)).collect();
        return all?.into_iter().max();
    }
    let known = everything(eval, &flow.graph, value, 5);
    let all: Option<Vec<u64>> = known.iter().map(|v| duration_seconds(flow.types.program, v)).collect();
    all?.into_iter().max()
}

/// Whether a key is made anew for each delivery.
fn freshness(flow: &Flow<'_>, key: &Value, lists: &Lists) -> Option<Fresh> {
    match key {
        Value::OneOf(items) => {
            let each: Vec<bool> = items.iter().map(|item| is_fresh(flow, item, lists)).collect();
            match (each.iter().any(|&f| f), each.iter().all(|&f| f)) {
                (true, true) => Some(Fresh::Always),
                (true, false) => Some(Fresh::Sometimes),
                _ => None,
            }
        }
        other => is_fresh(flow, other, lists).then_some(Fresh::Always),
    }
}

/// Whether a value is made anew for each delivery, all of it or a part.
fn is_fresh(flow: &Flow<'_>, value: &Value, lists: &Lists) -> bool {
    fresh(flow, value, lists).is_some()
}

/// The call that makes a value, or a part of it, anew for each delivery.
pub(super) fn fresh(flow: &Flow<'_>, value: &Value, lists: &Lists) -> Option<Site> {
    let inside = |value: &Value| fresh(flow, value, lists);
    match value {
        Value::Made(made) => {
            let name = format!("{}.{}", flow.types.program.external(made.path), made.name);
            if lists.fresh.is_match(&name) {
                return Some(made.site);
            }
            // A date is the same for all that comes on it.
            if lists.rounds.is_match(&made.name) {
                return None;
            }
            made.args.iter().flat_map(|args| args.iter()).chain(&made.receiver).find_map(inside)
        }
        Value::Concat(parts) => parts.iter().find_map(inside),
        Value::Field(base, _) | Value::Element(base) => inside(base),
        Value::Call(call) => inside(call.conversion().unwrap_or(&call.callee)),
        _ => None,
    }
}

/// A record that is kept for less time than a delivery may take to come again, with its seconds.
/// Where a claim is confirmed by a mark, the mark's time counts.
fn short<'r>(found: &'r [Record], lists: &Lists) -> Option<(&'r Record, u64)> {
    let of = |role: Role| found.iter().filter(move |r| r.role == role);
    let last = if of(Role::DedupeMark).next().is_some() { Role::DedupeMark } else { Role::DedupeClaim };
    let kept = of(last).filter(|r| !r.otherwise).find_map(|r| Some((r, r.ttl?)))?;
    let longest = of(last).filter_map(|r| r.ttl).max()?;
    (longest < lists.shortest).then_some(kept)
}

/// A claim that stays where an effect behind it fails, so that the retry takes the message for a
/// repeat.
fn kept_claim(
    subject: &Subject<'_, '_>,
    examined: &Examined,
    scan: &Scan,
    service: &str,
    found: &[Record],
) -> Option<Draft> {
    let flow = subject.flow;
    let transacted = scan.roles.has(Role::TxBegin);
    if scan.roles.any(&RELEASES) || found.iter().any(|r| r.role == Role::DedupeMark) {
        return None;
    }
    let lasting = |r: &&Record| {
        r.role == Role::DedupeClaim && !r.otherwise && r.fresh.is_none() && (r.outside || !transacted)
    };
    let claim = found.iter().find(lasting)?;
    let failing = examined.traces.iter().find_map(|(handler, trace)| {
        let mut claimed = false;
        let fails = flow.types.can_fail(*handler);
        failing(flow, &trace.nodes, claim.site, &mut claimed).filter(|_| fails)
    })?;
    let mut draft = draft("dedupe-claim-not-released", subject, service, claim);
    draft.evidence.push(evidence(flow, failing, "effect"));
    let (path, line) = flow.types.program.place(failing);
    draft.fill.push(("effect", format!("{path}:{line}")));
    Some(draft)
}

/// The first effect behind the claim whose error every function on the way passes on.
fn failing(flow: &Flow<'_>, nodes: &[Node], claim: Site, claimed: &mut bool) -> Option<Site> {
    let effect = |step: &Step| steps::plays(flow, step, &HARMFUL) || steps::plays(flow, step, &HARMLESS);
    nodes.iter().find_map(|node| match node {
        Node::Step(step) if step.site == claim => {
            *claimed = true;
            None
        }
        Node::Step(step) if step.detached => None,
        Node::Step(step) => {
            let inner = failing(flow, &step.inner, claim, claimed);
            let inner = inner.filter(|_| step.error == ErrorUse::Returned);
            // The text of a statement has no error of its own, a chain of calls gives it last.
            let passed = matches!(step.error, ErrorUse::Returned | ErrorUse::None | ErrorUse::Other);
            inner.or_else(|| {
                (*claimed && step.inner.is_empty() && passed && effect(step)).then_some(step.site)
            })
        }
        Node::Branch(branch) => failing(flow, &branch.then, claim, claimed)
            .or_else(|| failing(flow, &branch.otherwise, claim, claimed)),
        Node::Loop(body) => failing(flow, body, claim, claimed),
        Node::Exit(_) | Node::Cut(_) => None,
    })
}

/// A time as people say it.
fn spoken(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// What the table lists, made ready once.
pub(super) struct Lists {
    /// Calls that give something new each time.
    fresh: RegexSet,
    /// Methods that make what is new coarse enough to be the same again.
    rounds: RegexSet,
    /// Words of what shares a library with records of messages and is none.
    otherwise: RegexSet,
    /// Names of fields that hold an id of what is stored.
    pub(super) ids: RegexSet,
    /// Seconds for which a record is kept at least.
    shortest: u64,
}

impl Lists {
    /// The lists of the embedded table.
    pub(super) fn of(table: &Table) -> &'static Lists {
        static LISTS: OnceLock<Lists> = OnceLock::new();
        LISTS.get_or_init(|| {
            let set = |key: &str| RegexSet::new(table.names(key)).unwrap_or_default();
            let shortest = table.names("kept-at-least").iter().find_map(|text| text_seconds(text));
            Lists {
                fresh: set("fresh"),
                rounds: set("rounds"),
                otherwise: set("no-record"),
                ids: set("ids"),
                shortest: shortest.unwrap_or_default(),
            }
        })
    }
}

//! Relays: does what sends the rows of an outbox hear from the broker before it marks them as sent?

use std::collections::BTreeSet;

use regex::RegexSet;

use crate::audit::Control;
use crate::flow::matches::Match;
use crate::flow::path::{Knowledge, Node, Step};
use crate::flow::program::{Fn, Site};
use crate::flow::{Flow, walk};
use crate::rules::Role;
use crate::syntax::facts::{Expr, ExprId, UnaryOp};

use super::finding::{Draft, place};
use super::steps;
use super::verdict::{Tables, evidence};

/// The kind of publishers that give a message to the library's client: what becomes of it is told later.
const ASYNC: &str = "async";
/// The part that a message plays whose answer nobody waits for.
const UNCONFIRMED: &str = "unconfirmed";
/// Writes by which a row is no longer to be sent.
const MARKS: [Role; 5] =
    [Role::EffectUpdate, Role::EffectTransition, Role::EffectUpsert, Role::EffectDelete, Role::OutboxCleanup];
/// Calls from what reads the rows up to what sends and marks them.
const UP: usize = 2;

/// The relay of a service that marks rows whose sending nobody has waited for; `polls` are the places
/// that read pending rows.
pub fn unconfirmed(
    known: &Knowledge<'_, '_>,
    service: usize,
    name: &str,
    polls: &[&Match],
    tables: &Tables,
) -> Option<Draft> {
    let flow = known.flow;
    let confirms = tables.get(Control::Outbox).map_or(&[][..], |table| table.names("confirms"));
    let confirms = RegexSet::new(confirms).ok()?;
    let program = flow.types.program;
    let mut funcs: BTreeSet<Fn> = polls.iter().filter_map(|m| m.func).map(|f| program.outermost(f)).collect();
    for _ in 0..UP {
        let calls = funcs.iter().flat_map(|&func| flow.graph.calls_of(func));
        let here = calls.filter(|c| flow.attribution.services(c.site.file, c.func).contains(&service));
        let callers: Vec<Fn> = here.filter_map(|call| call.func).map(|f| program.outermost(f)).collect();
        funcs.extend(callers);
    }
    let Sent { at, marked, beside } = funcs.into_iter().find_map(|func| {
        let trace = known.trace(func, None);
        sent_then_marked(flow, &trace.nodes, &confirms)
    })?;
    let mut draft = Draft::new("outbox-unconfirmed-send", name, "", place(flow, at));
    draft.evidence = vec![evidence(flow, at, UNCONFIRMED), evidence(flow, marked, "effect")];
    draft.signals.extend(beside.then_some("asked-beside"));
    Some(draft)
}

/// A message whose row is marked before the broker has answered.
struct Sent {
    /// The call that gives it to the client.
    at: Site,
    /// The write that marks the row.
    marked: Site,
    /// Something that runs beside it looks at the answer.
    beside: bool,
}

/// Behind the read of pending rows: a message given to the client that nobody waits for, and the write
/// behind it that marks the row.
fn sent_then_marked(flow: &Flow<'_>, nodes: &[Node], confirms: &RegexSet) -> Option<Sent> {
    let mut all = Vec::new();
    in_order(nodes, &mut all);
    let mut rest = all.into_iter();
    rest.by_ref().find(|step| steps::plays(flow, step, &[Role::OutboxPoll]))?;
    let hands_over = |step: &&Step| {
        step.rules.iter().any(|&id| {
            let rule = flow.index.rule(id);
            rule.role == Role::Publisher && rule.registration_kind.as_deref() == Some(ASYNC)
        })
    };
    // It asks for the answer itself, not in what it starts beside itself.
    let waits = |step: &&Step| asks(flow, step, confirms, &|func| func == step.func);
    let sent = rest.by_ref().find(hands_over).filter(|step| !waits(step))?;
    let mark = rest.find(|step| steps::plays(flow, step, &MARKS))?;
    let beside = asks(flow, sent, confirms, &|func| flow.types.program.outermost(func) == sent.func);
    Some(Sent { at: sent.site, marked: mark.site, beside })
}

/// The steps that a function waits for, in order.
fn in_order<'n>(nodes: &'n [Node], out: &mut Vec<&'n Step>) {
    for node in nodes {
        match node {
            Node::Step(step) if step.detached => {}
            Node::Step(step) => {
                out.push(step);
                in_order(&step.inner, out);
            }
            Node::Branch(branch) => {
                in_order(&branch.then, out);
                in_order(&branch.otherwise, out);
            }
            Node::Loop(body) => in_order(body, out),
            Node::Exit(_) | Node::Cut(_) => {}
        }
    }
}

/// Whether a function of the sending step's file that fits asks for the broker's answer. It may await
/// other things; what counts is the sending, or something that was kept.
fn asks(flow: &Flow<'_>, sent: &Step, confirms: &RegexSet, fits: &dyn std::ops::Fn(Fn) -> bool) -> bool {
    let program = flow.types.program;
    let facts = program.facts(sent.func.file);
    let is_sent = |operand| {
        let mut found = false;
        walk::exprs(facts, operand, &mut |expr| found |= expr == sent.site.expr);
        found
    };
    facts.exprs.iter().enumerate().any(|(index, expr)| {
        let asks = match *expr {
            Expr::Name(name) | Expr::Field { name, .. } => confirms.is_match(facts.text(name)),
            Expr::Unary { op: UnaryOp::Receive, .. } => true,
            Expr::Unary { op: UnaryOp::Await, operand } => {
                matches!(facts.expr(operand), Expr::Name(_) | Expr::Field { .. }) || is_sent(operand)
            }
            _ => false,
        };
        let site = Site { file: sent.func.file, expr: ExprId(index as u32) };
        asks && program.owner(site).is_some_and(fits)
    })
}

//! Sagas: is each step that may have to be undone given a way to, and does somebody act when undoing
//! fails?
//!
//! A step before the last that can be undone must be undone too when a later one fails. Steps behind
//! it are the point of no return and what is tried until it works
//! (<https://microservices.io/patterns/data/saga.html>), so nothing is said of those.

use regex::RegexSet;

use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::matches::Match;
use crate::flow::path::{ErrorUse, Knowledge};
use crate::flow::program::{Fn, Site};
use crate::flow::select::select;
use crate::flow::symbol;
use crate::flow::value::Value;
use crate::rules::Role;
use crate::syntax::facts::{Expr, ExprId};

use super::finding::{Draft, place};
use super::steps;
use super::table::Table;
use super::verdict::evidence;

/// The findings of all services.
pub fn findings(flow: &Flow<'_>, names: &[String], table: &Table) -> Vec<Draft> {
    let mut out = open_steps(flow, names, table);
    out.extend(unheard(flow, names));
    out
}

/// A step of a saga.
struct Stage {
    /// What the step does, as the code says.
    action: String,
    /// A way to undo it is given.
    undone: bool,
    site: Site,
}

/// Steps without compensation before one that has some, in one function.
fn open_steps(flow: &Flow<'_>, names: &[String], table: &Table) -> Vec<Draft> {
    let reads = RegexSet::new(table.names("reads")).unwrap_or_default();
    let mut out = Vec::new();
    let mut sagas: Vec<(Fn, Vec<Stage>)> = Vec::new();
    for matched in of(flow, Role::SagaStep) {
        let Some(func) = matched.func else { continue };
        match sagas.last_mut().filter(|(last, _)| *last == func) {
            Some((_, stages)) => stages.push(stage(flow, matched)),
            None => sagas.push((func, vec![stage(flow, matched)])),
        }
    }
    for (func, stages) in sagas {
        let last = stages.iter().rposition(|stage| stage.undone).unwrap_or_default();
        for stage in stages[..last].iter().filter(|s| !s.undone && !reads.is_match(&s.action)) {
            for service in flow.attribution.services(func.file, Some(func)) {
                let at = place(flow, stage.site);
                let mut draft =
                    Draft::new("saga-step-without-compensation", &names[service], &stage.action, at);
                draft.evidence.push(evidence(flow, stage.site, Role::SagaStep.name()));
                draft.evidence.push(evidence(flow, stages[last].site, Role::SagaStep.name()));
                draft.fill.push(("step", stage.action.clone()));
                out.push(draft);
            }
        }
    }
    out
}

/// A step, with what the calls chained to it add (`AddStep().Action(f).Compensation(g)`).
fn stage(flow: &Flow<'_>, matched: &Match) -> Stage {
    let eval = Eval::new(flow.types);
    let rule = flow.index.rule(matched.rule);
    let given = |selectors: &[crate::rules::Selector]| {
        let mut values = selectors.iter().map(|s| select(&eval, matched.site, s));
        values.find(|value| !value.is_unset())
    };
    let program = flow.types.program;
    let facts = program.facts(matched.site.file);
    let mut action = given(&rule.handler).map(|value| match value {
        Value::Str(_) | Value::Func(_) => value.render(program),
        other => symbol::name(program, &other),
    });
    let mut undone = given(&rule.value).is_some();
    let mut at = matched.site.expr;
    while let Some((outer, name)) = chained(flow, matched.site.file, at) {
        let Expr::Call { args, .. } = facts.expr(outer) else { break };
        let name = name.to_ascii_lowercase();
        if name.contains("compensat") {
            undone = true;
        } else if name.contains("action") && action.is_none() {
            let first = facts.list(args).first();
            action = first.map(|&expr| lasting(flow, Site { file: matched.site.file, expr }));
        }
        at = outer;
    }
    // One that is made to be undone only does nothing before.
    let idle = action.is_none();
    Stage { action: action.unwrap_or_default(), undone: undone || idle, site: matched.site }
}

/// What a call calls, without what stands before it.
fn called(flow: &Flow<'_>, call: Site) -> String {
    match flow.types.program.facts(call.file).expr(call.expr) {
        Expr::Call { callee, .. } => lasting(flow, Site { file: call.file, expr: callee }),
        _ => lasting(flow, call),
    }
}

/// The name of an expression that outlives the renaming of locals; of one that is a name, itself.
fn lasting(flow: &Flow<'_>, site: Site) -> String {
    let program = flow.types.program;
    match symbol::written(program, site) {
        name if name.is_empty() => program.render(site),
        name => name,
    }
}

/// The call that is chained to `inner`, with its name.
fn chained<'f>(flow: &'f Flow<'_>, file: u32, inner: ExprId) -> Option<(ExprId, &'f str)> {
    let facts = flow.types.program.facts(file);
    // A chain is written after what it is chained to.
    facts.exprs.iter().enumerate().find_map(|(i, expr)| match *expr {
        Expr::Call { callee, .. } => match facts.expr(callee) {
            Expr::Field { base, name } if base == inner => Some((ExprId(i as u32), facts.text(name))),
            _ => None,
        },
        _ => None,
    })
}

/// Compensations whose error nobody acts on.
fn unheard(flow: &Flow<'_>, names: &[String]) -> Vec<Draft> {
    let known = Knowledge::new(flow, None);
    let mut out = Vec::new();
    for matched in of(flow, Role::SagaCompensate) {
        let Some(func) = matched.func.map(|f| flow.types.program.outermost(f)) else { continue };
        let trace = known.trace(func, Some(0));
        let used = steps::error_of(&trace.nodes, matched.site);
        if !matches!(used, Some(ErrorUse::Dropped | ErrorUse::Logged)) {
            continue;
        }
        for service in flow.attribution.services(matched.site.file, matched.func) {
            let called = called(flow, matched.site);
            let at = place(flow, matched.site);
            let mut draft = Draft::new("compensation-error-ignored", &names[service], &called, at);
            draft.evidence.push(evidence(flow, matched.site, Role::SagaCompensate.name()));
            draft.fill.push(("compensation", called));
            out.push(draft);
        }
    }
    out
}

fn of<'f>(flow: &'f Flow<'_>, role: Role) -> impl Iterator<Item = &'f Match> {
    flow.matches.iter().filter(move |m| flow.index.rule(m.rule).role == role)
}

//! Claims that are locks. A claim that the function gives up when it ends, whatever became of the
//! message, keeps two deliveries apart that come at the same time; the next one finds it free.

use rustc_hash::FxHashSet;

use crate::controls::steps;
use crate::flow::Flow;
use crate::flow::path::{Node, Step};
use crate::flow::program::Site;
use crate::rules::Role;
use crate::syntax::facts::{Expr, ExprId};

/// Roles that give a claim up.
const GIVES_UP: [Role; 2] = [Role::CacheInvalidate, Role::EffectDelete];

/// The claims at and below `nodes` that are given up by a `defer` beside them.
pub(super) fn locks(flow: &Flow<'_>, nodes: &[Node], found: &mut FxHashSet<Site>) {
    for (at, node) in nodes.iter().enumerate() {
        match node {
            Node::Step(step) => {
                if gives_up(flow, step, &nodes[at + 1..]) {
                    steps::each(std::slice::from_ref(node), &mut |step| {
                        if steps::plays(flow, step, &[Role::DedupeClaim]) {
                            found.insert(step.site);
                        }
                    });
                }
                locks(flow, &step.inner, found);
            }
            Node::Branch(branch) => {
                locks(flow, &branch.then, found);
                locks(flow, &branch.otherwise, found);
            }
            Node::Loop(body) => locks(flow, body, found),
            Node::Exit(_) | Node::Cut(_) => {}
        }
    }
}

/// Whether what a step claims is given up by what is deferred among the nodes that follow it, by a
/// call that is given the same key. One inside a condition (`if err != nil`) keeps the claim of what
/// was handled.
fn gives_up(flow: &Flow<'_>, claim: &Step, rest: &[Node]) -> bool {
    let claims = [Role::DedupeClaim];
    if !steps::plays(flow, claim, &claims) && steps::first(flow, &claim.inner, &claims).is_none() {
        return false;
    }
    let keys = keys(flow, claim);
    rest.iter().any(|node| matches!(node, Node::Step(step) if step.detached && is_given(flow, step, &keys)))
}

/// Whether a step, or one that it always takes, gives up what goes by one of `keys`.
fn is_given(flow: &Flow<'_>, step: &Step, keys: &[String]) -> bool {
    let deletes = steps::plays(flow, step, &GIVES_UP) || steps::first(flow, &step.inner, &GIVES_UP).is_some();
    let same = || self::keys(flow, step).iter().any(|key| keys.contains(key));
    let inner =
        || step.inner.iter().any(|node| matches!(node, Node::Step(step) if is_given(flow, step, keys)));
    deletes && (same() || inner())
}

/// What a call is given, contexts and literals aside.
fn keys(flow: &Flow<'_>, step: &Step) -> Vec<String> {
    let program = flow.types.program;
    let facts = program.facts(step.site.file);
    let Expr::Call { args, .. } = facts.expr(step.site.expr) else { return Vec::new() };
    let named = |&&arg: &&ExprId| {
        matches!(facts.expr(arg), Expr::Name(name) if facts.text(name) != "ctx")
            || matches!(facts.expr(arg), Expr::Field { .. } | Expr::Binary { .. } | Expr::Call { .. })
    };
    let args = facts.list(args).iter().filter(named);
    let texts = args.map(|&expr| program.render(Site { file: step.site.file, expr }));
    texts.filter(|text| !text.starts_with("context.")).collect()
}

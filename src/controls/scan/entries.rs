//! States that a program keeps itself, each under a key: one that is asked for ends the handler, and the
//! handler sets it to what it asked for (`if o.domains[name] == Done { return }; o.domains[name] = Done`).
//! A second delivery finds what the first has set. Left out: states of one thing alone (`if s.busy`), since
//! they say nothing of which message it was.

use crate::flow::Flow;
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::flow::walk;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Stmt};

/// What a condition compares: a place with values, of which it is one, or none.
struct Compared {
    place: ExprId,
    values: Vec<ExprId>,
    equal: bool,
}

/// Whether the end that a condition leads to is where a second delivery of the message comes to.
pub(super) fn is_changed(flow: &Flow<'_>, cond: Site) -> bool {
    let program = flow.types.program;
    let facts = program.facts(cond.file);
    let text = |expr| program.render(Site { file: cond.file, expr });
    let Some(Compared { place, values, equal }) = compared(flow, cond) else { return false };
    let Some(body) = program.owner(cond).and_then(|func| program.func(func).body) else { return false };
    let known: Vec<String> = values.into_iter().map(text).collect();
    let held = text(place);
    let (mut sets, mut resets) = (false, false);
    walk::stmts(facts, body, &mut |stmt| {
        let Stmt::Assign { targets, values, .. } = stmt else { return };
        for (&target, &value) in facts.list(targets).iter().zip(facts.list(values)) {
            if matches!(facts.expr(target), Expr::Index { .. }) && text(target) == held {
                let ends = known.contains(&text(value)) == equal;
                sets |= ends;
                resets |= !ends;
            }
        }
    });
    sets && !resets
}

/// The comparisons that a condition is made of, where they are all of one place: an entry of a map that
/// outlives the function.
fn compared(flow: &Flow<'_>, cond: Site) -> Option<Compared> {
    let facts = flow.types.program.facts(cond.file);
    let mut asked = vec![cond.expr];
    let (mut all, mut joined): (Vec<(BinaryOp, ExprId, ExprId)>, Vec<BinaryOp>) = (Vec::new(), Vec::new());
    while let Some(expr) = asked.pop() {
        match facts.expr(expr) {
            Expr::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
                joined.push(op);
                asked.extend([left, right]);
            }
            Expr::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right } => {
                all.push((op, place(flow, Site { file: cond.file, expr: left })?, right));
            }
            _ => return None,
        }
    }
    let &(op, first, _) = all.first()?;
    let join = if op == BinaryOp::Equal { BinaryOp::Or } else { BinaryOp::And };
    let text = |expr| flow.types.program.render(Site { file: cond.file, expr });
    let one = all.iter().all(|&(other, place, value)| {
        other == op
            && text(place) == text(first)
            && !matches!(facts.expr(value), Expr::Nil | Expr::Call { .. })
    });
    let values = all.iter().map(|&(_, _, value)| value).collect();
    (one && joined.iter().all(|&with| with == join)).then_some(Compared {
        place: first,
        values,
        equal: op == BinaryOp::Equal,
    })
}

/// The entry that an expression reads, directly or by a local name, where the map is not a local one.
fn place(flow: &Flow<'_>, site: Site) -> Option<ExprId> {
    let facts = flow.types.program.facts(site.file);
    let at = |expr| Site { file: site.file, expr };
    let read = match facts.expr(site.expr) {
        Expr::Name(name) => match flow.types.local(site, name)?.1.kind {
            DefKind::Value(value, 0) => value,
            _ => return None,
        },
        _ => site.expr,
    };
    let Expr::Index { base, .. } = facts.expr(read) else { return None };
    let mut root = base;
    while let Expr::Field { base, .. } | Expr::Index { base, .. } = facts.expr(root) {
        root = base;
    }
    match facts.expr(root) {
        // A map that is given, or one that the function makes, says nothing of how long it lasts.
        Expr::Name(name) => match flow.types.local(at(root), name) {
            Some((_, def)) => match def.kind {
                DefKind::Receiver | DefKind::Param(_) => root != base,
                _ => false,
            }
            .then_some(read),
            None => Some(read),
        },
        _ => None,
    }
}

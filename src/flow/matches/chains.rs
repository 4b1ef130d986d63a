//! Chains of calls: an insert that a later call makes harmless
//! (`insert(row).on_conflict_do_nothing()`), be it one expression or built in steps.

use rustc_hash::FxHashSet;

use super::{Index, Match};
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::flow::types::Types;
use crate::rules::Role;
use crate::syntax::facts::Expr;

/// Leaves out the earlier call where a later one of its chain takes its place.
pub(super) fn settle(index: &Index, types: &Types<'_>, found: &mut Vec<Match>) {
    let mut settled: FxHashSet<(Site, u16)> = FxHashSet::default();
    for m in found.iter() {
        if matches!(index.rule(m.rule).role, Role::EffectUpsert | Role::DedupeClaim) {
            before(types, m.site, &mut |site| settled.insert((site, m.rule.detector)));
        }
    }
    let inserts = [Role::EffectInsert, Role::DedupeMark];
    found.retain(|m| {
        !inserts.contains(&index.rule(m.rule).role) || !settled.contains(&(m.site, m.rule.detector))
    });
}

/// Gives `note` what the call at `last` is chained to, and so on; it says whether it is news.
fn before(types: &Types<'_>, last: Site, note: &mut dyn FnMut(Site) -> bool) {
    let facts = types.program.facts(last.file);
    let at = |expr| Site { file: last.file, expr };
    let mut open = vec![last];
    while let Some(site) = open.pop() {
        match facts.expr(site.expr) {
            Expr::Call { callee, .. } => {
                if let Expr::Field { base, .. } = facts.expr(callee)
                    && note(at(base))
                {
                    open.push(at(base));
                }
            }
            // A builder kept under a name is every one that was put there (`insert = insert.Values(…)`).
            Expr::Name(name) => {
                let Some((owner, _)) = types.local(site, name) else { continue };
                let scope = &types.program.file(owner.file).scopes[owner.func.0 as usize];
                for def in scope.defs.iter().filter(|def| def.name == name) {
                    if let DefKind::Value(value, _) = def.kind
                        && note(at(value))
                    {
                        open.push(at(value));
                    }
                }
            }
            _ => {}
        }
    }
}

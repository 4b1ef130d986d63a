//! Whether what a step stores is worked out of what is stored already: a price of the stock's level, a
//! total of the rows. Such a handler keeps nothing of its own, and works out the same when it runs again.

use super::{Roles, Scanner};
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::flow::walk;
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr};

/// How many names are followed to what they hold.
const DEPTH: u8 = 6;

impl Scanner<'_, '_> {
    /// Whether the step that is scanned, or a call around it, is given something worked out of what was
    /// read on the way.
    pub(super) fn stores_derived(&self) -> bool {
        self.calls.iter().any(|call| {
            let facts = self.flow.types.program.facts(call.file);
            let Expr::Call { args, .. } = facts.expr(call.expr) else { return false };
            facts.list(args).iter().any(|&expr| self.derived(Site { file: call.file, expr }, DEPTH))
        })
    }

    /// Whether some arithmetic in an expression rests on what was read.
    fn derived(&self, site: Site, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        self.any_below(site, &mut |at, expr| match expr {
            Expr::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Other, .. } => {
                self.rests_on_read(at, DEPTH)
            }
            Expr::Name(_) => self.held(at).is_some_and(|value| self.derived(value, depth)),
            _ => false,
        })
    }

    fn rests_on_read(&self, site: Site, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let reads = |call: Site| self.results.get(&call).is_some_and(|roles: &Roles| roles.has(Role::Read));
        self.any_below(site, &mut |at, expr| match expr {
            Expr::Call { .. } => reads(at),
            Expr::Name(_) => self.held(at).is_some_and(|value| self.rests_on_read(value, depth)),
            _ => false,
        })
    }

    /// What a local name holds, or is an element of.
    fn held(&self, site: Site) -> Option<Site> {
        let Expr::Name(name) = self.flow.types.program.facts(site.file).expr(site.expr) else { return None };
        let (owner, def) = self.flow.types.local(site, name)?;
        match def.kind {
            DefKind::Value(expr, _) | DefKind::RangeElement(expr) => Some(Site { file: owner.file, expr }),
            _ => None,
        }
    }

    fn any_below(&self, site: Site, is: &mut dyn FnMut(Site, Expr) -> bool) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let mut found = false;
        walk::exprs(facts, site.expr, &mut |expr| {
            found = found || is(Site { file: site.file, expr }, facts.expr(expr));
        });
        found
    }
}

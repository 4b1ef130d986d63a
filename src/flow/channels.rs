//! Channels: what one function sends another receives. Go's way of handing work to the goroutine that
//! does it.

use std::sync::Arc;

use crate::syntax::facts::{Expr, ExprId, Sym, UnaryOp};

use super::calls::{CallSite, Graph};
use super::program::{Fn, Site, Ty};
use super::scope::DefKind;
use super::types::{Type, Types};

/// What tells a channel from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Kept in a field of a type.
    Field(Ty, Arc<str>),
    /// Given as a parameter.
    Param(Fn, u32),
    /// A name of a function, which closures inside share.
    Local(Fn, Sym),
}

impl Channel {
    /// The channel at `site`, as it is written there.
    pub fn at(types: &Types<'_>, site: Site) -> Option<Channel> {
        let facts = types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Field { base, name } => match types.of(Site { file: site.file, expr: base }) {
                Type::Named(ty, _) => Some(Channel::Field(ty, facts.text(name).into())),
                _ => None,
            },
            Expr::Name(name) => {
                let (owner, def) = types.local(site, name)?;
                Some(match def.kind {
                    DefKind::Param(i) => Channel::Param(owner, i),
                    _ => Channel::Local(owner, name),
                })
            }
            _ => None,
        }
    }
}

/// How many names of one channel are looked for.
const NAMES: usize = 16;

impl Channel {
    /// The channel and those that it was before: what is given for a parameter, what is put into a field.
    /// Who sends and who receives may each have it under a name of their own.
    pub fn origins(self, types: &Types<'_>, graph: &Graph) -> Vec<Channel> {
        let mut found = vec![self];
        let mut next = 0;
        while next < found.len() && found.len() < NAMES {
            for origin in found[next].before(types, graph) {
                if !found.contains(&origin) {
                    found.push(origin);
                }
            }
            next += 1;
        }
        found
    }

    fn before(&self, types: &Types<'_>, graph: &Graph) -> Vec<Channel> {
        match self {
            Channel::Field(ty, name) => {
                let writes = graph.writes.get(&(*ty, name.clone())).into_iter().flatten();
                writes.filter_map(|write| Channel::at(types, write.value)).collect()
            }
            Channel::Param(func, i) => {
                let given = |call: &CallSite| {
                    let facts = types.program.facts(call.site.file);
                    let Expr::Call { args, .. } = facts.expr(call.site.expr) else { return None };
                    let &expr = facts.list(args).get(*i as usize)?;
                    Channel::at(types, Site { file: call.site.file, expr })
                };
                graph.calls_of(*func).filter_map(given).collect()
            }
            Channel::Local(..) => Vec::new(),
        }
    }
}

/// A place where a function receives from a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The function.
    pub func: Fn,
    /// The channel, as it is written there.
    pub from: Site,
}

/// The receipts of a file, in order of place: `<-jobs`, `for job := range jobs`.
pub fn receipts(types: &Types<'_>, file: u32) -> Vec<(Channel, Receipt)> {
    let scoped = types.program.file(file);
    let at = |expr: ExprId| Site { file, expr };
    let received = scoped.facts.exprs.iter().filter_map(|expr| match *expr {
        Expr::Unary { op: UnaryOp::Receive, operand } => Some(at(operand)),
        _ => None,
    });
    let ranged = scoped.scopes.iter().flat_map(|scope| &scope.defs).filter_map(|def| match def.kind {
        // The first name of a range over a channel is what it gives.
        DefKind::RangeElement(over) | DefKind::RangeKey(over) => Some(at(over)),
        _ => None,
    });
    let is_channel = |site: &Site| matches!(types.of(*site), Type::Chan(_));
    let found = received.chain(ranged).filter(is_channel);
    found
        .filter_map(|from| {
            Some((Channel::at(types, from)?, Receipt { func: types.program.owner(from)?, from }))
        })
        .collect()
}

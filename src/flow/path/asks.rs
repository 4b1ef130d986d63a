//! What conditions ask, and what they rest on: the words a branch is judged by.

use crate::syntax::facts::{BinaryOp, Expr, ExprId, UnaryOp};

use super::{Asks, Tracer};
use crate::flow::program::{Fn, Site};
use crate::flow::scope::{Def, DefKind};
use crate::flow::types::Type;

impl Tracer<'_, '_> {
    /// The calls whose results an expression rests on, through local names.
    pub fn deps(&self, site: Site) -> Vec<Site> {
        let mut found = Vec::new();
        self.collect_deps(site, &mut found, 4, self.calls.len());
        // A caught error rests on what may have thrown it.
        for (func, binding, calls) in &self.caught {
            let name = self.flow.types.program.facts(func.file).text(*binding);
            if func.file == site.file && self.mentions(site.file, site.expr, name) {
                found.extend(calls);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn collect_deps(&self, site: Site, found: &mut Vec<Site>, depth: u8, level: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let facts = self.flow.types.program.facts(site.file);
        let mut names = Vec::new();
        crate::flow::walk::exprs(facts, site.expr, &mut |e| match facts.expr(e) {
            Expr::Call { .. } => found.push(Site { file: site.file, expr: e }),
            // A statement says what the call that is given it does.
            Expr::Str(_) | Expr::Template(_)
                if !self.rules_at(Site { file: site.file, expr: e }).is_empty() =>
            {
                found.push(Site { file: site.file, expr: e });
            }
            Expr::Name(name) => names.push((e, name)),
            _ => {}
        });
        for (expr, name) in names {
            let Some((owner, def)) = self.flow.types.local(Site { file: site.file, expr }, name) else {
                continue;
            };
            match def.kind {
                DefKind::Value(value, _) => {
                    self.collect_deps(Site { file: owner.file, expr: value }, found, depth, level);
                    self.fillers((owner, def), site, found, depth, level);
                }
                DefKind::Typed(_) => self.fillers((owner, def), site, found, depth, level),
                // What the caller gave rests on what the caller knew.
                DefKind::Param(_) | DefKind::Receiver => {
                    if let Some((level, given)) = self.given_above(level, def.kind) {
                        self.collect_deps(given, found, depth, level);
                    }
                }
                _ => {}
            }
        }
    }

    /// The calls before `site` that are given the address of a local to fill it
    /// (`row.Scan(&order.Status)`).
    fn fillers(&self, (owner, def): (Fn, &Def), site: Site, found: &mut Vec<Site>, depth: u8, level: usize) {
        let program = self.flow.types.program;
        let facts = program.facts(owner.file);
        let before = facts.expr_pos[site.expr.0 as usize];
        let Some(body) = program.func(owner).body else { return };
        let fills = |arg: &ExprId| {
            let Expr::Unary { op: UnaryOp::AddressOf, operand } = facts.expr(*arg) else { return false };
            let mut held = operand;
            while let Expr::Field { base, .. } = facts.expr(held) {
                held = base;
            }
            matches!(facts.expr(held), Expr::Name(name) if name == def.name)
                && (def.pos..before).contains(&facts.expr_pos[held.0 as usize])
        };
        for &id in facts.block(body) {
            crate::flow::walk::exprs_of_stmt(facts, id, &mut |expr| {
                if let Expr::Call { callee, args, .. } = facts.expr(expr)
                    && facts.list(args).iter().any(fills)
                {
                    found.push(Site { file: owner.file, expr });
                    self.collect_deps(Site { file: owner.file, expr: callee }, found, depth, level);
                }
            });
        }
    }

    /// What the innermost of the first `level` calls that led here gives for a parameter or receiver,
    /// and how many calls led to that call.
    pub(super) fn given_above(&self, level: usize, kind: DefKind) -> Option<(usize, Site)> {
        let level = level.checked_sub(1)?;
        Some((level, self.given(self.calls[level], kind)?))
    }

    /// The expression a call gives for a parameter or receiver.
    fn given(&self, call: Site, kind: DefKind) -> Option<Site> {
        let facts = self.flow.types.program.facts(call.file);
        let Expr::Call { callee, args, .. } = facts.expr(call.expr) else { return None };
        let expr = match kind {
            DefKind::Param(i) => *facts.list(args).get(i as usize)?,
            _ => match facts.expr(callee) {
                Expr::Field { base, .. } => base,
                _ => return None,
            },
        };
        Some(Site { file: call.file, expr })
    }

    pub(super) fn is_state(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Field { name, .. } | Expr::Name(name) => is_state_name(facts.text(name)),
            Expr::Call { callee, .. } => match facts.expr(callee) {
                Expr::Field { name, .. } => is_state_name(facts.text(name)),
                _ => false,
            },
            _ => false,
        }
    }

    /// What a condition asks.
    pub fn asks(&self, site: Site) -> Asks {
        let facts = self.flow.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        match facts.expr(site.expr) {
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                let (left, right) = (self.asks(at(left)), self.asks(at(right)));
                // The part that says most decides: `err == nil && existing != nil`.
                let rank = |a: &Asks| match a {
                    Asks::Conflict => 6,
                    Asks::State => 5,
                    Asks::Presence | Asks::Absence => 4,
                    Asks::Has | Asks::Lacks => 1,
                    Asks::Given | Asks::NotGiven => 3,
                    Asks::Error => 2,
                    Asks::Case | Asks::Other => 0,
                };
                if rank(&right) > rank(&left) { right } else { left }
            }
            Expr::Unary { op: UnaryOp::Not, operand } => opposite(self.asks(at(operand))),
            Expr::Binary { op, left, right } => self.compares(site, op, left, right),
            Expr::Name(_) if self.is_error(site, false) => Asks::Error,
            Expr::Name(_) => Asks::Presence,
            Expr::Call { args, .. } if self.asks_for_conflict(site.file, facts.list(args)) => Asks::Conflict,
            Expr::Call { callee, .. } => match facts.expr(callee) {
                Expr::Field { name, .. } | Expr::Name(name) => {
                    call_asks(facts.text(name), &self.flow.types.program.render(site))
                }
                _ => Asks::Other,
            },
            Expr::Field { name, .. } => {
                let name = facts.text(name);
                if is_state_name(name) {
                    Asks::State
                } else if is_existence(name) {
                    Asks::Presence
                } else {
                    Asks::Has
                }
            }
            _ => Asks::Other,
        }
    }

    /// What a condition asks that the function `answers` decides: that is named for the question,
    /// whatever the parameter it came by is called.
    pub(super) fn asks_by(&self, cond: Site, answers: Option<Fn>) -> Asks {
        let asks = self.asks(cond);
        let Some(func) = answers.filter(|_| matches!(asks, Asks::Has | Asks::Lacks)) else { return asks };
        let facts = self.flow.types.program.facts(func.file);
        let by_name = call_asks(facts.text(facts.func(func.func).name), "");
        if asks == Asks::Lacks { opposite(by_name) } else { by_name }
    }

    /// Whether an error is asked to be of a type that is named for a conflict
    /// (`var dup DuplicateError; errors.As(err, &dup)`).
    fn asks_for_conflict(&self, file: u32, args: &[ExprId]) -> bool {
        let &[error, wanted] = args else { return false };
        let facts = self.flow.types.program.facts(file);
        let Expr::Unary { op: UnaryOp::AddressOf, operand } = facts.expr(wanted) else { return false };
        let Type::Named(ty, _) = self.flow.types.of(Site { file, expr: operand }) else { return false };
        is_conflict(self.flow.types.program.type_name(ty)) && self.is_error(Site { file, expr: error }, false)
    }

    pub(super) fn compares(&self, site: Site, op: BinaryOp, left: ExprId, right: ExprId) -> Asks {
        let facts = self.flow.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        let text = self.flow.types.program.render(at(left)).to_ascii_lowercase();
        let equal = match op {
            BinaryOp::Equal => true,
            BinaryOp::NotEqual => false,
            BinaryOp::Greater | BinaryOp::GreaterEqual => {
                return if matches!(facts.expr(right), Expr::Number(_)) {
                    Asks::Presence
                } else {
                    Asks::Other
                };
            }
            _ => return Asks::Other,
        };
        match facts.expr(right) {
            Expr::Nil if self.is_error(at(left), true) => Asks::Error,
            Expr::Nil => {
                if equal {
                    Asks::Absence
                } else {
                    Asks::Presence
                }
            }
            Expr::Bool(value) => {
                if equal == value {
                    Asks::Presence
                } else {
                    Asks::Absence
                }
            }
            Expr::Str(s) if facts.text(s).is_empty() => {
                if equal {
                    Asks::NotGiven
                } else {
                    Asks::Given
                }
            }
            Expr::Number(n) if facts.text(n) == "0" => {
                if equal {
                    Asks::Absence
                } else {
                    Asks::Presence
                }
            }
            _ if is_conflict(&self.flow.types.program.render(at(right))) || is_conflict(&text) => {
                Asks::Conflict
            }
            _ if self.is_state(at(left)) || self.is_state(at(right)) => Asks::State,
            _ if self.is_error(at(left), false) => Asks::Error,
            _ => Asks::Other,
        }
    }
}

/// What is asked where the answer is turned round.
fn opposite(asks: Asks) -> Asks {
    match asks {
        Asks::Presence => Asks::Absence,
        Asks::Absence => Asks::Presence,
        Asks::Has => Asks::Lacks,
        Asks::Lacks => Asks::Has,
        Asks::Given => Asks::NotGiven,
        Asks::NotGiven => Asks::Given,
        other => other,
    }
}

fn call_asks(name: &str, text: &str) -> Asks {
    match name {
        "Is" | "As" if is_conflict(text) => Asks::Conflict,
        "Is" | "As" => Asks::Error,
        "is_none" => Asks::Absence,
        _ if is_empty(name) => Asks::NotGiven,
        _ if is_conflict(name) => Asks::Conflict,
        _ if name.starts_with("Is") && is_state_name(&name[2..]) => Asks::State,
        _ if is_existence(name) => Asks::Presence,
        _ => Asks::Has,
    }
}

/// Words for "nothing is there" in the names of predicates (`IsStringEmpty`, `is_blank`, `IsZero`).
fn is_empty(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "");
    name.starts_with("is") && ["empty", "blank", "zero", "nil"].iter().any(|word| name.ends_with(word))
}

/// Words for "it is there" in the names of predicates and fields.
fn is_existence(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["exist", "found", "contain", "seen", "unique", "known", "present", "valid", "is_some"];
    words.iter().any(|word| name.contains(word))
        || name == "ok"
        || name.starts_with("has") && !name.starts_with("hash")
}

/// Words for "it is there already" in error values and helper names.
fn is_conflict(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "duplicate",
        "alreadyexist",
        "already_exist",
        "uniqueviolation",
        "unique_violation",
        "23505",
        "1062",
        "isconstrainterror",
        "isuniqueconstraint",
        "alreadyprocessed",
        "conflict",
        "taskidconflict",
        "dupkey",
    ]
    .iter()
    .any(|word| text.replace(' ', "").contains(word))
}

fn is_state_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "status",
        "state",
        "phase",
        "stage",
        "completed",
        "cancelled",
        "canceled",
        "processed",
        "fulfilled",
        "applied",
        "paid",
        "closed",
        "deletedat",
        "voided",
        "version",
        "done",
        "handled",
        "sent",
        "delivered",
        "refunded",
        "verified",
        "confirmed",
        "settled",
        "finished",
        "archived",
        "published",
        "revoked",
    ]
    .iter()
    .any(|word| name.ends_with(word))
}

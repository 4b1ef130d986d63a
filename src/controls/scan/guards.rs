//! What branches mean to a scan: which guards they make, in their arms and behind them, and which of
//! them turn a message away for what it says.

use super::{
    DEDUPE, Guard, GuardKind, HARMFUL, HARMLESS, LOOKS, Refusal, Repeat, Roles, Scanner, Seen, ends, entries,
    record,
};
use crate::controls::steps::{self, Arm};
use crate::flow::Flow;
use crate::flow::path::remote::is_remote;
use crate::flow::path::{Asks, Branch, ErrorUse, Exit, Node, OfMessage};
use crate::flow::program::Site;
use crate::flow::scope::DefKind;
use crate::flow::types::{Member, Type};
use crate::flow::walk;
use crate::rules::Role;
use crate::syntax::facts::{BinaryOp, Expr, UnaryOp};

/// What a branch asks for.
struct Asked {
    /// Roles of what its condition rests on.
    deps: Roles,
    /// The check whose answer it looks at.
    check: Site,
    /// The kind of guard that it can make.
    kind: Option<GuardKind>,
    asks: Asks,
}

/// The guards around the parts of a branch.
struct Arms {
    then: Option<usize>,
    otherwise: Option<usize>,
    behind: Option<usize>,
}

impl Scanner<'_, '_> {
    pub(super) fn guard(
        &mut self,
        kind: GuardKind,
        [check, asked]: [Site; 2],
        fails: bool,
        outer: Option<usize>,
    ) -> usize {
        let unheard = self.unheard.contains(&check);
        let repeat = if fails { Repeat::Fails } else { Repeat::Ends };
        self.out.guards.push(Guard { kind, check, asked, bypassed: false, repeat, unheard, outer });
        self.out.guards.len() - 1
    }

    /// Whether a branch turns away a message for what it says: with an error, or quietly where
    /// something is left out. A quiet end for a value of its own is a filter.
    fn refuses(branch: &Branch, deps: Roles, then_exit: Option<Exit>) -> bool {
        if deps.has(Role::Read) || deps.any(&DEDUPE) || deps.any(&HARMFUL) || deps.any(&HARMLESS) {
            return false;
        }
        match branch.asks {
            Asks::NotGiven | Asks::Absence => then_exit.is_some() && then_exit != Some(Exit::Forward),
            Asks::Error => then_exit.is_some(),
            Asks::Other | Asks::State | Asks::Has | Asks::Lacks => then_exit == Some(Exit::Failure),
            _ => false,
        }
    }

    /// Notes a branch that refuses the message before anything is done.
    fn refusal(&mut self, branch: &Branch, deps: Roles, then_exit: Option<Exit>) {
        let decides = || self.has_effects(&branch.then) || self.has_effects(&branch.otherwise);
        self.out.asked |= branch.on_message() || branch.of_message == OfMessage::Chooses && decides();
        if !branch.on_message() || self.before > 0 {
            return;
        }
        // `if order.ID != "" { … } else { return err }`
        let otherwise = matches!(branch.asks, Asks::Given | Asks::Presence)
            && ends(&branch.otherwise) == Some(Exit::Failure);
        if otherwise || Self::refuses(branch, deps, then_exit) {
            let forwards = branch.asks == Asks::Error && then_exit == Some(Exit::Forward);
            let fails = otherwise || forwards || then_exit == Some(Exit::Failure);
            let refusal = Refusal { arms: self.arms.clone(), ..Refusal::by(self.flow, branch, fails) };
            self.out.refusals.push(refusal);
        }
    }

    /// Scans a branch under a guard; `rest` is what follows it. Gives the guard that holds behind it.
    pub(super) fn branch(&mut self, branch: &Branch, rest: &[Node], guard: Option<usize>) -> Option<usize> {
        let asked = self.asked(branch);
        let then_exit = ends(&branch.then);
        let effects_in_then = self.has_effects(&branch.then);
        if asked.deps.has(Role::Validate)
            && (then_exit.is_some() || effects_in_then || ends(&branch.otherwise).is_some())
        {
            for seen in self.out.seen.iter_mut().filter(|s| s.reports) {
                seen.error = ErrorUse::Returned;
            }
        }
        self.out.decided |= self.decides_besides(branch);
        let failed = steps::failed_arm(self.flow, branch);
        self.done_if_valid(branch, failed, rest);
        self.refusal(branch, asked.deps, then_exit);
        let Arms { then: then_guard, otherwise, behind } =
            self.arms(branch, &asked, then_exit, effects_in_then, guard);
        if asked.kind == Some(GuardKind::State) {
            // What runs for an entity that is there.
            let there = match asked.asks {
                Asks::Presence => &branch.then,
                Asks::Absence if then_exit.is_some() => rest,
                Asks::Absence => &branch.otherwise,
                _ => &[][..],
            };
            let made = [then_guard, otherwise, behind].into_iter().flatten().find(|at| Some(*at) != guard);
            self.sets_instead(made, there);
        }
        let before = self.before;
        let apart = self.tells_apart(branch);
        self.arms.extend(apart.map(|at| (at, Some(branch.cond))));
        let inner = self.arm(&branch.then, then_guard, failed == Some(Arm::Then));
        let after_then = std::mem::replace(&mut self.before, before);
        self.arms.truncate(self.arms.len() - usize::from(apart.is_some()));
        self.arms.extend(apart.map(|at| (at, None)));
        self.arm(&branch.otherwise, otherwise, failed == Some(Arm::Otherwise));
        self.arms.truncate(self.arms.len() - usize::from(apart.is_some()));
        let after_otherwise = if ends(&branch.otherwise).is_some() { before } else { self.before };
        self.before = if then_exit.is_some() { after_otherwise } else { after_then.max(after_otherwise) };
        // A guard inside `if id != ""` holds behind it as well, but an empty id goes round it.
        if inner != then_guard
            && then_exit.is_none()
            && let Some(index) = inner
            && (branch.asks == Asks::Given || self.is_key(branch, index))
        {
            self.out.guards[index].bypassed = true;
            return inner;
        }
        // `if err == nil { … }` and the like do not take a guard away.
        if branch.asks == Asks::Error
            && inner != then_guard
            && matches!(then_exit, None | Some(Exit::Failure))
        {
            return inner;
        }
        behind
    }

    /// Whether something besides the message, its failures and fixed values decides what is done: what
    /// this process keeps, what another program answered. It may well know the message.
    fn decides_besides(&self, branch: &Branch) -> bool {
        let arms = [&branch.then, &branch.otherwise];
        let decides = arms.iter().any(|arm| ends(arm).is_some() || self.has_effects(arm));
        let asks = !matches!(branch.asks, Asks::Error | Asks::Given | Asks::NotGiven | Asks::Case);
        // What a library gave may be an error by any name.
        let facts = self.flow.types.program.facts(branch.cond.file);
        let of_nil = match facts.expr(branch.cond.expr) {
            Expr::Binary { right, .. } => facts.expr(right) == Expr::Nil,
            _ => false,
        };
        let nothing_of_message = branch.of_message == OfMessage::Nothing && !of_nil;
        decides && asks && (nothing_of_message || self.compares_two(branch.cond))
    }

    /// Whether a condition compares two things of which neither is fixed.
    fn compares_two(&self, cond: Site) -> bool {
        let facts = self.flow.types.program.facts(cond.file);
        let varies = |expr| {
            let mut found = false;
            walk::exprs(facts, expr, &mut |inner| {
                if let Expr::Name(name) = facts.expr(inner) {
                    let at = Site { expr: inner, ..cond };
                    found |= self.flow.types.local(at, name).is_some();
                }
            });
            found
        };
        let mut compares = false;
        walk::exprs(facts, cond.expr, &mut |expr| {
            if let Expr::Binary { op, left, right } = facts.expr(expr) {
                let joins = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce);
                compares |= !joins && varies(left) && varies(right);
            }
        });
        compares
    }

    pub(super) fn has_effects(&self, nodes: &[Node]) -> bool {
        let roles = self.below(nodes);
        roles.any(&HARMFUL) || roles.any(&HARMLESS)
    }

    /// Scans an arm of a branch, which runs where a call has failed or not.
    fn arm(&mut self, nodes: &[Node], guard: Option<usize>, failed: bool) -> Option<usize> {
        let outer = self.failed;
        self.failed |= failed;
        let behind = self.nodes(nodes, guard);
        self.failed = outer;
        behind
    }

    /// `if err := validate(order); err != nil { log } else { save }`: nothing is done with what is not
    /// valid, although the function goes on.
    fn done_if_valid(&mut self, branch: &Branch, failed: Option<Arm>, rest: &[Node]) {
        let (invalid, valid) = match failed {
            Some(Arm::Then) => (&branch.then, &branch.otherwise),
            Some(Arm::Otherwise) => (&branch.otherwise, &branch.then),
            None => return,
        };
        if self.has_effects(valid) && !self.has_effects(invalid) && !self.has_effects(rest) {
            let asked = |seen: &&mut Seen| seen.role == Role::Validate && branch.deps.contains(&seen.site);
            self.out.seen.iter_mut().filter(asked).for_each(|seen| seen.error = ErrorUse::Swallowed);
        }
    }

    /// Whether a branch asks for what the check of a guard inside it goes by: `if (event.id)` around a
    /// look for `event.id`.
    fn is_key(&self, branch: &Branch, guard: usize) -> bool {
        let Guard { kind, check, .. } = self.out.guards[guard];
        if kind != GuardKind::Dedupe || !matches!(branch.asks, Asks::Has | Asks::Presence) {
            return false;
        }
        let program = self.flow.types.program;
        let facts = program.facts(check.file);
        let asked = program.render(branch.cond);
        let mut found = false;
        walk::exprs(facts, check.expr, &mut |expr| {
            found |= program.render(Site { file: check.file, expr }) == asked;
        });
        found
    }

    /// Notes of a guard whether what is there already is set, and nothing is done that must not be twice.
    fn sets_instead(&mut self, guard: Option<usize>, there: &[Node]) {
        let roles = self.below(there);
        if let Some(guard) = guard
            && roles.any(&Role::SETS)
            && !roles.any(&HARMFUL)
        {
            self.out.guards[guard].repeat = Repeat::Sets;
        }
    }

    /// What a branch asks for, and on what grounds.
    fn asked(&self, branch: &Branch) -> Asked {
        let deps = branch
            .deps
            .iter()
            .filter_map(|site| self.results.get(site))
            .fold(Roles::default(), |all, &roles| all.join(roles));
        let check = branch
            .deps
            .iter()
            .copied()
            .find(|site| self.results.get(site).is_some_and(|r| r.any(&DEDUPE) || r.any(&LOOKS)))
            .or(branch.looked_up)
            .unwrap_or(branch.cond);
        let kind = if deps.any(&DEDUPE) {
            Some(GuardKind::Dedupe)
        } else if deps.any(&LOOKS)
            || branch.looked_up.is_some()
            || branch.asks == Asks::Conflict && deps.any(&[Role::EffectInsert])
        {
            Some(GuardKind::State)
        } else {
            None
        };
        // What the record of a message is asked for is whether it is there, by any name.
        let asks = match (branch.asks, kind) {
            (Asks::Has, Some(GuardKind::Dedupe)) => Asks::Presence,
            (Asks::Lacks, Some(GuardKind::Dedupe)) => Asks::Absence,
            // `switch` over what a claim gave: how far the message was handled before.
            (Asks::Case, Some(GuardKind::Dedupe)) => Asks::State,
            // A quality that the handler itself sets is a state.
            (Asks::Has | Asks::Lacks, Some(GuardKind::State)) if self.set.has(self.flow, branch.cond) => {
                Asks::State
            }
            // Whether a field of what was looked up is filled tells a second delivery only where the
            // handler fills it.
            (Asks::Absence, Some(GuardKind::State)) if self.foreign_field(branch.cond) => Asks::Lacks,
            (Asks::Presence, Some(GuardKind::State)) if self.foreign_field(branch.cond) => Asks::Has,
            (Asks::Error, Some(_)) => told_by_error(self.flow, branch).unwrap_or(Asks::Error),
            (asks, _) => asks,
        };
        Asked { deps, check, kind, asks }
    }

    /// Whether a condition asks for a declared field of a record, and the path never sets that field.
    fn foreign_field(&self, cond: Site) -> bool {
        let types = self.flow.types;
        let facts = types.program.facts(cond.file);
        let at = |expr| Site { file: cond.file, expr };
        let mut asked = cond.expr;
        for _ in 0..6 {
            asked = match facts.expr(asked) {
                Expr::Unary { operand, .. } => operand,
                Expr::Binary { left, right, .. } if facts.expr(right) == Expr::Nil => left,
                Expr::Name(name) => match types.local(at(asked), name).map(|(_, def)| def.kind) {
                    Some(DefKind::Value(value, 0)) => value,
                    _ => return false,
                },
                Expr::Field { base, name } => {
                    let declared = match types.of(at(base)) {
                        ty @ Type::Named(..) => {
                            matches!(types.member(&ty, facts.text(name)), Some(Member::Field(_)))
                        }
                        _ => false,
                    };
                    return declared && !self.set.has(self.flow, at(asked));
                }
                _ => return false,
            };
        }
        false
    }

    /// The guards that hold in the arms of a branch and behind it.
    fn arms(
        &mut self,
        branch: &Branch,
        asked: &Asked,
        then_exit: Option<Exit>,
        effects_in_then: bool,
        guard: Option<usize>,
    ) -> Arms {
        let mut arms = Arms { then: guard, otherwise: guard, behind: guard };
        let &Asked { deps, check, kind, asks } = asked;
        let asks_for_seen =
            matches!(asks, Asks::Presence | Asks::Absence | Asks::State | Asks::Conflict | Asks::Other);
        let quiet_exit =
            matches!(then_exit, Some(Exit::Success | Exit::Jump | Exit::Forward)) && !effects_in_then;
        let Some(kind) = kind else {
            let fails = then_exit == Some(Exit::Failure);
            let asks_for_key = matches!(asks, Asks::Presence | Asks::Other);
            // What a program that is asked keeps in its process is of its own calls.
            let asked_for = || self.calls.iter().any(|&call| is_remote(self.flow, call));
            let kept = asks_for_key && record::is_kept(self.flow, branch.cond) && !asked_for()
                || entries::is_changed(self.flow, branch.cond);
            if (quiet_exit || fails) && kept {
                self.out.own_record = true;
                arms.behind = Some(self.guard(GuardKind::Dedupe, [check, branch.cond], fails, guard));
            }
            // What somebody else was asked may tell a second delivery.
            self.out.depends |= quiet_exit && branch.aside;
            return arms;
        };
        if !asks_for_seen {
            self.out.depends |= asks != Asks::Error && (quiet_exit || effects_in_then);
            return arms;
        }
        // What a change of state gives says whether there was one to change.
        let transits = deps.has(Role::EffectTransition);
        // An error for what is there already ends a second delivery as well.
        let gained = transits || deps.has(Role::DedupeClaim);
        let refuses = (matches!(asks, Asks::Presence | Asks::State | Asks::Conflict)
            || gained && asks == Asks::Absence)
            && then_exit == Some(Exit::Failure);
        // "Not found" that ends the handler quietly says nothing about a second delivery, unless it
        // is how a helper tells of one.
        let absent_row = kind == GuardKind::State && asks == Asks::Absence && !transits;
        if absent_row && then_exit == Some(Exit::Failure) {
            self.required.extend(&branch.deps);
        }
        let told = branch.deps.iter().find_map(|dep| self.quiet.get(dep).copied());
        if absent_row && quiet_exit {
            arms.behind = told.or(guard);
            self.out.depends |= told.is_none();
        } else if quiet_exit || refuses {
            arms.behind = Some(self.guard(kind, [check, branch.cond], refuses, guard));
        } else if then_exit.is_none() || effects_in_then {
            let made = Some(self.guard(kind, [check, branch.cond], false, guard));
            match asks {
                Asks::Absence => arms.then = made,
                Asks::Presence if transits || deps.has(Role::DedupeClaim) => arms.then = made,
                Asks::Presence | Asks::State | Asks::Conflict => arms.otherwise = made,
                _ => {}
            }
            // `if existing != nil { update; return }`: the rest is the other arm.
            if then_exit.is_some() && matches!(asks, Asks::Presence | Asks::State) {
                arms.behind = made;
            }
            if asks == Asks::State {
                arms.then = arms.then.or(made);
            }
        }
        arms
    }
}

/// What a branch on the error of a look asks of the thing that is looked for: no error says that it is
/// there, and so does another one than that it was not found where nothing else is asked.
fn told_by_error(flow: &Flow<'_>, branch: &Branch) -> Option<Asks> {
    let facts = flow.types.program.facts(branch.cond.file);
    let absent = |expr| steps::asks_for_absence(flow, Site { expr, ..branch.cond });
    let decides = ends(&branch.then).is_some() || !branch.otherwise.is_empty();
    match facts.expr(branch.cond.expr) {
        Expr::Binary { op: BinaryOp::Equal, right, .. } if facts.expr(right) == Expr::Nil => {
            decides.then_some(Asks::Presence)
        }
        Expr::Binary { op: BinaryOp::NotEqual, right, .. } if absent(right) => Some(Asks::Presence),
        Expr::Binary { op: BinaryOp::Equal, right, .. } if absent(right) => Some(Asks::Absence),
        Expr::Unary { op: UnaryOp::Not, operand } if absent(operand) => Some(Asks::Presence),
        Expr::Call { .. } if absent(branch.cond.expr) => Some(Asks::Absence),
        _ => None,
    }
}

/// A branch that lets a message through for what it says, and ends there.
pub(super) fn lets_through(node: &Node) -> Option<&Branch> {
    match node {
        Node::Branch(branch)
            if branch.on_message()
                && matches!(branch.asks, Asks::Presence | Asks::Given | Asks::Has)
                && ends(&branch.then).is_some_and(|exit| exit != Exit::Failure) =>
        {
            Some(branch)
        }
        _ => None,
    }
}

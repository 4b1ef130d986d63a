//! The trace of a handler as an explanation has it: sites become places, rules the parts they
//! play, and what the scan made of each is marked where it stands.

use crate::audit::explanation::{Branch, Call, Effect, Guard, Hop, Unseen};
use crate::audit::{Asks, CutReason, Ending, ErrorFate, GuardKind, Place};
use crate::controls::scan::{self, HARMFUL, Scan};
use crate::controls::verdict::symbol;
use crate::flow::Flow;
use crate::flow::path::{self, Node, Step};
use crate::flow::program::{Fn, Site};

/// Makes trees of one consumer's traces.
pub struct Tree<'s, 'a> {
    flow: &'s Flow<'a>,
    scan: &'s Scan,
    /// The condition of each guard that is told, in order: a helper called twice makes two guards
    /// at one place, which are one to a reader.
    guards: Vec<Site>,
}

impl<'s, 'a> Tree<'s, 'a> {
    /// Of traces that `scan` was made from.
    pub fn new(flow: &'s Flow<'a>, scan: &'s Scan) -> Self {
        let mut guards = Vec::new();
        for guard in scan.guards.iter().filter(|g| g.kind != scan::GuardKind::Filter) {
            if !guards.contains(&guard.asked) {
                guards.push(guard.asked);
            }
        }
        Tree { flow, scan, guards }
    }

    /// The checks that end a second delivery.
    pub fn guards(&self) -> Vec<Guard> {
        let found = |asked: &Site| self.scan.guards.iter().find(|g| g.asked == *asked);
        self.guards.iter().filter_map(found).map(|guard| self.told(guard)).collect()
    }

    fn told(&self, guard: &scan::Guard) -> Guard {
        Guard {
            rests_on: match guard.kind {
                scan::GuardKind::Dedupe => GuardKind::Dedupe,
                scan::GuardKind::State | scan::GuardKind::Filter => GuardKind::State,
                scan::GuardKind::Key => GuardKind::Key,
            },
            check: self.place(guard.check),
            asked_at: self.place(guard.asked),
            condition: self.text(guard.asked),
            bypassed: guard.bypassed,
            fails: guard.fails(),
        }
    }

    /// What was not followed, each place once.
    pub fn unseen(&self) -> Vec<Unseen> {
        let mut all: Vec<Unseen> = self.scan.cuts.iter().map(|cut| self.cut(cut)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The steps of function `func`. What a call of a library runs (the body of a transaction)
    /// follows the call in the trace and goes below it here.
    pub fn steps(&self, func: Fn, nodes: &[Node]) -> Vec<Hop> {
        let mut out: Vec<Hop> = Vec::new();
        for node in nodes {
            let owner = self.owner(node).unwrap_or(func);
            let hop = self.hop(owner, node);
            match out.last_mut() {
                Some(Hop::Call(call)) if owner != func && call.into.is_none() => call.steps.push(hop),
                _ => out.push(hop),
            }
        }
        out
    }

    /// The function a node stands in.
    fn owner(&self, node: &Node) -> Option<Fn> {
        let program = self.flow.types.program;
        match node {
            Node::Step(step) => Some(step.func),
            Node::Branch(branch) => program.owner(branch.cond),
            Node::Cut(cut) => program.owner(cut.site),
            Node::Loop(nodes) => nodes.iter().find_map(|n| self.owner(n)),
            Node::Exit(_) => None,
        }
    }

    fn hop(&self, func: Fn, node: &Node) -> Hop {
        match node {
            Node::Step(step) => Hop::Call(self.call(step)),
            Node::Branch(branch) => Hop::Branch(Branch {
                at: (!branch.cond.expr.is_none()).then(|| self.place(branch.cond)),
                condition: if branch.cond.expr.is_none() {
                    "default".to_owned()
                } else {
                    self.text(branch.cond)
                },
                asks: asks(branch.asks),
                guard: self.number(branch.cond),
                then: self.steps(func, &branch.then),
                otherwise: self.steps(func, &branch.otherwise),
            }),
            Node::Loop(nodes) => Hop::Loop { steps: self.steps(func, nodes) },
            Node::Exit(exit) => Hop::Exit { how: ending(*exit) },
            Node::Cut(cut) => Hop::Cut(self.cut(cut)),
        }
    }

    fn call(&self, step: &Step) -> Call {
        let index = &self.flow.index;
        let mut roles: Vec<String> = Vec::new();
        for &rule in &step.rules {
            let name = index.rule(rule).role.name();
            if !roles.iter().any(|r| r == name) {
                roles.push(name.to_owned());
            }
        }
        Call {
            at: self.place(step.site),
            text: self.text(step.site),
            roles,
            rules: step.rules.iter().map(|&rule| index.rule(rule).id.clone()).collect(),
            error: fate(step.error),
            detached: step.detached,
            effect: self.effect(step.site),
            guard: self.number(step.site),
            into: step.into.map(|func| symbol(self.flow, func)),
            steps: self.steps(step.into.unwrap_or(step.func), &step.inner),
        }
    }

    /// What the scan made of a place: a helper with an effect may be called behind a guard here and
    /// without one there, and the worst counts.
    fn effect(&self, site: Site) -> Option<Effect> {
        let effects: Vec<_> = self.scan.effects.iter().filter(|e| e.site == site).collect();
        let first = effects.first()?;
        let guards: Option<Vec<usize>> = effects.iter().map(|e| e.guard).collect();
        let guard = guards.and_then(|guards| self.number(self.scan.guards[*guards.first()?].asked));
        Some(Effect { repeats: HARMFUL.contains(&first.role), guard })
    }

    fn number(&self, asked: Site) -> Option<usize> {
        self.guards.iter().position(|&site| site == asked).map(|index| index + 1)
    }

    fn cut(&self, cut: &path::Cut) -> Unseen {
        Unseen {
            at: self.place(cut.site),
            text: self.text(cut.site),
            why: match cut.why {
                path::CutReason::Depth => CutReason::Depth,
                path::CutReason::Budget => CutReason::Budget,
                path::CutReason::Unresolved => CutReason::Unresolved,
                path::CutReason::Library => CutReason::Library,
            },
        }
    }

    fn place(&self, site: Site) -> Place {
        let (path, line) = self.flow.types.program.place(site);
        Place { path: path.to_owned(), line }
    }

    fn text(&self, site: Site) -> String {
        let text = self.flow.types.program.render(site);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // SQL likes to begin on a line of its own.
        text.strip_prefix("\" ").map_or(text.clone(), |rest| format!("\"{rest}"))
    }
}

fn fate(error: path::ErrorUse) -> Option<ErrorFate> {
    match error {
        path::ErrorUse::Returned => Some(ErrorFate::Returned),
        path::ErrorUse::Logged => Some(ErrorFate::Logged),
        path::ErrorUse::Swallowed => Some(ErrorFate::Swallowed),
        path::ErrorUse::Dropped => Some(ErrorFate::Dropped),
        path::ErrorUse::None | path::ErrorUse::Other => None,
    }
}

fn asks(asks: path::Asks) -> Asks {
    match asks {
        path::Asks::Error => Asks::Error,
        path::Asks::Conflict => Asks::Conflict,
        path::Asks::Presence => Asks::Presence,
        path::Asks::Absence => Asks::Absence,
        path::Asks::State => Asks::State,
        path::Asks::Given => Asks::Given,
        path::Asks::NotGiven => Asks::NotGiven,
        path::Asks::Case => Asks::Case,
        path::Asks::Has | path::Asks::Lacks | path::Asks::Other => Asks::Other,
    }
}

fn ending(exit: path::Exit) -> Ending {
    match exit {
        path::Exit::Success => Ending::Success,
        path::Exit::Failure => Ending::Failure,
        path::Exit::Forward => Ending::Forward,
        path::Exit::Jump => Ending::Jump,
    }
}

//! The trace of a handler as the explanation shows it: sites become places, rules the parts that
//! are played, and what the scan made of them is marked where it stands.

use crate::audit::{Asks, Call, CutReason, Ending, ErrorFate, Hop, Place};
use crate::flow::Flow;
use crate::flow::path::{self, Node, Step};
use crate::flow::program::{Fn, Site};

use crate::controls::scan::{GuardKind, Scan};
use crate::controls::verdict::symbol;

struct Tree<'s, 'a> {
    flow: &'s Flow<'a>,
    scan: Option<&'s Scan>,
}

/// The steps of function `func`.
pub fn steps(flow: &Flow<'_>, scan: Option<&Scan>, func: Fn, nodes: &[Node]) -> Vec<Hop> {
    Tree { flow, scan }.steps(func, nodes)
}

impl Tree<'_, '_> {
    /// Nodes of one function. What a call of a library runs (the body of a transaction) follows
    /// it in the trace and goes below it here.
    fn steps(&self, func: Fn, nodes: &[Node]) -> Vec<Hop> {
        let mut out: Vec<Hop> = Vec::new();
        for node in nodes {
            let hop = self.hop(func, node);
            let inside = self.owner(node).is_some_and(|owner| owner != func);
            match out.last_mut() {
                Some(Hop::Call(call)) if inside && call.into.is_none() => call.steps.push(hop),
                _ => out.push(hop),
            }
        }
        out
    }

    fn owner(&self, node: &Node) -> Option<Fn> {
        match node {
            Node::Step(step) => Some(step.func),
            Node::Branch(branch) => self.flow.types.program.owner(branch.cond),
            Node::Cut(cut) => self.flow.types.program.owner(cut.site),
            Node::Loop(nodes) => nodes.iter().find_map(|n| self.owner(n)),
            Node::Exit(_) => None,
        }
    }

    fn hop(&self, func: Fn, node: &Node) -> Hop {
        match node {
            Node::Step(step) => Hop::Call(self.call(step)),
            Node::Branch(branch) => Hop::Branch {
                at: self.place(branch.cond),
                condition: self.text(branch.cond),
                asks: asks(branch.asks),
                guard: self.guard(branch).map(|site| self.place(site)),
                then: self.steps(func, &branch.then),
                otherwise: self.steps(func, &branch.otherwise),
            },
            Node::Loop(nodes) => Hop::Loop { steps: self.steps(func, nodes) },
            Node::Exit(exit) => Hop::Exit { how: ending(*exit) },
            Node::Cut(cut) => Hop::Cut {
                at: self.place(cut.site),
                text: self.text(cut.site),
                why: match cut.why {
                    path::CutReason::Depth => CutReason::Depth,
                    path::CutReason::Budget => CutReason::Budget,
                    path::CutReason::Unresolved => CutReason::Unresolved,
                },
            },
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
        let guards = self.scan.map_or(&[][..], |scan| &scan.guards);
        for guard in guards.iter().filter(|g| g.check == step.site) {
            let name = match guard.kind {
                GuardKind::Dedupe => "guard.dedupe",
                GuardKind::State => "guard.state",
            };
            if !roles.iter().any(|r| r == name) {
                roles.push(name.to_owned());
            }
        }
        Call {
            at: self.place(step.site),
            text: self.text(step.site),
            roles,
            rules: step.rules.iter().map(|&rule| index.rule(rule).id.clone()).collect(),
            error: match step.error {
                path::ErrorUse::Returned => Some(ErrorFate::Returned),
                path::ErrorUse::Logged => Some(ErrorFate::Logged),
                path::ErrorUse::Swallowed => Some(ErrorFate::Swallowed),
                path::ErrorUse::Dropped => Some(ErrorFate::Dropped),
                path::ErrorUse::None | path::ErrorUse::Other => None,
            },
            detached: step.detached,
            guarded_by: self.guarded_by(step.site).map(|site| self.place(site)),
            into: step.into.map(|func| symbol(self.flow, func)),
            steps: self.steps(step.into.unwrap_or(step.func), &step.inner),
        }
    }

    /// The check before an effect, when every way to the effect passes one.
    fn guarded_by(&self, site: Site) -> Option<Site> {
        let scan = self.scan?;
        let mut effects = scan.effects.iter().filter(|e| e.site == site).peekable();
        effects.peek()?;
        effects.map(|e| e.guard).collect::<Option<Vec<usize>>>()?.first().map(|&g| scan.guards[g].check)
    }

    /// The check of a guard that a branch asks about.
    fn guard(&self, branch: &path::Branch) -> Option<Site> {
        let guards = &self.scan?.guards;
        let check =
            |g: &&crate::controls::scan::Guard| branch.cond == g.check || branch.deps.contains(&g.check);
        guards.iter().find(check).map(|g| g.check)
    }

    fn place(&self, site: Site) -> Place {
        let (path, line) = self.flow.types.program.place(site);
        Place { path: path.to_owned(), line }
    }

    fn text(&self, site: Site) -> String {
        let text = self.flow.types.program.render(site);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
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
        path::Asks::Other => Asks::Other,
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

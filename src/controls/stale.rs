//! Removals from caches that leave the old value behind: one whose failure nobody acts on, one that
//! comes before the change is committed, one that looks at every key for each message.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use regex::RegexSet;

use crate::audit::Consumer;
use crate::flow::Flow;
use crate::flow::caches::{CacheUse, Keys, Operation};
use crate::flow::calls::Callee;
use crate::flow::matches::Match;
use crate::flow::path::{ErrorUse, Knowledge, Node, Trace};
use crate::flow::program::{Fn, Site};
use crate::flow::symbol::bare;
use crate::rules::Role;
use crate::syntax::facts::Expr;

use super::cache;
use super::finding::{Draft, place};
use super::steps;
use super::table::Table;
use super::verdict::{evidence, symbol};

/// Calls outwards from a removal in which somebody may act on its error.
const CALLERS: usize = 3;

/// The findings of all services.
pub fn findings(flow: &Flow<'_>, names: &[String], consumers: &[Consumer], table: &Table) -> Vec<Draft> {
    let mut out: BTreeMap<(&'static str, usize, Site), Draft> = BTreeMap::new();
    let other = RegexSet::new(table.names("no-cache")).unwrap_or_default();
    let traces = Traces { flow, table, known: Knowledge::new(flow, None) };
    for (service, name) in names.iter().enumerate() {
        for (removal, expires) in cache::removals(flow, service) {
            if removal.operation != Operation::Remove || keeps_other(flow, removal, &other) {
                continue;
            }
            if let Some(site) = traces.unheard(removal) {
                let key = ("invalidation-error-ignored", service, site);
                out.entry(key).or_insert_with(|| unheard(flow, removal, name, site, expires));
            }
            if let Some(change) = traces.early(removal) {
                let key = ("invalidation-before-commit", service, removal.place);
                out.entry(key).or_insert_with(|| early(flow, removal, name, change));
            }
        }
    }
    let mut out: Vec<Draft> = out.into_values().collect();
    out.extend(scans(flow, names, consumers));
    out
}

/// Whether what is removed is a lock, a session or the like, by the function that does.
fn keeps_other(flow: &Flow<'_>, removal: &CacheUse, other: &RegexSet) -> bool {
    let func = removal.func.map(|f| flow.types.program.func_name(flow.types.program.outermost(f)));
    func.is_some_and(|name| other.is_match(&name)) || other.is_match(&removal.key)
}

fn draft(rule: &'static str, flow: &Flow<'_>, service: &str, key: &str, at: Site) -> Draft {
    let mut draft = Draft::new(rule, service, &bare(key), place(flow, at));
    // In brackets, so that no part of a key is taken for a place that is still to be filled.
    let key = if key.is_empty() { "a cached value" } else { key };
    draft.fill.push(("key", key.replace('{', "[").replace('}', "]")));
    draft
}

fn unheard(flow: &Flow<'_>, removal: &CacheUse, service: &str, site: Site, expires: bool) -> Draft {
    let mut draft = draft("invalidation-error-ignored", flow, service, &removal.key, site);
    draft.evidence.push(evidence(flow, site, Role::CacheInvalidate.name()));
    if removal.place != site {
        draft.evidence.push(evidence(flow, removal.place, Role::CacheInvalidate.name()));
    }
    if !expires {
        draft.signals.insert("no-expiry");
    }
    draft
}

fn early(flow: &Flow<'_>, removal: &CacheUse, service: &str, change: Site) -> Draft {
    let mut draft = draft("invalidation-before-commit", flow, service, &removal.key, removal.place);
    draft.evidence.push(evidence(flow, removal.place, Role::CacheInvalidate.name()));
    draft.evidence.push(evidence(flow, change, "effect"));
    let (path, line) = flow.types.program.place(change);
    draft.fill.push(("change", format!("{path}:{line}")));
    draft
}

/// Walks over the keys of a pattern on the path of a consumer.
fn scans(flow: &Flow<'_>, names: &[String], consumers: &[Consumer]) -> Vec<Draft> {
    let walks = flow.matches.iter().filter(|m| {
        let rule = flow.index.rule(m.rule);
        rule.role == Role::CacheInvalidate
            && rule.registration_kind.as_deref() == Some("pattern")
            && !rule.key.is_empty()
    });
    let removes = |func: Fn| {
        let beside =
            flow.matches.iter().filter(|m| m.func.map(|f| flow.types.program.outermost(f)) == Some(func));
        beside.map(|m| flow.index.rule(m.rule)).any(|rule| {
            rule.role == Role::CacheInvalidate && rule.registration_kind.as_deref() != Some("pattern")
        })
    };
    let mut out = Vec::new();
    for found in walks {
        let Some(func) = found.func.map(|f| flow.types.program.outermost(f)) else { continue };
        if !removes(func) {
            continue;
        }
        let func = symbol(flow, func);
        let on_path: Vec<&Consumer> = consumers.iter().filter(|c| c.path.contains(&func)).collect();
        for name in names {
            let Some(consumer) = on_path.iter().find(|c| c.service == *name) else { continue };
            let mut draft = draft("key-scan-in-hot-path", flow, name, &func.name, found.site);
            draft.evidence.push(evidence(flow, found.site, Role::CacheInvalidate.name()));
            draft.fill.push(("topic", consumer.topic.name.clone()));
            out.push(draft);
        }
    }
    out
}

/// What functions do, each followed once.
struct Traces<'f, 'a> {
    flow: &'f Flow<'a>,
    /// What is said of caches.
    table: &'f Table,
    known: Knowledge<'f, 'a>,
}

impl Traces<'_, '_> {
    fn of(&self, func: Fn) -> Rc<Trace> {
        self.known.trace(func, Some(1))
    }

    /// The call, the removal or one around it, whose error nobody acts on.
    fn unheard(&self, removal: &CacheUse) -> Option<Site> {
        let program = self.flow.types.program;
        if removal.prefix.is_empty() || !self.fallible(removal) {
            return None;
        }
        let mut sites = vec![removal.place];
        for _ in 0..CALLERS {
            let mut outer = Vec::new();
            for site in sites {
                let func = program.outermost(program.owner(site)?);
                // A function that gives no error may answer with one of its own.
                let could = self.flow.types.can_fail(func);
                match steps::error_of(&self.of(func).nodes, site)? {
                    ErrorUse::Dropped => return Some(site),
                    ErrorUse::Logged if could && !ends_for(&self.of(func).nodes, site) => {
                        return Some(site);
                    }
                    ErrorUse::Returned => outer.extend(self.flow.graph.calls_of(func).map(|c| c.site)),
                    _ => {}
                }
            }
            sites = outer;
        }
        None
    }

    /// Whether a removal can fail where it stands: what a process holds itself is just gone, and what
    /// is sent in one round trip fails where it is sent.
    fn fallible(&self, removal: &CacheUse) -> bool {
        let remote = || self.table.names("remote").contains(&removal.detector);
        removal.keys != Keys::Batch
            && match self.flow.graph.at(removal.place).map(|c| &c.callee) {
                Some(Callee::Tree(targets)) => targets.iter().any(|&f| self.flow.types.can_fail(f)),
                _ => remote(),
            }
    }

    /// The change of what is cached that is not there yet when the removal runs: it comes after it in
    /// one function, or in one transaction with it.
    fn early(&self, removal: &CacheUse) -> Option<Site> {
        let (flow, generic) = (self.flow, self.table.names("generic"));
        let program = flow.types.program;
        // One that runs a closure changes first and removes then.
        let facts = program.facts(removal.place.file);
        let runs = match facts.expr(removal.place.expr) {
            Expr::Call { args, .. } => {
                facts.list(args).iter().any(|&arg| matches!(facts.expr(arg), Expr::Closure(_)))
            }
            _ => false,
        };
        // To list keys is not yet to remove them.
        if runs || removal.keys == Keys::Pattern {
            return None;
        }
        let func = program.outermost(program.owner(removal.place)?);
        let mut places = vec![(func, removal.place)];
        let calls = flow.graph.calls_of(func);
        places.extend(calls.filter_map(|c| Some((program.outermost(c.func?), c.site))));
        places.into_iter().find_map(|(func, site)| {
            if let Some(change) = transacted(flow, site) {
                return Some(change);
            }
            let about = words(&format!("{} {}", removal.key, program.render(site)), generic);
            let mut order = Order::default();
            after(flow, &self.of(func).nodes, site, &(about, generic), &mut order);
            order.change
        })
    }
}

/// A change in the transaction that the closure around `site` runs in: it is committed behind.
fn transacted(flow: &Flow<'_>, site: Site) -> Option<Site> {
    let program = flow.types.program;
    let mut closures = Vec::new();
    let mut func = program.owner(site)?;
    while let Some(parent) = program.func(func).parent {
        closures.push(func);
        func = Fn { file: func.file, func: parent };
    }
    let facts = program.facts(site.file);
    let first = flow.matches.partition_point(|m| m.site.file < site.file);
    let here = || flow.matches[first..].iter().take_while(|m| m.site.file == site.file);
    let role = |m: &&Match| flow.index.rule(m.rule).role;
    let mut begins = here().filter(|m| role(m) == Role::TxBegin);
    let inside = begins.find_map(|m| {
        let Expr::Call { args, .. } = facts.expr(m.site.expr) else { return None };
        facts.list(args).iter().find_map(|&arg| match facts.expr(arg) {
            Expr::Closure(func) => Some(Fn { file: site.file, func }).filter(|f| closures.contains(f)),
            _ => None,
        })
    })?;
    let changes = |m: &&Match| CHANGES.contains(&role(m)) && m.func == Some(inside);
    here().find(changes).map(|m| m.site)
}

/// Whether a branch on what the call at `site` gave ends the function somewhere.
fn ends_for(nodes: &[Node], site: Site) -> bool {
    fn exits(nodes: &[Node]) -> bool {
        nodes.iter().any(|node| match node {
            Node::Exit(_) => true,
            Node::Branch(branch) => exits(&branch.then) || exits(&branch.otherwise),
            _ => false,
        })
    }
    nodes.iter().any(|node| match node {
        Node::Branch(branch) if branch.deps.contains(&site) => exits(&branch.then),
        Node::Branch(branch) => ends_for(&branch.then, site) || ends_for(&branch.otherwise, site),
        Node::Step(step) => ends_for(&step.inner, site),
        Node::Loop(body) => ends_for(body, site),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

/// Effects that change what is stored.
const CHANGES: [Role; 5] = [
    Role::EffectUpdate,
    Role::EffectTransition,
    Role::EffectUpsert,
    Role::EffectDelete,
    Role::EffectIncrement,
];

/// What a removal is about, and the words that tell nothing.
type About<'w> = (BTreeSet<String>, &'w [String]);

/// What was passed so far.
#[derive(Clone, Copy, Default)]
struct Order {
    removed: bool,
    change: Option<Site>,
}

/// Goes over nodes in order and notes a change of what `about` tells of that comes after the removal
/// and before any other. Says whether the nodes end the function.
fn after(flow: &Flow<'_>, nodes: &[Node], removal: Site, about: &About<'_>, order: &mut Order) -> bool {
    for node in nodes {
        match node {
            Node::Step(step) if step.site == removal => order.removed = true,
            Node::Step(step) if !order.removed || step.detached => {}
            Node::Step(step) => {
                let nodes = std::slice::from_ref(node);
                if steps::first(flow, nodes, &[Role::CacheInvalidate]).is_some() {
                    order.change = None;
                } else if steps::first(flow, nodes, &CHANGES).is_some()
                    && !words(&changed(flow, nodes), about.1).is_disjoint(&about.0)
                {
                    order.change.get_or_insert(step.site);
                }
            }
            Node::Branch(branch) => {
                for arm in [&branch.then, &branch.otherwise] {
                    let mut inside = *order;
                    if !after(flow, arm, removal, about, &mut inside) {
                        *order = inside;
                    }
                }
            }
            Node::Loop(body) => {
                after(flow, body, removal, about, order);
            }
            Node::Exit(_) => return true,
            Node::Cut(_) => {}
        }
    }
    false
}

/// What the changes at and below `nodes` say, with the calls that lead to them.
fn changed(flow: &Flow<'_>, nodes: &[Node]) -> String {
    let mut out = String::new();
    for node in nodes {
        match node {
            Node::Step(step) => {
                let inside = changed(flow, &step.inner);
                if !inside.is_empty() || steps::plays(flow, step, &CHANGES) {
                    for text in [&flow.types.program.render(step.site), " ", &inside, " "] {
                        out.push_str(text);
                    }
                }
            }
            Node::Branch(branch) => {
                out += &changed(flow, &branch.then);
                out += &changed(flow, &branch.otherwise);
            }
            Node::Loop(body) => out += &changed(flow, body),
            Node::Exit(_) | Node::Cut(_) => {}
        }
    }
    out
}

/// The words of a text that tell what it is about.
fn words(text: &str, generic: &[String]) -> BTreeSet<String> {
    const LEAST: usize = 4;
    let mut out = BTreeSet::new();
    let mut word = String::new();
    let mut lower = false;
    for c in text.chars().chain([' ']) {
        if (!c.is_alphabetic() || c.is_uppercase() && lower) && !word.is_empty() {
            let plain = word.strip_suffix('s').unwrap_or(&word).to_owned();
            if plain.len() >= LEAST && !generic.contains(&plain) {
                out.insert(plain);
            }
            word.clear();
        }
        lower = c.is_lowercase();
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
    }
    out
}

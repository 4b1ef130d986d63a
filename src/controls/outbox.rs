//! Outbox, per service: is an event sent if and only if the change it tells of is committed?

use std::collections::BTreeSet;

use regex::RegexSet;
use rustc_hash::FxHashSet;

use crate::audit::{Consumer, Control, Evidence, ServiceVerdict};
use crate::flow::matches::{Match, RuleId};
use crate::flow::path::{Asks, ErrorUse, Exit, Knowledge, Node, Step};
use crate::flow::program::{Fn, Site};
use crate::flow::{Flow, Publisher};
use crate::rules::{Matcher, Role};

use super::finding::{Draft, place};
use super::relay;
use super::steps;
use super::table::Signals;
use super::topics;
use super::verdict::{Tables, evidence, symbol};

/// Calls that are followed up from a publish to the function that also writes.
const UP: usize = 4;
/// Calls from that function down to the write; what lies deeper is seldom the change an event tells of.
const DOWN: u8 = 4;
/// What a function does that sets the program up: two things on its path have nothing to do with
/// each other.
const SETUP: [Role; 4] = [Role::Consumer, Role::HttpRoute, Role::DiProvide, Role::DiInvoke];
/// What is parked, kept in an outbox, cached or logged is not the change that events tell of.
const ASIDE: [Role; 9] = [
    Role::DeadLetter,
    Role::OutboxWrite,
    Role::CacheGet,
    Role::CacheSet,
    Role::CacheInvalidate,
    Role::Log,
    Role::DedupeMark,
    Role::DedupeClaim,
    Role::DedupeCheck,
];
/// Functions looked at for one publisher.
const CALLERS: usize = 24;
const WRITES: [Role; 6] = [
    Role::EffectInsert,
    Role::EffectUpsert,
    Role::EffectUpdate,
    Role::EffectTransition,
    Role::EffectIncrement,
    Role::EffectDelete,
];

/// What is known of a service's outbox.
#[derive(Default)]
pub struct Outbox {
    /// The status.
    pub verdict: Option<ServiceVerdict>,
    /// Findings, before anything is known of who reads what is sent.
    pub drafts: Vec<Draft>,
    /// Middleware writes everything that the service publishes into its outbox.
    pub middleware: Option<Site>,
    /// Topics that only the relay of its outbox sends to.
    pub relayed: BTreeSet<String>,
}

/// Matches of one service by what they say about its outbox.
#[derive(Default)]
struct Seen<'f> {
    writes: Vec<&'f Match>,
    polls: Vec<&'f Match>,
    cleanups: Vec<&'f Match>,
    stores: Option<Site>,
}

/// Judges every service; `consumers` tell what is sent while a message is handled.
pub fn judge(flow: &Flow<'_>, names: &[String], consumers: &[Consumer], tables: &Tables) -> Vec<Outbox> {
    use rayon::prelude::*;
    let seen = collect(flow, names.len(), tables);
    seen.into_par_iter()
        .enumerate()
        .map(|(service, mut seen)| {
            let known = Knowledge::new(flow, Some(service));
            for list in [&mut seen.writes, &mut seen.polls, &mut seen.cleanups] {
                list.retain(|m| runs(&known, service, m));
            }
            let mine: Vec<&Consumer> = consumers.iter().filter(|c| c.service == names[service]).collect();
            one(&known, service, &names[service], &seen, &mine, tables)
        })
        .collect()
}

fn collect<'f>(flow: &'f Flow<'_>, services: usize, tables: &Tables) -> Vec<Seen<'f>> {
    let transactional = names(tables, "transactional");
    let mut out: Vec<Seen<'f>> = (0..services).map(|_| Seen::default()).collect();
    for m in &flow.matches {
        let role = flow.index.rule(m.rule).role;
        let wanted = matches!(role, Role::OutboxWrite | Role::OutboxPoll | Role::OutboxCleanup);
        let stores = WRITES.contains(&role) && transactional.contains(&flow.index.detector(m.rule).id);
        if !wanted && !stores {
            continue;
        }
        for service in flow.attribution.services(m.site.file, m.func) {
            let seen = &mut out[service];
            match role {
                Role::OutboxWrite => seen.writes.push(m),
                Role::OutboxPoll => seen.polls.push(m),
                Role::OutboxCleanup => seen.cleanups.push(m),
                _ => seen.stores = seen.stores.or(Some(m.site)),
            }
        }
    }
    out
}

fn names(tables: &Tables, key: &str) -> Vec<String> {
    tables.get(Control::Outbox).map_or_else(Vec::new, |t| t.names(key).to_vec())
}

/// Whether the service calls what a match stands in. A repository that is built has all its
/// methods; only what is called runs.
fn runs(known: &Knowledge<'_, '_>, service: usize, m: &Match) -> bool {
    let flow = known.flow;
    let Some(func) = m.func else { return true };
    let outer = flow.types.program.outermost(func);
    let Some(calls) = flow.graph.callers.get(&outer) else {
        return flow.graph.referenced(outer) || is_main(flow, outer) || called_back(known, m, outer);
    };
    calls.iter().any(|&call| {
        let call = &flow.graph.calls[call as usize];
        flow.attribution.services(call.site.file, call.func).contains(&service)
    })
}

/// Whether a framework may call a method that nothing in the tree calls. One that reads pending
/// rows and sends nothing is a store's, and nobody's.
fn called_back(known: &Knowledge<'_, '_>, m: &Match, func: Fn) -> bool {
    let flow = known.flow;
    let program = flow.types.program;
    let decl = program.func(func);
    let exported = program.facts(func.file).text(decl.name).starts_with(char::is_uppercase);
    if !exported || decl.receiver.is_none() {
        return false;
    }
    flow.index.rule(m.rule).role != Role::OutboxPoll
        || steps::first(flow, &known.trace(func, None).nodes, &[Role::Publisher]).is_some()
}

fn one(
    known: &Knowledge<'_, '_>,
    service: usize,
    name: &str,
    seen: &Seen<'_>,
    consumers: &[&Consumer],
    tables: &Tables,
) -> Outbox {
    let flow = known.flow;
    let mine: Vec<&Publisher> =
        flow.publishers.iter().filter(|p| p.service == service && !topics::parks(flow, p)).collect();
    let middleware = middleware(flow, service, seen);
    let is_relayed =
        |p: &&&Publisher| !seen.polls.is_empty() && !p.outbox && relayed(known, service, p, &mine);
    let relayed: BTreeSet<String> = mine.iter().filter(is_relayed).map(|p| p.topic.name.clone()).collect();
    let is_direct = |p: &&Publisher| !p.outbox && middleware.is_none() && !relayed.contains(&p.topic.name);
    let direct: Vec<&Publisher> = mine.iter().copied().filter(is_direct).collect();
    let mut out = Outbox { middleware, relayed, ..Outbox::default() };
    let mut signals = Signals::new();
    let own_table = seen.writes.iter().any(|m| !relayed_by_library(flow, m, tables));
    // Rows whose topic is not known are events all the same.
    if mine.is_empty() && !own_table {
        let told = flow.unnamed.iter().any(|found| found.service == service);
        signals.insert(if told { "publishes-unnamed" } else { "publishes-nothing" });
    } else if direct.is_empty() {
        signals.insert("all-through-outbox");
    } else if direct.len() < mine.len() {
        signals.insert("some-through-outbox");
    }
    if direct.len() == mine.len() && !own_table {
        signals.insert("no-outbox");
    }
    if seen.stores.is_none() {
        signals.insert("writes-nothing");
    }
    let (mut drafts, mut sent) = (Vec::new(), Vec::new());
    let duals = if seen.stores.is_some() { dual_writes(known, service, &direct, tables) } else { Vec::new() };
    for dual in &duals {
        signals.insert("dual-write");
        drafts.push(dual.draft(flow, name, &signals, consumers));
    }
    if signals.contains("some-through-outbox") && duals.is_empty() {
        drafts.extend(direct.first().map(|p| bypassed(flow, name, p)));
    }
    if own_table {
        if seen.polls.is_empty() {
            signals.insert("no-relay");
            drafts.extend(unread(flow, name, &mine, seen));
        } else {
            drafts.extend(unlocked(flow, name, seen, tables));
            let unconfirmed = relay::unconfirmed(known, service, name, &seen.polls, tables);
            signals.extend(unconfirmed.is_some().then_some("unconfirmed"));
            sent.extend(unconfirmed.iter().flat_map(|draft| draft.evidence.iter().take(1).cloned()));
            drafts.extend(unconfirmed);
            if seen.cleanups.is_empty() {
                let at = seen.polls.iter().map(|m| m.site).min();
                drafts.extend(at.map(|site| {
                    let mut draft = Draft::new("outbox-without-cleanup", name, "", place(flow, site));
                    draft.evidence = vec![evidence(flow, site, "outbox.poll")];
                    draft
                }));
            }
        }
    }
    out.drafts = drafts;
    out.verdict = tables.get(Control::Outbox).and_then(|t| t.decide(&signals)).map(|row| ServiceVerdict {
        status: row.status,
        patterns: match row.pattern.as_deref() {
            Some("@") => vec![if middleware.is_some() { "middleware" } else { "outbox" }.to_owned()],
            _ => Vec::new(),
        },
        evidence: sent.into_iter().chain(proof(flow, &mine, middleware, &duals, seen)).collect(),
        why: row.why.clone(),
    });
    out
}

fn proof(
    flow: &Flow<'_>,
    mine: &[&Publisher],
    middleware: Option<Site>,
    duals: &[Dual],
    seen: &Seen<'_>,
) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = middleware.iter().map(|&s| evidence(flow, s, "outbox.write")).collect();
    for dual in duals.iter().take(2) {
        out.push(evidence(flow, dual.write, "effect"));
        out.push(evidence(flow, dual.publish, "publisher"));
    }
    for p in mine.iter().take(4) {
        out.push(evidence(flow, p.place, if p.outbox { "outbox.write" } else { "publisher" }));
    }
    out.extend(seen.polls.iter().take(1).map(|m| evidence(flow, m.site, "outbox.poll")));
    out
}

/// Whether all ways up from a publisher lead to functions that read what is to be sent from the
/// outbox first: then it is the relay's, and sends what was committed.
fn relayed(known: &Knowledge<'_, '_>, service: usize, publisher: &Publisher, all: &[&Publisher]) -> bool {
    let flow = known.flow;
    let program = flow.types.program;
    let relays = |func: Fn| steps::first(flow, &known.trace(func, None).nodes, &[Role::OutboxPoll]).is_some();
    let owners = publisher.places.iter().filter_map(|&place| program.owner(place));
    let mut level: BTreeSet<Fn> = owners.map(|f| program.outermost(f)).collect();
    if let ([_], Some((_, func))) = (&publisher.places[..], start(flow, publisher, all)) {
        level = BTreeSet::from([func]);
    }
    let mut looked: FxHashSet<Fn> = FxHashSet::default();
    let mut found = false;
    for _ in 0..=UP {
        let mut next = BTreeSet::new();
        for func in level {
            if !looked.insert(func) {
                continue;
            }
            if looked.len() > CALLERS || is_main(flow, func) {
                return false;
            }
            if relays(func) {
                found = true;
                continue;
            }
            let callers = flow
                .graph
                .calls_of(func)
                .filter(|call| flow.attribution.services(call.site.file, call.func).contains(&service));
            let callers: Vec<Option<Fn>> = callers.map(|call| call.func).collect();
            // Sent from where nobody calls it, or from outside of any function.
            if callers.is_empty() || callers.contains(&None) {
                return false;
            }
            next.extend(callers.into_iter().flatten().map(|f| program.outermost(f)));
        }
        level = next;
    }
    found && level.is_empty()
}

/// Rows that a library writes are sent by its own relay.
fn relayed_by_library(flow: &Flow<'_>, m: &Match, tables: &Tables) -> bool {
    names(tables, "relayed-by-library").contains(&flow.index.detector(m.rule).id)
}

/// The call that wraps the service's publisher in middleware which saves instead of sending: a
/// function that gives back a closure, and the closure writes into the outbox.
fn middleware(flow: &Flow<'_>, service: usize, seen: &Seen<'_>) -> Option<Site> {
    let program = flow.types.program;
    let mut found: Vec<Site> = Vec::new();
    for m in &seen.writes {
        let Some(func) = m.func else { continue };
        let outer = program.outermost(func);
        if outer == func || program.func(outer).results.is_empty() || program.func(outer).receiver.is_some() {
            continue;
        }
        for call in flow.graph.calls_of(outer) {
            let used = flow.attribution.services(call.site.file, call.func).contains(&service);
            if used && is_argument(flow, call.site) {
                found.push(call.site);
            }
        }
    }
    found.into_iter().min()
}

/// Whether a call is handed straight to another call.
fn is_argument(flow: &Flow<'_>, site: Site) -> bool {
    use crate::syntax::facts::Expr;
    let facts = flow.types.program.facts(site.file);
    facts
        .exprs
        .iter()
        .any(|expr| matches!(*expr, Expr::Call { args, .. } if facts.list(args).contains(&site.expr)))
}

/// An event that is sent directly where others go through the outbox.
fn bypassed(flow: &Flow<'_>, name: &str, publisher: &Publisher) -> Draft {
    let at = publisher.place;
    let mut draft = Draft::new("outbox-bypassed", name, &publisher.topic.name, place(flow, at));
    draft.evidence = vec![evidence(flow, at, Role::Publisher.name())];
    draft.fill.push(("topic", publisher.topic.name.clone()));
    draft
}

/// Rows saved, and nothing of the service reads them.
fn unread(flow: &Flow<'_>, name: &str, mine: &[&Publisher], seen: &Seen<'_>) -> Option<Draft> {
    let site = seen.writes.iter().map(|m| m.site).min()?;
    let saved: Vec<&&Publisher> = mine.iter().filter(|p| p.outbox).collect();
    let at = saved.first().map_or(site, |p| p.place);
    let topics: BTreeSet<&str> = saved.iter().map(|p| p.topic.name.as_str()).collect();
    let topics = match topics.len() {
        0 => "events".to_owned(),
        1..=3 => topics.into_iter().collect::<Vec<_>>().join(", "),
        n => format!("{n} kinds of event"),
    };
    let mut draft = Draft::new("outbox-without-worker", name, "", place(flow, at));
    draft.evidence = vec![evidence(flow, at, "outbox.write")];
    draft.fill.push(("topic", topics));
    Some(draft)
}

/// Pending rows read with nothing that keeps a second relay from the same ones.
fn unlocked(flow: &Flow<'_>, name: &str, seen: &Seen<'_>, tables: &Tables) -> Option<Draft> {
    let locks = RegexSet::new(names(tables, "exclusive")).ok()?;
    let locked = |m: &&Match| flow.index.rule(m.rule).registration_kind.as_deref() == Some("skip-locked");
    if seen.polls.iter().any(locked) {
        return None;
    }
    // The read itself must be seen: a name alone does not tell how rows are read.
    let read = seen.polls.iter().find(|m| reads_rows(flow, m))?;
    let mut funcs: BTreeSet<Fn> =
        seen.polls.iter().filter_map(|m| m.func).map(|f| flow.types.program.outermost(f)).collect();
    for _ in 0..2 {
        let callers: Vec<Fn> = funcs
            .iter()
            .flat_map(|&f| flow.graph.calls_of(f))
            .filter_map(|call| call.func)
            .map(|f| flow.types.program.outermost(f))
            .collect();
        funcs.extend(callers);
    }
    if funcs.iter().any(|&f| steps::mentions(flow, f, &locks)) {
        return None;
    }
    let mut draft = Draft::new("outbox-without-skip-locked", name, "", place(flow, read.site));
    draft.evidence = vec![evidence(flow, read.site, "outbox.poll")];
    Some(draft)
}

/// Whether a match is the query, not a call of a function whose name says so.
fn reads_rows(flow: &Flow<'_>, m: &Match) -> bool {
    !matches!(flow.index.rule(m.rule).matcher, Matcher::Function { .. })
}

/// A publish and a write on one path.
struct Dual {
    topic: String,
    func: Fn,
    write: Site,
    publish: Site,
    /// The function ends with the error of the publish.
    told: bool,
}

impl Dual {
    fn draft(&self, flow: &Flow<'_>, service: &str, signals: &Signals, consumers: &[&Consumer]) -> Draft {
        let mut draft = Draft::new("dual-write", service, &self.topic, place(flow, self.publish));
        draft.evidence =
            vec![evidence(flow, self.write, "effect"), evidence(flow, self.publish, "publisher")];
        draft.fill =
            vec![("topic", self.topic.clone()), ("function", flow.types.program.func_name(self.func))];
        draft.signals.clone_from(signals);
        // What is sent while a message is handled is not lost with its failure: the message comes again.
        let func = symbol(flow, self.func);
        if let Some(consumer) = consumers.iter().find(|c| self.told && c.path.contains(&func)) {
            draft.signals.insert("redelivered");
            draft.fill.push(("consumed", consumer.topic.name.clone()));
        }
        draft
    }
}

/// For each publisher the nearest function on the way up to it that also writes.
fn dual_writes(
    known: &Knowledge<'_, '_>,
    service: usize,
    direct: &[&Publisher],
    tables: &Tables,
) -> Vec<Dual> {
    let flow = known.flow;
    let transactional = names(tables, "transactional");
    let program = flow.types.program;
    let mut out = Vec::new();
    for publisher in direct {
        let Some((send, start)) = start(flow, publisher, direct) else { continue };
        let mut level = BTreeSet::from([start]);
        let mut looked: FxHashSet<Fn> = FxHashSet::default();
        'up: for _ in 0..UP {
            let mut next = BTreeSet::new();
            for func in level {
                let above = !looked.is_empty();
                if !looked.insert(func) || looked.len() > CALLERS || above && is_main(flow, func) {
                    continue;
                }
                let trace = known.trace(func, None);
                let nodes = &trace.nodes;
                // What a relay writes is how far it has come.
                if steps::first(flow, behind_decorators(flow, nodes), &SETUP).is_some()
                    || steps::first(flow, nodes, &[Role::OutboxPoll]).is_some()
                {
                    continue;
                }
                let mut path =
                    Path { flow, transactional: &transactional, publisher: send, depth: 0, found: None };
                path.function(nodes, States::START);
                if let Some((write, publish)) = path.found {
                    let topic = publisher.topic.name.clone();
                    let told = steps::error_of(nodes, publish) == Some(ErrorUse::Returned);
                    out.push(Dual { topic, func, write, publish, told });
                    break 'up;
                }
                for call in flow.graph.calls_of(func) {
                    let Some(caller) = call.func else { continue };
                    if flow.attribution.services(call.site.file, call.func).contains(&service) {
                        next.insert(program.outermost(caller));
                    }
                }
            }
            level = next;
        }
    }
    out
}

/// Where a publisher sends, and the function that does: the place that names its topic, or where
/// `main` does that for whoever sends, the one call of the library that sends to no other topic.
fn start(flow: &Flow<'_>, publisher: &Publisher, others: &[&Publisher]) -> Option<(Site, Fn)> {
    let program = flow.types.program;
    let func = |site: Site| program.owner(site).map(|f| (site, program.outermost(f)));
    let placed = func(publisher.place)?;
    let &[site] = &publisher.sites[..] else { return Some(placed) };
    let shared = others.iter().filter(|p| p.sites.contains(&site)).count() > 1;
    if !is_main(flow, placed.1) || shared { Some(placed) } else { func(site) }
}

/// A trace without the decorators it begins with: they register the function, which sets nothing up.
fn behind_decorators<'n>(flow: &Flow<'_>, nodes: &'n [Node]) -> &'n [Node] {
    let decorates = |id: &RuleId| matches!(flow.index.rule(*id).matcher, Matcher::Decorator(_));
    let decorator = |node: &Node| matches!(node, Node::Step(step) if step.rules.iter().any(decorates));
    let count = nodes.iter().take_while(|node| decorator(node)).count();
    &nodes[count..]
}

/// A program's `main` runs one thing after the other; they need not belong together.
fn is_main(flow: &Flow<'_>, func: Fn) -> bool {
    let program = flow.types.program;
    program.package_of(func.file).name == "main" && program.func_name(func) == "main"
}

/// The ways a path may stand: each that is possible, with what it has passed. A path that has
/// passed both is the finding and is followed no further.
#[derive(Clone, Copy, Default)]
struct States {
    /// Neither.
    neither: bool,
    /// A write.
    write: Option<Site>,
    /// The publish.
    publish: Option<Site>,
}

impl States {
    const START: States = States { neither: true, write: None, publish: None };

    fn or(self, other: States) -> States {
        States {
            neither: self.neither || other.neither,
            write: self.write.or(other.write),
            publish: self.publish.or(other.publish),
        }
    }
}

/// Walks a trace for a write and the publish on the same path.
struct Path<'f, 'a> {
    flow: &'f Flow<'a>,
    transactional: &'f [String],
    publisher: Site,
    /// Calls between the function and the place looked at.
    depth: u8,
    found: Option<(Site, Site)>,
}

impl Path<'_, '_> {
    /// The states behind a whole function: where it returns and where it runs out.
    fn function(&mut self, nodes: &[Node], before: States) -> States {
        let mut exits = States::default();
        let end = self.nodes(nodes, before, &mut exits);
        exits.or(end)
    }

    /// The states behind `nodes`; those of paths that return go to `exits`.
    fn nodes(&mut self, nodes: &[Node], before: States, exits: &mut States) -> States {
        let mut states = before;
        let mut arms: Option<States> = None;
        for node in nodes {
            // The arms of a switch are alternatives: each starts from before the switch.
            let case = matches!(node, Node::Branch(b) if b.asks == Asks::Case);
            if !case {
                states = arms.take().map_or(states, |a| states.or(a));
            }
            match node {
                Node::Step(step) => states = self.step(step, states),
                Node::Branch(branch) if case => {
                    let after = self.nodes(&branch.then, states, exits);
                    arms = Some(arms.map_or(after, |a| a.or(after)));
                }
                Node::Branch(branch) => {
                    let then = self.nodes(&branch.then, states, exits);
                    states = then.or(self.nodes(&branch.otherwise, states, exits));
                }
                Node::Loop(body) => states = states.or(self.nodes(body, states, exits)),
                Node::Cut(_) | Node::Exit(Exit::Jump) => {}
                Node::Exit(_) => {
                    *exits = exits.or(states);
                    return States::default();
                }
            }
        }
        arms.map_or(states, |a| states.or(a))
    }

    fn step(&mut self, step: &Step, before: States) -> States {
        let flow = self.flow;
        if steps::plays(flow, step, &ASIDE) {
            return before;
        }
        if step.site == self.publisher {
            let sends = steps::plays(flow, step, &[Role::Publisher])
                || steps::first(flow, &step.inner, &[Role::Publisher]).is_some();
            let saves = steps::first(flow, &step.inner, &[Role::OutboxWrite]).is_some();
            return if sends && !saves { self.publishes(step.site, before) } else { before };
        }
        self.depth += 1;
        let inside = if self.depth > DOWN { before } else { self.function(&step.inner, before) };
        self.depth -= 1;
        let stores = |id: &RuleId| {
            WRITES.contains(&flow.index.rule(*id).role)
                && self.transactional.contains(&flow.index.detector(*id).id)
        };
        if step.rules.iter().any(stores) { self.writes(step.site, inside) } else { inside }
    }

    fn publishes(&mut self, site: Site, before: States) -> States {
        if let Some(write) = before.write {
            self.found = self.found.or(Some((write, site)));
        }
        let publish = before.publish.or(before.neither.then_some(site));
        States { neither: false, write: None, publish }
    }

    fn writes(&mut self, site: Site, before: States) -> States {
        if let Some(publish) = before.publish {
            self.found = self.found.or(Some((site, publish)));
        }
        let write = before.write.or(before.neither.then_some(site));
        States { neither: false, write, publish: None }
    }
}

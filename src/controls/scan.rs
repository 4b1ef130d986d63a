//! The scan of a trace: which effects a handler has, what stands before each, and what becomes of
//! errors. Controls read the scan; they do not walk traces themselves.

mod arms;
mod derived;
mod entries;
mod found;
mod guards;
mod locks;
mod looks;
mod record;

use crate::audit::Control;
use crate::flow::path::{About, ErrorUse, Exit, Node, Step, Trace};
use crate::flow::program::Site;
use crate::flow::{Flow, Publisher, REQUEST};
use crate::rules::{Role, Rule};
use crate::syntax::facts::{Expr, Lang};
use rustc_hash::{FxHashMap, FxHashSet};

use super::fields_set::FieldsSet;
use super::steps;
use super::table;
use super::topics;
pub use found::{Effect, Guard, GuardKind, Refusal, Repeat, Roles, Scan, Seen};
pub use looks::Looks;

/// Effects that a second delivery repeats.
pub const HARMFUL: [Role; 6] = [
    Role::EffectInsert,
    Role::EffectIncrement,
    Role::EffectEmail,
    Role::EffectCharge,
    Role::Publisher,
    Role::OutboxWrite,
];
/// Effects that a second delivery does not change.
pub const HARMLESS: [Role; 4] =
    [Role::EffectTransition, Role::EffectUpsert, Role::EffectUpdate, Role::EffectDelete];
const NOTED: [Role; 14] = [
    Role::DedupeCheck,
    Role::DedupeMark,
    Role::DedupeClaim,
    Role::DedupeMiddleware,
    Role::Validate,
    Role::Decode,
    Role::DeadLetter,
    Role::CacheInvalidate,
    Role::CacheSet,
    Role::Requeue,
    Role::Reject,
    Role::Ack,
    Role::Retry,
    Role::EffectHttp,
];
/// Roles that show a handler at work on what it received.
pub const WORK: [Role; 6] =
    [Role::Decode, Role::Validate, Role::Read, Role::CacheGet, Role::CacheSet, Role::CacheInvalidate];
/// Roles of what changes the state of an entity.
pub const CHANGES: [Role; 8] = [
    Role::EffectInsert,
    Role::EffectIncrement,
    Role::EffectUpsert,
    Role::EffectUpdate,
    Role::EffectTransition,
    Role::EffectDelete,
    Role::OutboxWrite,
    Role::EffectCharge,
];
/// Roles of what has no effects of its own, whatever it does inside.
const CLOSED: [Role; 5] =
    [Role::DeadLetter, Role::CacheInvalidate, Role::CacheSet, Role::CacheGet, Role::Validate];
/// Roles whose result tells in which state the entity is.
const LOOKS: [Role; 2] = [Role::Read, Role::EffectTransition];
const DEDUPE: [Role; 4] = [Role::DedupeCheck, Role::DedupeClaim, Role::DedupeMark, Role::DedupeMiddleware];

// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
struct Scanner<'f, 'a> {
    flow: &'f Flow<'a>,
    /// Publications to places for failed messages.
    parking: FxHashSet<Site>,
    /// Claims that are given up whatever became of the message.
    locks: FxHashSet<Site>,
    out: Scan,
    results: FxHashMap<Site, Roles>,
    /// The step that is scanned, and those around it.
    calls: Vec<Site>,
    /// Calls that end quietly for a message seen before, with the guard inside that says so.
    quiet: FxHashMap<Site, usize>,
    /// The fields that the path sets.
    set: FieldsSet,
    /// Calls whose error nobody acts on.
    unheard: FxHashSet<Site>,
    /// Behind a guard another system is called, or something is not followed: either may change the
    /// state that the guard looks at.
    reaches_out: bool,
    /// Inside a validation of the message.
    validating: bool,
    /// In an arm that runs where a call has failed.
    failed: bool,
    /// Something that is stored was looked up.
    looked: bool,
    /// What becomes of the errors that the functions around give back, as far as those functions do
    /// nothing else: a helper around one call answers for it no better than its caller does.
    passed_on: ErrorUse,
    /// Effects that come before what is scanned: not those of an arm that ends the function.
    before: usize,
    /// Calls that look something up without which the handler fails.
    required: Vec<Site>,
    /// The arms around what is scanned, that messages are told apart into.
    arms: Vec<arms::Arm>,
    /// Additions to what is stored, each with the guard around it.
    sums: FxHashMap<Site, Option<usize>>,
}

/// Scans a trace.
pub fn scan<'f>(flow: &'f Flow<'_>, trace: &Trace) -> Scan {
    let (parks, sends): (Vec<&Publisher>, Vec<_>) =
        flow.publishers.iter().partition(|p| topics::parks(flow, p));
    let places =
        |publishers: Vec<&'f Publisher>| publishers.into_iter().flat_map(|p| p.places.iter().chain(&p.sites));
    // A wrapper's call may send to topics of both kinds.
    let sends: FxHashSet<&Site> = places(sends).collect();
    let mut scanner = Scanner {
        flow,
        parking: places(parks).filter(|site| !sends.contains(site)).copied().collect(),
        locks: FxHashSet::default(),
        out: Scan::default(),
        results: FxHashMap::default(),
        calls: Vec::new(),
        quiet: FxHashMap::default(),
        set: FieldsSet::of(flow, trace),
        unheard: FxHashSet::default(),
        reaches_out: false,
        validating: false,
        failed: false,
        looked: false,
        passed_on: ErrorUse::Returned,
        before: 0,
        required: Vec::new(),
        arms: Vec::new(),
        sums: FxHashMap::default(),
    };
    locks::locks(flow, &trace.nodes, &mut scanner.locks);
    scanner.nodes(&trace.nodes, None);
    scanner.out.roles = scanner.below(&trace.nodes);
    scanner.out.looked_at = trace.looked_at;
    scanner.out.let_go = trace.let_go;
    scanner.out.in_sight = trace.in_sight;
    steps::each(&trace.nodes, &mut |step| {
        if steps::plays(flow, step, &[Role::TxBegin]) {
            scanner.out.transactions.push(step.site);
        }
    });
    if !scanner.reaches_out && !scanner.out.roles.any(&CHANGES) {
        scanner.out.take_for_filters();
    }
    scanner.out
}

impl Scanner<'_, '_> {
    /// Whether the claim that a rule sees in a step is a lock.
    fn is_lock(&self, step: &Step, rule: &Rule) -> bool {
        rule.role == Role::DedupeClaim && self.locks.contains(&step.site)
    }

    fn roles(&self, step: &Step) -> Roles {
        let mut roles = Roles::default();
        if self.parking.contains(&step.site) {
            roles.add(Role::DeadLetter);
            return roles;
        }
        for &rule in &step.rules {
            let rule = self.flow.index.rule(rule);
            let asks = rule.registration_kind.as_deref() == Some(REQUEST);
            if !self.is_lock(step, rule) && (!asks || self.flow.requests.contains(&step.site)) {
                roles.add(rule.role);
            }
        }
        // A write that happens only while the state it changes is there is that and nothing else.
        if roles.has(Role::EffectTransition) {
            roles = Roles::default();
            roles.add(Role::EffectTransition);
        }
        roles
    }

    fn below(&self, nodes: &[Node]) -> Roles {
        let mut roles = Roles::default();
        for node in nodes {
            roles = roles.join(match node {
                Node::Step(step) if self.parking.contains(&step.site) => self.roles(step),
                Node::Step(step) => self.roles(step).join(self.below(&step.inner)),
                Node::Branch(branch) => self.below(&branch.then).join(self.below(&branch.otherwise)),
                Node::Loop(nodes) => self.below(nodes),
                Node::Exit(_) | Node::Cut(_) => Roles::default(),
            });
        }
        roles
    }

    /// Whether two nodes are ways of one call that do different things.
    fn differ(&self, pair: &[Node]) -> bool {
        match pair {
            [Node::Step(a), Node::Step(b)] => {
                a.site == b.site && a.into != b.into && self.below(&a.inner) != self.below(&b.inner)
            }
            _ => false,
        }
    }

    fn reaches_redis(&self, step: &Step) -> bool {
        steps::in_redis(self.flow, step)
            || step.inner.iter().any(|node| match node {
                Node::Step(step) => self.reaches_redis(step),
                Node::Branch(branch) => branch
                    .then
                    .iter()
                    .chain(&branch.otherwise)
                    .any(|n| matches!(n, Node::Step(step) if self.reaches_redis(step))),
                _ => false,
            })
    }

    /// Scans nodes under a guard; gives the guard that holds behind them.
    fn nodes(&mut self, nodes: &[Node], mut guard: Option<usize>) -> Option<usize> {
        let before = self.before;
        let refused = self.out.refusals.len();
        self.out.several_ways |= nodes.windows(2).any(|pair| self.differ(pair));
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Step(step) if step.is_sum() => {
                    self.sums.insert(step.site, guard);
                }
                Node::Step(step) => {
                    self.calls.push(step.site);
                    guard = self.step(step, guard).or(guard);
                    self.calls.pop();
                }
                Node::Branch(branch) => guard = self.branch(branch, &nodes[at + 1..], guard),
                Node::Loop(body) => {
                    self.nodes(body, guard);
                }
                Node::Exit(_) => {}
                Node::Cut(cut) => {
                    self.reaches_out |= guard.is_some();
                    self.out.handed_past |= guard.is_none() && cut.hands_on;
                    self.out.cuts.push(cut.clone());
                }
            }
        }
        // Every message that no question before let through fails.
        if before == 0
            && self.before == 0
            && nodes.last().is_some_and(|n| matches!(n, Node::Exit(Exit::Failure)))
            && self.out.refusals.len() == refused
            && let Some(let_through) = nodes.iter().find_map(guards::lets_through)
        {
            let refusal = Refusal { arms: self.arms.clone(), ..Refusal::by(self.flow, let_through, true) };
            self.out.refusals.push(refusal);
        }
        guard
    }

    /// Whether nobody acts on the error of a call. One that is said and no more is acted on where it is
    /// thrown: what stands behind it does not run.
    fn is_unheard(&self, step: &Step, roles: Roles) -> bool {
        match self.fate(step) {
            ErrorUse::Dropped => true,
            ErrorUse::Logged => {
                let lang = self.flow.types.program.facts(step.site.file).lang;
                roles.any(&DEDUPE) && lang != Lang::TypeScript
            }
            _ => false,
        }
    }

    /// Gives a guard when the step itself is one (middleware, a claim that runs its argument).
    fn step(&mut self, step: &Step, guard: Option<usize>) -> Option<usize> {
        let own = self.roles(step);
        let below = self.below(&step.inner);
        let known = self.results.entry(step.site).or_default();
        *known = known.join(own).join(below);
        if self.is_unheard(step, own.join(below)) {
            self.unheard.insert(step.site);
        }
        self.reaches_out |= guard.is_some() && own.has(Role::EffectHttp);
        self.looked |= own.any(&[Role::Read, Role::CacheGet]);
        let mut noted = false;
        if self.parking.contains(&step.site) {
            let kind = Some("handler".to_owned());
            let seen = Seen { kind, ..self.seen(step, Role::DeadLetter, own) };
            self.out.seen.push(seen);
            return None;
        }
        for &id in &step.rules {
            let rule = self.flow.index.rule(id);
            let beside = matches!(rule.role, Role::Validate | Role::Decode)
                && matches!(step.about, About::Other | About::Nothing);
            if rule.role == Role::Decode && !beside && self.out.of(Role::Decode).next().is_none() {
                // What was asked before was whether there is a message at all, or whether it can be opened.
                self.out.refusals.retain(|refusal| refusal.opens);
            }
            if NOTED.contains(&rule.role) && !beside && !self.is_lock(step, rule) {
                noted = true;
                let seen = Seen {
                    // Until somebody asks what it gave, nobody knows.
                    error: if rule.reports { ErrorUse::Logged } else { self.fate(step) },
                    kind: self.kind(step, rule),
                    detector: self.flow.index.detector(id).id.clone(),
                    redis: self.reaches_redis(step),
                    reports: rule.reports,
                    ..self.seen(step, rule.role, own.join(below))
                };
                self.out.seen.push(seen);
            }
        }
        // What a dedupe record, a dead letter or a cache does inside is not an effect of its own.
        let closed = own.any(&CLOSED);
        if own.any(&DEDUPE) || closed {
            if closed && own.has(Role::Validate) {
                let outer = self.validating;
                self.validating |= !matches!(step.about, About::Other | About::Nothing);
                let inner = self.nodes(&step.inner, guard);
                self.validating = outer;
                // `assertIsNew`: what is called a check of the payload looks for a record.
                let ends = |&found: &usize| self.out.guards[found].fails();
                let returned = inner != guard && step.error == ErrorUse::Returned;
                if let Some(found) = inner.filter(ends).filter(|_| returned) {
                    return Some(found);
                }
            }
            if own.has(Role::DedupeMiddleware) {
                return Some(self.guard(GuardKind::Dedupe, [step.site; 2], false, guard));
            }
            return None;
        }
        if own.join(below).has(Role::EffectDelete) && step.into.is_some() {
            let same = |&look: &Site| self.same_receiver(look, step.site);
            self.out.must_be_there = self.out.must_be_there.or(self.required.iter().copied().find(same));
        }
        let effect = HARMFUL.iter().chain(&HARMLESS).copied().find(|&r| own.has(r));
        let effect = effect.filter(|&role| role != Role::Publisher || !is_answer(step));
        let deeper = below.any(&HARMFUL) || below.any(&HARMLESS);
        match effect {
            // A named effect is what it does inside, when that was seen.
            Some(role) if !deeper || role == Role::OutboxWrite || role == Role::EffectEmail => {
                let key = (step.keyed && guard.is_none())
                    .then(|| self.guard(GuardKind::Key, [step.site; 2], role == Role::EffectInsert, guard));
                self.effect(step, role, guard, key);
                // What a caller has gone on from refused nothing.
                self.out.refusals.retain(|r| !r.ignored);
                self.before += 1;
                // The failure of an insert ends whatever stands behind it, unless it is gone on from;
                // a broker leaves a second message out and says nothing.
                return key.filter(|_| ends_behind(step) && role == Role::EffectInsert);
            }
            _ if noted && own.has(Role::EffectHttp) => {}
            _ => {
                let mut behind = None;
                let refused = self.out.refusals.len();
                // An error that keeps the rest of its function from running is acted on.
                let fate = if wraps_one(&step.inner) { self.fate(step) } else { ErrorUse::Returned };
                let around = std::mem::replace(&mut self.passed_on, fate);
                let inner = self.nodes(&step.inner, guard);
                self.passed_on = around;
                if let Some(found) = inner
                    && inner != guard
                {
                    // What ends the helper with an error ends who passes that on.
                    let ended = &self.out.guards[found];
                    let (key, fails) = (ended.kind == GuardKind::Key, ended.fails());
                    if (key || fails) && step.error == ErrorUse::Returned {
                        behind = Some(found);
                    } else if !key {
                        self.quiet.insert(step.site, found);
                    }
                }
                if matches!(step.error, ErrorUse::Logged | ErrorUse::Dropped) {
                    self.out.refusals.iter_mut().skip(refused).for_each(|r| r.ignored = true);
                }
                return behind;
            }
        }
        None
    }

    /// Notes the effect of a step: what it does, or the addition that it writes down.
    fn effect(&mut self, step: &Step, role: Role, guard: Option<usize>, key: Option<usize>) {
        let sum = self.unguarded_sum(step);
        let by_saving = sum.is_some();
        let (site, role, around) = match sum {
            Some((site, around)) => (site, Role::EffectIncrement, around),
            None => (step.site, role, key),
        };
        let (guard, keyed) = (guard.or(around), step.keyed);
        let derived = Role::SETS.contains(&role) && self.stores_derived();
        let (on_failure, after_look) = (self.failed, self.looked);
        let arms = self.arms.clone();
        let effect = Effect { site, role, guard, keyed, derived, by_saving, on_failure, after_look, arms };
        self.out.effects.push(effect);
    }

    /// An addition that a step writes down, with the guard around it: one without a guard, if any.
    fn unguarded_sum(&self, step: &Step) -> Option<(Site, Option<usize>)> {
        let around = |site: &Site| (*site, self.sums.get(site).copied().flatten());
        step.adds.iter().map(around).min_by_key(|(_, guard)| guard.is_some())
    }

    /// Whether two calls of one function are methods of the same thing: `s.repo.Find`, `s.repo.Delete`.
    fn same_receiver(&self, a: Site, b: Site) -> bool {
        let program = self.flow.types.program;
        let receiver = |site: Site| {
            let facts = program.facts(site.file);
            let Expr::Call { callee, .. } = facts.expr(site.expr) else { return None };
            let Expr::Field { base, .. } = facts.expr(callee) else { return None };
            Some((program.owner(site)?, program.render(Site { file: site.file, expr: base })))
        };
        receiver(a).is_some_and(|it| receiver(b) == Some(it))
    }

    /// What becomes of a step's error in the end.
    fn fate(&self, step: &Step) -> ErrorUse {
        match (step.error, self.passed_on) {
            (ErrorUse::Returned, ErrorUse::Logged | ErrorUse::Dropped | ErrorUse::Swallowed) => {
                self.passed_on
            }
            (own, _) => own,
        }
    }

    /// The kind of what a step does; where a dead letter ends says more than what it is called.
    fn kind(&self, step: &Step, rule: &Rule) -> Option<String> {
        let inner = match rule.role {
            Role::DeadLetter => steps::first(self.flow, &step.inner, &[Role::DeadLetter]),
            _ => None,
        };
        let within = inner.and_then(|inner| {
            let mut rules = inner.rules.iter().map(|&id| self.flow.index.rule(id));
            let rule = rules.find(|rule| rule.role == Role::DeadLetter)?;
            self.kind(inner, rule)
        });
        within.or_else(|| rule.registration_kind.clone())
    }

    /// What a step says of itself, here.
    fn seen(&self, step: &Step, role: Role, below: Roles) -> Seen {
        Seen {
            site: step.site,
            role,
            error: self.fate(step),
            kind: None,
            detector: String::new(),
            below,
            into: step.into,
            about: step.about,
            after_effects: self.before,
            effects_above: self.out.effects.len(),
            redis: false,
            nested: self.validating,
            reports: false,
        }
    }
}

/// How nodes end, if they always end.
fn ends(nodes: &[Node]) -> Option<Exit> {
    match nodes.last()? {
        Node::Exit(exit) => Some(*exit),
        Node::Branch(branch) => match (ends(&branch.then), ends(&branch.otherwise)) {
            (Some(a), Some(b)) => Some(if a == Exit::Failure { b } else { a }),
            _ => None,
        },
        _ => None,
    }
}

/// Whether nodes have a lasting effect.
pub fn lasts(flow: &Flow<'_>, nodes: &[Node]) -> bool {
    [&HARMFUL[..], &HARMLESS].iter().any(|roles| steps::first(flow, nodes, roles).is_some())
}

/// Whether what stands behind a step does not run where the step fails.
fn ends_behind(step: &Step) -> bool {
    matches!(step.error, ErrorUse::Returned | ErrorUse::Other) && !step.detached
}

/// Whether a function does one thing and answers with what comes of it.
fn wraps_one(nodes: &[Node]) -> bool {
    fn steps(nodes: &[Node]) -> usize {
        let of = |node: &Node| match node {
            Node::Step(step) if step.is_sum() => 0,
            Node::Step(_) => 1,
            Node::Branch(branch) => steps(&branch.then) + steps(&branch.otherwise),
            // Who knows how often, and what.
            Node::Loop(_) | Node::Cut(_) => 2,
            Node::Exit(_) => 0,
        };
        nodes.iter().map(of).sum()
    }
    steps(nodes) == 1
}

/// Whether a step sends to where the message asks for its answer (`d.ReplyTo`): whoever asks twice is
/// answered twice.
fn is_answer(step: &Step) -> bool {
    let names = table::of(Control::Idempotency).map_or(&[][..], |table| table.names("answers-to"));
    step.sent_to.as_ref().is_some_and(|field| names.iter().any(|known| **known == **field))
}

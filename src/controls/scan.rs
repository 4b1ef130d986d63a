//! The scan of a trace: which effects a handler has, what stands before each, and what becomes of
//! errors. Controls read the scan; they do not walk traces themselves.

use crate::flow::path::{Asks, Branch, Cut, CutReason, ErrorUse, Exit, Node, Step, Trace};
use crate::flow::program::{Fn, Site};
use crate::flow::{Flow, Publisher, REQUEST};
use crate::rules::Role;
use rustc_hash::{FxHashMap, FxHashSet};

use super::topics::is_dead_letter;

/// A set of roles.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Roles(u64);

impl Roles {
    /// Adds a role.
    pub fn add(&mut self, role: Role) {
        self.0 |= 1 << role as u64;
    }

    /// Whether a role is in the set.
    pub fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u64) != 0
    }

    /// Whether any of `roles` is in the set.
    pub fn any(self, roles: &[Role]) -> bool {
        roles.iter().any(|&r| self.has(r))
    }

    fn join(self, other: Roles) -> Roles {
        Roles(self.0 | other.0)
    }
}

/// How an effect is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GuardKind {
    /// A record of the message.
    Dedupe,
    /// The state or existence of the entity.
    State,
}

/// A check that ends the handler for a message seen before.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What it rests on.
    pub kind: GuardKind,
    /// The check.
    pub check: Site,
    /// The condition that asks what it gave, or the check itself.
    pub asked: Site,
    /// It stands inside `if id != ""`: an empty id goes round it.
    pub bypassed: bool,
    /// A message seen before ends in an error, so it is delivered again.
    pub fails: bool,
    /// Nobody acts on the error of the check: one that fails is taken for "not there".
    pub unheard: bool,
}

/// A lasting effect.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Where.
    pub site: Site,
    /// What.
    pub role: Role,
    /// Index into [`Scan::guards`].
    pub guard: Option<usize>,
}

/// A step of a role that controls ask about.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where.
    pub site: Site,
    /// What.
    pub role: Role,
    /// What becomes of its error.
    pub error: ErrorUse,
    /// The rule's kind (`json-schema`, `table`, …), if it has one.
    pub kind: Option<String>,
    /// Detector of the rule.
    pub detector: String,
    /// Roles of what it does inside.
    pub below: Roles,
    /// The function it was followed into.
    pub into: Option<Fn>,
    /// Effects that come before it.
    pub after_effects: usize,
    /// Effects above it on the page: with those in arms that end without it.
    pub effects_above: usize,
    /// It reaches Redis.
    pub redis: bool,
    /// It stands inside a validation of the message and returns to it.
    pub nested: bool,
    /// It gives what is wrong instead of throwing it.
    pub reports: bool,
}

/// A branch that turns a message away for what it says.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The condition.
    pub asked: Site,
    /// With an error; otherwise the message is dropped.
    pub fails: bool,
    /// Whoever calls the function that refuses goes on all the same.
    ignored: bool,
}

/// What a trace shows.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Effects in order.
    pub effects: Vec<Effect>,
    /// Guards in order.
    pub guards: Vec<Guard>,
    /// Dedupe, validate, decode, dead-letter, ack and cache steps in order.
    pub seen: Vec<Seen>,
    /// Conditions that refuse a message for what it says (`if id == "" { return err }`).
    pub refusals: Vec<Refusal>,
    /// The message is asked something that decides what is done, whether or not that refuses it.
    pub asked: bool,
    /// Calls not followed.
    pub cuts: Vec<Cut>,
    /// Roles of everything on the path.
    pub roles: Roles,
    /// The message is given to calls that only look at it.
    pub looked_at: bool,
}

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
/// Roles whose result tells in which state the entity is.
const LOOKS: [Role; 2] = [Role::Read, Role::EffectTransition];
const DEDUPE: [Role; 4] = [Role::DedupeCheck, Role::DedupeClaim, Role::DedupeMark, Role::DedupeMiddleware];

struct Scanner<'f, 'a> {
    flow: &'f Flow<'a>,
    /// Publications to places for failed messages.
    parking: FxHashSet<Site>,
    out: Scan,
    results: FxHashMap<Site, Roles>,
    /// Calls whose error nobody acts on.
    unheard: FxHashSet<Site>,
    /// Inside a validation of the message.
    validating: bool,
    /// Effects that come before what is scanned: not those of an arm that ends the function.
    before: usize,
}

/// Scans a trace.
pub fn scan(flow: &Flow<'_>, trace: &Trace) -> Scan {
    let parks = |p: &&Publisher| is_dead_letter(&p.topic.name);
    // A wrapper's call may send to topics of both kinds.
    let sends: FxHashSet<&Site> =
        flow.publishers.iter().filter(|p| !parks(p)).flat_map(|p| p.places.iter().chain(&p.sites)).collect();
    let mut scanner = Scanner {
        flow,
        parking: flow
            .publishers
            .iter()
            .filter(parks)
            .flat_map(|p| p.places.iter().chain(&p.sites))
            .filter(|site| !sends.contains(site))
            .copied()
            .collect(),
        out: Scan::default(),
        results: FxHashMap::default(),
        unheard: FxHashSet::default(),
        validating: false,
        before: 0,
    };
    scanner.nodes(&trace.nodes, None);
    scanner.out.roles = scanner.below(&trace.nodes);
    scanner.out.looked_at = trace.looked_at;
    scanner.out
}

impl Scanner<'_, '_> {
    fn roles(&self, step: &Step) -> Roles {
        let mut roles = Roles::default();
        if self.parking.contains(&step.site) {
            roles.add(Role::DeadLetter);
            return roles;
        }
        for &rule in &step.rules {
            let rule = self.flow.index.rule(rule);
            let asks = rule.registration_kind.as_deref() == Some(REQUEST);
            if !asks || self.flow.requests.contains(&step.site) {
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

    fn reaches_redis(&self, step: &Step) -> bool {
        let own = step
            .rules
            .iter()
            .any(|&r| self.flow.index.detector(r).imports.iter().any(|i| i.contains("redis")));
        own || step.inner.iter().any(|node| match node {
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
        for node in nodes {
            match node {
                Node::Step(step) => {
                    if let Some(found) = self.step(step, guard) {
                        guard = Some(found);
                    }
                }
                Node::Branch(branch) => guard = self.branch(branch, guard),
                Node::Loop(body) => {
                    self.nodes(body, guard);
                }
                Node::Exit(_) => {}
                Node::Cut(cut) => self.out.cuts.push(cut.clone()),
            }
        }
        // Every message that no question before let through fails.
        if before == 0
            && self.before == 0
            && nodes.last().is_some_and(|n| matches!(n, Node::Exit(Exit::Failure)))
            && self.out.refusals.len() == refused
            && let Some(let_through) = nodes.iter().find_map(lets_through)
        {
            self.out.refusals.push(Refusal { asked: let_through.cond, fails: true, ignored: false });
        }
        guard
    }

    /// Gives a guard when the step itself is one (middleware, a claim that runs its argument).
    fn step(&mut self, step: &Step, guard: Option<usize>) -> Option<usize> {
        let own = self.roles(step);
        let below = self.below(&step.inner);
        let known = self.results.entry(step.site).or_default();
        *known = known.join(own).join(below);
        if step.error == ErrorUse::Dropped {
            self.unheard.insert(step.site);
        }
        let mut noted = false;
        if self.parking.contains(&step.site) {
            let kind = Some("handler".to_owned());
            let seen = Seen { kind, ..self.seen(step, Role::DeadLetter, own) };
            self.out.seen.push(seen);
            return None;
        }
        for &id in &step.rules {
            let rule = self.flow.index.rule(id);
            let beside = matches!(rule.role, Role::Validate | Role::Decode) && !step.on_message;
            if rule.role == Role::Decode && !beside && self.out.of(Role::Decode).next().is_none() {
                // What was asked before was whether there is a message at all.
                self.out.refusals.clear();
            }
            if NOTED.contains(&rule.role) && !beside {
                noted = true;
                let seen = Seen {
                    // Until somebody asks what it gave, nobody knows.
                    error: if rule.reports { ErrorUse::Logged } else { step.error },
                    kind: rule.registration_kind.clone(),
                    detector: self.flow.index.detector(id).id.clone(),
                    redis: self.reaches_redis(step),
                    reports: rule.reports,
                    ..self.seen(step, rule.role, own.join(below))
                };
                self.out.seen.push(seen);
            }
        }
        // What a dedupe record, a dead letter or a cache does inside is not an effect of its own.
        let closed = own.any(&[
            Role::DeadLetter,
            Role::CacheInvalidate,
            Role::CacheSet,
            Role::CacheGet,
            Role::Validate,
        ]);
        if own.any(&DEDUPE) || closed {
            if closed && own.has(Role::Validate) {
                let outer = self.validating;
                self.validating |= step.on_message;
                self.nodes(&step.inner, guard);
                self.validating = outer;
            }
            if own.has(Role::DedupeMiddleware) {
                return Some(self.guard(GuardKind::Dedupe, step.site, step.site, false));
            }
            return None;
        }
        let effect = HARMFUL.iter().chain(&HARMLESS).copied().find(|&r| own.has(r));
        let deeper = below.any(&HARMFUL) || below.any(&HARMLESS);
        match effect {
            // A named effect is what it does inside, when that was seen.
            Some(role) if !deeper || role == Role::OutboxWrite || role == Role::EffectEmail => {
                // A unique key takes a second one for the same: it fails, or is left out.
                let refuses = step.keyed && role == Role::EffectInsert;
                let own = step.keyed.then(|| self.guard(GuardKind::State, step.site, step.site, refuses));
                let guard = guard.or(own);
                self.out.effects.push(Effect { site: step.site, role, guard });
                // What a caller has gone on from refused nothing.
                self.out.refusals.retain(|r| !r.ignored);
                self.before += 1;
                // The failure ends whatever stands behind it, unless it is caught and gone on from.
                let goes_on = matches!(step.error, ErrorUse::Logged | ErrorUse::Dropped);
                if refuses && !goes_on && !step.detached {
                    return own;
                }
            }
            _ if noted && own.has(Role::EffectHttp) => {}
            _ => {
                let refused = self.out.refusals.len();
                self.nodes(&step.inner, guard);
                if matches!(step.error, ErrorUse::Logged | ErrorUse::Dropped) {
                    self.out.refusals.iter_mut().skip(refused).for_each(|r| r.ignored = true);
                }
            }
        }
        None
    }

    /// What a step says of itself, here.
    fn seen(&self, step: &Step, role: Role, below: Roles) -> Seen {
        Seen {
            site: step.site,
            role,
            error: step.error,
            kind: None,
            detector: String::new(),
            below,
            into: step.into,
            after_effects: self.before,
            effects_above: self.out.effects.len(),
            redis: false,
            nested: self.validating,
            reports: false,
        }
    }

    fn guard(&mut self, kind: GuardKind, check: Site, asked: Site, fails: bool) -> usize {
        let unheard = self.unheard.contains(&check);
        self.out.guards.push(Guard { kind, check, asked, bypassed: false, fails, unheard });
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
            Asks::Other | Asks::State | Asks::Has | Asks::Lacks => then_exit == Some(Exit::Failure),
            _ => false,
        }
    }

    /// Notes a branch that refuses the message before anything is done.
    fn refusal(&mut self, branch: &Branch, deps: Roles, then_exit: Option<Exit>) {
        self.out.asked |= branch.on_message;
        if !branch.on_message || self.before > 0 {
            return;
        }
        // `if order.ID != "" { … } else { return err }`
        let otherwise = matches!(branch.asks, Asks::Given | Asks::Presence)
            && ends(&branch.otherwise) == Some(Exit::Failure);
        if otherwise || Self::refuses(branch, deps, then_exit) {
            let fails = otherwise || then_exit == Some(Exit::Failure);
            self.out.refusals.push(Refusal { asked: branch.cond, fails, ignored: false });
        }
    }

    fn branch(&mut self, branch: &Branch, guard: Option<usize>) -> Option<usize> {
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
            (asks, _) => asks,
        };
        let then_exit = ends(&branch.then);
        let effects_in_then = {
            let roles = self.below(&branch.then);
            roles.any(&HARMFUL) || roles.any(&HARMLESS)
        };
        if deps.has(Role::Validate)
            && (then_exit.is_some() || effects_in_then || ends(&branch.otherwise).is_some())
        {
            for seen in self.out.seen.iter_mut().filter(|s| s.reports) {
                seen.error = ErrorUse::Returned;
            }
        }
        self.refusal(branch, deps, then_exit);

        let asks_for_seen =
            matches!(asks, Asks::Presence | Asks::Absence | Asks::State | Asks::Conflict | Asks::Other);
        let quiet_exit =
            matches!(then_exit, Some(Exit::Success | Exit::Jump | Exit::Forward)) && !effects_in_then;
        let mut behind = guard;
        let (mut then_guard, mut else_guard) = (guard, guard);
        if let Some(kind) = kind
            && asks_for_seen
        {
            let transits = deps.has(Role::EffectTransition);
            let refuses = kind == GuardKind::State
                && (matches!(asks, Asks::State | Asks::Conflict) || transits && asks == Asks::Absence)
                && then_exit == Some(Exit::Failure);
            if quiet_exit || refuses {
                // "Not found" that ends the handler quietly says nothing about a second delivery.
                let absent_row =
                    kind == GuardKind::State && asks == Asks::Absence && !deps.has(Role::EffectTransition);
                if !absent_row {
                    behind = Some(self.guard(kind, check, branch.cond, refuses));
                }
            } else if then_exit.is_none() || effects_in_then {
                let made = self.guard(kind, check, branch.cond, false);
                match asks {
                    Asks::Absence => then_guard = Some(made),
                    Asks::Presence if deps.any(&[Role::DedupeClaim, Role::EffectTransition]) => {
                        then_guard = Some(made);
                    }
                    Asks::Presence | Asks::State | Asks::Conflict => else_guard = Some(made),
                    _ => {}
                }
                // `if existing != nil { update; return }`: the rest is the other arm.
                if then_exit.is_some() && matches!(asks, Asks::Presence | Asks::State) {
                    behind = Some(made);
                }
                if asks == Asks::State {
                    then_guard = then_guard.or(Some(made));
                }
            }
        }
        let before = self.before;
        let inner = self.nodes(&branch.then, then_guard);
        let after_then = std::mem::replace(&mut self.before, before);
        self.nodes(&branch.otherwise, else_guard);
        let after_otherwise = if ends(&branch.otherwise).is_some() { before } else { self.before };
        self.before = if then_exit.is_some() { after_otherwise } else { after_then.max(after_otherwise) };
        // A guard inside `if id != ""` holds behind it as well, but an empty id goes round it.
        if branch.asks == Asks::Given && inner != then_guard && then_exit.is_none() {
            if let Some(index) = inner {
                self.out.guards[index].bypassed = true;
            }
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
}

/// A branch that lets a message through for what it says, and ends there.
fn lets_through(node: &Node) -> Option<&Branch> {
    match node {
        Node::Branch(branch)
            if branch.on_message
                && matches!(branch.asks, Asks::Presence | Asks::Given | Asks::Has)
                && ends(&branch.then).is_some_and(|exit| exit != Exit::Failure) =>
        {
            Some(branch)
        }
        _ => None,
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

impl Scan {
    /// Steps of a role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(move |s| s.role == role)
    }

    /// The call that is handed the message out of sight, where nothing on the path reads it.
    pub fn handed_on(&self) -> Option<&Cut> {
        let read = self.roles.any(&[Role::Decode, Role::Validate]);
        self.cuts.iter().find(|c| c.hands_on && !read)
    }

    /// The first call that a bound of depth cut.
    pub fn cut_by_depth(&self) -> Option<&Cut> {
        self.cuts.iter().find(|c| c.why == CutReason::Depth)
    }
}

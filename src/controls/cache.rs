//! Cache invalidation, per service: does a reader ever see the old value for longer than intended?

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Cache, CacheStore, Control, Evidence, Invalidation, Place};
use crate::flow::Flow;
use crate::flow::caches::{CacheUse, Keys, Operation};
use crate::flow::program::{Fn, Site, Ty};
use crate::rules::{Matcher, Role, Rule};

use super::finding::{Draft, place};
use super::table::{self, Signals};
use super::verdict::evidence;

/// The caches of one service and what is known of them.
#[derive(Default)]
pub struct Caches {
    /// One row a kind of key.
    pub rows: Vec<Cache>,
    /// Signals for the table.
    pub signals: Signals,
    /// Evidence.
    pub proof: Vec<Evidence>,
    /// What is wrong with one or the other.
    pub drafts: Vec<Draft>,
}

/// What tells kinds of keys apart: the key, or the package and type of a key that is not known.
type Kind = (String, Option<u32>, Option<Ty>);

/// Effects that change what a cache is a copy of: a message sent beside a fill changes nothing.
const STORED: [Role; 6] = [
    Role::EffectInsert,
    Role::EffectIncrement,
    Role::EffectUpsert,
    Role::EffectUpdate,
    Role::EffectTransition,
    Role::EffectDelete,
];

/// What is stored under one kind of key.
struct Group<'f> {
    fills: Vec<&'f CacheUse>,
    removals: Vec<&'f CacheUse>,
    /// A change writes the new value where the old one is.
    refreshed: bool,
}

/// Judges the caches of each service.
pub fn collect(flow: &Flow<'_>, names: &[String]) -> Vec<Caches> {
    let removals: Vec<&CacheUse> = flow.caches.iter().filter(|c| !fills(c) && alive(flow, c)).collect();
    (0..names.len()).map(|service| one(flow, service, &names[service], &removals)).collect()
}

/// What empties the caches of a service, each with whether all that it removes expires.
pub fn removals<'f>(flow: &'f Flow<'_>, service: usize) -> Vec<(&'f CacheUse, bool)> {
    let all: Vec<&CacheUse> = flow.caches.iter().filter(|c| !fills(c) && alive(flow, c)).collect();
    let mut out = Vec::new();
    for group in groups(flow, service, &all) {
        let expires = group.fills.iter().all(|f| f.expires);
        out.extend(group.removals.iter().filter(|r| r.service == service).map(|&r| (r, expires)));
    }
    out
}

fn one<'f>(flow: &'f Flow<'_>, service: usize, name: &str, removals: &[&'f CacheUse]) -> Caches {
    let groups = groups(flow, service, removals);
    let mut out = Caches::default();
    let alone = if groups.is_empty() { removals_alone(flow, service, removals) } else { Vec::new() };
    if groups.is_empty() && alone.is_empty() {
        out.signals.insert("no-cache");
        return out;
    }
    let invalidated = groups.iter().filter(|g| g.refreshed || !g.removals.is_empty()).count();
    if invalidated == groups.len() {
        out.signals.insert("invalidated");
    } else if invalidated > 0 {
        out.signals.insert("invalidates-some");
    }
    for group in &groups {
        let expires = group.fills.iter().all(|f| f.expires);
        out.signals.insert(if expires { "expires" } else { "no-expiry" });
        let keeps = group.fills.iter().any(|f| f.operation == Operation::FillAbsent);
        if keeps && !expires && !group.refreshed {
            out.signals.insert("keeps-old");
        }
        if group.removals.is_empty() && !group.fills.iter().any(|fill| renews(flow, fill)) {
            out.signals.insert("first-heard");
        }
        out.drafts.extend(draft(flow, name, group, keeps));
        out.rows.push(row(flow, name, group));
    }
    let removals: Vec<&CacheUse> =
        groups.iter().flat_map(|g| g.removals.iter().copied()).chain(alone).collect();
    if cascades(flow, &removals) {
        out.signals.insert("cascading");
    }
    if removals.iter().any(|r| r.keys == Keys::Batch) {
        out.signals.insert("batch");
    }
    // Keys that are not named are those that a search in the same function found.
    let searches = |func: Option<Fn>| removals.iter().any(|r| r.keys == Keys::Pattern && r.func == func);
    let found = |r: &&CacheUse| r.prefix.is_empty() && searches(r.func);
    if removals.iter().all(|r| r.keys == Keys::Pattern || found(r)) && !removals.is_empty() {
        out.signals.insert("by-pattern");
    }
    let fills = groups.iter().flat_map(|g| g.fills.iter().take(1));
    out.proof.extend(fills.take(3).map(|f| evidence(flow, f.place, "cache.set")));
    out.proof.extend(removals.iter().take(3).map(|r| evidence(flow, r.place, "cache.invalidate")));
    out
}

/// What is wrong with one kind of key, if anything; `keeps` says that it is filled where nothing is
/// there.
fn draft(flow: &Flow<'_>, service: &str, group: &Group<'_>, keeps: bool) -> Option<Draft> {
    let first = group.fills[0];
    let expires = group.fills.iter().all(|f| f.expires);
    let renewed = group.fills.iter().any(|fill| renews(flow, fill));
    let told = !group.removals.is_empty() || renewed;
    let rule = match (told, expires) {
        (_, true) if told || group.refreshed => return None,
        (false, true) => "cache-only-expires",
        (false, false) => "cache-never-invalidated",
        (true, false) if keeps && !renewed => "cache-keeps-old-value",
        // The rows of a table are not given a time to live.
        (true, false) if is_table(flow, first) || group.fills.iter().any(|f| f.timed_elsewhere) => {
            return None;
        }
        (true, _) => "cache-without-expiry",
    };
    let mut draft = Draft::new(rule, service, &first.key, place(flow, first.place));
    if keeps && group.fills.iter().any(|fill| told_of_change(flow, fill)) {
        draft.signals.insert("told-of-change");
    }
    let kept_in = store(flow, first);
    if group.refreshed {
        draft.signals.insert("filled-on-change");
    } else if kept_in == CacheStore::Process {
        draft.signals.insert("in-process");
    }
    if kept_in == CacheStore::Table {
        draft.signals.insert("table");
    }
    draft.evidence = vec![evidence(flow, first.place, Role::CacheSet.name())];
    draft
        .evidence
        .extend(group.removals.iter().take(2).map(|r| evidence(flow, r.place, Role::CacheInvalidate.name())));
    draft.fill.push(("key", first.key.clone()));
    Some(draft)
}

/// Whether a cache is a table of the service's own database.
fn is_table(flow: &Flow<'_>, fill: &CacheUse) -> bool {
    rules_at(flow, fill.place).any(|rule| STORED.contains(&rule.role))
}

/// What a cache is kept in.
fn store(flow: &Flow<'_>, fill: &CacheUse) -> CacheStore {
    let remote = table::of(Control::CacheInvalidation).map_or(&[][..], |table| table.names("remote"));
    if is_table(flow, fill) {
        CacheStore::Table
    } else if remote.contains(&fill.detector) {
        CacheStore::Remote
    } else {
        CacheStore::Process
    }
}

/// Whether a change writes the new value over the old one: an insert into a table that leaves alone what
/// is there writes over nothing.
fn renews(flow: &Flow<'_>, fill: &CacheUse) -> bool {
    let leaves_alone = |rule: &Rule| match &rule.matcher {
        Matcher::Sql { conflict, .. } => !conflict.as_ref().is_some_and(|on| on.is_match("update")),
        _ => false,
    };
    writes_through(flow, fill) && !rules_at(flow, fill.place).any(leaves_alone)
}

/// The rules of what stands at a place.
fn rules_at<'f>(flow: &'f Flow<'_>, place: Site) -> impl Iterator<Item = &'f Rule> {
    flow.matches_at(place).map(|m| flow.index.rule(m.rule))
}

/// What a service stores, by kind of key, with what removes it: in the service itself or, where the
/// key is the same, in another.
fn groups<'f>(flow: &'f Flow<'_>, service: usize, removals: &[&'f CacheUse]) -> Vec<Group<'f>> {
    let mut by_key: BTreeMap<Kind, Vec<&CacheUse>> = BTreeMap::new();
    // They are in order of service.
    let first = flow.caches.partition_point(|c| c.service < service);
    let own = flow.caches[first..].iter().take_while(|c| c.service == service);
    for found in own.filter(|c| fills(c)) {
        // A key that is not known stands for what its type, or its package, stores.
        let group = if found.prefix.is_empty() {
            let package = flow.types.program.file(found.place.file).package.0;
            (String::new(), found.store.is_none().then_some(package), found.store)
        } else {
            (found.key.clone(), None, None)
        };
        by_key.entry(group).or_default().push(found);
    }
    by_key
        .into_values()
        .map(|fills| {
            let met = |r: &&&CacheUse| fills.iter().any(|f| meets(flow, f, r));
            let removals = removals.iter().filter(met).copied().collect();
            let refreshed = fills.iter().any(|f| writes_through(flow, f));
            Group { fills, removals, refreshed }
        })
        .collect()
}

fn fills(found: &CacheUse) -> bool {
    matches!(found.operation, Operation::Fill | Operation::FillAbsent)
}

/// Whether a removal can remove what a fill stored.
fn meets(flow: &Flow<'_>, fill: &CacheUse, removal: &CacheUse) -> bool {
    // Code that only a framework could call, beside a cache the service is seen to fill: nobody runs it.
    if fill.run && !removal.run {
        return false;
    }
    let (a, b) = (&fill.prefix, &removal.prefix);
    if !a.is_empty() && !b.is_empty() {
        return a.starts_with(b.as_str()) || b.starts_with(a.as_str());
    }
    let package = |c: &CacheUse| flow.types.program.file(c.place.file).package;
    fill.service == removal.service
        && match (fill.store, removal.store) {
            // One of the two keys is not known: the same type's, or what another type of the
            // package is given.
            (Some(a), Some(b)) if fill.prefix.is_empty() && removal.prefix.is_empty() => a == b,
            (Some(a), Some(b)) if a == b => true,
            _ => package(fill) == package(removal),
        }
}

/// A function made to invalidate that nobody calls invalidates nothing.
fn alive(flow: &Flow<'_>, removal: &CacheUse) -> bool {
    removal.func.is_none_or(|func| {
        let outer = flow.types.program.outermost(func);
        let name = flow.types.program.func_name(outer).to_ascii_lowercase();
        let made_for_it = ["cache", "invalidat", "evict"].iter().any(|w| name.contains(w));
        !made_for_it || flow.graph.referenced(outer)
    })
}

/// Whether the new value is stored where a change was made: a write and the fill in one function.
fn writes_through(flow: &Flow<'_>, fill: &CacheUse) -> bool {
    let Some(func) = fill.func.map(|f| flow.types.program.outermost(f)) else { return false };
    if fill.read_through || fill.operation == Operation::FillAbsent {
        return false;
    }
    let changes = |f: Fn| {
        flow.by_func.get(&f).into_iter().flatten().any(|&m| {
            let role = flow.index.rule(flow.matches[m].rule).role;
            STORED.contains(&role)
        })
    };
    let mut callers = flow.graph.calls_of(func).filter_map(|call| call.func);
    callers.any(|caller| {
        let mut beside = flow.graph.targets_in(caller).flatten().copied();
        beside.any(|t| t != func && changes(t)) || changes(caller)
    })
}

/// Effects that change what is there already.
const CHANGED: [Role; 4] =
    [Role::EffectUpsert, Role::EffectUpdate, Role::EffectTransition, Role::EffectIncrement];
/// Calls from the function that fills down to the change.
const DOWN: u8 = 3;

/// Whether a function that changes what is there gives the new value to a fill that writes only where
/// nothing is: the cache hears of the change and keeps the old value.
fn told_of_change(flow: &Flow<'_>, fill: &CacheUse) -> bool {
    fn changes(flow: &Flow<'_>, func: Fn, down: u8) -> bool {
        let direct = flow.by_func.get(&func).into_iter().flatten();
        let mut roles = direct.map(|&m| flow.index.rule(flow.matches[m].rule).role);
        roles.any(|role| CHANGED.contains(&role))
            || down > 0
                && flow.graph.targets_in(func).flatten().any(|&target| changes(flow, target, down - 1))
    }
    let Some(func) = fill.func.map(|f| flow.types.program.outermost(f)) else { return false };
    let mut callers = flow.graph.calls_of(func).filter_map(|call| call.func);
    fill.operation == Operation::FillAbsent && callers.any(|caller| changes(flow, caller, DOWN))
}

/// Removals of a service that stores nothing itself: of what another stores, or by name.
fn removals_alone<'f>(flow: &Flow<'_>, service: usize, removals: &[&'f CacheUse]) -> Vec<&'f CacheUse> {
    let own = removals.iter().copied().filter(|c| c.service == service);
    own.filter(|removal| {
        let elsewhere = flow.caches.iter().filter(|c| c.service != service && fills(c));
        let known = !removal.prefix.is_empty()
            && elsewhere.filter(|c| !c.prefix.is_empty()).any(|fill| meets(flow, fill, removal));
        known || removal.key.to_ascii_lowercase().contains("cache")
    })
    .collect()
}

/// A call in a change that removes keys of one kind, itself or further down.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Removes<'f> {
    at: Site,
    prefix: &'f str,
    /// The closure that it stands in.
    closure: Option<Fn>,
}

/// Whether one change removes keys of several kinds, by calls of their own.
fn cascades(flow: &Flow<'_>, removals: &[&CacheUse]) -> bool {
    let program = flow.types.program;
    // However a change is cut into functions, it is one; but each closure that a function hands on may be
    // a change of its own, as the routes are that `main` sets up.
    let whole = |func: Fn| flow.graph.whole(program, func, true);
    let removes = |at: Site, prefix, func: Fn| {
        let closure = program.func(func).parent.map(|_| func);
        Removes { at, prefix, closure }
    };
    let mut changes: BTreeMap<Fn, BTreeSet<Removes<'_>>> = BTreeMap::new();
    for removal in removals.iter().filter(|r| !r.prefix.is_empty()) {
        let Some(func) = removal.func else { continue };
        let prefix = &*removal.prefix;
        changes.entry(whole(func)).or_default().insert(removes(removal.place, prefix, func));
        for call in flow.graph.calls_of(whole(func)) {
            if let Some(caller) = call.func {
                changes.entry(whole(caller)).or_default().insert(removes(call.site, prefix, caller));
            }
        }
    }
    let together = |a: &Removes<'_>, b: &Removes<'_>| {
        let one = a.closure == b.closure || a.closure.is_none() || b.closure.is_none();
        one && a.at != b.at && a.prefix != b.prefix
    };
    changes.values().any(|found| found.iter().any(|a| found.iter().any(|b| together(a, b))))
}

fn row(flow: &Flow<'_>, service: &str, group: &Group<'_>) -> Cache {
    let first = group.fills[0];
    let (path, line) = flow.types.program.place(first.place);
    // Where a change writes the new value over the old one, that is how the cache hears of it.
    let renewed = group.fills.iter().filter(|f| renews(flow, f));
    let told = group.removals.iter().chain(renewed);
    let mut invalidations: Vec<Invalidation> = told.map(|r| invalidation(flow, r)).collect();
    invalidations.sort();
    invalidations.dedup();
    Cache {
        service: service.to_owned(),
        key: first.key.clone(),
        ttl_seconds: group.fills.iter().filter_map(|f| f.ttl_seconds).max(),
        expires: group.fills.iter().all(|f| f.expires),
        store: Some(store(flow, first)),
        filled_on_change: group.refreshed,
        at: Place { path: path.to_owned(), line },
        invalidations,
    }
}

fn invalidation(flow: &Flow<'_>, removal: &CacheUse) -> Invalidation {
    let program = flow.types.program;
    let (path, line) = program.place(removal.place);
    let outer = removal.func.map(|f| program.outermost(f));
    let mut triggers: Vec<String> = outer
        .into_iter()
        .flat_map(|f| flow.graph.calls_of(f))
        .filter_map(|call| call.func)
        .map(|f| program.func_name(program.outermost(f)))
        .collect();
    triggers.sort();
    triggers.dedup();
    triggers.truncate(8);
    Invalidation {
        function: outer.map(|f| program.func_name(f)).unwrap_or_default(),
        at: Place { path: path.to_owned(), line },
        triggers,
    }
}

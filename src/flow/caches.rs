//! Caches: where a service fills, refreshes and empties copies of data, each at the place that
//! names the key.
//!
//! A library call is as a rule the last hop of a project's own cache type, so its key and time to
//! live are lifted to where the key gets its shape (`prices:sku:{sku}`). The same calls serve
//! locks, sessions and primary stores: a place counts as a cache when something calls it one, when
//! the library is one by nature, or when it is filled where a look into it came first
//! (<https://learn.microsoft.com/azure/architecture/patterns/cache-aside>).

mod key;

use crate::rules::{Matcher, Role, Rule, Selector};
use crate::syntax::facts::{Expr, Stmt};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::attribute::Attribution;
use super::calls::{Callee, Graph};
use super::config::Config;
use super::eval::Eval;
use super::matches::{Index, Match};
use super::program::{Fn, Site, Ty};
use super::pure::duration_seconds;
use super::resolve::{comes_from, everything, settle, supply};
use super::select::select;
use super::types::{Type, Types};
use super::value::Value;
use key::{key_text, prefix};

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Operation {
    /// Stores a value.
    Fill,
    /// Stores a value unless one is there.
    FillAbsent,
    /// Removes one or several keys.
    Remove,
    /// Changes what is stored in the place of a copy (an `UPDATE` of a cache table).
    Refresh,
}

/// How many keys an operation is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// Those it names.
    Named,
    /// Every key of a pattern.
    Pattern,
    /// Several in one round trip.
    Batch,
}

/// One operation on a cache.
// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub struct CacheUse {
    /// Index of the service.
    pub service: usize,
    /// What it does.
    pub operation: Operation,
    /// The key as people write it: `prices:sku:{sku}`.
    pub key: String,
    /// The constant text before the first part that varies; empty when the key is not known.
    pub prefix: String,
    /// Seconds until the value expires, where known.
    pub ttl_seconds: Option<u64>,
    /// Whether the value expires at all.
    pub expires: bool,
    /// The library is told elsewhere whether values expire: where the cache is built.
    pub timed_elsewhere: bool,
    /// How many keys at once.
    pub keys: Keys,
    /// The key is looked up where it is filled: a read-through.
    pub read_through: bool,
    /// Where the key is named.
    pub place: Site,
    /// The function there.
    pub func: Option<Fn>,
    /// The type whose method talks to the library: the store.
    pub store: Option<Ty>,
    /// Detector that tells what the call does.
    pub detector: String,
    /// The service is seen to run it: it stands in the service's own folder, calls lead to it, or
    /// what it changes lives outside the process. Otherwise only a framework could call it.
    pub run: bool,
}

/// Names of what shares a library with caches and is none.
const OTHERWISE: [&str; 12] = [
    "idempot",
    "dedup",
    "processed",
    "lock",
    "limit",
    "session",
    "token",
    "nonce",
    "otp",
    "inbox",
    "attempt",
    "blacklist",
];

struct Collector<'a> {
    types: &'a Types<'a>,
    graph: &'a Graph,
    index: &'a Index<'a>,
    config: &'a Config,
    attribution: &'a Attribution,
    matches: &'a [Match],
    /// Functions in which a library's cache is read.
    reads: FxHashSet<Fn>,
    /// Functions in which a library's cache is filled or emptied.
    writes: FxHashSet<Fn>,
    /// Functions that stand for a record of messages.
    dedupe: FxHashSet<Fn>,
}

/// A key on its way to the place that names it.
#[derive(Clone)]
struct Draft {
    /// The key, then what the rule's selectors give for the time to live.
    values: Vec<Value>,
    place: Site,
    hops: Vec<Site>,
}

impl Draft {
    fn key(&self) -> &Value {
        &self.values[0]
    }

    fn ttls(&self) -> &[Value] {
        &self.values[1..]
    }

    /// Whether the key has a constant part.
    fn shaped(&self) -> bool {
        !prefix(self.key()).is_empty()
    }

    /// A draft for each shape that a key which is removed may have: all of a list are.
    fn removals(self, operation: Operation) -> Vec<Draft> {
        let Value::OneOf(ways) = self.key() else { return vec![self] };
        let shapes = ways.iter().filter(|way| operation == Operation::Remove && !prefix(way).is_empty());
        let mut shapes: Vec<Value> = shapes.cloned().collect();
        shapes.truncate(PLACES);
        if shapes.is_empty() {
            return vec![self];
        }
        let of = |key| {
            let mut draft = self.clone();
            draft.values[0] = key;
            draft
        };
        shapes.into_iter().map(of).collect()
    }
}

const HOPS: usize = 6;
const PLACES: usize = 64;

/// Every operation on a cache, in order of service and place.
pub fn collect(
    types: &Types<'_>,
    graph: &Graph,
    index: &Index<'_>,
    config: &Config,
    attribution: &Attribution,
    matches: &[Match],
) -> Vec<CacheUse> {
    let mut collector = Collector {
        types,
        graph,
        index,
        config,
        attribution,
        matches,
        reads: FxHashSet::default(),
        writes: FxHashSet::default(),
        dedupe: FxHashSet::default(),
    };
    collector.prepare();
    let mut found: Vec<CacheUse> = matches.par_iter().flat_map_iter(|m| collector.one(m)).collect();
    found.sort_by(|a, b| {
        (a.service, a.place, a.operation, &a.key).cmp(&(b.service, b.place, b.operation, &b.key))
    });
    found.dedup_by(|a, b| {
        (a.service, a.place, a.operation, &a.key) == (b.service, b.place, b.operation, &b.key)
    });
    found
}

impl Collector<'_> {
    fn prepare(&mut self) {
        let program = self.types.program;
        for m in self.matches {
            let Some(func) = m.func.map(|f| program.outermost(f)) else { continue };
            match self.index.rule(m.rule).role {
                Role::CacheGet => {
                    self.reads.insert(func);
                }
                Role::CacheSet | Role::CacheInvalidate if self.of_library(m) => {
                    self.writes.insert(func);
                }
                Role::DedupeCheck | Role::DedupeMark | Role::DedupeClaim | Role::DedupeRelease => {
                    if let Some(Callee::Tree(targets)) = self.graph.at(m.site).map(|c| &c.callee) {
                        self.dedupe.extend(targets.iter().copied());
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether a library says what the match does, rather than a name.
    fn of_library(&self, m: &Match) -> bool {
        !matches!(self.index.rule(m.rule).matcher, Matcher::Function { .. })
    }

    fn one(&self, m: &Match) -> Vec<CacheUse> {
        let rule = self.index.rule(m.rule);
        let Some(operation) = self.operation(m, rule) else { return Vec::new() };
        let program = self.types.program;
        let outer = m.func.map(|f| program.outermost(f));
        if outer.is_some_and(|f| self.dedupe.contains(&f)) {
            return Vec::new();
        }
        if !self.of_library(m) && (self.shown_below(m.site) || self.does_nothing(m.site)) {
            return Vec::new();
        }
        let eval = Eval::new(self.types);
        let values = |selectors: &[Selector]| -> Vec<Value> {
            let all = selectors.iter().map(|s| select(&eval, m.site, s));
            all.filter(|v| !v.is_unset()).collect()
        };
        let keys = match values(&rule.key).into_iter().next() {
            Some(Value::List(items)) => items.to_vec(),
            Some(key) => vec![key],
            None => vec![Value::Unset],
        };
        let ttls = values(&rule.ttl);
        let mut out = Vec::new();
        for key in keys {
            let mut values = vec![key];
            values.extend(ttls.iter().cloned());
            for draft in self.lift(&eval, Draft { values, place: m.site, hops: vec![m.site] }) {
                let each = draft.removals(operation).into_iter();
                for draft in each.flat_map(|draft| self.said_to_remove(operation, draft)) {
                    self.finish(&eval, m, operation, &draft, &mut out);
                }
            }
        }
        out
    }

    /// What a match does to a cache, if anything.
    fn operation(&self, m: &Match, rule: &Rule) -> Option<Operation> {
        match rule.role {
            Role::CacheSet if rule.registration_kind.as_deref() == Some("absent") => {
                Some(Operation::FillAbsent)
            }
            Role::CacheSet => Some(Operation::Fill),
            Role::CacheInvalidate => Some(Operation::Remove),
            // Rows that a type called a cache keeps.
            Role::EffectInsert
            | Role::EffectUpsert
            | Role::EffectUpdate
            | Role::EffectTransition
            | Role::EffectIncrement
            | Role::EffectDelete
                if matches!(rule.matcher, Matcher::Sql { .. }) && self.in_cache_type(m) =>
            {
                Some(match rule.role {
                    Role::EffectInsert | Role::EffectUpsert => Operation::Fill,
                    Role::EffectDelete => Operation::Remove,
                    _ => Operation::Refresh,
                })
            }
            _ => None,
        }
    }

    fn in_cache_type(&self, m: &Match) -> bool {
        let name = |ty| self.types.program.type_name(ty).to_ascii_lowercase();
        self.store(m).is_some_and(|ty| name(ty).contains("cache"))
    }

    /// The type whose method a match stands in.
    fn store(&self, m: &Match) -> Option<Ty> {
        match self.types.receiver_type(self.types.program.outermost(m.func?)) {
            Type::Named(ty, _) => Some(ty),
            _ => None,
        }
    }

    /// What a call said to be one on a cache by its name runs shows a library's call: that counts.
    fn shown_below(&self, site: Site) -> bool {
        let Some(Callee::Tree(targets)) = self.graph.at(site).map(|c| &c.callee) else { return false };
        let mut seen: FxHashSet<Fn> = FxHashSet::default();
        let mut queue: Vec<(Fn, u8)> = targets.iter().map(|&t| (t, 4)).collect();
        while let Some((func, depth)) = queue.pop() {
            if self.writes.contains(&func) {
                return true;
            }
            if depth == 0 || !seen.insert(func) {
                continue;
            }
            queue.extend(self.graph.targets_in(func).flatten().map(|&t| (t, depth - 1)));
        }
        false
    }

    /// A body that only returns removes nothing, whatever it is called.
    fn does_nothing(&self, site: Site) -> bool {
        let Some(Callee::Tree(targets)) = self.graph.at(site).map(|c| &c.callee) else { return false };
        targets.iter().all(|&target| {
            let facts = self.types.program.facts(target.file);
            self.types.program.func(target).body.is_some_and(|body| {
                facts.block(body).iter().all(|&s| match facts.stmt(s) {
                    Stmt::Return(values) => {
                        !facts.list(values).iter().any(|&v| matches!(facts.expr(v), Expr::Call { .. }))
                    }
                    _ => false,
                })
            })
        })
    }

    /// Follows a key through parameters to where it gets its shape. What never gets one stays where
    /// it is.
    fn lift(&self, eval: &Eval<'_>, start: Draft) -> Vec<Draft> {
        let mut done = Vec::new();
        let mut queue = vec![start.clone()];
        while let Some(mut draft) = queue.pop() {
            for value in &mut draft.values {
                settle(eval, self.graph, value);
            }
            let shaped = draft.shaped();
            let free = if shaped { draft.ttls().iter().find_map(Value::free) } else { draft.key().free() };
            let supplied = match free {
                Some(free) if draft.hops.len() <= HOPS && done.len() + queue.len() < PLACES => {
                    supply(eval, self.graph, &draft.values, free)
                }
                _ => Vec::new(),
            };
            let before = queue.len();
            for s in supplied.into_iter().filter(|s| !draft.hops.contains(&s.site)) {
                let mut hops = draft.hops.clone();
                hops.insert(0, s.site);
                // The place is where the key is named, not where a constructor sets a duration.
                let place = if shaped || !s.by_call { draft.place } else { s.site };
                queue.push(Draft { values: s.values, place, hops });
            }
            if queue.len() == before {
                done.push(draft);
            }
        }
        if done.iter().any(Draft::shaped) {
            done.retain(Draft::shaped);
            return done;
        }
        // The time to live may be known all the same.
        let known = done.into_iter().map(|d| d.values).find(|v| v.len() > 1);
        let ttls = known.map_or_else(Vec::new, |v| v[1..].to_vec());
        let mut values = vec![start.key().clone()];
        values.extend(ttls);
        vec![Draft { values, ..start }]
    }

    /// A removal of a key that stays unknown is placed in the functions whose names say that they
    /// invalidate, when those are what calls it.
    fn said_to_remove(&self, operation: Operation, draft: Draft) -> Vec<Draft> {
        let program = self.types.program;
        let says = |func: Fn| {
            let name = program.func_name(program.outermost(func)).to_ascii_lowercase();
            ["invalidat", "evict", "purge", "bust"].iter().any(|word| name.contains(word))
        };
        let Some(func) = program.owner(draft.place).filter(|&f| !says(f)) else { return vec![draft] };
        if operation != Operation::Remove || draft.shaped() {
            return vec![draft];
        }
        let callers = self.graph.calls_of(program.outermost(func));
        let named: Vec<Draft> = callers
            .filter(|call| call.func.is_some_and(says))
            .map(|call| {
                let mut hops = draft.hops.clone();
                hops.insert(0, call.site);
                Draft { values: draft.values.clone(), place: call.site, hops }
            })
            .collect();
        if named.is_empty() { vec![draft] } else { named }
    }

    fn finish(
        &self,
        eval: &Eval<'_>,
        m: &Match,
        operation: Operation,
        draft: &Draft,
        out: &mut Vec<CacheUse>,
    ) {
        let program = self.types.program;
        let rule = self.index.rule(m.rule);
        let func = program.owner(draft.place);
        let ttl = self.seconds(eval, draft);
        let store = self.store(m);
        let key = match draft.key() {
            Value::Unset => store.map(|ty| program.type_name(ty).to_owned()).unwrap_or_default(),
            key => key_text(program, key),
        };
        let read_through =
            draft.hops.iter().filter_map(|&h| program.owner(h)).any(|f| self.looked_up(program.outermost(f)));
        let use_ = CacheUse {
            service: 0,
            operation,
            prefix: prefix(draft.key()),
            key,
            ttl_seconds: ttl,
            timed_elsewhere: rule.role == Role::CacheSet && rule.ttl.is_empty(),
            expires: ttl.is_some() || self.timed(eval, draft) || self.dated(m, rule),
            keys: if rule.registration_kind.as_deref() == Some("pattern") {
                Keys::Pattern
            } else if self.pipelined(m.site) {
                Keys::Batch
            } else {
                Keys::Named
            },
            read_through,
            place: draft.place,
            func,
            store,
            detector: self.index.detector(m.rule).id.clone(),
            run: false,
        };
        if !self.is_cache(m, draft, &use_) {
            return;
        }
        for service in self.attribution.endpoint(program, draft.place, &draft.hops) {
            let run = !self.by_nature(m) || self.attribution.runs(service, draft.place.file, func);
            out.push(CacheUse { service, run, ..use_.clone() });
        }
    }

    /// Whether this is a cache rather than a lock, a session or a primary store.
    fn is_cache(&self, m: &Match, draft: &Draft, found: &CacheUse) -> bool {
        let program = self.types.program;
        let mut words = found.key.to_ascii_lowercase();
        if OTHERWISE.iter().any(|w| words.contains(w)) {
            return false;
        }
        // A removal is judged by what it removes from, once the fills are known.
        if matches!(found.operation, Operation::Remove | Operation::Refresh) {
            return true;
        }
        for site in draft.hops.iter().chain([&m.site]) {
            if let Some(func) = program.owner(*site) {
                words.push(' ');
                words.push_str(&program.func_name(program.outermost(func)).to_ascii_lowercase());
                words.push(' ');
                words.push_str(
                    &program.package_of(func.file).dir.rsplit('/').next().unwrap_or("").to_ascii_lowercase(),
                );
            }
            if let Expr::Call { callee, .. } = program.facts(site.file).expr(site.expr) {
                words.push(' ');
                words.push_str(&program.render(Site { file: site.file, expr: callee }).to_ascii_lowercase());
            }
        }
        if OTHERWISE.iter().any(|w| words.contains(w)) {
            return false;
        }
        self.by_nature(m) || found.read_through || words.contains("cache")
    }

    /// Whether the library is for caches alone, most of them in the process.
    fn by_nature(&self, m: &Match) -> bool {
        let stores = ["redis-cache", "redis", "sql", "conventions-cache"];
        !stores.contains(&self.index.detector(m.rule).id.as_str()) && self.of_library(m)
    }

    /// The time to live in seconds, constants and configuration followed.
    fn seconds(&self, eval: &Eval<'_>, draft: &Draft) -> Option<u64> {
        let program = self.types.program;
        draft.ttls().iter().find_map(|ttl| {
            duration_seconds(program, ttl)
                .or_else(|| {
                    let all = everything(eval, self.graph, ttl, 5);
                    all.iter().filter_map(|v| duration_seconds(program, v)).max()
                })
                .or_else(|| {
                    let near = &program.file(draft.place.file).path;
                    let texts = self.config.lookup(eval, self.index, ttl, near);
                    texts.iter().filter_map(|t| duration_seconds(program, &Value::str(t))).max()
                })
        })
    }

    /// Whether a time to live is given that only the deployment knows: a setting named for it.
    fn timed(&self, eval: &Eval<'_>, draft: &Draft) -> bool {
        let says = |value: &Value| {
            let name = value.render(self.types.program).to_ascii_lowercase();
            ["ttl", "expir", "duration", "lifetime", "maxage"].iter().any(|word| name.contains(word))
                && !name.contains("noexpir")
        };
        draft.ttls().iter().any(|ttl| comes_from(eval, self.graph, ttl, 5, &says))
    }

    /// Whether a look into a cache stands in a function, or in one that calls it.
    fn looked_up(&self, func: Fn) -> bool {
        if self.reads.contains(&func) {
            return true;
        }
        let mut callers = self.graph.calls_of(func).filter_map(|call| call.func);
        callers.any(|caller| self.graph.targets_in(caller).flatten().any(|t| self.reads.contains(t)))
    }

    /// The stored value carries its own date of expiry.
    fn dated(&self, m: &Match, rule: &Rule) -> bool {
        let eval = Eval::new(self.types);
        let dated = |value: &Value| match named(&eval, value) {
            Some(ty) => {
                let facts = self.types.program.facts(ty.file);
                let decl = &facts.types[ty.ty.0 as usize];
                facts
                    .fields(&decl.fields)
                    .iter()
                    .any(|f| facts.text(f.name).to_ascii_lowercase().contains("expir"))
            }
            None => false,
        };
        rule.value.iter().any(|s| {
            let facts = self.types.program.facts(m.site.file);
            let by_type = match (&s.start, facts.expr(m.site.expr)) {
                (crate::rules::Start::Arg(i), Expr::Call { args, .. }) => {
                    facts.list(args).get(*i).is_some_and(|&arg| {
                        dated(&Value::Typed(self.types.of(Site { file: m.site.file, expr: arg })))
                    })
                }
                _ => false,
            };
            by_type || dated(&select(&eval, m.site, s))
        })
    }

    fn pipelined(&self, site: Site) -> bool {
        matches!(self.graph.at(site).map(|c| &c.callee), Some(Callee::Library { on, .. }) if matches!(&**on, "Pipeliner" | "Pipeline"))
    }
}

fn named(eval: &Eval<'_>, value: &Value) -> Option<Ty> {
    match eval.type_of(value) {
        Type::Named(ty, _) => Some(ty),
        _ => None,
    }
}

//! Cache invalidation, per service: does a reader ever see the old value for longer than intended?

use crate::audit::{Cache, Evidence, Invalidation, Place};
use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::matches::Match;
use crate::flow::select::select;
use crate::rules::Role;
use std::collections::BTreeMap;

use super::table::Signals;
use super::verdict::evidence;

/// The caches of one service and what the matches say of them.
#[derive(Default)]
pub struct Caches {
    /// Places that fill a cache.
    pub fills: Vec<Cache>,
    /// Signals for the table.
    pub signals: Signals,
    /// Evidence.
    pub proof: Vec<Evidence>,
}

/// Collects fills and removals by service.
pub fn collect(flow: &Flow<'_>, names: &[String]) -> Vec<Caches> {
    let mut fills: BTreeMap<usize, Vec<&Match>> = BTreeMap::new();
    let mut removals: BTreeMap<usize, Vec<&Match>> = BTreeMap::new();
    for m in &flow.matches {
        let map = match flow.index.rule(m.rule).role {
            Role::CacheSet => &mut fills,
            Role::CacheInvalidate => &mut removals,
            _ => continue,
        };
        for service in flow.attribution.services(m.site.file, m.func) {
            map.entry(service).or_default().push(m);
        }
    }
    let none = Vec::new();
    (0..names.len())
        .map(|service| {
            let fills = fills.get(&service).unwrap_or(&none);
            let removals = removals.get(&service).unwrap_or(&none);
            one(flow, &names[service], fills, removals)
        })
        .collect()
}

fn one(flow: &Flow<'_>, service: &str, fills: &[&Match], removals: &[&Match]) -> Caches {
    let mut out = Caches::default();
    let eval = Eval::new(flow.types);
    let program = flow.types.program;
    let mut seen = Vec::new();
    for m in fills {
        if seen.contains(&m.site) {
            continue;
        }
        seen.push(m.site);
        let rule = flow.index.rule(m.rule);
        let first = |selectors: &[crate::rules::Selector]| {
            selectors.iter().map(|s| select(&eval, m.site, s)).find(|v| !v.is_unset())
        };
        let key = first(&rule.key).map(|v| v.render(program)).unwrap_or_default();
        let ttl = first(&rule.ttl);
        out.signals.insert(if ttl.is_some() { "expires" } else { "no-expiry" });
        let (path, line) = program.place(m.site);
        out.fills.push(Cache {
            service: service.to_owned(),
            key,
            ttl_seconds: ttl.and_then(|v| crate::flow::pure::duration_seconds(&eval, &v)),
            at: Place { path: path.to_owned(), line },
            invalidations: removals.iter().map(|r| invalidation(flow, r)).collect(),
        });
        out.proof.push(evidence(flow, m.site, "cache.set"));
    }
    if fills.is_empty() && removals.is_empty() {
        out.signals.insert("no-cache");
        return out;
    }
    if !removals.is_empty() {
        out.signals.insert("invalidated");
        let mut per_function: BTreeMap<_, usize> = BTreeMap::new();
        for r in removals {
            *per_function.entry(r.func).or_default() += 1;
        }
        if per_function.values().any(|&n| n > 1) {
            out.signals.insert("cascading");
        }
        out.proof.extend(removals.iter().take(3).map(|m| evidence(flow, m.site, "cache.invalidate")));
    }
    out.proof.truncate(6);
    out
}

fn invalidation(flow: &Flow<'_>, m: &Match) -> Invalidation {
    let program = flow.types.program;
    let (path, line) = program.place(m.site);
    let mut triggers: Vec<String> = m
        .func
        .and_then(|f| flow.graph.callers.get(&program.outermost(f)))
        .into_iter()
        .flatten()
        .filter_map(|&call| flow.graph.calls[call as usize].func)
        .map(|f| program.func_name(program.outermost(f)))
        .collect();
    triggers.sort();
    triggers.dedup();
    triggers.truncate(8);
    Invalidation {
        function: m.func.map(|f| program.func_name(program.outermost(f))).unwrap_or_default(),
        at: Place { path: path.to_owned(), line },
        triggers,
    }
}

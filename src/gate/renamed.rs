//! Renames: a consumer whose handler, or whose service, goes by another name now.
//!
//! Identities are names, so a rename makes one consumer vanish and another appear, with the same debt.
//! Where exactly one vanished and one appeared that share all but that one name, the baseline is read
//! as if it had the new name, and the comparison goes on: what got worse is still told.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::Baseline;
use crate::audit::{Audit, Consumer};

/// A rename: what the baseline calls it, and what it is called.
pub(super) type Rename = (String, String);

/// The baseline under today's names, with the renames that this took: of services, then of consumers.
pub(super) fn follow(before: &Baseline, audit: &Audit) -> (Baseline, Vec<Rename>) {
    let mut names = before.clone();
    let mut renames = Vec::new();
    for (old, new) in services(before, audit) {
        names.rename_service(&old, &new);
        renames.push((old, new));
    }
    for (old, new) in handlers(&names, audit) {
        names.rename_consumer(&old, &new);
        renames.push((old, new));
    }
    if !renames.is_empty() {
        names.findings = fingerprints(before, &names, audit);
    }
    (names, renames)
}

/// Consumers that the baseline does not know, by identity.
fn unknown<'a>(before: &Baseline, audit: &'a Audit) -> BTreeMap<String, &'a Consumer> {
    let all = audit.consumers.iter().map(|consumer| (consumer.identity(), consumer));
    all.filter(|(id, _)| !before.consumers.contains_key(id)).collect()
}

/// Identities of the baseline that are not there any more.
fn gone<'b>(before: &'b Baseline, audit: &Audit) -> Vec<&'b String> {
    let now: BTreeSet<String> = audit.consumers.iter().map(Consumer::identity).collect();
    before.consumers.keys().filter(|id| !now.contains(*id)).collect()
}

/// Services that are gone while one appeared with all their consumers.
fn services(before: &Baseline, audit: &Audit) -> Vec<Rename> {
    let now: BTreeSet<&str> = audit.services.iter().map(|service| service.name.as_str()).collect();
    let lost = before.services.keys().filter(|name| !now.contains(name.as_str()));
    let unknown = unknown(before, audit);
    let of = |name: &str| -> BTreeSet<&str> {
        let own = before.consumers.keys().filter_map(|id| id.strip_prefix(name)?.strip_prefix('/'));
        own.collect()
    };
    let here = |name: &str| -> BTreeSet<&str> {
        unknown.keys().filter_map(|id| id.strip_prefix(name)?.strip_prefix('/')).collect()
    };
    let new = now.iter().filter(|name| !before.services.contains_key(**name)).copied();
    let new: Vec<(&str, BTreeSet<&str>)> = new.map(|name| (name, here(name))).collect();
    let mut pairs = Vec::new();
    for old in lost {
        let consumers = of(old);
        let mut alike = new.iter().filter(|(_, found)| !consumers.is_empty() && *found == consumers);
        if let (Some((name, _)), None) = (alike.next(), alike.next()) {
            pairs.push((old.clone(), (*name).to_owned()));
        }
    }
    unique(&pairs)
}

/// Consumers of a service and topic whose handler is gone while another appeared.
fn handlers(before: &Baseline, audit: &Audit) -> Vec<Rename> {
    let gone = gone(before, audit);
    let mut pairs = Vec::new();
    for (id, consumer) in unknown(before, audit) {
        let flow = format!("{}/{}/", consumer.service, consumer.topic.name);
        // A handler's symbol has no slash, a topic may.
        let same = |old: &&&String| old.strip_prefix(&flow).is_some_and(|rest| !rest.contains('/'));
        let mut alike = gone.iter().filter(same);
        if let (Some(old), None) = (alike.next(), alike.next()) {
            pairs.push(((*old).clone(), id));
        }
    }
    unique(&pairs)
}

/// Without those that several are paired with: nobody can say which of them it is.
fn unique(pairs: &[Rename]) -> Vec<Rename> {
    let count = |old: &str| pairs.iter().filter(|(other, _)| other == old).count();
    let taken = |new: &str| pairs.iter().filter(|(_, other)| other == new).count();
    pairs.iter().filter(|(old, new)| count(old) == 1 && taken(new) == 1).cloned().collect()
}

/// The findings of a baseline whose names were changed, each under the fingerprint that it has now: a
/// finding that is new goes with one of its rule that is gone from the same consumer or service.
fn fingerprints(
    before: &Baseline,
    names: &Baseline,
    audit: &Audit,
) -> BTreeMap<String, super::baseline::FindingEntry> {
    let now = Baseline::of(audit);
    let (kept, mut moved): (BTreeMap<_, _>, BTreeMap<_, _>) =
        names.findings.clone().into_iter().partition(|(print, entry)| {
            now.findings.contains_key(print) || before.findings.get(print) == Some(entry)
        });
    let mut out = kept;
    for (print, entry) in now.findings {
        if before.findings.contains_key(&print) {
            continue;
        }
        let same = moved.iter().find(|(_, old)| old.rule == entry.rule && old.about == entry.about);
        if let Some(old) = same.map(|(old, _)| old.clone())
            && let Some(known) = moved.remove(&old)
        {
            out.insert(print, known);
        }
    }
    out.extend(moved);
    out
}

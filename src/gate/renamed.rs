//! Renames: a consumer whose handler, or whose service, goes by another name now.
//!
//! Identities are names, so a rename makes one consumer vanish and another appear, with the same debt.
//! Where exactly one vanished and one appeared that share all but that one name, the baseline is read
//! as if it had the new name, and the comparison goes on: what got worse is still told.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::{Baseline, FindingEntry};
use crate::audit::{Audit, Consumer};

/// A rename: what the baseline calls it, and what it is called.
pub(super) type Rename = (String, String);

/// The baseline under today's names, with the renames that this took: of services, then of consumers.
/// `now` is what `audit` would be remembered as.
pub(super) fn follow(before: &Baseline, now: &Baseline, audit: &Audit) -> (Baseline, Vec<Rename>) {
    let mut names = before.clone();
    let mut renames = Vec::new();
    for (old, new) in services(before, now) {
        names.rename_service(&old, &new);
        renames.push((old, new));
    }
    for (old, new) in handlers(&names, now, audit) {
        names.rename_consumer(&old, &new);
        renames.push((old, new));
    }
    if !renames.is_empty() {
        names.findings = fingerprints(before, &names, now);
    }
    (names, renames)
}

/// Services that are gone while one appeared with all their consumers.
fn services(before: &Baseline, now: &Baseline) -> Vec<Rename> {
    // What the consumers of a service are called without its name.
    let called = |names: &Baseline, service: &str| -> BTreeSet<String> {
        let own = names.consumers.keys().filter_map(|id| id.strip_prefix(service)?.strip_prefix('/'));
        own.map(str::to_owned).collect()
    };
    let new = now.services.keys().filter(|name| !before.services.contains_key(*name));
    let new: Vec<(&String, BTreeSet<String>)> = new.map(|name| (name, called(now, name))).collect();
    let mut pairs = Vec::new();
    for old in before.services.keys().filter(|name| !now.services.contains_key(*name)) {
        let consumers = called(before, old);
        let mut alike = new.iter().filter(|(_, found)| !consumers.is_empty() && *found == consumers);
        if let (Some((name, _)), None) = (alike.next(), alike.next()) {
            pairs.push((old.clone(), (*name).clone()));
        }
    }
    unique(&pairs)
}

/// Consumers of a service and topic whose handler is gone while another appeared.
fn handlers(before: &Baseline, now: &Baseline, audit: &Audit) -> Vec<Rename> {
    let gone: Vec<&String> = before.consumers.keys().filter(|id| !now.consumers.contains_key(*id)).collect();
    let known = |id: &String| before.consumers.contains_key(id);
    // Several registrations may share an identity.
    let new: BTreeMap<String, &Consumer> =
        audit.consumers.iter().map(|consumer| (consumer.identity(), consumer)).collect();
    let mut pairs = Vec::new();
    for (id, consumer) in new.into_iter().filter(|(id, _)| !known(id)) {
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
fn fingerprints(before: &Baseline, names: &Baseline, now: &Baseline) -> BTreeMap<String, FindingEntry> {
    let (kept, mut moved): (BTreeMap<_, _>, BTreeMap<_, _>) =
        names.findings.clone().into_iter().partition(|(print, entry)| {
            now.findings.contains_key(print) || before.findings.get(print) == Some(entry)
        });
    let mut out = kept;
    for (print, entry) in &now.findings {
        if before.findings.contains_key(print) {
            continue;
        }
        let same = moved.iter().find(|(_, old)| old.rule == entry.rule && old.about == entry.about);
        if let Some(old) = same.map(|(old, _)| old.clone())
            && let Some(known) = moved.remove(&old)
        {
            out.insert(print.clone(), known);
        }
    }
    out.extend(moved);
    out
}

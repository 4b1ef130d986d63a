//! Which consumers take messages of deletions, by what they and the functions behind them are called.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Answer, at, in_scope};
use crate::audit::{Audit, Consumer, Evidence, Invalidation, ItemState, Place, Service, Symbol};

/// What tells of a deletion.
static DELETION: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?i)(delet|remov|eras)(e|es|ed|ing|ion|al)?([^a-z]|$|event|topic|v[0-9_])";
    Regex::new(words).expect("a pattern")
});

/// What was deleted, as the function is called that is told of it: `onProductRemoved`, but not `Remove`.
static DELETED: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(deleted|Deleted|removed|Removed|erased|Erased|deletion|Deletion)([^a-z]|$)";
    Regex::new(words).expect("a pattern")
});

/// The function's own name of `Type.function`.
fn own_name(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

fn is_of_deletion(step: &Symbol) -> bool {
    DELETED.is_match(own_name(&step.name))
}

/// Never met: that deletions are taken is no proof that every copy is reached.
pub(super) fn handled(audit: &Audit, scope: &[&Service]) -> Answer {
    let mine: Vec<&Consumer> = audit.consumers.iter().filter(|c| in_scope(scope, &c.service)).collect();
    if mine.is_empty() {
        return (ItemState::NotApplicable, "No consumer was seen here.".to_owned(), Vec::new());
    }
    let mut services: BTreeSet<&str> = BTreeSet::new();
    let mut shown: Vec<Evidence> = Vec::new();
    let mut taken = 0;
    for consumer in &mine {
        let mut names = consumer.event_types.iter().chain([&consumer.topic.name, &consumer.handler.name]);
        // One handler of several kinds of event has a function for each.
        let step = consumer.path.iter().find(|step| is_of_deletion(step));
        let found = match step {
            Some(step) => {
                at(&Place { path: step.path.clone(), line: step.line }, "handler", own_name(&step.name))
            }
            None if names.any(|name| DELETION.is_match(name)) => {
                at(&consumer.registration, "consumer", &consumer.topic.name)
            }
            None => continue,
        };
        taken += 1;
        services.insert(&consumer.service);
        shown.push(found);
    }
    // What such a function removes from a copy says so where it lies beyond the calls that are listed.
    let told = |it: &&Invalidation| it.triggers.iter().any(|name| DELETED.is_match(own_name(name)));
    for cache in audit.caches.iter().filter(|cache| in_scope(scope, &cache.service)) {
        if services.contains(cache.service.as_str()) || !mine.iter().any(|c| c.service == cache.service) {
            continue;
        }
        shown.extend(cache.invalidations.iter().find(told).map(|it| {
            let by = it.triggers.iter().map(|name| own_name(name)).find(|name| DELETED.is_match(name));
            at(&it.at, "cache.invalidate", by.unwrap_or_default())
        }));
    }
    shown.dedup();
    if shown.is_empty() {
        let note =
            "No consumer has a name that tells of deletions; one of several kinds of event may take them.";
        return (ItemState::Open, note.to_owned(), shown);
    }
    let note = if taken == 0 {
        "No consumer has a name that tells of deletions; functions behind them that have one remove copies. Whether that is every copy, a person is to say.".to_owned()
    } else {
        let services: Vec<&str> = services.into_iter().collect();
        format!(
            "Deletions are taken by {taken} of {} consumers, in {}; whether that is every copy, a person is to say.",
            mine.len(),
            services.join(", ")
        )
    };
    (ItemState::Open, note, shown)
}

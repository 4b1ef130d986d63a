//! Audits of several repositories as one: what each end of a topic could not see of the other.

use crate::audit::{Audit, JoinError, Topic, TopicIssue};

use super::topics;
use super::verdict::Tables;

/// Joins audits of repositories, each with its name, and aligns their topics anew. A finding about
/// a topic keeps the word of whoever waived it.
pub fn join(parts: Vec<(String, Audit)>) -> Result<Audit, JoinError> {
    let mut whole = Audit::join_repositories(parts)?;
    let (old, rest) = std::mem::take(&mut whole.findings)
        .into_iter()
        .partition(|f| topics::RULES.contains(&f.rule.as_str()));
    let old: Vec<crate::audit::Finding> = old;
    whole.findings = rest;
    let said = std::mem::replace(&mut whole.topics, topics::align(&whole.consumers, &whole.publishers, &[]));
    for topic in &mut whole.topics {
        let same = said.iter().filter(|old| old.name == topic.name);
        // What a part could not tell for the sake of what it knew in part only, nobody else can.
        let open = |old: &&Topic| old.publishers.is_empty() && old.issue.is_none();
        if topic.issue == Some(TopicIssue::NoPublisher) && same.clone().any(|old| open(&old)) {
            topic.issue = None;
        }
        topic.manifests = same.flat_map(|old| old.manifests.iter().cloned()).collect();
    }
    let mut aligned = topics::findings(&whole, &Tables::new());
    for finding in &mut aligned {
        let same = |f: &&crate::audit::Finding| {
            (&f.rule, &f.consumer, &f.subject) == (&finding.rule, &finding.consumer, &finding.subject)
        };
        let before = old.iter().find(same);
        finding.suppressed = before.and_then(|f| f.suppressed.clone());
    }
    whole.findings.extend(aligned);
    whole.sort();
    whole.identify();
    Ok(whole)
}

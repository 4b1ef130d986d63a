//! Topic alignment: who is at the two ends of each topic, and names that nearly match.

use std::collections::BTreeMap;

use crate::audit::{Audit, Confidence, Consumer, Finding, Priority, Publisher, Severity, Topic, TopicIssue};

/// The rules of this control.
pub const RULES: [&str; 2] = ["topic-near-miss", "topic-without-publisher"];

/// The topics that consumers and publishers name, with what is wrong with each.
pub fn align(consumers: &[Consumer], publishers: &[Publisher]) -> Vec<Topic> {
    let mut topics: BTreeMap<&str, Topic> = BTreeMap::new();
    // A webhook's route is no topic: nobody publishes to it.
    let ends = consumers
        .iter()
        .filter(|c| c.transport != "webhook")
        .map(|c| (&c.topic, &c.service, false))
        .chain(publishers.iter().map(|p| (&p.topic, &p.service, true)));
    for (topic, service, publishes) in ends.filter(|(topic, _, _)| topic.resolved) {
        let entry = topics.entry(&topic.name).or_insert_with(|| Topic {
            name: topic.name.clone(),
            publishers: Vec::new(),
            subscribers: Vec::new(),
            issue: None,
            near: None,
        });
        let list = if publishes { &mut entry.publishers } else { &mut entry.subscribers };
        if !list.contains(service) {
            list.push(service.clone());
        }
    }
    // While an end of the same transport is not resolved, nobody can say that the other end lacks.
    let open = |consumes: bool, name: &str| {
        let unresolved = |t: &str| {
            if consumes {
                consumers.iter().any(|c| !c.topic.resolved && c.transport == t)
            } else {
                publishers.iter().any(|p| !p.topic.resolved && p.transport == t)
            }
        };
        let ends = consumers.iter().map(|c| (&c.topic.name, &c.transport));
        let ends = ends.chain(publishers.iter().map(|p| (&p.topic.name, &p.transport)));
        ends.filter(|(topic, _)| *topic == name).any(|(_, transport)| unresolved(transport))
    };
    let published: Vec<String> =
        topics.values().filter(|t| !t.publishers.is_empty()).map(|t| t.name.clone()).collect();
    let mut out: Vec<Topic> = topics.into_values().collect();
    for topic in &mut out {
        if topic.publishers.is_empty() && !is_pattern(&topic.name) {
            topic.near = published.iter().find(|name| near(name, &topic.name)).cloned();
            topic.issue = match topic.near {
                Some(_) => Some(TopicIssue::NearMiss),
                None if open(false, &topic.name) => None,
                None => Some(TopicIssue::NoPublisher),
            };
        } else if topic.subscribers.is_empty() && !is_dead_letter(&topic.name) && !open(true, &topic.name) {
            topic.issue = Some(TopicIssue::NoSubscriber);
        }
    }
    out
}

/// A finding for each topic that has only one end, at the first subscription to it.
pub fn findings(audit: &Audit) -> Vec<Finding> {
    let mut out = Vec::new();
    for topic in &audit.topics {
        let (rule, priority, message, help) = match topic.issue {
            Some(TopicIssue::NearMiss) => (
                "topic-near-miss",
                Priority::P1,
                format!(
                    "{} is subscribed to and never published; {} is published and looks like it.",
                    topic.name,
                    topic.near.as_deref().unwrap_or_default()
                ),
                "Give both ends the same name.",
            ),
            Some(TopicIssue::NoPublisher) => (
                "topic-without-publisher",
                Priority::P1,
                format!("{} is subscribed to, and nothing in the repository publishes it.", topic.name),
                "Remove the subscription, or say where the topic is published.",
            ),
            _ => continue,
        };
        let Some(consumer) = audit.consumers.iter().find(|c| c.topic.name == topic.name) else { continue };
        out.push(Finding {
            id: String::new(),
            rule: rule.to_owned(),
            severity: Severity::Warning,
            priority,
            confidence: Confidence::Medium,
            service: consumer.service.clone(),
            consumer: Some(consumer.id.clone()),
            subject: None,
            message,
            help: help.to_owned(),
            location: consumer.registration.clone(),
            evidence: Vec::new(),
            fingerprint: String::new(),
            suppressed: None,
        });
    }
    out
}

/// Wildcards and regular expressions match several topics: no publisher names them.
fn is_pattern(name: &str) -> bool {
    name.contains(['*', '>', '#', '^', '{', '+'])
}

/// Places for failed messages are read by people and replays, not by consumers.
pub fn is_dead_letter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(['.', '-', '_', '/', ':']).any(|word| {
        matches!(
            word,
            "dlq" | "dlt" | "dlx" | "dead" | "deadletter" | "deadletters" | "poison" | "parking" | "parked"
        )
    })
}

/// Whether two different names differ only by separator, case, plural, prefix or version.
fn near(a: &str, b: &str) -> bool {
    if a == b {
        return false;
    }
    let (wa, wb) = (words(a), words(b));
    if wa == wb {
        return true;
    }
    let (short, long) = if wa.len() < wb.len() { (&wa, &wb) } else { (&wb, &wa) };
    // At least two words must be the same, else `order` would meet everything.
    short.len() >= 2 && (long.ends_with(short) || long.starts_with(short) && is_version(&long[short.len()..]))
}

fn is_version(rest: &[String]) -> bool {
    rest.iter().all(|w| {
        let digits = w.strip_prefix('v').unwrap_or(w);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// The words of a name, in lower case and without a plural `s`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in name.chars() {
        let ends = !c.is_alphanumeric() || c.is_uppercase() && lower;
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        lower = c.is_lowercase();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    for word in &mut words {
        if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
            word.pop();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses() {
        for (a, b) in [
            ("product.created", "catalog.product.created"),
            ("order-created", "order.created"),
            ("orders.created", "order.created"),
            ("OrderCreated", "order_created"),
            ("order.created.v1", "order.created"),
        ] {
            assert!(near(a, b) && near(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("order.created", "order.created"),
            ("created", "order.created"),
            ("order.created", "order.updated"),
            ("order.status", "order.status_changed"),
        ] {
            assert!(!near(a, b) && !near(b, a), "{a} {b}");
        }
    }

    #[test]
    fn dead_letter_names() {
        assert!(is_dead_letter("order.created.dlq") && is_dead_letter("dead-letter-orders"));
        assert!(!is_dead_letter("deadline.passed"));
    }
}

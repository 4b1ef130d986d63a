//! Topic alignment: who is at the two ends of each topic, and names that nearly match.

use std::collections::BTreeMap;

use crate::audit::{
    Audit, Confidence, Consumer, Control, Evidence, Finding, Publisher, Topic, TopicIssue, is_brokers_own,
};
use crate::flow::eval::Eval;
use crate::flow::manifest::Mention;
use crate::flow::program::Site;
use crate::flow::value::Value;
use crate::flow::{Flow, Unnamed, symbol};
use crate::names::words;
use crate::rules::Role;
use crate::syntax::facts::Expr;

use super::finding::Draft;
use super::verdict::Tables;

/// The topics that consumers and publishers name, with what is wrong with each. `unnamed` are the
/// publishes whose topics are known in part at most.
pub fn align(consumers: &[Consumer], publishers: &[Publisher], unnamed: &[Unnamed]) -> Vec<Topic> {
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
            manifests: Vec::new(),
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
                unnamed.iter().any(|p| p.transport == t && may_name(&p.topic, name))
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
                // Brokers and what parks messages send there, which are no publishers.
                None if is_dead_letter(&topic.name) => None,
                None => Some(TopicIssue::NoPublisher),
            };
        } else if topic.subscribers.is_empty()
            && !is_dead_letter(&topic.name)
            && !open(true, &topic.name)
            && !consumers.iter().any(|c| c.topic.resolved && covers(&c.topic.name, &topic.name))
        {
            topic.issue = Some(TopicIssue::NoSubscriber);
        }
    }
    out
}

/// Whether what is sent to a topic that is known in part may be sent to `name`: what goes where failed
/// messages are kept goes nowhere else.
fn may_name(part: &crate::flow::endpoints::TopicName, name: &str) -> bool {
    // Where nothing that lasts names it, the text of the code may.
    let said = if part.name == symbol::UNKNOWN { &part.expression } else { &part.name };
    symbol::may_be(&part.name, name) && (is_dead_letter(name) || !said.split('|').all(is_parking))
}

/// Whether a topic that is known in part is named for failed messages, by its constant parts or by
/// what the others are read from (`{options.deadLetter}`).
fn is_parking(part: &str) -> bool {
    is_dead_letter(&words(part).join("."))
}

/// Puts what manifests say of topics beside them. A queue counts for the topic that it receives.
pub fn tell(topics: &mut [Topic], flow: &Flow<'_>) {
    for topic in topics {
        let read = |c: &&crate::flow::Consumer| c.topic.name == topic.name;
        let queues: Vec<&String> = flow.consumers.iter().filter(read).flat_map(|c| &c.group).collect();
        let about = |m: &&Mention| m.names(&topic.name) || queues.iter().any(|queue| m.names(queue));
        topic.manifests = flow.mentions.iter().filter(about).map(mentioned).collect();
    }
}

/// The evidence that a mention is.
pub fn mentioned(mention: &Mention) -> Evidence {
    let (path, line) = mention.at.clone();
    Evidence { path, line, role: mention.role.name().to_owned(), note: mention.note.clone() }
}

/// The rules of [`findings`].
pub const RULES: [&str; 4] =
    ["consumer-group-shared", "topic-near-miss", "topic-without-publisher", "topic-without-subscriber"];

/// A finding for each topic that has only one end, at the first place that names it, and for each
/// group that several services read a topic in.
pub fn findings(audit: &Audit, tables: &Tables) -> Vec<Finding> {
    let ends = audit.topics.iter().filter_map(|topic| finding(audit, topic));
    ends.chain(shared_groups(audit, tables)).filter_map(|draft| draft.finish(tables)).collect()
}

/// The name under which the replicas of a service share the messages of a consumer.
pub fn group(found: &crate::flow::Consumer, service: &str, tables: &Tables) -> Option<String> {
    let listed = |key: &str| names(tables, key).contains(&found.transport);
    if listed("by-service") {
        return Some(service.to_owned());
    }
    if listed("queues") {
        return Some(found.topic.name.clone());
    }
    let mut named: Vec<&str> =
        found.group.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    named.sort_unstable();
    named.dedup();
    (!named.is_empty()).then(|| named.join("|"))
}

fn names<'t>(tables: &'t Tables, key: &str) -> &'t [String] {
    tables.get(Control::Topics).map_or(&[], |table| table.names(key))
}

/// Services that read a topic in one group take its messages from each other.
fn shared_groups(audit: &Audit, tables: &Tables) -> Vec<Draft> {
    let grouped = names(tables, "grouped");
    let mut members: BTreeMap<(&str, &str, &str), Vec<&Consumer>> = BTreeMap::new();
    for consumer in audit.consumers.iter().filter(|c| c.topic.resolved && grouped.contains(&c.transport)) {
        if let Some(group) = consumer.group.as_deref().filter(|group| !group.contains(['{', '|'])) {
            members.entry((&consumer.transport, &consumer.topic.name, group)).or_default().push(consumer);
        }
    }
    let draft = |((_, topic, group), mut consumers): ((&str, &str, &str), Vec<&Consumer>)| {
        consumers.sort_by_key(|c| (&c.service, &c.registration));
        consumers.dedup_by_key(|c| &c.service);
        let [.., last] = consumers[..] else { return None };
        let services: Vec<&str> = consumers.iter().map(|c| c.service.as_str()).collect();
        let [init @ .., _] = &services[..] else { return None };
        if init.is_empty() {
            return None;
        }
        let mut draft = Draft::new(
            "consumer-group-shared",
            &last.service,
            &format!("{topic} {group}"),
            last.registration.clone(),
        );
        // What shared code registers may be given a group of its own by each service's configuration.
        let own = |c: &&Consumer| {
            audit.services.iter().any(|s| s.name == c.service && c.registration.path.starts_with(&s.path))
        };
        draft.confidence = if consumers.iter().all(own) { Confidence::High } else { Confidence::Medium };
        draft.consumer = Some(last.id.clone());
        draft.evidence = consumers
            .iter()
            .map(|c| Evidence {
                path: c.registration.path.clone(),
                line: c.registration.line,
                role: Role::Consumer.name().to_owned(),
                note: format!("{} in {group}", c.service),
            })
            .collect();
        draft.fill = vec![
            ("services", format!("{} and {}", init.join(", "), last.service)),
            ("topic", topic.to_owned()),
            ("group", group.to_owned()),
        ];
        Some(draft)
    };
    members.into_iter().filter_map(draft).collect()
}

fn finding(audit: &Audit, topic: &Topic) -> Option<Draft> {
    let rule = match topic.issue? {
        TopicIssue::NearMiss => "topic-near-miss",
        TopicIssue::NoPublisher => "topic-without-publisher",
        TopicIssue::NoSubscriber => return unheard(audit, topic),
    };
    let consumer = audit.consumers.iter().find(|c| c.topic.name == topic.name)?;
    let mut draft = Draft::new(rule, &consumer.service, "", consumer.registration.clone());
    draft.consumer = Some(consumer.id.clone());
    draft.fill = vec![("topic", topic.name.clone()), ("near", topic.near.clone().unwrap_or_default())];
    Some(draft)
}

/// A topic that is published to and not subscribed to. Where no topic of the transport has both ends
/// in the repository, its readers are elsewhere, or go by the names of queues.
fn unheard(audit: &Audit, topic: &Topic) -> Option<Draft> {
    // A subscription that was meant for it is a finding of its own.
    if audit.topics.iter().any(|t| t.near.as_ref() == Some(&topic.name)) {
        return None;
    }
    let publisher = audit.publishers.iter().find(|p| p.topic.resolved && p.topic.name == topic.name)?;
    // What goes through an outbox is sent by whatever the relay uses.
    let same = |c: &&Consumer| publisher.outbox || c.transport == publisher.transport;
    let mut ends = audit.consumers.iter().filter(same);
    if !ends.any(|c| audit.publishers.iter().any(|p| p.topic.resolved && p.topic.name == c.topic.name)) {
        return None;
    }
    let at = publisher.at.clone();
    let beside = |f: &Finding| f.rule == "dual-write" && f.subject.as_ref() == Some(&topic.name);
    let mut draft = Draft::new("topic-without-subscriber", &publisher.service, &topic.name, at.clone());
    draft.fill.push(("topic", topic.name.clone()));
    draft.signals.extend(audit.findings.iter().any(beside).then_some("beside-a-write"));
    draft.evidence.push(Evidence {
        path: at.path,
        line: at.line,
        role: Role::Publisher.name().to_owned(),
        note: publisher.topic.expression.clone(),
    });
    Some(draft)
}

/// A draft about what is sent to a topic, which knows whether the topic is found to have no subscriber.
pub fn unheard_or_not(audit: &Audit, mut draft: Draft) -> Draft {
    let is_unheard = |t: &Topic| {
        t.name == draft.subject && t.issue == Some(TopicIssue::NoSubscriber) && unheard(audit, t).is_some()
    };
    if audit.topics.iter().any(is_unheard) {
        draft.signals.insert("unheard");
    }
    draft
}

/// Wildcards and regular expressions match several topics, and names that begin with `$` are the
/// broker's own (`$all`, `$SYS/…`): no publisher names them.
fn is_pattern(name: &str) -> bool {
    is_brokers_own(name) || name.contains(['*', '>', '#', '^', '{', '+'])
}

/// Whether a subscription with wildcards receives what is published to a topic: `*` and `+` stand
/// for one word or a part of it, `>` and `#` for all that is left; of an expression nobody can say.
pub fn covers(pattern: &str, name: &str) -> bool {
    if pattern.starts_with('$') {
        return false;
    }
    if !is_pattern(pattern) || pattern.contains(['^', '{']) {
        return is_pattern(pattern);
    }
    let split =
        |text: &'static [char], of: &str| -> Vec<String> { of.split(text).map(str::to_owned).collect() };
    let (words, names) = (split(&['.', '/'], pattern), split(&['.', '/'], name));
    for (i, word) in words.iter().enumerate() {
        if matches!(word.as_str(), ">" | "#") {
            return true;
        }
        let Some(given) = names.get(i) else { return false };
        let fits = match word.split_once(['*', '+']) {
            Some((head, tail)) => given.starts_with(head) && given.ends_with(tail),
            None => word == given,
        };
        if !fits {
            return false;
        }
    }
    words.len() == names.len() || pattern.ends_with('*')
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

/// Whether a publisher sends to a place for failed messages, by its name or by what the code calls it
/// (`Publish(deadLetterSubject, data)`, where that is `"orders:errors"`).
pub fn parks(flow: &Flow<'_>, publisher: &crate::flow::Publisher) -> bool {
    let program = flow.types.program;
    let called = |&site: &Site| {
        let facts = program.facts(site.file);
        let Expr::Call { args, .. } = facts.expr(site.expr) else { return false };
        facts.list(args).iter().any(|&expr| {
            let (Expr::Name(name) | Expr::Field { name, .. }) = facts.expr(expr) else { return false };
            let given = || Eval::new(flow.types).value(Site { file: site.file, expr });
            is_parking(facts.text(name))
                && matches!(given(), Value::Str(text) if *text == *publisher.topic.name)
        })
    };
    is_dead_letter(&publisher.topic.name) || publisher.places.iter().chain([&publisher.place]).any(called)
}

/// Whether two different names differ only by separator, case, plural, prefix, version or a slip in
/// one word.
fn near(a: &str, b: &str) -> bool {
    if a == b {
        return false;
    }
    let (wa, wb) = (words(a), words(b));
    if wa == wb || misspelt(&wa, &wb) {
        return true;
    }
    let (short, long) = if wa.len() < wb.len() { (&wa, &wb) } else { (&wb, &wa) };
    // At least two words must be the same, else `order` would meet everything.
    short.len() >= 2 && (long.ends_with(short) || long.starts_with(short) && is_version(&long[short.len()..]))
}

/// Whether two names differ in one long word, by one letter too many or two letters that changed
/// places (`canceled`, `cancelled`).
fn misspelt(a: &[String], b: &[String]) -> bool {
    let mut differ = a.iter().zip(b).filter(|(a, b)| a != b);
    let (Some((a_word, b_word)), None) = (differ.next(), differ.next()) else { return false };
    a.len() == b.len() && a.len() >= 2 && slip(a_word, b_word)
}

fn slip(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| c.is_alphabetic()).collect() };
    let (a, b) = (letters(a), letters(b));
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() < 6 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => {
            // Two neighbours that changed places.
            same + 1 < long.len()
                && short[same] == long[same + 1]
                && short[same + 1] == long[same]
                && short[same + 2..] == long[same + 2..]
        }
        // The end is grammar (`create`, `created`), not a slip.
        1 => same < short.len() && short[same..] == long[same + 1..],
        _ => false,
    }
}

fn is_version(rest: &[String]) -> bool {
    rest.iter().all(|w| {
        let digits = w.strip_prefix('v').unwrap_or(w);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    })
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
            ("order.canceled", "order.cancelled"),
            ("invoice.recieved", "invoice.received"),
        ] {
            assert!(near(a, b) && near(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("order.created", "order.created"),
            ("created", "order.created"),
            ("order.created", "order.updated"),
            ("order.status", "order.status_changed"),
            ("order.create", "order.created"),
            ("order.deleted", "order.selected"),
            ("shard.000001", "shard.000010"),
        ] {
            assert!(!near(a, b) && !near(b, a), "{a} {b}");
        }
    }

    #[test]
    fn wildcards_cover_what_they_receive() {
        for (pattern, name) in [
            ("order.*", "order.created"),
            ("order.>", "order.item.added"),
            ("order.#", "order"),
            ("order/+/paid", "order/17/paid"),
            ("order-*", "order-created"),
            ("order.*", "order.item.added"),
        ] {
            assert!(covers(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("order.*", "user.created"), ("order.created", "order.created"), ("*.paid", "order.sent")]
        {
            assert!(!covers(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn nobody_publishes_what_a_broker_tells_of_itself() {
        assert!(is_pattern("$all") && is_pattern("$SYS/brokers"));
        assert!(!covers("$SYS/brokers", "order.created"));
    }

    #[test]
    fn a_sender_of_failed_messages_sends_nothing_else() {
        let may = |part: &str, expression: &str, name: &str| {
            let (name_of, expression) = (part.to_owned(), expression.to_owned());
            let part = crate::flow::endpoints::TopicName { name: name_of, resolved: false, expression };
            may_name(&part, name)
        };
        for part in ["{options.deadLetter}", "{}.dlq", "{topic}-{DLQSuffix}"] {
            assert!(!may(part, "", "orders.paid"), "{part}");
        }
        assert!(!may("{}", "options.deadLetter", "orders.paid"));
        assert!(may("{options.deadLetter}", "", "orders.dlq") && may("{topic}", "", "orders.paid"));
        assert!(may("{topic}|{deadLetter}", "", "orders.paid") && may("{}", "options.topic", "orders.paid"));
    }

    #[test]
    fn dead_letter_names() {
        assert!(is_dead_letter("order.created.dlq") && is_dead_letter("dead-letter-orders"));
        assert!(!is_dead_letter("deadline.passed"));
    }
}

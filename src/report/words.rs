//! The contract's words as a person reads them, and text that keeps within a width.

use std::fmt::Write as _;

use crate::audit::{
    AuditResult, CacheStore, Confidence, Control, ItemState, Priority, ServiceKind, Status, SubscriptionType,
    TopicIssue,
};

/// A status in a sentence or a cell.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Implemented => "implemented",
        Status::Partial => "partial",
        Status::NeedsReview => "needs review",
        Status::Missing => "missing",
        Status::NotApplicable => "n/a",
    }
}

/// What a status claims.
pub(super) fn status_meaning(status: Status) -> &'static str {
    match status {
        Status::Implemented => "in place wherever a message goes",
        Status::Partial => "in place for a part, or of a kind that lets some by every day",
        Status::NeedsReview => "the code alone does not decide; the evidence says where to look",
        Status::Missing => "not in place",
        Status::NotApplicable => "there is nothing to protect",
    }
}

/// What a control sees to when it is in place.
pub(super) fn control_meaning(control: Control) -> &'static str {
    match control {
        Control::Idempotency => "a message that is delivered twice does no harm",
        Control::DeadLetter => "a message that keeps failing ends where a person can find it",
        Control::Schema => "an invalid payload is refused before it has effects",
        Control::CacheInvalidation => "nobody reads an old value for longer than is meant",
        Control::Outbox => "an event is sent if and only if its change is committed",
        Control::Topics => "what is subscribed to is published, under one name",
    }
}

/// How sure a claim is.
pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "every step was seen in the code",
        Confidence::Medium => {
            "one step was not seen as such: it rests on a name, on which of several ways a call goes, on what a condition lets through, or on a setting that may be kept elsewhere"
        }
        Confidence::Low => "a guess that is worth a look",
    }
}

/// The state of a checklist's item.
pub(super) fn item(state: ItemState) -> &'static str {
    match state {
        ItemState::NotApplicable => "not applicable",
        _ => state.word(),
    }
}

/// What the state of a checklist's item says.
pub(super) fn item_state(state: ItemState) -> &'static str {
    match state {
        ItemState::Met => "evidence in the repository proves it",
        ItemState::Attested => "somebody has given their word for it",
        ItemState::Unmet => {
            "evidence shows that it is not so, or what would show it is nowhere it could be: work to do"
        }
        ItemState::Open => "nothing here decides it, and a person is to look",
        ItemState::NotApplicable => "nothing that it is about was seen; it counts in no percentage",
    }
}

/// A control as a heading.
pub(super) fn control(control: Control) -> &'static str {
    match control {
        Control::Idempotency => "idempotency",
        Control::DeadLetter => "dead letter",
        Control::Schema => "schema",
        Control::CacheInvalidation => "cache",
        Control::Outbox => "outbox",
        Control::Topics => "topics",
    }
}

/// A control as the heading of a section.
pub(super) fn control_title(control: Control) -> &'static str {
    match control {
        Control::Idempotency => "Idempotency",
        Control::DeadLetter => "Dead letter",
        Control::Schema => "Schema validation",
        Control::CacheInvalidation => "Cache invalidation",
        Control::Outbox => "Outbox",
        Control::Topics => "Topic alignment",
    }
}

/// A percentage with the counts it is of: `11 of 19 = 58 %`.
pub(super) fn figure(row: &AuditResult) -> String {
    let of = format!("{} of {}", row.counts.implemented, row.denominator);
    row.percent.map_or_else(|| format!("{of} = n/a"), |percent| format!("{of} = {percent} %"))
}

/// What makes a gap this urgent.
pub(super) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::P0 => "money, stock or figures are corrupted",
        Priority::P1 => {
            "a control other than schema validation is missing, or a flow does not do what it is for"
        }
        Priority::P2 => "a control is partial or weak",
        Priority::P3 => "to be looked at, or unchecked payloads",
        Priority::P4 => "hygiene",
    }
}

/// What a cache is kept in.
pub(super) fn store(store: CacheStore) -> &'static str {
    match store {
        CacheStore::Remote => "a store over the network",
        CacheStore::Process => "the memory of the process",
        CacheStore::Table => "a table",
    }
}

/// What a way to subscribe means.
pub(super) fn subscription(kind: SubscriptionType) -> &'static str {
    match kind {
        SubscriptionType::Programmatic => "a call in code registers the handler",
        SubscriptionType::Declarative => "a manifest names topic and route",
        SubscriptionType::Decorator => "a decorator or annotation names the topic",
        SubscriptionType::Observer => "a call in code hands messages to in-process observers",
        SubscriptionType::Mixed => "in more than one of these ways",
        SubscriptionType::None => "consumes nothing",
    }
}

/// What a line of evidence does, in a sentence about it.
pub(super) fn role(role: &str) -> &str {
    match role {
        "dedupe.check" => "asks whether the message was handled",
        "dedupe.mark" => "records that it was handled",
        "dedupe.claim" => "claims the message, unless it was handled",
        "dedupe.release" => "gives the claim back",
        "dedupe.middleware" => "recognises duplicates around the handler",
        "guard.state" => "looks at the entity before acting",
        "effect" => "changes what is stored",
        "effect.insert" => "inserts",
        "effect.upsert" => "writes under a key",
        "effect.update" => "sets values",
        "effect.transition" => "changes a state that it asks for",
        "effect.increment" => "adds to an old value",
        "effect.delete" => "deletes",
        "effect.email" => "sends a message to a person",
        "effect.http" => "calls another system",
        "tx.begin" => "begins a transaction",
        "effect.charge" => "moves money",
        "dead-letter" => "is where failed messages go",
        "registration" => "registers the consumer",
        "consumer" => "subscribes",
        "publisher" => "sends",
        "validate" => "checks the payload",
        "validate.register" => "registers a schema or validator",
        "refusal" => "turns away what breaks a rule",
        "decode" => "decodes the payload",
        "asserts" => "takes the payload to be of this type",
        "cache.get" => "reads the cache",
        "cache.set" => "fills the cache",
        "cache.invalidate" => "removes or renews cached values",
        "outbox.write" => "writes into the outbox",
        "outbox.poll" => "reads the outbox",
        "unconfirmed" => "gives the event to the client and does not wait for the broker",
        "ack" => "acknowledges the message",
        "stops" => "ends the loop with its first failure, and nothing was seen that starts it again",
        "requeue" => "puts the message back",
        "reject" => "rejects the message",
        "retry" => "tries again",
        "retry.in-place" => "tries again in place, before the broker hears of it",
        "topic" => "declares the topic",
        "scaler" => "scales by what waits in it",
        "alert" => "alerts on what waits in it",
        "handler" => "handles messages",
        "file" => "shows it",
        other => other,
    }
}

/// What a part of the repository is, when it is no service that takes part.
pub(super) fn kind(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::Service => "service",
        ServiceKind::Library => "library",
        ServiceKind::Frontend => "front end",
        ServiceKind::Infrastructure => "infrastructure",
    }
}

/// A time to live: `5 s`, `10 min`, `1 h`, in the largest unit that divides it.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        s if s > 0 && s.is_multiple_of(86_400) => format!("{} d", s / 86_400),
        s if s > 0 && s.is_multiple_of(3600) => format!("{} h", s / 3600),
        s if s > 0 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// What is wrong with a topic, as a heading.
pub(super) fn topic_issue(issue: TopicIssue) -> &'static str {
    match issue {
        TopicIssue::NoPublisher => "no publisher",
        TopicIssue::NoSubscriber => "no subscriber",
        TopicIssue::NearMiss => "near miss",
    }
}

/// `1 service`, `2 services`, `12,345 files`.
pub(crate) fn count(number: usize, singular: &str) -> String {
    let plural = match singular.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{singular}s"),
    };
    let noun = if number == 1 { singular } else { &plural };
    format!("{} {noun}", thousands(number))
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Breaks text at spaces into lines of at most `width` characters, each after `indent` spaces.
/// A word longer than a line gets a line of its own, unbroken: paths stay whole to be clicked on.
pub(super) fn wrap(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let size = word.chars().count();
        if length > 0 && length + 1 + size > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += size;
    }
    lines.push(line);
    let mut out = String::new();
    for line in lines {
        out.push_str(&" ".repeat(indent));
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// Text in a colour, by its escape code, where colours are wanted.
pub(super) fn paint(text: &str, code: &str, color: bool) -> String {
    if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// The text, cut where it does not fit.
pub(super) fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(room.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// What XML and SVG write for a character that would be markup.
pub(super) fn entity(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        _ => None,
    }
}

/// A path as a relative URI: what is neither unreserved nor a separator is percent-encoded, except
/// for the `also` of ASCII.
pub(super) fn encoded(path: &str, also: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The backticks that fence text as code in Markdown: more than it has in a row, and `least`.
pub(super) fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// Beginnings of rules in the order of the harm they are about: messages that are lost or block those
/// behind them, those that are misread each time, changes that never reach readers, effects that are
/// repeated, messages that are never sent, values that are out of date. What is not among them comes last.
const HARM: [&str; 17] = [
    "ack-on-error",
    "no-dead-letter",
    "requeue-forever",
    "poison-on-decode-error",
    "dead-letter-",
    "payload-mismatch",
    "cache-keeps-old",
    "no-idempotency",
    "effect-repeated",
    "redelivery-fails",
    "dedupe-",
    "dual-write",
    "outbox-",
    "topic-",
    "schema-",
    "cache-",
    "invalidation-",
];

/// Where a rule stands among others of its priority: the more harm, the earlier.
pub fn harm(rule: &str) -> usize {
    HARM.iter().position(|start| rule.starts_with(start)).unwrap_or(HARM.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas_and_plurals() {
        assert_eq!(count(0, "service"), "0 services");
        assert_eq!(count(1, "service"), "1 service");
        assert_eq!(count(1_234_567, "file"), "1,234,567 files");
        assert_eq!(count(2, "library"), "2 libraries");
    }

    #[test]
    fn wrapping_keeps_long_words_whole() {
        assert_eq!(wrap("a bb ccc", 2, 6), "  a bb\n  ccc\n");
        assert_eq!(wrap("x verylongword y", 0, 5), "x\nverylongword\ny\n");
        assert_eq!(wrap("", 2, 10), "  \n");
    }

    #[test]
    fn lists_end_in_and() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(list(&names("a b c")), "a, b and c");
        assert_eq!(list(&names("a b")), "a and b");
        assert_eq!(list(&names("a")), "a");
    }
}

//! Findings with a place of their own: what goes wrong stands in the tables, where it does is code.

use crate::audit::{Confidence, Evidence, Finding, Place};
use crate::flow::Flow;
use crate::flow::program::Site;
use crate::flow::symbol;

use super::table::Signals;
use super::verdict::Tables;

/// A finding before the words of its rule are filled in.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The rule.
    pub rule: &'static str,
    /// Name of the service.
    pub service: String,
    /// Id of the consumer, when it is about one.
    pub consumer: Option<String>,
    /// What tells it from others of its rule and service; no line, so that it survives edits.
    pub subject: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// The one place to look at.
    pub location: Place,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// Values for the `{…}` of the message.
    pub fill: Vec<(&'static str, String)>,
    /// Signals, where a rule has several wordings.
    pub signals: Signals,
}

impl Draft {
    /// A draft about `subject` of a service, at a place.
    pub fn new(rule: &'static str, service: &str, subject: &str, location: Place) -> Draft {
        Draft {
            rule,
            service: service.to_owned(),
            consumer: None,
            subject: subject.to_owned(),
            confidence: Confidence::Medium,
            location,
            evidence: Vec::new(),
            fill: Vec::new(),
            signals: Signals::new(),
        }
    }

    /// The finding, in the words of the tables; `None` when no table knows the rule.
    pub fn finish(mut self, tables: &Tables) -> Option<Finding> {
        let words = tables.all().iter().find_map(|t| t.finding(self.rule, &self.signals))?;
        self.fill.push(("service", self.service.clone()));
        let message = filled(&words.message, &self.fill);
        Some(Finding {
            id: String::new(),
            rule: self.rule.to_owned(),
            severity: words.severity,
            priority: words.priority,
            confidence: self.confidence,
            fingerprint: String::new(),
            service: self.service,
            consumer: self.consumer,
            subject: (!self.subject.is_empty()).then_some(self.subject),
            also: words.also.clone(),
            message,
            help: words.help.clone(),
            location: self.location,
            evidence: self.evidence,
            suppressed: None,
        })
    }
}

/// A message with its `{…}` filled in.
pub fn filled(message: &str, values: &[(&'static str, String)]) -> String {
    let is_nameless = values.iter().any(|(key, value)| *key == "topic" && value == symbol::UNKNOWN);
    let message = if is_nameless { &nameless(message) } else { message };
    let (mut out, mut rest) = (String::new(), message);
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        out.push_str(before);
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["{", name, "}"]),
        }
        rest = after;
    }
    out + rest
}

/// A message about a topic that nothing names.
fn nameless(message: &str) -> String {
    let text = message
        .replace("message of {topic}", "message")
        .replace("redelivered {topic}", "redelivered message")
        .replace("invalid {topic} payload", "invalid payload");
    match text.strip_prefix("{topic}") {
        Some(rest) => format!("A message{rest}"),
        None => text,
    }
    .replace("{topic}", "a message")
}

/// The place of an expression.
pub fn place(flow: &Flow<'_>, site: Site) -> Place {
    let (path, line) = flow.types.program.place(site);
    Place { path: path.to_owned(), line }
}

#[cfg(test)]
mod tests {
    use super::{filled, symbol};

    #[test]
    fn messages_read_well_with_and_without_a_topic() {
        let cases = [
            ("A redelivered {topic} repeats {effect}.", "A redelivered message repeats an {insert}."),
            ("A message of {topic} that fails", "A message that fails"),
            ("{topic} is decoded", "A message is decoded"),
            ("Two deliveries of {topic}, {other}", "Two deliveries of a message, {other}"),
            ("An invalid {topic} payload", "An invalid payload"),
            ("{topic", "{topic"),
        ];
        for (message, expected) in cases {
            let fill = |topic: &str| {
                filled(message, &[("topic", topic.to_owned()), ("effect", "an {insert}".to_owned())])
            };
            assert_eq!(fill(symbol::UNKNOWN), expected);
        }
        let values = [("topic", "{effect}".to_owned()), ("effect", "x".to_owned())];
        assert_eq!(filled("{topic} of {effect}", &values), "{effect} of x", "filled once");
    }

    /// The words of every rule, so that a new one is looked at too.
    #[test]
    fn no_rule_speaks_of_a_message_of_a_message() {
        for message in crate::controls::table::all()
            .iter()
            .flat_map(crate::controls::table::Table::reports)
            .map(|w| &w.message)
        {
            let text = filled(message, &[("topic", symbol::UNKNOWN.to_owned())]);
            assert!(!text.contains("essage of a message") && !text.contains("ed a message"), "{text}");
        }
    }
}

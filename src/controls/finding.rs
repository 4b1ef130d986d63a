//! Findings with a place of their own: what goes wrong stands in the tables, where it does is code.

use crate::audit::{Confidence, Evidence, Finding, Place};
use crate::flow::Flow;
use crate::flow::program::Site;

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
        let mut message = words.message.clone();
        for (key, value) in &self.fill {
            message = message.replace(&format!("{{{key}}}"), value);
        }
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
            message,
            help: words.help.clone(),
            location: self.location,
            evidence: self.evidence,
            suppressed: None,
        })
    }
}

/// The place of an expression.
pub fn place(flow: &Flow<'_>, site: Site) -> Place {
    let (path, line) = flow.types.program.place(site);
    Place { path: path.to_owned(), line }
}

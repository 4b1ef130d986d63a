//! Finding what a person means: a service, a consumer, a finding or a rule by its name or a part
//! of it.

use std::fmt;

use super::{Audit, Consumer, Finding, Service};

/// What a name stands for in an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// A service.
    Service(&'a Service),
    /// A consumer.
    Consumer(&'a Consumer),
    /// A finding.
    Finding(&'a Finding),
    /// A rule, a rule file or a control.
    Rule(&'a str),
}

/// A name that stands for nothing, or for several things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// The name.
    pub what: String,
    /// What it could stand for, each as it can be asked for; empty: nothing is like it.
    pub candidates: Vec<String>,
    /// It stands for each of the candidates, rather than for none.
    pub ambiguous: bool,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotFound { what, .. } = self;
        if self.ambiguous {
            return write!(f, "`{what}` could be {} things", self.candidates.len());
        }
        write!(f, "there is no service, consumer, finding or rule `{what}`")
    }
}

impl std::error::Error for NotFound {}

/// Words that say of what kind a name is: `service:billing`.
const KINDS: [&str; 4] = ["service", "consumer", "finding", "rule"];

/// How many characters of a fingerprint are enough to name it.
const FINGERPRINT: usize = 6;

impl<'a> Named<'a> {
    fn kind(self) -> &'static str {
        match self {
            Named::Service(_) => KINDS[0],
            Named::Consumer(_) => KINDS[1],
            Named::Finding(_) => KINDS[2],
            Named::Rule(_) => KINDS[3],
        }
    }

    /// Its whole name.
    pub fn name(self) -> &'a str {
        match self {
            Named::Service(service) => &service.name,
            Named::Consumer(consumer) => &consumer.id,
            Named::Finding(finding) => &finding.id,
            Named::Rule(id) => id,
        }
    }

    /// Whether this is its name or another word for it.
    fn is(self, what: &str) -> bool {
        let other = match self {
            Named::Finding(finding) => what.len() >= FINGERPRINT && finding.fingerprint.starts_with(what),
            Named::Rule(id) => id == what.replace('-', "_"),
            _ => false,
        };
        other || self.name() == what
    }

    /// Whether `what` is a run of whole segments of its name.
    fn has_segments(self, what: &str) -> bool {
        let (name, what) = (self.name().to_lowercase(), what.trim_matches('/').to_lowercase());
        format!("/{name}/").contains(&format!("/{what}/"))
    }

    fn has(self, what: &str) -> bool {
        self.name().to_lowercase().contains(&what.to_lowercase())
    }
}

impl Audit {
    /// What `what` stands for: a whole name, or an unambiguous part of a consumer's id. A name of
    /// several kinds takes `service:`, `consumer:`, `finding:` or `rule:` before it.
    pub fn find<'a>(&'a self, what: &str, rules: &'a [String]) -> Result<Named<'a>, NotFound> {
        let (kind, name) = match what.split_once(':') {
            Some((kind, name)) if KINDS.contains(&kind) => (Some(kind), name),
            _ => (None, what),
        };
        let all: Vec<Named<'a>> = (self.services.iter().map(Named::Service))
            .chain(self.consumers.iter().map(Named::Consumer))
            .chain(self.findings.iter().map(Named::Finding))
            .chain(rules.iter().map(|id| Named::Rule(id)))
            .filter(|named| kind.is_none_or(|kind| kind == named.kind()))
            .collect();
        let ways: [(&dyn Fn(Named<'a>) -> bool, bool); 3] = [
            (&|named| named.is(name), false),
            (&|named| named.has_segments(name), true),
            (&|named| named.has(name), true),
        ];
        for (fits, parts) in ways {
            let found: Vec<Named<'a>> = (all.iter().copied())
                .filter(|named| fits(*named) && (!parts || matches!(named, Named::Consumer(_))))
                .collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(*one),
                several => return Err(ambiguous(what, several)),
            }
        }
        Err(NotFound { what: what.to_owned(), candidates: Vec::new(), ambiguous: false })
    }
}

fn ambiguous(what: &str, several: &[Named<'_>]) -> NotFound {
    let same_kind = several.iter().all(|named| named.kind() == several[0].kind());
    let candidates = several
        .iter()
        .map(|named| match same_kind {
            true => named.name().to_owned(),
            false => format!("{}:{}", named.kind(), named.name()),
        })
        .collect();
    NotFound { what: what.to_owned(), candidates, ambiguous: true }
}

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// From which likeness on a name is worth suggesting, of 1.
const NEAR: f64 = 0.88;
const SUGGESTIONS: usize = 5;

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
        Err(NotFound { what: what.to_owned(), candidates: near(name, &all), ambiguous: false })
    }
}

/// Names that nearly are this one, or hold a segment that nearly is, nearest first.
fn near(what: &str, all: &[Named<'_>]) -> Vec<String> {
    let what = what.to_lowercase();
    // Findings are known by their consumers: they would only repeat them.
    let named = all.iter().filter(|named| !matches!(named, Named::Finding(_)));
    let mut scored: Vec<(f64, &str)> = named
        .map(|named| {
            let name = named.name().to_lowercase();
            let parts = std::iter::once(name.as_str()).chain(name.split('/'));
            let score = parts.map(|part| strsim::jaro_winkler(part, &what)).fold(0.0, f64::max);
            (score, named.name())
        })
        .filter(|(score, _)| *score >= NEAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by_key(|(_, name)| *name);
    scored.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}

fn ambiguous(what: &str, several: &[Named<'_>]) -> NotFound {
    let same_kind = several.iter().all(|named| named.kind() == several[0].kind());
    let candidates =
        several
            .iter()
            .map(|named| {
                if same_kind { named.name().to_owned() } else { format!("{}:{}", named.kind(), named.name()) }
            })
            .collect();
    NotFound { what: what.to_owned(), candidates, ambiguous: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Confidence, Place, Priority, Severity, Symbol, sample};

    fn audit() -> Audit {
        let service = |name: &str| Service { consumer: true, ..sample::service(name) };
        let at = |line| Place { path: "a.go".to_owned(), line };
        let consumer = |service: &str, topic: &str, handler: &str, line| Consumer {
            id: format!("{service}/{topic}/{handler}"),
            registration: at(line),
            handler: Symbol { name: handler.to_owned(), path: "a.go".to_owned(), line },
            ..sample::consumer(service, topic, line)
        };
        let finding = Finding {
            id: "no-idempotency/orders/order.paid/OnPaid".to_owned(),
            rule: "no-idempotency".to_owned(),
            severity: Severity::Error,
            priority: Priority::P0,
            confidence: Confidence::High,
            service: "orders".to_owned(),
            consumer: None,
            subject: None,
            also: Vec::new(),
            message: String::new(),
            help: String::new(),
            location: at(1),
            evidence: Vec::new(),
            fingerprint: "0123456789abcdef".to_owned(),
            suppressed: None,
        };
        Audit {
            services: ["orders", "billing", "redis"].map(service).to_vec(),
            consumers: vec![
                consumer("orders", "order.paid", "OnPaid", 1),
                consumer("orders", "order.sent", "OnSent", 2),
                consumer("billing", "order.paid", "OnPaid", 3),
            ],
            findings: vec![finding],
            ..Audit::default()
        }
    }

    #[test]
    fn names_and_parts_of_them() {
        let audit = audit();
        let rules = ["redis", "no-idempotency", "dead_letter"].map(str::to_owned);
        let of = |what: &str| {
            audit.find(what, &rules).map(|n| format!("{} {}", n.kind(), n.name())).map_err(|e| e.candidates)
        };
        let both = vec!["orders/order.paid/OnPaid".to_owned(), "billing/order.paid/OnPaid".to_owned()];
        for (what, found) in [
            ("billing", Ok("service billing")),
            ("orders", Ok("service orders")),
            ("orders/order.paid/OnPaid", Ok("consumer orders/order.paid/OnPaid")),
            ("orders/order.paid", Ok("consumer orders/order.paid/OnPaid")),
            ("onsent", Ok("consumer orders/order.sent/OnSent")),
            (".sent", Ok("consumer orders/order.sent/OnSent")),
            ("OnPaid", Err(both.clone())),
            ("order.paid", Err(both)),
            ("012345", Ok("finding no-idempotency/orders/order.paid/OnPaid")),
            ("01234", Err(Vec::new())),
            ("no-idempotency", Ok("rule no-idempotency")),
            ("dead-letter", Ok("rule dead_letter")),
            ("redis", Err(vec!["service:redis".to_owned(), "rule:redis".to_owned()])),
            ("rule:redis", Ok("rule redis")),
            ("service:orders", Ok("service orders")),
            ("xyz", Err(Vec::new())),
        ] {
            assert_eq!(of(what), found.map(str::to_owned), "{what}");
        }
    }
}

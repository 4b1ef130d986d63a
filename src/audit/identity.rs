//! What makes a finding the same finding in two runs: nothing that a moved line, a renamed file
//! or a re-ordered declaration changes.

use std::collections::BTreeMap;

use super::{Audit, Consumer, Finding};

impl Audit {
    /// Gives every finding its fingerprint: rule, service, topic, handler's symbol, its subject and
    /// the role of its place; findings that agree in all of these are told apart by an ordinal. To
    /// be asked when the findings are in order. Doing it twice changes nothing.
    pub fn identify(&mut self) {
        let by_id: BTreeMap<&str, &Consumer> = self.consumers.iter().map(|c| (c.id.as_str(), c)).collect();
        let mut met: BTreeMap<String, u32> = BTreeMap::new();
        for finding in &mut self.findings {
            let consumer = finding.consumer.as_deref().and_then(|id| by_id.get(id));
            let parts = identity(finding, consumer.copied());
            let ordinal = met.entry(parts.clone()).or_default();
            *ordinal += 1;
            finding.fingerprint = fnv1a(&format!("{parts}\n{ordinal}"));
        }
    }

    /// The other findings that only an ordinal tells from this one: which of them is new where one is,
    /// their order alone cannot say.
    pub fn alike<'a>(&'a self, finding: &'a Finding) -> impl Iterator<Item = &'a Finding> {
        let parts = |of: &Finding| {
            let consumer = of.consumer.as_ref().and_then(|id| self.consumers.iter().find(|c| c.id == *id));
            identity(of, consumer)
        };
        let own = parts(finding);
        let near = self.findings.iter().filter(move |other| {
            other.fingerprint != finding.fingerprint
                && other.rule == finding.rule
                && other.service == finding.service
        });
        near.filter(move |other| parts(other) == own)
    }
}

impl Consumer {
    /// What makes it the same consumer in two runs: its service, topic and handler's symbol.
    pub fn identity(&self) -> String {
        format!("{}/{}/{}", self.service, self.topic.name, self.handler.name)
    }
}

fn identity(finding: &Finding, consumer: Option<&Consumer>) -> String {
    let (topic, handler) = consumer.map_or(("", ""), |c| (c.topic.name.as_str(), c.handler.name.as_str()));
    let at = |path: &str, line: u32| finding.location.path == path && finding.location.line == line;
    // The least of those at the place, so that the order of the evidence has no say.
    let role = finding.evidence.iter().filter(|e| at(&e.path, e.line)).map(|e| e.role.as_str()).min();
    let subject = finding.subject.as_deref().unwrap_or_default();
    [&finding.rule, &finding.service, topic, handler, subject, role.unwrap_or_default()].join("\n")
}

/// 64-bit FNV-1a, in 16 hexadecimal digits: short enough to be written into a waiver.
fn fnv1a(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

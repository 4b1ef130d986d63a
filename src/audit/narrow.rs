//! Showing a part of an audit: what the user asked to see.

use super::{Audit, Confidence, Severity};

impl Audit {
    /// Keeps what concerns the named services. Audits and checklists keep their figures: a
    /// percentage is of an audit's whole scope. No names: keeps everything.
    pub fn keep_services(&mut self, names: &[String]) {
        if names.is_empty() {
            return;
        }
        let wanted = |name: &String| names.contains(name);
        self.services.retain(|service| wanted(&service.name));
        self.consumers.retain(|consumer| wanted(&consumer.service));
        self.publishers.retain(|publisher| wanted(&publisher.service));
        self.caches.retain(|cache| wanted(&cache.service));
        self.schemas.retain(|schema| wanted(&schema.service));
        self.observers.retain(|observer| wanted(&observer.service));
        self.findings.retain(|finding| wanted(&finding.service));
        self.topics
            .retain(|topic| topic.publishers.iter().any(wanted) || topic.subscribers.iter().any(wanted));
    }

    /// Keeps findings that are at least this severe and this sure.
    pub fn keep_findings(&mut self, severity: Severity, confidence: Confidence) {
        self.findings.retain(|finding| finding.severity <= severity && finding.confidence <= confidence);
    }
}

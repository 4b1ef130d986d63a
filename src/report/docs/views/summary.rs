//! The summary: what somebody reads who leads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::actions::{Actions, Waived};
use super::inventory::{ObserverView, SagaGroup};
use super::practice::FamilyView;
use super::topics::{SubscriptionGroup, TopicView};
use super::{Diagram, Figure, Head, Views, audit_file, checklist_file, context};
use crate::audit::{Checklist, Control, ItemCounts, ItemState, Service, ServiceKind, Severity};
use crate::config::{AuditEntry, Denominator};
use crate::report::docs::DocumentError;
use crate::report::docs::changes::Changes;
use crate::report::docs::operations::AdviceView;

#[derive(Serialize)]
struct SummaryView {
    head: Head,
    title: String,
    numbers: Numbers,
    audits: Vec<AuditSummary>,
    /// Whether any audit shows how services publish beside what it counts.
    outbox_beside: bool,
    /// Whether anything that is in place is known to be weak.
    weak: bool,
    checklists: Vec<ChecklistSummary>,
    subscriptions: Vec<SubscriptionGroup>,
    sagas: Vec<SagaGroup>,
    practice: Vec<FamilyView>,
    observers: Vec<ObserverView>,
    thin: usize,
    topics: Vec<TopicView>,
    actions: Vec<Actions>,
    /// Whether one entry tells of what two rules find.
    joined: bool,
    waived: Vec<Waived>,
    advice: Vec<AdviceView>,
    diagram: Diagram,
    changes: Option<Changes>,
    unread: usize,
    /// The first of what was not seen whole, or seen as it is not.
    warnings: Vec<String>,
}

/// Warnings that are shown; `flowaudit scan -v` lists all.
const WARNINGS: usize = 5;

/// How much there is.
#[derive(Serialize)]
pub(super) struct Numbers {
    services: usize,
    consumers: usize,
    publishers: usize,
    topics: usize,
    caches: usize,
    findings: usize,
    files: u64,
    generated: u64,
    tests: u64,
    excluded: u64,
    /// What was passed over as it stands, as ignored, vendored and hidden folders, by reason.
    passed: BTreeMap<String, usize>,
    /// Services in which every consumer's topic is known, and services that consume.
    subscribed: (usize, usize),
}

#[derive(Serialize)]
struct AuditSummary {
    name: String,
    title: String,
    file: String,
    services: usize,
    /// Percentages are of every service in scope.
    of_scope: bool,
    figures: Vec<Figure>,
    /// How its services publish, which no percentage of it counts.
    outbox: Option<Figure>,
}

#[derive(Serialize)]
pub(super) struct ChecklistSummary {
    title: String,
    file: String,
    counts: ItemCounts,
    items: u32,
    percent: Option<u32>,
    /// How many of its unmet and open items are answered by an item of another checklist.
    same_unmet: usize,
    same_open: usize,
}

impl Views<'_> {
    /// What the template of the summary gets.
    pub fn summary(&self) -> Result<tera::Context, DocumentError> {
        let scope = self.participants();
        let observers = self.observers(&scope);
        let lost = self.audit.diagnostics.iter().filter(|d| d.level < Severity::Note);
        let audit = |entry: &AuditEntry| AuditSummary {
            name: entry.name.clone(),
            title: entry.title.clone(),
            file: audit_file(entry),
            services: self.scope(entry).len(),
            of_scope: entry.denominator == Denominator::Scope,
            figures: self.figures(entry),
            outbox: self.outbox_beside(entry),
        };
        let audits: Vec<AuditSummary> = self.config.audits.iter().map(audit).collect();
        let actions = self.actions(&|_| true);
        context(&SummaryView {
            head: self.head(&scope),
            title: self.config.reports.heading().to_owned(),
            numbers: self.numbers(&scope),
            weak: audits.iter().any(|it| it.figures.iter().any(|figure| figure.weak > 0)),
            outbox_beside: audits.iter().any(|it| it.outbox.is_some()),
            audits,
            checklists: self.checklist_summaries(),
            subscriptions: Self::subscriptions(&scope),
            sagas: Self::sagas(&scope),
            practice: self.practice(&scope, Control::ALL),
            thin: observers.iter().filter(|observer| observer.is_thin()).count(),
            observers,
            topics: self.topics(&scope, &|_| true),
            joined: Actions::any_joined(&actions),
            actions,
            waived: self.waived(&|_| true),
            advice: Views::advice_for(self.audit, &scope, &self.advice),
            diagram: self.flow(&|_| true, &|_| true),
            changes: self.changes(),
            unread: lost.clone().count(),
            warnings: lost.take(WARNINGS).map(|d| format!("{}: {}", d.path, d.message)).collect(),
        })
    }

    /// Services, and whatever else publishes or consumes.
    pub(super) fn participants(&self) -> Vec<&Service> {
        let takes_part = |s: &&Service| s.kind == ServiceKind::Service || s.consumer || s.publisher;
        self.audit.services.iter().filter(takes_part).collect()
    }

    pub(super) fn numbers(&self, scope: &[&Service]) -> Numbers {
        let consuming: Vec<&&Service> = scope.iter().filter(|service| service.consumer).collect();
        let known = consuming.iter().filter(|service| {
            self.audit.consumers.iter().filter(|c| c.service == service.name).all(|c| c.topic.resolved)
        });
        Numbers {
            services: self.audit.services.len(),
            consumers: self.audit.consumers.len(),
            publishers: self.audit.publishers.len(),
            topics: self.audit.topics.len(),
            caches: self.audit.caches.len(),
            findings: self.audit.findings.iter().filter(|f| f.suppressed.is_none()).count(),
            files: self.audit.stats.files_parsed,
            generated: self.audit.stats.files_generated,
            tests: self.audit.stats.files_of_tests,
            excluded: self.audit.stats.files_excluded,
            passed: self.passed(),
            subscribed: (known.count(), consuming.len()),
        }
    }

    /// How many files and folders were passed over as they stand, by reason.
    fn passed(&self) -> BTreeMap<String, usize> {
        let notes = self.audit.diagnostics.iter().filter(|d| d.level == Severity::Note);
        let mut out = BTreeMap::new();
        for reason in notes.filter_map(|d| d.message.strip_prefix("skipped (")?.split(')').next()) {
            *out.entry(reason.to_owned()).or_default() += 1;
        }
        out
    }

    pub(super) fn checklist_summaries(&self) -> Vec<ChecklistSummary> {
        let filled = self.config.audits.iter().filter_map(|entry| {
            Some((entry, self.audit.checklists.iter().find(|checklist| checklist.name == entry.name)?))
        });
        let same = |checklist: &Checklist, state: ItemState| {
            let items = checklist.sections.iter().flat_map(|section| &section.items);
            items.filter(|item| item.state == state && item.same_as.is_some()).count()
        };
        filled
            .map(|(entry, checklist)| ChecklistSummary {
                title: checklist.title.clone(),
                file: checklist_file(entry),
                counts: checklist.counts,
                items: checklist.counts.applicable(),
                percent: checklist.percent,
                same_unmet: same(checklist, ItemState::Unmet),
                same_open: same(checklist, ItemState::Open),
            })
            .collect()
    }
}

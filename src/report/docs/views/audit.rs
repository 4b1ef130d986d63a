//! The document of one audit.

use serde::Serialize;

use super::actions::{Actions, Waived};
use super::announcers::{Announcer, reason_out};
use super::inventory::{CacheView, ObserverView, SagaGroup, SchemaCount, SchemaView};
use super::practice::FamilyView;
use super::services::{ServiceView, TopicLink};
use super::topics::{SubscriptionGroup, TopicView};
use super::{Diagram, DocumentLink, Figure, Head, Views, audit_file, checklist_file, context};
use crate::audit::{Control, Finding};
use crate::config::{AuditEntry, Denominator};
use crate::report::docs::DocumentError;
use crate::report::docs::changes::Changes;
use crate::report::words;

// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Serialize)]
struct AuditView {
    head: Head,
    name: String,
    title: String,
    /// Whether percentages are of all services in scope, whatever applies to them.
    of_scope: bool,
    topics_included: Vec<String>,
    topics_excluded: Vec<String>,
    checklist: Option<String>,
    figures: Vec<Figure>,
    /// How its services publish, which no percentage of it counts.
    outbox: Option<Figure>,
    /// Whether anything that it lists is in another audit too.
    several: bool,
    /// Whether anything that is in place is known to be weak.
    weak: bool,
    services: Vec<ServiceView>,
    /// Of how many services it is told how they publish, which no percentage here counts.
    outboxes_beside: usize,
    uncounted: Vec<Uncounted>,
    announcers: Vec<Announcer>,
    subscriptions: Vec<SubscriptionGroup>,
    practice: Vec<FamilyView>,
    topics: Vec<TopicView>,
    unresolved: Vec<TopicLink>,
    schemas: Vec<SchemaView>,
    /// How many types of event something is said of.
    event_types: Vec<SchemaCount>,
    caches: Vec<CacheView>,
    /// Whether any of them is filled on a change and never told of another.
    only_added: bool,
    about_caches: bool,
    about_schemas: bool,
    observers: Vec<ObserverView>,
    sagas: Vec<SagaGroup>,
    actions: Vec<Actions>,
    /// Findings of these services that another audit lists.
    left_out: Vec<LeftOut>,
    waived: Vec<Waived>,
    diagram: Diagram,
    changes: Option<Changes>,
}

/// Findings of one control that this audit does not look at and another lists.
#[derive(Serialize)]
struct LeftOut {
    control: String,
    count: usize,
    title: String,
    file: String,
}

/// Parts of the repository that the audit does not count, for one reason.
#[derive(Serialize)]
struct Uncounted {
    /// Why it is left out.
    why: String,
    names: Vec<String>,
}

impl Views<'_> {
    /// What the template of an audit gets.
    pub fn audit(&self, entry: &AuditEntry) -> Result<tera::Context, DocumentError> {
        let scope = self.scope(entry);
        let mine = |name: &str| scope.iter().any(|service| service.name == name);
        let looked_at = |topic: &str| entry.topics.admits(topic);
        let of_scope = |finding: &Finding| mine(&finding.service) && entry.looks_at(self.audit, finding);
        let admitted = |finding: &Finding| of_scope(finding) && self.elsewhere(entry, finding).is_none();
        let schemas = self.schemas(&scope);
        let services = self.services(entry);
        let figures = self.figures(entry);
        let caches = self.caches(&scope);
        let has_checklist = self.audit.checklists.iter().any(|checklist| checklist.name == entry.name);
        context(&AuditView {
            head: self.head(&scope),
            name: entry.name.clone(),
            title: entry.title.clone(),
            of_scope: entry.denominator == Denominator::Scope,
            topics_included: entry.topics.include.iter().map(|glob| glob.as_str().to_owned()).collect(),
            topics_excluded: entry.topics.exclude.iter().map(|glob| glob.as_str().to_owned()).collect(),
            checklist: has_checklist.then(|| checklist_file(entry)),
            weak: figures.iter().any(|figure| figure.weak > 0),
            figures,
            outbox: self.outbox_beside(entry),
            several: self.config.audits.len() > 1,
            outboxes_beside: services.iter().filter(|service| service.outbox.is_some()).count(),
            services,
            uncounted: self.uncounted(entry),
            announcers: self.announcers(entry),
            subscriptions: Self::subscriptions(&scope),
            practice: self.practice(&scope, &entry.controls),
            topics: self.topics(&scope, &looked_at),
            unresolved: self.unresolved(&scope),
            event_types: SchemaView::counts(&schemas),
            schemas,
            only_added: caches.iter().any(CacheView::is_only_added_to),
            caches,
            about_caches: entry.controls.contains(&Control::CacheInvalidation),
            about_schemas: entry.controls.contains(&Control::Schema),
            observers: self.observers(&scope),
            sagas: Self::sagas(&scope),
            actions: self.actions_once(entry, &admitted),
            left_out: self.left_out(entry, &of_scope),
            waived: self.waived(&admitted),
            diagram: self.flow(&mine, &looked_at),
            changes: self.changes(),
        })
    }

    /// What is to be done of what an audit admits, without what one before it tells already.
    fn actions_once(&self, entry: &AuditEntry, admitted: &dyn Fn(&Finding) -> bool) -> Vec<Actions> {
        let mut actions = self.actions(admitted);
        for before in self.audits_before(entry) {
            let scope = self.scope(before);
            let lists = |finding: &Finding| {
                scope.iter().any(|service| service.name == finding.service)
                    && before.looks_at(self.audit, finding)
                    && self.elsewhere(before, finding).is_none()
            };
            let document = DocumentLink {
                title: before.title.clone(),
                file: format!("{}#priority-actions", audit_file(before)),
            };
            Actions::leave_to(&mut actions, &self.actions(&lists), &document);
        }
        actions
    }

    /// What the audit does not count, by the reason.
    fn uncounted(&self, entry: &AuditEntry) -> Vec<Uncounted> {
        let scope = self.scope(entry);
        let mut out: Vec<Uncounted> = Vec::new();
        for service in &self.audit.services {
            if scope.iter().any(|other| other.name == service.name) {
                continue;
            }
            let why = reason_out(&entry.scope, service);
            match out.iter_mut().find(|group| group.why == why) {
                Some(group) => group.names.push(service.name.clone()),
                None => out.push(Uncounted { why, names: vec![service.name.clone()] }),
            }
        }
        out
    }

    /// The audit that lists a finding of a control that this one does not look at. What no audit
    /// would list is listed by each; how a service publishes and which topics it has, each shows.
    fn elsewhere(&self, entry: &AuditEntry, finding: &Finding) -> Option<&AuditEntry> {
        let control = (self.material.control_of)(&finding.rule)?;
        let shown = |it: &AuditEntry| it.controls.contains(&control);
        if shown(entry) || matches!(control, Control::Outbox | Control::Topics) {
            return None;
        }
        let lists = |it: &&AuditEntry| {
            shown(it)
                && self.scope(it).iter().any(|service| service.name == finding.service)
                && it.looks_at(self.audit, finding)
        };
        self.config.audits.iter().find(lists)
    }

    fn left_out(&self, entry: &AuditEntry, of_scope: &dyn Fn(&Finding) -> bool) -> Vec<LeftOut> {
        let mut out: Vec<LeftOut> = Vec::new();
        for finding in self.audit.findings.iter().filter(|f| f.suppressed.is_none() && of_scope(f)) {
            let Some(other) = self.elsewhere(entry, finding) else { continue };
            let control = (self.material.control_of)(&finding.rule);
            let control = control.map(words::control_title).unwrap_or_default().to_lowercase();
            let file = audit_file(other);
            match out.iter_mut().find(|row| row.control == control && row.file == file) {
                Some(row) => row.count += 1,
                None => out.push(LeftOut { control, count: 1, title: other.title.clone(), file }),
            }
        }
        out.sort_by(|a, b| a.control.cmp(&b.control));
        out
    }
}

//! The document of one audit.

use serde::Serialize;

use super::actions::{Actions, Waived};
use super::inventory::{CacheView, ObserverView, SagaGroup, SchemaView};
use super::practice::FamilyView;
use super::services::{ServiceView, TopicLink};
use super::topics::{SubscriptionGroup, TopicView};
use super::{Diagram, Figure, Head, Views, checklist_file, context};
use crate::audit::{Control, Finding, Service};
use crate::config::{AuditEntry, Denominator};
use crate::report::docs::DocumentError;
use crate::report::docs::changes::Changes;
use crate::report::words;

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
    services: Vec<ServiceView>,
    /// Of how many services it is told how they publish, which no percentage here counts.
    outboxes_beside: usize,
    uncounted: Vec<Uncounted>,
    subscriptions: Vec<SubscriptionGroup>,
    practice: Vec<FamilyView>,
    topics: Vec<TopicView>,
    unresolved: Vec<TopicLink>,
    schemas: Vec<SchemaView>,
    event_types: usize,
    /// How many types of event each service has a schema for.
    event_types_of: Vec<(String, usize)>,
    caches: Vec<CacheView>,
    about_caches: bool,
    about_schemas: bool,
    observers: Vec<ObserverView>,
    sagas: Vec<SagaGroup>,
    actions: Vec<Actions>,
    waived: Vec<Waived>,
    diagram: Diagram,
    changes: Option<Changes>,
}

/// A part of the repository that the audit does not count.
#[derive(Serialize)]
struct Uncounted {
    name: String,
    kind: String,
}

impl Views<'_> {
    /// What the template of an audit gets.
    pub fn audit(&self, entry: &AuditEntry) -> Result<tera::Context, DocumentError> {
        let scope = self.scope(entry);
        let mine = |name: &str| scope.iter().any(|service| service.name == name);
        let looked_at = |topic: &str| entry.topics.admits(topic);
        let admitted = |finding: &Finding| {
            let topic = finding.consumer.as_ref().and_then(|id| {
                self.audit.consumers.iter().find(|consumer| consumer.id == *id).map(|c| &c.topic.name)
            });
            mine(&finding.service) && topic.is_none_or(|topic| looked_at(topic))
        };
        let uncounted = self.audit.services.iter().filter(|service| !mine(&service.name));
        let schemas = self.schemas(&scope);
        let services = self.services(entry);
        let has_checklist = self.audit.checklists.iter().any(|checklist| checklist.name == entry.name);
        context(&AuditView {
            head: self.head(),
            name: entry.name.clone(),
            title: entry.title.clone(),
            of_scope: entry.denominator == Denominator::Scope,
            topics_included: entry.topics.include.iter().map(|glob| glob.as_str().to_owned()).collect(),
            topics_excluded: entry.topics.exclude.iter().map(|glob| glob.as_str().to_owned()).collect(),
            checklist: has_checklist.then(|| checklist_file(entry)),
            figures: self.figures(entry),
            outboxes_beside: services.iter().filter(|service| service.outbox.is_some()).count(),
            services,
            uncounted: uncounted
                .map(|service: &Service| Uncounted {
                    name: service.name.clone(),
                    kind: words::kind(service.kind).to_owned(),
                })
                .collect(),
            subscriptions: Self::subscriptions(&scope),
            practice: self.practice(&scope, &entry.controls),
            topics: self.topics(&scope, &looked_at),
            unresolved: self.unresolved(&scope),
            event_types_of: SchemaView::by_service(&schemas),
            event_types: schemas.iter().map(SchemaView::event_types).sum(),
            schemas,
            caches: self.caches(&scope),
            about_caches: entry.controls.contains(&Control::CacheInvalidation),
            about_schemas: entry.controls.contains(&Control::Schema),
            observers: self.observers(&scope),
            sagas: Self::sagas(&scope),
            actions: self.actions(&admitted),
            waived: self.waived(&admitted),
            diagram: self.flow(&mine, &looked_at),
            changes: self.changes(),
        })
    }
}

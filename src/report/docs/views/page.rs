//! The page: everything at a glance, for people who would rather look than read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::actions::{Actions, Waived};
use super::services::ServiceView;
use super::summary::{ChecklistSummary, Numbers};
use super::topics::TopicView;
use super::{Figure, Head, Views, context};
use crate::audit::{Control, Status};
use crate::config::{AuditDocuments, AuditEntry, Denominator, Scope, TopicFilter};
use crate::report::docs::DocumentError;
use crate::report::docs::changes::Changes;
use crate::report::graph::{self, Drawing, Graph};
use crate::report::words;

#[derive(Serialize)]
struct PageView {
    head: Head,
    title: String,
    numbers: Numbers,
    /// Statuses to choose from, the contract's word and a person's.
    statuses: Vec<(String, String)>,
    /// Controls to choose from, the contract's word and a person's.
    controls: Vec<(String, String)>,
    audits: Vec<Matrix>,
    checklists: Vec<ChecklistSummary>,
    /// Services with their evidence, under all controls and topics.
    services: Vec<ServiceView>,
    actions: Vec<Actions>,
    waived: Vec<Waived>,
    topics: Vec<TopicView>,
    /// The flow of events as a picture; empty when there is none.
    picture: String,
    changes: Option<Changes>,
}

/// Services × controls, as one audit counts them.
#[derive(Serialize)]
struct Matrix {
    name: String,
    title: String,
    figures: Vec<Figure>,
    services: Vec<ServiceView>,
    /// The number of each service on the page, by name.
    numbers: BTreeMap<String, usize>,
}

impl Views<'_> {
    /// What the template of the page gets.
    pub fn page(&self) -> Result<tera::Context, DocumentError> {
        let everything = AuditEntry {
            name: String::new(),
            title: String::new(),
            scope: Scope::All,
            controls: Control::ALL.to_vec(),
            denominator: Denominator::Scope,
            topics: TopicFilter::default(),
            documents: AuditDocuments::default(),
        };
        let scope = self.participants();
        let services = self.services_of(&everything, &scope);
        let numbers: BTreeMap<String, usize> =
            services.iter().map(|service| (service.name.clone(), service.number)).collect();
        let drawing = Drawing::of(&Graph::of(self.audit, &|_| true, &|_| true), None);
        let address = |service: &str| numbers.get(service).map(|number| format!("#service-{number}"));
        let picture =
            if drawing.arrows.is_empty() { String::new() } else { graph::inline_svg(&drawing, &address) };
        let word = |word: &str, title: &str| (word.to_owned(), title.to_owned());
        let mut head = self.head();
        head.command.push_str(" --format html");
        context(&PageView {
            head,
            title: self.config.reports.heading().to_owned(),
            numbers: self.numbers(&scope),
            statuses: Status::ALL.iter().map(|it| word(it.word(), words::status(*it))).collect(),
            controls: Control::ALL.iter().map(|it| word(it.word(), words::control_title(*it))).collect(),
            audits: self.config.audits.iter().map(|entry| self.matrix(entry, &numbers)).collect(),
            checklists: self.checklist_summaries(),
            services,
            actions: self.actions(&|_| true),
            waived: self.waived(&|_| true),
            topics: self.topics(&scope, &|_| true),
            picture,
            changes: self.changes(),
        })
    }

    fn matrix(&self, entry: &AuditEntry, numbers: &BTreeMap<String, usize>) -> Matrix {
        Matrix {
            name: entry.name.clone(),
            title: entry.title.clone(),
            figures: self.figures(entry),
            services: self.services(entry),
            numbers: numbers.clone(),
        }
    }
}

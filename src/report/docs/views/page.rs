//! The page: everything at a glance, for people who would rather look than read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::actions::{Actions, Waived};
use super::checklist::FilledView;
use super::services::ServiceView;
use super::summary::Numbers;
use super::topics::TopicView;
use super::{Figure, Head, Views, context};
use crate::audit::{Confidence, Control, ItemState, Priority, Status};
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
    /// Statuses to choose from.
    statuses: Vec<Word>,
    /// Controls to choose from.
    controls: Vec<Word>,
    /// How sure a claim can be.
    confidences: Vec<Word>,
    /// How soon to look at a finding.
    priorities: Vec<Word>,
    /// States of a checklist's items.
    states: Vec<Word>,
    audits: Vec<Matrix>,
    checklists: Vec<FilledView>,
    /// Services with their evidence, under all controls and topics.
    services: Vec<ServiceView>,
    actions: Vec<Actions>,
    /// Where the findings of a rule are on the page, by priority and rule.
    anchors: BTreeMap<String, String>,
    waived: Vec<Waived>,
    topics: Vec<TopicView>,
    /// The flow of events as a picture; empty when there is none.
    picture: String,
    changes: Option<Changes>,
}

/// The contract's word, a person's, and what it means.
type Word = (String, String, String);

/// Services × controls, as one audit counts them.
#[derive(Serialize)]
struct Matrix {
    name: String,
    title: String,
    figures: Vec<Figure>,
    services: Vec<ServiceView>,
    /// How they publish, which no percentage counts.
    outbox: Option<Figure>,
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
        let actions = self.actions(&|_| true);
        let mut head = self.head(&scope);
        head.command.push_str(" --format html");
        context(&PageView {
            head,
            title: self.material.stamp.system.clone(),
            numbers: self.numbers(&scope),
            statuses: explained(Status::ALL, Status::word, words::status, words::status_meaning),
            controls: explained(Control::ALL, Control::word, words::control_title, words::control_meaning),
            confidences: explained(Confidence::ALL, Confidence::word, Confidence::word, words::confidence),
            priorities: explained(Priority::ALL, Priority::word, Priority::word, words::priority),
            states: explained(ItemState::ALL, ItemState::word, words::item, words::item_state),
            audits: self.config.audits.iter().map(|entry| self.matrix(entry, &numbers)).collect(),
            checklists: self.config.audits.iter().filter_map(|entry| self.filled(entry)).collect(),
            services,
            anchors: Actions::anchors(&actions),
            actions,
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
            outbox: self.outbox_beside(entry),
            numbers: numbers.clone(),
        }
    }
}

/// Each of `all` with its words and what it means.
fn explained<T: Copy>(
    all: &[T],
    word: impl Fn(T) -> &'static str,
    title: impl Fn(T) -> &'static str,
    meaning: impl Fn(T) -> &'static str,
) -> Vec<Word> {
    let told = |it: &T| (word(*it).to_owned(), title(*it).to_owned(), meaning(*it).to_owned());
    all.iter().map(told).collect()
}

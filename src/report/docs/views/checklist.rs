//! A filled-in checklist.

use serde::Serialize;

use super::inventory::SagaGroup;
use super::services::ServiceView;
use super::{Head, Proof, Views, audit_file, checklist_file, context};
use crate::audit::{Attestation, Checklist, Item, ItemCounts, ItemState};
use crate::config::AuditEntry;
use crate::report::docs::DocumentError;
use crate::report::words;

#[derive(Serialize)]
struct ChecklistView {
    head: Head,
    audit: String,
    #[serde(flatten)]
    filled: FilledView,
    services: Vec<ServiceView>,
    sagas: Vec<SagaGroup>,
}

/// A checklist with its items.
#[derive(Serialize)]
pub(super) struct FilledView {
    title: String,
    counts: ItemCounts,
    items: u32,
    percent: Option<u32>,
    sections: Vec<SectionView>,
}

#[derive(Serialize)]
struct SectionView {
    number: usize,
    title: String,
    anchor: String,
    counts: ItemCounts,
    size: u32,
    percent: Option<u32>,
    items: Vec<ItemView>,
}

#[derive(Serialize)]
struct ItemView {
    id: String,
    title: String,
    /// Whether its box is ticked: met by evidence, or somebody's word.
    ticked: bool,
    /// The contract's word for the state, which no translation changes.
    word: String,
    state: String,
    note: String,
    proofs: Vec<Proof>,
    attestation: Option<Attestation>,
    /// The item that shows the evidence of the same answer, with the document it stands in.
    same_as: Option<(String, String)>,
}

impl Views<'_> {
    /// What the template of a checklist gets; nothing for an audit without one.
    pub fn checklist(&self, entry: &AuditEntry) -> Result<Option<tera::Context>, DocumentError> {
        let Some(filled) = self.filled(entry) else {
            return Ok(None);
        };
        let scope = self.scope(entry);
        let view = ChecklistView {
            head: self.head(&scope),
            audit: audit_file(entry),
            filled,
            services: self.services(entry),
            sagas: Self::sagas(&scope),
        };
        context(&view).map(Some)
    }

    /// The filled-in checklist of an audit, when it has one.
    pub(super) fn filled(&self, entry: &AuditEntry) -> Option<FilledView> {
        let checklist = self.audit.checklists.iter().find(|it| it.name == entry.name)?;
        let sections = checklist.sections.iter().enumerate().map(|(index, section)| SectionView {
            number: index + 1,
            anchor: crate::report::docs::markdown::anchor(&format!("{}. {}", index + 1, section.title)),
            title: section.title.clone(),
            counts: section.counts,
            size: section.counts.applicable(),
            percent: section.percent,
            items: section.items.iter().map(|item| self.item(item)).collect(),
        });
        Some(FilledView {
            title: checklist.title.clone(),
            counts: checklist.counts,
            items: checklist.counts.applicable(),
            percent: checklist.percent,
            sections: sections.collect(),
        })
    }

    /// The document of the checklist that has an item.
    fn checklist_of(&self, id: &str) -> Option<String> {
        let has = |it: &&Checklist| it.sections.iter().flat_map(|s| &s.items).any(|item| item.id == id);
        let name = &self.audit.checklists.iter().find(has)?.name;
        self.config.audits.iter().find(|entry| entry.name == *name).map(checklist_file)
    }

    fn item(&self, item: &Item) -> ItemView {
        ItemView {
            id: item.id.clone(),
            title: item.title.clone(),
            ticked: matches!(item.state, ItemState::Met | ItemState::Attested),
            word: item.state.word().to_owned(),
            state: words::item(item.state).to_owned(),
            note: item.note.clone(),
            proofs: self.proofs(&item.evidence),
            attestation: item.attestation.clone(),
            same_as: item.same_as.as_ref().and_then(|id| Some((id.clone(), self.checklist_of(id)?))),
        }
    }
}

//! A workflow checklist as the contract has it: sections of items, each met, attested, unmet, open
//! or about nothing that is there. Figures follow from the items.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Evidence, ItemState, percent};

/// A workflow checklist, filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checklist {
    /// Name of the audit it belongs to.
    pub name: String,
    /// What a person calls it.
    pub title: String,
    /// How many of its items are in which state.
    pub counts: ItemCounts,
    /// 100 × (met + attested) / items that apply, rounded half up; null when there are none.
    pub percent: Option<u32>,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// A section of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// How many of its items are in which state.
    pub counts: ItemCounts,
    /// 100 × (met + attested) / items that apply, rounded half up; null when there are none.
    pub percent: Option<u32>,
    /// Its items, in order.
    pub items: Vec<Item>,
}

/// One thing to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Stable id, unique among all checklists.
    pub id: String,
    /// What is asked.
    pub title: String,
    /// Whether it is met.
    pub state: ItemState,
    /// One sentence: what the state rests on, what is missing, or what a person is to look at.
    pub note: String,
    /// What that rests on.
    pub evidence: Vec<Evidence>,
    /// Somebody's word for it, when it holds.
    pub attestation: Option<Attestation>,
    /// The item of another checklist that asks the same and has the same answer, which shows the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
}

/// Somebody's word that a checklist item is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attestation {
    /// Who gave it.
    pub by: String,
    /// When, `YYYY-MM-DD`.
    pub when: String,
    /// Last day it holds, `YYYY-MM-DD`.
    pub until: String,
    /// Where the proof is.
    pub link: Option<String>,
    /// Why.
    pub reason: String,
}

/// How many checklist items are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ItemCounts {
    /// Met by evidence.
    pub met: u32,
    /// A person has said that they are met.
    pub attested: u32,
    /// Evidence shows that they are not met.
    pub unmet: u32,
    /// They wait for a person.
    pub open: u32,
    /// Nothing that they are about was seen.
    #[serde(default)]
    pub not_applicable: u32,
}

impl ItemCounts {
    /// Counts states.
    pub fn of(states: impl IntoIterator<Item = ItemState>) -> ItemCounts {
        let mut counts = ItemCounts::default();
        for state in states {
            match state {
                ItemState::Met => counts.met += 1,
                ItemState::Attested => counts.attested += 1,
                ItemState::Unmet => counts.unmet += 1,
                ItemState::Open => counts.open += 1,
                ItemState::NotApplicable => counts.not_applicable += 1,
            }
        }
        counts
    }

    /// How many apply.
    pub fn applicable(&self) -> u32 {
        self.met + self.attested + self.unmet + self.open
    }

    /// 100 × (met + attested) / those that apply, rounded half up; nothing when there are none.
    pub fn percent(&self) -> Option<u32> {
        percent(self.met + self.attested, self.applicable())
    }
}

impl Section {
    /// A section whose figures follow from its items.
    pub fn new(title: &str, items: Vec<Item>) -> Section {
        let counts = ItemCounts::of(items.iter().map(|item| item.state));
        Section { title: title.to_owned(), counts, percent: counts.percent(), items }
    }
}

impl Checklist {
    /// A checklist whose figures follow from its sections.
    pub fn new(name: &str, title: &str, sections: Vec<Section>) -> Checklist {
        let states = sections.iter().flat_map(|section| &section.items).map(|item| item.state);
        let counts = ItemCounts::of(states);
        let percent = counts.percent();
        Checklist { name: name.to_owned(), title: title.to_owned(), counts, percent, sections }
    }
}

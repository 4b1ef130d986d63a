//! Results: how far a control is in place, over the services of an audit.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Control, Status};

/// Completion of one control in one audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditResult {
    /// Name of the audit.
    pub name: String,
    /// The control.
    pub control: Control,
    /// Number of services the percentage is of.
    pub denominator: u32,
    /// How many services have each status.
    pub counts: Counts,
    /// 100 × implemented / denominator, rounded half up; null when the denominator is 0.
    pub percent: Option<u32>,
    /// The services in scope, each with the status it is counted with: of the consumers whose
    /// topics the audit looks at, and before anything is waived.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Status>,
}

/// How many services have each status; those whose gap is waived are counted there alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// In place.
    pub implemented: u32,
    /// In place for a part, or weak.
    pub partial: u32,
    /// Something could not be seen.
    pub needs_review: u32,
    /// Not in place.
    pub missing: u32,
    /// Nothing to protect.
    pub not_applicable: u32,
    /// Not in place, and somebody said that it may stay so: every finding of the gap is waived.
    #[serde(default)]
    pub waived: u32,
}

impl Counts {
    /// Counts statuses.
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Counts {
        let mut counts = Counts::default();
        for status in statuses {
            *counts.slot(status) += 1;
        }
        counts
    }

    /// How many have this status.
    pub fn get(mut self, status: Status) -> u32 {
        *self.slot(status)
    }

    /// How many services the control applies to.
    pub fn applicable(&self) -> u32 {
        self.implemented + self.partial + self.needs_review + self.missing + self.waived
    }

    fn slot(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Implemented => &mut self.implemented,
            Status::Partial => &mut self.partial,
            Status::NeedsReview => &mut self.needs_review,
            Status::Missing => &mut self.missing,
            Status::NotApplicable => &mut self.not_applicable,
        }
    }
}

impl AuditResult {
    /// A row whose percentage follows from its counts.
    pub fn new(name: &str, control: Control, denominator: u32, counts: Counts) -> AuditResult {
        AuditResult {
            name: name.to_owned(),
            control,
            denominator,
            counts,
            percent: percent(counts.implemented, denominator),
            services: BTreeMap::new(),
        }
    }

    /// A row over services; its counts follow from their statuses.
    pub fn of(
        name: &str,
        control: Control,
        denominator: Option<u32>,
        services: BTreeMap<String, Status>,
    ) -> AuditResult {
        let counts = Counts::of(services.values().copied());
        let denominator = denominator.unwrap_or_else(|| counts.applicable());
        AuditResult { services, ..AuditResult::new(name, control, denominator, counts) }
    }
}

/// 100 × part / whole, rounded half up; nothing when there is no whole.
pub fn percent(part: u32, whole: u32) -> Option<u32> {
    let (part, whole) = (u64::from(part), u64::from(whole));
    let rounded = (200 * part + whole).checked_div(2 * whole)?;
    u32::try_from(rounded).ok()
}

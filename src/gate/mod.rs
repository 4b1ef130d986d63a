//! The gate: an audit, what was before, and a policy become an outcome.
//!
//! Compares identities, never lines: a consumer is its service, topic and handler, a finding its
//! fingerprint. It knows nothing of files and formats; who reads the baseline or audits the other
//! revision hands both in as a [`Baseline`].

mod baseline;
mod compare;
mod renamed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::{Control, Place};

pub use baseline::{Baseline, BaselineError};
pub use compare::{compare, fail_documents};

/// Version of the outcome as a document; raised when a reader of the old one would misread it.
pub const SCHEMA_VERSION: u32 = 1;

/// What came of comparing an audit with what was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Version of this contract.
    pub schema_version: u32,
    /// Whether nothing failed.
    pub passed: bool,
    /// What the audit was compared with: a file, or a revision.
    pub against: String,
    /// What fails, worst first.
    ///
    /// Of the same urgency, in order of service, consumer and kind.
    pub regressions: Vec<Change>,
    /// What is new or worse and passes under the policy.
    pub tolerated: Vec<Change>,
    /// What got better, or is gone.
    pub improvements: Vec<Change>,
    /// Completion per audit and control, before and now.
    pub figures: Vec<Figure>,
    /// How many findings are known and how that changed.
    pub size: Size,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Name of the service; empty when it is about an audit as a whole.
    pub service: String,
    /// Id of the consumer, when it is about one.
    pub consumer: Option<String>,
    /// What kind of difference it is.
    pub kind: ChangeKind,
    /// The control, when it is about one.
    pub control: Option<Control>,
    /// Name of the audit, when it is about a percentage.
    pub audit: Option<String>,
    /// Rule of the finding, when it is about one.
    pub rule: Option<String>,
    /// Fingerprint of the finding, when it is about one.
    pub fingerprint: Option<String>,
    /// What was: a status, or a percentage.
    pub before: Option<String>,
    /// What is.
    pub now: Option<String>,
    /// Where to look; none for what is gone and for percentages.
    pub place: Option<Place>,
    /// One sentence for people.
    pub message: String,
    /// Why it is so, when that is known.
    pub why: String,
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A status that got worse.
    WorseStatus,
    /// A finding that was not there.
    NewFinding,
    /// A waiver, an ignore or an attestation past its last day.
    Expired,
    /// A percentage under its floor.
    BelowFloor,
    /// A percentage below that of the baseline.
    LowerPercent,
    /// An entry of the baseline that is no longer so, where that is asked for.
    StaleEntry,
    /// A document that is missing or no longer says what is so, where that is asked for.
    StaleDocument,
    /// A consumer that was not there.
    NewConsumer,
    /// A consumer or service under another name: the handler's or the service's is new, all else is
    /// compared as before.
    Renamed,
    /// A status that got better.
    BetterStatus,
    /// A finding that is gone.
    FixedFinding,
    /// A consumer or service that is gone.
    Gone,
    /// A percentage above that of the baseline.
    HigherPercent,
}

impl ChangeKind {
    /// The word it is written as; as a rule's id for formats that need one.
    pub fn word(self) -> &'static str {
        match self {
            ChangeKind::WorseStatus => "worse-status",
            ChangeKind::NewFinding => "new-finding",
            ChangeKind::Expired => "expired",
            ChangeKind::BelowFloor => "below-floor",
            ChangeKind::LowerPercent => "lower-percent",
            ChangeKind::StaleEntry => "stale-entry",
            ChangeKind::StaleDocument => "stale-document",
            ChangeKind::NewConsumer => "new-consumer",
            ChangeKind::Renamed => "renamed",
            ChangeKind::BetterStatus => "better-status",
            ChangeKind::FixedFinding => "fixed-finding",
            ChangeKind::Gone => "gone",
            ChangeKind::HigherPercent => "higher-percent",
        }
    }
}

/// Completion of one control in one audit, before and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// Name of the audit.
    pub audit: String,
    /// The control.
    pub control: Control,
    /// What was; none when the audit is new.
    pub before: Option<Completion>,
    /// What is.
    pub now: Completion,
    /// How many services are waived now.
    pub waived: u32,
    /// The least percentage that passes, when there is one.
    pub floor: Option<u32>,
}

/// A percentage with its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Completion {
    /// Services with the control in place.
    pub implemented: u32,
    /// Services it is of.
    pub denominator: u32,
    /// 100 × implemented / denominator, rounded half up; null when the denominator is 0.
    pub percent: Option<u32>,
}

/// How many findings are known, and how that changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Findings that were there.
    pub before: u32,
    /// Findings that are there, without those waived.
    pub now: u32,
    /// Findings that were not there.
    pub new: u32,
    /// Findings that are gone.
    pub fixed: u32,
    /// Findings that somebody answers for.
    pub waived: u32,
    /// Entries of the baseline that are no longer so; `--update` drops them.
    pub stale: u32,
}

#[cfg(test)]
mod tests;

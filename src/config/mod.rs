//! Configuration: `flowaudit.yaml` into checked settings.
//!
//! What a user writes ([`load()`]) and what the rest of the program gets ([`Config`]) are different
//! types, so unchecked configuration cannot travel. Without a file, [`Config::default`] has both
//! built-in audits. Knows nothing of flags: the command line lays its own word over [`Settings`].

mod attestations;
mod discover;
mod exclude;
mod gate;
mod load;
mod mention;
mod parse;
mod reports;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod topics;
mod waivers;

pub use attestations::AttestationEntry;
pub use discover::{FILE_NAME, find};
pub use exclude::Excludes;
pub use gate::{FailOn, GatePolicy};
pub use load::{ConfigError, Draft, discover, draft, load, shown};
pub use mention::{Mention, Names};
pub use reports::ReportChoice;
pub use schema::schema;
pub use settings::Settings;
pub use topics::{Glob, TopicFilter};
pub use waivers::{Target, Waiver};

use std::path::PathBuf;

use crate::audit::{Audit, Control, Finding, Policy, SagaRole, ServiceKind};

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from; `None`: built in.
    pub path: Option<PathBuf>,
    /// Folder that `exclude` is relative to, when a file said it.
    pub base: Option<PathBuf>,
    /// What the user says of services.
    pub services: Vec<ServiceEntry>,
    /// The audits to make, in order; never empty.
    pub audits: Vec<AuditEntry>,
    /// How strictly weak controls are read.
    pub policy: Policy,
    /// Which rules are in force.
    pub rules: RuleChoice,
    /// Paths to leave out, as in a `.gitignore` file; [`Excludes`] decides.
    pub exclude: Vec<String>,
    /// How many calls to follow from a handler; `None`: without a bound.
    pub depth: Option<u32>,
    /// Documents: their names, templates and checklists.
    pub reports: ReportChoice,
    /// People's word for checklist items.
    pub attestations: Vec<AttestationEntry>,
    /// Findings that somebody answers for.
    pub waivers: Vec<Waiver>,
    /// What the gate lets pass.
    pub gate: GatePolicy,
    /// Every name of something that is found elsewhere, for [`Config::unknown`]; also those of
    /// entries that are refused for another mistake.
    pub mentions: Vec<(Names, Mention)>,
}

/// What the user says of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEntry {
    /// Its name.
    pub name: String,
    /// Its folder, from the audited one (`.` for that folder itself); `None`: where discovery
    /// finds a service of this name.
    pub path: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// What it is for, when discovery should not decide.
    pub kind: Option<ServiceKind>,
    /// Its part in sagas.
    pub role: Option<SagaRole>,
    /// Leave it out altogether.
    pub ignore: bool,
}

/// One audit: which services, which controls, how it is counted.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its name, also of its documents.
    pub name: String,
    /// What a person calls it.
    pub title: String,
    /// The services it looks at.
    pub scope: Scope,
    /// The controls it counts, in order.
    pub controls: Vec<Control>,
    /// What a percentage is of.
    pub denominator: Denominator,
    /// The topics it looks at.
    pub topics: TopicFilter,
    /// Its documents.
    pub documents: AuditDocuments,
}

impl AuditEntry {
    /// Whether a finding is of no topic, or of one that the audit looks at.
    #[must_use]
    pub fn looks_at(&self, audit: &Audit, finding: &Finding) -> bool {
        let id = finding.consumer.as_ref();
        let consumer = id.and_then(|id| audit.consumers.iter().find(|consumer| consumer.id == *id));
        consumer.is_none_or(|consumer| self.topics.admits(&consumer.topic.name))
    }
}

/// The documents of one audit, where the configuration says something of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditDocuments {
    /// File name of the audit.
    pub file: Option<String>,
    /// Template of the audit.
    pub template: Option<Mention>,
    /// Id of the checklist; the one of the audit's name unless given.
    pub checklist: Option<Mention>,
    /// File name of the filled-in checklist.
    pub checklist_file: Option<String>,
}

/// The services an audit looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every service found, of kind `service`.
    All,
    /// Those that consume messages or keep a cache.
    ConsumersAndCaches,
    /// These, by name.
    Named(Vec<String>),
}

/// What a percentage is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denominator {
    /// Services to which the control applies.
    Applicable,
    /// Every service in scope.
    Scope,
}

/// Which rules are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleChoice {
    /// Files and folders of rules beside the built-in ones, joined to the configuration's folder.
    pub paths: Vec<PathBuf>,
    /// Opt-in rule files to switch on.
    pub enable: Vec<Mention>,
    /// Rules and rule files to switch off.
    pub disable: Vec<Mention>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            path: None,
            base: None,
            services: Vec::new(),
            audits: built_in_audits(),
            policy: Policy::default(),
            rules: RuleChoice::default(),
            exclude: Vec::new(),
            depth: None,
            reports: ReportChoice::default(),
            attestations: Vec::new(),
            waivers: Vec::new(),
            gate: GatePolicy::default(),
            mentions: Vec::new(),
        }
    }
}

/// The audits made when none are configured.
fn built_in_audits() -> Vec<AuditEntry> {
    vec![
        AuditEntry {
            name: "event-processing".to_owned(),
            title: "Event processing".to_owned(),
            scope: Scope::All,
            controls: vec![Control::Idempotency, Control::DeadLetter, Control::Schema],
            denominator: Denominator::Applicable,
            topics: TopicFilter::default(),
            documents: AuditDocuments::default(),
        },
        AuditEntry {
            name: "data-synchronization".to_owned(),
            title: "Data synchronization".to_owned(),
            scope: Scope::ConsumersAndCaches,
            controls: vec![Control::Idempotency, Control::Schema, Control::CacheInvalidation],
            denominator: Denominator::Applicable,
            topics: TopicFilter::default(),
            documents: AuditDocuments::default(),
        },
    ]
}

//! The audit: what one run of flowaudit knows, as the JSON contract has it.
//!
//! `flowaudit scan --format json` is these types and nothing else; tables, markdown, SARIF and the
//! gate are views of the same value. Keys are `snake_case`, enum values kebab-case, paths
//! relative to the scanned root with `/`, lines 1-based. [`Audit::sort`] puts every list in its one order,
//! so that two runs over the same tree give the same bytes. How anything was decided is not here.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod checklist;
mod date;
pub mod explanation;
mod find;
mod identity;
mod join;
mod narrow;
mod order;
mod result;
#[cfg(test)]
pub(crate) mod sample;
mod words;

pub use checklist::{Attestation, Checklist, Item, ItemCounts, Section};
pub use date::Date;
pub use find::{Named, NotFound};
pub use join::JoinError;
pub use order::number_consumers;
pub use result::{AuditResult, Counts, percent};
pub use words::{
    Asks, CacheStore, Confidence, Control, CutReason, Ending, ErrorFate, GuardKind, ItemState, Leniency,
    Priority, RuleKind, SagaRole, ServiceKind, Severity, Status, SubscriptionType, SuppressionKind,
    TopicIssue,
};

/// Version of the contract; raised when a reader of the old one would misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole result of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// Version of this contract.
    pub schema_version: u32,
    /// What made the document.
    pub tool: Tool,
    /// How strictly weak controls were read.
    pub policy: Policy,
    /// How many calls each path was followed from its handler; null: without a bound.
    pub depth: Option<u32>,
    /// Which part of the whole it is, when it is one; `flowaudit merge` joins the parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Every service found, in order of name.
    pub services: Vec<Service>,
    /// Every registration through which a service receives messages.
    pub consumers: Vec<Consumer>,
    /// Every place that sends to a topic, one per service and topic.
    pub publishers: Vec<Publisher>,
    /// Every place where a service keeps a copy that can go stale.
    pub caches: Vec<Cache>,
    /// Every type of event that a schema or validator is registered for.
    pub schemas: Vec<EventSchema>,
    /// Every in-process observer that a service's consumers hand messages to.
    pub observers: Vec<Observer>,
    /// Who publishes and who subscribes to what, in order of name.
    pub topics: Vec<Topic>,
    /// Gaps and weaknesses.
    pub findings: Vec<Finding>,
    /// Completion per audit and control, in the order the configuration lists them.
    pub audits: Vec<AuditResult>,
    /// Workflow checklists, in the order the configuration lists them.
    pub checklists: Vec<Checklist>,
    /// What could not be read, parsed or followed.
    pub diagnostics: Vec<Diagnostic>,
    /// How much was read.
    pub stats: Stats,
}

/// The program that made a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `flowaudit`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A part of an audit: every service whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Number of the part, from 1.
    pub index: u32,
    /// How many parts there are.
    pub of: u32,
}

impl Shard {
    /// Whether it is the turn of the service at this place in the list.
    pub fn has(self, service: usize) -> bool {
        service as u64 % u64::from(self.of.max(1)) + 1 == u64::from(self.index)
    }
}

/// How strictly weak controls are read: what each counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// Knobs of idempotency.
    pub idempotency: IdempotencyPolicy,
    /// Knobs of schema validation.
    pub schema: SchemaPolicy,
}

/// What weak idempotency counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct IdempotencyPolicy {
    /// A check that an empty id or a missing key goes round.
    pub fail_open: Leniency,
    /// A check or mark whose error is dropped.
    pub ignored_error: Leniency,
}

/// What weak schema validation counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SchemaPolicy {
    /// A validation whose failure is only logged.
    pub log_only: Leniency,
    /// Plain protobuf or thrift decoding, with no schema registry.
    pub idl: Leniency,
}

impl Policy {
    /// Every knob at `partial`: a weak control is not in place.
    pub const STRICT: Policy = Policy::all(Leniency::Partial);
    /// Every knob at `implemented`: a weak control counts, and its weakness is still reported.
    pub const LENIENT: Policy = Policy::all(Leniency::Implemented);

    const fn all(reading: Leniency) -> Policy {
        Policy {
            idempotency: IdempotencyPolicy { fail_open: reading, ignored_error: reading },
            schema: SchemaPolicy { log_only: reading, idl: reading },
        }
    }
}

/// A deployable unit of the monorepo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Its name, unique in the audit.
    pub name: String,
    /// Its folder.
    pub path: String,
    /// Languages it is written in, sorted.
    pub languages: Vec<String>,
    /// What it is for.
    pub kind: ServiceKind,
    /// Who owns it, as the configuration says.
    pub owner: Option<String>,
    /// Its part in sagas, as the configuration says.
    pub role: Option<SagaRole>,
    /// Whether it publishes to any topic, be its name known or not.
    pub publisher: bool,
    /// Whether it receives any messages.
    pub consumer: bool,
    /// How it registers its consumers.
    pub subscription_type: SubscriptionType,
    /// Status of each control, the worst of its consumers.
    #[schemars(extend("propertyNames" = {"$ref": "#/$defs/Control"}))]
    pub controls: BTreeMap<Control, ServiceVerdict>,
}

/// How many functions [`Consumer::path`] has at most.
pub const STEPS: usize = 40;

/// One registration through which a service receives messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consumer {
    /// `service/topic/HandlerName`, with `#2` on a clash; set by [`number_consumers`].
    pub id: String,
    /// Name of its service.
    pub service: String,
    /// Broker or queue: `kafka`, `dapr`, `nats`, …
    pub transport: String,
    /// Library it is registered with.
    pub framework: String,
    /// How it is registered.
    pub registration_kind: SubscriptionType,
    /// What it listens to.
    pub topic: TopicName,
    /// The group, queue or subscription in which each message reaches one replica only, where it is
    /// known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Event types its one handler tells apart, sorted.
    pub event_types: Vec<String>,
    /// Where it is registered.
    pub registration: Place,
    /// The function messages are handed to. When none is found in the repository: the best name
    /// known, at the place of the registration.
    pub handler: Symbol,
    /// Status of each control that applies to consumers.
    #[schemars(extend("propertyNames" = {"$ref": "#/$defs/Control"}))]
    pub controls: BTreeMap<Control, Verdict>,
    /// Functions the verdicts followed, in order.
    pub path: Vec<Symbol>,
}

/// A topic as code names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TopicName {
    /// The topic, or the best symbol for it when it is not resolved.
    pub name: String,
    /// Whether `name` is the real name: a literal, or followed to one.
    pub resolved: bool,
    /// The expression in the code.
    pub expression: String,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Path from the scanned root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

impl fmt::Display for Place {
    /// As compilers and editors write it: `path:line`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// A named function and where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Symbol {
    /// `Type.Method` or `function`.
    pub name: String,
    /// Path from the scanned root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

/// A line of code and the part it plays in a verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Path from the scanned root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// The part it plays: `dedupe.check`, `effect.insert`, …
    pub role: String,
    /// What stands there, in short.
    pub note: String,
}

/// What is known of one control of one consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The claim.
    pub status: Status,
    /// How the control is done: `database`, `declarative`, `json-schema`, …
    pub pattern: Option<String>,
    /// How sure the claim is.
    pub confidence: Confidence,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// One sentence for people.
    pub why: String,
}

/// What is known of one control of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceVerdict {
    /// The claim: the worst of the consumers; a mixture of implemented and missing is partial.
    pub status: Status,
    /// How the control is done, sorted; several when consumers differ.
    pub patterns: Vec<String>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// One sentence for people.
    pub why: String,
}

/// A place that sends to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Publisher {
    /// Name of its service.
    pub service: String,
    /// Broker or queue.
    pub transport: String,
    /// What it sends to.
    pub topic: TopicName,
    /// Where it sends.
    pub at: Place,
    /// Whether the message goes through an outbox.
    pub outbox: bool,
}

/// A place where a service keeps a copy of data that can go stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cache {
    /// Name of its service.
    pub service: String,
    /// Pattern of its keys: `prices:sku:{hmac}`.
    pub key: String,
    /// Time to live; null: none, or not known.
    pub ttl_seconds: Option<u64>,
    /// Whether every value is seen to be given a time to live.
    #[serde(default)]
    pub expires: bool,
    /// What it is kept in, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<CacheStore>,
    /// Whether it is filled where something is changed or newly heard of, and not only by readers.
    #[serde(default)]
    pub filled_on_change: bool,
    /// Where it is filled.
    pub at: Place,
    /// What removes entries.
    pub invalidations: Vec<Invalidation>,
}

/// A function that removes entries of a cache.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Invalidation {
    /// Its name.
    pub function: String,
    /// Where it removes.
    pub at: Place,
    /// What makes it run: consumers, use cases; sorted.
    pub triggers: Vec<String>,
}

/// A type of event and the schema it is checked against, or that a contract gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSchema {
    /// Name of the service that registers it.
    pub service: String,
    /// The type of event, by the name that messages carry where that is known.
    pub event_type: String,
    /// What a contract calls it, where that is another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The schema: a path as the code gives it, or the expression that holds it.
    pub schema: String,
    /// Where it is registered.
    pub at: Place,
    /// Whether a failed check ends the handler; null when no consumer of the service validates, and
    /// where only a contract has the schema.
    pub enforced: Option<bool>,
    /// A contract describes it, which checks nothing; code that registers it is another row.
    #[serde(default, skip_serializing_if = "is_false")]
    pub contract: bool,
}

// What serde calls takes what it looks at by reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A subscription to an event inside one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observer {
    /// Name of the service.
    pub service: String,
    /// The in-process event.
    pub event: String,
    /// What is run.
    pub handler: Symbol,
    /// Where it is subscribed.
    pub registered: Place,
    /// The function that brings the service's observers together, when one calls or is the place
    /// of the subscription.
    pub registry: Option<Symbol>,
    /// Effects and state that the observer itself touches instead of handing them on; none: thin.
    pub own_effects: Vec<Evidence>,
}

/// One topic and who is at its two ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Services that publish to it, sorted.
    pub publishers: Vec<String>,
    /// Services that subscribe to it, sorted.
    pub subscribers: Vec<String>,
    /// What is wrong with it.
    pub issue: Option<TopicIssue>,
    /// For a near miss: the topic it looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// Where manifests and contracts name it: what declares it (`topic`), scales on it (`scaler`),
    /// alerts on it (`alert`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Evidence>,
}

/// Whether a name is one under which a broker or store tells of itself or of all that it holds
/// (`$all`, `$SYS/…`): no publisher names it.
pub fn is_brokers_own(topic: &str) -> bool {
    topic.starts_with('$')
}

/// A gap or a weakness, at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// `rule/consumer` or `rule/service`, with `#2` on a clash; set by [`Audit::sort`].
    pub id: String,
    /// Rule that found it.
    pub rule: String,
    /// How bad the fault is in itself.
    pub severity: Severity,
    /// How soon to look at it.
    pub priority: Priority,
    /// How sure it is.
    pub confidence: Confidence,
    /// Name of the service; `.` when it is about the repository as a whole.
    pub service: String,
    /// Id of the consumer, when it is about one.
    pub consumer: Option<String>,
    /// What it is about where no consumer says: a topic, a key, a table. Part of its identity.
    #[serde(default)]
    pub subject: Option<String>,
    /// Other rules whose case it is too, so that these need not report it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What goes wrong, as a plain sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The one place to look at.
    pub location: Place,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// Identity that survives moved lines and files; set by [`Audit::identify`].
    pub fingerprint: String,
    /// Why it is not counted, when somebody said so.
    pub suppressed: Option<Suppression>,
}

impl Finding {
    /// Whether it says what one of these rules says.
    #[must_use]
    pub fn is_of(&self, rules: &[String]) -> bool {
        rules.contains(&self.rule) || self.also.iter().any(|rule| rules.contains(rule))
    }

    /// Whether it names a condition under which a control that is in place fails: hygiene names none.
    #[must_use]
    pub fn weakens(&self) -> bool {
        self.priority <= Priority::P3 && self.suppressed.is_none()
    }
}

/// Somebody's word that a finding is not to be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    /// Where it was said.
    pub kind: SuppressionKind,
    /// Why.
    pub reason: String,
    /// Who answers for it, when that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Last day it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// Something that could not be read, parsed or followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// File it is about, from the scanned root; `.` when it is about the run.
    pub path: String,
    /// `error` and `warning`: the result may lack something, which `--strict` refuses.
    /// `note`: left out on purpose.
    pub level: Severity,
    /// One sentence for people.
    pub message: String,
}

/// How much was read. No times: the document is deterministic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Files seen.
    pub files_walked: u64,
    /// Files turned into facts.
    pub files_parsed: u64,
    /// Their size.
    pub bytes_parsed: u64,
    /// Those of them that a generator wrote: of most the signatures are read, and not the bodies.
    #[serde(default)]
    pub files_generated: u64,
    /// Files of tests, of which no facts are made.
    #[serde(default)]
    pub files_of_tests: u64,
    /// Files that the configuration excludes, which are not among those seen.
    #[serde(default)]
    pub files_excluded: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Audit {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            policy: Policy::default(),
            depth: None,
            shard: None,
            services: Vec::new(),
            consumers: Vec::new(),
            publishers: Vec::new(),
            caches: Vec::new(),
            schemas: Vec::new(),
            observers: Vec::new(),
            topics: Vec::new(),
            findings: Vec::new(),
            audits: Vec::new(),
            checklists: Vec::new(),
            diagnostics: Vec::new(),
            stats: Stats::default(),
        }
    }
}

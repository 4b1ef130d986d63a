//! What can be written in `flowaudit.yaml`, as types that exist for their JSON Schema alone:
//! editors complete and check against it. A test holds them to the keys that [`super::parse`] knows.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};

use crate::audit::{Control, Leniency, Priority, SagaRole, ServiceKind, Severity};

/// JSON Schema of `flowaudit.yaml`.
pub fn schema() -> Schema {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Flowaudit>()
}

/// Configuration of flowaudit.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
pub(super) struct Flowaudit {
    /// What is known of services beyond what discovery finds.
    services: Option<Vec<ServiceItem>>,
    /// The audits to make; without it, the two built-in ones.
    audits: Option<Vec<AuditItem>>,
    /// How to read weak controls.
    policy: Option<PolicyItem>,
    /// Which rules are in force.
    rules: Option<RulesItem>,
    /// Paths to leave out, as in a .gitignore file.
    exclude: Option<Texts>,
    /// How many calls to follow from a handler; without a bound unless given.
    depth: Option<u32>,
    /// The documents that `flowaudit report` writes.
    reports: Option<ReportsItem>,
    /// People's word for checklist items that no evidence decides.
    attestations: Option<Vec<AttestationItem>>,
    /// Findings that somebody answers for; they are counted apart and never as passed.
    waivers: Option<Vec<WaiverItem>>,
    /// What the gate lets pass.
    gate: Option<GateItem>,
}

/// The documents that `flowaudit report` writes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct ReportsItem {
    /// Heading of the summary, and what the documents call the system; unless given, Integration flows
    /// and the name of the audited folder.
    title: Option<String>,
    /// File name of the summary; integration-flows-implementation-summary.md unless given.
    summary: Option<String>,
    /// File name of the page of `--format html`; flow-audit.html unless given.
    page: Option<String>,
    /// Folders with templates that replace built-in ones of the same name, or are named by audits.
    templates: Option<Texts>,
    /// Files and folders with checklists of your own.
    checklists: Option<Texts>,
}

/// Somebody's word that a checklist item is met.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct AttestationItem {
    /// Id of the item, as the checklist shows it.
    item: String,
    /// Who gives the word.
    by: String,
    /// When, `YYYY-MM-DD`.
    #[schemars(extend("format" = "date"))]
    when: String,
    /// Last day it holds, `YYYY-MM-DD`.
    #[schemars(extend("format" = "date"))]
    until: String,
    /// Why the item is met.
    reason: String,
    /// Where the proof is.
    link: Option<String>,
    /// Files and folders the word was given for; a change of any of them ends it.
    covers: Option<Texts>,
    /// What those had in them when the word was given; left out, the right one is told.
    hash: Option<String>,
}

/// A finding, or the findings of a rule in a service, that somebody answers for.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct WaiverItem {
    /// Fingerprint of one finding; instead of a rule and a service.
    #[schemars(regex(pattern = r"^[0-9a-f]{16}$"))]
    finding: Option<String>,
    /// Rule of the findings.
    rule: Option<String>,
    /// Service of the findings.
    service: Option<String>,
    /// Only those of one consumer, by its id: `service/topic/Handler`.
    consumer: Option<String>,
    /// Why they may stay.
    reason: String,
    /// Who answers for that.
    owner: String,
    /// Last day it holds, `YYYY-MM-DD`.
    #[schemars(extend("format" = "date"))]
    until: Option<String>,
}

/// What the gate lets pass.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct GateItem {
    /// The baseline, from the folder of this file; flowaudit.baseline.json unless given.
    baseline: Option<String>,
    /// Floors: the least percentage, by audit and control.
    min: Option<BTreeMap<String, BTreeMap<Control, Percentage>>>,
    /// What fails beside a percentage below its floor.
    fail_on: Option<FailOnItem>,
}

/// A whole number of percent.
#[derive(JsonSchema)]
#[schemars(transparent)]
#[expect(dead_code, reason = "described, never built")]
struct Percentage(#[schemars(range(max = 100))] u32);

/// What fails beside a percentage below its floor.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct FailOnItem {
    /// New findings that are at least this severe: error unless given.
    severity: Option<SeverityOrNever>,
    /// New findings that are at least this urgent: P1 unless given.
    priority: Option<PriorityOrNever>,
    /// A status that got worse: true unless given.
    worse_status: Option<bool>,
    /// A percentage below that of the baseline: true unless given.
    lower_percent: Option<bool>,
    /// Waivers, ignores and attestations past their last day: true unless given.
    expired: Option<bool>,
    /// The folder that `flowaudit report` writes, from the folder of the configuration: a document
    /// in it that is missing, edited or stale fails; none unless given.
    stale_documents: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "described, never built")]
enum SeverityOrNever {
    Severity(Severity),
    Never(Never),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "described, never built")]
enum PriorityOrNever {
    Priority(Priority),
    Never(Never),
}

/// No finding for this reason.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "described, never built")]
enum Never {
    Never,
}

/// One service.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct ServiceItem {
    /// Its name.
    name: String,
    /// Its folder; the name unless given.
    path: Option<String>,
    /// Who owns it.
    owner: Option<String>,
    /// What it is for, when discovery should not decide.
    kind: Option<ServiceKind>,
    /// Its part in sagas.
    role: Option<SagaRole>,
    /// Leave it out altogether.
    ignore: Option<bool>,
}

/// One audit.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct AuditItem {
    /// Its name, also of its documents.
    name: String,
    /// What a person calls it.
    title: Option<String>,
    /// The services it looks at: `all` unless given, `consumers-and-caches`, or their names.
    scope: Option<Texts>,
    /// The controls it counts: idempotency, dead letter and schema unless given.
    controls: Option<Vec<Control>>,
    /// What a percentage is of: applicable unless given.
    denominator: Option<DenominatorItem>,
    /// The topics it looks at: all unless given.
    topics: Option<TopicsItem>,
    /// File name of its document; NAME-service-audit.md unless given.
    document: Option<String>,
    /// Template of its document, by file name.
    template: Option<String>,
    /// Its checklist, by id; the one called as the audit unless given, if there is one.
    checklist: Option<String>,
    /// File name of its checklist; integration-flows_NAME_workflow_checklist.md unless given.
    checklist_document: Option<String>,
}

/// One text, or a list of texts.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "described, never built")]
enum Texts {
    One(String),
    Many(Vec<String>),
}

/// What a percentage is of.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "described, never built")]
enum DenominatorItem {
    /// Services to which the control applies.
    Applicable,
    /// Every service in scope.
    Scope,
}

/// Topics by pattern: `*` is any run of characters, `?` one, `{a,b}` either.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct TopicsItem {
    /// A topic must fit one of these.
    include: Option<Texts>,
    /// A topic must fit none of these.
    exclude: Option<Texts>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "described, never built")]
enum PolicyItem {
    /// All four knobs.
    Word(PolicyWord),
    /// Each knob by itself.
    Knobs(Knobs),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "described, never built")]
enum PolicyWord {
    /// Weak controls count as partial.
    Strict,
    /// Weak controls count as implemented.
    Lenient,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct Knobs {
    /// Knobs of idempotency.
    idempotency: Option<IdempotencyKnobs>,
    /// Knobs of schema validation.
    schema: Option<SchemaKnobs>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct IdempotencyKnobs {
    /// A check that an empty id goes round.
    fail_open: Option<Leniency>,
    /// A check or mark whose error is dropped.
    ignored_error: Option<Leniency>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct SchemaKnobs {
    /// A validation whose failure is only logged.
    log_only: Option<Leniency>,
    /// Plain protobuf or thrift decoding.
    idl: Option<Leniency>,
}

/// Which rules are in force.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "described, never built")]
struct RulesItem {
    /// Files and folders of rules beside the built-in ones.
    paths: Option<Texts>,
    /// Opt-in rules to switch on, by id.
    enable: Option<Texts>,
    /// Rules to switch off, by id.
    disable: Option<Texts>,
}

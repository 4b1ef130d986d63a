//! Rules: everything that names a library is data.
//!
//! A detector file describes one library family: which imports gate it, what its constructors
//! return, and which calls play which [`Role`]. Built-in files are embedded and go through the
//! loader that users' files go through. The types here are the *valid* form: they can only be
//! made by the loader, so an unchecked rule cannot travel. Rules know nothing of files scanned
//! or of services.

mod builtin;
mod detector;
mod example;
mod load;
mod role;
mod selector;
#[cfg(test)]
mod tests;

pub use builtin::builtin_files;
pub use load::{RuleFile, RuleProblem, load};
pub use role::Role;
pub use selector::{Selector, SelectorError, Start, Step};

use crate::syntax::facts::Lang;
use regex::Regex;

/// All rules in force.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// Detectors in order of id.
    pub detectors: Vec<Detector>,
}

/// One library family.
#[derive(Debug)]
pub struct Detector {
    /// Stable id, the file's stem: `segmentio-kafka`.
    pub id: String,
    /// File it was read from.
    pub origin: String,
    /// It came with the tool: it is about libraries, not about code of the tree.
    pub builtin: bool,
    /// What a person calls it.
    pub title: String,
    /// Where its behaviour is documented.
    pub docs: String,
    /// Language of the code it matches.
    pub language: Option<Lang>,
    /// Transport of its endpoints (`kafka`, `dapr`, …); empty for non-transport families.
    pub transport: String,
    /// Import paths that gate it. A path matches itself, its sub-packages and its `/vN` versions.
    /// Empty: not gated (conventions by name, SQL).
    pub imports: Vec<String>,
    /// Instead: any library that reads like messaging and that no other detector describes.
    pub undescribed: bool,
    /// What functions and methods of the library give back: (`NewReader`, `Reader`),
    /// (`Conn.JetStream`, `JetStreamContext`).
    pub returns: Vec<(CallName, String)>,
    /// What fields of a call's result hold: the argument they were set from.
    pub fields: Vec<Held>,
    /// Rules over code.
    pub rules: Vec<Rule>,
    /// Rules over YAML, JSON and Terraform manifests.
    pub manifests: Vec<ManifestRule>,
    /// Off unless the configuration switches it on.
    pub opt_in: bool,
    /// Examples that prove the rules.
    pub examples: Vec<Example>,
}

impl Detector {
    /// The transport of an endpoint whose rule says `own`, or nothing of its own.
    pub fn transport_of<'d>(&'d self, own: Option<&'d String>) -> &'d String {
        own.unwrap_or(&self.transport)
    }
}

/// A field of what a call gives back that holds one of its arguments: the `Name` of a declared
/// queue is the name it was declared with.
#[derive(Debug)]
pub struct Held {
    /// The call.
    pub call: CallName,
    /// Field of its result.
    pub field: String,
    /// Which argument it holds.
    pub argument: usize,
}

/// One thing to recognise in code, and where its parts are.
#[derive(Debug)]
pub struct Rule {
    /// Stable id: `segmentio-kafka.read`.
    pub id: String,
    /// What the match means.
    pub role: Role,
    /// What matches.
    pub matcher: Matcher,
    /// Conditions on values: all must hold.
    pub when: Vec<(Selector, Regex)>,
    /// Conditions on values: none may hold.
    pub unless: Vec<(Selector, Regex)>,
    /// The objects that a write asks for and that it sets: it must change something that it asks for.
    pub changes: Option<(Vec<Selector>, Vec<Selector>)>,
    /// Where the topic, queue, subject or task type is; the first that gives something wins.
    pub topic: Vec<Selector>,
    /// What a function that makes the topic is given: the fields that hold the event's name, or
    /// `itself` for the name alone.
    pub topic_fields: Vec<String>,
    /// Where the handler is.
    pub handler: Vec<Selector>,
    /// Where event types are named (filters, type registrations).
    pub event_types: Vec<Selector>,
    /// Consumer group, queue group, durable or subscription name.
    pub group: Vec<Selector>,
    /// HTTP route (joins declarative subscriptions to code).
    pub route: Vec<Selector>,
    /// Where the dead-letter target is given; a non-empty value means there is one.
    pub dead_letter: Vec<Selector>,
    /// The library parks failed messages by itself (asynq's archive, river's discarded rows).
    pub dead_letter_builtin: bool,
    /// Registering a topic again takes the place of the registration before.
    pub renews: bool,
    /// Where a cache or dedupe key is.
    pub key: Vec<Selector>,
    /// Where the keys are under which a store keeps what is inserted only once.
    pub unique: Vec<Selector>,
    /// Tags that mark a field of the inserted `value` as such a key; what it captures names a key of
    /// several fields.
    pub unique_tag: Option<Regex>,
    /// Tags of fields that a validation goes by: a type without any is not checked.
    pub checks_tag: Option<Regex>,
    /// The table inserted into: its keys stand in migrations.
    pub unique_table: Vec<Selector>,
    /// What the tag of a model's field calls it, where code makes the unique keys (`unique-key`): the
    /// pattern's first group.
    pub unique_field: Option<Regex>,
    /// Where its time to live is.
    pub ttl: Vec<Selector>,
    /// The payload, or the value validated, inserted or published.
    pub value: Vec<Selector>,
    /// How the endpoint is registered, when not `programmatic`.
    pub registration_kind: Option<String>,
    /// Overrides the detector's transport.
    pub transport: Option<String>,
    /// The call gives what is wrong instead of throwing it: somebody must ask for it.
    pub reports: bool,
    /// One sentence for people: what this is and what follows from it.
    pub note: String,
}

/// What a rule matches.
#[derive(Debug)]
pub enum Matcher {
    /// A call of a library function or method (gated by the detector's imports).
    Call(Vec<CallName>),
    /// A composite literal of a library type.
    Composite(Vec<String>),
    /// A call by naming convention: the called function's own name, and optionally the name of
    /// its receiver's type or of the expression it is called on.
    Function {
        /// Of the function or method.
        name: Regex,
        /// Of the receiver type, else of the last name of the receiver expression.
        on: Option<Regex>,
    },
    /// A SQL statement in a string literal or query file. A statement takes the first rule of
    /// the detector that matches it, so special tables come before the general case.
    Sql {
        /// insert, update, delete, select.
        verb: Regex,
        /// Table name, without schema and quotes.
        table: Option<Regex>,
        /// `none`, `nothing` or `update`.
        conflict: Option<Regex>,
        /// Whether it must (not) use SKIP LOCKED.
        skip_locked: Option<bool>,
        /// Whether it must (not) add to the old value of a column.
        increments: Option<bool>,
        /// Whether it must (not) set a column that it also asks for.
        transition: Option<bool>,
    },
    /// A project method of this name whose type is handed to, or implements a contract of, the
    /// library (`ConsumeClaim` of sarama, `Kind` of river): matched on the declaration.
    Method(Vec<String>),
    /// A decorator of the library on a class or a method (`@EventPattern('x')`).
    Decorator(Vec<String>),
}

/// `Name` (a package function), `Type.Name` (a method of a type) or `*.Name` (a method of anything
/// that comes from the package).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallName {
    /// Receiver type; `None` for package functions, `Some("*")` for any.
    pub receiver: Option<String>,
    /// Function or method name.
    pub name: String,
}

/// One thing to recognise in a manifest; `flow::manifest` says how paths are read.
#[derive(Debug)]
pub struct ManifestRule {
    /// Stable id.
    pub id: String,
    /// What the match means.
    pub role: Role,
    /// Conditions on the document: the value at the path must match.
    pub when: Vec<(String, Regex)>,
    /// Where the matches stand in (default: the document).
    pub within: Option<String>,
    /// One match per node at this path of it (default: itself).
    pub each: Option<String>,
    /// Conditions on the match (`where`).
    pub filter: Vec<(String, Regex)>,
    /// Topic.
    pub topic: Vec<String>,
    /// What a text of `topic` is cut by: the names are what its first group captures.
    pub capture: Option<Regex>,
    /// Route, queue or function name that joins it to code.
    pub route: Vec<String>,
    /// Dead-letter target.
    pub dead_letter: Vec<String>,
    /// App ids or service names it applies to.
    pub scope: Vec<String>,
    /// Consumer group or subscription name.
    pub group: Vec<String>,
    /// Expression for the names of the queues it is about.
    pub pattern: Vec<String>,
    /// The function that handles, as `file.function` from the manifest's folder.
    pub handler: Vec<String>,
    /// The folder below which the handler's file lies.
    pub handler_root: Vec<String>,
    /// Name of a variable of the environment.
    pub key: Vec<String>,
    /// Its value.
    pub value: Vec<String>,
    /// Overrides the detector's transport.
    pub transport: Option<String>,
    /// One sentence for people.
    pub note: String,
}

/// Code that proves a detector.
#[derive(Debug)]
pub struct Example {
    /// Line in the rule file, for messages.
    pub line: u32,
    /// Files of the example: (path, text); a single anonymous file is `main.go`, `main.ts` or `src/main.rs`.
    pub files: Vec<(String, String)>,
    /// What must be found. Empty: nothing of this detector may match.
    pub expect: Vec<Expected>,
}

/// One expected match of an example.
#[derive(Debug)]
pub struct Expected {
    /// Role.
    pub role: Role,
    /// Topic, or any.
    pub topic: Option<String>,
    /// Name of the handler, or any.
    pub handler: Option<String>,
    /// Rule id, or any.
    pub rule: Option<String>,
}

//! The explanation: one service, consumer, finding or rule with all that was decided of it.
//!
//! A plain value, made where verdicts are made and put into words by `report`: the path as a tree,
//! what each verdict rests on, what was not seen, and what would change it. It is a document of its
//! own, too (`flowaudit explain --format json`).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Asks, Cache, Confidence, Consumer, Control, CutReason, Ending, ErrorFate, Evidence, Finding, GuardKind,
    Place, Priority, Publisher, RuleKind, Service, Severity, Status, Symbol,
};

/// What was asked about, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The subject.
    #[serde(flatten)]
    pub subject: Explained,
    /// The source line of every place that is named, under `path:line`.
    pub sources: BTreeMap<String, String>,
}

/// The subject of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Explained {
    /// A service.
    Service(Box<ServiceExplanation>),
    /// A consumer.
    Consumer(Box<ConsumerExplanation>),
    /// A finding.
    Finding(Box<FindingExplanation>),
    /// A rule, a rule file or a control.
    Rule(Box<RuleExplanation>),
}

/// A service and what its verdicts are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceExplanation {
    /// The service.
    pub service: Service,
    /// Its consumers.
    pub consumers: Vec<Consumer>,
    /// What it publishes.
    pub publishers: Vec<Publisher>,
    /// What it caches.
    pub caches: Vec<Cache>,
    /// What its own verdicts rest on, rather than its consumers'.
    pub grounds: BTreeMap<Control, Grounds>,
    /// Findings about it.
    pub findings: Vec<Finding>,
}

/// A consumer, the path its messages take, and what its verdicts rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsumerExplanation {
    /// The consumer.
    pub consumer: Consumer,
    /// What each verdict rests on and what would change it.
    pub grounds: BTreeMap<Control, Grounds>,
    /// Checks that end a second delivery; the path refers to them by their place here, from 1.
    pub guards: Vec<Guard>,
    /// What the handlers do, in order.
    pub tree: Vec<Entry>,
    /// What was not followed, each place once.
    pub unseen: Vec<Unseen>,
    /// Findings about it.
    pub findings: Vec<Finding>,
}

/// A finding with the rule behind it and the consumer it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingExplanation {
    /// The finding.
    pub finding: Finding,
    /// Its rule.
    pub rule: Option<RuleExplanation>,
    /// The consumer it is about.
    pub consumer: Option<ConsumerExplanation>,
}

/// A rule: what it looks for, what follows, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleExplanation {
    /// Its id.
    pub id: String,
    /// What kind of rule it is.
    pub rule_kind: RuleKind,
    /// What it is about, in one line.
    pub title: String,
    /// File that defines it, in flowaudit's own sources or as the configuration names it.
    pub defined_in: String,
    /// The control it belongs to.
    pub control: Option<Control>,
    /// What else there is to say, in order: label and text.
    pub facts: Vec<(String, String)>,
    /// Of a weakness: one case per severity and priority.
    pub cases: Vec<Case>,
    /// Of a control: the verdicts it knows, in the order in which they are tried.
    pub verdicts: Vec<Row>,
    /// Of a control: what makes a verdict less sure than it says, in the order in which they are tried.
    pub doubts: Vec<Doubt>,
    /// Of a rule file: its rules. Of a control: its weaknesses.
    pub members: Vec<Member>,
    /// Code that it recognises, and code that it must leave alone.
    pub examples: Vec<RuleExample>,
    /// Findings of it in the audited tree.
    pub findings: Vec<Finding>,
}

/// When a weakness is reported, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// Signals that must be there.
    pub when: Vec<Signal>,
    /// Signals that must not.
    pub unless: Vec<Signal>,
    /// How bad it is in itself.
    pub severity: Severity,
    /// How soon to look at it.
    pub priority: Priority,
    /// What goes wrong; what differs from case to case is in capitals.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// One verdict of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Signals that must be there.
    pub when: Vec<Signal>,
    /// Signals that must not.
    pub unless: Vec<Signal>,
    /// The status.
    pub status: Status,
    /// The pattern; null: none, or it depends on what was seen.
    pub pattern: Option<String>,
    /// How sure.
    pub confidence: Confidence,
    /// Its sentence.
    pub why: String,
}

/// What makes a verdict of a control less sure; its sentence follows the verdict's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// Signals that must be there.
    pub when: Vec<Signal>,
    /// Signals that must not.
    pub unless: Vec<Signal>,
    /// The statuses it is a doubt about; empty: all.
    pub of: Vec<Status>,
    /// How sure a verdict still is.
    pub confidence: Confidence,
    /// Its sentence.
    pub why: String,
}

/// A rule of a rule file, or a weakness of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// What it stands for: a role, or a priority.
    pub role: String,
    /// What else there is to say, in order: label and text.
    pub facts: Vec<(String, String)>,
}

/// Code that proves a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleExample {
    /// Whether something is found in it.
    pub matches: bool,
    /// What is found: role, and the topic where one is.
    pub finds: Vec<String>,
    /// Its files: name and text.
    pub files: Vec<(String, String)>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grounds {
    /// The signals that decided it.
    pub decided_by: Vec<Signal>,
    /// Everything else that the control saw.
    pub also_seen: Vec<Signal>,
    /// Changes that lead to a better verdict, nearest first.
    pub better: Vec<Change>,
    /// Changes that lead to a worse verdict, nearest first.
    pub worse: Vec<Change>,
}

/// Something that a control saw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    /// The word that tables are written in.
    pub name: String,
    /// What it says, as a clause.
    pub means: String,
}

/// What would have to be different for another verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The verdict then.
    pub status: Status,
    /// Its pattern; null: none, or it depends on what is seen then.
    pub pattern: Option<String>,
    /// Its sentence.
    pub why: String,
    /// What would have to be seen.
    pub gain: Vec<Signal>,
    /// What would have to be gone.
    pub lose: Vec<Signal>,
}

/// A check that ends a second delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// What it rests on.
    pub rests_on: GuardKind,
    /// The call that looks.
    pub check: Place,
    /// The condition that ends the handler, or the call itself.
    pub asked_at: Place,
    /// The condition.
    pub condition: String,
    /// A message without an id goes round it.
    pub bypassed: bool,
    /// A second delivery ends in an error, so it comes again.
    pub fails: bool,
}

/// A place that the path was not followed beyond.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unseen {
    /// The call.
    pub at: Place,
    /// Its text.
    pub text: String,
    /// Why.
    pub why: CutReason,
}

/// A function that messages enter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The function.
    pub function: Symbol,
    /// What it does.
    pub steps: Vec<Hop>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Hop {
    /// A call, literal or SQL text that plays a role, or leads to some.
    Call(Call),
    /// An `if`, or an arm of a `switch`.
    Branch(Branch),
    /// A loop.
    Loop {
        /// What is repeated.
        steps: Vec<Hop>,
    },
    /// The function ends.
    Exit {
        /// How.
        how: Ending,
    },
    /// Not followed further.
    Cut(Unseen),
}

/// A call on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Where it stands.
    pub at: Place,
    /// Its text.
    pub text: String,
    /// The parts it plays: `dedupe.check`, `effect.insert`, …
    pub roles: Vec<String>,
    /// The rules that say so.
    pub rules: Vec<String>,
    /// What becomes of its error; null: it gives none, or something else looks at it.
    pub error: Option<ErrorFate>,
    /// It runs beside the function or when that ends (`go`, `defer`).
    pub detached: bool,
    /// What it does lasts; null: nothing of its own does.
    pub effect: Option<Effect>,
    /// The guard that it is, from 1.
    pub guard: Option<usize>,
    /// The function it was followed into.
    pub into: Option<Symbol>,
    /// What that function does, or the functions given to the call.
    pub steps: Vec<Hop>,
}

/// A lasting effect, as redelivery sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// A second delivery repeats it; else it changes nothing.
    pub repeats: bool,
    /// The guard before it on every way that leads to it, from 1.
    pub guard: Option<usize>,
}

/// A condition and what runs on either side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Branch {
    /// Where its condition stands; null: it is what is left over (`default`).
    pub at: Option<Place>,
    /// The condition, or the value of the case.
    pub condition: String,
    /// What it asks.
    pub asks: Asks,
    /// The guard that it makes, from 1.
    pub guard: Option<usize>,
    /// When it holds.
    pub then: Vec<Hop>,
    /// When it does not.
    pub otherwise: Vec<Hop>,
}

impl Explained {
    /// Every place that is named, each once, in order.
    pub fn places(&self) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        match self {
            Explained::Service(it) => it.places(&mut places),
            Explained::Consumer(it) => it.places(&mut places),
            Explained::Finding(it) => {
                findings(std::slice::from_ref(&it.finding), &mut places);
                it.consumer.iter().for_each(|consumer| consumer.places(&mut places));
            }
            Explained::Rule(it) => findings(&it.findings, &mut places),
        }
        places
    }
}

impl ServiceExplanation {
    fn places(&self, out: &mut BTreeSet<Place>) {
        for verdict in self.service.controls.values() {
            out.extend(verdict.evidence.iter().map(Evidence::place));
        }
        self.consumers.iter().for_each(|it| consumer(it, out));
        out.extend(self.publishers.iter().map(|it| it.at.clone()));
        for cache in &self.caches {
            out.insert(cache.at.clone());
            out.extend(cache.invalidations.iter().map(|it| it.at.clone()));
        }
        findings(&self.findings, out);
    }
}

impl ConsumerExplanation {
    fn places(&self, out: &mut BTreeSet<Place>) {
        consumer(&self.consumer, out);
        findings(&self.findings, out);
        for guard in &self.guards {
            out.extend([guard.check.clone(), guard.asked_at.clone()]);
        }
        for entry in &self.tree {
            out.insert(entry.function.place());
            entry.steps.iter().for_each(|hop| hop.places(out));
        }
    }
}

fn consumer(it: &Consumer, out: &mut BTreeSet<Place>) {
    out.extend([it.registration.clone(), it.handler.place()]);
    for verdict in it.controls.values() {
        out.extend(verdict.evidence.iter().map(Evidence::place));
    }
}

fn findings(list: &[Finding], out: &mut BTreeSet<Place>) {
    for finding in list {
        out.insert(finding.location.clone());
        out.extend(finding.evidence.iter().map(Evidence::place));
    }
}

impl Hop {
    fn places(&self, out: &mut BTreeSet<Place>) {
        match self {
            Hop::Call(call) => {
                out.insert(call.at.clone());
                call.steps.iter().for_each(|hop| hop.places(out));
            }
            Hop::Branch(branch) => {
                out.extend(branch.at.clone());
                branch.then.iter().chain(&branch.otherwise).for_each(|hop| hop.places(out));
            }
            Hop::Loop { steps } => steps.iter().for_each(|hop| hop.places(out)),
            Hop::Exit { .. } => {}
            Hop::Cut(unseen) => {
                out.insert(unseen.at.clone());
            }
        }
    }
}

impl Evidence {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { path: self.path.clone(), line: self.line }
    }
}

impl Symbol {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { path: self.path.clone(), line: self.line }
    }
}

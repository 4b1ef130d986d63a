//! The explanation: one service, consumer, finding or rule with all that was decided of it.
//!
//! A plain value, made where verdicts are made and rendered by `report`: the path as a tree, what
//! each verdict rests on, what was not seen, and what would change it. It is also a document of
//! its own (`flowaudit explain --format json`).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Asks, Consumer, Control, CutReason, Ending, ErrorFate, Evidence, Finding, Place, Status, Symbol,
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
    /// A consumer.
    Consumer(Box<ConsumerExplanation>),
}

/// A consumer, the path its messages take, and what its verdicts rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsumerExplanation {
    /// The consumer.
    pub consumer: Consumer,
    /// What each verdict rests on and what would change it.
    pub grounds: BTreeMap<Control, Grounds>,
    /// What the handlers do, in order.
    pub tree: Vec<Entry>,
    /// Findings about it.
    pub findings: Vec<Finding>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grounds {
    /// Everything the control saw, as the words its table is written in.
    pub signals: Vec<String>,
    /// Changes that lead to a better verdict, nearest first.
    pub better: Vec<Change>,
    /// Changes that lead to a worse verdict, nearest first.
    pub worse: Vec<Change>,
}

/// What would have to be different for another verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The verdict then.
    pub status: Status,
    /// Its pattern.
    pub pattern: Option<String>,
    /// Its sentence.
    pub why: String,
    /// What would have to be seen.
    pub gain: Vec<String>,
    /// What would have to be gone.
    pub lose: Vec<String>,
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
    Branch {
        /// Where its condition stands.
        at: Place,
        /// The condition, or the value of the case.
        condition: String,
        /// What it asks.
        asks: Asks,
        /// The check of a guard that it asks about.
        guard: Option<Place>,
        /// When it holds.
        then: Vec<Hop>,
        /// When it does not.
        otherwise: Vec<Hop>,
    },
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
    Cut {
        /// The call.
        at: Place,
        /// Its text.
        text: String,
        /// Why.
        why: CutReason,
    },
}

/// A call on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Where it stands.
    pub at: Place,
    /// Its text.
    pub text: String,
    /// The parts it plays: `dedupe.check`, `effect.insert`, `guard.state`, …
    pub roles: Vec<String>,
    /// The rules that say so.
    pub rules: Vec<String>,
    /// What becomes of its error; null: it gives none, or something else looks at it.
    pub error: Option<ErrorFate>,
    /// It runs beside the function or when that ends (`go`, `defer`).
    pub detached: bool,
    /// For an effect: the check that ends a second delivery before it.
    pub guarded_by: Option<Place>,
    /// The function it was followed into.
    pub into: Option<Symbol>,
    /// What that function does.
    pub steps: Vec<Hop>,
}

impl Explained {
    /// Every place that is named, each once, in order.
    pub fn places(&self) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        match self {
            Explained::Consumer(it) => it.places(&mut places),
        }
        places
    }
}

impl ConsumerExplanation {
    fn places(&self, out: &mut BTreeSet<Place>) {
        let consumer = &self.consumer;
        out.insert(consumer.registration.clone());
        out.insert(Place { path: consumer.handler.path.clone(), line: consumer.handler.line });
        for verdict in consumer.controls.values() {
            out.extend(verdict.evidence.iter().map(Evidence::place));
        }
        for finding in &self.findings {
            out.insert(finding.location.clone());
            out.extend(finding.evidence.iter().map(Evidence::place));
        }
        for entry in &self.tree {
            entry.steps.iter().for_each(|hop| hop.places(out));
        }
    }
}

impl Hop {
    fn places(&self, out: &mut BTreeSet<Place>) {
        match self {
            Hop::Call(call) => {
                out.insert(call.at.clone());
                call.steps.iter().for_each(|hop| hop.places(out));
            }
            Hop::Branch { at, then, otherwise, .. } => {
                out.insert(at.clone());
                then.iter().chain(otherwise).for_each(|hop| hop.places(out));
            }
            Hop::Loop { steps } => steps.iter().for_each(|hop| hop.places(out)),
            Hop::Exit { .. } => {}
            Hop::Cut { at, .. } => {
                out.insert(at.clone());
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

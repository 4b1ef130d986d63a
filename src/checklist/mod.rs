//! Checklists: what a workflow asks for, filled in from the audit, the files and people's word.
//!
//! A checklist is data (`rules/checklists/*.yaml`). Each item is bound to one thing that can decide
//! it: a control, finding rules, a fact of the audit, files with a pattern, or a person. What none
//! of these proves stays open; nothing is ticked for the want of a reason not to. Knows no output
//! formats.

mod attest;
mod deployed;
mod facts;
mod judge;
mod load;
mod pattern;
mod same;
mod search;
#[cfg(test)]
mod tests;

pub use attest::mistakes as attestation_mistakes;
pub use judge::fill;
pub use load::{ChecklistRule, all, in_force, unknown};

use crate::audit::{Control, Priority};
use crate::config::Glob;
use pattern::Pattern;

/// A section of a checklist, as its file has it.
#[derive(Debug)]
pub struct SectionRule {
    /// Heading.
    pub title: String,
    /// Items, in order.
    pub items: Vec<ItemRule>,
}

/// An item, as its file has it.
#[derive(Debug)]
pub struct ItemRule {
    /// Stable id, unique among all checklists.
    pub id: String,
    /// What is asked.
    pub title: String,
    /// What decides it.
    pub test: Test,
    /// What must be there for the item to be about anything.
    pub needs: Vec<Need>,
    /// Finding rules any finding of which shows that it is not met, whatever else is seen.
    pub refuted_by: Vec<String>,
    /// Controls that, in place wherever they apply, show that it is met.
    pub proved_by: Vec<Control>,
    /// A fact of the audit that shows that it is met, where it holds.
    pub proved_by_fact: Option<facts::Fact>,
    /// The item of another checklist that asks the same of the services of its audit.
    pub same_as: Option<String>,
    /// Priorities of findings that ask a person: where all that tell against it are of these, it is open.
    pub asks: Vec<Priority>,
    /// What is missing when it is not met, or what a person is to look at.
    pub help: String,
}

/// What decides an item.
#[derive(Debug)]
pub enum Test {
    /// Every service to which the control applies has it in place.
    Control(Control),
    /// None of these finding rules has found anything.
    Rules(Vec<String>),
    /// A fact of the audit.
    Fact(facts::Fact),
    /// Files that match.
    Search(Search),
    /// A person.
    Person,
}

/// Files to look for, and what in them.
#[derive(Debug)]
pub struct Search {
    /// Paths from the scanned root; one must fit.
    pub files: Vec<Glob>,
    /// What a line must hold; `None`: that the file is there is enough.
    pub text: Option<Pattern>,
    /// What the file must hold besides to prove the item; without it, what was found is a hint.
    pub proof: Vec<Pattern>,
    /// Which files are looked at.
    pub among: Among,
    /// Whose files must match.
    pub per: Per,
    /// Whether finding nothing proves that the item is not met.
    pub conclusive: bool,
    /// What is found only tells a person where to look: it proves nothing by itself.
    pub hint: bool,
    /// The item asks about something that nobody needs to have: where nothing is found, it is about
    /// nothing.
    pub optional: bool,
}

/// Which files a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Code, manifests and papers.
    Code,
    /// Tests.
    Tests,
    /// Both.
    All,
}

impl Among {
    fn has(self, is_test: bool) -> bool {
        match self {
            Among::Code => !is_test,
            Among::Tests => is_test,
            Among::All => true,
        }
    }
}

/// Whose files must match for an item to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Anybody's.
    Repository,
    /// Those of each service in scope that takes part in the flows.
    Participant,
    /// Those of each service that consumes.
    Consumer,
    /// Those of each service that publishes.
    Publisher,
    /// Those of each service that keeps a record of what it has handled.
    Recorder,
}

/// Something a repository must have for an item to be about anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A consumer that recognises messages it has handled.
    DuplicateChecks,
    /// A service that consumes.
    Consumers,
    /// A service that publishes.
    Publishers,
    /// A consumer whose group is known.
    Groups,
    /// A cache.
    Caches,
    /// A cache of keys, as a table of copies is none.
    KeyedCaches,
    /// An in-process observer.
    Observers,
    /// A service with a part in sagas.
    Sagas,
    /// A service that writes to an outbox.
    Outboxes,
    /// A consumer whose payload something validates.
    Validators,
    /// A message that goes over a broker.
    Brokers,
    /// A consumer whose failed messages end somewhere.
    DeadLetters,
    /// A schema of an event.
    Schemas,
}

impl Need {
    /// One of it, as people say it.
    fn word(self) -> &'static str {
        match self {
            Need::DuplicateChecks => "record of handled messages",
            Need::Consumers => "consumer",
            Need::Publishers => "publisher",
            Need::Groups => "consumer whose group is known",
            Need::Caches => "cache",
            Need::KeyedCaches => "cache but tables of copies",
            Need::Observers => "subscription of an in-process observer",
            Need::Sagas => "saga",
            Need::Outboxes => "service with an outbox",
            Need::Validators => "consumer with a validator or a schema",
            Need::Brokers => "consumer or publisher of a broker",
            Need::DeadLetters => "consumer with a place for failed messages",
            Need::Schemas => "schema of an event",
        }
    }

    /// Several of it.
    fn words(self) -> &'static str {
        match self {
            Need::DuplicateChecks => "records of handled messages",
            Need::Consumers => "consumers",
            Need::Publishers => "publishers",
            Need::Groups => "consumers whose group is known",
            Need::Caches => "caches",
            Need::KeyedCaches => "caches but tables of copies",
            Need::Observers => "subscriptions of in-process observers",
            Need::Sagas => "sagas",
            Need::Outboxes => "services with an outbox",
            Need::Validators => "consumers with a validator or a schema",
            Need::Brokers => "consumers and publishers of a broker",
            Need::DeadLetters => "consumers with a place for failed messages",
            Need::Schemas => "schemas of events",
        }
    }
}

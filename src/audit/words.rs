//! The closed vocabularies of the contract: each value with the word it is written as.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize, JsonSchema,
        )]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word it is written as.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// The value written as this word.
            pub fn from_word(word: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// What is claimed of a control. Ordered from best to worst, with `not-applicable` last.
    Status {
        /// In place: the claim of the control holds.
        Implemented = "implemented",
        /// In place for a part of the effects or failures, or failing open.
        Partial = "partial",
        /// Something could not be seen; the evidence says what and where to look.
        NeedsReview = "needs-review",
        /// Not in place, with something to protect.
        Missing = "missing",
        /// Nothing to protect.
        NotApplicable = "not-applicable",
    }
}

words! {
    /// Something the audit wants in place. The words are keys, so they are `snake_case`.
    Control {
        /// Redelivering a message is harmless.
        Idempotency = "idempotency",
        /// A message that keeps failing ends somewhere a person can find it.
        DeadLetter = "dead_letter",
        /// An invalid payload is refused before it has effects.
        Schema = "schema",
        /// A reader never sees an old value for longer than intended.
        CacheInvalidation = "cache_invalidation",
        /// A message is sent if and only if its transaction commits.
        Outbox = "outbox",
        /// Each topic has both ends.
        Topics = "topics",
    }
}

words! {
    /// How bad a fault is in itself; ordered from worst.
    Severity {
        /// Wrong.
        Error = "error",
        /// Wrong under a condition.
        Warning = "warning",
        /// Worth knowing.
        Note = "note",
    }
}

words! {
    /// How soon to look at a gap; ordered from most urgent.
    Priority {
        /// Money, stock or metrics are corrupted.
        P0 = "P0",
        /// A control is missing.
        P1 = "P1",
        /// A control is partial or weak.
        P2 = "P2",
        /// Needs review; type-only payloads.
        P3 = "P3",
        /// Hygiene.
        P4 = "P4",
    }
}

words! {
    /// How sure a claim is; ordered from surest.
    Confidence {
        /// Every step was seen.
        High = "high",
        /// One step was not seen as such.
        Medium = "medium",
        /// A guess worth a look.
        Low = "low",
    }
}

words! {
    /// What a service is for.
    ServiceKind {
        /// Runs business logic.
        Service = "service",
        /// Is linked into services.
        Library = "library",
        /// Runs in a browser or on a phone, or serves what does.
        Frontend = "frontend",
        /// Runs, routes or provisions others.
        Infrastructure = "infrastructure",
    }
}

words! {
    /// A service's part in sagas.
    SagaRole {
        /// Tells the others what to do, and undoes.
        Orchestrator = "orchestrator",
        /// Starts them.
        Initiator = "initiator",
        /// Does a step and can undo it.
        Participant = "participant",
        /// Only listens.
        Consumer = "consumer",
        /// Has no part.
        None = "none",
    }
}

words! {
    /// What a cache is kept in.
    CacheStore {
        /// A store of its own, reached over the network.
        Remote = "remote",
        /// The memory of the process.
        Process = "process",
        /// A table of the service's database.
        Table = "table",
    }
}

words! {
    /// What is wrong with a topic.
    TopicIssue {
        /// Somebody subscribes and nobody publishes.
        NoPublisher = "no-publisher",
        /// Somebody publishes and nobody subscribes.
        NoSubscriber = "no-subscriber",
        /// Nobody publishes, and a topic that is published looks much like it.
        NearMiss = "near-miss",
    }
}

words! {
    /// How consumers are registered.
    SubscriptionType {
        /// By a call in code.
        Programmatic = "programmatic",
        /// By a manifest.
        Declarative = "declarative",
        /// By a decorator or annotation.
        Decorator = "decorator",
        /// By a call in code that hands messages to in-process observers.
        Observer = "observer",
        /// In several ways.
        Mixed = "mixed",
        /// Not at all.
        None = "none",
    }
}

words! {
    /// What a weak control counts as.
    Leniency {
        /// It is not quite in place.
        Partial = "partial",
        /// It is in place; the weakness is still reported.
        Implemented = "implemented",
    }
}

words! {
    /// Whether a checklist item is met.
    ItemState {
        /// Evidence shows that it is.
        Met = "met",
        /// Evidence shows that it is not.
        Unmet = "unmet",
        /// A person has said that it is.
        Attested = "attested",
        /// It waits for a person.
        Open = "open",
        /// Nothing that it is about was seen.
        NotApplicable = "not-applicable",
    }
}

words! {
    /// Where somebody said that a finding is not to be counted.
    SuppressionKind {
        /// In a comment beside the code.
        Inline = "inline",
        /// In the configuration.
        Waiver = "waiver",
    }
}

// Written out because the variants' attributes come from the macro.
#[allow(clippy::derivable_impls)]
impl Default for Leniency {
    fn default() -> Self {
        Leniency::Partial
    }
}

words! {
    /// What a condition asks.
    Asks {
        /// Whether there is an error.
        Error = "error",
        /// Whether an error says that the record is there already.
        Conflict = "conflict",
        /// Whether a thing is there.
        Presence = "presence",
        /// Whether a thing is not there.
        Absence = "absence",
        /// Whether a state has a value.
        State = "state",
        /// Whether a text is given.
        Given = "given",
        /// Whether a text is not given.
        NotGiven = "not-given",
        /// An arm of a switch on something of the message.
        Case = "case",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How a function ends.
    Ending {
        /// Without an error.
        Success = "success",
        /// With an error.
        Failure = "failure",
        /// With what a call gave.
        Forward = "forward",
        /// It does not: a loop is left.
        Jump = "jump",
    }
}

words! {
    /// What becomes of an error.
    ErrorFate {
        /// It ends the function with an error.
        Returned = "returned",
        /// It is looked at and the function goes on.
        Logged = "logged",
        /// It ends the function as if all were well.
        Swallowed = "swallowed",
        /// Nobody looks at it.
        Dropped = "dropped",
    }
}

words! {
    /// Why a path was not followed.
    CutReason {
        /// `--depth`.
        Depth = "depth",
        /// It is larger than what is followed.
        Budget = "budget",
        /// A function value or interface that nothing in the repository fills.
        Unresolved = "unresolved",
        /// A library's call that may reach out of the process, and no rule tells what it does.
        Library = "library",
    }
}

words! {
    /// What a guard rests on.
    GuardKind {
        /// A record of the message.
        Dedupe = "dedupe",
        /// The state or existence of the entity.
        State = "state",
        /// A unique key that the message brings.
        Key = "key",
    }
}

words! {
    /// What kind of rule a rule is.
    RuleKind {
        /// Something the audit wants in place.
        Control = "control",
        /// Something to report when a control is missing or weak.
        Weakness = "weakness",
        /// The rules of one library family.
        RuleFile = "rule-file",
        /// One thing to recognise in code or manifests.
        Rule = "rule",
    }
}

//! What a trace is made of.

use std::sync::Arc;

use super::{Fn, RuleId, Site};

/// One node of a trace.
#[derive(Debug, Clone)]
pub enum Node {
    /// A call, literal or SQL text that plays a role, or leads to some.
    Step(Step),
    /// An `if` or a `switch` arm.
    Branch(Branch),
    /// A loop.
    Loop(Vec<Node>),
    /// The function ends here.
    Exit(Exit),
    /// Not followed further.
    Cut(Cut),
}

/// A place on the path.
#[derive(Debug, Clone)]
pub struct Step {
    /// The call or literal.
    pub site: Site,
    /// The function it stands in.
    pub func: Fn,
    /// Rules it matches.
    pub rules: Vec<RuleId>,
    /// What becomes of its error.
    pub error: ErrorUse,
    /// Calls between the handler and it.
    pub depth: u32,
    /// The function it was followed into, if any.
    pub into: Option<Fn>,
    /// What that function does.
    pub inner: Vec<Node>,
    /// Runs when the function ends (`defer`) or beside it (`go`).
    pub detached: bool,
    /// Whether what it looks at is the message.
    pub about: About,
    /// It inserts or publishes under a key that the message brings: a second one is refused or left out.
    pub keyed: bool,
    /// It publishes what was received as it is.
    pub sends_on: bool,
    /// The name of the field that it publishes to what stands in (`d.ReplyTo`), through whatever it was
    /// handed by.
    pub sent_to: Option<Arc<str>>,
    /// Where something was added to an old value that this writes down; for the addition itself, its
    /// own place.
    pub adds: Vec<Site>,
}

impl Step {
    /// A step that is not followed, of which nothing but its place and rules is known.
    pub(super) fn new(site: Site, func: Fn, rules: Vec<RuleId>, depth: u32) -> Step {
        Step {
            site,
            func,
            rules,
            error: ErrorUse::None,
            depth,
            into: None,
            inner: Vec::new(),
            detached: false,
            about: About::Other,
            keyed: false,
            sends_on: false,
            sent_to: None,
            adds: Vec::new(),
        }
    }

    /// Whether it is no call but an addition to a field of something stored.
    pub fn is_sum(&self) -> bool {
        self.rules.is_empty() && self.adds.first() == Some(&self.site)
    }
}

/// Whether what a decoder or a validation is given is the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The payload, or what was built of it.
    Message,
    /// Nothing tells what it is.
    Perhaps,
    /// A setting, a stored row, the answer of another system.
    Other,
    /// It is checked by rules of which its type has none.
    Nothing,
}

/// What becomes of a call's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorUse {
    /// It gives none.
    None,
    /// It ends the function with an error.
    Returned,
    /// It is looked at and the function goes on.
    Logged,
    /// It ends the function as if all were well.
    Swallowed,
    /// Nobody looks at it.
    Dropped,
    /// Something else looks at it.
    Other,
}

/// A condition and what runs on either side.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The condition, or the case value.
    pub cond: Site,
    /// Calls whose results the condition rests on.
    pub deps: Vec<Site>,
    /// What it asks.
    pub asks: Asks,
    /// What it has to do with the message.
    pub of_message: OfMessage,
    /// The function of the tree that answers, where the condition is one call (`if !valid(order)`).
    pub answers: Option<Fn>,
    /// It asks about a thing that was looked up (`repo.Find(ctx, id)`), whether or not a rule knows
    /// the call.
    pub looked_up: Option<Site>,
    /// It asks for something else of what was looked up than its state.
    pub aside: bool,
    /// The `switch` on something of the message that it is an arm of, by its first arm.
    pub switch: Option<Site>,
    /// It is the `catch` of a `try`, which any of `deps` may lead to before what follows it.
    pub caught: bool,
    /// When true.
    pub then: Vec<Node>,
    /// When false.
    pub otherwise: Vec<Node>,
}

impl Branch {
    /// Whether it turns messages away for what they are or say.
    pub fn on_message(&self) -> bool {
        self.of_message == OfMessage::TurnsAway
    }

    /// A branch of which nothing is known but what its condition asks and rests on.
    pub(super) fn new(cond: Site, deps: Vec<Site>, asks: Asks) -> Branch {
        Branch {
            cond,
            deps,
            asks,
            of_message: OfMessage::Nothing,
            answers: None,
            looked_up: None,
            aside: false,
            switch: None,
            caught: false,
            then: Vec::new(),
            otherwise: Vec::new(),
        }
    }
}

/// What a condition has to do with the message, its payload or what was built of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfMessage {
    /// Nothing that was seen.
    Nothing,
    /// It asks about it, and neither side ends the function.
    Chooses,
    /// It asks about it, and one side ends the function.
    TurnsAway,
}

/// What a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Whether there is an error.
    Error,
    /// Whether the error says that the record is there already.
    Conflict,
    /// Whether a thing is there (`x != nil`, `ok`, `exists`, `count > 0`).
    Presence,
    /// Whether a thing is not there (`x == nil`, `!ok`).
    Absence,
    /// Whether a thing has a quality that says nothing of its being there (`user.Enabled`).
    Has,
    /// Whether a thing lacks such a quality.
    Lacks,
    /// Whether a state has a value (`x.Status == done`).
    State,
    /// Whether a text is given (`id != ""`).
    Given,
    /// Whether a text is not given (`id == ""`).
    NotGiven,
    /// An arm of a switch on something of the message.
    Case,
    /// Anything else.
    Other,
}

/// How a function ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Without an error.
    Success,
    /// With an error.
    Failure,
    /// With what a call gave: the error of that call.
    Forward,
    /// Leaves the loop round (`continue`, `break`).
    Jump,
}

/// Why a path was not followed.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The call.
    pub site: Site,
    /// What it is.
    pub why: CutReason,
    /// It is where the message goes: a handler out of a table or a field, a channel.
    pub hands_on: bool,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutReason {
    /// `--depth`.
    Depth,
    /// The budget of a trace.
    Budget,
    /// A function value or interface nothing in the tree fills.
    Unresolved,
    /// A library's call that may reach out of the process, and no rule tells what it does.
    Library,
}

/// A handler's trace.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// What it does.
    pub nodes: Vec<Node>,
    /// The functions followed, in order, each once.
    pub functions: Vec<Fn>,
    /// The message is given to calls that only look at it: printed, logged, converted.
    pub looked_at: bool,
    /// The message is put where something else takes it from, and what that does was not seen.
    pub let_go: bool,
    /// The handler is given the message, and gives it to nothing that was not seen.
    pub in_sight: bool,
}

/// How many steps and cuts there are at and below nodes.
pub(super) fn count(nodes: &[Node]) -> usize {
    let below = |node: &Node| match node {
        Node::Step(step) => 1 + count(&step.inner),
        Node::Branch(branch) => count(&branch.then) + count(&branch.otherwise),
        Node::Loop(inner) => count(inner),
        Node::Exit(_) => 0,
        Node::Cut(_) => 1,
    };
    nodes.iter().map(below).sum()
}

/// Whether a call stands among `nodes` or below.
pub(super) fn holds(nodes: &[Node], call: Site) -> bool {
    nodes.iter().any(|node| match node {
        Node::Step(step) => step.site == call || holds(&step.inner, call),
        Node::Branch(branch) => holds(&branch.then, call) || holds(&branch.otherwise, call),
        Node::Loop(inner) => holds(inner, call),
        Node::Exit(_) | Node::Cut(_) => false,
    })
}

/// Whether a node says anything about roles, directly or below, or turns the message away.
pub(super) fn matters(node: &Node) -> bool {
    match node {
        Node::Step(_) | Node::Cut(_) => true,
        Node::Branch(branch) => {
            branch.on_message() || branch.then.iter().chain(&branch.otherwise).any(matters)
        }
        Node::Loop(nodes) => nodes.iter().any(matters),
        Node::Exit(_) => false,
    }
}

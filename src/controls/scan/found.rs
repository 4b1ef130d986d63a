//! What a scan gives: effects, the guards before them, and the steps that controls ask about.

use crate::flow::path::{About, Cut, CutReason, ErrorUse};
use crate::flow::program::{Fn, Site, Ty};
use crate::rules::Role;

use super::Looks;
use super::arms::Arm;

/// A set of roles.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Roles(u64);

impl Roles {
    /// Adds a role.
    pub fn add(&mut self, role: Role) {
        self.0 |= 1 << role as u64;
    }

    /// Whether a role is in the set.
    pub fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u64) != 0
    }

    /// Whether any of `roles` is in the set.
    pub fn any(self, roles: &[Role]) -> bool {
        roles.iter().any(|&r| self.has(r))
    }

    pub(super) fn join(self, other: Roles) -> Roles {
        Roles(self.0 | other.0)
    }
}

/// How an effect is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GuardKind {
    /// A record of the message.
    Dedupe,
    /// The state or existence of the entity.
    State,
    /// A unique key that the message brings: the store refuses a second insert.
    Key,
    /// A state that the handler looks at and never changes: it is the same at the next delivery.
    Filter,
}

/// What becomes of a message seen before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// The handler ends quietly, or goes on without the effects.
    Ends,
    /// It ends in an error, so the message is delivered again.
    Fails,
    /// What is there already is set to the message's values once more.
    Sets,
}

/// A check that ends the handler for a message seen before.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What it rests on.
    pub kind: GuardKind,
    /// The check.
    pub check: Site,
    /// The condition that asks what it gave, or the check itself.
    pub asked: Site,
    /// It stands inside `if id != ""`: an empty id goes round it.
    pub bypassed: bool,
    /// What a message seen before meets.
    pub repeat: Repeat,
    /// Nobody acts on the error of the check: one that fails is taken for "not there".
    pub unheard: bool,
    /// The guard around it, an index into [`Scan::guards`].
    pub outer: Option<usize>,
}

impl Guard {
    /// A message seen before ends in an error.
    pub fn fails(&self) -> bool {
        self.repeat == Repeat::Fails
    }
}

/// A lasting effect.
// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub struct Effect {
    /// Where.
    pub site: Site,
    /// What.
    pub role: Role,
    /// Index into [`Scan::guards`].
    pub guard: Option<usize>,
    /// A key of the message tells a second one from the first.
    pub keyed: bool,
    /// What it stores is worked out of what is stored already.
    pub derived: bool,
    /// It is the addition to something loaded that is saved afterwards.
    pub by_saving: bool,
    /// It comes about where a call has failed.
    pub on_failure: bool,
    /// Something that is stored was looked up before it.
    pub after_look: bool,
    /// The arms around it that messages are told apart into.
    pub(super) arms: Vec<Arm>,
}

/// A step of a role that controls ask about.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where.
    pub site: Site,
    /// What.
    pub role: Role,
    /// What becomes of its error.
    pub error: ErrorUse,
    /// The rule's kind (`json-schema`, `table`, …), if it has one.
    pub kind: Option<String>,
    /// Detector of the rule.
    pub detector: String,
    /// Roles of what it does inside.
    pub below: Roles,
    /// The function it was followed into.
    pub into: Option<Fn>,
    /// Whether what it looks at is the message.
    pub about: About,
    /// Effects that come before it.
    pub after_effects: usize,
    /// Effects above it on the page: with those in arms that end without it.
    pub effects_above: usize,
    /// It reaches Redis.
    pub redis: bool,
    /// It stands inside a validation of the message and returns to it.
    pub nested: bool,
    /// It gives what is wrong instead of throwing it.
    pub reports: bool,
}

/// A branch that turns a message away for what it says.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The condition.
    pub asked: Site,
    /// With an error; otherwise the message is dropped.
    pub fails: bool,
    /// What of the message it looks at.
    pub looks: Looks,
    /// How many fields it names.
    pub fields: usize,
    /// The fields that it names of types of the tree, each with its type.
    pub of: Vec<(Ty, String)>,
    /// The arms around it that messages are told apart into.
    pub(super) arms: Vec<Arm>,
    /// It asks whether what the message came in could be opened.
    pub(super) opens: bool,
    /// Whoever calls the function that refuses goes on all the same.
    pub(super) ignored: bool,
}

/// What a trace shows.
// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Effects in order.
    pub effects: Vec<Effect>,
    /// Guards in order.
    pub guards: Vec<Guard>,
    /// Dedupe, validate, decode, dead-letter, ack and cache steps in order.
    pub seen: Vec<Seen>,
    /// Conditions that refuse a message for what it says (`if id == "" { return err }`).
    pub refusals: Vec<Refusal>,
    /// The message is asked something that decides what is done, whether or not that refuses it.
    pub asked: bool,
    /// Calls not followed.
    pub cuts: Vec<Cut>,
    /// Roles of everything on the path.
    pub roles: Roles,
    /// The message is given to calls that only look at it.
    pub looked_at: bool,
    /// The message is put where something else takes it from, and what that does was not seen.
    pub let_go: bool,
    /// All that is done with the message lies in sight.
    pub in_sight: bool,
    /// The look that fails where the thing that is deleted behind it is not there: a second delivery
    /// does.
    pub must_be_there: Option<Site>,
    /// Something stored decides whether effects come about, in a way that may or may not end a
    /// second delivery.
    pub depends: bool,
    /// Something besides the message, its failures and fixed values decides whether effects come about.
    pub decided: bool,
    /// What was seen is put down in something that this process keeps, and asked there.
    pub own_record: bool,
    /// A call may go several ways, which do different things: not all of them need be this one's.
    pub several_ways: bool,
    /// The message is handed on out of sight where no guard stands before that.
    pub handed_past: bool,
    /// Where transactions begin.
    pub transactions: Vec<Site>,
}

impl Scan {
    /// A look at a state is no guard where nothing on the path may change it.
    pub(super) fn take_for_filters(&mut self) {
        for guard in self.guards.iter_mut().filter(|g| g.kind == GuardKind::State) {
            guard.kind = GuardKind::Filter;
        }
        let filter = |guards: &[Guard], at: usize| guards[at].kind == GuardKind::Filter;
        for effect in &mut self.effects {
            let Some(found) = effect.guard.filter(|&at| filter(&self.guards, at)) else { continue };
            let mut outer = self.guards[found].outer;
            while let Some(at) = outer.filter(|&at| filter(&self.guards, at)) {
                outer = self.guards[at].outer;
            }
            // Under its own key it is told by that all the same.
            if outer.is_none() && effect.keyed {
                outer = Some(self.guards.len());
                self.guards.push(Guard {
                    kind: GuardKind::Key,
                    check: effect.site,
                    asked: effect.site,
                    repeat: if effect.role == Role::EffectInsert { Repeat::Fails } else { Repeat::Ends },
                    bypassed: false,
                    unheard: false,
                    outer: None,
                });
            }
            effect.guard = outer;
        }
    }

    /// Whether an effect stands behind a guard of a kind, the guards around its own included.
    pub fn behind(&self, effect: &Effect, kind: GuardKind) -> bool {
        let around = |&at: &usize| self.guards[at].outer;
        std::iter::successors(effect.guard, around).any(|at| self.guards[at].kind == kind)
    }

    /// Whether an effect makes what was not there, where another sets what was.
    pub fn made_if_absent(&self, effect: &Effect) -> bool {
        effect.guard.is_some_and(|at| self.guards[at].repeat == Repeat::Sets)
    }

    /// Steps of a role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(move |s| s.role == role)
    }

    /// The call that is handed the message out of sight, where nothing on the path reads it.
    pub fn handed_on(&self) -> Option<&Cut> {
        let read = self.roles.any(&[Role::Decode, Role::Validate]);
        self.cuts.iter().find(|c| c.hands_on && !read)
    }

    /// The first call that a bound of depth cut.
    pub fn cut_by_depth(&self) -> Option<&Cut> {
        self.cuts.iter().find(|c| c.why == CutReason::Depth)
    }
}

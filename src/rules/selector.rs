//! Selectors: a small path language that says where in a matched call something is.
//!
//! `arg0.Topic` is field `Topic` of the first argument; `recv.arg0.Topic` field `Topic` of the
//! first argument of the call that made the receiver; `arg1[]` each element of the second
//! argument; `opt(ConsumeTopics).arg0...` every argument of the option `ConsumeTopics(…)`.

/// Where a selector begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// `argN`: an argument, 0-based, context included.
    Arg(usize),
    /// `argN...`: each argument from N on.
    ArgsFrom(usize),
    /// `recv`: what the method is called on.
    Receiver,
    /// `self`: the matched composite literal, or the call's result.
    Itself,
    /// `typeargN`: a type argument.
    TypeArg(usize),
    /// `enclosing`: the function the match stands in (receive loops).
    Enclosing,
    /// `opt(Name)`: the call of option function `Name` among the arguments.
    Option(String),
    /// `"text"`: a constant.
    Literal(String),
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.Name`: field, or method value where a handler is wanted.
    Field(String),
    /// `[]`: each element of a list (or each value of a map).
    Each,
    /// `["key"]`: the value under a constant key of a map literal.
    Key(String),
    /// `.argN`: an argument of the call that made the value.
    Arg(usize),
    /// `.argN...`: each argument from N on of the call that made the value.
    ArgsFrom(usize),
    /// `.recv`: the receiver of the call that made the value.
    Receiver,
    /// `.opt(Name)`: the option call among the arguments of the call that made the value.
    Option(String),
    /// `.Name()`: what method `Name` of the value's type returns, when that is a constant.
    Method(String),
    /// `.type`: the name of the value's type.
    TypeName,
    /// `.typeargN`: a type argument of the call (or type) that made the value.
    TypeArg(usize),
}

/// A path from a match to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Where it begins.
    pub start: Start,
    /// How it goes on.
    pub steps: Vec<Step>,
}

//! The path as a tree: a line of code per line, its number to the left, what it does to the right.
//!
//! A call that is followed is answered by `→` and the function it leads to; the numbers below are
//! lines of that function's file. Logging, and branches that only pass an error on, are left out:
//! what becomes of an error is said at the call.

use super::View;
use super::block::{Span, Tone, span};
use crate::audit::explanation::{Branch, Call, Effect, Entry, Hop, Unseen};
use crate::audit::{Asks, CutReason, Ending, ErrorFate, Symbol};
use crate::report::words;

/// Roles that say nothing of what happens to a message.
const BESIDE: [&str; 10] = [
    "log",
    "config.default",
    "config.get",
    "config.env",
    "di.provide",
    "di.invoke",
    "di.take",
    "binding",
    "validate.register",
    "http-route",
];
/// Columns for the line number.
const GUTTER: usize = 6;
/// Deeper calls stand below each other.
const DEEPEST: usize = 14;

/// The lines of a tree.
pub(super) fn lines(entries: &[Entry], view: View) -> Vec<Vec<Span>> {
    let mut tree = Tree { out: Vec::new(), view };
    for entry in entries {
        if !tree.out.is_empty() {
            tree.out.push(Vec::new());
        }
        tree.function(0, "", &entry.function);
        tree.body(0, &entry.steps);
    }
    tree.out
}

struct Tree {
    out: Vec<Vec<Span>>,
    view: View,
}

impl Tree {
    fn row(&mut self, line: Option<u32>, depth: usize, mut text: Span, tags: Vec<Span>) {
        let number = line.map_or(String::new(), |line| line.to_string());
        let guides = "│ ".repeat(depth.min(DEEPEST));
        let indent = GUTTER + guides.chars().count();
        let room = self.view.width.saturating_sub(indent).max(24);
        let wide: usize = tags.iter().map(|tag| tag.text.chars().count() + 2).sum();
        let together = text.text.chars().count() + wide <= room;
        text.text = words::shortened(&text.text, room);
        let mut row = vec![span(Tone::Quiet, format!("{number:>4}  {guides}")), text];
        // Tags that do not fit beside the code stand below it.
        let below = |row: &mut Vec<Span>| {
            row.push(span(Tone::Quiet, format!("{:GUTTER$}{guides}  ", "")));
            indent + 2
        };
        let mut column = 0;
        if !together && !tags.is_empty() {
            self.out.push(std::mem::take(&mut row));
            column = below(&mut row);
        }
        for tag in tags {
            let wide = tag.text.chars().count() + 2;
            if column > indent + 2 && column + wide > self.view.width {
                self.out.push(std::mem::take(&mut row));
                column = below(&mut row);
            }
            if column > 0 {
                column += wide;
            }
            row.extend([span(Tone::Plain, "  "), tag]);
        }
        self.out.push(row);
    }

    fn function(&mut self, depth: usize, mark: &str, function: &Symbol) {
        let place = span(Tone::Quiet, format!("{}:{}", function.path, function.line));
        let name = span(Tone::Strong, format!("{mark}{}", function.name));
        self.row(None, depth, name, vec![place]);
    }

    /// The steps of a function; how it ends when nothing special happens goes without saying.
    fn body(&mut self, depth: usize, steps: &[Hop]) {
        let steps = match steps {
            [init @ .., Hop::Exit { .. }] if !self.view.all => init,
            steps => steps,
        };
        self.steps(depth, steps);
    }

    fn steps(&mut self, depth: usize, steps: &[Hop]) {
        let mut before = None;
        let mut steps = steps.iter().peekable();
        while let Some(hop) = steps.next() {
            match (hop, steps.peek()) {
                // What a call does and that it was not followed are one line.
                (Hop::Call(call), Some(Hop::Cut(cut))) if call.at == cut.at && call.text == cut.text => {
                    self.cut(depth, cut, tags(call));
                    steps.next();
                }
                _ if self.shows(hop, before) => self.hop(depth, hop),
                _ => {}
            }
            if let Hop::Call(call) = hop {
                before = call.error;
            }
        }
    }

    fn hop(&mut self, depth: usize, hop: &Hop) {
        match hop {
            Hop::Call(call) => self.call(depth, call),
            Hop::Branch(branch) => self.branch(depth, branch),
            Hop::Loop { steps } => {
                self.row(None, depth, span(Tone::Plain, "loop"), Vec::new());
                self.steps(depth + 1, steps);
            }
            Hop::Exit { how } => self.row(None, depth, ending(*how), Vec::new()),
            Hop::Cut(unseen) => self.cut(depth, unseen, Vec::new()),
        }
    }

    fn cut(&mut self, depth: usize, unseen: &Unseen, mut tags: Vec<Span>) {
        tags.push(span(Tone::Doubtful, format!("not followed: {}", reason(unseen.why))));
        self.row(Some(unseen.at.line), depth, span(Tone::Plain, &unseen.text), tags);
    }

    fn call(&mut self, depth: usize, call: &Call) {
        self.row(Some(call.at.line), depth, span(Tone::Plain, &call.text), tags(call));
        if let Some(function) = &call.into {
            self.function(depth, "→ ", function);
        }
        self.body(depth + 1, &call.steps);
    }

    fn branch(&mut self, depth: usize, branch: &Branch) {
        let word = match branch.asks {
            _ if branch.at.is_none() => "",
            Asks::Case => "case ",
            _ => "if ",
        };
        let mut tags = Vec::new();
        let then: Vec<&Hop> = branch.then.iter().filter(|hop| self.shows(hop, None)).collect();
        // `if seen { return nil }` is one line.
        let exit = match then.as_slice() {
            [Hop::Exit { how }] => Some(*how),
            _ => None,
        };
        tags.extend(asks(branch.asks).map(|text| span(Tone::Quiet, text)));
        tags.extend(branch.guard.map(|number| span(Tone::Good, format!("guard {number}"))));
        tags.extend(exit.map(ending));
        let text = span(Tone::Plain, format!("{word}{}", branch.condition));
        self.row(branch.at.as_ref().map(|at| at.line), depth, text, tags);
        if exit.is_none() {
            self.steps(depth + 1, &branch.then);
        }
        if branch.otherwise.iter().any(|hop| self.shows(hop, None)) {
            self.row(None, depth, span(Tone::Plain, "else"), Vec::new());
            self.steps(depth + 1, &branch.otherwise);
        }
    }

    /// Whether a step says anything; `before` is what became of the error of the call before it.
    fn shows(&self, hop: &Hop, before: Option<ErrorFate>) -> bool {
        if self.view.all {
            return true;
        }
        match hop {
            Hop::Call(call) => {
                call.roles.iter().any(|role| !BESIDE.contains(&role.as_str()))
                    || call.steps.iter().any(|hop| self.happens(hop))
            }
            Hop::Branch(branch) => {
                let visible = |steps: &[Hop]| steps.iter().any(|hop| self.happens(hop));
                let ends =
                    |how: Ending| branch.then.iter().any(|h| matches!(h, Hop::Exit { how: e } if *e == how));
                let passes_on = branch.asks == Asks::Error
                    && (!ends(Ending::Success) || before == Some(ErrorFate::Swallowed));
                branch.guard.is_some()
                    || visible(&branch.then)
                    || visible(&branch.otherwise)
                    || !passes_on && branch.then.iter().any(|hop| matches!(hop, Hop::Exit { .. }))
            }
            Hop::Loop { steps } => steps.iter().any(|hop| self.happens(hop)),
            Hop::Exit { .. } | Hop::Cut(_) => true,
        }
    }

    /// Whether a step is more than an end, or a question whose answer is one without an error: a
    /// helper that does no more says nothing of the message.
    fn happens(&self, hop: &Hop) -> bool {
        let ends = |steps: &[Hop]| {
            let end = |hop: &Hop| matches!(hop, Hop::Exit { how } if *how != Ending::Failure);
            steps.iter().all(|hop| end(hop) || !self.shows(hop, None))
        };
        match hop {
            Hop::Exit { .. } => false,
            Hop::Branch(branch)
                if branch.guard.is_none() && ends(&branch.then) && ends(&branch.otherwise) =>
            {
                self.view.all
            }
            hop => self.shows(hop, None),
        }
    }
}

fn tags(call: &Call) -> Vec<Span> {
    let mut tags: Vec<Span> = call.roles.iter().map(|role| span(Tone::Named, role)).collect();
    tags.extend(call.effect.map(effect));
    tags.extend(call.guard.map(|number| span(Tone::Good, format!("guard {number}"))));
    let fate = match call.error {
        None | Some(ErrorFate::Returned) => None,
        Some(ErrorFate::Logged) => Some("its error lets it go on"),
        Some(ErrorFate::Swallowed) => Some("its error ends it as done"),
        Some(ErrorFate::Dropped) => Some("its result is dropped"),
    };
    let logs = call.roles.iter().any(|role| role == "log");
    tags.extend(fate.filter(|_| !logs).map(|text| span(Tone::Doubtful, text)));
    if call.detached {
        tags.push(span(Tone::Doubtful, "detached"));
    }
    tags
}

fn effect(effect: Effect) -> Span {
    match (effect.repeats, effect.guard) {
        (true, None) => span(Tone::Bad, "unguarded"),
        (_, Some(number)) => span(Tone::Good, format!("behind guard {number}")),
        (false, None) => span(Tone::Quiet, "the same when repeated"),
    }
}

fn ending(how: Ending) -> Span {
    match how {
        Ending::Success => span(Tone::Plain, "ends: done"),
        Ending::Failure => span(Tone::Plain, "ends: error"),
        Ending::Forward => span(Tone::Plain, "ends: as the call"),
        Ending::Jump => span(Tone::Plain, "leaves the turn of the loop"),
    }
}

fn asks(asks: Asks) -> Option<&'static str> {
    match asks {
        Asks::Conflict => Some("asks: is it there already?"),
        Asks::Presence => Some("asks: is it there?"),
        Asks::Absence => Some("asks: is it not there?"),
        Asks::State => Some("asks: in which state?"),
        Asks::Given => Some("asks: is it given?"),
        Asks::NotGiven => Some("asks: is it not given?"),
        Asks::Error | Asks::Case | Asks::Other => None,
    }
}

/// Why a path was not followed.
pub(super) fn reason(why: CutReason) -> &'static str {
    match why {
        CutReason::Depth => "--depth",
        CutReason::Budget => "too much on the way",
        CutReason::Unresolved => "not known what runs",
        CutReason::Library => "no rule tells what this does",
    }
}

/// What to do about it.
pub(super) fn advice(unseen: &Unseen) -> &'static str {
    match unseen.why {
        CutReason::Depth => "follow it with a larger --depth, or without",
        CutReason::Budget => "look at what this call leads to",
        CutReason::Unresolved => "look at what is given to it at run time",
        CutReason::Library => "look at the library, and tell it to flowaudit by a rule (docs/rules.md)",
    }
}

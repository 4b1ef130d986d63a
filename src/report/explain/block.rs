//! What an explanation is made of before it is set: headings, sentences, pointers into code.

use super::Said;
use crate::audit::explanation::Signal;
use crate::audit::{Evidence, Finding, Place, Priority, Status};

/// What a piece of text says of itself. Colour underlines it; the words say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Quiet,
    Good,
    Doubtful,
    Bad,
    Named,
}

/// A piece of text.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// A place in code, with what it is there for.
#[derive(Debug, Clone)]
pub(super) struct Pointer {
    pub(super) label: Span,
    /// What stands there, in words; may be empty.
    pub(super) text: String,
    pub(super) place: Place,
    /// The line of code.
    pub(super) source: Option<String>,
    /// What follows from it; may be empty.
    pub(super) note: String,
}

/// A line of a list, with lines that belong to it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) head: String,
    pub(super) rest: Vec<String>,
}

/// A part of an explanation.
#[derive(Debug, Clone)]
pub(super) enum Block {
    Title(String),
    Section(Vec<Span>),
    Text(String),
    Fields(Vec<(String, String)>),
    Pointers(Vec<Pointer>),
    Items(Vec<Item>),
    /// Set as it is, in lines.
    Code(Vec<Vec<Span>>),
}

pub(super) fn span(tone: Tone, text: impl Into<String>) -> Span {
    Span { tone, text: text.into() }
}

pub(super) fn section(text: &str) -> Block {
    Block::Section(vec![span(Tone::Strong, text)])
}

pub(super) fn field(label: &str, text: impl Into<String>) -> (String, String) {
    (label.to_owned(), text.into())
}

pub(super) fn status(status: Status) -> Tone {
    match status {
        Status::Implemented => Tone::Good,
        Status::Partial | Status::NeedsReview => Tone::Doubtful,
        Status::Missing => Tone::Bad,
        Status::NotApplicable => Tone::Quiet,
    }
}

fn priority(priority: Priority) -> Tone {
    match priority {
        Priority::P0 | Priority::P1 => Tone::Bad,
        Priority::P2 => Tone::Doubtful,
        Priority::P3 | Priority::P4 => Tone::Named,
    }
}

/// `every effect stands behind a check (dedupe-guards-all)`.
pub(super) fn signal(signal: &Signal) -> String {
    if signal.means.is_empty() { signal.name.clone() } else { format!("{} ({})", signal.means, signal.name) }
}

impl Said<'_> {
    pub(super) fn pointer(&self, label: Span, text: &str, place: &Place) -> Pointer {
        let source = self.sources.get(&place.to_string()).cloned();
        Pointer { label, text: text.to_owned(), place: place.clone(), source, note: String::new() }
    }

    pub(super) fn evidence(&self, list: &[Evidence]) -> Block {
        let pointer = |e: &Evidence| {
            let mut pointer = self.pointer(span(Tone::Named, &e.role), "", &e.place());
            // What is not written in the line itself is said beside it.
            if pointer.source.is_none() || e.role == "registration" {
                pointer.text.clone_from(&e.note);
            }
            pointer
        };
        Block::Pointers(list.iter().map(pointer).collect())
    }

    /// Findings with what to do about each.
    pub(super) fn findings(&self, out: &mut Vec<Block>, list: &[Finding], head: fn(&Finding) -> &str) {
        if list.is_empty() {
            return;
        }
        out.push(section("Findings"));
        let mut list: Vec<&Finding> = list.iter().collect();
        list.sort_by_key(|f| (f.priority, f.severity));
        let pointer = |f: &&Finding| {
            let label = span(priority(f.priority), f.priority.word());
            let waived = f.suppressed.as_ref().map_or(String::new(), |s| format!(" (waived: {})", s.reason));
            Pointer {
                source: None,
                note: if f.help.is_empty() { String::new() } else { format!("help: {}", f.help) },
                ..self.pointer(label, &format!("{}: {}{waived}", head(f), f.message), &f.location)
            }
        };
        out.push(Block::Pointers(list.iter().map(pointer).collect()));
    }
}

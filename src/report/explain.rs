//! An explanation as a person reads it in a terminal: what was decided, the path as a tree, and
//! the lines it rests on.

use std::fmt::Write as _;

use super::words;
use crate::audit::{Call, ConsumerExplanation, CutReason, Ending, ErrorFate, Explained, Explanation, Hop};

/// How to present an explanation.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Columns to keep within.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// Show what plays no part in a verdict, too.
    pub all: bool,
}

/// The whole explanation, with a newline at its end.
pub fn render(explanation: &Explanation, view: View) -> String {
    let mut out = String::new();
    match &explanation.subject {
        Explained::Consumer(it) => consumer(&mut out, it, view),
    }
    out
}

fn consumer(out: &mut String, it: &ConsumerExplanation, view: View) {
    let c = &it.consumer;
    let _ = writeln!(out, "{}", c.id);
    let _ = writeln!(out, "  registered  {}:{}", c.registration.path, c.registration.line);
    let _ = writeln!(out, "  handler     {} {}:{}", c.handler.name, c.handler.path, c.handler.line);
    for (control, verdict) in &c.controls {
        let _ = writeln!(
            out,
            "\n{}: {} ({}, {})",
            words::control(*control),
            words::status(verdict.status),
            verdict.pattern.as_deref().unwrap_or("-"),
            verdict.confidence
        );
        let _ = writeln!(out, "  {}", verdict.why);
        for e in &verdict.evidence {
            let _ = writeln!(out, "  {:<16} {}:{}  {}", e.role, e.path, e.line, e.note);
        }
        if let Some(grounds) = it.grounds.get(control) {
            let _ = writeln!(out, "  signals: {}", grounds.signals.join(", "));
        }
    }
    for entry in &it.tree {
        let f = &entry.function;
        let _ = writeln!(out, "\n{}  {}:{}", f.name, f.path, f.line);
        for hop in &entry.steps {
            step(out, hop, 0, view);
        }
    }
}

fn step(out: &mut String, hop: &Hop, depth: usize, view: View) {
    let pad = "  ".repeat(depth);
    match hop {
        Hop::Call(call) => {
            let _ = writeln!(out, "{:>5} {pad}{}  {}", call.at.line, call.text, tags(call));
            if let Some(into) = &call.into {
                let _ = writeln!(out, "      {pad}→ {}  {}:{}", into.name, into.path, into.line);
            }
            for hop in &call.steps {
                step(out, hop, depth + 1, view);
            }
        }
        Hop::Branch { at, condition, asks, guard, then, otherwise } => {
            let guard = if guard.is_some() { " GUARD" } else { "" };
            let _ = writeln!(out, "{:>5} {pad}if {condition}  ({asks}){guard}", at.line);
            for hop in then {
                step(out, hop, depth + 1, view);
            }
            if !otherwise.is_empty() {
                let _ = writeln!(out, "      {pad}else");
                for hop in otherwise {
                    step(out, hop, depth + 1, view);
                }
            }
        }
        Hop::Loop { steps } => {
            let _ = writeln!(out, "      {pad}loop");
            for hop in steps {
                step(out, hop, depth + 1, view);
            }
        }
        Hop::Exit { how } => {
            let text = match how {
                Ending::Success => "ends: done",
                Ending::Failure => "ends: error",
                Ending::Forward => "ends: what that gave",
                Ending::Jump => "leaves the loop",
            };
            let _ = writeln!(out, "      {pad}{text}");
        }
        Hop::Cut { at, text, why } => {
            let why = match why {
                CutReason::Depth => "--depth",
                CutReason::Budget => "budget",
                CutReason::Unresolved => "unresolved",
            };
            let _ = writeln!(out, "{:>5} {pad}{text}  NOT FOLLOWED: {why}", at.line);
        }
    }
}

fn tags(call: &Call) -> String {
    let mut tags = call.roles.clone();
    match call.error {
        Some(ErrorFate::Returned) | None => {}
        Some(fate) => tags.push(format!("error {fate}")),
    }
    if call.detached {
        tags.push("detached".to_owned());
    }
    if let Some(guard) = &call.guarded_by {
        tags.push(format!("behind {}:{}", guard.path, guard.line));
    }
    if tags.is_empty() { String::new() } else { format!("[{}]", tags.join(", ")) }
}

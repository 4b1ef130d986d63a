//! An explanation as a person reads it: what was decided, the path as a tree, the lines it rests
//! on, what was not seen and what would change it.
//!
//! What is said is put together once, as blocks (`consumer`, `service`, `rule`), and set for a
//! terminal or for a review comment (`set`).

mod block;
mod consumer;
mod path;
mod rule;
mod service;
mod set;

use crate::audit::explanation::{Explained, Explanation};
use block::Block;

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

/// For a terminal, with a newline at its end.
pub fn text(explanation: &Explanation, view: View) -> String {
    set::text(&blocks(explanation, view), view)
}

/// For a review comment or a document, with a newline at its end. Links lead from the scanned
/// root.
pub fn markdown(explanation: &Explanation, view: View) -> String {
    set::markdown(&blocks(explanation, view))
}

fn blocks(explanation: &Explanation, view: View) -> Vec<Block> {
    let said = Said { sources: &explanation.sources, view };
    match &explanation.subject {
        Explained::Service(it) => service::blocks(it, &said),
        Explained::Consumer(it) => consumer::blocks(it, &said),
        Explained::Finding(it) => consumer::finding(it, &said),
        Explained::Rule(it) => rule::blocks(it, &said),
    }
}

/// What every part of an explanation needs to know.
struct Said<'e> {
    sources: &'e std::collections::BTreeMap<String, String>,
    view: View,
}

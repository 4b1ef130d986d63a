//! The flow in the language of Graphviz.

use std::fmt::Write as _;

use super::drawing::{Drawing, Kind};

/// A directed graph, from left to right.
pub fn render(drawing: &Drawing) -> String {
    let mut out = String::from("digraph flow {\n    rankdir=LR;\n    node [fontname=\"sans-serif\"];\n");
    for (index, shape) in drawing.boxes.iter().enumerate() {
        let look = match shape.kind {
            Kind::Service => "shape=box",
            Kind::Subject => "shape=box, penwidth=2",
            Kind::Topics => "shape=box, style=rounded",
            Kind::Loose => "shape=box, style=\"rounded,dashed\"",
        };
        let lines: Vec<String> = shape.lines.iter().map(|line| escaped(line)).collect();
        let _ = writeln!(out, "    n{index} [label=\"{}\", {look}];", lines.join("\\n"));
    }
    for arrow in &drawing.arrows {
        let look = if arrow.near { " [label=\"looks like\", style=dashed, dir=none]" } else { "" };
        let _ = writeln!(out, "    n{} -> n{}{look};", arrow.from, arrow.to);
    }
    out.push_str("}\n");
    out
}

/// Text that stays inside its quotes and is shown as it is.
fn escaped(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.replace('\\', "\\\\").replace('"', "\\\"")
}

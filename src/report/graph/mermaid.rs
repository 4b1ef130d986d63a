//! The flow in the words that code hosts draw.

use super::drawing::{Drawing, Kind};

/// A flowchart, without a newline at its end.
pub fn render(drawing: &Drawing) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    let mut loose = Vec::new();
    for (index, shape) in drawing.boxes.iter().enumerate() {
        let (open, close) = match shape.kind {
            Kind::Service => ("[", "]"),
            Kind::Subject => ("[[", "]]"),
            Kind::Topics | Kind::Loose => ("([", "])"),
        };
        let text: Vec<String> = shape.lines.iter().map(|line| escaped(line)).collect();
        // A name may be a word of the language: ids are ours.
        lines.push(format!("    n{index}{open}\"{}\"{close}", text.join("<br/>")));
        if shape.kind == Kind::Loose {
            loose.push(format!("n{index}"));
        }
    }
    for arrow in &drawing.arrows {
        let head = if arrow.near { "-. looks like .-" } else { "-->" };
        lines.push(format!("    n{} {head} n{}", arrow.from, arrow.to));
    }
    if !loose.is_empty() {
        lines.push("    classDef loose stroke-dasharray: 4 3".to_owned());
        lines.push(format!("    class {} loose", loose.join(",")));
    }
    lines.join("\n")
}

/// Text that ends neither a label nor a diagram.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push('\''),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

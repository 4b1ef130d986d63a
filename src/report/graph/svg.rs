//! The flow as a picture: laid out by us, so that it is the same everywhere and needs no program.

use std::fmt::Write as _;

use super::drawing::{Drawing, Kind, Shape};
use super::layout::{self, Size, real};
use crate::report::words::{entity, shortened};

/// Width of a letter, height of a line and room around them, in pixels. The letters are of one
/// width, so that what is reckoned here holds in every browser.
const LETTER: f64 = 7.3;
const LINE: f64 = 16.0;
const INSET: f64 = 9.0;
const MARGIN: f64 = 12.0;
/// Letters of a line that are shown; the whole name is told on hovering.
const LETTERS: usize = 44;

/// Colours of a picture that stands alone. A page that it lies in has its own.
const STYLE: &str = "\
.flow{--line:#8a93a3;--ink:#1d2430;--paper:#ffffff;--service:#e3ecfb;--edge:#3b6fd4;--loose:#b4590a;background:var(--paper)}
@media (prefers-color-scheme:dark){.flow{--line:#7d879a;--ink:#e7ebf2;--paper:#14181f;--service:#1e3357;--edge:#7ea6f5;--loose:#f0a35e}}
";

/// Colours and strokes by what things are, wherever the picture lies.
const SHAPES: &str = "\
.flow text{font:12px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:var(--ink)}
.flow .service rect,.flow .subject rect{fill:var(--service);stroke:var(--edge)}
.flow .subject rect{stroke-width:2.5}
.flow .topics rect{fill:var(--paper);stroke:var(--line)}
.flow .loose rect{fill:var(--paper);stroke:var(--loose);stroke-dasharray:5 3}
.flow path{fill:none;stroke:var(--line);stroke-width:1.3}
.flow path.near{stroke:var(--loose);stroke-dasharray:2 4}
.flow marker path{fill:var(--line);stroke:none}
";

/// Where a service is told of, by its name.
type Address<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A picture that stands alone.
pub fn render(drawing: &Drawing) -> String {
    format!("{}\n", picture(drawing, STYLE, &|_| None))
}

/// A picture for a page, which says what its colours are: `--line`, `--ink`, `--paper`,
/// `--service`, `--edge` and `--loose`. Boxes have `data-box`, arrows `data-from` and `data-to`;
/// services lead to their addresses.
pub fn inline(drawing: &Drawing, address: Address<'_>) -> String {
    picture(drawing, "", address)
}

fn picture(drawing: &Drawing, style: &str, address: Address<'_>) -> String {
    let sizes: Vec<Size> = drawing.boxes.iter().map(size).collect();
    let ends: Vec<(usize, usize)> = drawing.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    let layout = layout::place(&sizes, &ends);
    let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    // Links inside of an image are none; the page makes it narrower, but not so that nobody can read it.
    let role = if style.is_empty() { "group" } else { "img" };
    let mut out = format!(
        "<svg class=\"flow\" style=\"--whole:{width:.0}px\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"{role}\" aria-label=\"Flow of events\">\n\
         <style>\n{style}{SHAPES}</style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n"
    );
    for (arrow, points) in drawing.arrows.iter().zip(&layout.arrows) {
        let look = if arrow.near { "class=\"near\"" } else { "marker-end=\"url(#head)\"" };
        let (from, to, line) = (arrow.from, arrow.to, curve(points));
        let _ = writeln!(out, "<path {look} data-from=\"{from}\" data-to=\"{to}\" d=\"{line}\"/>");
    }
    for (index, ((shape, size), corner)) in drawing.boxes.iter().zip(&sizes).zip(&layout.boxes).enumerate() {
        let href = shape.names.first().filter(|_| shape.is_service()).and_then(|name| address(name));
        if let Some(href) = &href {
            let _ = writeln!(out, "<a href=\"{}\">", escaped(href));
        }
        draw(&mut out, index, shape, *size, (corner.0 + MARGIN, corner.1 + MARGIN));
        if href.is_some() {
            out.push_str("</a>\n");
        }
    }
    out.push_str("</svg>");
    out
}

fn draw(out: &mut String, index: usize, shape: &Shape, size: Size, (x, y): (f64, f64)) {
    let class = match shape.kind {
        Kind::Service => "service",
        Kind::Subject => "subject",
        Kind::Topics => "topics",
        Kind::Loose => "loose",
    };
    let round = if shape.is_service() { 3.0 } else { 10.0 };
    let names: Vec<String> = shape.names.iter().map(|name| escaped(name)).collect();
    let _ = writeln!(
        out,
        "<g class=\"{class}\" data-box=\"{index}\"><title>{}</title>\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round}\"/>",
        names.join("\n"),
        size.width,
        size.height
    );
    for (number, line) in shape.lines.iter().enumerate() {
        let below = y + INSET + LINE * (real(number) + 0.72);
        let text = escaped(&shortened(line, LETTERS));
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{below:.1}\">{text}</text>", x + INSET);
    }
    out.push_str("</g>\n");
}

fn size(shape: &Shape) -> Size {
    let letters = shape.lines.iter().map(|line| line.chars().count().min(LETTERS)).max().unwrap_or(0);
    Size {
        width: real(letters) * LETTER + 2.0 * INSET,
        height: real(shape.lines.len()) * LINE + 2.0 * INSET - 4.0,
        odd: !shape.is_service(),
    }
}

/// A line through points that leaves and arrives level.
fn curve(points: &[(f64, f64)]) -> String {
    let mut out = String::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        let (x, y) = (x + MARGIN, y + MARGIN);
        let Some(&(from_x, from_y)) = index.checked_sub(1).and_then(|before| points.get(before)) else {
            let _ = write!(out, "M{x:.1} {y:.1}");
            continue;
        };
        let (from_x, from_y) = (from_x + MARGIN, from_y + MARGIN);
        if (from_y - y).abs() < 0.05 {
            let _ = write!(out, "L{x:.1} {y:.1}");
        } else {
            let middle = f64::midpoint(from_x, x);
            let _ = write!(out, "C{middle:.1} {from_y:.1} {middle:.1} {y:.1} {x:.1} {y:.1}");
        }
    }
    out
}

/// Text that is no markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if let Some(entity) = entity(c) => out.push_str(entity),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

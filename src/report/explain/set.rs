//! Setting blocks: for a terminal, and as Markdown. Nothing here knows what they say.

use std::fmt::Write as _;

use super::View;
use super::block::{Block, Item, Pointer, Span, Tone};
use crate::report::words;

/// Where a pointer's place and source begin, unless its label is longer.
const LABEL: usize = 12;

pub(super) fn text(blocks: &[Block], view: View) -> String {
    let mut out = String::new();
    let mut before: Option<&Block> = None;
    for block in blocks {
        match block {
            Block::Title(title) => {
                let _ = writeln!(out, "{}", paint(Tone::Strong, title, view));
            }
            Block::Section(spans) => {
                let _ = writeln!(out, "\n{}", line(spans, view));
            }
            Block::Text(text) => out.push_str(&words::wrap(text, 2, view.width)),
            Block::Fields(fields) => {
                for (label, text) in fields {
                    field(&mut out, label, text, view);
                }
            }
            Block::Pointers(list) => pointers(&mut out, list, view),
            Block::Items(items) => {
                if matches!(before, Some(Block::Pointers(_))) {
                    out.push('\n');
                }
                for it in items {
                    item(&mut out, it, view);
                }
            }
            Block::Code(lines) => {
                for spans in lines {
                    let _ = writeln!(out, "{}", line(spans, view).trim_end());
                }
            }
        }
        before = Some(block);
    }
    out
}

fn field(out: &mut String, label: &str, text: &str, view: View) {
    let mut label = label;
    for line in text.lines() {
        let body = words::wrap(line, LABEL + 2, view.width);
        let _ =
            write!(out, "  {}{}", paint(Tone::Strong, &format!("{label:<LABEL$}"), view), body.trim_start());
        label = "";
    }
}

/// Label and words, then the place on a line of its own, so that a terminal can open it, then the
/// line of code.
fn pointers(out: &mut String, list: &[Pointer], view: View) {
    let label = list.iter().map(|it| it.label.text.chars().count() + 2).fold(LABEL, usize::max);
    let indent = label + 2;
    for it in list {
        let name = paint(it.label.tone, &format!("{:<label$}", it.label.text), view);
        let place = format!("{}:{}", it.place.path, it.place.line);
        if it.text.is_empty() {
            let _ = writeln!(out, "  {name}{place}");
        } else {
            let _ = write!(out, "  {name}{}", words::wrap(&it.text, indent, view.width).trim_start());
            let _ = writeln!(out, "{:indent$}{place}", "");
        }
        if let Some(source) = &it.source {
            let source = words::shortened(source, view.width.saturating_sub(indent));
            let _ = writeln!(out, "{:indent$}{}", "", paint(Tone::Quiet, &source, view));
        }
        if !it.note.is_empty() {
            out.push_str(&words::wrap(&it.note, indent, view.width));
        }
    }
}

fn item(out: &mut String, it: &Item, view: View) {
    out.push_str(&words::wrap(&it.head, 2, view.width));
    for line in &it.rest {
        // What follows a sign stands below it.
        let sign = if line.starts_with(['+', '-']) { 2 } else { 0 };
        let body = words::wrap(line, 4 + sign, view.width);
        let _ = write!(out, "    {}", body.trim_start());
    }
}

fn line(spans: &[Span], view: View) -> String {
    spans.iter().map(|span| paint(span.tone, &span.text, view)).collect()
}

fn paint(tone: Tone, text: &str, view: View) -> String {
    let code = match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Strong => "1",
        Tone::Quiet => "2",
        Tone::Good => "32",
        Tone::Doubtful => "33",
        Tone::Bad => "31",
        Tone::Named => "36",
    };
    if view.color && !text.trim().is_empty() {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

pub(super) fn markdown(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Title(title) => {
                let _ = writeln!(out, "## {title}");
            }
            Block::Section(spans) => {
                let text: String = spans.iter().map(|span| span.text.as_str()).collect();
                let _ = writeln!(out, "### {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "{text}");
            }
            Block::Fields(fields) => {
                for (label, text) in fields {
                    let _ = writeln!(out, "- **{label}** {}", text.lines().collect::<Vec<_>>().join(", "));
                }
            }
            Block::Pointers(pointers) => {
                for it in pointers {
                    let (path, line) = (&it.place.path, it.place.line);
                    let text = if it.text.is_empty() { String::new() } else { format!(" {}", it.text) };
                    let _ = write!(
                        out,
                        "- **{}**{text} [{path}:{line}]({}#L{line})",
                        it.label.text,
                        linked(path)
                    );
                    let source = it.source.as_ref().map_or(String::new(), |s| format!(": {}", code(s)));
                    let note = if it.note.is_empty() { "" } else { ". " };
                    let _ = writeln!(out, "{source}{note}{}", it.note);
                }
            }
            Block::Items(items) => {
                for it in items {
                    let _ = writeln!(out, "- {}", it.head);
                    for line in &it.rest {
                        // A sign at the beginning would make a list of its own.
                        let line = match line.split_at_checked(2) {
                            Some((sign @ ("+ " | "- "), rest)) => format!("`{}` {rest}", sign.trim_end()),
                            _ => line.clone(),
                        };
                        let _ = writeln!(out, "  - {line}");
                    }
                }
            }
            Block::Code(lines) => {
                let text: Vec<String> = lines
                    .iter()
                    .map(|spans| spans.iter().map(|span| span.text.as_str()).collect::<String>())
                    .collect();
                let fence = words::fence(&text.concat(), 3);
                let _ = writeln!(out, "{fence}text");
                for line in text {
                    let _ = writeln!(out, "{}", line.trim_end());
                }
                let _ = writeln!(out, "{fence}");
            }
        }
    }
    out
}

/// A path as the target of a link.
fn linked(path: &str) -> String {
    path.replace(' ', "%20").replace('(', "%28").replace(')', "%29")
}

/// Text as code, whatever backticks are in it.
fn code(text: &str) -> String {
    let fence = words::fence(text, 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_survives_its_own_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(code("a ``b"), "```a ``b```");
    }
}

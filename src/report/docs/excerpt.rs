//! A few lines of the user's own code, as the example of a pattern.

use serde::Serialize;

use super::links::{Link, Links};

/// Lines around the one that is shown.
const BEFORE: usize = 2;
const AFTER: usize = 11;

/// An excerpt.
#[derive(Debug, Clone, Serialize)]
pub struct Excerpt {
    /// The line it is about.
    pub at: Link,
    /// What its fence says: `go`, `yaml`.
    pub language: String,
    /// The fence, longer than any inside.
    pub fence: String,
    /// The lines, without their common indentation.
    pub code: String,
}

/// The lines around a place; nothing when they cannot be read.
pub fn around(
    links: &Links<'_>,
    source: &dyn Fn(&str) -> Option<String>,
    path: &str,
    line: u32,
) -> Option<Excerpt> {
    let text = source(path)?;
    let all: Vec<&str> = text.lines().collect();
    let at = (line as usize).checked_sub(1).filter(|at| *at < all.len())?;
    let first = at.saturating_sub(BEFORE);
    let mut last = (at + AFTER).min(all.len() - 1);
    // A function that ends inside ends the excerpt: what follows is about something else.
    if let Some(end) = (at..=last).find(|index| matches!(all[*index].trim_end(), "}" | "};" | "})" | "---")) {
        last = end;
    }
    let mut shown: Vec<&str> = all[first..=last].to_vec();
    while shown.first().is_some_and(|line| line.trim().is_empty() || matches!(line.trim(), "}" | "})")) {
        shown.remove(0);
    }
    while shown.last().is_some_and(|line| line.trim().is_empty()) {
        shown.pop();
    }
    let indent = |line: &&str| line.len() - line.trim_start_matches(['\t', ' ']).len();
    let common = shown.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let code = shown
        .iter()
        .map(|line| line.get(common..).unwrap_or_default().trim_end())
        .collect::<Vec<_>>()
        .join("\n");
    let ticks = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    Some(Excerpt {
        at: links.line(path, line),
        language: language(path).to_owned(),
        fence: "`".repeat(ticks.max(2) + 1),
        code,
    })
}

fn language(path: &str) -> &str {
    match path.rsplit('.').next().unwrap_or_default() {
        "yml" => "yaml",
        "mts" | "cts" => "ts",
        "rs" => "rust",
        "py" => "python",
        other => other,
    }
}

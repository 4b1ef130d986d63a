//! What is stale, as a diff that a person reads.

use std::fmt::Write as _;

use similar::TextDiff;

/// Lines of a diff that are worth reading at once.
const SHOWN: usize = 60;

/// A unified diff from what is there to what should be, cut to its first lines.
pub fn unified(name: &str, there: &str, expected: &str) -> String {
    let diff = TextDiff::from_lines(there, expected);
    let text = diff
        .unified_diff()
        .context_radius(2)
        .header(&format!("{name} (there)"), &format!("{name} (expected)"))
        .to_string();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = lines.iter().take(SHOWN).copied().collect::<Vec<_>>().join("\n");
    out.push('\n');
    if lines.len() > SHOWN {
        let _ = writeln!(out, "… and {} more lines", lines.len() - SHOWN);
    }
    out
}

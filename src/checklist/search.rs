//! Searches: files by path, and what a line of them holds.
//!
//! Each file that any item asks about is read once. A line that is a comment proves nothing, and
//! neither does a document that flowaudit itself wrote, nor code that a generator wrote from something
//! else: nobody decided what it says.

use std::fs;
use std::path::Path;

use rayon::prelude::*;

use super::Search;
use super::pattern::{Line, Pattern, Patterns};
use crate::audit::Evidence;
use crate::read::Repository;
use crate::source::kind::refine_role;
use crate::source::walk::MAX_FILE_SIZE;
use crate::source::{Role, SourceFile};

/// How a document of ours begins.
pub const OWN_MARK: &str = "<!-- flowaudit:document";

/// Characters of a line that are worth quoting.
pub(super) const QUOTED: usize = 100;

/// A place that a search found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Which search, by its position.
    pub search: usize,
    /// The place, with its line's text.
    pub evidence: Evidence,
    /// Its file holds what proves the item too.
    pub proves: bool,
}

/// The first place in each file that each search finds, in order of path.
pub fn run(root: &Path, repository: &Repository, searches: &[&Search]) -> Vec<Hit> {
    let code = repository.listing.iter().filter(|f| f.role != Role::Vendored && f.size <= MAX_FILE_SIZE);
    let mut files: Vec<(&str, Option<&SourceFile>)> = code.map(|f| (f.path.as_str(), Some(f))).collect();
    files.extend(repository.papers.iter().map(|path| (path.as_str(), None)));
    files.sort_unstable_by_key(|(path, file)| (*path, file.is_some()));
    // Of code, only what is asked of code, and of tests, what is asked of tests.
    let asked = |of_tests| searches.iter().map(move |s| s.text.as_ref().filter(|_| s.among.has(of_tests)));
    let (of_code, of_tests) = (Patterns::of(asked(false)), Patterns::of(asked(true)));
    let look = |&(path, file): &(&str, Option<&SourceFile>)| {
        let test = file.is_some_and(|file| file.role == Role::Test);
        in_file(root, path, file, searches, if test { &of_tests } else { &of_code })
    };
    files.par_iter().flat_map_iter(look).collect()
}

fn in_file(
    root: &Path,
    path: &str,
    file: Option<&SourceFile>,
    searches: &[&Search],
    patterns: &Patterns<'_>,
) -> Vec<Hit> {
    let is_test = file.is_some_and(|file| file.role == Role::Test);
    let asked =
        |search: &Search| search.among.has(is_test) && search.files.iter().any(|glob| glob.matches(path));
    let wanted: Vec<usize> = (0..searches.len()).filter(|&index| asked(searches[index])).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let Ok(bytes) = fs::read(root.join(path)) else { return Vec::new() };
    let written = file.map(|file| refine_role(file, &bytes));
    if matches!(written, Some(Role::Generated { acts: false } | Role::Vendored)) {
        return Vec::new();
    }
    let content = String::from_utf8_lossy(&bytes);
    if content.starts_with(OWN_MARK) {
        return Vec::new();
    }
    let quoted = |(number, line): Line<'_>| -> (usize, String) {
        (number + 1, line.trim().chars().take(QUOTED).collect())
    };
    let lines = patterns.first(&content, &wanted, |line| !is_comment(path, line));
    let found = |(search, first): (usize, Option<Line<'_>>)| {
        let (line, note) = match (&searches[search].text, first) {
            (None, _) => (1, "is there".to_owned()),
            (Some(_), first) => quoted(first?),
        };
        let said = |pattern: &Pattern| pattern.first(&content, |line| !is_comment(path, line));
        let proof: Option<Vec<Line<'_>>> = searches[search].proof.iter().map(said).collect();
        let proves = proof.is_some();
        // What proves says more than what was looked for.
        let shown = proof.and_then(|proof| proof.first().map(|&found| quoted(found)));
        let (line, note) = shown.unwrap_or((line, note));
        let evidence = Evidence { path: path.to_owned(), line: line as u32, role: "file".to_owned(), note };
        Some(Hit { search, evidence, proves })
    };
    wanted.iter().copied().zip(lines).filter_map(found).collect()
}

/// Whether a line only talks.
fn is_comment(path: &str, line: &str) -> bool {
    let line = line.trim_start();
    let end = path.rsplit('.').next().unwrap_or_default();
    let marks: &[&str] = match end {
        "md" | "mdx" | "adoc" | "rst" | "puml" | "mmd" | "drawio" | "json" => &[],
        "yaml" | "yml" | "toml" | "py" | "env" => &["#"],
        "sql" => &["--", "/*", "*"],
        _ => &["//", "/*", "*", "#"],
    };
    marks.iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::is_comment;

    #[test]
    fn comments_prove_nothing() {
        assert!(is_comment("a.go", "\t// uses otel"));
        assert!(is_comment("a.yaml", "  # deadLetterTopic: x"));
        assert!(!is_comment("a.yaml", "deadLetterTopic: x # why"));
        assert!(!is_comment("a.md", "# Runbook"));
        assert!(!is_comment("a.go", "\t\"go.opentelemetry.io/otel\""));
    }
}

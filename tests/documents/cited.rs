//! That what documents cite is there and shows what is claimed.

use std::collections::BTreeSet;
use std::fs;

use crate::Written;
use crate::support::SUMMARY;
use flowaudit::report::docs::target;

/// A link of a document: what it says, where it leads, what follows it on its line.
struct Cited<'t> {
    label: &'t str,
    href: &'t str,
    after: &'t str,
}

fn links(text: &str) -> Vec<Cited<'_>> {
    let link = regex::Regex::new(r"\[((?:[^\]\\]|\\.)*)\]\(([^)\s]+)\)").unwrap();
    let in_line = |line| link.captures_iter(line).map(move |it| (line, it));
    text.lines()
        .flat_map(in_line)
        .map(|(line, it)| Cited {
            label: it.get(1).unwrap().as_str(),
            href: it.get(2).unwrap().as_str(),
            after: &line[it.get(0).unwrap().end()..],
        })
        .collect()
}

/// The last name of what a call or value is called by, to be looked for in the line.
fn last_name(code: &str) -> Option<&str> {
    let head = code.split(['(', '{', '…']).next()?;
    head.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).find(|word| !word.is_empty())
}

#[test]
fn what_is_cited_is_there_and_shows_what_is_claimed() {
    let written = Written::new(&[]);
    let (mut lines, mut shown) = (0, 0);
    for (name, text) in written.all() {
        let headings: BTreeSet<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .map(|line| anchor(line.trim_start_matches('#').trim()))
            .collect();
        for Cited { label, href, after } in links(&text) {
            if let Some(own) = href.strip_prefix('#') {
                assert!(headings.contains(own), "{name}: no heading {href}");
                continue;
            }
            let (path, at) = target(&written.folder(), href);
            assert!(path.exists(), "{name}: {href} leads nowhere");
            let Some(number) = at.and_then(|at| at.strip_prefix('L')) else { continue };
            let number: usize = number.parse().unwrap();
            let file = fs::read_to_string(&path).unwrap();
            let all: Vec<&str> = file.lines().collect();
            assert!((1..=all.len()).contains(&number), "{name}: {href} is past the end");
            lines += 1;
            if label.contains(':') && !label.starts_with('`') {
                assert!(label.ends_with(&format!(":{number}")), "{name}: {label} leads to line {number}");
            }
            // A call that is quoted behind a link stands there, perhaps over a few lines.
            let quoted = after.split_once(": `").and_then(|(_, rest)| rest.strip_suffix('`'));
            if let Some(word) = quoted.filter(|code| code.contains('(')).and_then(last_name) {
                let around = all[number - 1..all.len().min(number + 8)].join("\n");
                assert!(around.contains(word), "{name}: {href} does not show {word}:\n{around}");
                shown += 1;
            }
        }
    }
    assert!(lines > 900 && shown > 170, "{lines} lines and {shown} quotations were looked at");
}

/// The anchor of a heading, as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn excerpts_are_lines_of_their_files() {
    let written = Written::new(&[]);
    let summary = written.text(SUMMARY);
    let mut excerpts = 0;
    for part in summary.split("\nFrom [").skip(1) {
        let href = part.split_once("](").unwrap().1.split_once(')').unwrap().0;
        let (path, _) = target(&written.folder(), href);
        let file = fs::read_to_string(path).unwrap();
        let code = part.split("```").nth(1).unwrap().split_once('\n').unwrap().1;
        for line in code.lines().filter(|line| !line.trim().is_empty()) {
            assert!(file.contains(line.trim()), "{href} has no line {line}");
        }
        excerpts += 1;
    }
    assert!(excerpts >= 10, "{excerpts} excerpts");
}

//! The documents from outside: their figures, that what they cite is there and shows what is
//! claimed, that they are the same from run to run, and what becomes of what people wrote.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flowaudit::report::docs::target;
use support::{DATA, EVENTS, SUMMARY, copy_tree, git, line, platform, run};
use tempfile::TempDir;

const CHECKLISTS: [&str; 2] = [
    "integration-flows_event-processing_workflow_checklist.md",
    "integration-flows_data-synchronization_workflow_checklist.md",
];

/// A copy of the platform with documents in `docs/audit`.
struct Written {
    dir: TempDir,
}

impl Written {
    fn new(more: &[&str]) -> Written {
        let written = Written { dir: tempfile::tempdir().unwrap() };
        copy_tree(&platform(), &written.root(), &|path: &Path, bytes| (path.to_owned(), bytes));
        let (code, _, err) = written.report(&[&["--date", "2026-01-31"], more].concat());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        written
    }

    /// A folder of the same name each time, since documents say it.
    fn root(&self) -> PathBuf {
        self.dir.path().join("platform")
    }

    fn report(&self, more: &[&str]) -> (Option<i32>, String, String) {
        run(&[&["report", ".", "-o", "docs/audit"], more].concat(), &self.root())
    }

    fn folder(&self) -> PathBuf {
        self.root().join("docs/audit")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).unwrap()
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(self.folder().join(name), text.replacen(from, to, 1)).unwrap();
    }

    fn all(&self) -> BTreeMap<String, String> {
        let names = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).map(|name| (name.clone(), self.text(&name))).collect()
    }
}

/// The cells of a row, by what its first cells are.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let section = text.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let table =
        section.lines().skip_while(|line| !line.starts_with("| ")).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    table.skip(2).map(cells).collect()
}

/// Percentages with their counts, by control: implemented, partial, needs review, missing.
fn figures(text: &str) -> BTreeMap<String, (Vec<u32>, String)> {
    let row = |cells: Vec<String>| {
        let title = cells[0].trim_start_matches('[').split(']').next().unwrap().to_owned();
        let counts = cells[1..5].iter().map(|cell| cell.parse().unwrap()).collect();
        let percent = cells[7].split("<br>").next().unwrap().to_owned();
        (title, (counts, percent))
    };
    rows(text, "## Key figures").into_iter().map(row).collect()
}

#[track_caller]
fn figure(text: &str, control: &str, counts: [u32; 4], percent: &str) {
    let all = figures(text);
    assert_eq!(all[control], (counts.to_vec(), percent.to_owned()), "{control}");
}

/// The numbers that people counted by hand when they looked at the consumer layer alone.
#[test]
fn the_consumer_layer_alone_gives_the_figures_that_were_counted_by_hand() {
    let written = Written::new(&["--depth", "0"]);
    let events = written.text(EVENTS);
    figure(&events, "Idempotency", [8, 0, 5, 0], "42 % (8 of 19)");
    figure(&events, "Dead letter", [5, 0, 3, 3], "26 % (5 of 19)");
    assert!(events.contains("`flowaudit report . -o docs/audit --depth 0`"));
}

/// And the ones that took them a second review of the code behind it.
#[test]
fn the_whole_path_gives_the_figures_of_the_second_review() {
    let written = Written::new(&[]);
    let events = written.text(EVENTS);
    figure(&events, "Idempotency", [11, 0, 0, 2], "58 % (11 of 19)");
    figure(&events, "Dead letter", [7, 0, 0, 4], "37 % (7 of 19)");
    let data = written.text(DATA);
    figure(&data, "Idempotency", [5, 0, 0, 0], "83 % (5 of 6)");
    figure(&data, "Schema validation", [3, 0, 0, 2], "50 % (3 of 6)");
    figure(&data, "Cache invalidation", [4, 0, 0, 0], "67 % (4 of 6)");
    assert!(data.contains(
        "counted once: 18 event types with a schema or validator registered for it (analytics 16, catalog 2)."
    ));
    // Go embeds these into variables, which alone the registration names.
    for file in ["pricing_price_updated_event.json", "warehouse_stock_updated_event.json"] {
        let path = format!("catalog/internal/schema/{file}");
        assert!(data.contains(&format!("[`{path}`](../../{path})")), "{path}");
    }

    let summary = written.text(SUMMARY);
    for percent in ["58 % (11 of 19)", "37 % (7 of 19)", "83 % (5 of 6)", "50 % (3 of 6)", "67 % (4 of 6)"] {
        assert!(summary.contains(percent), "{percent}");
    }
}

/// The first page says what to do, the audit says it once for each place.
#[test]
fn what_comes_first_is_told_first_and_once() {
    let written = Written::new(&[]);
    let summary = written.text(SUMMARY);
    let (first, _) = summary.split_once("## Key figures").unwrap();
    let told: Vec<&str> = first.lines().filter(|line| line.starts_with("1. ")).collect();
    let harm = "1. **P0 no-idempotency**, 4 findings in customer: A redelivered order.completed repeats an addition to a stored value. 3 more of this kind. **Do:** Record";
    assert!(told[0].starts_with(harm), "{told:?}");
    assert!(first.contains("Priorities: P0, money") && first.contains("its confidence: high, "), "{first}");
    assert!(!first.contains("one entry names both"), "no two rules are at the same lines");
    assert!(summary.contains("| Outbox (not counted) | ") && summary.contains("not part of the percentages"));
    assert!(told[0].contains("4 actions, the first at [customer/internal/data/postgres/customer.go:41]"));
    assert!(told[1..].iter().all(|line| line.starts_with("1. **P1 ")), "{told:?}");

    let events = written.text(EVENTS);
    let line = events.lines().find(|line| line.contains("order.status_changed or system.errors"));
    let line = line.expect("two flows through one place are one item");
    assert!(line.contains("[sender.go:29]") && line.ends_with("(2 findings, of 2 consumers)"), "{line}");
    assert!(!events.contains("customer.go:41). ["), "a place is told once");
}

#[test]
fn every_service_has_the_row_that_it_should() {
    let written = Written::new(&[]);
    let statuses = cells_of(&written.text(EVENTS), 4..7);
    let expected = [
        ("analytics", ["declarative", "implemented: database", "implemented: declarative"]),
        ("auth", ["none", "n/a", "n/a"]),
        ("catalog", ["programmatic", "implemented: redis", "implemented: programmatic"]),
        ("checkout", ["none", "implemented", "n/a"]),
        ("customer", ["programmatic", "missing", "missing"]),
        ("fulfillment", ["observer", "implemented", "implemented: programmatic"]),
        ("location", ["none", "n/a", "n/a"]),
        ("loyalty-rewards", ["none", "n/a", "n/a"]),
        ("notification", ["programmatic", "missing", "missing"]),
        ("order", ["programmatic", "implemented: database", "implemented"]),
        ("payment", ["programmatic", "implemented", "implemented: table"]),
        ("pricing", ["observer", "implemented: stateless, upsert", "implemented: programmatic"]),
        ("promotion", ["none", "n/a", "n/a"]),
        ("return", ["none", "implemented", "n/a"]),
        ("review", ["none", "n/a", "n/a"]),
        ("search", ["programmatic", "implemented: database", "implemented: handler"]),
        ("shipping", ["observer", "implemented: entity-state", "missing"]),
        ("user", ["none", "n/a", "n/a"]),
        ("warehouse", ["observer", "implemented: entity-state", "missing"]),
    ];
    assert_eq!(statuses.len(), expected.len());
    for (name, row) in expected {
        assert_row(name, &statuses[name], &row);
    }

    let statuses = cells_of(&written.text(DATA), 5..8);
    let expected = [
        ("analytics", ["implemented: database", "implemented: json-schema", "n/a"]),
        ("catalog", ["implemented: redis", "implemented: json-schema", "implemented"]),
        ("order", ["n/a", "n/a", "n/a"]),
        ("pricing", ["implemented", "missing", "implemented"]),
        ("search", ["implemented: database", "implemented: registry", "implemented"]),
        ("warehouse", ["implemented: entity-state", "missing", "implemented"]),
    ];
    assert_eq!(statuses.len(), expected.len());
    for (name, row) in expected {
        assert_row(name, &statuses[name], &row);
    }
}

/// Some cells of each service's row.
fn cells_of(text: &str, columns: std::ops::Range<usize>) -> BTreeMap<String, Vec<String>> {
    let of = |cells: Vec<String>| {
        let name = cells[1].trim_start_matches('[').split(']').next().unwrap().to_owned();
        (name, cells[columns.clone()].to_vec())
    };
    rows(text, "## Services").into_iter().map(of).collect()
}

/// Where a pattern is named, it is the one that people found.
#[track_caller]
fn assert_row(name: &str, found: &[String], row: &[&str]) {
    let fits = |(cell, wanted): (&String, &&str)| {
        let (cell, _) = cell.split_once("<br>").unwrap_or((cell, ""));
        cell == *wanted || cell.starts_with(&format!("{wanted}:"))
    };
    assert!(found.iter().zip(row).all(fits), "{name}: {found:?}, not {row:?}");
}

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

#[test]
fn runs_and_threads_change_no_byte() {
    let first = Written::new(&["--threads", "1"]).all();
    assert_eq!(first.len(), 5);
    for threads in ["1", "2", "4"] {
        assert!(Written::new(&["--threads", threads]).all() == first, "{threads} threads");
    }
}

#[test]
fn fresh_documents_pass_the_check_and_others_do_not() {
    let written = Written::new(&[]);
    let (code, out, err) = written.report(&["--check"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "5 documents are up to date\n", ""));

    written.replace(EVENTS, "| 11 |", "| 19 |");
    fs::remove_file(written.folder().join(DATA)).unwrap();
    let before = written.all();
    let (code, out, err) = written.report(&["--check"]);
    assert_eq!(code, Some(1), "{err}");
    let diff = out.replace(std::path::MAIN_SEPARATOR, "/");
    assert!(diff.contains("-| [Idempotency](#idempotency) | 19 |"), "{out}");
    assert!(diff.contains("+| [Idempotency](#idempotency) | 11 |"), "{out}");
    assert!(diff.contains(&format!("docs/audit/{DATA} is missing")), "{out}");
    assert!(err.contains("2 documents are stale"), "{err}");
    assert!(written.all() == before, "a check writes nothing");

    // The code changes: the documents are stale though nobody touched them.
    assert_eq!(written.report(&["-q"]).0, Some(0));
    let manifest = written.root().join("analytics/dapr/subscription.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("  deadLetterTopic: order-events.dlq\n", "", 1)).unwrap();
    let (code, out, _) = written.report(&["--check"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("-| [Dead letter](#dead-letter) | 7 |"), "{out}");
}

#[test]
fn what_people_wrote_stays() {
    let written = Written::new(&[]);
    let region = "<!-- flowaudit:keep notes -->\n";
    let words = "Agreed with the order team: *partial* is fine until June.\n\n| a | b |\n|---|---|\n";
    written.replace(EVENTS, region, &format!("{region}{words}"));
    let (code, out, err) = written.report(&["--check"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");

    // A section that is gone with the words in it: they are told of, and kept at the end.
    let gone = "<!-- flowaudit:keep history -->\nSince 2024.\n<!-- /flowaudit:keep -->\n";
    let text = written.text(EVENTS);
    fs::write(written.folder().join(EVENTS), format!("{text}\n{gone}")).unwrap();
    let (code, _, err) = written.report(&["-q"]);
    assert_eq!(code, Some(0));
    assert!(err.contains("the section of `history` is gone"), "{err}");
    let text = written.text(EVENTS);
    assert!(text.contains(words) && text.ends_with(gone), "{text}");
    assert_eq!(written.report(&["--check"]).0, Some(0), "what is kept at the end is no change");

    // A region that nothing closes: nothing is written.
    written.replace(EVENTS, "Since 2024.\n<!-- /flowaudit:keep -->", "Since 2024.");
    let before = written.all();
    let (code, _, err) = written.report(&[]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains(&format!("{EVENTS}:")) && err.contains("nothing closes the region `history`"),
        "{err}"
    );
    assert!(written.all() == before);
}

#[test]
fn nothing_is_written_over_what_is_not_ours() {
    let written = Written::new(&[]);
    fs::write(written.folder().join(SUMMARY), "# Mine\n").unwrap();
    let (code, _, err) = written.report(&[]);
    assert_eq!(code, Some(2));
    assert!(err.contains("was not written by flowaudit"), "{err}");
    assert_eq!(written.text(SUMMARY), "# Mine\n");

    let (code, _, err) = run(&["report", ".", "-o", "flowaudit.yaml/x"], &written.root());
    assert_eq!(code, Some(2));
    assert!(err.contains("cannot write"), "{err}");
}

/// The configuration of the copy with more below `reports:` and the audits.
fn configure(written: &Written, more: &str) {
    let path = written.root().join("flowaudit.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n{more}")).unwrap();
}

#[test]
fn templates_can_be_replaced_and_their_mistakes_have_a_place() {
    let written = Written::new(&[]);
    let templates = written.root().join("our-templates");
    fs::create_dir(&templates).unwrap();
    configure(&written, "reports:\n  title: Our flows\n  templates: [our-templates]\n");
    let own = templates.join("summary.md.tera");
    fs::write(&own, "# {{ title }}\n\n{{ numbers.consumers | count(of=\"consumer\") }}\n").unwrap();
    assert_eq!(written.report(&[]).0, Some(0));
    assert!(written.text(SUMMARY).ends_with("# Our flows\n\n33 consumers\n"));

    let before = written.all();
    for (text, place) in [
        ("# {{ title }}\n\n{% if %}\n", "summary.md.tera:3:"),
        ("# {{ title }}\n{{ nobody.knows }}\n", "summary.md.tera:2:"),
    ] {
        fs::write(&own, text).unwrap();
        let (code, _, err) = written.report(&[]);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(place), "{err}");
        assert!(written.all() == before, "nothing is half-written");
    }

    fs::rename(&own, templates.join("sumary.md.tera")).unwrap();
    let (code, _, err) = written.report(&[]);
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean `summary.md.tera`?"), "{err}");
}

#[test]
fn checklists_have_the_sections_and_items_that_workflows_need() {
    let written = Written::new(&[]);
    for (name, sections, items) in [(CHECKLISTS[0], 12, 60), (CHECKLISTS[1], 10, 45)] {
        let text = written.text(name);
        let numbered =
            text.lines().filter(|line| line.starts_with("## ") && line.as_bytes()[3].is_ascii_digit());
        assert_eq!(numbered.count(), sections, "{name}");
        let boxes: Vec<&str> = text.lines().filter(|line| line.starts_with("- [")).collect();
        assert!(boxes.len() >= items, "{name}: {} items", boxes.len());
        for line in boxes.iter().filter(|line| line.starts_with("- [x]")) {
            assert!(line.contains("): met. ") || line.contains("): attested by "), "{name}: {line}");
        }
    }
}

#[test]
fn a_word_counts_until_its_day_or_until_the_code_changes() {
    let written = Written::new(&[]);
    let list = CHECKLISTS[0];
    let line = |written: &Written| {
        let text = written.text(list);
        text.lines().find(|line| line.contains("(ep-saga-visible)")).unwrap().to_owned()
    };
    assert!(line(&written).starts_with("- [ ]"));
    let word = |rest: &str| {
        format!(
            "attestations:\n  - item: ep-saga-visible\n    by: Ada\n    when: 2026-01-10\n    until: 2026-06-30\n    \
             reason: Tried in the drill of January.\n    link: https://example.com/drill\n{rest}"
        )
    };
    let config = fs::read_to_string(written.root().join("flowaudit.yaml")).unwrap();
    configure(&written, &word(""));
    assert_eq!(written.report(&["--date", "2026-06-30"]).0, Some(0));
    let told = line(&written);
    assert!(
        told.starts_with("- [x]") && told.contains("attested by Ada on 2026-01-10, until 2026-06-30"),
        "{told}"
    );
    assert!(told.contains("[proof](https://example.com/drill)"), "{told}");

    assert_eq!(written.report(&["--date", "2026-07-01"]).0, Some(0));
    let told = line(&written);
    assert!(told.starts_with("- [ ]") && told.contains("ended on 2026-06-30"), "{told}");

    // Given for code: the message says what it hashes to, and a change ends it.
    fs::write(written.root().join("flowaudit.yaml"), &config).unwrap();
    configure(&written, &word("    covers: [order/internal/events]\n"));
    let (code, _, err) = written.report(&["--date", "2026-06-30"]);
    assert_eq!(code, Some(2));
    let hash = err.split("hashes to ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    fs::write(written.root().join("flowaudit.yaml"), &config).unwrap();
    configure(&written, &word(&format!("    covers: [order/internal/events]\n    hash: {hash}\n")));
    assert_eq!(written.report(&["--date", "2026-06-30"]).0, Some(0));
    assert!(line(&written).starts_with("- [x]"));
    let code = written.root().join("order/internal/events/publisher.go");
    fs::write(&code, fs::read_to_string(&code).unwrap() + "\n// Changed.\n").unwrap();
    assert_eq!(written.report(&["--date", "2026-06-30"]).0, Some(0));
    let told = line(&written);
    assert!(
        told.starts_with("- [ ]") && told.contains("lapsed: order/internal/events has changed"),
        "{told}"
    );
}

#[test]
fn audits_of_ones_own_get_documents_of_their_own() {
    let written = Written::new(&[]);
    let path = written.root().join("flowaudit.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let audits = "audits:\n  - name: money\n    title: Money\n    scope: [order, payment, customer]\n    \
                  controls: [idempotency, outbox]\n    topics: {include: ['payment.*', 'order.*']}\n    \
                  document: money.md\n";
    fs::write(&path, text.replacen("audits:\n", audits, 1)).unwrap();
    assert_eq!(written.report(&[]).0, Some(0));
    let money = written.text("money.md");
    assert!(money.contains("# Money: service audit"));
    figure(&money, "Outbox", [3, 0, 0, 0], "100 % (3 of 3)");
    assert!(!money.contains("auth.login"), "other topics are left out");
    assert!(written.text(SUMMARY).contains("### Money (3 services audited)"));
}

#[test]
fn what_has_changed_is_told() {
    let written = Written::new(&[]);
    let (code, before, _) = run(&["scan", ".", "--format", "json"], &written.root());
    assert_eq!(code, Some(0));
    fs::write(written.root().join("before.json"), before).unwrap();
    let manifest = written.root().join("analytics/dapr/subscription.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("  deadLetterTopic: order-events.dlq\n", "", 1)).unwrap();
    assert_eq!(written.report(&["--since", "before.json"]).0, Some(0));
    let events = written.text(EVENTS);
    assert!(events.contains("| analytics | Dead letter | implemented | partial |"), "{events}");
    assert!(events.contains("| event-processing | Dead letter | 7 of 19 = 37 % | 6 of 19 = 32 % |"));

    let (code, _, err) = written.report(&["--since", "flowaudit.yaml"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("cannot use flowaudit.yaml"), "{err}");
}

/// A copy under git in which one subscription has lost its dead letter since the commit.
fn without_a_dead_letter() -> Written {
    let written = Written::new(&[]);
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "one"]] {
        assert!(git(&written.root(), args).0);
    }
    let manifest = written.root().join("analytics/dapr/subscription.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("  deadLetterTopic: order-events.dlq\n", "", 1)).unwrap();
    written
}

#[test]
fn what_has_changed_since_a_revision_is_told() {
    let written = without_a_dead_letter();
    let (code, _, err) =
        written.report(&["--against", "HEAD", "--date", "2026-01-31", "--format", "markdown,html"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let events = written.text(EVENTS);
    assert!(events.contains("| analytics | Dead letter | implemented | partial |"), "{events}");
    assert!(
        written.text("flow-audit.html").contains("<li>analytics, Dead letter: implemented, now partial</li>")
    );
    let (code, _, err) = written.report(&["--against", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("nowhere"), "{err}");
}

#[test]
fn what_is_waived_is_shown_with_who_answers_for_it() {
    let written = without_a_dead_letter();
    configure(
        &written,
        "waivers:\n  - rule: no-dead-letter\n    service: analytics\n    reason: Replayed from the archive.\n    \
         owner: team-insight\n    until: 2026-06-30\n",
    );
    assert_eq!(written.report(&["--date", "2026-06-30", "--format", "markdown,html"]).0, Some(0));
    let events = written.text(EVENTS);
    let row = events.lines().find(|line| line.starts_with("| [Dead letter](#dead-letter)")).unwrap();
    assert_eq!(row, "| [Dead letter](#dead-letter) | 6 | 0 | 0 | 4 | 1 | 8 | 32 % (6 of 19) |");
    for text in [events, written.text("flow-audit.html")] {
        for told in ["Replayed from the archive.", "team-insight", "2026-06-30"] {
            assert!(text.contains(told), "{told}");
        }
    }
    // The day after, it counts again, and nobody hides behind it.
    assert_eq!(written.report(&["--date", "2026-07-01"]).0, Some(0));
    assert!(written.text(SUMMARY).contains("expired-waiver"));
    assert!(written.text(EVENTS).contains("| [Dead letter](#dead-letter) | 6 | 1 |"));
}

#[test]
fn mistakes_in_a_checklist_and_folders_in_the_way_leave_everything_as_it_was() {
    let written = Written::new(&[]);
    fs::create_dir(written.folder().join("flow-audit.html")).unwrap();
    let before = written.text(SUMMARY);
    let manifest = written.root().join("analytics/dapr/subscription.yaml");
    fs::write(&manifest, "").unwrap();
    let (code, _, err) = written.report(&["--format", "markdown,html"]);
    assert_eq!((code, written.text(SUMMARY) == before), (Some(2), true), "{err}");
    assert!(err.contains("flow-audit.html"), "{err}");

    let list = "id: ours\ntitle: Ours\nsections:\n  - title: One\n    items:\n      - id: a-one\n        title: A\n        \
                control: idempotance\n        help: B\n";
    fs::write(written.root().join("ours.yaml"), list).unwrap();
    configure(&written, "reports:\n  checklists: [ours.yaml]\n");
    let (code, _, err) = written.report(&[]);
    assert_eq!((code, written.text(SUMMARY) == before), (Some(2), true), "{err}");
    assert!(
        err.contains("ours.yaml:8:18: unknown control `idempotance`; did you mean `idempotency`?"),
        "{err}"
    );
}

#[test]
fn what_is_in_place_and_weak_is_said_beside_its_status_and_its_percentage() {
    let written = Written::new(&[]);
    let events = written.text(EVENTS);
    let row = line(&events, &["| [catalog](#catalog) |"]);
    assert!(
        row.contains("implemented: redis<br>known weakness: [dedupe-not-atomic](../../catalog/"),
        "{row}"
    );
    // A control that is not in place has its gap, and no weakness beside it.
    let row = line(&events, &["| [customer](#customer) |"]);
    assert!(row.contains("| missing |") && !row.contains("known weakness"), "{row}");
    let figure = line(&events, &["| [Idempotency](#idempotency) |"]);
    assert!(figure.ends_with("| 58 % (11 of 19)<br>4 of the 11 with a known weakness |"), "{figure}");
    assert!(
        events.contains("Known weakness, beside implemented: it stands before every message"),
        "the word is explained"
    );
    let consumer = line(&events, &["| [`pricing.price.updated`]", "[PriceUpdateHandler."]);
    assert!(consumer.contains("known weakness: [dedupe-not-atomic]"), "{consumer}");
    assert!(events.contains("- **dedupe-not-atomic** (P2): "));
    assert!(written.text(SUMMARY).contains("| 58 % (11 of 19)<br>4 of the 11 with a known weakness |"));
}

#[test]
fn an_audit_lists_what_it_looks_at_and_says_where_the_rest_is() {
    let written = Written::new(&[]);
    let (events, data) = (written.text(EVENTS), written.text(DATA));
    let of_warehouse = "A message of order.status_changed that keeps failing ends nowhere";
    assert!(events.contains("**no-dead-letter**") && events.contains(of_warehouse));
    assert!(!data.contains("**no-dead-letter**") && !data.contains(of_warehouse));
    let told = line(&data, &["are listed elsewhere: "]);
    assert!(
        told.contains(&format!("of dead letter in [Event processing]({EVENTS}#priority-actions)")),
        "{told}"
    );
    // What no other audit counts stays where it is.
    let mut config = fs::read_to_string(written.root().join("flowaudit.yaml")).unwrap();
    config =
        config.replace("controls: [idempotency, dead_letter, schema]", "controls: [idempotency, schema]");
    fs::write(written.root().join("flowaudit.yaml"), config).unwrap();
    assert_eq!(written.report(&[]).0, Some(0));
    // It is told in the first of them, and the second says so.
    assert!(written.text(EVENTS).contains(of_warehouse));
    let data = written.text(DATA);
    let told = line(&data, &["- **no-dead-letter** ("]);
    assert!(told.ends_with(&format!("told in [Event processing]({EVENTS}#priority-actions).")), "{told}");
    assert!(!data.contains(of_warehouse), "{told}");
}

#[test]
fn what_an_audit_before_it_says_of_a_service_is_referred_to() {
    let written = Written::new(&[]);
    let (events, data) = (written.text(EVENTS), written.text(DATA));
    let same = format!("**Idempotency: implemented** (redis): as in [Event processing]({EVENTS}#catalog)");
    assert!(line(&data, &[&same]).ends_with("with its evidence and its known weakness."));
    assert!(!events.contains("as in [Event processing]"));
    // What it alone is about is told in full.
    assert!(data.contains("**Cache invalidation: implemented** (cascading"));
    let item = "The same as ep-infra-broker in the [other checklist](";
    assert!(line(&written.text(CHECKLISTS[1]), &["(ds-infra-broker): "]).contains(item));
}

#[test]
fn who_announces_is_told_with_the_reason_why_it_is_counted_or_not() {
    let written = Written::new(&[]);
    let data = written.text(DATA);
    assert!(data.contains("## Who announces"));
    assert!(
        line(&data, &["| promotion |", "`promotion.created`", "| pricing |"]).contains("no: the `scope`")
    );
    assert!(line(&data, &["| pricing |", "`pricing.price.updated`"]).contains("| yes: "));
    // Without a configuration, those who only send are no part of the audit of copies.
    fs::remove_file(written.root().join("flowaudit.yaml")).unwrap();
    assert_eq!(written.report(&[]).0, Some(0));
    let data = written.text(DATA);
    let row = line(&data, &["| promotion |", "`promotion.created`"]);
    assert!(row.contains("no: the audit is of those who receive messages or keep a cache"), "{row}");
    assert!(line(&data, &["Not part of this audit: "]).contains("and neither was seen"));
}

#[test]
fn documents_say_which_system_they_are_about_and_no_checkout_makes_them_stale() {
    let written = Written::new(&[]);
    for (name, text) in written.all() {
        assert!(text.contains("**System:** platform · **Date:** 2026-01-31"), "{name}");
    }
    // The same tree in a folder of another name, as a build has it.
    let elsewhere = written.dir.path().join("build-7");
    fs::rename(written.root(), &elsewhere).unwrap();
    let check = ["report", ".", "-o", "docs/audit", "--check"];
    let (code, _, err) = run(&check, &elsewhere);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    // A revision is named when it is asked for, and no later commit makes that stale.
    let (code, _, _) = run(&["report", ".", "-o", "docs/audit", "--revision", "v1.2-3 <main>"], &elsewhere);
    assert_eq!(code, Some(0));
    let text = fs::read_to_string(elsewhere.join("docs/audit").join(EVENTS)).unwrap();
    assert!(text.contains("**System:** build-7 · **Revision:** v1.2-3 \\<main\\> · "), "{text:.600}");
    assert_eq!(run(&check, &elsewhere).0, Some(0));
    let path = elsewhere.join("flowaudit.yaml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{config}\nreports: {{title: Shop}}\n")).unwrap();
    assert_eq!(run(&check, &elsewhere).0, Some(1));
    assert_eq!(run(&check[..4], &elsewhere).0, Some(0));
    let text = fs::read_to_string(elsewhere.join("docs/audit").join(SUMMARY)).unwrap();
    assert!(text.contains("# Shop: implementation summary") && text.contains("**System:** Shop · **Date:**"));
}

#[test]
fn the_words_of_cells_are_explained_below_them() {
    let written = Written::new(&[]);
    let events = written.text(EVENTS);
    let legend = line(&events, &["- **Idempotency:** "]);
    for word in ["`database` – Record of handled", "`redis` – Key in Redis", "`entity-state` – State of"]
    {
        assert!(legend.contains(word), "{legend}");
    }
    assert!(line(&written.text(DATA), &["- **Cache invalidation:** "]).contains("`cascading` – "));
    assert!(events.contains("[subscription types](#subscription-types) says what the words"));
}

#[test]
fn what_to_watch_names_what_is_there() {
    let summary = Written::new(&[]).text(SUMMARY);
    let (_, watch) = summary.split_once("## What to watch").unwrap();
    let told = line(watch, &["For analytics", "Dead-letter places: ", "`order-events.dlq`"]);
    assert!(told.contains(" Places for failed messages of: `catalog.product.created`"), "{told}");
    line(watch, &["For order, payment. Places for failed messages of: ", "`payment.captured`"]);
    line(watch, &["For analytics", "Topics: ", "`auth.login`", " more."]);
    line(watch, &["For pricing", "Caches: ", "`prices:sku:{hmac}`", "`warehouse:location:{locationID}`"]);
    line(watch, &["For catalog", "Topics: `checkout.cart.converted`"]);
}

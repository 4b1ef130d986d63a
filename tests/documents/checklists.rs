//! The checklists: their sections and items, and the word of people.

use std::fs;

use crate::{CHECKLISTS, Written, configure};

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

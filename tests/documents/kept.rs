//! That documents are the same from run to run, and what becomes of what people wrote.

use std::fs;

use crate::support::{DATA, EVENTS, SUMMARY, run};
use crate::{Written, configure};

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

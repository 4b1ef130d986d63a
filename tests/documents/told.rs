//! What documents tell, where, and what they leave to one another.

use std::fs;

use crate::support::{DATA, EVENTS, SUMMARY, git, line, run};
use crate::{CHECKLISTS, Written, configure, figure};

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
    assert!(told[0].contains("4 actions, at [customer/internal/data/postgres/customer.go:41]"));
    assert!(told[1..].iter().all(|line| line.starts_with("1. **P1 ")), "{told:?}");

    let events = written.text(EVENTS);
    let line = events.lines().find(|line| line.contains("order.status_changed or system.errors"));
    let line = line.expect("two flows through one place are one item");
    assert!(line.contains("[sender.go:29]") && line.ends_with("(2 findings, of 2 consumers)"), "{line}");
    assert!(!events.contains("customer.go:41). ["), "a place is told once");
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

//! Decision tables: signals in, status out. The tables are data (`rules/controls/*.yaml`), in
//! order, first match wins.

use crate::audit::{Confidence, Control, Priority, Severity, Status};
use crate::syntax::yaml::{self, Entry, Node};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a control's scan boils down to: words that tables ask for.
pub type Signals = BTreeSet<&'static str>;

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Signals that must be there.
    pub when: Vec<String>,
    /// Signals that must not.
    pub unless: Vec<String>,
    /// The status.
    pub status: Status,
    /// The pattern; `@` asks the scan.
    pub pattern: Option<String>,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub why: String,
}

/// What makes a verdict less sure than its row says. The first that fits counts: its sentence follows
/// the row's.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// Signals that must be there.
    pub when: Vec<String>,
    /// Signals that must not.
    pub unless: Vec<String>,
    /// The statuses it is a doubt about; none named: all.
    pub of: Vec<Status>,
    /// How sure a verdict still is.
    pub confidence: Confidence,
    /// One sentence.
    pub why: String,
}

/// A weakness to report when its signals are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Weakness {
    /// Finding rule.
    pub id: String,
    /// Other rules whose case it is too.
    pub also: Vec<String>,
    /// Signals that must be there.
    pub when: Vec<String>,
    /// Signals that must not.
    pub unless: Vec<String>,
    /// Severity.
    pub severity: Severity,
    /// Priority.
    pub priority: Priority,
    /// What goes wrong; `{…}` is filled in.
    pub message: String,
    /// What to do.
    pub help: String,
    /// What to do on a transport on which that is done in a way of its own.
    help_on: Vec<(String, String)>,
    /// Where it is reported.
    pub at: At,
}

/// Where a weakness is reported, which is where it is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Where its evidence lies.
    Evidence,
    /// Where its evidence lies in code of the service; for what lies in code that others share, at the
    /// handler.
    Service,
    /// At the handler.
    Handler,
}

impl Weakness {
    /// What to do about it on a transport.
    pub fn help(&self, transport: &str) -> &str {
        self.help_on.iter().find(|(on, _)| on == transport).map_or(&self.help, |(_, help)| help)
    }
}

/// A control's table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Which control.
    pub control: Control,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// Doubts in order.
    pub doubts: Vec<Doubt>,
    /// Weaknesses in order.
    pub weaknesses: Vec<Weakness>,
    /// Findings that code reports with places of their own, in order.
    pub findings: Vec<Weakness>,
    /// Lists of names that the concern goes by.
    names: Vec<(String, Vec<String>)>,
}

impl Table {
    /// The first row whose signals are there.
    pub fn decide(&self, signals: &Signals) -> Option<&Row> {
        self.rows.iter().find(|row| row.fits(signals))
    }

    /// The first doubt about what `row` says: one that is no surer than the row itself.
    pub fn doubt(&self, row: &Row, signals: &Signals) -> Option<&Doubt> {
        self.doubts.iter().find(|doubt| {
            (doubt.of.is_empty() || doubt.of.contains(&row.status))
                && doubt.confidence >= row.confidence
                && fits(&doubt.when, &doubt.unless, signals)
        })
    }

    /// A finding of its own place: the first of this id whose signals are there.
    pub fn finding(&self, id: &str, signals: &Signals) -> Option<&Weakness> {
        self.findings.iter().find(|w| w.id == id && fits(&w.when, &w.unless, signals))
    }

    /// Everything the table can report: weaknesses of consumers, then findings of their own place.
    pub fn reports(&self) -> impl Iterator<Item = &Weakness> {
        self.weaknesses.iter().chain(&self.findings)
    }

    /// The names listed under `key`.
    pub fn names(&self, key: &str) -> &[String] {
        self.names.iter().find(|(k, _)| k == key).map_or(&[], |(_, names)| names)
    }

    /// The weaknesses whose signals are there.
    pub fn weaknesses(&self, signals: &Signals) -> Vec<&Weakness> {
        self.weaknesses.iter().filter(|w| fits(&w.when, &w.unless, signals)).collect()
    }
}

impl Row {
    /// Whether the signals it asks for are there, and none that it forbids.
    pub fn fits(&self, signals: &BTreeSet<&str>) -> bool {
        fits(&self.when, &self.unless, signals)
    }
}

fn fits(when: &[String], unless: &[String], signals: &BTreeSet<&str>) -> bool {
    when.iter().all(|s| signals.contains(s.as_str())) && !unless.iter().any(|s| signals.contains(s.as_str()))
}

/// Reads a table; the text is embedded, so a mistake in it is a mistake of the program and tests
/// hold every table to `problems`.
pub fn read(text: &str) -> Option<Table> {
    let (nodes, _) = yaml::parse(text);
    let root = nodes.first()?;
    let control = Control::from_word(root.get("control")?.as_str()?)?;
    let items = |key: &str| root.get(key).map_or(&[][..], Node::items);
    let names = root.get("names").map_or(&[][..], Node::entries);
    Some(Table {
        control,
        rows: items("table").iter().filter_map(row).collect(),
        doubts: items("doubts").iter().filter_map(doubt).collect(),
        weaknesses: items("weaknesses").iter().filter_map(weakness).collect(),
        findings: items("findings").iter().filter_map(weakness).collect(),
        names: names.iter().map(|e| (e.key.clone(), list(&e.value))).collect(),
    })
}

fn words(node: &Node, key: &str) -> Vec<String> {
    node.get(key).map(list).unwrap_or_default()
}

/// One word or several.
fn list(node: &Node) -> Vec<String> {
    if node.items().is_empty() {
        return node.as_str().map(str::to_owned).into_iter().collect();
    }
    node.items().iter().filter_map(Node::as_str).map(str::to_owned).collect()
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_owned)
}

fn row(node: &Node) -> Option<Row> {
    Some(Row {
        when: words(node, "when"),
        unless: words(node, "unless"),
        status: Status::from_word(&text(node, "status")?)?,
        pattern: text(node, "pattern"),
        confidence: Confidence::from_word(&text(node, "confidence")?)?,
        why: text(node, "why")?,
    })
}

fn doubt(node: &Node) -> Option<Doubt> {
    Some(Doubt {
        when: words(node, "when"),
        unless: words(node, "unless"),
        of: words(node, "of").iter().map(|word| Status::from_word(word)).collect::<Option<_>>()?,
        confidence: Confidence::from_word(&text(node, "confidence")?)?,
        why: text(node, "why")?,
    })
}

fn weakness(node: &Node) -> Option<Weakness> {
    Some(Weakness {
        id: text(node, "id")?,
        also: words(node, "also"),
        when: words(node, "when"),
        unless: words(node, "unless"),
        severity: Severity::from_word(&text(node, "severity")?)?,
        priority: Priority::from_word(&text(node, "priority")?)?,
        message: text(node, "message")?,
        help: text(node, "help")?,
        at: match text(node, "at").as_deref() {
            None => At::Evidence,
            Some("service") => At::Service,
            Some("handler") => At::Handler,
            Some(_) => return None,
        },
        help_on: node.get("help-on").map_or(&[][..], Node::entries).iter().filter_map(on).collect(),
    })
}

/// A transport and its help.
fn on(entry: &Entry) -> Option<(String, String)> {
    Some((entry.key.clone(), entry.value.as_str()?.to_owned()))
}

/// The embedded tables.
pub const TABLES: [&str; 6] = [
    include_str!("../../rules/controls/idempotency.yaml"),
    include_str!("../../rules/controls/dead_letter.yaml"),
    include_str!("../../rules/controls/schema.yaml"),
    include_str!("../../rules/controls/cache_invalidation.yaml"),
    include_str!("../../rules/controls/outbox.yaml"),
    include_str!("../../rules/controls/topics.yaml"),
];

/// Every table, read once.
pub fn all() -> &'static [Table] {
    static ALL: LazyLock<Vec<Table>> =
        LazyLock::new(|| TABLES.iter().filter_map(|text| read(text)).collect());
    &ALL
}

/// The table of a control.
pub fn of(control: Control) -> Option<&'static Table> {
    all().iter().find(|table| table.control == control)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What code reports, with a place of its own, where a signal is there.
    const REPORTED: [(&str, &str); 11] = [
        ("unconfirmed", "outbox-unconfirmed-send"),
        ("keeps-old", "cache-keeps-old-value"),
        ("invalidates-some", "cache-never-invalidated"),
        ("expires", "cache-only-expires"),
        ("status-missing", "cache-never-invalidated"),
        ("swallows-some", "ack-on-error"),
        ("unparked", "ack-on-error"),
        ("unguarded-effects", "effect-repeated"),
        ("no-relay", "outbox-without-worker"),
        ("dual-write", "dual-write"),
        ("some-through-outbox", "outbox-bypassed"),
    ];

    #[test]
    fn every_verdict_that_is_not_in_place_leads_to_something_to_do() {
        for table in all() {
            for row in table.rows.iter().filter(|r| matches!(r.status, Status::Partial | Status::Missing)) {
                let missing = (row.status == Status::Missing).then_some("status-missing");
                let signals: BTreeSet<&str> = row.when.iter().map(String::as_str).chain(missing).collect();
                let told = table.weaknesses.iter().any(|w| fits(&w.when, &w.unless, &signals));
                let reported = REPORTED.iter().any(|(signal, id)| {
                    signals.contains(signal) && table.findings.iter().any(|finding| finding.id == *id)
                });
                assert!(told || reported, "{:?}: {:?}", table.control, row.when);
            }
        }
    }

    #[test]
    fn what_is_a_case_of_another_rule_names_one_that_there_is() {
        let reports = || all().iter().flat_map(Table::reports);
        for weakness in reports() {
            for other in &weakness.also {
                assert!(*other != weakness.id && reports().any(|w| w.id == *other), "{}", weakness.message);
            }
        }
    }

    #[test]
    fn every_row_of_every_table_is_read() {
        for text in TABLES {
            let table = read(text).expect("a table");
            let (nodes, problems) = yaml::parse(text);
            assert!(problems.is_empty(), "{problems:?}");
            assert_eq!(table.rows.len(), nodes[0].get("table").map_or(0, |t| t.items().len()));
            assert_eq!(table.doubts.len(), nodes[0].get("doubts").map_or(0, |t| t.items().len()));
            assert_eq!(table.weaknesses.len(), nodes[0].get("weaknesses").map_or(0, |t| t.items().len()));
            assert_eq!(table.findings.len(), nodes[0].get("findings").map_or(0, |t| t.items().len()));
            let all = table.rows.last().is_none_or(|last| last.when.is_empty() && last.unless.is_empty());
            assert!(all, "the last row catches all");
        }
    }
}

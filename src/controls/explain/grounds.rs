//! What a verdict rests on, and what would change it: read off the rows of the decision table.
//!
//! A row is reached when its signals are there and no earlier row takes the case. The change to
//! it is therefore what it lacks, what it forbids, and one signal of each earlier row that would
//! come first.

use crate::audit::Status;
use crate::audit::explanation::{Change, Grounds, Signal};
use crate::controls::table::{Row, Signals, Table};
use crate::syntax::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// How many changes in one direction are worth telling.
const CHANGES: usize = 3;

/// Signals about what could be seen, which no change of the code brings.
const OUT_OF_SIGHT: [&str; 4] = ["no-handler", "cut-by-depth", "unresolved", "handed-on"];

/// What the words of decision tables mean.
pub struct Meanings(BTreeMap<String, String>);

impl Meanings {
    /// Reads the embedded vocabulary.
    pub fn new() -> Meanings {
        let (nodes, _) = yaml::parse(include_str!("../../../rules/signals.yaml"));
        let entries = nodes.first().map_or(&[][..], yaml::Node::entries);
        let pair = |e: &yaml::Entry| Some((e.key.clone(), e.value.as_str()?.to_owned()));
        Meanings(entries.iter().filter_map(pair).collect())
    }

    /// A signal with what it means.
    pub fn of(&self, name: &str) -> Signal {
        Signal { name: name.to_owned(), means: self.0.get(name).cloned().unwrap_or_default() }
    }

    /// Several, in their order.
    pub fn all<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Vec<Signal> {
        names.into_iter().map(|name| self.of(name.as_ref())).collect()
    }
}

/// What the verdict of `table` on `signals` rests on.
pub fn grounds(table: &Table, signals: &Signals, meanings: &Meanings) -> Grounds {
    let Some(decisive) = table.decide(signals) else { return Grounds::default() };
    let doubted = table.doubt(decisive, signals).map_or(&[][..], |doubt| &doubt.when);
    let more = doubted.iter().filter(|word| !decisive.when.contains(word));
    let decided: Vec<&String> = decisive.when.iter().chain(more).collect();
    let rest = signals.iter().filter(|s| !decided.iter().any(|w| w == *s));
    let now = quality(decisive.status);
    let all = reachable(table, signals);
    let mut better: Vec<&Reached> = all.iter().filter(|r| quality(r.row.status) < now).collect();
    // The last row is what is left when nothing is there to protect: rarely what anybody wants.
    better
        .sort_by_key(|r| (quality(r.row.status), r.row.when.is_empty(), r.cost(), r.row.confidence, r.index));
    // One way to each pattern is enough of a hint.
    let mut patterns = BTreeSet::new();
    better.retain(|r| patterns.insert((r.row.status, &r.row.pattern)));
    let mut worse: Vec<&Reached> =
        all.iter().filter(|r| quality(r.row.status) > now && r.touches(decisive)).collect();
    worse.sort_by_key(|r| (r.cost(), quality(r.row.status), r.index));
    let told = |list: Vec<&Reached>| simplest(list).take(CHANGES).map(|r| r.change(meanings)).collect();
    Grounds {
        decided_by: meanings.all(&decided),
        also_seen: meanings.all(rest),
        better: told(better),
        worse: told(worse),
    }
}

/// Leaves out what asks for more than one before it.
fn simplest<'r, 't>(list: Vec<&'r Reached<'t>>) -> impl Iterator<Item = &'r Reached<'t>> {
    let mut kept: Vec<&Reached> = Vec::new();
    for reached in list {
        let within = |part: &[&str], whole: &[&str]| part.iter().all(|s| whole.contains(s));
        if !kept.iter().any(|k| within(&k.gain, &reached.gain) && within(&k.lose, &reached.lose)) {
            kept.push(reached);
        }
    }
    kept.into_iter()
}

/// Lower is better. An open question may be answered either way.
fn quality(status: Status) -> u8 {
    match status {
        Status::Implemented | Status::NotApplicable => 0,
        Status::Partial => 1,
        Status::NeedsReview => 2,
        Status::Missing => 3,
    }
}

/// A row and what leads to it.
struct Reached<'t> {
    row: &'t Row,
    index: usize,
    gain: Vec<&'t str>,
    lose: Vec<&'t str>,
}

impl Reached<'_> {
    fn cost(&self) -> usize {
        self.gain.len() + self.lose.len()
    }

    /// Whether the change to it has to do with what decided the verdict.
    fn touches(&self, decisive: &Row) -> bool {
        let decides = |signal: &str| decisive.when.iter().any(|w| w == signal);
        decisive.when.is_empty()
            || self.row.when.iter().any(|s| decides(s))
            || self.lose.iter().any(|s| decides(s))
    }

    fn change(&self, meanings: &Meanings) -> Change {
        Change {
            status: self.row.status,
            pattern: told(self.row.pattern.as_deref()),
            why: self.row.why.clone(),
            gain: meanings.all(&self.gain),
            lose: meanings.all(&self.lose),
        }
    }
}

/// A row's pattern, unless it is none or depends on what was seen.
pub fn told(pattern: Option<&str>) -> Option<String> {
    pattern.filter(|p| !matches!(*p, "@" | "none")).map(str::to_owned)
}

/// The rows that a change of the code, or of the policy, leads to.
fn reachable<'t>(table: &'t Table, signals: &Signals) -> Vec<Reached<'t>> {
    let claims = |row: &Row| !matches!(row.status, Status::NeedsReview | Status::NotApplicable);
    let rows = table.rows.iter().enumerate().filter(|(_, row)| claims(row));
    rows.filter_map(|(index, _)| reach(table, index, signals)).collect()
}

fn reach<'t>(table: &'t Table, index: usize, signals: &Signals) -> Option<Reached<'t>> {
    let row = &table.rows[index];
    let gain: Vec<&str> = row.when.iter().map(String::as_str).filter(|s| !signals.contains(s)).collect();
    if gain.iter().any(|s| OUT_OF_SIGHT.contains(s)) {
        return None;
    }
    let mut lose: Vec<&str> = row.unless.iter().map(String::as_str).filter(|s| signals.contains(s)).collect();
    let mut then: BTreeSet<&str> = signals.iter().copied().chain(gain.iter().copied()).collect();
    then.retain(|s| !lose.contains(s));
    for earlier in &table.rows[..index] {
        if earlier.fits(&then) {
            let spare =
                || earlier.when.iter().map(String::as_str).filter(|s| !row.when.iter().any(|w| w == s));
            // To see more is easier than to change what is seen.
            let spare = spare().find(|s| OUT_OF_SIGHT.contains(s)).or_else(|| spare().next())?;
            then.remove(spare);
            lose.push(spare);
        }
    }
    let first = table.rows.iter().position(|row| row.fits(&then));
    (first == Some(index)).then_some(Reached { row, index, gain, lose })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::table::{TABLES, read};

    fn table(text: &str) -> Table {
        read(text).expect("a table")
    }

    fn explained(rows: &str, signals: &[&'static str]) -> Grounds {
        let text = format!("control: schema\ntable:\n{rows}");
        grounds(&table(&text), &signals.iter().copied().collect(), &Meanings::new())
    }

    const ROWS: &str = "  - {when: [a, b], status: partial, confidence: high, why: half}
  - {when: [a], status: implemented, pattern: one, confidence: high, why: whole}
  - {when: [c], unless: [d], status: implemented, pattern: two, confidence: high, why: other}
  - {when: [e], status: missing, confidence: high, why: none of it}
  - {status: needs-review, confidence: low, why: who knows}
";

    fn words(changes: &[Change]) -> Vec<String> {
        let names = |list: &[Signal], sign: &str| -> String {
            list.iter().flat_map(|s| [" ", sign, &s.name]).collect()
        };
        changes
            .iter()
            .map(|c| format!("{}{}{}", c.status, names(&c.gain, "+"), names(&c.lose, "-")))
            .collect()
    }

    #[test]
    fn a_change_is_what_a_row_lacks_forbids_and_must_get_past() {
        let cases: [(&[&'static str], &[&str], &[&str]); 4] = [
            (&["a", "b"], &["implemented -b", "implemented +c -a"], &["missing +e -a"]),
            (&["d", "e"], &["implemented +a", "implemented +c -d"], &[]),
            (&["a"], &[], &["partial +b", "missing +e -a"]),
            (&["x"], &["implemented +a", "implemented +c"], &["missing +e"]),
        ];
        for (signals, better, worse) in cases {
            let grounds = explained(ROWS, signals);
            assert_eq!(words(&grounds.better), better, "better than {signals:?}");
            assert_eq!(words(&grounds.worse), worse, "worse than {signals:?}");
        }
    }

    #[test]
    fn the_signals_that_decided_stand_apart() {
        let grounds = explained(ROWS, &["a", "x"]);
        let names = |list: &[Signal]| list.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&grounds.decided_by), names(&grounds.also_seen)),
            (vec!["a".into()], vec!["x".into()])
        );
    }

    #[test]
    fn every_word_of_every_table_has_a_meaning_and_no_other() {
        let mut used = BTreeSet::new();
        for table in TABLES.iter().map(|text| table(text)) {
            let rows = table.rows.iter().flat_map(|r| r.when.iter().chain(&r.unless));
            let rows = rows.chain(table.doubts.iter().flat_map(|d| d.when.iter().chain(&d.unless)));
            let weaknesses = table.reports().flat_map(|w| w.when.iter().chain(&w.unless));
            used.extend(rows.chain(weaknesses).cloned());
        }
        let known: BTreeSet<String> = Meanings::new().0.into_keys().collect();
        assert_eq!(used, known, "the words of rules/controls and those of rules/signals.yaml");
    }
}

//! What a refactoring leaves alone, and what it does not.
//!
//! Other names for locals, functions in other files of their package, handlers split into helpers,
//! comments and empty lines change no verdict and no finding's identity. Taking away the check, the
//! mark, the guard's return or the dead letter changes what it should and nothing else.

mod edits;
mod removals;
mod source;
mod split;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use edits::{Dice, Files};
use flowaudit::audit::Audit;
use flowaudit::config::{Settings, load};
use flowaudit::progress::Progress;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use support::{copy_tree, list, platform};

/// What an audit claims, a line each: what must survive a refactoring.
fn claims(audit: &Audit) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for consumer in &audit.consumers {
        for (control, verdict) in &consumer.controls {
            let pattern = verdict.pattern.as_deref().unwrap_or("-");
            out.insert(format!(
                "consumer {} {control:?}: {:?} {pattern} {:?}",
                consumer.id, verdict.status, verdict.confidence
            ));
        }
    }
    for service in &audit.services {
        for (control, verdict) in &service.controls {
            let patterns = verdict.patterns.join("+");
            out.insert(format!("service {} {control:?}: {:?} {patterns}", service.name, verdict.status));
        }
    }
    for publisher in &audit.publishers {
        let outbox = if publisher.outbox { "through an outbox" } else { "directly" };
        out.insert(format!("{} sends {} {outbox}", publisher.service, publisher.topic.name));
    }
    // How thick an observer is, is a matter of how it is cut into functions.
    for finding in audit.findings.iter().filter(|finding| finding.rule != "thick-observer") {
        let about = finding.consumer.as_ref().unwrap_or(&finding.service);
        out.insert(format!(
            "finding {} {:?} {about} [{}]",
            finding.rule, finding.priority, finding.fingerprint
        ));
    }
    out
}

fn audit(folder: &Path) -> Audit {
    let config = load(&folder.join("flowaudit.yaml"), folder).unwrap();
    flowaudit::audit_tree(&Settings::with_config(folder, config), &Progress::default()).unwrap()
}

static FIXTURE: LazyLock<Audit> = LazyLock::new(|| audit(&platform()));
static BEFORE: LazyLock<BTreeSet<String>> = LazyLock::new(|| claims(&FIXTURE));

/// Where the functions stand that a message runs through.
static HANDLERS: LazyLock<BTreeSet<(PathBuf, usize)>> = LazyLock::new(|| {
    let symbols = FIXTURE.consumers.iter().flat_map(|c| c.path.iter().chain([&c.handler]));
    symbols.map(|symbol| (PathBuf::from(&symbol.path), symbol.line as usize)).collect()
});

/// The fixture's Go files that people wrote; generated ones are what their tools make of them.
static FILES: LazyLock<Files> = LazyLock::new(|| {
    let mut paths = Vec::new();
    list(&platform(), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|e| e == "go"));
    let read = paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap()));
    read.filter(|(_, text)| !text.contains("DO NOT EDIT") && !text.contains("//go:build"))
        .map(|(path, text)| (path.strip_prefix(platform()).unwrap().to_owned(), text))
        .collect()
});

/// The claims of the fixture with these Go files instead of its own.
fn audit_with(files: &Files) -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path, bytes| (path.to_owned(), bytes));
    for (path, text) in files {
        fs::write(dir.path().join(path), text).unwrap();
    }
    claims(&audit(dir.path()))
}

/// What is claimed no more, and what is claimed now.
fn news(after: &BTreeSet<String>) -> Vec<String> {
    let gone = BEFORE.difference(after).map(|line| format!("- {line}"));
    let come = after.difference(&BEFORE).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

/// Splits what runs for a message, as far as it stands in handlers and what they call.
fn split_handlers(files: &mut Files, dice: &mut Dice, share: usize) -> usize {
    split::split(&|path, line| HANDLERS.contains(&(path.to_owned(), line)), files, dice, share)
}

type Rewrite = fn(&mut Files, &mut Dice, usize) -> usize;

const REWRITES: [(&str, Rewrite); 4] = [
    // First, while the functions stand where the audit found them.
    ("split handlers", split_handlers),
    ("rename locals", edits::rename_locals),
    ("move functions", edits::move_functions),
    ("add comments", edits::comment),
];

/// The fixture rewritten in each way that is asked for, at about `share` in a hundred places.
fn rewritten(ways: [bool; 4], seed: u64, share: usize) -> Files {
    let mut files = FILES.clone();
    let mut dice = Dice(seed);
    for ((name, rewrite), _) in REWRITES.iter().zip(ways).filter(|(_, asked)| *asked) {
        let before = files.clone();
        let places = rewrite(&mut files, &mut dice, share);
        assert!(places > 0 && files != before, "{name} changed nothing: seed {seed}, share {share}");
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        rng_seed: RngSeed::Fixed(20_260_131),
        failure_persistence: None,
        max_shrink_iters: 12,
        ..ProptestConfig::default()
    })]
    #[test]
    fn a_refactoring_changes_no_verdict_and_no_fingerprint(
        seed in any::<u64>(),
        share in 10_usize..=100,
        ways in any::<[bool; 4]>(),
    ) {
        let news = news(&audit_with(&rewritten(ways, seed, share)));
        prop_assert!(news.is_empty(), "{ways:?} at {share} %, seed {seed}: {news:#?}");
    }
}

/// Each way by itself, wherever it can be done: what the property may miss by chance.
#[test]
fn each_refactoring_everywhere_changes_nothing() {
    for (index, (name, _)) in REWRITES.iter().enumerate() {
        let ways = std::array::from_fn(|way| way == index);
        let news = news(&audit_with(&rewritten(ways, 1, 100)));
        assert!(news.is_empty(), "{name}: {news:#?}");
    }
}

/// Functions cut in two wherever they can be, not only those that run for a message.
#[test]
fn functions_split_everywhere_change_nothing() {
    let mut files = FILES.clone();
    assert!(split::split(&|_, _| true, &mut files, &mut Dice(1), 100) >= 250);
    let news = news(&audit_with(&files));
    assert!(news.is_empty(), "{news:#?}");
}

/// The ways are worth something only where they find enough places.
#[test]
fn the_refactorings_find_places() {
    for ((name, rewrite), least) in REWRITES.iter().zip([40, 1500, 700, 3000]) {
        let mut files = FILES.clone();
        let places = rewrite(&mut files, &mut Dice(1), 100);
        assert!(places >= least, "{name}: {places} places");
        for text in files.values() {
            source::Source::new(text);
        }
    }
}

/// Taking away what a verdict rests on changes that verdict, of those consumers, and nothing else.
#[test]
fn a_removal_changes_what_it_should() {
    for removal in &removals::REMOVALS {
        let mut files = FILES.clone();
        let text = files.get_mut(Path::new(removal.file)).unwrap();
        assert!(text.contains(removal.text), "{}: {} has no such text", removal.what, removal.file);
        *text = text.replacen(removal.text, removal.instead, 1);
        let mut expected = BTreeSet::new();
        for consumer in removal.consumers {
            if removal.was != removal.is {
                expected.insert(format!("- consumer {consumer} {}: {}", removal.control, removal.was));
                expected.insert(format!("+ consumer {consumer} {}: {}", removal.control, removal.is));
            }
            let findings = removal.come.iter().map(|rule| ("+", rule));
            let findings = findings.chain(removal.go.iter().map(|rule| ("-", rule)));
            expected.extend(findings.map(|(sign, rule)| format!("{sign} finding {rule} {consumer}")));
        }
        // What a service is said to do follows from its consumers.
        let news = news(&audit_with(&files)).into_iter().filter(|line| !line[2..].starts_with("service "));
        let news: BTreeSet<String> =
            news.map(|line| line.split(" [").next().unwrap_or_default().to_owned()).collect();
        // How many effects a handler has is not what is asked here.
        let (repeated, news): (BTreeSet<String>, BTreeSet<String>) =
            news.into_iter().partition(|line| line.starts_with("+ finding effect-repeated "));
        let whose: BTreeSet<&str> = repeated.iter().filter_map(|line| line.rsplit(' ').next()).collect();
        let all = if removal.repeats { removal.consumers } else { &[] };
        assert_eq!(whose, all.iter().copied().collect(), "{}: whose effects are repeated", removal.what);
        assert_eq!(news, expected, "{}", removal.what);
    }
}

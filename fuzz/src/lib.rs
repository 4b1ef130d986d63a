//! What the targets do with an input, and what they share: the pipeline behind the parsers, without
//! a folder to read from, and a small audit to render and compare.
//!
//! It is a library so that `tests/fuzz.rs` runs the targets on their seeds: with the fuzzer alone,
//! what no longer builds or holds is noticed by whoever fuzzes next.

pub mod baseline;
pub mod config;
pub mod go;
pub mod manifests;
pub mod rules;
pub mod rust;
pub mod templates;
pub mod tree;
pub mod typescript;

use std::path::Path;
use std::sync::OnceLock;

use flowaudit::audit::Audit;
use flowaudit::checklist::ChecklistRule;
use flowaudit::config::{Config, Settings};
use flowaudit::flow::program::{Input, Module};
use flowaudit::flow::types::Types;
use flowaudit::progress::Progress;
use flowaudit::read::Repository;
use flowaudit::rules::RuleSet;
use flowaudit::source::services::{Service, ServiceKind, Services};
use flowaudit::syntax::facts::Facts;
use flowaudit::syntax::yaml::Node;
use flowaudit::{checklist, controls, flow, ruleset};

/// The service that everything belongs to.
const SERVICE: &str = "mail";

/// The built-in rules, read once.
pub fn rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| ruleset::all(&Config::default()).expect("the built-in rules are in order"))
}

/// The built-in checklists, read once.
pub fn checklists() -> &'static [ChecklistRule] {
    static CHECKLISTS: OnceLock<Vec<ChecklistRule>> = OnceLock::new();
    CHECKLISTS.get_or_init(|| {
        checklist::in_force(&Config::default()).expect("the built-in checklists are in order")
    })
}

/// Follows and judges what was read of one service.
pub fn judged(rules: &RuleSet, files: Vec<(&str, Facts)>, documents: Vec<(String, Vec<Node>)>) -> Audit {
    let inputs: Vec<Input> = files
        .into_iter()
        .map(|(path, facts)| Input { path: path.to_owned(), facts, generated: false })
        .collect();
    let program = flow::index(inputs, &[Module::go("", "example.com/mail")]);
    let types = Types::new(&program, flow::returns(rules));
    let services = [(SERVICE.to_owned(), ".".to_owned())];
    let flow = flow::build(&types, rules, &documents, &[], &services, &|_| Some(0));
    let repository = Repository {
        services: Services::new(vec![Service {
            name: SERVICE.to_owned(),
            path: ".".to_owned(),
            languages: Vec::new(),
            kind: ServiceKind::Service,
            evidence: Vec::new(),
        }]),
        documents,
        ..Repository::default()
    };
    controls::judge(&flow, &repository, Vec::new(), &Settings::new("."))
}

/// The audit of a folder, which must not fail.
pub fn audit(root: &Path) -> Audit {
    let mut settings = Settings::new(root);
    settings.checklists = true;
    flowaudit::audit_tree(&settings, &Progress::default()).expect("a folder that is there")
}

/// A small audit with a consumer, findings and checklists, made once.
pub fn sample() -> &'static Audit {
    static SAMPLE: OnceLock<Audit> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let main = include_str!("sample.go");
        std::fs::create_dir(dir.path().join(SERVICE)).expect("a folder");
        std::fs::write(dir.path().join("mail/main.go"), main).expect("a file");
        std::fs::write(dir.path().join("mail/go.mod"), "module example.com/mail\n").expect("a file");
        let audit = audit(dir.path());
        assert!(!audit.findings.is_empty(), "the sample has findings");
        audit
    })
}

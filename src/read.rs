//! Reading: a folder becomes facts. Walks the tree, parses every file in parallel, finds the
//! modules and the services, and keeps an account of what could not be read.
//!
//! It composes `source` and `syntax`; it has no opinion on what any fact means.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use regex::RegexSet;

use crate::audit::{Diagnostic, Place, Severity, Stats};
use crate::config::{Config, Excludes};
use crate::flow::modules::join;
use crate::flow::program::{Input, Module, ModuleKind, parent};
use crate::progress::{Progress, Stage};
use crate::source::kind::{is_test_itself, refine_role};
use crate::source::services::{Service, ServiceKind, Services, discover};
use crate::source::{FileKind, Role, SourceFile, walk};
use crate::syntax::directive::{self, Directive};
use crate::syntax::facts::{Expr, Facts};
use crate::syntax::sql::{self, SqlFact};
use crate::syntax::yaml::{self, Node};
use crate::syntax::{Bodies, cargo, env, go, gomod, hcl, node, rust, ts};

/// Everything read from a folder.
#[derive(Debug, Default)]
pub struct Repository {
    /// Parsed code, in order of path.
    pub files: Vec<Input>,
    /// Modules, packages and aliases that imports name.
    pub modules: Vec<Module>,
    /// Parsed manifests and configuration, in order of path.
    pub documents: Vec<(String, Vec<Node>)>,
    /// SQL statements of migrations and query files, in order of path.
    pub sql: Vec<(String, Vec<SqlFact>)>,
    /// The services, libraries and front ends.
    pub services: Services,
    /// The folder that was read.
    pub root: PathBuf,
    /// Test files, for what they prove about tests.
    pub tests: Vec<String>,
    /// Every file that was worth reading, by path.
    pub listing: Vec<SourceFile>,
    /// Documents for people, by path.
    pub papers: Vec<String>,
    /// Lines of comments that speak to the tool, with the path of their file, in order of path.
    pub directives: Vec<(String, Directive)>,
    /// What was skipped or could not be parsed.
    pub diagnostics: Vec<Diagnostic>,
    /// How much was read.
    pub stats: Stats,
}

/// What a Go file says about programs.
enum Program {
    Main,
    Hosted,
    None,
}

enum Parsed {
    Code(Box<Input>, Program),
    Modules(Vec<Module>),
    Documents(String, Vec<Node>),
    Sql(String, Vec<SqlFact>),
    Nothing,
}

struct Outcome {
    parsed: Parsed,
    directives: Vec<(String, Directive)>,
    diagnostics: Vec<Diagnostic>,
    bytes: u64,
}

/// Reads the folder `root`.
pub fn read(root: &Path, config: &Config, progress: &Progress) -> std::io::Result<Repository> {
    progress.enter(Stage::Walk, 0);
    let mut tree = walk::walk(root)?;
    let excludes = Excludes::new(config, root);
    let before = tree.files.len();
    tree.files.retain(|f| !excludes.matches(&f.path));
    let left_out = (before - tree.files.len()) as u64;
    progress.enter(Stage::Read, tree.files.len() as u64);
    let outcomes: Vec<Outcome> = tree
        .files
        .par_iter()
        .map_init(Vec::new, |buffer, file| {
            let outcome = parse(&tree.root, file, buffer);
            progress.tick();
            outcome
        })
        .collect();

    let mut repository = Repository::default();
    repository.stats.files_excluded = left_out;
    let unread = |(file, outcome): &(&SourceFile, &Outcome)| file.role == Role::Test && outcome.bytes == 0;
    repository.stats.files_of_tests = tree.files.iter().zip(&outcomes).filter(unread).count() as u64;
    repository.stats.files_walked =
        tree.files.len() as u64 + tree.unread.values().map(|u| u.files).sum::<u64>();
    for skipped in &tree.ledger {
        repository.diagnostics.push(Diagnostic {
            path: skipped.path.clone(),
            level: if skipped.reason.is_loss() { Severity::Warning } else { Severity::Note },
            message: format!("skipped ({}): {}", skipped.reason.as_str(), skipped.text),
        });
    }
    let (mut mains, mut hosted) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        repository.diagnostics.extend(outcome.diagnostics);
        repository.directives.extend(outcome.directives);
        if outcome.bytes > 0 {
            repository.stats.files_parsed += 1;
            repository.stats.bytes_parsed += outcome.bytes;
        }
        match outcome.parsed {
            Parsed::Code(input, program) => {
                match program {
                    Program::Main => mains.push(parent(&input.path).to_owned()),
                    Program::Hosted => hosted.push(parent(&input.path).to_owned()),
                    Program::None => {}
                }
                repository.files.push(*input);
            }
            Parsed::Modules(modules) => repository.modules.extend(modules),
            Parsed::Documents(path, nodes) => repository.documents.push((path, nodes)),
            Parsed::Sql(path, statements) => repository.sql.push((path, statements)),
            Parsed::Nothing => {}
        }
    }
    repository.stats.files_generated = repository.files.iter().filter(|file| file.generated).count() as u64;
    mains.dedup();
    let hosted = hosted_programs(hosted, &mains, &repository.modules);
    drop_injectors(&mut repository.files);
    repository.root.clone_from(&tree.root);
    let tests = tree.files.iter().filter(|f| f.role == Role::Test && is_test_itself(&f.path));
    repository.tests = tests.map(|f| f.path.clone()).collect();
    let found = discover(&tree.root, &tree.files, &mains, &hosted);
    repository.services = configured(found, config);
    repository.listing = tree.files;
    repository.papers = tree.papers;
    repository.papers.retain(|path| !excludes.matches(path));
    Ok(repository)
}

impl Repository {
    /// Whether the text of a file matches any of `words`. A file that cannot be read any more matches
    /// none.
    pub fn mentions(&self, path: &str, words: &RegexSet) -> bool {
        let bytes = std::fs::read(self.root.join(path)).unwrap_or_default();
        words.is_match(&String::from_utf8_lossy(&bytes))
    }
}

/// The text of the lines at `places`, under `path:line`, without the blanks around them. A file that
/// cannot be read any more has none.
pub fn lines(root: &Path, places: &BTreeSet<Place>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut read: Option<(&str, String)> = None;
    for place in places {
        if read.as_ref().is_none_or(|(path, _)| *path != place.path) {
            let bytes = std::fs::read(root.join(&place.path)).unwrap_or_default();
            read = Some((&place.path, String::from_utf8_lossy(&bytes).into_owned()));
        }
        let text = read.as_ref().map_or("", |(_, text)| text);
        if let Some(line) = text.lines().nth((place.line as usize).wrapping_sub(1)) {
            out.insert(place.to_string(), line.trim().to_owned());
        }
    }
    out
}

/// The discovered services as the configuration corrects them: renamed, added, left out.
fn configured(found: Services, config: &Config) -> Services {
    if config.services.is_empty() {
        return found;
    }
    let mut by_path: BTreeMap<String, Service> =
        found.list.into_iter().map(|s| (s.path.clone(), s)).collect();
    for entry in &config.services {
        // Without a path the entry is about the service discovered under its name; that there is
        // one is checked when all services are known.
        let named = by_path.values().find(|s| s.name == entry.name).map(|s| s.path.clone());
        let Some(path) = entry.path.clone().or(named) else {
            continue;
        };
        if entry.ignore {
            by_path.remove(&path);
            continue;
        }
        let service = by_path.entry(path.clone()).or_insert_with(|| Service {
            name: entry.name.clone(),
            path,
            languages: Vec::new(),
            kind: ServiceKind::Service,
            evidence: Vec::new(),
        });
        service.name.clone_from(&entry.name);
        if let Some(kind) = entry.kind {
            service.kind = match kind {
                crate::audit::ServiceKind::Service => ServiceKind::Service,
                crate::audit::ServiceKind::Library => ServiceKind::Library,
                crate::audit::ServiceKind::Frontend => ServiceKind::Frontend,
                crate::audit::ServiceKind::Infrastructure => ServiceKind::Infrastructure,
            };
        }
    }
    Services::new(by_path.into_values().collect())
}

fn parse(root: &Path, file: &SourceFile, buffer: &mut Vec<u8>) -> Outcome {
    let nothing =
        Outcome { parsed: Parsed::Nothing, directives: Vec::new(), diagnostics: Vec::new(), bytes: 0 };
    let wanted = match file.kind {
        FileKind::Go | FileKind::Rust | FileKind::TypeScript | FileKind::JavaScript => {
            matches!(file.role, Role::Code | Role::Generated { .. })
        }
        FileKind::GoMod | FileKind::PackageJson | FileKind::CargoToml => true,
        FileKind::Yaml | FileKind::Json | FileKind::Compose | FileKind::Env | FileKind::Terraform => {
            file.role == Role::Code && file.size < 1 << 20
        }
        FileKind::Sql => file.role != Role::Test,
        _ => false,
    };
    if !wanted {
        return nothing;
    }
    if let Err(skipped) = walk::read(root, file, buffer) {
        let diagnostic = Diagnostic {
            path: file.path.clone(),
            level: Severity::Warning,
            message: format!("skipped ({}): {}", skipped.reason.as_str(), skipped.text),
        };
        return Outcome { diagnostics: vec![diagnostic], ..nothing };
    }
    let bytes = buffer.len() as u64;
    let mut diagnostics = Vec::new();
    let parsed = match file.kind {
        FileKind::Go => code(file, buffer, &mut diagnostics),
        FileKind::Rust | FileKind::TypeScript | FileKind::JavaScript => {
            script(file, buffer, &mut diagnostics)
        }
        FileKind::GoMod => {
            let module = gomod::parse(&String::from_utf8_lossy(buffer)).module;
            Parsed::Modules(vec![Module::go(parent(&file.path), &module)])
        }
        FileKind::PackageJson => package(file, buffer),
        FileKind::CargoToml => krate(file, buffer),
        FileKind::Json if is_tsconfig(&file.path) => aliases(file, buffer),
        FileKind::Sql => Parsed::Sql(file.path.clone(), sql::statements(&String::from_utf8_lossy(buffer))),
        FileKind::Env => {
            Parsed::Documents(file.path.clone(), vec![env::parse(&String::from_utf8_lossy(buffer))])
        }
        _ => documents(file, buffer, &mut diagnostics),
    };
    let directives = directives(file, &parsed, buffer);
    Outcome { parsed, directives, diagnostics, bytes }
}

/// What comments say to the tool. Rare, so it is a pass of its own.
fn directives(file: &SourceFile, parsed: &Parsed, source: &[u8]) -> Vec<(String, Directive)> {
    if !directive::mentioned(source) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(source);
    let comments: Vec<(usize, &str)> = match parsed {
        Parsed::Code(input, _) => {
            input.facts.directives.iter().map(|d| (d.pos as usize, d.text.as_str())).collect()
        }
        Parsed::Sql(..) => sql::comments(&text),
        Parsed::Documents(..) => yaml::comments(&text),
        Parsed::Modules(_) | Parsed::Nothing => Vec::new(),
    };
    // Positions in code are those of the bytes as they are.
    let source = if matches!(parsed, Parsed::Code(..)) { source } else { text.as_bytes() };
    let inside = |(start, comment)| directive::in_comment(source, start, comment);
    comments.into_iter().flat_map(inside).map(|found| (file.path.clone(), found)).collect()
}

fn code(file: &SourceFile, source: &[u8], diagnostics: &mut Vec<Diagnostic>) -> Parsed {
    let role = refine_role(file, source);
    let generated = matches!(role, Role::Generated { acts: false });
    if matches!(role, Role::Test | Role::Vendored) || built_never(source) {
        return Parsed::Nothing;
    }
    let bodies = if generated { Bodies::Skip } else { Bodies::Full };
    let facts = go::parse(source, bodies);
    problems(file, &facts, diagnostics);
    let program = if is_main(&facts) {
        Program::Main
    } else if is_hosted(source, &facts) {
        Program::Hosted
    } else {
        Program::None
    };
    Parsed::Code(Box::new(Input { path: file.path.clone(), facts, generated }), program)
}

fn problems(file: &SourceFile, facts: &Facts, diagnostics: &mut Vec<Diagnostic>) {
    for problem in &facts.problems {
        diagnostics.push(Diagnostic {
            path: file.path.clone(),
            level: Severity::Warning,
            message: format!(
                "line {}, column {}: {}",
                facts.line(problem.pos),
                facts.column(problem.pos),
                problem.message
            ),
        });
    }
}

/// A file that is a module of its own: Rust, TypeScript, JavaScript.
fn script(file: &SourceFile, source: &[u8], diagnostics: &mut Vec<Diagnostic>) -> Parsed {
    let role = refine_role(file, source);
    if role == Role::Vendored {
        diagnostics.push(Diagnostic {
            path: file.path.clone(),
            level: Severity::Note,
            message: "skipped (vendored): minified or bundled".to_owned(),
        });
    }
    if matches!(role, Role::Test | Role::Vendored) {
        return Parsed::Nothing;
    }
    let generated = matches!(role, Role::Generated { .. });
    let bodies = if generated { Bodies::Skip } else { Bodies::Full };
    let facts = match file.kind {
        FileKind::Rust => rust::parse(source, bodies),
        _ => ts::parse(source, &file.path, bodies),
    };
    problems(file, &facts, diagnostics);
    Parsed::Code(Box::new(Input { path: file.path.clone(), facts, generated }), Program::None)
}

/// A package that others of the workspace import by its name.
fn package(file: &SourceFile, source: &[u8]) -> Parsed {
    match node::package(&String::from_utf8_lossy(source)) {
        Some(package) if !package.name.is_empty() => Parsed::Modules(vec![Module {
            dir: parent(&file.path).to_owned(),
            path: package.name,
            kind: ModuleKind::Node { entries: package.entries },
        }]),
        _ => Parsed::Nothing,
    }
}

/// A crate that others of the workspace use by its name.
fn krate(file: &SourceFile, source: &[u8]) -> Parsed {
    match cargo::package(&String::from_utf8_lossy(source)) {
        Some(name) => Parsed::Modules(vec![Module {
            dir: parent(&file.path).to_owned(),
            path: name.to_owned(),
            kind: ModuleKind::Crate,
        }]),
        None => Parsed::Nothing,
    }
}

fn is_tsconfig(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("tsconfig") || name.starts_with("jsconfig")
}

/// The aliases a tsconfig.json gives to paths.
fn aliases(file: &SourceFile, source: &[u8]) -> Parsed {
    let dir = parent(&file.path);
    let aliases = node::aliases(&String::from_utf8_lossy(source)).into_iter();
    let modules = aliases.map(|alias| Module {
        dir: dir.to_owned(),
        path: alias.pattern,
        kind: ModuleKind::Alias { targets: alias.targets.iter().map(|target| join(dir, target)).collect() },
    });
    Parsed::Modules(modules.collect())
}

/// Leaves out the input of Wire where its output lies beside it: both declare the same functions,
/// and the output is what runs.
fn drop_injectors(files: &mut Vec<Input>) {
    let wired: Vec<String> =
        files.iter().filter_map(|f| f.path.strip_suffix("wire_gen.go").map(str::to_owned)).collect();
    files.retain(|f| {
        !(f.path.ends_with("/wire.go")
            && wired.iter().any(|dir| parent(&f.path) == dir.trim_end_matches('/')))
    });
}

/// A build constraint that no build meets.
fn built_never(source: &[u8]) -> bool {
    source
        .split(|&b| b == b'\n')
        .take_while(|line| !line.starts_with(b"package "))
        .filter_map(|line| line.strip_prefix(b"//go:build ").or_else(|| line.strip_prefix(b"// +build ")))
        .any(|tags| {
            let tags = String::from_utf8_lossy(tags);
            tags.trim() == "ignore"
        })
}

fn is_main(facts: &Facts) -> bool {
    facts.text(facts.package) == "main"
        && facts
            .funcs
            .iter()
            .any(|f| f.receiver.is_none() && f.body.is_some() && facts.text(f.name) == "main")
}

/// Packages that a framework builds into programs: it writes their `main`, so there is none.
const HOSTS: &[(&str, &str)] = &[("encore.dev", "//encore:")];

/// Whether a file defines an endpoint or a subscription of a framework that writes `main` itself.
fn is_hosted(source: &[u8], facts: &Facts) -> bool {
    HOSTS.iter().any(|(library, directive)| {
        let imported = facts.imports.iter().any(|import| {
            let rest = facts.text(import.path).strip_prefix(library);
            rest.is_some_and(|rest| rest.starts_with('/'))
        });
        let subscribes = || {
            facts.exprs.iter().any(|expr| match *expr {
                Expr::Field { name, .. } => facts.text(name) == "NewSubscription",
                _ => false,
            })
        };
        has_directive(source, directive) || imported && subscribes()
    })
}

/// Whether a line begins with a directive, with or without a blank behind its slashes.
fn has_directive(source: &[u8], directive: &str) -> bool {
    let directive = directive.trim_start_matches('/').as_bytes();
    source
        .split(|&b| b == b'\n')
        .filter_map(|line| line.strip_prefix(b"//"))
        .any(|line| line.trim_ascii_start().starts_with(directive))
}

/// The hosted packages that are programs of their own: in modules without a `main`, the outermost
/// of those that lie in each other. `folders` is in order of path.
fn hosted_programs(mut folders: Vec<String>, mains: &[String], modules: &[Module]) -> Vec<String> {
    let inside = |path: &str, folder: &str| {
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|r| r.is_empty() || r.starts_with('/'))
    };
    let module_of = |path: &str| {
        let around = modules
            .iter()
            .filter(|m| m.kind == ModuleKind::Go)
            .map(|m| m.dir.as_str())
            .filter(|dir| inside(path, dir));
        around.max_by_key(|dir| dir.len()).unwrap_or("").to_owned()
    };
    folders.sort();
    folders.dedup();
    let built: Vec<String> = mains.iter().map(|main| module_of(main)).collect();
    folders.retain(|folder| !built.contains(&module_of(folder)));
    let all = folders.clone();
    folders.retain(|folder| !all.iter().any(|other| other != folder && inside(folder, other)));
    folders
}

/// Manifests and configuration. A file that is not YAML at all (a template) is worth a note, since
/// what it declares is not seen.
fn documents(file: &SourceFile, source: &[u8], diagnostics: &mut Vec<Diagnostic>) -> Parsed {
    let text = String::from_utf8_lossy(source);
    let (nodes, problems) = match file.kind {
        FileKind::Terraform => hcl::parse(&text),
        _ => yaml::parse(&text),
    };
    if let Some(problem) = problems.first() {
        diagnostics.push(Diagnostic {
            path: file.path.clone(),
            level: Severity::Note,
            message: format!("line {}, column {}: {}", problem.line, problem.column, problem.message),
        });
    }
    Parsed::Documents(file.path.clone(), nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosted(source: &str) -> bool {
        is_hosted(source.as_bytes(), &go::parse(source.as_bytes(), Bodies::Full))
    }

    #[test]
    fn endpoints_and_subscriptions_make_a_package_a_program() {
        assert!(hosted("package a\n\n//encore:api public\nfunc Get() {}\n"));
        assert!(hosted("package a\n\n// encore:service\ntype S struct{}\n"));
        let subscribes =
            "package a\n\nimport \"encore.dev/pubsub\"\n\nvar _ = pubsub.NewSubscription(T, \"x\", c)\n";
        assert!(hosted(subscribes));
        assert!(!hosted(&subscribes.replace("NewSubscription", "NewTopic")));
        assert!(!hosted(&subscribes.replace("encore.dev", "cloud.google.com/go")));
        assert!(!hosted("package a\n\nvar text = \"//encore:api\"\n"));
    }

    #[test]
    fn hosted_packages_lie_in_modules_without_a_main() {
        let module = |dir: &str| Module::go(dir, dir);
        let folders = ["a/chat/service", "a/chat", "b/x", "a/chatter"].map(str::to_owned).to_vec();
        let found = hosted_programs(folders, &["b/cmd".to_owned()], &[module("a"), module("b")]);
        assert_eq!(found, ["a/chat", "a/chatter"]);
    }
}

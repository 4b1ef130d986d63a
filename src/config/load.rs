//! From the bytes of `flowaudit.yaml` to a checked [`Config`], or to every mistake in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::reader::{Problem, Reader};
use super::{
    AuditEntry, Config, Denominator, Glob, RuleChoice, Scope, ServiceEntry, TopicFilter, find,
};
use crate::audit::{Control, Leniency, Policy, SagaRole, ServiceKind};
use crate::syntax::yaml::{self, Node, Value};

/// No configuration is this large; something else is.
const MAX_BYTES: u64 = 1 << 20;

pub(super) const TOP_KEYS: &[&str] = &["services", "audits", "policy", "rules", "exclude", "depth"];
pub(super) const SERVICE_KEYS: &[&str] = &["name", "path", "owner", "kind", "role", "ignore"];
pub(super) const AUDIT_KEYS: &[&str] = &[
    "name",
    "title",
    "scope",
    "controls",
    "denominator",
    "topics",
];
pub(super) const TOPIC_KEYS: &[&str] = &["include", "exclude"];
pub(super) const RULE_KEYS: &[&str] = &["paths", "enable", "disable"];
pub(super) const IDEMPOTENCY_KEYS: &[&str] = &["fail_open", "ignored_error"];
pub(super) const SCHEMA_KEYS: &[&str] = &["log_only", "idl"];

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file has mistakes; all of them, in order of place.
    Invalid {
        /// The file.
        path: PathBuf,
        /// The mistakes.
        problems: Vec<Problem>,
    },
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConfigError::Unreadable { path, why } => {
                write!(f, "cannot read the configuration {}: {why}", path.display())
            }
            ConfigError::Invalid { path, problems } => match problems.len() {
                1 => write!(f, "{} has a mistake", path.display()),
                number => write!(f, "{} has {number} mistakes", path.display()),
            },
        }
    }
}

impl std::error::Error for ConfigError {}

/// The configuration of a folder: from the file found at or above it, else the built-in one.
pub fn discover(root: &Path) -> Result<Config, ConfigError> {
    match find(root) {
        Some(file) => load(&file, root),
        None => Ok(Config::default()),
    }
}

/// The configuration in a file, for a folder to audit.
///
/// Paths in it are from the file's folder when the audited folder is in that folder, else from
/// the audited folder.
pub fn load(file: &Path, root: &Path) -> Result<Config, ConfigError> {
    let unreadable = |why: String| ConfigError::Unreadable {
        path: file.to_owned(),
        why,
    };
    let told = |error: std::io::Error| {
        unreadable(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })
    };
    let metadata = fs::metadata(file).map_err(told)?;
    if !metadata.is_file() {
        return Err(unreadable("it is not a file".to_owned()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
    }
    let bytes = fs::read(file).map_err(told)?;
    let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;

    let root = root.canonicalize().map_err(told)?;
    let file_at = file.canonicalize().map_err(told)?;
    let folder = file_at.parent().unwrap_or(&root).to_owned();
    let base = if root.starts_with(&folder) {
        folder
    } else {
        root.clone()
    };

    let shown = shown(file);
    let mut config = parse(&text, &shown, &base).map_err(|problems| ConfigError::Invalid {
        path: PathBuf::from(&shown),
        problems,
    })?;
    config.path = Some(file.to_owned());
    rebase(
        &mut config.services,
        root.strip_prefix(&base).unwrap_or(Path::new("")),
    );
    config.base = Some(base);
    Ok(config)
}

/// A path as the user would type it: from the working folder where that is shorter.
fn shown(file: &Path) -> String {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let short = here.ok().and_then(|here| file.strip_prefix(here).ok());
    short.unwrap_or(file).display().to_string()
}

/// Makes services' paths relative to the audited folder; those outside of it are not audited.
fn rebase(services: &mut Vec<ServiceEntry>, prefix: &Path) {
    if prefix.as_os_str().is_empty() {
        return;
    }
    services.retain_mut(
        |service| match Path::new(&service.path).strip_prefix(prefix) {
            Ok(rest) if rest.as_os_str().is_empty() => {
                ".".clone_into(&mut service.path);
                true
            }
            Ok(rest) => {
                service.path = rest.display().to_string();
                true
            }
            Err(_) => false,
        },
    );
}

/// A configuration from its text; `base` is where its paths start.
pub(super) fn parse(text: &str, file: &str, base: &Path) -> Result<Config, Vec<Problem>> {
    let mut reader = Reader::new(file);
    let (documents, problems) = yaml::parse(text);
    for problem in problems {
        reader.wrong_at(problem.line, problem.column, problem.message);
    }
    let mut config = Config::default();
    match documents.as_slice() {
        [] => {}
        [document] if document.value == Value::Null => {}
        [document] => read(&mut reader, document, base, &mut config),
        [_, second, ..] => reader.wrong(second, "a configuration is one document"),
    }
    let problems = reader.into_problems();
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

fn read(reader: &mut Reader, node: &Node, base: &Path, config: &mut Config) {
    if !reader.map(node, "the configuration", TOP_KEYS) {
        return;
    }
    if let Some(list) = node.get("services") {
        config.services = services(reader, list);
    }
    if let Some(list) = node.get("audits") {
        config.audits = audits(reader, list, &config.services);
    }
    if let Some(value) = node.get("policy") {
        config.policy = policy(reader, value);
    }
    if let Some(value) = node.get("rules") {
        config.rules = rules(reader, value, base);
    }
    config.exclude = exclude(reader, node);
    config.depth = node
        .get("depth")
        .filter(|value| value.value != Value::Null)
        .and_then(|value| reader.number(value, "depth"));
}

fn services(reader: &mut Reader, list: &Node) -> Vec<ServiceEntry> {
    let mut found: Vec<ServiceEntry> = Vec::new();
    for node in reader.list(list, "services") {
        if !reader.map(node, "a service", SERVICE_KEYS) {
            continue;
        }
        let kind = node.get("kind").and_then(|value| {
            reader.word(value, "kind", &words(ServiceKind::ALL, ServiceKind::word))
        });
        let role = node
            .get("role")
            .and_then(|value| reader.word(value, "role", &words(SagaRole::ALL, SagaRole::word)));
        let ignore = node
            .get("ignore")
            .and_then(|value| reader.flag(value, "ignore"));
        let owner = reader.optional(node, "owner");
        let given = reader.optional(node, "path");
        let Some(name) = reader.required(node, "a service", "name") else {
            continue;
        };
        let path_at = node.get("path").or(node.get("name")).unwrap_or(node);
        let path = match inner_path(given.as_deref().unwrap_or(&name)) {
            Ok(path) => path,
            Err(why) => {
                reader.wrong(path_at, why);
                continue;
            }
        };
        if let Some(other) = found
            .iter()
            .find(|other| other.name == name || other.path == path)
        {
            let what = if other.name == name { &name } else { &path };
            reader.wrong(
                path_at,
                format!("`{what}` is listed twice among the services"),
            );
            continue;
        }
        found.push(ServiceEntry {
            name,
            path,
            owner,
            kind,
            role,
            ignore: ignore.unwrap_or(false),
        });
    }
    found
}

/// A path below the root with `/`, without `.` and `..`.
fn inner_path(text: &str) -> Result<String, String> {
    let mut parts = Vec::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            _ => return Err(format!("the path `{text}` leads out of the audited folder")),
        }
    }
    Ok(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

fn audits(reader: &mut Reader, list: &Node, services: &[ServiceEntry]) -> Vec<AuditEntry> {
    let items = reader.list(list, "audits");
    if items.is_empty() {
        reader.wrong(
            list,
            "no audit is listed; leave `audits` out to have the two built-in ones",
        );
    }
    let mut found: Vec<AuditEntry> = Vec::new();
    for node in items {
        if !reader.map(node, "an audit", AUDIT_KEYS) {
            continue;
        }
        let scope = scope(reader, node, services);
        let controls = controls(reader, node);
        let topics = node.get("topics").map(|value| topics(reader, value));
        let denominator = node.get("denominator").and_then(|value| {
            let words = [
                ("applicable", Denominator::Applicable),
                ("scope", Denominator::Scope),
            ];
            reader.word(value, "denominator", &words)
        });
        let title = reader.optional(node, "title");
        let Some(name) = reader.required(node, "an audit", "name") else {
            continue;
        };
        if found.iter().any(|other| other.name == name) {
            let at = node.get("name").unwrap_or(node);
            reader.wrong(at, format!("`{name}` is listed twice among the audits"));
            continue;
        }
        found.push(AuditEntry {
            title: title.unwrap_or_else(|| headline(&name)),
            name,
            scope,
            controls,
            denominator: denominator.unwrap_or(Denominator::Applicable),
            topics: topics.unwrap_or_default(),
        });
    }
    found
}

/// `event-processing` → `Event processing`.
fn headline(name: &str) -> String {
    let spaced = name.replace(['-', '_'], " ");
    let mut letters = spaced.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

fn scope(reader: &mut Reader, audit: &Node, services: &[ServiceEntry]) -> Scope {
    let Some(node) = audit.get("scope") else {
        return Scope::All;
    };
    if matches!(node.value, Value::String(_)) {
        reader.word(node, "scope", &[("all", ())]);
        return Scope::All;
    }
    let names = reader.texts(audit, "scope");
    if names.is_empty() {
        reader.wrong(
            node,
            "the scope is empty; write `all` or the services' names",
        );
    }
    for (at, name) in &names {
        if services
            .iter()
            .any(|service| service.name == *name && service.ignore)
        {
            reader.wrong(
                at,
                format!("`{name}` is in scope, and `ignore: true` leaves it out"),
            );
        }
    }
    Scope::Named(names.into_iter().map(|(_, name)| name).collect())
}

fn controls(reader: &mut Reader, audit: &Node) -> Vec<Control> {
    let Some(list) = audit.get("controls") else {
        return vec![Control::Idempotency, Control::DeadLetter, Control::Schema];
    };
    let vocabulary = words(Control::ALL, Control::word);
    let mut found = Vec::new();
    let items = reader.list(list, "controls");
    if items.is_empty() {
        reader.wrong(list, "no control is listed");
    }
    for item in items {
        match reader.word(item, "control", &vocabulary) {
            Some(control) if found.contains(&control) => {
                reader.wrong(item, format!("`{control}` is listed twice"));
            }
            Some(control) => found.push(control),
            None => {}
        }
    }
    found
}

fn topics(reader: &mut Reader, node: &Node) -> TopicFilter {
    if !reader.map(node, "topics", TOPIC_KEYS) {
        return TopicFilter::default();
    }
    TopicFilter {
        include: globs(reader, node, "include"),
        exclude: globs(reader, node, "exclude"),
    }
}

fn globs(reader: &mut Reader, node: &Node, key: &str) -> Vec<Glob> {
    let mut found = Vec::new();
    for (at, text) in reader.texts(node, key) {
        match Glob::new(&text) {
            Ok(glob) => found.push(glob),
            Err(why) => reader.wrong(at, format!("`{text}` is no pattern: {why}")),
        }
    }
    found
}

fn policy(reader: &mut Reader, node: &Node) -> Policy {
    if matches!(node.value, Value::String(_)) {
        let words = [("strict", Policy::STRICT), ("lenient", Policy::LENIENT)];
        return reader.word(node, "policy", &words).unwrap_or_default();
    }
    let mut policy = Policy::default();
    if !reader.map(node, "policy", &["idempotency", "schema"]) {
        return policy;
    }
    let mut knobs = BTreeMap::from([
        ("fail_open", &mut policy.idempotency.fail_open),
        ("ignored_error", &mut policy.idempotency.ignored_error),
        ("log_only", &mut policy.schema.log_only),
        ("idl", &mut policy.schema.idl),
    ]);
    let vocabulary = words(Leniency::ALL, Leniency::word);
    for (group, keys) in [("idempotency", IDEMPOTENCY_KEYS), ("schema", SCHEMA_KEYS)] {
        let Some(value) = node.get(group) else {
            continue;
        };
        if !reader.map(value, &format!("policy.{group}"), keys) {
            continue;
        }
        for key in keys {
            let reading = value
                .get(key)
                .and_then(|knob| reader.word(knob, "reading", &vocabulary));
            if let (Some(reading), Some(knob)) = (reading, knobs.get_mut(key)) {
                **knob = reading;
            }
        }
    }
    policy
}

fn rules(reader: &mut Reader, node: &Node, base: &Path) -> RuleChoice {
    if !reader.map(node, "rules", RULE_KEYS) {
        return RuleChoice::default();
    }
    let mut paths = Vec::new();
    for (at, text) in reader.texts(node, "paths") {
        let path = base.join(&text);
        if path.exists() {
            paths.push(path);
        } else {
            reader.wrong(at, format!("there is no file or folder `{text}`"));
        }
    }
    let enable = reader.texts(node, "enable");
    let disable = reader.texts(node, "disable");
    for (at, id) in &disable {
        if enable.iter().any(|(_, other)| other == id) {
            reader.wrong(at, format!("`{id}` is switched on and off"));
        }
    }
    let ids = |list: Vec<(&Node, String)>| list.into_iter().map(|(_, id)| id).collect();
    RuleChoice {
        paths,
        enable: ids(enable),
        disable: ids(disable),
    }
}

fn exclude(reader: &mut Reader, node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    for (at, pattern) in reader.texts(node, "exclude") {
        let mut builder = ignore::gitignore::GitignoreBuilder::new("");
        match builder.add_line(None, &pattern) {
            Ok(_) => found.push(pattern),
            Err(error) => reader.wrong(at, format!("`{pattern}` is no pattern: {error}")),
        }
    }
    found
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|value| (word(*value), *value)).collect()
}

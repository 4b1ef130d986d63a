//! From the text of a configuration to a checked [`Config`]: every key, every word.

use std::path::{Component, Path};

use super::{
    AuditDocuments, AuditEntry, Config, Denominator, Glob, Mention, Names, RuleChoice, Scope, ServiceEntry,
    TopicFilter,
};
use super::{attestations, gate, reports, waivers};
use crate::audit::{Control, Leniency, Policy, SagaRole, ServiceKind};
use crate::syntax::reader::{Map, Mistake, Reader};
use crate::syntax::yaml::{self, Node, Value};

pub(super) const TOP_KEYS: &[&str] = &[
    "services",
    "audits",
    "policy",
    "rules",
    "exclude",
    "depth",
    "reports",
    "attestations",
    "waivers",
    "gate",
];
pub(super) const SERVICE_KEYS: &[&str] = &["name", "path", "owner", "kind", "role", "ignore"];
pub(super) const AUDIT_KEYS: &[&str] = &[
    "name",
    "title",
    "scope",
    "controls",
    "denominator",
    "topics",
    "document",
    "template",
    "checklist",
    "checklist_document",
];
pub(super) const TOPIC_KEYS: &[&str] = &["include", "exclude"];
pub(super) const RULE_KEYS: &[&str] = &["paths", "enable", "disable"];
pub(super) const POLICY_KEYS: &[&str] = &["idempotency", "schema"];
pub(super) const IDEMPOTENCY_KEYS: &[&str] = &["fail_open", "ignored_error"];
pub(super) const SCHEMA_KEYS: &[&str] = &["log_only", "idl"];

/// A configuration from its text, as far as it can be read, and what cannot stand; `base` is where
/// its paths start.
pub(super) fn parse(text: &str, base: &Path) -> (Config, Vec<Mistake>) {
    let mut config = Config::default();
    if says_nothing(text) {
        return (config, Vec::new());
    }
    let (mut reader, document) = Reader::document(text);
    if let Some(node) = document {
        read(&mut reader, &node, base, &mut config);
    }
    (config, reader.finish())
}

/// Whether everything is commented out, which is no mistake.
fn says_nothing(text: &str) -> bool {
    let (documents, problems) = yaml::parse(text);
    problems.is_empty() && documents.iter().all(|node| node.value == Value::Null)
}

fn read(reader: &mut Reader, node: &Node, base: &Path, config: &mut Config) {
    let Some(map) = reader.map(node, TOP_KEYS) else {
        return;
    };
    for node in reader.list_at(map, "services") {
        service(reader, node, base, config);
    }
    if let Some(list) = map.get("audits") {
        audits(reader, list, config);
    }
    if let Some(node) = map.get("policy") {
        config.policy = policy(reader, node);
    }
    if let Some(node) = map.get("rules") {
        config.rules = rules(reader, node, base, &mut config.mentions);
    }
    config.exclude = exclude(reader, map);
    config.depth = map.get("depth").and_then(|node| depth(reader, node));
    if let Some(node) = map.get("reports") {
        config.reports = reports::read(reader, node, base);
    }
    for node in reader.list_at(map, "attestations") {
        config.attestations.extend(attestations::read(reader, node, &mut config.mentions));
    }
    for node in reader.list_at(map, "waivers") {
        waivers::read(reader, node, config);
    }
    if let Some(node) = map.get("gate") {
        config.gate = gate::read(reader, node, base, config);
    }
}

fn depth(reader: &mut Reader, node: &Node) -> Option<u32> {
    let number = reader.count(node)?;
    let depth = u32::try_from(number).ok();
    if depth.is_none() {
        reader.mistake(node, "no path is that deep; leave `depth` out to have no bound");
    }
    depth
}

fn service(reader: &mut Reader, node: &Node, base: &Path, config: &mut Config) {
    let Some(map) = reader.map(node, SERVICE_KEYS) else {
        return;
    };
    let kind = word_at(reader, map, "kind", &words(ServiceKind::ALL, ServiceKind::word));
    let role = word_at(reader, map, "role", &words(SagaRole::ALL, SagaRole::word));
    let ignore = reader.flag_or(map, "ignore", false);
    let owner = reader.optional_text(map, "owner").map(str::to_owned);
    let path = map.get("path").and_then(|node| folder(reader, node, base, &config.services));
    let Some(name) = reader.required_text(map, "name").map(str::to_owned) else {
        return;
    };
    let name_at = map.get("name").unwrap_or(node);
    if config.services.iter().any(|other| other.name == name) {
        reader.mistake(name_at, format!("`{name}` is listed twice among the services"));
        return;
    }
    if map.get("path").is_none() && !ignore {
        config.mentions.push((Names::Service, Mention::new(name_at, &name)));
    }
    config.services.push(ServiceEntry { name, path, owner, kind, role, ignore });
}

/// A folder that is there and is no other service's, as a path below the root.
fn folder(reader: &mut Reader, node: &Node, base: &Path, others: &[ServiceEntry]) -> Option<String> {
    let text = reader.text(node)?;
    let path = inner_path(text);
    match &path {
        None => {
            reader.mistake(node, format!("the path `{text}` leads out of the audited folder"));
        }
        Some(inner) if !base.join(inner).is_dir() => {
            reader.mistake(node, format!("there is no folder `{text}`"));
        }
        Some(_) if others.iter().any(|other| other.path == path) => {
            reader.mistake(node, format!("`{text}` is the folder of another service"));
        }
        Some(_) => {}
    }
    path
}

/// A path below the root with `/`, without `.` and `..`; nothing when it leads elsewhere.
pub(super) fn inner_path(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

fn audits(reader: &mut Reader, list: &Node, config: &mut Config) {
    let items = reader.list(list);
    if items.is_empty() && matches!(list.value, Value::List(_)) {
        reader.mistake(list, "no audit is listed; leave `audits` out to have the two built-in ones");
    }
    let mut found: Vec<AuditEntry> = Vec::new();
    for node in items {
        let Some(audit) = audit(reader, node, config) else {
            continue;
        };
        if found.iter().any(|other| other.name == audit.name) {
            let at = node.get("name").unwrap_or(node);
            let message = format!("`{}` is listed twice among the audits", audit.name);
            reader.mistake(at, message);
        } else {
            found.push(audit);
        }
    }
    config.audits = found;
}

fn audit(reader: &mut Reader, node: &Node, config: &mut Config) -> Option<AuditEntry> {
    let map = reader.map(node, AUDIT_KEYS)?;
    let scope = scope(reader, map, config);
    let controls = controls(reader, map);
    let topics = map.get("topics").map(|node| topics(reader, node));
    let denominators = [("applicable", Denominator::Applicable), ("scope", Denominator::Scope)];
    let denominator = word_at(reader, map, "denominator", &denominators);
    let title = reader.optional_text(map, "title").map(str::to_owned);
    let mut named = |reader: &mut Reader, key: &str, names: Names| {
        let node = map.get(key)?;
        let mention = Mention::new(node, reader.text(node)?);
        config.mentions.push((names, mention.clone()));
        Some(mention)
    };
    let documents = AuditDocuments {
        file: reports::file_name(reader, map, "document"),
        template: named(reader, "template", Names::Template),
        checklist: named(reader, "checklist", Names::Checklist),
        checklist_file: reports::file_name(reader, map, "checklist_document"),
    };
    let name = reader.required_text(map, "name")?.to_owned();
    if !reports::is_file_name(&name) {
        let at = map.get("name").unwrap_or(node);
        reader.mistake(at, format!("documents are called after an audit, and none can be called `{name}`"));
    }
    Some(AuditEntry {
        title: title.unwrap_or_else(|| headline(&name)),
        name,
        scope,
        controls,
        denominator: denominator.unwrap_or(Denominator::Applicable),
        topics: topics.unwrap_or_default(),
        documents,
    })
}

/// `event-processing` → `Event processing`.
fn headline(name: &str) -> String {
    let spaced = name.replace(['-', '_'], " ");
    let mut letters = spaced.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

fn scope(reader: &mut Reader, map: Map, config: &mut Config) -> Scope {
    let Some(node) = map.get("scope") else {
        return Scope::All;
    };
    if node.as_str() == Some("all") {
        return Scope::All;
    }
    if node.as_str() == Some("consumers-and-caches") {
        return Scope::ConsumersAndCaches;
    }
    let names = texts_at(reader, map, "scope");
    if names.is_empty() && node.items().is_empty() {
        reader
            .mistake(node, "the scope is empty; write `all`, `consumers-and-caches` or the services' names");
    }
    for (at, name) in &names {
        match config.services.iter().find(|entry| entry.name == *name) {
            Some(entry) if entry.ignore => {
                reader.mistake(at, format!("`{name}` is in scope, and `ignore: true` leaves it out"));
            }
            Some(_) => {}
            None => config.mentions.push((Names::Service, Mention::new(at, name))),
        }
    }
    Scope::Named(names.into_iter().map(|(_, name)| name).collect())
}

fn controls(reader: &mut Reader, map: Map) -> Vec<Control> {
    let Some(list) = map.get("controls") else {
        return vec![Control::Idempotency, Control::DeadLetter, Control::Schema];
    };
    let vocabulary = words(Control::ALL, Control::word);
    let items = reader.list(list);
    if items.is_empty() && matches!(list.value, Value::List(_)) {
        reader.mistake(list, "no control is listed");
    }
    let mut found = Vec::new();
    for item in items {
        match reader.word(item, "control", &vocabulary) {
            Some(control) if found.contains(&control) => {
                reader.mistake(item, format!("`{control}` is listed twice"));
            }
            Some(control) => found.push(control),
            None => {}
        }
    }
    found
}

fn topics(reader: &mut Reader, node: &Node) -> TopicFilter {
    let Some(map) = reader.map(node, TOPIC_KEYS) else {
        return TopicFilter::default();
    };
    TopicFilter { include: globs(reader, map, "include"), exclude: globs(reader, map, "exclude") }
}

fn globs(reader: &mut Reader, map: Map, key: &str) -> Vec<Glob> {
    let mut found = Vec::new();
    for (at, text) in texts_at(reader, map, key) {
        match Glob::new(&text) {
            Ok(glob) => found.push(glob),
            Err(why) => reader.mistake(at, format!("`{text}` is no pattern: {why}")),
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
    let Some(map) = reader.map(node, POLICY_KEYS) else {
        return policy;
    };
    if let Some(group) = map.get("idempotency").and_then(|node| reader.map(node, IDEMPOTENCY_KEYS)) {
        knob(reader, group, "fail_open", &mut policy.idempotency.fail_open);
        knob(reader, group, "ignored_error", &mut policy.idempotency.ignored_error);
    }
    if let Some(group) = map.get("schema").and_then(|node| reader.map(node, SCHEMA_KEYS)) {
        knob(reader, group, "log_only", &mut policy.schema.log_only);
        knob(reader, group, "idl", &mut policy.schema.idl);
    }
    policy
}

fn knob(reader: &mut Reader, group: Map, key: &str, value: &mut Leniency) {
    if let Some(read) = word_at(reader, group, key, &words(Leniency::ALL, Leniency::word)) {
        *value = read;
    }
}

fn rules(reader: &mut Reader, node: &Node, base: &Path, mentions: &mut Vec<(Names, Mention)>) -> RuleChoice {
    let Some(map) = reader.map(node, RULE_KEYS) else {
        return RuleChoice::default();
    };
    let mut paths = Vec::new();
    for (at, text) in texts_at(reader, map, "paths") {
        let path = base.join(&text);
        if path.exists() {
            paths.push(path);
        } else {
            reader.mistake(at, format!("there is no file or folder `{text}`"));
        }
    }
    let enable = texts_at(reader, map, "enable");
    let disable = texts_at(reader, map, "disable");
    for (at, id) in &disable {
        if enable.iter().any(|(_, other)| other == id) {
            reader.mistake(at, format!("`{id}` is switched on and off"));
        }
    }
    let ids = |list: Vec<(&Node, String)>| list.iter().map(|(at, id)| Mention::new(at, id)).collect();
    let choice = RuleChoice { paths, enable: ids(enable), disable: ids(disable) };
    mentions.extend(choice.enable.iter().map(|mention| (Names::RuleFile, mention.clone())));
    mentions.extend(choice.disable.iter().map(|mention| (Names::Rule, mention.clone())));
    choice
}

fn exclude(reader: &mut Reader, map: Map) -> Vec<String> {
    let mut found = Vec::new();
    for (at, pattern) in texts_at(reader, map, "exclude") {
        let mut builder = ignore::gitignore::GitignoreBuilder::new("");
        match builder.add_line(None, &pattern) {
            Ok(_) => found.push(pattern),
            Err(error) => reader.mistake(at, format!("`{pattern}` is no pattern: {error}")),
        }
    }
    found
}

/// The texts under a key, each with its node; an empty one and one listed twice are mistakes.
pub(super) fn texts_at<'n>(reader: &mut Reader, map: Map<'n>, key: &str) -> Vec<(&'n Node, String)> {
    let mut found: Vec<(&Node, String)> = Vec::new();
    let texts = map.get(key).map(|node| reader.texts(node));
    for (node, text) in texts.unwrap_or_default() {
        if text.trim().is_empty() {
            reader.mistake(node, format!("an empty text among `{key}`"));
        } else if found.iter().any(|(_, other)| other == text) {
            reader.mistake(node, format!("`{text}` is listed twice"));
        } else {
            found.push((node, text.to_owned()));
        }
    }
    found
}

pub(super) fn word_at<T: Copy>(reader: &mut Reader, map: Map, key: &str, words: &[(&str, T)]) -> Option<T> {
    map.get(key).and_then(|node| reader.word(node, key, words))
}

pub(super) fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|value| (word(*value), *value)).collect()
}

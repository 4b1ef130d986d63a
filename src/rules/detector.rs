//! Reads one rule file: from a YAML tree to a [`Detector`], with every mistake on the way.
//!
//! The valid types can only come from here. What concerns several files is `load`'s business.

use super::load::Read;
use super::{CallName, Detector, Held, ManifestRule, Matcher, Role, Rule, Selector, Start, example};
use crate::syntax::facts::Lang;
use crate::syntax::reader::{Map, Mistake, Reader};
use crate::syntax::yaml::Node;
use regex::Regex;

const LANGUAGES: &[(&str, Option<Lang>)] = &[
    ("go", Some(Lang::Go)),
    ("rust", Some(Lang::Rust)),
    ("typescript", Some(Lang::TypeScript)),
    ("any", None),
];
const MATCHERS: &[&str] = &["call", "composite", "function", "sql", "method", "decorator"];
pub(super) const DETECTOR_KEYS: &[&str] = &[
    "id",
    "title",
    "docs",
    "language",
    "transport",
    "imports",
    "returns",
    "fields",
    "rules",
    "manifests",
    "examples",
    "opt-in",
    "undescribed",
    "enabled",
];
pub(super) const RULE_KEYS: &[&str] = &[
    "id",
    "role",
    "call",
    "composite",
    "function",
    "sql",
    "method",
    "decorator",
    "when",
    "unless",
    "changes",
    "topic",
    "topic-fields",
    "handler",
    "event-types",
    "group",
    "route",
    "dead-letter",
    "dead-letter-builtin",
    "renews",
    "key",
    "unique",
    "unique-tag",
    "unique-table",
    "checks-tag",
    "unique-field",
    "ttl",
    "value",
    "registration-kind",
    "reports",
    "transport",
    "note",
];
pub(super) const MANIFEST_KEYS: &[&str] = &[
    "id",
    "role",
    "when",
    "within",
    "each",
    "where",
    "topic",
    "capture",
    "route",
    "handler",
    "handler-root",
    "dead-letter",
    "scope",
    "group",
    "pattern",
    "key",
    "value",
    "transport",
    "note",
];

/// Reads a file whose document is given. Nothing comes back when it cannot even be named.
pub(super) fn read(mut reader: Reader, document: Option<&Node>) -> (Option<Read>, Vec<Mistake>) {
    let found = document.and_then(|node| file(&mut reader, node));
    let clean = reader.is_clean();
    let found = found.map(|found| Read { detector: found.detector.filter(|_| clean), ..found });
    (found, reader.finish())
}

fn file(reader: &mut Reader, node: &Node) -> Option<Read> {
    let map = reader.map(node, DETECTOR_KEYS)?;
    let id = reader.required_text(map, "id");
    if let (Some(id), Some(node)) = (id, map.get("id"))
        && !is_id(id)
    {
        reader.mistake(node, "an id is made of lower-case letters, digits and single hyphens");
    }
    let id = id?;
    let place = map.get("id").map_or((1, 1), |node| (node.line, node.column));
    let mut read = Read {
        id: id.to_owned(),
        line: place.0,
        column: place.1,
        detector: None,
        off: !reader.flag_or(map, "enabled", true),
        rule_ids: Vec::new(),
    };
    if !read.off {
        read.detector = detector(reader, map, id, &mut read.rule_ids);
    }
    Some(read)
}

fn detector(
    reader: &mut Reader,
    map: Map,
    id: &str,
    rule_ids: &mut Vec<(String, u32, u32)>,
) -> Option<Detector> {
    let title = reader.required_text(map, "title");
    let docs = reader.required_text(map, "docs");
    if let (Some(docs), Some(node)) = (docs, map.get("docs"))
        && !docs.starts_with("https://")
    {
        reader.mistake(node, "expected the address of its documentation, beginning with `https://`");
    }
    let language = reader.required(map, "language").and_then(|node| reader.word(node, "language", LANGUAGES));
    let transport = reader.optional_text(map, "transport").unwrap_or_default();
    let imports = strings(reader, map, "imports");
    let returns = map.get("returns").map(|node| returns(reader, node)).unwrap_or_default();
    let fields = map.get("fields").map(|node| fields(reader, node)).unwrap_or_default();
    if map.present(&["rules", "manifests"]).is_empty() && map.get("id").is_some() {
        reader.mistake(map.node(), "a detector needs `rules` or `manifests`");
    }
    let undescribed = reader.flag_or(map, "undescribed", false);
    let context = Context { id, gated: undescribed || !imports.is_empty(), transport: !transport.is_empty() };
    let mut rules = Vec::new();
    for node in reader.list_at(map, "rules") {
        rules.extend(rule(reader, node, &context, rule_ids));
    }
    let mut manifests = Vec::new();
    for node in reader.list_at(map, "manifests") {
        manifests.extend(manifest(reader, node, &context, rule_ids));
    }
    let known: Vec<&str> = rule_ids.iter().map(|(id, ..)| id.as_str()).collect();
    let examples = example::examples(reader, map.get("examples"), &known, main_file(language.flatten()));
    Some(Detector {
        id: id.to_owned(),
        // The loader knows.
        origin: String::new(),
        builtin: false,
        title: title?.to_owned(),
        docs: docs?.to_owned(),
        language: language?,
        transport: transport.to_owned(),
        imports,
        undescribed,
        returns,
        fields,
        rules,
        manifests,
        opt_in: reader.flag_or(map, "opt-in", false),
        examples,
    })
}

/// The name of an example's only file.
fn main_file(language: Option<Lang>) -> &'static str {
    match language {
        Some(Lang::TypeScript) => "main.ts",
        Some(Lang::Rust) => "src/main.rs",
        Some(Lang::Go) | None => "main.go",
    }
}

/// What a rule has to know of its file.
struct Context<'a> {
    id: &'a str,
    gated: bool,
    transport: bool,
}

fn rule(reader: &mut Reader, node: &Node, file: &Context, ids: &mut Vec<(String, u32, u32)>) -> Option<Rule> {
    let map = reader.map(node, RULE_KEYS)?;
    let id = rule_id(reader, map, file.id, ids);
    let role = role(reader, map);
    let matcher = matcher(reader, map, file.gated);
    let sentence = note(reader, map);
    let transport = reader.optional_text(map, "transport").map(str::to_owned);
    let found = Rule {
        when: conditions(reader, map, "when"),
        unless: conditions(reader, map, "unless"),
        changes: changes(reader, map),
        topic: selectors(reader, map, "topic"),
        topic_fields: strings(reader, map, "topic-fields"),
        handler: selectors(reader, map, "handler"),
        event_types: selectors(reader, map, "event-types"),
        group: selectors(reader, map, "group"),
        route: selectors(reader, map, "route"),
        dead_letter: selectors(reader, map, "dead-letter"),
        dead_letter_builtin: reader.flag_or(map, "dead-letter-builtin", false),
        renews: reader.flag_or(map, "renews", false),
        key: selectors(reader, map, "key"),
        unique: selectors(reader, map, "unique"),
        unique_tag: map.get("unique-tag").and_then(|node| reader.regex(node)),
        checks_tag: map.get("checks-tag").and_then(|node| reader.regex(node)),
        unique_table: selectors(reader, map, "unique-table"),
        unique_field: map.get("unique-field").and_then(|node| reader.regex(node)),
        ttl: selectors(reader, map, "ttl"),
        value: selectors(reader, map, "value"),
        registration_kind: reader.optional_text(map, "registration-kind").map(str::to_owned),
        transport,
        reports: reader.flag_or(map, "reports", false),
        id: id?,
        role: role?,
        matcher: matcher?,
        note: sentence?,
    };
    let endpoint = matches!(found.role, Role::Consumer | Role::Publisher);
    if endpoint && !file.transport && found.transport.is_none() {
        let role = found.role.name();
        reader.mistake(node, format!("a {role} needs a `transport`, here or for the whole file"));
    }
    if found.role == Role::Consumer && map.get("handler").is_none() {
        reader.mistake(node, "a consumer needs a `handler`");
    }
    Some(found)
}

fn manifest(
    reader: &mut Reader,
    node: &Node,
    file: &Context,
    ids: &mut Vec<(String, u32, u32)>,
) -> Option<ManifestRule> {
    let map = reader.map(node, MANIFEST_KEYS)?;
    let id = rule_id(reader, map, file.id, ids);
    let role = role(reader, map);
    let sentence = note(reader, map);
    // A path may say as much as a condition.
    if map.get("each").is_none() {
        reader.required(map, "when");
    }
    let manifest = ManifestRule {
        when: patterns(reader, map, "when"),
        within: reader.optional_text(map, "within").map(str::to_owned),
        each: reader.optional_text(map, "each").map(str::to_owned),
        filter: patterns(reader, map, "where"),
        topic: strings(reader, map, "topic"),
        capture: map.get("capture").and_then(|node| reader.regex(node)),
        route: strings(reader, map, "route"),
        dead_letter: strings(reader, map, "dead-letter"),
        scope: strings(reader, map, "scope"),
        group: strings(reader, map, "group"),
        pattern: strings(reader, map, "pattern"),
        handler: strings(reader, map, "handler"),
        handler_root: strings(reader, map, "handler-root"),
        key: strings(reader, map, "key"),
        value: strings(reader, map, "value"),
        transport: reader.optional_text(map, "transport").map(str::to_owned),
        id: id?,
        role: role?,
        note: sentence?,
    };
    let endpoint = matches!(manifest.role, Role::Consumer | Role::DeadLetter | Role::Binding);
    if endpoint && !file.transport && manifest.transport.is_none() {
        let role = manifest.role.name();
        reader.mistake(node, format!("a {role} needs a `transport`, here or for the whole file"));
    }
    Some(manifest)
}

/// Conditions on paths of a manifest.
fn patterns(reader: &mut Reader, map: Map, key: &str) -> Vec<(String, Regex)> {
    let Some(node) = map.get(key) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in reader.entries(node) {
        found.extend(reader.regex(&entry.value).map(|regex| (entry.key.clone(), regex)));
    }
    found
}

fn rule_id(
    reader: &mut Reader,
    map: Map,
    file_id: &str,
    ids: &mut Vec<(String, u32, u32)>,
) -> Option<String> {
    let id = reader.required_text(map, "id")?;
    let node = map.get("id")?;
    let own = id.strip_prefix(file_id).and_then(|rest| rest.strip_prefix('.'));
    if !own.is_some_and(is_id) {
        reader.mistake(
            node,
            format!("a rule id is the file's id, a dot and a name: expected `{file_id}.…`, found `{id}`"),
        );
    }
    ids.push((id.to_owned(), node.line, node.column));
    Some(id.to_owned())
}

fn note(reader: &mut Reader, map: Map) -> Option<String> {
    reader.required_text(map, "note").map(|text| text.trim().to_owned())
}

/// The role of a rule or of an expectation.
pub(super) fn role(reader: &mut Reader, map: Map) -> Option<Role> {
    let node = reader.required(map, "role")?;
    let words: Vec<(&str, Role)> = Role::ALL.iter().map(|role| (role.name(), *role)).collect();
    reader.word(node, "role", &words)
}

fn matcher(reader: &mut Reader, map: Map, gated: bool) -> Option<Matcher> {
    let present = map.present(MATCHERS);
    let [kind] = present[..] else {
        let message = if present.is_empty() {
            "a rule needs one of `call`, `composite`, `function`, `sql`, `method` or `decorator`".to_owned()
        } else {
            format!("a rule matches one thing, not `{}`", present.join("` and `"))
        };
        reader.mistake(map.node(), message);
        return None;
    };
    let node = map.get(kind)?;
    if !gated && matches!(kind, "call" | "composite" | "method" | "decorator") {
        reader.mistake(node, format!("a `{kind}` is matched by its import, so the file needs `imports`"));
    }
    match kind {
        "call" => {
            let texts = reader.texts(node);
            let names = texts.into_iter().filter_map(|(node, text)| call_name(reader, node, text));
            Some(Matcher::Call(names.collect()))
        }
        "composite" => Some(Matcher::Composite(identifiers(reader, node))),
        "method" => Some(Matcher::Method(identifiers(reader, node))),
        "decorator" => Some(Matcher::Decorator(identifiers(reader, node))),
        "function" => {
            let map = reader.map(node, &["name", "on"])?;
            let name = reader.required(map, "name").and_then(|node| reader.regex(node));
            let on = map.get("on").and_then(|node| reader.regex(node));
            Some(Matcher::Function { name: name?, on })
        }
        _ => sql(reader, node),
    }
}

fn sql(reader: &mut Reader, node: &Node) -> Option<Matcher> {
    let keys = ["verb", "table", "conflict", "skip-locked", "increments", "transition"];
    let map = reader.map(node, &keys)?;
    let verb = reader.required(map, "verb").and_then(|node| reader.regex(node));
    let table = map.get("table").and_then(|node| reader.regex(node));
    let conflict = map.get("conflict").and_then(|node| reader.regex(node));
    let skip_locked = map.get("skip-locked").and_then(|node| reader.flag(node));
    let increments = map.get("increments").and_then(|node| reader.flag(node));
    let transition = map.get("transition").and_then(|node| reader.flag(node));
    Some(Matcher::Sql { verb: verb?, table, conflict, skip_locked, increments, transition })
}

fn call_name(reader: &mut Reader, node: &Node, text: &str) -> Option<CallName> {
    let (receiver, name) = match text.split_once('.') {
        Some((receiver, name)) => (Some(receiver), name),
        None => (None, text),
    };
    let itself = name == "()" && receiver.is_some();
    if !receiver.is_none_or(|receiver| receiver == "*" || is_identifier(receiver))
        || !itself && !is_identifier(name)
    {
        let expected = "expected `Name`, `Type.Name`, `*.Name` or `Type.()`";
        reader.mistake(node, format!("{expected}, found `{text}`"));
        return None;
    }
    Some(CallName { receiver: receiver.map(str::to_owned), name: name.to_owned() })
}

fn identifiers(reader: &mut Reader, node: &Node) -> Vec<String> {
    let mut names = Vec::new();
    for (node, text) in reader.texts(node) {
        if is_identifier(text) {
            names.push(text.to_owned());
        } else {
            reader.mistake(node, format!("expected a name, found `{text}`"));
        }
    }
    names
}

fn returns(reader: &mut Reader, node: &Node) -> Vec<(CallName, String)> {
    let mut returns = Vec::new();
    for entry in reader.entries(node) {
        let name = Node { line: entry.key_line, column: entry.key_column, value: entry.value.value.clone() };
        let call = call_name(reader, &name, &entry.key);
        let of = reader.text(&entry.value);
        if let (Some(call), Some(of)) = (call, of) {
            returns.push((call, of.to_owned()));
        }
    }
    returns
}

/// `Channel.QueueDeclare: {Name: arg0}`.
fn fields(reader: &mut Reader, node: &Node) -> Vec<Held> {
    let mut held = Vec::new();
    for entry in reader.entries(node) {
        let name = Node { line: entry.key_line, column: entry.key_column, value: entry.value.value.clone() };
        let Some(call) = call_name(reader, &name, &entry.key) else { continue };
        for field in reader.entries(&entry.value) {
            let Some(text) = reader.text(&field.value) else { continue };
            match text.parse::<Selector>() {
                Ok(Selector { start: Start::Arg(argument), steps }) if steps.is_empty() => {
                    held.push(Held { call: call.clone(), field: field.key.clone(), argument });
                }
                _ => reader.mistake(&field.value, format!("expected an argument (`arg0`), found `{text}`")),
            }
        }
    }
    held
}

fn strings(reader: &mut Reader, map: Map, key: &str) -> Vec<String> {
    let texts = map.get(key).map(|node| reader.texts(node)).unwrap_or_default();
    texts.into_iter().map(|(_, text)| text.to_owned()).collect()
}

fn selectors(reader: &mut Reader, map: Map, key: &str) -> Vec<Selector> {
    let texts = map.get(key).map(|node| reader.texts(node)).unwrap_or_default();
    texts.into_iter().filter_map(|(node, text)| selector(reader, node, text)).collect()
}

fn selector(reader: &mut Reader, node: &Node, text: &str) -> Option<Selector> {
    match Selector::parse(text) {
        Ok(selector) => Some(selector),
        Err(error) => {
            reader.mistake_inside(node, error.offset, format!("bad selector `{text}`: {}", error.message));
            None
        }
    }
}

fn conditions(reader: &mut Reader, map: Map, key: &str) -> Vec<(Selector, Regex)> {
    let mut conditions = Vec::new();
    let Some(node) = map.get(key) else {
        return conditions;
    };
    for entry in reader.entries(node) {
        let key = Node { line: entry.key_line, column: entry.key_column, value: entry.value.value.clone() };
        let selector = selector(reader, &key, &entry.key);
        let regex = reader.regex(&entry.value);
        conditions.extend(selector.zip(regex));
    }
    conditions
}

/// `changes: {asked: …, set: …}`.
fn changes(reader: &mut Reader, map: Map) -> Option<(Vec<Selector>, Vec<Selector>)> {
    let inner = reader.map(map.get("changes")?, &["asked", "set"])?;
    for key in ["asked", "set"] {
        reader.required(inner, key);
    }
    Some((selectors(reader, inner, "asked"), selectors(reader, inner, "set")))
}

fn is_id(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').all(part)
}

fn is_identifier(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$'))
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
}

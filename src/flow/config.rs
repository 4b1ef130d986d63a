//! Configuration: what a field of a config struct holds when the code only decodes it.
//!
//! A chain `cfg.Kafka.Topics.Orders` becomes the key path its tags give (`kafka.topics.orders`)
//! and is looked up in the configuration files and in defaults set in code. The nearest file to
//! the place of use wins. Environment variables come from env files and Compose, and from what rules
//! say of other manifests; those of the workload that is named like a folder of the code are its own.

mod checked;
#[cfg(test)]
mod tests;

use crate::rules::Role;
use crate::syntax::yaml::{Node, Value as Yaml};
use rustc_hash::FxHashMap;

use super::eval::Eval;
use super::manifest::Variable;
use super::matches::{Index, Match};
use super::program::parent;
use super::select::select;
use super::types::Type;
use super::value::Value;

/// A scalar of a configuration file.
#[derive(Clone, Debug)]
struct Entry {
    /// Path of the file.
    file: String,
    /// Normalised key path.
    key: Vec<String>,
    /// Scalar text.
    value: String,
}

/// Configuration known for a tree.
#[derive(Clone, Debug, Default)]
pub struct Config {
    entries: Vec<Entry>,
    /// Indices into `entries` by the last name of their key paths, in order.
    by_name: FxHashMap<String, Vec<u32>>,
    /// Variables of the environment.
    variables: Vec<Variable>,
}

const LEAVES: usize = 5_000;

impl Config {
    /// Adds the scalars of a parsed configuration document.
    pub fn add_document(&mut self, file: &str, node: &Node) {
        for variable in environment(file, node) {
            self.add_variable(variable);
        }
        if !is_configuration(file, node) {
            return;
        }
        let before = self.entries.len();
        self.flatten(file, node, &mut Vec::new(), before);
    }

    /// Adds a variable of the environment; what refers to others is not known, and what is empty is
    /// not set.
    pub fn add_variable(&mut self, variable: Variable) {
        if !variable.value.is_empty() && !variable.value.contains(['$', '{']) {
            self.variables.push(variable);
        }
    }

    fn add(&mut self, entry: Entry) {
        if let Some(name) = entry.key.last() {
            self.by_name.entry(name.clone()).or_default().push(self.entries.len() as u32);
        }
        self.entries.push(entry);
    }

    fn flatten(&mut self, file: &str, node: &Node, key: &mut Vec<String>, before: usize) {
        if self.entries.len() - before > LEAVES {
            return;
        }
        match &node.value {
            Yaml::Map(entries) => {
                for entry in entries {
                    key.extend(entry.key.split('.').map(normal));
                    let added = entry.key.split('.').count();
                    self.flatten(file, &entry.value, key, before);
                    key.truncate(key.len() - added);
                }
            }
            Yaml::List(items) => {
                for item in items {
                    self.flatten(file, item, key, before);
                }
            }
            Yaml::String(text) | Yaml::Number(text) => {
                let entry = Entry { file: file.to_owned(), key: key.clone(), value: text.clone() };
                self.add(entry);
            }
            Yaml::Null | Yaml::Bool(_) => {}
        }
    }

    /// Adds defaults that code sets (`viper.SetDefault("kafka.topic", "orders")`).
    pub fn add_defaults(&mut self, eval: &Eval<'_>, index: &Index<'_>, matches: &[Match]) {
        for m in matches.iter().filter(|m| index.rule(m.rule).role == Role::ConfigDefault) {
            let rule = index.rule(m.rule);
            let first = |selectors: &[crate::rules::Selector]| {
                selectors.first().map_or(Value::Unset, |s| select(eval, m.site, s))
            };
            let (key, value) = (first(&rule.key), first(&rule.value));
            for key in key.strings() {
                for value in value.strings() {
                    self.add(Entry {
                        file: eval.types.program.file(m.site.file).path.clone(),
                        key: key.split('.').map(normal).collect(),
                        value: value.to_string(),
                    });
                }
            }
        }
    }

    /// The constants configuration gives for a symbolic value used in file `near`.
    pub fn lookup(&self, eval: &Eval<'_>, index: &Index<'_>, value: &Value, near: &str) -> Vec<String> {
        if let Some((name, default)) = checked::variable(eval.types.program, value) {
            return self.in_environment(&name, near).or(default).into_iter().collect();
        }
        match value {
            Value::Field(..) => {
                let tag = declared(eval, value).map_or("", |(_, tag)| tag);
                let names = ["env", "envconfig"].iter().filter_map(|key| tag_value(tag, key));
                let mut variables = names.filter_map(|names| names.split(',').next());
                if let Some(found) = variables.find_map(|name| self.in_environment(name, near)) {
                    return vec![found];
                }
                let mut path = Vec::new();
                let default = key_path(eval, value, &mut path);
                // One name alone is too little to go by, unless the struct says it is configuration.
                let found =
                    if path.len() > 1 || decoded(eval, value) { self.find(&path, near) } else { Vec::new() };
                if found.is_empty() { default.into_iter().collect() } else { found }
            }
            Value::Made(made) => {
                let rules = index.made(eval.types.program, made);
                if !super::matches::has_role(index, &rules, Role::ConfigGet) {
                    return Vec::new();
                }
                let key = made
                    .args
                    .as_ref()
                    .and_then(|args| args.iter().find_map(|a| a.strings().into_iter().next()));
                key.map_or_else(Vec::new, |key| {
                    let path: Vec<Vec<String>> = key.split('.').map(|k| vec![normal(k)]).collect();
                    self.find(&path, near)
                })
            }
            Value::Concat(parts) => {
                // Every piece must be known for the whole to be.
                let mut texts = vec![String::new()];
                for part in parts.iter() {
                    let pieces = match part {
                        Value::Str(text) => vec![text.to_string()],
                        other => self.lookup(eval, index, other, near),
                    };
                    let Some(piece) = pieces.first() else { return Vec::new() };
                    for text in &mut texts {
                        text.push_str(piece);
                    }
                }
                texts
            }
            _ => Vec::new(),
        }
    }

    /// The value of an environment variable that `value` reads, straight (`os.Getenv`) or through
    /// a helper of a library that is given the name and a default.
    pub fn variable(&self, index: &Index<'_>, eval: &Eval<'_>, value: &Value, near: &str) -> Option<String> {
        let Value::Made(made) = value else { return None };
        let args = made.args.as_deref().unwrap_or(&[]);
        let text = |at: usize| match args.get(at) {
            Some(Value::Str(text)) => Some(&**text),
            _ => None,
        };
        let name = text(0)?;
        let shouted = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let helper = made.name.to_ascii_lowercase().contains("env") && args.len() == 2 && shouted;
        let rules = index.made(eval.types.program, made);
        if !helper && !super::matches::has_role(index, &rules, Role::ConfigEnv) {
            return None;
        }
        let default = || if helper { text(1).map(str::to_owned) } else { None };
        self.in_environment(name, near).or_else(default)
    }

    /// The value of a variable, when what sets it for the workload of `near`, or else the files
    /// nearest to it, agree on one.
    fn in_environment(&self, name: &str, near: &str) -> Option<String> {
        let folders: Vec<&str> = parent(near).split('/').collect();
        let own = |v: &Variable| v.of.iter().any(|of| folders.contains(&of.as_str()));
        let rank = |v: &Variable| (own(v), closeness(&v.file, near));
        let set = self.variables.iter().filter(|v| v.name == name && reaches(&v.file, near));
        let best = set.clone().map(rank).max()?;
        let mut values = set.filter(|v| rank(v) == best).map(|v| &v.value);
        let first = values.next()?;
        values.all(|value| value == first).then(|| first.clone())
    }

    /// Values whose key path ends with `path`, from the file nearest to `near`.
    fn find(&self, path: &[Vec<String>], near: &str) -> Vec<String> {
        let Some(last) = path.last() else { return Vec::new() };
        let mut named: Vec<u32> =
            last.iter().filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        named.sort_unstable();
        named.dedup();
        let candidates: Vec<&Entry> = named
            .into_iter()
            .map(|index| &self.entries[index as usize])
            .filter(|entry| {
                entry.key.len() >= path.len()
                    && entry.key[entry.key.len() - path.len()..]
                        .iter()
                        .zip(path)
                        .all(|(key, names)| names.contains(key))
                    && reaches(&entry.file, near)
            })
            .collect();
        let rank = |entry: &Entry| (closeness(&entry.file, near), std::cmp::Reverse(entry.key.len()));
        let Some(best) = candidates.iter().map(|e| rank(e)).max() else {
            return Vec::new();
        };
        let mut values: Vec<String> = Vec::new();
        let mut file = None;
        for entry in candidates.iter().filter(|e| rank(e) == best) {
            // Several files as near as each other are variants (dev, prod): the first counts.
            if *file.get_or_insert(&entry.file) == &entry.file && !values.contains(&entry.value) {
                values.push(entry.value.clone());
            }
        }
        values
    }
}

/// How many folders two paths share.
fn closeness(file: &str, near: &str) -> usize {
    file.split('/').zip(near.split('/')).take_while(|(a, b)| a == b).count()
}

/// Folders whose files show or help and run nothing outside of them.
const ASIDE: &[&str] = &["docs", "doc", "examples", "example", "samples", "tools", "hack", "scripts"];

/// Whether a file may configure the code at `near`: one of a document's or an example's folder
/// only what lies in that folder, too.
fn reaches(file: &str, near: &str) -> bool {
    let folders: Vec<&str> = file.split('/').collect();
    let aside = folders[..folders.len() - 1].iter().rposition(|part| ASIDE.contains(part));
    aside.is_none_or(|at| closeness(file, near) > at)
}

/// Folders of texts for people, and the words their files' keys are not.
const TRANSLATIONS: &[&str] = &["locales", "locale", "i18n", "l10n", "translations", "lang", "langs"];

/// Files that describe a package or how it is built.
const MANIFESTS: &[&str] = &[
    "package.json",
    "composer.json",
    "tsconfig.json",
    "jsconfig.json",
    "angular.json",
    "nx.json",
    "lerna.json",
    "renovate.json",
    "deno.json",
    "pubspec.yaml",
    "Chart.yaml",
    "mkdocs.yml",
    "mkdocs.yaml",
    "buf.yaml",
    "buf.gen.yaml",
    "buf.work.yaml",
    "sqlc.yaml",
    "azure-pipelines.yml",
    "cloudbuild.yaml",
    "Taskfile.yml",
    "Taskfile.yaml",
];

/// Whether a document configures a program of the tree: not one that describes an interface, a
/// schema, a deployment, a build, a package, a dashboard or a language.
pub fn is_configuration(path: &str, node: &Node) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let has = |key: &str| node.get(key).is_some();
    let inside = |key: &str, is: &dyn Fn(&str, &Node) -> bool| {
        node.get(key).is_some_and(|n| n.entries().iter().any(|e| is(&e.key, &e.value)))
    };
    // What a build server reads configures builds; variables are kept apart.
    // What shows how to write a file is not that file.
    let shows = [".example", ".sample", "example."].iter().any(|mark| name.contains(mark));
    if shows
        || path.starts_with('.')
        || MANIFESTS.contains(&name)
        || is_env_file(name)
        || name.rsplit_once('.').is_some_and(|(_, end)| end == "tf")
    {
        return false;
    }
    if parts.iter().any(|part| TRANSLATIONS.contains(part)) {
        return false;
    }
    let interface = ["openapi", "swagger", "asyncapi"].into_iter().any(has)
        || inside("paths", &|key, _| key.starts_with('/'))
        || inside("components", &|key, value| {
            matches!(key, "schemas" | "messages" | "securitySchemes" | "parameters" | "responses")
                && !value.entries().is_empty()
        });
    // An editor's hint has a `$schema`, too; a schema has what it allows.
    let schema = has("$schema")
        && (["properties", "definitions", "$defs", "$ref", "oneOf", "anyOf", "allOf", "items"]
            .into_iter()
            .any(has)
            || node.get("$schema").and_then(Node::as_str).is_some_and(|s| s.contains("json-schema.org")));
    let build = has("jobs") && has("on") || has("trigger") && (has("stages") || has("steps") || has("pool"));
    let deployment = has("apiVersion") || has("AWSTemplateFormatVersion") || is_compose(node);
    let dashboard = has("panels") && has("schemaVersion");
    let collection = has("info") && has("item");
    !(interface || schema || build || deployment || dashboard || collection)
}

fn is_compose(node: &Node) -> bool {
    node.get("services").is_some_and(|services| {
        services.entries().iter().any(|s| s.value.get("image").is_some() || s.value.get("build").is_some())
    })
}

fn is_env_file(name: &str) -> bool {
    name.starts_with(".env") || name.rsplit_once('.').is_some_and(|(_, end)| end == "env")
}

/// The variables a document sets: an env file, the services of Compose.
fn environment(path: &str, node: &Node) -> Vec<Variable> {
    let mut found = Vec::new();
    let mut add = |node: &Node, of: &[String]| {
        let texts = node.entries().iter().filter_map(|e| Some((e.key.as_str(), e.value.as_text()?)));
        let lines = node.items().iter().filter_map(|item| item.as_text()?.split_once('='));
        found.extend(texts.chain(lines).map(|(name, value)| Variable {
            file: path.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            of: of.to_vec(),
        }));
    };
    if is_env_file(path.rsplit('/').next().unwrap_or(path)) {
        add(node, &[]);
    } else if is_compose(node) {
        for service in node.get("services").map_or(&[][..], Node::entries) {
            // What it is built of has the name of the code's folder.
            let built = ["build", "build.context"].iter().flat_map(|path| service.value.path(path));
            let built = built.filter_map(|node| node.as_text()?.trim_end_matches('/').rsplit('/').next());
            let of: Vec<String> = built.chain([service.key.as_str()]).map(str::to_owned).collect();
            service.value.path("environment").into_iter().for_each(|set| add(set, &of));
        }
    }
    found
}

/// Pushes the key names of a field chain, outermost first, and gives the default its last tag has.
fn key_path(eval: &Eval<'_>, value: &Value, path: &mut Vec<Vec<String>>) -> Option<String> {
    let Value::Field(base, name) = value else { return None };
    if name.starts_with(super::value::STEP) {
        return None;
    }
    key_path(eval, base, path);
    let mut names = vec![normal(name)];
    let mut default = None;
    if let Type::Named(ty, _) = eval.type_of(base) {
        let facts = eval.types.program.facts(ty.file);
        let decl = &facts.types[ty.ty.0 as usize];
        let fields = facts.fields(&decl.fields);
        if let Some(field) = fields.iter().find(|f| facts.text(f.name) == &**name) {
            let tag = facts.text(field.tag);
            for key in ["mapstructure", "yaml", "json", "koanf", "toml", "env"] {
                if let Some(name) = tag_value(tag, key).and_then(|v| v.split(',').next().map(normal))
                    && !name.is_empty()
                    && name != "-"
                    && !names.contains(&name)
                {
                    names.push(name);
                }
            }
            default = ["envDefault", "env-default", "default"]
                .iter()
                .find_map(|key| tag_value(tag, key))
                .map(str::to_owned);
            if default.is_none() {
                default = tag_value(tag, "json")
                    .and_then(|v| v.split(',').find_map(|o| o.strip_prefix("default=")))
                    .map(str::to_owned);
            }
        }
    } else if path.is_empty() && !matches!(**base, Value::Field(..)) {
        // A field of something that is not a struct of the tree is not configuration.
        path.clear();
        return None;
    }
    path.push(names);
    default
}

/// Whether a field belongs to a struct that holds configuration, by its name or its tags.
fn decoded(eval: &Eval<'_>, value: &Value) -> bool {
    let Some((owner, tag)) = declared(eval, value) else { return false };
    let word = owner.to_ascii_lowercase();
    ["conf", "option", "setting", "cfg", "env"].iter().any(|w| word.contains(w))
        || ["mapstructure", "env", "koanf", "envconfig"].iter().any(|key| tag_value(tag, key).is_some())
}

/// The struct of a field and the field's tag.
fn declared<'t>(eval: &'t Eval<'_>, value: &Value) -> Option<(&'t str, &'t str)> {
    let Value::Field(base, name) = value else { return None };
    let Type::Named(ty, _) = eval.type_of(base) else { return None };
    let facts = eval.types.program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    let fields = facts.fields(&decl.fields);
    let field = fields.iter().find(|f| facts.text(f.name) == &**name);
    Some((facts.text(decl.name), field.map_or("", |f| facts.text(f.tag))))
}

/// The value of `key:"…"` in a struct tag.
fn tag_value<'t>(tag: &'t str, key: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let at = rest.find(key)?;
        let boundary = at == 0 || rest.as_bytes()[at - 1] == b' ';
        let after = &rest[at + key.len()..];
        if boundary && let Some(quoted) = after.strip_prefix(":\"") {
            return quoted.find('"').map(|end| &quoted[..end]);
        }
        rest = after;
    }
}

/// Keys compare without case, `_` and `-`.
fn normal(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

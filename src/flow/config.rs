//! Configuration: what a field of a config struct holds when the code only decodes it.
//!
//! A chain `cfg.Kafka.Topics.Orders` becomes the key path its tags give (`kafka.topics.orders`)
//! and is looked up in the configuration files and in defaults set in code. The nearest file to
//! the place of use wins.

use crate::rules::Role;
use crate::syntax::yaml::{Node, Value as Yaml};

use super::eval::Eval;
use super::matches::{Index, Match};
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
}

const LEAVES: usize = 5_000;

impl Config {
    /// Adds the scalars of a parsed configuration document.
    pub fn add_document(&mut self, file: &str, node: &Node) {
        // What a build server reads configures builds.
        if file.starts_with('.') {
            return;
        }
        let before = self.entries.len();
        self.flatten(file, node, &mut Vec::new(), before);
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
                self.entries.push(entry);
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
                    self.entries.push(Entry {
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
        match value {
            Value::Field(..) => {
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

    /// Values whose key path ends with `path`, from the file nearest to `near`.
    fn find(&self, path: &[Vec<String>], near: &str) -> Vec<String> {
        if path.is_empty() {
            return Vec::new();
        }
        let candidates: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| {
                entry.key.len() >= path.len()
                    && entry.key[entry.key.len() - path.len()..]
                        .iter()
                        .zip(path)
                        .all(|(key, names)| names.contains(key))
            })
            .collect();
        let closeness =
            |entry: &Entry| entry.file.split('/').zip(near.split('/')).take_while(|(a, b)| a == b).count();
        let Some(best) = candidates.iter().map(|e| (closeness(e), std::cmp::Reverse(e.key.len()))).max()
        else {
            return Vec::new();
        };
        let mut values: Vec<String> = Vec::new();
        let mut file = None;
        for entry in candidates.iter().filter(|e| (closeness(e), std::cmp::Reverse(e.key.len())) == best) {
            // Several files as near as each other are variants (dev, prod): the first counts.
            if *file.get_or_insert(&entry.file) == &entry.file && !values.contains(&entry.value) {
                values.push(entry.value.clone());
            }
        }
        values
    }
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
        let fields = &facts.fields[decl.fields.start as usize..decl.fields.end as usize];
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
    let Value::Field(base, name) = value else { return false };
    let Type::Named(ty, _) = eval.type_of(base) else { return false };
    let facts = eval.types.program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    let word = facts.text(decl.name).to_ascii_lowercase();
    let fields = &facts.fields[decl.fields.start as usize..decl.fields.end as usize];
    let tag = fields.iter().find(|f| facts.text(f.name) == &**name).map_or("", |f| facts.text(f.tag));
    ["conf", "option", "setting", "cfg", "env"].iter().any(|w| word.contains(w))
        || ["mapstructure", "env", "koanf", "envconfig"].iter().any(|key| tag_value(tag, key).is_some())
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

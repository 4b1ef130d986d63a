//! How the keys of caches are shown: constant parts as they are, what varies in braces.

use crate::flow::program::Program;
use crate::flow::symbol;
use crate::flow::value::Value;

/// The constant text a key begins with.
pub(super) fn prefix(key: &Value) -> String {
    match key {
        Value::Str(text) => text.split('*').next().unwrap_or_default().to_owned(),
        Value::Concat(parts) => match parts.first() {
            Some(Value::Str(text)) => text.split('*').next().unwrap_or_default().to_owned(),
            _ => String::new(),
        },
        Value::OneOf(items) => items.iter().map(prefix).find(|p| !p.is_empty()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A key as people write it; parts that are hashed say so.
pub(super) fn key_text(program: &Program, key: &Value) -> String {
    match key {
        Value::Concat(parts) => parts
            .iter()
            .map(|part| match part {
                Value::Str(text) => text.to_string(),
                other => format!(
                    "{{{}}}",
                    hash(program, other).map_or_else(|| hole(program, other), str::to_owned)
                ),
            })
            .collect(),
        Value::Str(text) => text.to_string(),
        Value::OneOf(items) => {
            let mut texts: Vec<String> = items.iter().map(|v| key_text(program, v)).collect();
            texts.sort();
            texts.dedup();
            texts.truncate(3);
            texts.join("|")
        }
        other => match hash(program, other) {
            Some(kind) => format!("{{{kind}}}"),
            None => format!("{{{}}}", hole(program, other)),
        },
    }
}

/// The name of a part that varies, without the path to it; none for what is calculated.
fn hole(program: &Program, value: &Value) -> String {
    let text = value.render(program);
    let text = if text.contains('(') { symbol::name(program, value) } else { text };
    text.rsplit(['.', ' ']).next().unwrap_or(&text).to_owned()
}

/// `hmac` or `hash` when the value comes out of one.
fn hash(program: &Program, value: &Value) -> Option<&'static str> {
    match value {
        Value::Made(made) => {
            let path = program.external(made.path);
            let inner = || {
                made.args.iter().flat_map(|a| a.iter()).chain(&made.receiver).find_map(|v| hash(program, v))
            };
            if path == "crypto/hmac" {
                return Some("hmac");
            }
            let below = inner();
            if path.starts_with("crypto/") || path.starts_with("hash/") || path.contains("xxhash") {
                return below.or(Some("hash"));
            }
            below
        }
        Value::Field(base, _) | Value::Element(base) => hash(program, base),
        Value::OneOf(items) | Value::Concat(items) => items.iter().find_map(|v| hash(program, v)),
        _ => None,
    }
}

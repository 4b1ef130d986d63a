//! What package.json and tsconfig.json say of where imports lead.

use serde_json::{Map, Value};

/// A package of a workspace.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name; empty when it has none.
    pub name: String,
    /// Files it may start with, in order of preference.
    pub entries: Vec<String>,
}

/// A pattern of `paths`, and what it stands for relative to the folder of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Alias {
    /// The pattern, with at most one `*`.
    pub pattern: String,
    /// Targets, with the same `*`.
    pub targets: Vec<String>,
}

/// Reads a package.json; `None` when it is none.
pub fn package(text: &str) -> Option<Package> {
    let Value::Object(root) = serde_json::from_str(text).ok()? else { return None };
    let text = |key: &str| root.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut entries: Vec<String> =
        ["source", "module", "main", "types"].iter().filter_map(|key| text(key)).collect();
    if let Some(exports) = root.get("exports") {
        exported(exports.get(".").unwrap_or(exports), &mut entries);
    }
    Some(Package { name: text("name").unwrap_or_default(), entries })
}

/// The files that conditions of `exports` name.
fn exported(value: &Value, entries: &mut Vec<String>) {
    match value {
        Value::String(path) => entries.push(path.clone()),
        Value::Object(conditions) => {
            for (key, value) in conditions {
                if !key.starts_with('.') {
                    exported(value, entries);
                }
            }
        }
        _ => {}
    }
}

/// Reads the aliases of a tsconfig.json, comments and trailing commas allowed.
pub fn aliases(text: &str) -> Vec<Alias> {
    let Ok(Value::Object(root)) = serde_json::from_str(&plain(text)) else { return Vec::new() };
    let Some(Value::Object(options)) = root.get("compilerOptions") else { return Vec::new() };
    let base = options.get("baseUrl").and_then(Value::as_str);
    let mut found = paths(options, base.unwrap_or("."));
    if let Some(base) = base {
        found.push(Alias {
            pattern: "*".to_owned(),
            targets: vec![format!("{}/*", base.trim_end_matches('/'))],
        });
    }
    found
}

fn paths(options: &Map<String, Value>, base: &str) -> Vec<Alias> {
    let Some(Value::Object(paths)) = options.get("paths") else { return Vec::new() };
    let targets = |value: &Value| -> Vec<String> {
        let list = value.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str).map(|target| format!("{base}/{target}")).collect()
    };
    paths.iter().map(|(pattern, value)| Alias { pattern: pattern.clone(), targets: targets(value) }).collect()
}

/// JSON without comments and trailing commas.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut in_text = false;
    while let Some(c) = chars.next() {
        if in_text {
            out.push(c);
            match c {
                '\\' => out.extend(chars.next()),
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match (c, chars.peek()) {
            ('"', _) => {
                in_text = true;
                out.push(c);
            }
            ('/', Some('/')) => {
                while chars.peek().is_some_and(|&c| c != '\n') {
                    chars.next();
                }
            }
            ('/', Some('*')) => {
                let mut before = ' ';
                chars.next();
                for c in chars.by_ref() {
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            ('}' | ']', _) => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_say_where_they_start() {
        let found = package(
            r#"{"name": "@shop/events", "main": "dist/index.js", "exports": {".": {"import": "./dist/index.mjs"}, "./x": "./x.js"}}"#,
        );
        let entries = ["dist/index.js", "./dist/index.mjs"].map(str::to_owned).to_vec();
        assert_eq!(found, Some(Package { name: "@shop/events".to_owned(), entries }));
        assert_eq!(package("[]"), None);
        assert_eq!(package("{"), None);
    }

    #[test]
    fn aliases_are_read_through_comments() {
        let text = r#"{
            // "paths" // below
            "compilerOptions": {
                "baseUrl": "./", /* the
                root */
                "paths": {"@app/*": ["libs/*/src",], "@x//y": ["x"],},
            },
        }"#;
        let alias = |pattern: &str, target: &str| Alias {
            pattern: pattern.to_owned(),
            targets: vec![target.to_owned()],
        };
        assert_eq!(
            aliases(text),
            [alias("@app/*", ".//libs/*/src"), alias("@x//y", ".//x"), alias("*", "./*")]
        );
        assert!(aliases("{}").is_empty());
        assert!(aliases("not json").is_empty());
    }
}

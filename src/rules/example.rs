//! Reads the examples of a rule file: code with what must be found in it, and code in which
//! nothing may be found. Running them is not done here.

use super::detector::role;
use super::{Example, Expected};
use crate::syntax::reader::{Map, Reader};
use crate::syntax::yaml::Node;

/// Both lists of examples; `rule_ids` are the ids an expectation may name.
pub(super) fn examples(
    reader: &mut Reader,
    node: Option<&Node>,
    rule_ids: &[&str],
    main: &str,
) -> Vec<Example> {
    let Some(map) = node.and_then(|node| reader.map(node, &["valid", "invalid"])) else {
        return Vec::new();
    };
    let mut examples = Vec::new();
    for node in reader.list_at(map, "valid") {
        let Some(entry) = reader.map(node, &["code", "files", "expect"]) else {
            continue;
        };
        let files = files(reader, entry, main);
        let expect: Vec<Expected> = reader
            .required(entry, "expect")
            .map_or(&[][..], |node| reader.list(node))
            .iter()
            .filter_map(|node| expected(reader, node, rule_ids))
            .collect();
        if expect.is_empty() && reader.is_clean() {
            reader.mistake(node, "a valid example must expect something");
        }
        examples.push(Example { line: node.line, files, expect });
    }
    for node in reader.list_at(map, "invalid") {
        let Some(entry) = reader.map(node, &["code", "files"]) else {
            continue;
        };
        let files = files(reader, entry, main);
        examples.push(Example { line: node.line, files, expect: Vec::new() });
    }
    examples
}

fn files(reader: &mut Reader, entry: Map, main: &str) -> Vec<(String, String)> {
    match (entry.get("code"), entry.get("files")) {
        (Some(code), None) => {
            let text = reader.text(code).unwrap_or_default();
            vec![(main.to_owned(), text.to_owned())]
        }
        (None, Some(files)) => reader
            .entries(files)
            .iter()
            .filter_map(|file| Some((file.key.clone(), reader.text(&file.value)?.to_owned())))
            .collect(),
        _ => {
            reader.mistake(entry.node(), "an example has either `code` or `files`");
            Vec::new()
        }
    }
}

fn expected(reader: &mut Reader, node: &Node, rule_ids: &[&str]) -> Option<Expected> {
    let map = reader.map(node, &["role", "topic", "handler", "rule"])?;
    let role = role(reader, map);
    let topic = reader.optional_text(map, "topic").map(str::to_owned);
    let handler = reader.optional_text(map, "handler").map(str::to_owned);
    let id = reader.optional_text(map, "rule");
    if let (Some(node), Some(id)) = (map.get("rule"), id)
        && !rule_ids.contains(&id)
    {
        reader.unknown_word(node, "rule", id, rule_ids);
    }
    Some(Expected { role: role?, topic, handler, rule: id.map(str::to_owned) })
}

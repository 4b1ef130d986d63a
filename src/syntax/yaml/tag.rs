//! Short forms of `CloudFormation`'s functions: `!Ref Orders` is `{Ref: Orders}`, `!GetAtt Orders.Arn`
//! is `{Fn::GetAtt: Orders.Arn}`. JSON templates have the long forms only.

use saphyr_parser::Tag;

use super::{Entry, Node, Value};

const FUNCTIONS: &[&str] =
    &["GetAtt", "Sub", "ImportValue", "Join", "Select", "Split", "If", "FindInMap", "Base64"];

/// The key that a tag stands for.
pub(super) fn key(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| tag.handle == "!")?;
    match tag.suffix.as_str() {
        "Ref" => Some("Ref".to_owned()),
        known if FUNCTIONS.contains(&known) => Some(format!("Fn::{known}")),
        _ => None,
    }
}

/// A value under the key of its tag.
pub(super) fn wrapped(key: Option<String>, node: Node) -> Node {
    let Some(key) = key else { return node };
    let (line, column) = (node.line, node.column);
    let entry = Entry { key, key_line: line, key_column: column, value: node };
    Node { line, column, value: Value::Map(vec![entry]) }
}

//! Files of environment variables (`.env`, `.env.example`): `NAME=value` in each line, as Docker,
//! Compose and the dotenv libraries read them. References to other variables are left as written.

use super::yaml::{Entry, Node, Value};

/// The variables of a file as a mapping, in the order written; lines that set none are left out.
pub fn parse(text: &str) -> Node {
    let lines = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines());
    let entries = lines.filter_map(|(number, line)| variable(number, line)).collect();
    Node { line: 1, column: 1, value: Value::Map(entries) }
}

fn variable(line: u32, text: &str) -> Option<Entry> {
    let content = text.trim_start();
    let content = content.strip_prefix("export ").unwrap_or(content).trim_start();
    let (name, value) = content.split_once('=')?;
    let name = name.trim_end();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let column = |part: &str| (text[..text.len() - part.len()].chars().count() + 1) as u32;
    let value = value.trim_start();
    let node = Node { line, column: column(value), value: Value::String(unquoted(value).to_owned()) };
    Some(Entry { key: name.to_owned(), key_line: line, key_column: column(content), value: node })
}

/// What is between the quotes, or what stands before a comment.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner;
        }
    }
    value.split(" #").next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_names_values_and_places() {
        let node =
            parse("# a=b\nA=orders\r\nexport B = \"x # y\" # z\n\n C='d'\nD=e # f\nno value\nE=\n1 2=3\n");
        let found: Vec<_> =
            node.entries().iter().map(|e| (e.key.as_str(), e.value.as_str().unwrap(), e.key_line)).collect();
        assert_eq!(
            found,
            [("A", "orders", 2), ("B", "x # y", 3), ("C", "d", 5), ("D", "e", 6), ("E", "", 8)]
        );
        let b = &node.entries()[1];
        assert_eq!((b.key_column, b.value.column), (8, 12));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(A|=|\"|'|#| |\\n|é|\\PC){0,20}") {
            parse(&text);
        }
    }
}

//! Every corner of the grammar, as source and what it must say.

mod corners;
mod recovery;
mod wild;

use super::{Bodies, parse};
use crate::syntax::dump::dump;
use crate::syntax::facts::Facts;

fn full(source: &str) -> Facts {
    parse(source.as_bytes(), Bodies::Full)
}

/// What declarations in a file say.
fn file(source: &str) -> String {
    dump(&full(&format!("package p\n{source}")))
}

/// What statements in a function say.
fn body(source: &str) -> String {
    let said = file(&format!("func f() {{\n{source}\n}}\n"));
    said.strip_prefix("func f() {").and_then(|rest| rest.strip_suffix('}')).unwrap_or(&said).to_owned()
}

/// Checks a table of source and dump, all rows at once.
fn check(read: fn(&str) -> String, table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(source, wanted)| {
            let said = read(source);
            (said != *wanted).then(|| format!("{source}\n  wanted {wanted}\n  said   {said}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

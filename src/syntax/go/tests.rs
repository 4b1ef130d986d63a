//! Every corner of the grammar, as source and what it must say.

mod corners;
mod recovery;
mod wild;

use super::{Bodies, parse};
use crate::syntax::dump::{self, check, dump};
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
    dump::body(&file(&format!("func f() {{\n{source}\n}}\n")))
}

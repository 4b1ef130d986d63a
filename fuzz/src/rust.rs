//! Rust source: read, followed through the built-in rules, judged.

use flowaudit::syntax::{Bodies, directive, rust};

/// One input.
pub fn run(source: &[u8]) {
    rust::parse(source, Bodies::Skip);
    let facts = rust::parse(source, Bodies::Full);
    for comment in &facts.directives {
        directive::in_comment(source, comment.pos as usize, &comment.text);
    }
    super::judged(super::rules(), vec![("src/main.rs", facts)], Vec::new());
}

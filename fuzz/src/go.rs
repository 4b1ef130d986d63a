//! Go source: read, followed through the built-in rules, judged.

use flowaudit::syntax::{Bodies, directive, go};

/// One input.
pub fn run(source: &[u8]) {
    go::parse(source, Bodies::Skip);
    let facts = go::parse(source, Bodies::Full);
    for comment in &facts.directives {
        directive::in_comment(source, comment.pos as usize, &comment.text);
    }
    super::judged(super::rules(), vec![("main.go", facts)], Vec::new());
}

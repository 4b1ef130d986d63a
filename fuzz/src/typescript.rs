//! TypeScript and JavaScript source, under each ending that changes how it is read.

use flowaudit::syntax::{Bodies, directive, ts};

/// One input.
pub fn run(source: &[u8]) {
    for path in ["main.tsx", "main.mjs", "main.cjs"] {
        ts::parse(source, path, Bodies::Skip);
    }
    let facts = ts::parse(source, "main.ts", Bodies::Full);
    for comment in &facts.directives {
        directive::in_comment(source, comment.pos as usize, &comment.text);
    }
    super::judged(super::rules(), vec![("main.ts", facts)], Vec::new());
}

//! Rust source: read, followed through the built-in rules, judged.
#![no_main]

use flowaudit::syntax::{Bodies, directive, rust};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    rust::parse(source, Bodies::Skip);
    let facts = rust::parse(source, Bodies::Full);
    for comment in &facts.directives {
        directive::in_comment(source, comment.pos as usize, &comment.text);
    }
    flowaudit_fuzz::judged(flowaudit_fuzz::rules(), vec![("src/main.rs", facts)], Vec::new());
});

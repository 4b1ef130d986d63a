//! Rule files, and code judged by those that are in order.

use flowaudit::rules::{RuleFile, load};
use flowaudit::syntax::{Bodies, go};

/// One input.
pub fn run(source: &[u8]) {
    let text = String::from_utf8_lossy(source).into_owned();
    let file = RuleFile { path: "house.yaml".to_owned(), text, builtin: false };
    match load(&[file]) {
        Ok(rules) => {
            let code = include_bytes!("sample.go");
            let facts = go::parse(code, Bodies::Full);
            super::judged(&rules, vec![("main.go", facts)], Vec::new());
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal says why");
            for problem in problems {
                assert!(problem.line > 0 && problem.column > 0, "{problem}");
            }
        }
    }
}

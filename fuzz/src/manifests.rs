//! Manifests and what else lies beside code: YAML and JSON, SQL, go.mod, .env, package.json,
//! tsconfig.json, Cargo.toml. Each reader gets every text, because a name promises nothing.

use flowaudit::syntax::{cargo, env, gomod, node, sql, yaml};

/// One input.
pub fn run(source: &[u8]) {
    let text = String::from_utf8_lossy(source);
    gomod::parse(&text);
    node::package(&text);
    node::aliases(&text);
    cargo::package(&text);
    sql::statements(&text);
    for (at, comment) in sql::comments(&text).into_iter().chain(yaml::comments(&text)) {
        assert_eq!(&text[at..at + comment.len()], comment, "a comment is where it is said to be");
    }
    let documents = vec![
        ("deploy/.env".to_owned(), vec![env::parse(&text)]),
        ("deploy/app.yaml".to_owned(), yaml::parse(&text).0),
    ];
    super::judged(super::rules(), Vec::new(), documents);
}

use super::*;
use crate::syntax::{env, yaml};

fn node(text: &str) -> Node {
    yaml::parse(text).0.swap_remove(0)
}

fn keys(keys: &[&str]) -> Vec<Vec<String>> {
    keys.iter().map(|key| vec![normal(key)]).collect()
}

#[test]
fn what_describes_something_else_is_no_configuration() {
    let table = [
        ("config.yaml", "kafka: {topic: orders}", true),
        ("config.json", r#"{"$schema": "https://x.dev/app.json", "kafka": {"topic": "orders"}}"#, true),
        ("config.yaml", "components: {bus: {topic: orders}}\npaths: {data: /var/lib}", true),
        ("config.yaml", "services: {orders: {topic: orders}}", true),
        ("api.yaml", "openapi: 3.1.0\npaths: {/d: {post: {topic: orders}}}", false),
        ("api.yaml", "swagger: '2.0'\nx: y", false),
        ("api.yaml", "asyncapi: 3.0.0\nchannels: {orders: {address: orders}}", false),
        ("fragment.yaml", "paths: {/d: {post: {topic: orders}}}", false),
        ("fragment.yaml", "components: {schemas: {A: {topic: orders}}}", false),
        ("a.json", r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "topic": "x"}"#, false),
        ("a.json", r#"{"$schema": "./meta.json", "properties": {"topic": {"default": "x"}}}"#, false),
        ("ci.yml", "on: push\njobs: {a: {steps: []}}", false),
        (".github/workflows/ci.yml", "topic: x", false),
        ("docker-compose.yml", "services: {a: {image: b, environment: {TOPIC: x}}}", false),
        ("deploy.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {TOPIC: x}", false),
        ("web/package.json", r#"{"config": {"topic": "x"}}"#, false),
        ("web/locales/en.json", r#"{"kafka": {"topic": "Topic"}}"#, false),
        ("board.json", r#"{"panels": [], "schemaVersion": 38}"#, false),
    ];
    for (path, text, expected) in table {
        assert_eq!(is_configuration(path, &node(text)), expected, "{path}: {text}");
    }
}

#[test]
fn documents_and_examples_configure_only_themselves() {
    let mut config = Config::default();
    config.add_document("tools/dev/config.yaml", &node("kafka: {topic: dev}"));
    assert_eq!(config.find(&keys(&["kafka", "topic"]), "pkg/bus/bus.go"), Vec::<String>::new());
    assert_eq!(config.find(&keys(&["kafka", "topic"]), "tools/dev/main.go"), ["dev"]);
    config.add_document("deploy/config.yaml", &node("kafka: {topic: orders}"));
    assert_eq!(config.find(&keys(&["kafka", "topic"]), "pkg/bus/bus.go"), ["orders"]);
}

#[test]
fn variables_come_from_where_they_are_set() {
    let mut config = Config::default();
    let compose = "services:\n  a: {image: a, environment: {TOPIC: orders, BOTH: one}}\n  b:\n    build: .\n    environment: [TOPIC=orders, BOTH=two, \"REF=${X}\"]\n";
    config.add_document("docker-compose.yml", &node(compose));
    config.add_document(".env.example", &env::parse("QUEUE=mail\nTOPIC=orders\n"));
    let of = vec!["mail".to_owned()];
    let set = |name: &str, value: &str, of: &[String]| Variable {
        file: "k8s/map.yaml".to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
        of: of.to_vec(),
    };
    config.add_variable(set("GROUP", "g", &[]));
    config.add_variable(set("BOTH", "three", &of));
    let value = |name: &str| config.in_environment(name, "internal/a.go");
    assert_eq!(value("TOPIC").as_deref(), Some("orders"));
    assert_eq!(value("QUEUE").as_deref(), Some("mail"));
    assert_eq!(value("GROUP").as_deref(), Some("g"));
    // Two services have two values: which is meant is not known here.
    assert_eq!(value("BOTH"), None);
    // The workload that is named like a folder is the one that runs what lies in it.
    assert_eq!(config.in_environment("BOTH", "services/mail/main.go").as_deref(), Some("three"));
    assert_eq!(config.in_environment("BOTH", "cmd/b/main.go").as_deref(), Some("two"));
    assert_eq!(value("REF"), None);
    assert!(config.entries.is_empty());
}

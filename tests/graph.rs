//! `flowaudit graph` on the fixture, in each format.

mod support;

use serde_json::Value;
use support::{platform, run, scan_json};

fn graph(args: &[&str]) -> String {
    let (code, out, err) = run(&[&["graph"], args].concat(), &platform());
    assert_eq!((code, err.as_str()), (Some(0), ""), "{args:?}");
    out
}

#[test]
fn the_edges_are_those_of_the_topics() {
    let audit: Value = serde_json::from_str(&scan_json(&platform(), &[])).unwrap();
    let graph: Value = serde_json::from_str(&graph(&["--format", "json"])).unwrap();
    let edges = graph["edges"].as_array().unwrap();
    for topic in audit["topics"].as_array().unwrap() {
        let of_it: Vec<&Value> = edges.iter().filter(|edge| edge["topic"] == topic["name"]).collect();
        let ends = |key: &str| {
            let mut names: Vec<&Value> =
                of_it.iter().map(|edge| &edge[key]).filter(|n| !n.is_null()).collect();
            names.sort_by_key(|name| name.as_str());
            names.dedup();
            names
        };
        assert_eq!(ends("to"), topic["subscribers"].as_array().unwrap().iter().collect::<Vec<_>>());
        match topic["near"].as_str() {
            Some(near) => assert!(of_it.iter().all(|edge| edge["published_as"] == near)),
            None => {
                assert_eq!(ends("from"), topic["publishers"].as_array().unwrap().iter().collect::<Vec<_>>());
            }
        }
    }
    let schema = run(&["schema", "graph"], &platform()).1;
    assert!(jsonschema::is_valid(&serde_json::from_str(&schema).unwrap(), &graph));
}

#[test]
fn diagrams_draw_every_service_and_what_leads_nowhere() {
    let mermaid = graph(&[]);
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    assert!(mermaid.contains("-.->|\"product.created ≠ catalog.product.created<br/>"), "{mermaid}");
    let dot = graph(&["--format", "dot"]);
    assert!(dot.starts_with("digraph flows {\n") && dot.ends_with("}\n"), "{dot}");
    assert!(dot.contains("  \"order\" -> \"customer\" [label="), "{dot}");
    assert!(
        dot.contains("  \"review\" -> \"not read here\" [label=\"review.created\", style=dashed];"),
        "{dot}"
    );
}

#[test]
fn one_service_is_shown_with_those_it_talks_to() {
    let graph: Value = serde_json::from_str(&graph(&["--format", "json", "--service", "shipping"])).unwrap();
    assert_eq!(graph["services"], serde_json::json!(["fulfillment", "shipping"]));
    let (code, out, err) = run(&["graph", "--service", "shiping"], &platform());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("error: there is no service `shiping`"), "{err}");
}

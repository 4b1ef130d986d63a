use std::fmt::Write;

use super::*;
use proptest::prelude::*;

fn one(text: &str) -> Node {
    let (documents, problems) = parse(text);
    assert_eq!(problems, [], "{text}");
    assert_eq!(documents.len(), 1, "{text}");
    documents.into_iter().next().unwrap()
}

fn problems(text: &str) -> Vec<(u32, u32, String)> {
    let (_, problems) = parse(text);
    problems.into_iter().map(|p| (p.line, p.column, p.message)).collect()
}

const SUBSCRIPTION: &str = "\
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: order-sub
spec:
  topic: order-events
  routes:
    rules:
      - match: event.type == \"created\"
        path: /orders/created
      - match: event.type == 'paid'
        path: /orders/paid
    default: /orders
  deadLetterTopic: order-events.dlq
scopes:
- analytics
";

#[test]
fn positions_point_at_keys_and_values() {
    let node = one(SUBSCRIPTION);
    let topic = node.get("spec").unwrap().entry("topic").unwrap();
    assert_eq!((topic.key_line, topic.key_column), (6, 3));
    assert_eq!((topic.value.line, topic.value.column), (6, 10));
    assert_eq!(topic.value.as_str(), Some("order-events"));
    assert_eq!(node.get("scopes").unwrap().items()[0].line, 16);
}

#[test]
fn a_path_goes_through_lists_and_wildcards() {
    let node = one(SUBSCRIPTION);
    let found: Vec<_> =
        node.path("spec.routes.rules[].path").iter().map(|n| (n.as_str().unwrap(), n.line)).collect();
    assert_eq!(found, [("/orders/created", 10), ("/orders/paid", 12)]);
    assert!(node.path("spec.nothing[].path").is_empty());
    assert_eq!(node.path("").len(), 1);
    let compose = one("services:\n  a: {build: ./a}\n  b: {build: ./b}\n");
    assert_eq!(compose.path("services.*.build").len(), 2);
}

#[test]
fn scalars_follow_the_core_schema() {
    let node = one(
        "a: 1\nb: -2.5e3\nc: yes\nd: TRUE\ne: ~\nf:\ng: '1'\nh: !!str 5\ni: 1.2.3\nj: 5s\nk: 0x1F\non: .inf\n",
    );
    let value = |key: &str| node.get(key).unwrap().value.clone();
    assert_eq!(value("a"), Value::Number("1".into()));
    assert_eq!(value("b"), Value::Number("-2.5e3".into()));
    assert_eq!(value("c"), Value::String("yes".into()));
    assert_eq!(value("d"), Value::Bool(true));
    assert_eq!(value("e"), Value::Null);
    assert_eq!(value("f"), Value::Null);
    assert_eq!(value("g"), Value::String("1".into()));
    assert_eq!(value("h"), Value::String("5".into()));
    assert_eq!(value("i"), Value::String("1.2.3".into()));
    assert_eq!(value("j"), Value::String("5s".into()));
    assert_eq!(value("k"), Value::Number("0x1F".into()));
    assert_eq!(value("on"), Value::Number(".inf".into()));
}

#[test]
fn a_comment_glued_to_a_value_is_a_comment() {
    let text = "uri: \"\"#no blank # twice\nlist: ['a', \"b#c\"]#glued\nplain: a\"b\"#c\nblock: |\n  \"x\"#y\nflow: {\n  k: \"v\"#here\n}\nkafka:\n  topic: 'it''s'#again\n  last: end\n";
    let node = one(text);
    assert_eq!(node.get("uri").unwrap().as_str(), Some(""));
    let items: Vec<_> = node.get("list").unwrap().items().iter().map(|n| n.as_str().unwrap()).collect();
    assert_eq!(items, ["a", "b#c"]);
    assert_eq!(node.get("plain").unwrap().as_str(), Some("a\"b\"#c"));
    assert_eq!(node.get("block").unwrap().as_str(), Some("\"x\"#y\n"));
    assert_eq!(node.get("flow").unwrap().get("k").unwrap().as_str(), Some("v"));
    let topic = node.get("kafka").unwrap().entry("topic").unwrap();
    assert_eq!((topic.key_line, topic.key_column, topic.value.column), (10, 3, 10));
    assert_eq!(topic.value.as_str(), Some("it's"));
    assert_eq!(node.get("kafka").unwrap().get("last").unwrap().as_str(), Some("end"));
}

#[test]
fn several_documents_keep_their_lines() {
    let (documents, problems) = parse("a: 1\n---\n---\nb: 2\n...\n---\nc: 3\n");
    assert_eq!(problems, []);
    let lines: Vec<_> = documents.iter().filter_map(|d| d.entries().first()).map(|e| e.key_line).collect();
    assert_eq!(lines, [1, 4, 7]);
}

#[test]
fn a_broken_document_does_not_cost_the_next() {
    let (documents, problems) = parse("a: [1\n---\nb: 2\n---\n- x: 'open\n");
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].entry("b").unwrap().key_line, 3);
}

#[test]
fn json_with_tabs_comments_free_and_surrogates() {
    let node = one(
        "{\n\t\"topic\": \"a\\/b\",\n\t\"n\":\t[1,2],\n\t\"s\":\"\\ud83d\\ude00!\\ud800\",\"t\":true\n}\n",
    );
    assert_eq!(node.get("topic").unwrap().as_str(), Some("a/b"));
    assert_eq!(node.get("n").unwrap().items().len(), 2);
    assert_eq!(node.get("s").unwrap().as_str(), Some("\u{1f600}!\u{fffd}"));
    assert_eq!(node.get("topic").unwrap().line, 2);
    assert_eq!(one("\u{feff}{}").entries().len(), 0);
    assert_eq!(one("{\"a\\\\ud83d\": 1}").entries()[0].key, "a\\ud83d");
}

#[test]
fn long_json_keys_and_nested_strings_are_read() {
    let key = "k".repeat(5000);
    let node = one(&format!("{{\"{key}\": 1}}"));
    assert_eq!(node.entries()[0].key, key);
}

#[test]
fn aliases_and_merge_keys_expand() {
    let node = one("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse:\n  <<: [*b, *m]\n  x: 9\nalso: *b\n");
    let merged = node.get("use").unwrap();
    let text = |key: &str| merged.get(key).unwrap().as_text().unwrap().to_owned();
    assert_eq!((text("x"), text("y"), text("z")), ("9".into(), "2".into(), "4".into()));
    assert_eq!(node.get("also").unwrap().get("y").unwrap().as_text(), Some("2"));
    assert_eq!(one("'<<': {a: 1}").get("<<").unwrap().entries().len(), 1);
    assert_eq!(problems("a: {<<: 5}").len(), 1);
}

#[test]
fn repeated_keys_are_a_problem_and_the_first_wins() {
    let (documents, problems) = parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].line, problems[0].column), (3, 1));
    assert!(problems[0].message.contains("`a` is repeated"));
    assert_eq!(documents[0].get("a").unwrap().as_text(), Some("1"));
}

#[test]
fn alias_bombs_end_in_a_problem() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..40 {
        let prior = format!("*a{}", level - 1);
        let row = vec![prior; 10].join(",");
        let _ = writeln!(bomb, "a{level}: &a{level} [{row}]");
    }
    let found = problems(&bomb);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].2.contains("values once aliases are expanded")
            || found[0].2.contains("anchors hold too much"),
        "{found:?}"
    );

    let long = format!("a: &a {}\nb:\n{}", "y".repeat(1 << 20), "- *a\n".repeat(100_000));
    assert!(problems(&long)[0].2.contains("copy too much text"));
    assert!(problems("a: &a [*a]\n")[0].2.contains("refers to itself"));
    assert!(problems("a: *nope\n")[0].2.contains("unknown anchor"));
}

#[test]
fn depth_is_bounded() {
    for text in ["[".repeat(100_000), "{a: ".repeat(50_000), "- ".repeat(50_000)] {
        assert!(!problems(&text).is_empty());
    }
    let fine = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(problems(&fine), []);
}

#[test]
fn helm_templates_are_read_with_actions_as_text() {
    let text = "\
{{- if .Values.enabled }}
apiVersion: dapr.io/v1alpha1
metadata:
  name: {{ include \"x.name\" . }}-sub
  labels:
    {{- include \"x.labels\" . | nindent 4 }}
spec:
  topic: {{ .Values.topic }}
  route: /orders
{{- end }}
";
    let (documents, problems) = parse(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].line, problems[0].column), (1, 1));
    let node = &documents[0];
    let topic = node.path("spec.topic")[0];
    assert_eq!(topic.as_str(), Some("{{ .Values.topic }}"));
    assert_eq!((topic.line, topic.column), (8, 10));
    assert_eq!(node.path("metadata.name")[0].as_str(), Some("{{ include \"x.name\" . }}-sub"));
}

#[test]
fn actions_in_quotes_need_no_template_reading() {
    let node = one("summary: '{{ $labels.topic }} is late'\n");
    assert_eq!(node.get("summary").unwrap().as_str(), Some("{{ $labels.topic }} is late"));
}

#[test]
fn flow_collections_may_end_below_their_key() {
    let text = "\
a:
  script: |
    x: [
  command: [ # why [
    \"--config=it's ]\", plain',
  \"b\",
  ]
  'quoted [': {
  n: 1,
  } # done
  tail: a[0]
last:
- [
1
]
- d
";
    let node = one(text);
    let command = node.path("a.command[]");
    let seen: Vec<_> = command.iter().map(|n| (n.as_str().unwrap(), n.line, n.column)).collect();
    assert_eq!(seen[0], ("--config=it's ]", 5, 5));
    assert_eq!(seen.last().unwrap(), &("b", 6, 3));
    let n = node.get("a").unwrap().get("quoted [").unwrap().entry("n").unwrap();
    assert_eq!((n.key_line, n.key_column, n.value.column), (9, 3, 6));
    assert_eq!(node.path("a.tail")[0].as_str(), Some("a[0]"));
    assert_eq!(node.path("last[]").len(), 2);
}

#[test]
fn json_may_hold_comments_and_trailing_commas() {
    let node = one("{\n  // one's \\ \"\n  \"a\": \"//no\", /* \n* */ \"b\": [1,],\n}\n");
    assert_eq!(node.get("a").unwrap().as_str(), Some("//no"));
    assert_eq!(node.entry("b").unwrap().key_line, 4);
    assert_eq!(one("// head\n{\"a\": 1}").entries()[0].key_line, 2);
    let flow = one("{url: http://x/*, 'b // c': '/* d', e: a//b}");
    assert_eq!(flow.get("url").unwrap().as_str(), Some("http://x/*"));
    assert_eq!(flow.get("b // c").unwrap().as_str(), Some("/* d"));
    assert_eq!(flow.get("e").unwrap().as_str(), Some("a//b"));
}

#[test]
fn hopeless_input_is_a_problem_with_a_position() {
    assert_eq!(problems("a: b\n\0c: d")[0].0, 2);
    let found = problems("key: [1, 2\nother: }\n");
    assert!(!found.is_empty() && found[0].0 >= 1);
    assert_eq!(parse("").0.len(), 0);
    assert_eq!(parse("# only a comment\n").0.len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn never_panics_on_any_text(text in "\\PC*") {
        let _ = build::documents(&text, 1000);
        let _ = parse(&text);
    }

    #[test]
    fn never_panics_on_yaml_alphabet(text in "[\\[\\]{}:,&*!|>'\"%#\\-?<@` \\n\\t\\r0a~.=\\\\u{}]{0,80}") {
        let _ = build::documents(&text, 1000);
        let _ = parse(&text);
    }

    #[test]
    fn never_panics_on_yaml_words(parts in prop::collection::vec(prop::sample::select(vec![
        "a: ", "- ", "? ", ": ", "\n", "  ", "\t", "---\n", "...\n", "&x ", "*x", "<<: ", "[", "]", "{", "}", ",",
        "|\n", ">-\n", "'", "\"", "# c\n", "%YAML 1.2\n", "!!str ", "!t ", "{{ ", " }}", "\u{feff}", "\\ud83d", "é", "\u{85}", "\u{2028}", "\0",
    ]), 0..40)) {
        let text = parts.concat();
        let _ = build::documents(&text, 1000);
        let _ = parse(&text);
    }
}

//! The built-in checklists, the loader's mistakes, and people's word.

use std::fs;
use std::path::Path;

use super::*;
use crate::audit::{Audit, Date, ItemState};
use crate::config::{self, Config, ConfigError, Settings};
use crate::progress::Progress;
use crate::rules::RuleFile;

fn mistakes(text: &str) -> Vec<String> {
    let file = RuleFile { path: "house.yaml".to_owned(), text: text.to_owned(), builtin: false };
    load::load(&[file]).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_built_in_checklists_are_whole() {
    let all = in_force(&Config::default()).unwrap();
    let size = |id: &str| {
        let checklist = all.iter().find(|checklist| checklist.id == id).unwrap();
        (checklist.sections.len(), checklist.items().count())
    };
    let (sections, items) = size("event-processing");
    assert!(sections == 12 && items >= 60, "{sections} sections, {items} items");
    let (sections, items) = size("data-synchronization");
    assert!(sections == 10 && items >= 45, "{sections} sections, {items} items");
    for section in all.iter().flat_map(|checklist| &checklist.sections) {
        assert!(!section.items.is_empty(), "{}", section.title);
    }
    let items: Vec<&ItemRule> = all.iter().flat_map(ChecklistRule::items).collect();
    for name in items.iter().filter_map(|item| item.same_as.as_ref()) {
        assert!(items.iter().any(|item| item.id == *name), "{name}");
    }
}

#[test]
fn every_mistake_of_a_checklist_is_told_with_its_place() {
    let text = "\
id: house
titel: House
sections:
  - title: One
    items:
      - {id: a, title: A, control: idempotence, help: h}
      - {id: a, title: B, rules: [no-idempotencey], help: h}
      - {id: b, title: C, fact: topics-knwon, help: h}
      - {id: b, title: D, attest: look, help: h}
      - {id: c, title: E, files: ['{a'], text: '(', per: consumers, help: h}
      - {id: d, title: F, control: schema, files: ['*'], help: h}
      - {id: e, title: G, help: h}
      - {id: f, title: H, control: schema, text: x, needs: [cache]}
";
    insta::assert_snapshot!(mistakes(text).join("\n"));
}

/// Whether the search behind a built-in item takes this line of this file for evidence.
fn found(id: &str, path: &str, line: &str) -> bool {
    let all = in_force(&Config::default()).unwrap();
    let item = all.iter().flat_map(ChecklistRule::items).find(|item| item.id == id).expect(id);
    let Test::Search(search) = &item.test else { panic!("{id} is no search") };
    search.files.iter().any(|glob| glob.matches(path))
        && search.text.as_ref().is_none_or(|text| text.is_in(line))
}

#[test]
fn what_only_looks_like_it_is_no_evidence() {
    for (id, path, line) in [
        ("ep-doc-flow", "docs/event-flow.md", ""),
        ("ep-obs-alert-lag", "rules.yaml", "expr: kafka_consumergroup_lag > 100"),
        ("ep-evo-version", "a.go", "const topic = \"order.created.v1\""),
        ("ep-perf-concurrency", "a.yaml", "prefetchCount: 10"),
        ("ep-perf-concurrency", "a.go", "ch.Qos(10, 0, false)"),
        ("ep-impl-event-id", "a.go", "EventID string `json:\"event_id\"`"),
        ("ep-test-end-to-end", "e2e/orders_test.go", "//go:build e2e"),
        ("ep-test-load", "test/load/orders.js", "import { Writer } from \"k6/x/kafka\";"),
        ("ep-evo-version", "a.go", "SchemaVersion string"),
        ("ep-evo-version", "order.json", "\"schema_version\": {\"type\": \"string\"},"),
        ("ep-order-version", "event.go", "\tVersion int64"),
        ("ep-infra-topics-created", "a.go", "err = ch.ExchangeDeclare("),
        ("ep-doc-flow", "assets/system-architecture.png", ""),
    ] {
        assert!(found(id, path, line), "{id}: {path}: {line}");
    }
    for (id, path, line) in [
        ("ep-doc-flow", "docs/gitflow.md", ""),
        // What scales is no alert.
        ("ep-obs-alert-lag", "keda.yaml", "lagThreshold: \"50\""),
        ("ds-obs-alert", "keda.yaml", "lagThreshold: \"50\""),
        ("ep-evo-version", "package.json", "\"version\": \"1.0.0\","),
        ("ep-evo-version", "a.go", "\"gopkg.in/khaiql/dbcleaner.v2\""),
        ("ep-order-version", "api/swagger.json", "\"updatedAt\": {"),
        ("ep-perf-concurrency", "proxy.yaml", "<link rel=\"dns-prefetch\" href=\"x\">"),
        ("ep-impl-event-id", "a.go", "log.Fields{\"MessageId\": event.MessageId},"),
        ("ep-test-load", "test/load_tests/README.md", "k6/http"),
        ("ep-saga-state", "saga.go", "var step SagaStep[T]"),
        ("ep-sec-transport", "otel.yaml", "    tls:"),
        ("ep-evo-version", "dashboard.json", "\"schemaVersion\": 36,"),
        ("ep-order-version", "migration.go", "Up(ctx context.Context, version uint) error"),
        ("ep-obs-tracing", "go.mod", "go.opentelemetry.io/otel v1.19.0"),
        ("ep-saga-timeout", "client.go", "func NewOrderParamsWithTimeout(t time.Duration)"),
    ] {
        assert!(!found(id, path, line), "{id}: {path}: {line}");
    }
}

/// Whether a file that holds these lines proves a built-in item.
fn proved(id: &str, content: &str) -> bool {
    let all = in_force(&Config::default()).unwrap();
    let item = all.iter().flat_map(ChecklistRule::items).find(|item| item.id == id).expect(id);
    let Test::Search(search) = &item.test else { panic!("{id} is no search") };
    let holds = |pattern: &Pattern| content.lines().any(|line| pattern.is_in(line));
    !search.hint && search.text.iter().chain(&search.proof).all(holds)
}

#[test]
fn a_name_that_promises_a_test_proves_none() {
    for (id, content) in [
        (
            "ep-test-end-to-end",
            "//go:build integration\nbus.PublishMessage(ctx, e, nil)\nh := messaging.ShouldConsume(ctx, bus)",
        ),
        (
            "ep-test-end-to-end",
            "// e2e\nawait new KafkaContainer().start();\nawait producer.send({});\nproducer.produce(x);\nawait consumer.run({ eachMessage: f });",
        ),
        ("ep-test-load", "import { Writer } from 'k6/x/kafka';\nwriter.produce({ messages });"),
        (
            "ep-obs-tracing",
            "\"go.opentelemetry.io/otel\"\nctx, span := consumertracing.StartConsumerSpan(ctx, meta)",
        ),
        ("ep-obs-tracing", "  samplingRate: \"1\""),
        ("ds-obs-tracing", "amotel.OtelMessageContextExtractor(),"),
        ("ds-test-invalid", "func TestInvalid(t *testing.T) {\n\terr := c.HandlePaid(ctx, nil)"),
        // A test of a suite is a method.
        ("ds-test-invalid", "func (s *suite) TestInvalid() {\n\terr := c.HandlePaid(ctx, nil)"),
        ("ds-test-cache", "func (s *productCacheSuite) TestProductCacheRepository_UpdatePrice() {"),
        ("ep-test-duplicate", "func TestTwice(t *testing.T) {\n\tmust(handler.Process(m))"),
        ("ep-obs-correlation", "msg.Headers[\"correlation_id\"] = id"),
        ("ep-err-replay", "// replays\nfunc (s *Store) ReplayFailedEvents(ctx context.Context) error {"),
        (
            "ep-perf-records",
            "ok, err := rdb.SetNX(ctx, fmt.Sprintf(\"seen:%s\", id), 1, 24*time.Hour).Result()",
        ),
        ("ep-perf-records", "DELETE FROM processed_events WHERE at < now() - interval '7 days'"),
        ("ep-perf-records", "await redis.set(key, '1', 'EX', 86400, 'NX')"),
    ] {
        assert!(proved(id, content), "{id}: {content}");
    }
    for (id, content) in [
        (
            "ep-test-end-to-end",
            "//go:build e2e\npackage e2e\nfunc TestEndToEnd(t *testing.T) {\nclient.New(url)",
        ),
        (
            "ep-test-end-to-end",
            "rabbitmq.NewRabbitMQTestContainers(log)\nfunc Test_RabbitMQ_Container(t *testing.T) {",
        ),
        ("ep-test-load", "import http from \"k6/http\";\nlet request = http.get(url);"),
        ("ep-obs-tracing", "\"go.opentelemetry.io/otel/attribute\""),
        ("ds-obs-tracing", "\"go.opentelemetry.io/otel\""),
        ("ep-err-drill", "kind: PodChaos"),
        // The name of a test is no call of it.
        ("ds-test-invalid", "func Test_Invalid_Delivery_Address(t *testing.T) {\n\terr := NewAddress(\"\")"),
        ("ep-test-duplicate", "func TestHandlesTwice(t *testing.T) {\n\tx := sum(1, 1)"),
        ("ep-obs-correlation", "c.Header(\"X-Correlation-ID\", id)"),
        ("ep-err-replay", "We retry failed messages now and then."),
        ("ep-obs-dashboard", "\"title\": \"Queue of print jobs\""),
        ("ep-doc-contracts", "\"$schema\": \"https://json-schema.org/draft-07/schema\","),
        ("ep-perf-records", "ok, err := rdb.SetNX(ctx, key, 1, 0).Result()"),
    ] {
        assert!(!proved(id, content), "{id}: {content}");
    }
}

#[test]
fn what_lacks_its_proof_is_left_to_a_person() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), "", "2026-01-31").unwrap();
    let list = "id: a\ntitle: A\nsections:\n  - title: S\n    items:\n      \
                - {id: e2e, title: S, files: '*_test.go', text: e2e, proof: Publish, among: tests, help: none}\n";
    fs::write(dir.path().join("house/list.yaml"), list).unwrap();
    fs::write(dir.path().join("order/a_test.go"), "package main\n\nvar e2e = 1\n").unwrap();
    let audit = audited(dir.path(), "2026-01-31").unwrap();
    assert_eq!(states(&audit), [("e2e", ItemState::Open)]);
    let item = &audit.checklists[0].sections[0].items[0];
    assert_eq!(item.note, "Seen in 1 file; a person is to say whether it is enough. none");
    fs::write(dir.path().join("order/b_test.go"), "package main\n\nvar e2e, x = 1, Publish()\n").unwrap();
    let audit = audited(dir.path(), "2026-01-31").unwrap();
    assert_eq!(states(&audit), [("e2e", ItemState::Met)]);
    let shown = &audit.checklists[0].sections[0].items[0].evidence;
    assert_eq!(shown.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["order/b_test.go"]);
}

/// A service that consumes nothing, with a checklist of two items, and what `flowaudit.yaml` says.
fn filled(folder: &Path, said: &str, as_of: &str) -> anyhow::Result<Audit> {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("order/go.mod", "module order\n\ngo 1.22\n");
    write("order/main.go", "package main\n\n// A comment with gobreaker proves nothing.\nfunc main() {}\n");
    write(
        "house/list.yaml",
        "id: a\ntitle: A\nsections:\n  - title: S\n    items:\n      \
         - {id: word, title: W, attest: look}\n      \
         - {id: breaker, title: B, files: '*.go', text: gobreaker, help: none}\n      \
         - {id: roles, title: R, control: schema, help: none}\n",
    );
    let said = format!("audits: [{{name: a}}]\nreports: {{checklists: house}}\n{said}");
    write("flowaudit.yaml", &said);
    audited(folder, as_of)
}

fn audited(folder: &Path, as_of: &str) -> anyhow::Result<Audit> {
    let config = config::load(&folder.join("flowaudit.yaml"), folder)?;
    let mut settings = Settings::with_config(folder, config);
    settings.checklists = true;
    settings.as_of = Date::parse(as_of);
    crate::audit_tree(&settings, &Progress::default())
}

fn states(audit: &Audit) -> Vec<(&str, ItemState)> {
    let items = audit.checklists.iter().flat_map(|c| &c.sections).flat_map(|s| &s.items);
    items.map(|item| (item.id.as_str(), item.state)).collect()
}

/// The one item of a checklist of these lines, in a tree of these files.
fn one(item: &str, files: &[(&str, &str)]) -> crate::audit::Item {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), "", "2026-01-31").unwrap();
    let list = format!(
        "id: a\ntitle: A\nsections:\n  - title: S\n    items:\n      - {{id: one, title: O, {item}}}\n"
    );
    fs::write(dir.path().join("house/list.yaml"), list).unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let audit = audited(dir.path(), "2026-01-31").unwrap();
    audit.checklists[0].sections[0].items[0].clone()
}

/// A service that takes messages of NATS and adds to a stored value, with nothing against duplicates.
const ADDS: &str = r#"package main

import (
	"database/sql"

	"github.com/nats-io/nats.go"
)

var db *sql.DB

func HandleOrderPaid(m *nats.Msg) {
	db.Exec("UPDATE customers SET total = total + 1 WHERE id = $1", string(m.Data))
}

func main() {
	nc, _ := nats.Connect("nats://bus")
	nc.Subscribe("order.paid", HandleOrderPaid)
}
"#;

#[test]
fn what_nobody_needs_and_nobody_has_is_not_applicable() {
    let item = one("files: 'deploy/*.yaml', text: debezium, optional: true, help: none", &[]);
    assert_eq!((item.state, item.note.as_str()), (ItemState::NotApplicable, "Nothing of it was seen here."));
    let connector = [("deploy/cdc.yaml", "image: debezium/connect\n")];
    let item = one("files: 'deploy/*.yaml', text: debezium, optional: true, help: none", &connector);
    assert_eq!(item.state, ItemState::Met);
    for (need, lacks) in [
        ("brokers", "No consumer or publisher of a broker was seen here."),
        ("dead-letters", "No consumer with a place for failed messages was seen here."),
        ("schemas", "No schema of an event was seen here."),
    ] {
        let item = one(&format!("attest: look, needs: {need}"), &[]);
        assert_eq!((item.state, item.note.as_str()), (ItemState::NotApplicable, lacks));
    }
    let item = one("attest: look, needs: brokers", &[("order/main.go", ADDS)]);
    assert_eq!((item.state, item.note.as_str()), (ItemState::Open, "look"));
    // Where messages that fail are kept nowhere, what is asked of the place for them waits for it.
    let item = one("attest: look, needs: dead-letters", &[("order/main.go", ADDS)]);
    let told = "No consumer with a place for failed messages was seen here. That comes first. look";
    assert_eq!((item.state, item.note.as_str()), (ItemState::Unmet, told));
}

#[test]
fn findings_and_controls_go_before_what_files_say() {
    let promised = ("order/safe.go", "package main\n\nvar _ = safe()\n\nfunc safe() int { return 1 }\n");
    let item = "files: '*.go', text: safe, refuted_by: no-idempotency, help: none";
    assert_eq!(one(item, &[promised]).state, ItemState::Met);
    let refuted = one(item, &[promised, ("order/main.go", ADDS)]);
    assert_eq!(
        (refuted.state, refuted.note.as_str()),
        (ItemState::Unmet, "1 finding of `no-idempotency`. none")
    );
    assert_eq!((refuted.evidence[0].path.as_str(), refuted.evidence[0].line), ("order/main.go", 12));

    // What hands nothing on can be delivered as often as it likes.
    let reads = ADDS.replace("UPDATE customers SET total = total + 1 WHERE id = $1", "SELECT 1");
    let item = "files: '*.go', text: nowhere, proved_by: idempotency, help: none";
    let proved = one(item, &[("order/main.go", &reads)]);
    assert_eq!(
        (proved.state, proved.note.as_str()),
        (ItemState::Met, "It follows from `idempotency`. In place in 1 of the 1 service that it applies to.")
    );
    assert_eq!(one(item, &[("order/main.go", ADDS)]).state, ItemState::Unmet);
}

#[test]
fn a_finding_that_asks_a_person_leaves_an_item_open() {
    let code = [("order/main.go", ADDS)];
    for item in ["rules: no-idempotency", "files: '*.go', text: safe, refuted_by: no-idempotency"] {
        assert_eq!(one(&format!("{item}, asks: P3, help: none"), &code).state, ItemState::Unmet, "{item}");
        let asked = one(&format!("{item}, asks: [P0, P3], help: none"), &code);
        assert_eq!(asked.state, ItemState::Open, "{item}");
        let told = "1 finding of `no-idempotency`, which asks a person to look. none";
        assert!(asked.note.ends_with(told), "{}", asked.note);
    }
}

/// A consumer that records a message before its effects: that is in place, and fails where they do.
#[test]
fn a_weakness_of_a_control_in_place_tells_against_its_item() {
    let code = include_str!("../../tests/data/findings/dedupe-marks-before-effects/fires/main.go");
    let weakened = ("order/main.go", code);
    let weak = one("control: idempotency, help: none", &[weakened]);
    assert_eq!(weak.state, ItemState::Unmet, "{}", weak.note);
    assert!(weak.note.contains("with a known weakness in order"), "{}", weak.note);
    let asked = one("control: idempotency, asks: [P1, P2], help: none", &[weakened]);
    assert_eq!(asked.state, ItemState::Open, "{}", asked.note);
}

#[test]
fn a_word_does_not_count_against_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let said = WORD.replace("item: word", "item: safe");
    let list = "id: a\ntitle: A\nsections:\n  - title: S\n    items:\n      \
                - {id: safe, title: S, files: '*.md', text: x, refuted_by: no-idempotency, help: none}\n";
    filled(dir.path(), "", "2026-01-31").unwrap();
    fs::write(dir.path().join("house/list.yaml"), list).unwrap();
    let config = fs::read_to_string(dir.path().join("flowaudit.yaml")).unwrap();
    fs::write(dir.path().join("flowaudit.yaml"), format!("{config}{said}}}\n")).unwrap();
    assert_eq!(states(&audited(dir.path(), "2026-01-31").unwrap()), [("safe", ItemState::Attested)]);
    fs::write(dir.path().join("order/main.go"), ADDS).unwrap();
    let audit = audited(dir.path(), "2026-01-31").unwrap();
    assert_eq!(states(&audit), [("safe", ItemState::Unmet)]);
}

#[test]
fn a_broker_is_there_where_something_runs_it() {
    let asked = "fact: brokers-deployed, needs: brokers, help: none";
    let code = ("order/main.go", ADDS);
    let look = one(asked, &[code, ("compose.yaml", "services:\n  look:\n    image: natsio/nats-box\n")]);
    assert_eq!(
        (look.state, look.note.as_str(), look.evidence.len()),
        (ItemState::Unmet, "Messages go over NATS, and nothing here was seen to run it. none", 0)
    );
    // Another broker than the one in use is none.
    let other = one(asked, &[code, ("compose.yaml", "services:\n  bus:\n    image: rabbitmq:3\n")]);
    assert_eq!((other.state, other.evidence.len()), (ItemState::Unmet, 0));
    let bus = one(asked, &[code, ("compose.yaml", "services:\n  bus:\n    image: nats:2.10\n")]);
    assert_eq!((bus.state, bus.note.as_str()), (ItemState::Met, "What runs NATS is here."));
    let shown = &bus.evidence[0];
    assert_eq!(
        (shown.path.as_str(), shown.line, shown.note.as_str()),
        ("compose.yaml", 3, "image: nats:2.10")
    );
}

#[test]
fn a_handler_is_tested_where_a_test_names_it() {
    let asked = "fact: handlers-tested, help: none";
    let code = ("order/main.go", ADDS);
    let test = |body: &str| {
        format!("package main\n\nimport \"testing\"\n\nfunc TestHandles(t *testing.T) {{ {body} }}\n")
    };
    assert_eq!(one(asked, &[code]).state, ItemState::Unmet);
    let elsewhere = test("other()");
    assert_eq!(one(asked, &[code, ("order/main_test.go", &elsewhere)]).state, ItemState::Open);
    let named = test("HandleOrderPaid(nil)");
    let item = one(asked, &[code, ("order/main_test.go", &named)]);
    assert_eq!(
        (item.state, item.note.as_str()),
        (
            ItemState::Met,
            "Tests name a handler, or send what one listens to, in 1 of the 1 service that consumes."
        )
    );
    assert_eq!(item.evidence[0].line, 5);
}

#[test]
fn a_test_beside_a_handler_calls_it_by_its_plain_name() {
    let asked = "fact: handlers-tested, help: none";
    let code = ADDS.replace("func HandleOrderPaid(", "type orders struct{}\n\nfunc (orders) Handle(");
    let code = code.replace("\"order.paid\", HandleOrderPaid", "\"order.paid\", orders{}.Handle");
    let test = "package main\n\nfunc TestPaid(t *testing.T) { made().Handle(nil) }\n";
    let beside = one(asked, &[("order/main.go", &code), ("order/main_test.go", test)]);
    assert_eq!(beside.state, ItemState::Met, "{}", beside.note);
    // In another folder, many things are called so.
    let other = one(asked, &[("order/main.go", &code), ("order/other/main_test.go", test)]);
    assert_eq!(other.state, ItemState::Open, "{}", other.note);
}

#[test]
fn a_handler_is_tested_where_a_test_sends_what_it_listens_to() {
    let asked = "fact: handlers-tested, help: none";
    let test = |body: &str| {
        let text = format!("package main\n\nfunc TestPaid(t *testing.T) {{ {body} }}\n");
        one(asked, &[("order/main.go", ADDS), ("order/main_test.go", &text)])
    };
    assert_eq!(test("nc.Publish(\"order.paid\", nil)").state, ItemState::Met);
    assert_eq!(test("bus.Send(ctx, OrderPaid{})").state, ItemState::Met);
    // What is only named may be about anything.
    let named = test("sum(OrderPaid{})");
    assert_eq!(
        (named.state, named.note.as_str()),
        (
            ItemState::Open,
            "Tests name a handler, or send what one listens to, in 0 of the 1 service that consumes; what the tests of order drive was not seen. none"
        )
    );
}

#[test]
fn what_a_generator_wrote_is_evidence_of_nothing() {
    let asked = "files: '*.go', text: safe, help: none";
    let code = "package main\n\nvar _ = safe()\n";
    assert_eq!(one(asked, &[("order/safe.go", code)]).state, ItemState::Met);
    let generated = format!("// Code generated by swagger. DO NOT EDIT.\n\n{code}");
    assert_eq!(one(asked, &[("order/safe.go", &generated)]).state, ItemState::Unmet);
}

#[test]
fn a_fact_shows_what_files_do_not() {
    let asked = "files: '*.avsc', text: version, hint: true, proved_by_fact: topics-versioned, help: none";
    let item = one(asked, &[("order/main.go", ADDS)]);
    assert_eq!((item.state, item.note.as_str()), (ItemState::Open, "none"));
    for topic in ["order.paid.v1", "order_paid_v_1", "OrderPaidV1"] {
        let item = one(asked, &[("order/main.go", &ADDS.replace("order.paid", topic))]);
        assert_eq!(
            (item.state, item.note.as_str()),
            (ItemState::Met, "The name of each topic has a version (1 of 1).")
        );
    }
}

#[test]
fn deletions_are_what_consumers_take_and_no_word_of_a_log() {
    let asked = "fact: deletions-handled, help: none";
    let log = ("order/log.go", "package main\n\nvar said = \"order deleted\"\n");
    assert!(one(asked, &[("order/main.go", ADDS), log]).evidence.is_empty());
    let item = one(asked, &[("order/main.go", &ADDS.replace("order.paid", "order_deleted_v1"))]);
    assert_eq!((item.state, item.evidence.len()), (ItemState::Open, 1));
    assert!(item.note.starts_with("Deletions are taken by 1 of 1 consumers, in order;"), "{}", item.note);
    // A handler of several kinds of event has a function for what was deleted.
    let code = ADDS
        .replace("\tdb.Exec(", "\tonOrderRemoved(m)\n}\n\nfunc onOrderRemoved(m *nats.Msg) {\n\tdb.Exec(");
    let item = one(asked, &[("order/main.go", &code)]);
    assert_eq!((item.evidence[0].line, item.evidence[0].note.as_str()), (15, "onOrderRemoved"));
}

#[test]
fn an_event_beside_a_write_is_not_joined_with_it() {
    let asked = "fact: writes-joined, help: none";
    assert_eq!(one(asked, &[("order/main.go", ADDS)]).state, ItemState::NotApplicable);
    let sends =
        ADDS.replace("string(m.Data))\n", "string(m.Data))\n\tbus.Publish(\"order.added\", m.Data)\n");
    let sends = sends.replace("var db *sql.DB", "var db *sql.DB\nvar bus *nats.Conn");
    let item = one(asked, &[("order/main.go", &sends)]);
    assert_eq!((item.state, item.evidence[0].role.as_str()), (ItemState::Unmet, "dual-write"));
}

const WORD: &str =
    "attestations:\n  - {item: word, by: team-a, when: 2026-01-01, until: 2026-06-30, reason: seen";

#[test]
fn sagas_are_seen_by_what_files_are_called() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), "", "2026-01-31").unwrap();
    let list = "id: a\ntitle: A\nsections:\n  - title: S\n    items:\n      \
                - {id: state, title: S, files: '*.sql', text: saga, needs: [sagas], help: none}\n";
    fs::write(dir.path().join("house/list.yaml"), list).unwrap();
    assert_eq!(states(&audited(dir.path(), "2026-01-31").unwrap()), [("state", ItemState::NotApplicable)]);
    fs::write(dir.path().join("order/create_order_saga.go"), "package main\n").unwrap();
    assert_eq!(states(&audited(dir.path(), "2026-01-31").unwrap()), [("state", ItemState::Unmet)]);
}

#[test]
fn nothing_is_ticked_without_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let audit = filled(dir.path(), "", "2026-01-31").unwrap();
    assert_eq!(
        states(&audit),
        [("word", ItemState::Open), ("breaker", ItemState::Unmet), ("roles", ItemState::NotApplicable)]
    );
    assert_eq!(audit.checklists[0].percent, Some(0));
}

#[test]
fn a_word_holds_until_its_last_day_and_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let said = format!("{WORD}}}\n");
    let audit = filled(dir.path(), &said, "2026-06-30").unwrap();
    assert_eq!(states(&audit)[0], ("word", ItemState::Attested));
    assert_eq!(audit.checklists[0].percent, Some(50));
    assert!(audit.diagnostics.is_empty(), "{:?}", audit.diagnostics);

    let audit = filled(dir.path(), &said, "2026-07-01").unwrap();
    assert_eq!(states(&audit)[0], ("word", ItemState::Open));
    assert!(audit.diagnostics.is_empty(), "{:?}", audit.diagnostics);
    let finding = audit.findings.iter().find(|f| f.rule == "expired-attestation").unwrap();
    assert_eq!((finding.location.path.as_str(), finding.location.line), ("flowaudit.yaml", 4));
    assert_eq!(finding.message, "The word of team-a for `word` ended on 2026-06-30.");
}

#[test]
fn a_word_lapses_when_what_it_was_given_for_changes() {
    let dir = tempfile::tempdir().unwrap();
    let error = filled(dir.path(), &format!("{WORD}, covers: order}}\n"), "2026-01-31").unwrap_err();
    let Some(ConfigError::Invalid { mistakes, .. }) = error.downcast_ref::<ConfigError>() else {
        panic!("{error}");
    };
    let told = &mistakes[0].message;
    let (_, rest) = told.split_once("hashes to ").unwrap_or_else(|| panic!("{told}"));
    let said = format!("{WORD}, covers: order, hash: '{}'}}\n", &rest[..16]);
    let audit = filled(dir.path(), &said, "2026-01-31").unwrap();
    assert_eq!(states(&audit)[0], ("word", ItemState::Attested));

    fs::write(dir.path().join("order/more.go"), "package main\n").unwrap();
    let audit = filled(dir.path(), &said, "2026-01-31").unwrap();
    assert_eq!(states(&audit)[0], ("word", ItemState::Open));
    assert!(audit.diagnostics[0].message.contains("order has changed since"), "{:?}", audit.diagnostics);
}

#[test]
fn a_word_about_nothing_is_a_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let error =
        filled(dir.path(), &format!("{}}}\n", WORD.replace("item: word", "item: wrod")), "2026-01-31");
    let error = error.unwrap_err();
    let Some(ConfigError::Invalid { mistakes, .. }) = error.downcast_ref::<ConfigError>() else {
        panic!("{error}");
    };
    assert_eq!(mistakes[0].message, "there is no checklist item `wrod`");
    assert_eq!(mistakes[0].suggestion.as_deref(), Some("word"));
}

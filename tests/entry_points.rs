//! Several programs in one folder: each `main` runs, and each file means its own functions.

use flowaudit::flow::Flow;
use flowaudit::flow::program::{Input, Module};
use flowaudit::flow::types::Types;
use flowaudit::rules;
use flowaudit::syntax::{env, go};

const FIRST: &str = r#"package main

import "github.com/nats-io/nats.go"

func send(nc *nats.Conn) { nc.Publish("first", nil) }

func main() { nc, _ := nats.Connect(""); send(nc) }
"#;

const CONFIGURED: &str = r#"package main

import (
	"os"

	"github.com/nats-io/nats.go"
)

type Config struct {
	Topic string `env:"TOPIC_A,required"`
}

func main() {
	var c Config
	nc, _ := nats.Connect("")
	nc.Publish(c.Topic, nil)
	nc.Publish(os.Getenv("TOPIC_B"), nil)
	nc.Publish(getEnvOr("TOPIC_C", "fallback"), nil)
}
"#;

/// The resolved topics that a service publishes to.
fn published(files: &[(&str, String)], environment: &str) -> Vec<String> {
    flow_of(files, environment, |flow| {
        let resolved = flow.publishers.iter().filter(|p| p.topic.resolved);
        resolved.map(|p| p.topic.name.clone()).collect()
    })
}

/// Something of the flow of one service.
fn flow_of<T>(files: &[(&str, String)], environment: &str, wanted: impl Fn(&Flow<'_>) -> T) -> T {
    let set = rules::load(&rules::builtin_files()).expect("the built-in rules");
    let inputs = files
        .iter()
        .map(|(path, text)| Input {
            path: (*path).to_owned(),
            facts: go::parse(text.as_bytes(), go::Bodies::Full),
            generated: false,
        })
        .collect();
    let module = Module::go("", "example.com/app");
    let program = flowaudit::flow::index(inputs, &[module]);
    let types = Types::new(&program, flowaudit::flow::returns(&set));
    let services = [("app".to_owned(), String::new())];
    let documents = [(".env".to_owned(), vec![env::parse(environment)])];
    let flow = flowaudit::flow::build(&types, &set, &documents, &[], &services, &|_| Some(0));
    wanted(&flow)
}

#[test]
fn every_main_of_a_folder_is_an_entry_point() {
    let second = FIRST.replace("first", "second");
    let found = published(&[("a.go", FIRST.to_owned()), ("b.go", second)], "");
    assert_eq!(found, ["first", "second"]);
}

#[test]
fn topics_come_from_the_environment() {
    let helper = r#"import env "github.com/acme/kit/env""#;
    let code = CONFIGURED
        .replace("import (\n", &format!("{helper}\n\nimport (\n"))
        .replace("getEnvOr(", "env.GetEnvString(");
    let found = published(&[("main.go", code.clone())], "TOPIC_A=orders\nTOPIC_B=bills\n");
    assert_eq!(found, ["bills", "fallback", "orders"]);
    let found = published(&[("main.go", code)], "TOPIC_C=mails\n");
    assert_eq!(found, ["mails"]);
}

const WRAPPED: &str = r#"package main

import (
	"github.com/acme/kit/logging"
	"github.com/acme/mq-kit"
)

func handle(m mq.Message) error { return nil }

func main() {
	client, _ := mq.NewConsumer("orders")
	client.Subscribe(handle)
	client.Close()
	logging.Publish("started")
}

func unused() { mq.Send("bills") }
"#;

#[test]
fn a_messaging_library_without_a_rule_is_told() {
    let told = flow_of(&[("main.go", WRAPPED.to_owned())], "", |flow| {
        flow.undescribed
            .iter()
            .map(|u| (u.library.clone(), u.at.1, u.call.clone(), u.calls))
            .collect::<Vec<_>>()
    });
    assert_eq!(told, [("github.com/acme/mq-kit".to_owned(), 11, "NewConsumer".to_owned(), 2)]);
}

#[test]
fn a_consumer_that_nothing_is_seen_to_start_is_told() {
    let consumer = r#"package main

import (
	"github.com/acme/app"
	"github.com/nats-io/nats.go"
)

type Worker struct{ nc *nats.Conn }

func (w *Worker) Run() { w.listen() }

func (w *Worker) listen() { w.nc.Subscribe("order.paid", func(m *nats.Msg) { println(m.Subject) }) }

func dead(nc *nats.Conn) { nc.Subscribe("order.dead", func(m *nats.Msg) { println(m.Subject) }) }

func main() {
	nc, _ := nats.Connect("")
	w := &Worker{nc: nc}
	BODY
}
"#;
    let cases = [
        ("w.Run()", &[("order.dead", None)][..]),
        ("go func() { w.Run() }()", &[("order.dead", None)]),
        ("println(w)", &[("order.dead", None), ("order.paid", Some("Worker.Run"))]),
        // A framework that gets it may call it.
        ("app.Serve(w)", &[("order.dead", None)]),
        ("app.Serve([]any{w})", &[("order.dead", None)]),
        ("app.OnStart(w.Run)", &[("order.dead", None)]),
    ];
    for (body, expected) in cases {
        let told = flow_of(&[("main.go", consumer.replace("BODY", body))], "", |flow| {
            let told = flow.unreached.iter().map(|found| (found.topic.name.clone(), found.uncalled.clone()));
            told.collect::<std::collections::BTreeMap<_, _>>()
        });
        let told: Vec<_> = told.iter().map(|(topic, method)| (topic.as_str(), method.as_deref())).collect();
        assert_eq!(told, expected, "{body}");
    }
}

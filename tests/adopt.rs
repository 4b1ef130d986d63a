//! As a new team would: from `init` to a green gate, completions and manual pages.

mod support;

use std::fs;
use std::path::Path;

use support::{copy_tree, flowaudit, platform, run, told, write};

fn bare() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    fs::remove_file(dir.path().join("flowaudit.yaml")).unwrap();
    dir
}

#[test]
fn from_nothing_to_a_green_gate() {
    let dir = bare();
    let (code, out, err) = run(&["init"], dir.path());
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("24 services found; next: flowaudit scan"), "{err}");
    let empty = tempfile::NamedTempFile::new().unwrap();
    let (code, before, _) = run(&["scan", "--config", empty.path().to_str().unwrap()], dir.path());
    assert_eq!(code, Some(0));
    let (code, after, err) = run(&["scan"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(before, after, "what is written changes nothing by itself");
    let output = flowaudit(&["gate", "--update"], dir.path()).env_remove("CI").output().unwrap();
    assert_eq!(told(output).0, Some(0));
    let (code, _, err) = run(&["gate", "--strict"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let (code, _, err) = run(&["init"], dir.path());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: ./flowaudit.yaml is there already\n"), "{err}");
}

#[test]
fn every_block_of_the_written_configuration_can_be_put_in_force() {
    let dir = bare();
    let (code, out, _) = run(&["init", "--output", "-"], dir.path());
    assert_eq!(code, Some(0));
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with("# ") && is_setting(line) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: Vec<String> = out.lines().map(uncomment).collect();
    let text = text.join("\n").replace("service: NAME", "service: customer");
    assert!(text.contains("\nservices:\n") && text.contains("\ngate:\n") && text.contains("\nwaivers:\n"));
    fs::write(dir.path().join("flowaudit.yaml"), &text).unwrap();
    let (code, _, err) = run(&["scan"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""), "{text}");
    let output = flowaudit(&["gate", "--update"], dir.path()).env_remove("CI").output().unwrap();
    assert_eq!(told(output).0, Some(0));
    let (code, out, _) = run(&["gate"], dir.path());
    assert_eq!(code, Some(0), "the floors are what is reached: {out}");
    assert!(out.contains("floor "), "{out}");
}

/// A setting stands right behind its `#` or is indented by two; prose stands behind one blank.
fn is_setting(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| rest.starts_with("  ") || rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn completions_and_manual_pages_tell_every_command() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, out, err) = run(&["completions", shell], dir.path());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        for word in ["scan", "gate", "init", "merge", "--against", "--sarif-root"] {
            assert!(out.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    let (code, out, _) = run(&["man"], dir.path());
    assert_eq!(code, Some(0));
    assert!(out.contains(".TH flowaudit 1"), "{out}");
    let (_, out, _) = run(&["man", "gate"], dir.path());
    assert!(out.contains("flowaudit-gate") && out.contains("exit\\-zero"), "{out}");
    let (code, _, err) = run(&["man", "gaet"], dir.path());
    assert_eq!(code, Some(2));
    assert!(err.contains("there are: scan, report, gate"), "{err}");
}

/// A tree of files with a rule file of the house in force; what its audit finds, one endpoint a line.
fn with_house_rules(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    fs::write(dir.path().join("flowaudit.yaml"), "rules: {paths: [house]}\n").unwrap();
    let (code, out, err) = run(&["rules", "test", "house"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let (code, out, err) = run(&["scan", "--format", "json"], dir.path());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let audit: serde_json::Value = serde_json::from_str(&out).unwrap();
    let list = |name: &str| audit[name].as_array().unwrap().clone();
    let topic = |endpoint: &serde_json::Value| endpoint["topic"]["name"].as_str().unwrap().to_owned();
    let consumers = list("consumers").into_iter().map(|c| {
        format!(
            "{} {} -> {}",
            c["framework"].as_str().unwrap(),
            topic(&c),
            c["handler"]["name"].as_str().unwrap()
        )
    });
    let publishers = list("publishers").into_iter().map(|p| format!("publishes {}", topic(&p)));
    let said = list("diagnostics").into_iter().map(|d| d["message"].as_str().unwrap().to_owned());
    consumers.chain(publishers).chain(said).collect::<Vec<_>>().join("\n")
}

#[test]
fn rules_of_the_house_describe_a_package_of_the_same_repository() {
    let rules = r#"id: house-bus
title: The house's own bus
docs: https://example.com/bus
language: go
transport: kafka
imports: [example.com/shop/pkg/bus]
rules:
  - {id: house-bus.publish, role: publisher, call: Bus.Publish, topic: arg1, note: Sends.}
  - {id: house-bus.emit, role: publisher, call: Emit, topic: arg0, note: Sends.}
  - {id: house-bus.subscribe, role: consumer, call: Bus.Subscribe, topic: arg0, handler: arg1, note: Hears.}
  - {id: house-bus.listen, role: consumer, composite: Route, topic: self.Topic, handler: self.Run, note: Hears.}
examples:
  valid:
    - files:
        bus/bus.go: |
          package bus

          func Emit(topic string) {}
        main.go: |
          package main

          import "example.com/shop/pkg/bus"

          func main() { bus.Emit("order.seen") }
      expect: [{role: publisher, topic: order.seen, rule: house-bus.emit}]
  invalid:
    - code: |
        package main

        func Emit(topic string) {}

        func main() { Emit("order.seen") }
"#;
    let bus = r#"package bus

import (
	"context"

	"github.com/segmentio/kafka-go"
)

type Bus struct{ writer *kafka.Writer }

type Handler func(ctx context.Context, body []byte) error

type Route struct {
	Topic string
	Run   Handler
}

func New(routes ...Route) *Bus { return &Bus{writer: &kafka.Writer{}} }

// Publish sends under the name of the house's cluster, which the rule leaves out.
func (b *Bus) Publish(ctx context.Context, topic string, body []byte) error {
	return b.writer.WriteMessages(ctx, kafka.Message{Topic: "shop." + topic, Value: body})
}

func (b *Bus) Subscribe(topic string, handler Handler) {}

func Emit(topic string) {}
"#;
    let main = r#"package main

import (
	"context"

	"example.com/shop/pkg/bus"
)

type publisher interface {
	Publish(ctx context.Context, topic string, body []byte) error
}

// Board has methods of the same names.
type board struct{}

func (board) Subscribe(topic string, handler bus.Handler) {}

func main() {
	b := bus.New(bus.Route{Topic: "order.billed", Run: billed})
	b.Subscribe("order.paid", paid)
	board{}.Subscribe("board.news", paid)
	bus.Emit("order.seen")
	tell(b)
}

func tell(to publisher) { _ = to.Publish(context.Background(), "order.placed", nil) }

func paid(ctx context.Context, body []byte) error   { return nil }
func billed(ctx context.Context, body []byte) error { return nil }
"#;
    let files = [
        ("go.mod", "module example.com/shop\n\ngo 1.22\n"),
        ("pkg/bus/bus.go", bus),
        ("cmd/orders/main.go", main),
        ("house/bus.yaml", rules),
    ];
    let expected = "house-bus order.billed -> billed\nhouse-bus order.paid -> paid\npublishes order.seen\npublishes order.placed";
    assert_eq!(with_house_rules(&files), expected);
}

#[test]
fn rules_of_the_house_describe_a_workspace_package() {
    let rules = r#"id: house-bus
title: The house's own bus
docs: https://example.com/bus
language: typescript
transport: kafka
imports: ["@shop/bus"]
rules:
  - {id: house-bus.publish, role: publisher, call: Bus.publish, topic: arg0, note: Sends.}
  - {id: house-bus.emit, role: publisher, call: emit, topic: arg0, note: Sends.}
  - {id: house-bus.subscribe, role: consumer, call: Bus.subscribe, topic: arg0, handler: arg1, note: Hears.}
  - {id: house-bus.on, role: consumer, decorator: On, topic: arg0, handler: decorated, note: Hears.}
"#;
    let bus = r"import { Socket } from 'node:net';

export class Bus {
  private readonly socket = new Socket();

  async publish(topic: string, body: string): Promise<void> {
    this.socket.write(body);
  }

  subscribe(topic: string, handler: (body: string) => Promise<void>): void {}
}

export function emit(topic: string): void {}

export function On(topic: string): MethodDecorator {
  return () => undefined;
}
";
    let main = r"import { Bus, On, emit as tell } from '@shop/bus';

class OrderBus extends Bus {}

class Mailer {
  @On('order.sent')
  async sent(body: string): Promise<void> {}
}

const bus = new OrderBus();

async function paid(body: string): Promise<void> {}

export async function main(): Promise<void> {
  bus.subscribe('order.paid', paid);
  await bus.publish('order.placed', '1');
  tell('order.seen');
  new Mailer();
}

main();
";
    let files = [
        ("package.json", r#"{"name": "shop", "private": true, "workspaces": ["packages/*", "apps/*"]}"#),
        ("packages/bus/package.json", r#"{"name": "@shop/bus", "main": "dist/index.js"}"#),
        ("packages/bus/src/index.ts", "export * from './bus';\n"),
        ("packages/bus/src/bus.ts", bus),
        ("apps/orders/package.json", r#"{"name": "orders", "scripts": {"start": "node dist/main.js"}}"#),
        ("apps/orders/src/main.ts", main),
        ("house/bus.yaml", rules),
    ];
    let expected = "house-bus order.sent -> Mailer.sent\nhouse-bus order.paid -> paid\npublishes order.placed\npublishes order.seen";
    assert_eq!(with_house_rules(&files), expected);
}

//! What expressions hold: a program, the name of a global, and its value in short.

use super::Eval;
use crate::flow::program::{Decl, Input, Program, Site};
use crate::flow::types::{Returns, Types};
use crate::flow::value::Value;
use crate::rules::RuleSet;
use crate::syntax::facts::Facts;
use crate::syntax::{Bodies, go, ts};

/// A value in short: `[…]` a list, `{…}` an object or map, `a | b` one of several, `$p` a parameter.
fn short(program: &Program, value: &Value) -> String {
    let all = |items: &[Value], by: &str| {
        items.iter().map(|item| short(program, item)).collect::<Vec<_>>().join(by)
    };
    match value {
        Value::Str(text) => format!("'{text}'"),
        Value::Literal(text) => text.to_string(),
        Value::List(items) => format!("[{}]", all(items, ", ")),
        Value::OneOf(items) => all(items, " | "),
        Value::Concat(items) => all(items, " + "),
        Value::Object(object) => {
            let field = |(key, value): &(std::sync::Arc<str>, Value)| {
                format!("{}: {}", key.replace('\u{1}', "@"), short(program, value))
            };
            format!("{{{}}}", object.fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Value::Func(closure) => format!("{}()", program.func_name(closure.func)),
        Value::Param(..) => format!("${}", value.render(program)),
        Value::Element(base) => format!("{}[]", short(program, base)),
        Value::Call(call) => {
            let args: Vec<String> = call.args.iter().map(|arg| short(program, arg)).collect();
            format!("{}({})", short(program, &call.callee), args.join(", "))
        }
        Value::Field(base, name) => format!("{}.{}", short(program, base), name.replace('\u{1}', "@")),
        Value::Made(made) => format!("made {}", made.name),
        Value::Opaque(_) => "?".to_owned(),
        Value::Unset => "unset".to_owned(),
        Value::Receiver(_) => "this".to_owned(),
        Value::Typed(_) => "typed".to_owned(),
    }
}

fn value_of(source: &str, name: &str) -> String {
    value_in(ts::parse(source.as_bytes(), "main.ts", Bodies::Full), "main.ts", name)
}

fn value_in(facts: Facts, path: &str, name: &str) -> String {
    let input = Input { path: path.to_owned(), facts, generated: false };
    let program = Program::new(vec![input], &[]);
    let types = Types::new(&program, Returns::new(&RuleSet::default()));
    let Some(Decl::Global(global)) = program.packages[0].decls.get(name).copied() else {
        panic!("no global {name} in {path}")
    };
    let facts = program.facts(0);
    let site = Site { file: 0, expr: facts.globals[global.index as usize].value };
    let value = Eval::new(&types).value(site);
    short(&program, &value)
}

#[test]
fn stores_give_what_is_put_into_them() {
    let table = [
        ("const m = new Map([['a', 1], ['b', 2]]); const it = m.get('b');", "2"),
        ("const m = new Map([['a', 1], ['b', 2]]); const it = m.get(process.argv[2]);", "1 | 2"),
        ("const m = new Map(); m.set('a', 1); const it = m.get('a');", "1"),
        ("const m = new Map(); function put(k, v) { m.set(k, v); } const it = m.get('x');", "$v"),
        ("const l = []; function put(v) { l.push(v); } const it = l;", "[$v]"),
        ("const m = {}; function put(k, v) { m[k] = v; } const it = m['x'];", "unset"),
        ("const m = new Map(['a', 'b'].map((s) => [s, `q-${s}`])); const it = m.get('b');", "'q-b'"),
        ("const it = [...new Map([['a', 1]]).values()];", "[1]"),
        ("const it = Object.entries({ a: 1, b: 2 });", "[['a', 1], ['b', 2]]"),
        (
            "const m = new Map(); function add(k, h) { const old = m.get(k) ?? []; m.set(k, [...old, h]); } \
          const it = m.get('x');",
            "[?, $h]",
        ),
        (
            "class Bus { handlers = new Map(); on(k, h) { this.handlers.set(k, h); } } \
          const bus = new Bus(); const it = bus.handlers;",
            "{@entry: [$k, $h]}",
        ),
    ];
    let wrong = |(source, expected): &(&str, &str)| {
        let found = value_of(source, "it");
        (found != *expected).then(|| format!("{source}\n  gives {found}, wanted {expected}"))
    };
    let wrong: Vec<String> = table.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn go_value(source: &str) -> String {
    value_in(go::parse(source.as_bytes(), Bodies::Full), "main.go", "it")
}

#[test]
fn what_branches_append_is_in_one_list() {
    let source = "package main\nvar it = all(true)\nfunc all(more bool) []string {\n l := []string{\"a\"}\n \
                  if more { l = append(l, \"b\") }\n if more { l = append(l, \"c\") }\n return l\n}\n";
    assert_eq!(go_value(source), "['a', 'b', 'c'] | ['a', 'b'] | ['a']");
}

#[test]
fn many_branches_that_append_do_not_multiply() {
    let branches: Vec<String> = (0..40).map(|i| format!(" if more {{ l = append(l, \"{i}\") }}\n")).collect();
    let branches = branches.concat();
    let source = format!(
        "package main\nvar it = all(true)\nfunc all(more bool) []string {{\n var l []string\n{branches} return l\n}}\n"
    );
    let found = go_value(&source);
    assert!(found.contains("'39'"), "{found}");
    assert!(found.len() < 20_000, "{} letters", found.len());
}

//! Settings that a schema reads out of the environment: `z.object({ TOPIC: z.string().default("orders") })
//! .parse(process.env).TOPIC`, and the like of joi, envalid and others. What the schema says of the
//! name is its default.

use crate::flow::program::Program;
use crate::flow::value::{Made, Object, Value};
use std::sync::Arc;

/// Calls that check what they are given, and give it back.
const CHECKS: &[&str] = &[
    "parse",
    "safeParse",
    "parseAsync",
    "validate",
    "validateSync",
    "attempt",
    "assert",
    "cleanEnv",
    "create",
    "cast",
    "createEnv",
    "decode",
];
/// Calls that give a name its default.
const DEFAULTS: &[&str] = &["default", "catch", "fallback", "prefault"];
/// How deep schemas are looked into.
const DEPTH: usize = 12;

/// The variable that a value reads through a schema, with its default.
pub fn variable(program: &Program, value: &Value) -> Option<(Arc<str>, Option<String>)> {
    let Value::Field(base, name) = value else { return None };
    let mut base = &**base;
    // `const { value } = schema.validate(process.env)`, `safeParse(…).data`.
    if let Value::Field(inner, part) = base
        && matches!(&**part, "data" | "value")
    {
        base = inner;
    }
    let Value::Made(made) = base else { return None };
    let args = made.args.as_deref()?;
    if !CHECKS.contains(&&*made.name) || !args.iter().any(|arg| is_environment(program, arg)) {
        return None;
    }
    let mut schemas = args.iter().chain(made.receiver.as_ref());
    let said = schemas.find_map(|schema| member(schema, name, DEPTH))?;
    Some((name.clone(), default(&said, DEPTH)))
}

/// `process.env`, or what is spread from it.
fn is_environment(program: &Program, value: &Value) -> bool {
    match value {
        Value::Made(made) => program.external(made.path) == "process" && &*made.name == "env",
        Value::Field(base, name) => &**name == "env" && base.render(program) == "process",
        Value::Object(object) => object.fields.iter().any(|(_, value)| is_environment(program, value)),
        Value::Opaque(_) => value.render(program) == "process.env",
        _ => false,
    }
}

/// What a schema says of a name.
fn member(schema: &Value, name: &str, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    match schema {
        Value::Object(object) => field(object, name).or_else(|| {
            // `createEnv({ server: { … } })`.
            object.fields.iter().find_map(|(_, inner)| match inner {
                Value::Object(_) => member(inner, name, depth),
                _ => None,
            })
        }),
        Value::Made(made) => {
            let args = made.args.as_deref().unwrap_or_default().iter();
            args.chain(made.receiver.as_ref()).find_map(|inner| member(inner, name, depth))
        }
        _ => None,
    }
}

fn field(object: &Object, name: &str) -> Option<Value> {
    object.fields.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
}

/// The default in a chain of calls, or in the options of one.
fn default(value: &Value, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let Value::Made(made) = value else { return None };
    given(made).or_else(|| default(made.receiver.as_ref()?, depth))
}

fn given(made: &Made) -> Option<String> {
    let first = made.args.as_deref()?.first()?;
    let text = match first {
        Value::Object(options) => field(options, "default")?,
        other if DEFAULTS.contains(&&*made.name) => other.clone(),
        _ => return None,
    };
    text.strings().first().map(ToString::to_string)
}

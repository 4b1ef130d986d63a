//! Library functions whose result follows from their arguments: formatting, case changes, type
//! names. Topics pass through them on the way to the broker.

use super::eval::Eval;
use super::types::Type;
use super::value::{Made, Value};

/// The result of a library call, where its arguments decide it.
pub fn apply(eval: &Eval<'_>, made: &Made) -> Option<Value> {
    let path = eval.types.program.external(made.path);
    let args = made.args.as_ref()?;
    match (path, &*made.name) {
        ("fmt", "Sprintf") => format(args),
        ("fmt", "Sprint") => Some(Value::concat(args.to_vec())),
        ("strings", "ToLower") => text(args, str::to_lowercase),
        ("strings", "ToUpper") => text(args, str::to_uppercase),
        ("strings", "TrimSpace") => text(args, |s| s.trim().to_owned()),
        ("strings", "Split") => match (args.first()?, args.get(1)?) {
            (Value::Str(s), Value::Str(by)) => Some(Value::List(s.split(&**by).map(Value::str).collect())),
            _ => None,
        },
        ("strings", "Join") => join(args),
        ("strings", "ReplaceAll") => match (args.first()?, args.get(1)?, args.get(2)?) {
            (Value::Str(s), Value::Str(from), Value::Str(to)) => Some(Value::str(&s.replace(&**from, to))),
            _ => None,
        },
        ("strings", "TrimPrefix") => match (args.first()?, args.get(1)?) {
            (Value::Str(s), Value::Str(prefix)) => Some(Value::str(s.strip_prefix(&**prefix).unwrap_or(s))),
            _ => None,
        },
        ("reflect", "Name" | "String") => type_name(eval, made.receiver.as_ref()?, &made.name),
        _ if points(path, &made.name) && args.len() == 1 => args.first().cloned(),
        ("cmp", "Or") => Some(Value::one_of(args.to_vec())),
        _ if path.ends_with("/strcase") => match &*made.name {
            "ToSnake" => text(args, |s| delimit(s, '_')),
            "ToKebab" => text(args, |s| delimit(s, '-')),
            "ToLowerCamel" => text(args, lower_first),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a function makes a pointer to its argument, or gives what one points to: pointers are
/// transparent.
fn points(path: &str, name: &str) -> bool {
    let package = path.rsplit('/').find(|part| !matches!(*part, "v1" | "v2")).unwrap_or(path);
    matches!(
        (package, name),
        (_, "ToPtr" | "Ptr" | "StringPtr" | "ToStringPtr")
            | ("aws", "String" | "ToString" | "StringValue")
            | ("ptr" | "pointer" | "pointy", "To" | "Of" | "String")
            | ("proto", "String")
    )
}

fn text(args: &[Value], change: impl Fn(&str) -> String + Copy) -> Option<Value> {
    match args.first()? {
        Value::Str(s) => Some(Value::str(&change(s))),
        Value::OneOf(items) => {
            let changed: Option<Vec<Value>> =
                items.iter().map(|v| text(std::slice::from_ref(v), change)).collect();
            changed.map(Value::one_of)
        }
        _ => None,
    }
}

fn join(args: &[Value]) -> Option<Value> {
    let (Value::List(items), Value::Str(by)) = (args.first()?, args.get(1)?) else { return None };
    let mut parts = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            parts.push(Value::Str(by.clone()));
        }
        parts.push(item.clone());
    }
    Some(Value::concat(parts))
}

/// `Sprintf` with the verbs topics are built with.
fn format(args: &[Value]) -> Option<Value> {
    let Value::Str(pattern) = args.first()? else { return None };
    let mut rest = args[1..].iter();
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            literal.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            literal.push('%');
            continue;
        }
        while chars.peek().is_some_and(|c| matches!(c, '+' | '#' | '-' | '.' | '0'..='9')) {
            chars.next();
        }
        chars.next();
        if !literal.is_empty() {
            parts.push(Value::str(&std::mem::take(&mut literal)));
        }
        parts.push(rest.next().cloned().unwrap_or(Value::Opaque(None)));
    }
    if !literal.is_empty() {
        parts.push(Value::str(&literal));
    }
    Some(Value::concat(parts))
}

/// `reflect.TypeOf(x).Elem().Name()` → the name of x's type.
fn type_name(eval: &Eval<'_>, receiver: &Value, method: &str) -> Option<Value> {
    let mut value = receiver;
    loop {
        let Value::Made(made) = value else { return None };
        match &*made.name {
            "TypeOf" | "ValueOf" | "Indirect" => {
                let of = made.args.as_ref()?.first()?;
                if let Value::Made(inner) = of
                    && matches!(&*inner.name, "TypeOf" | "ValueOf")
                {
                    value = of;
                    continue;
                }
                return named(eval, &eval.type_of(of), method);
            }
            "Elem" | "Type" | "Kind" => value = made.receiver.as_ref()?,
            _ => return None,
        }
    }
}

fn named(eval: &Eval<'_>, ty: &Type, method: &str) -> Option<Value> {
    match ty {
        Type::Named(ty, _) if !eval.types.is_interface(*ty) => {
            let name = eval.types.program.type_name(*ty);
            Some(if method == "String" {
                Value::str(&format!("{}.{name}", eval.types.program.package_of(ty.file).name))
            } else {
                Value::str(name)
            })
        }
        _ => None,
    }
}

/// `ProductCreatedV1` → `product_created_v_1`: iancoleman/strcase splits at case changes and
/// around digits (its `snake.go`, v0.3.0).
fn delimit(s: &str, by: char) -> String {
    let s: Vec<char> = s.trim().chars().collect();
    let mut out = String::new();
    for (i, &c) in s.iter().enumerate() {
        let next = s.get(i + 1).copied();
        let upper = c.is_ascii_uppercase();
        let lower = c.is_ascii_lowercase();
        let digit = c.is_ascii_digit();
        if let Some(next) = next {
            let changes = (upper && (next.is_ascii_lowercase() || next.is_ascii_digit()))
                || (lower && (next.is_ascii_uppercase() || next.is_ascii_digit()))
                || (digit && (next.is_ascii_uppercase() || next.is_ascii_lowercase()));
            if changes {
                let before_upper_run = upper && next.is_ascii_lowercase();
                if before_upper_run && !out.is_empty() && !out.ends_with(by) {
                    out.push(by);
                }
                out.push(c.to_ascii_lowercase());
                if lower || digit || next.is_ascii_digit() {
                    out.push(by);
                }
                continue;
            }
        }
        if matches!(c, ' ' | '_' | '-' | '.') {
            out.push(by);
        } else {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

fn lower_first(s: &str) -> String {
    let mut chars = s.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Products of constants: `2 * 60`, `24 * time.Hour`. A product with a unit of time is written in
/// nanoseconds, as Go's `time.Duration` is.
pub fn multiply(program: &super::program::Program, left: &Value, right: &Value) -> Option<Value> {
    let (a, b) = (number(program, left)?, number(program, right)?);
    Some(Value::Literal(format!("{}", a * b).into()))
}

/// A number, or the nanoseconds of a duration. Conversions (`time.Duration(n)`) are transparent.
fn number(program: &super::program::Program, value: &Value) -> Option<f64> {
    match value {
        Value::Literal(text) => text.replace('_', "").parse().ok(),
        Value::Made(made) if program.external(made.path) == "time" => match (&*made.name, &made.args) {
            ("Duration", Some(args)) => number(program, args.first()?),
            (name, None) => nanoseconds_of_unit(name),
            _ => None,
        },
        _ => None,
    }
}

fn nanoseconds_of_unit(name: &str) -> Option<f64> {
    Some(match name {
        "Nanosecond" => 1.0,
        "Microsecond" => 1e3,
        "Millisecond" => 1e6,
        "Second" => 1e9,
        "Minute" => 60.0 * 1e9,
        "Hour" => 3_600.0 * 1e9,
        _ => return None,
    })
}

/// A duration in whole seconds, rounded down: a constant over `time` units (`10 * time.Minute`),
/// or a text as configuration files have it (`90s`, `1h30m`). A bare number is a Go duration, thus
/// nanoseconds, unless it is too small to be one: then the library takes seconds.
pub fn duration_seconds(program: &super::program::Program, value: &Value) -> Option<u64> {
    const LEAST_DURATION: f64 = 1e6;
    match value {
        Value::Str(text) => text_seconds(text),
        Value::OneOf(items) => items.iter().filter_map(|v| duration_seconds(program, v)).max(),
        _ => {
            let n = number(program, value)?;
            let seconds = if n >= LEAST_DURATION { n / 1e9 } else { n };
            whole(seconds)
        }
    }
}

/// Whole seconds; nothing for what is no time at all.
#[allow(clippy::cast_sign_loss)] // Positive, as the condition says.
fn whole(seconds: f64) -> Option<u64> {
    (seconds > 0.0).then_some(seconds as u64)
}

/// `1h30m`, `90s`, `500ms`, or a bare number of seconds.
pub fn text_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let n: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += n * match &rest[..letters] {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" | "min" => 60.0,
            "s" | "sec" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        rest = &rest[letters..];
    }
    whole(total)
}

#[cfg(test)]
mod tests {
    use super::text_seconds;

    #[test]
    fn texts_are_durations_in_seconds() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("1h30m", Some(5_400)),
            ("1.5h", Some(5_400)),
            ("500ms", Some(0)),
            ("2d", Some(172_800)),
            ("300", Some(300)),
            ("", None),
            ("soon", None),
            ("10 potatoes", None),
        ] {
            assert_eq!(text_seconds(text), seconds, "{text}");
        }
    }
}

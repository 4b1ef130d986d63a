//! Selectors at work: from a matched call or literal to the value a rule points at.
//!
//! A step on something symbolic (a field set by a constructor not yet known) is kept as a field
//! whose name begins with [`super::value::STEP`], so that it is taken when the constructor's side is substituted.

use crate::rules::{Selector, Start, Step};
use crate::syntax::facts::{Expr, ExprId, Exprs, Facts, Sym};
use std::sync::Arc;

use super::eval::{Eval, element};
use super::program::{Fn, Program, Site};
use super::scope::DefKind;
use super::types::{Member, Type};
use super::value::{Closure, Made, Value, step_name};

/// The value `selector` points at in the call or literal at `site`.
pub fn select(eval: &Eval<'_>, site: Site, selector: &Selector) -> Value {
    let facts = eval.types.program.facts(site.file);
    let at = |expr| Site { file: site.file, expr };
    let (callee, args) = match facts.expr(site.expr) {
        Expr::Call { callee, args, .. } => (Some(callee), facts.list(args)),
        _ => (None, &[][..]),
    };
    let mut steps = &selector.steps[..];
    let start = match &selector.start {
        Start::Sibling(name) => {
            let (given, rest) = sibling(eval, site, name, steps);
            steps = rest;
            given
        }
        Start::Package(name) => {
            let (given, rest) = in_package(eval, site, name, steps);
            steps = rest;
            given
        }
        Start::Decorated => decorated(eval, site),
        Start::Beside(field, other) => {
            args.first().map_or(Value::Unset, |&arg| beside(eval, at(arg), field, other))
        }
        Start::After(text) => {
            let is_text = |&arg: &ExprId| match eval.value(at(arg)) {
                Value::Str(found) => found.eq_ignore_ascii_case(text),
                _ => false,
            };
            let found = args.iter().position(is_text).and_then(|i| args.get(i + 1));
            found.map_or(Value::Unset, |&arg| eval.value(at(arg)))
        }
        Start::Arg(i) => args.get(*i).map_or(Value::Unset, |&a| eval.value(at(a))),
        Start::ArgsFrom(i) => Value::List(args.iter().skip(*i).map(|&a| eval.value(at(a))).collect()),
        Start::LastArg => args.last().map_or(Value::Unset, |&a| eval.value(at(a))),
        Start::Receiver => match callee.map(|c| facts.expr(c)) {
            Some(Expr::Field { base, .. }) => eval.value(at(base)),
            _ => Value::Unset,
        },
        Start::Itself => eval.value(site),
        Start::TypeArg(i) => type_arg(eval, site, *i),
        Start::Enclosing => match eval.types.program.owner(site) {
            Some(func) => Value::Func(Arc::new(eval.symbolic(loop_owner(eval, func)))),
            None => Value::Unset,
        },
        Start::EnclosingCall(name) => around(eval, site, name),
        Start::Option(name) => {
            let values: Vec<Value> = args.iter().map(|&a| eval.value(at(a))).collect();
            option(eval, &values, name)
        }
        Start::Column(name) => super::statement::column(eval, site, name),
        Start::Literal(text) => Value::str(text),
    };
    steps.iter().fold(start, |value, s| match s {
        // A text has none of the fields that rules ask for.
        Step::Field(_) if matches!(value, Value::Str(_) | Value::Concat(_)) => Value::Unset,
        Step::Field(name) => eval.member_value(value, &Type::Unknown, name),
        _ => eval.select(value, &encode(s)),
    })
}

/// The key under which a map keeps what the call at `site` is made on (`readers[topic].Read()`),
/// where whoever asks names it: a library's objects are kept by the topics they are for.
pub fn kept_under(eval: &Eval<'_>, site: Site) -> Option<Value> {
    let facts = eval.types.program.facts(site.file);
    let at = |expr| Site { file: site.file, expr };
    let Expr::Call { callee, .. } = facts.expr(site.expr) else { return None };
    let Expr::Field { base, .. } = facts.expr(callee) else { return None };
    let held = match facts.expr(base) {
        Expr::Name(name) => match eval.types.local(at(base), name)?.1.kind {
            DefKind::Value(value, 0) => value,
            _ => return None,
        },
        _ => base,
    };
    let Expr::Index { base, args } = facts.expr(held) else { return None };
    let key = eval.value(at(*facts.list(args).first()?));
    let map = matches!(eval.types.of(at(base)), Type::Map(..));
    (map && matches!(key, Value::Param(..))).then_some(key)
}

/// The receiver, method and arguments of a method call.
fn method_call(facts: &Facts, expr: ExprId) -> Option<(ExprId, Sym, Exprs)> {
    let Expr::Call { callee, args, .. } = facts.expr(expr) else { return None };
    let Expr::Field { base, name } = facts.expr(callee) else { return None };
    Some((base, name, args))
}

/// What the calls of method `name` on the receiver of the call at `site` are given, as far as the
/// same file has them. The first step says which argument; the others are left.
fn sibling<'s>(eval: &Eval<'_>, site: Site, name: &str, steps: &'s [Step]) -> (Value, &'s [Step]) {
    let Some((Step::Arg(index), rest)) = steps.split_first() else { return (Value::Unset, &[]) };
    let program = eval.types.program;
    let facts = program.facts(site.file);
    let Some((own, ..)) = method_call(facts, site.expr) else { return (Value::Unset, rest) };
    let at = |expr| Site { file: site.file, expr };
    let text = program.render(at(own));
    let mut found = Vec::new();
    for i in 0..facts.exprs.len() as u32 {
        let Some((base, method, args)) = method_call(facts, ExprId(i)) else { continue };
        if facts.text(method) == name && (base == own || program.render(at(base)) == text) {
            found.extend(facts.list(args).get(*index).map(|&arg| eval.value(at(arg))));
        }
    }
    (if found.is_empty() { Value::Unset } else { Value::one_of(found) }, rest)
}

/// What the calls of method `name` in the package of the call at `site` are given. The first step says
/// which argument; the others are left.
fn in_package<'s>(eval: &Eval<'_>, site: Site, name: &str, steps: &'s [Step]) -> (Value, &'s [Step]) {
    let Some((Step::Arg(index), rest)) = steps.split_first() else { return (Value::Unset, &[]) };
    let program = eval.types.program;
    let mut found = Vec::new();
    for &file in &program.package_of(site.file).files {
        let facts = program.facts(file);
        for i in 0..facts.exprs.len() as u32 {
            let Some((_, method, args)) = method_call(facts, ExprId(i)) else { continue };
            if facts.text(method) == name {
                let given = facts.list(args).get(*index);
                found.extend(given.map(|&expr| eval.value(Site { file, expr })));
            }
        }
    }
    (if found.is_empty() { Value::Unset } else { Value::one_of(found) }, rest)
}

/// Field `other` of the literals in the function around `held` whose field `field` is given the same
/// variable; not known where there is no such literal.
fn beside(eval: &Eval<'_>, held: Site, field: &str, other: &str) -> Value {
    let program = eval.types.program;
    let facts = program.facts(held.file);
    let at = |expr| Site { file: held.file, expr };
    let Expr::Name(_) = facts.expr(held.expr) else { return Value::Opaque(Some(held)) };
    let around = program.around(held);
    let mut found = Vec::new();
    for (i, expr) in facts.exprs.iter().enumerate() {
        let Expr::Composite { entries, .. } = *expr else { continue };
        let entries: Vec<(ExprId, ExprId)> =
            facts.list(entries).chunks(2).filter(|e| e.len() == 2).map(|e| (e[0], e[1])).collect();
        let under = |name: &str| {
            let is = |key: ExprId| matches!(facts.expr(key), Expr::Name(n) | Expr::Str(n) if facts.text(n) == name);
            entries.iter().find(|(key, _)| !key.is_none() && is(*key)).map(|(_, value)| *value)
        };
        let holds = under(field).is_some_and(|value| facts.expr(value) == facts.expr(held.expr));
        if holds && program.around(at(ExprId(i as u32))) == around {
            found.push(under(other).map_or(Value::Unset, |value| eval.value(at(value))));
        }
    }
    if found.is_empty() { Value::Opaque(Some(held)) } else { Value::one_of(found) }
}

/// The function that calls method `name` on the receiver of the call at `site`, or on one of its type
/// where only one function of the package does.
fn around(eval: &Eval<'_>, site: Site, name: &str) -> Value {
    let program = eval.types.program;
    let Some((own, ..)) = method_call(program.facts(site.file), site.expr) else { return Value::Unset };
    let own = Site { file: site.file, expr: own };
    let (ty, text) = (eval.types.of(own), program.render(own));
    let mut found: Vec<(bool, Fn)> = Vec::new();
    for &file in &program.package_of(site.file).files {
        let facts = program.facts(file);
        for i in 0..facts.exprs.len() as u32 {
            let Some((base, method, _)) = method_call(facts, ExprId(i)) else { continue };
            let base = Site { file, expr: base };
            if facts.text(method) == name
                && eval.types.of(base) == ty
                && let Some(func) = program.owner(base)
            {
                found.push((program.render(base) == text, loop_owner(eval, func)));
            }
        }
    }
    let same = found.iter().any(|(same, _)| *same);
    found.retain(|(of, _)| *of == same);
    found.dedup();
    match found[..] {
        [(_, func)] => Value::Func(Arc::new(eval.symbolic(func))),
        _ => Value::Unset,
    }
}

/// The first call of a method `name` that stands in one of `handlers`.
pub fn called_around(program: &Program, handlers: &[Arc<Closure>], name: &str) -> Option<Site> {
    handlers.iter().find_map(|handler| {
        let file = handler.func.file;
        let facts = program.facts(file);
        let outer = program.outermost(handler.func);
        let called =
            |expr: &ExprId| method_call(facts, *expr).is_some_and(|(_, at, _)| facts.text(at) == name);
        let calls = (0..facts.exprs.len() as u32).map(ExprId).filter(called);
        calls.map(|expr| Site { file, expr }).find(|&site| program.around(site) == Some(outer))
    })
}

/// The class or method that the decorator at `site` stands on.
fn decorated(eval: &Eval<'_>, site: Site) -> Value {
    let facts = eval.types.program.facts(site.file);
    let has = |list| facts.list(list).contains(&site.expr);
    if let Some(at) = facts.funcs.iter().position(|func| has(func.decorators)) {
        let func = crate::syntax::facts::FuncId(at as u32);
        return Value::Func(Arc::new(Closure::plain(Fn { file: site.file, func })));
    }
    match facts.types.iter().position(|ty| has(ty.decorators)) {
        Some(at) => {
            let ty = super::program::Ty { file: site.file, ty: crate::syntax::facts::TypeId(at as u32) };
            Value::Typed(Type::Named(ty, Arc::from([])))
        }
        None => Value::Unset,
    }
}

/// The decorator `name` of a method, of its class, or of a class.
fn decorator(eval: &Eval<'_>, value: &Value, name: &str) -> Value {
    let program = eval.types.program;
    let named = |file: u32, list| {
        let facts = program.facts(file);
        let found = facts.list(list).iter().find(|&&expr| {
            let callee = match facts.expr(expr) {
                Expr::Call { callee, .. } => callee,
                _ => expr,
            };
            matches!(facts.expr(callee), Expr::Name(n) | Expr::Field { name: n, .. } if facts.text(n) == name)
        });
        found.map(|&expr| eval.value(Site { file, expr }))
    };
    let own = match value {
        Value::Func(closure) => named(closure.func.file, program.func(closure.func).decorators),
        _ => None,
    };
    let ty = match value {
        Value::Func(closure) => eval.types.receiver_type(closure.func),
        other => eval.type_of(other),
    };
    let of_class = || match ty {
        Type::Named(ty, _) => named(ty.file, program.facts(ty.file).types[ty.ty.0 as usize].decorators),
        _ => None,
    };
    own.or_else(of_class).unwrap_or(Value::Unset)
}

/// A receive loop in a closure (`go func() { for … }()`) belongs to the named function around it,
/// except where that one gives the closure back: then whoever calls the closure runs the loop.
fn loop_owner(eval: &Eval<'_>, mut func: Fn) -> Fn {
    let program = eval.types.program;
    let facts = program.facts(func.file);
    while let Some(parent) = program.func(func).parent {
        let scope = &program.file(func.file).scopes[parent.0 as usize];
        let mut given = scope.returns.iter().flat_map(|&values| facts.list(values));
        if given.any(|&value| facts.expr(value) == Expr::Closure(func.func)) {
            break;
        }
        func.func = parent;
    }
    func
}

fn type_arg(eval: &Eval<'_>, site: Site, index: usize) -> Value {
    let facts = eval.types.program.facts(site.file);
    let target = match facts.expr(site.expr) {
        Expr::Call { callee, .. } => callee,
        Expr::Composite { ty, .. } => ty,
        _ => return Value::Unset,
    };
    match facts.expr(target) {
        _ if !facts.written_types(site.expr).is_empty() => facts
            .written_types(site.expr)
            .get(index)
            .map_or(Value::Unset, |&a| Value::Typed(eval.types.named_by(Site { file: site.file, expr: a }))),
        Expr::Index { args, .. } => facts
            .list(args)
            .get(index)
            .map_or(Value::Unset, |&a| Value::Typed(eval.types.named_by(Site { file: site.file, expr: a }))),
        _ => Value::Unset,
    }
}

fn encode(step: &Step) -> Arc<str> {
    let text = match step {
        Step::Field(name) => return name.as_str().into(),
        Step::Each => "each".to_owned(),
        Step::EachKey => "keys".to_owned(),
        Step::FirstHalf => "half".to_owned(),
        Step::Key(key) => format!("key:{key}"),
        Step::Arg(i) => format!("arg:{i}"),
        Step::ArgsFrom(i) => format!("args:{i}"),
        Step::Receiver => "recv".to_owned(),
        Step::Option(name) => format!("opt:{name}"),
        Step::From(names) => format!("from:{names}"),
        Step::Method(name) => format!("call:{name}"),
        Step::Decorator(name) => format!("decorator:{name}"),
        Step::TypeName => "type".to_owned(),
        Step::TypeArg(i) => format!("typearg:{i}"),
    };
    step_name(&text)
}

/// Takes an encoded step on a value; `None` keeps it symbolic.
pub fn step(eval: &Eval<'_>, value: &Value, step: &str) -> Option<Value> {
    let (name, argument) = step.split_once(':').unwrap_or((step, ""));
    match value {
        Value::OneOf(items) => {
            let taken = items.iter().map(|item| {
                self::step(eval, item, step)
                    .unwrap_or_else(|| Value::Field(Arc::new(item.clone()), step_name(step)))
            });
            let taken: Vec<Value> = taken.filter(|v| !matches!(v, Value::Unset)).collect();
            return Some(if taken.is_empty() { Value::Unset } else { Value::one_of(taken) });
        }
        // A part of what a call gave (`let (producer, consumer) = builder.build_pair()`) was made by it.
        Value::Element(whole)
            if matches!(name, "recv" | "arg" | "args") && matches!(**whole, Value::Made(_)) =>
        {
            return self::step(eval, whole, step);
        }
        Value::List(items) if name == "half" => {
            return Some(Value::List(items[..items.len() / 2].into()));
        }
        Value::List(items) if name != "each" => {
            let taken = items.iter().map(|item| {
                self::step(eval, item, step)
                    .unwrap_or_else(|| Value::Field(Arc::new(item.clone()), step_name(step)))
            });
            return Some(Value::List(taken.filter(|v| !matches!(v, Value::Unset)).collect()));
        }
        Value::Unset => return Some(Value::Unset),
        // Not known yet.
        Value::Call(_) => return None,
        _ => {}
    }
    match name {
        "each" => match value {
            Value::List(_) | Value::Str(_) | Value::Concat(_) => Some(value.clone()),
            // What an object literal says of its fields, by whatever names.
            Value::Object(object) if matches!(object.ty, Type::Unknown) && !object.fields.is_empty() => {
                Some(Value::one_of(super::eval::entries(object).map(|(_, value)| value).collect()))
            }
            Value::Object(_) => Some(element(value.clone())),
            Value::Made(_) => Some(Value::Unset),
            _ => None,
        },
        "keys" => match value {
            Value::Object(object) => {
                Some(Value::List(super::eval::entries(object).map(|(key, _)| key).collect()))
            }
            Value::Made(_) => Some(Value::Unset),
            _ => None,
        },
        "half" => match value {
            Value::Object(_) | Value::Made(_) => Some(Value::Unset),
            _ => None,
        },
        "key" => match value {
            Value::Object(_) => Some(eval.select(value.clone(), argument)),
            Value::Made(_) | Value::Literal(_) => Some(Value::Unset),
            _ => None,
        },
        "decorator" => Some(decorator(eval, value, argument)),
        "type" => type_name(eval, value),
        "call" => called(eval, value, argument),
        _ => made_step(eval, value, name, argument),
    }
}

fn made_step(eval: &Eval<'_>, value: &Value, name: &str, argument: &str) -> Option<Value> {
    if let (Value::Func(closure), "recv") = (value, name) {
        // `enclosing.recv`: what the method around the match is called on.
        return Some(match &closure.receiver {
            Some(receiver) => receiver.clone(),
            None if eval.types.program.func(closure.func).receiver.is_some() => Value::Receiver(closure.func),
            None => Value::Unset,
        });
    }
    if let (Value::Func(closure), "from") = (value, name) {
        // A constructor handed over: what it gives. One that gives a function constructs nothing,
        // and may give itself.
        let given = eval.apply(closure, &Arc::from([]), false, 0)?;
        return match given {
            Value::Func(_) => Some(Value::Unset),
            given => step(eval, &given, &format!("{name}:{argument}")),
        };
    }
    if let (Value::Func(closure), "arg") = (value, name) {
        // `arg0.arg0.type`: the type of what the function that is given takes.
        let facts = eval.types.program.facts(closure.func.file);
        let params = facts.params(&facts.func(closure.func.func).params);
        let taken = params.get(argument.parse().unwrap_or(usize::MAX));
        return Some(taken.map_or(Value::Unset, |param| {
            Value::Typed(eval.types.named_by(Site { file: closure.func.file, expr: param.ty }))
        }));
    }
    if let (Value::Field(base, field), "typearg") = (value, name)
        && let Some(found) = declared_type_arg(eval, base, field, argument.parse().unwrap_or(0))
    {
        return Some(found);
    }
    let made: &Made = match value {
        Value::Made(made) => made,
        // An object that `new` just built.
        Value::Object(object)
            if name == "from"
                && matches!(object.ty, Type::Named(..))
                && argument.split('|').any(|name| name == "new") =>
        {
            return Some(value.clone());
        }
        Value::Object(_) | Value::Literal(_) | Value::Str(_) | Value::Func(_) => return Some(Value::Unset),
        _ => return None,
    };
    let args = made.args.as_deref().unwrap_or(&[]);
    let index: usize = argument.parse().unwrap_or(0);
    Some(match name {
        "arg" => args.get(index).cloned().unwrap_or(Value::Unset),
        "args" => Value::List(args.iter().skip(index).cloned().collect()),
        "from" => {
            let path = eval.types.program.external(made.path);
            let named = |name: &str| name == &*made.name || path.rsplit('/').next() == Some(name);
            if argument.split('|').any(named) { value.clone() } else { Value::Unset }
        }
        "recv" => made.receiver.clone().unwrap_or(Value::Unset),
        "opt" => option(eval, args, argument),
        "typearg" => made.type_args.get(index).map_or(Value::Unset, |t| Value::Typed(t.clone())),
        _ => Value::Unset,
    })
}

/// The call of option function `name` among `values`.
fn option(_eval: &Eval<'_>, values: &[Value], name: &str) -> Value {
    let mut symbolic = None;
    for value in values.iter().flat_map(Value::items) {
        match &value {
            Value::Made(made) if &*made.name == name => return value,
            Value::Param(..) | Value::Field(..) | Value::Element(..) => symbolic = Some(value),
            _ => {}
        }
    }
    symbolic.map_or(Value::Unset, |value| Value::Field(value.into(), step_name(&format!("opt:{name}"))))
}

fn type_name(eval: &Eval<'_>, value: &Value) -> Option<Value> {
    if let Value::Func(closure) = value {
        return Some(Value::str(&signature(eval, closure.func)));
    }
    let mut ty = eval.type_of(value);
    // Of rows, what a row is.
    while let Type::Slice(element) = ty {
        ty = (*element).clone();
    }
    match ty {
        Type::Named(ty, _) if !eval.types.is_interface(ty) => {
            Some(Value::str(eval.types.program.type_name(ty)))
        }
        _ if value.free().is_some() => None,
        _ => Some(Value::Unset),
    }
}

/// `func(context.Context, events.SQSEvent)`: the parameters of a function as written.
fn signature(eval: &Eval<'_>, func: Fn) -> String {
    let program = eval.types.program;
    let facts = program.facts(func.file);
    let params = facts.params(&facts.func(func.func).params).iter();
    let types: Vec<String> = params.map(|p| program.render(Site { file: func.file, expr: p.ty })).collect();
    format!("func({})", types.join(", "))
}

/// The type argument written where a field of generic library type is declared
/// (`river.WorkerDefaults[Args]`).
fn declared_type_arg(eval: &Eval<'_>, base: &Value, field: &str, index: usize) -> Option<Value> {
    let Type::Named(ty, _) = eval.type_of(base) else { return None };
    let facts = eval.types.program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    let fields = facts.fields(&decl.fields);
    let field = fields.iter().find(|f| facts.text(f.name) == field)?;
    let Expr::Index { args, .. } = facts.expr(field.ty) else { return None };
    let arg = *facts.list(args).get(index)?;
    Some(Value::Typed(eval.types.named_by(Site { file: ty.file, expr: arg })))
}

/// What method `name` of the value's type returns.
fn called(eval: &Eval<'_>, value: &Value, name: &str) -> Option<Value> {
    let ty = eval.type_of(value);
    match eval.types.member(&ty, name) {
        Some(Member::Method(func)) if eval.types.has_body(func) => {
            let binding = eval.bind(func, &Arc::from([]), false, Some(value.clone()));
            Some(eval.substitute(&eval.returned(func, 0), &binding))
        }
        Some(Member::Method(_)) if let Some(inner) = eval.embedded(value, name) => called(eval, &inner, name),
        _ if value.free().is_some() => None,
        // Through an interface, on something that nobody supplies: certain only when there is
        // one implementation. (The topic of a row that a relay reads has many.)
        Some(Member::Method(func)) if super::calls::implementations(eval.types, func, name).len() == 1 => {
            let closure = Closure::method(func, value.clone());
            Some(eval.apply(&closure, &Arc::from([]), false, 0).unwrap_or(Value::Unset))
        }
        _ => Some(Value::Unset),
    }
}

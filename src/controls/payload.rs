//! Payloads: does each field that a consumer reads come from somewhere?
//!
//! Both ends of a topic write down the payload as a type of their own. What a publisher sends is
//! the type it hands over or marshals; what a consumer reads are the fields of the type it decodes
//! into, or asserts what it is given to, that its path uses. Names are compared as encoding/json
//! does, without regard to case. Where an end is not known for sure (several types, a custom
//! encoding, a map with computed keys), nothing is said of the topic.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::flow::eval::Eval;
use crate::flow::path::{Node, Step, Trace};
use crate::flow::program::{Fn, Site, Ty};
use crate::flow::scope::DefKind;
use crate::flow::select::select;
use crate::flow::types::{Type, Types};
use crate::flow::value::{Object, Value};
use crate::flow::{Consumer, Flow, walk};
use crate::rules::Role;
use crate::syntax::facts::{Expr, TypeKind};

use super::finding::{Draft, place};
use super::steps;
use super::verdict::{Examined, evidence};

/// Library functions that put a payload into something that is sent.
const WRAPS: [&str; 6] = ["NewMessage", "NewTask", "NewBuffer", "NewReader", "NewMsg", "NewEvent"];
/// What a step does for the messages it sends, or for the service's own stores, tells nothing of the
/// message received.
const OTHERS: [Role; 6] = [
    Role::Publisher,
    Role::OutboxWrite,
    Role::CacheGet,
    Role::CacheSet,
    Role::DedupeCheck,
    Role::DedupeClaim,
];

/// Names of fields in lower case.
type Fields = BTreeSet<String>;

/// What is written to a topic.
#[derive(Debug, Default)]
pub struct Written {
    fields: Fields,
    /// Where the first of its publishers sends.
    at: Option<Site>,
    /// Some publisher sends what could not be told.
    open: bool,
}

/// What is written to each topic.
pub fn written(flow: &Flow<'_>) -> BTreeMap<String, Written> {
    let eval = Eval::new(flow.types);
    let mut out: BTreeMap<String, Written> = BTreeMap::new();
    for publisher in flow.publishers.iter().filter(|p| p.topic.resolved) {
        let topic = out.entry(publisher.topic.name.clone()).or_default();
        for (site, payload) in &publisher.sends {
            topic.at = topic.at.or(Some(*site));
            match sent(&eval, *site, payload.as_ref()) {
                Some(fields) => topic.fields.extend(fields),
                None => topic.open = true,
            }
        }
    }
    out
}

/// A consumer that reads fields which no publisher of its topic writes.
pub fn mismatch(
    flow: &Flow<'_>,
    consumer: &Consumer,
    examined: &Examined,
    service: &str,
    written: &BTreeMap<String, Written>,
) -> Option<Draft> {
    let topic = written.get(&consumer.topic.name).filter(|t| consumer.topic.resolved && !t.open)?;
    let nodes = examined.traces.iter().flat_map(|(_, trace)| &trace.nodes);
    let mut decodes: BTreeMap<Ty, Site> = BTreeMap::new();
    let mut clear = true;
    for node in nodes {
        decoded(flow, node, &mut decodes, &mut clear);
    }
    // What is decoded into an interface is of a type that is looked up when the message comes.
    let asserted = clear && decodes.keys().all(|&ty| is(flow.types, ty, TypeKind::Interface));
    if asserted {
        decodes.clear();
        clear = asserts(flow, consumer, examined, &mut decodes);
    }
    let (&ty, &decode) = decodes.first_key_value().filter(|_| clear && decodes.len() == 1)?;
    let names = fields(flow.types, ty)?;
    // Nothing but the names says that what is asserted is what was sent, and not what carries it.
    if asserted
        && !(tagged(flow.types, ty)
            && names.values().any(|json| topic.fields.contains(&json.to_ascii_lowercase())))
    {
        return None;
    }
    let functions = examined.traces.iter().flat_map(|(_, trace)| trace.functions.iter().copied()).collect();
    let read = reads(flow, ty, &functions);
    let missing: Vec<(&String, Site)> = names
        .iter()
        .filter(|(_, json)| !topic.fields.contains(&json.to_ascii_lowercase()))
        .filter_map(|(field, json)| Some((json, *read.get(field)?)))
        .collect();
    let &(_, first) = missing.first()?;
    let mut draft = Draft::new("payload-mismatch", service, "", place(flow, decode));
    let takes = if asserted { "asserts" } else { Role::Decode.name() };
    draft.evidence = vec![evidence(flow, decode, takes), evidence(flow, first, "reads")];
    draft.evidence.extend(topic.at.map(|site| evidence(flow, site, Role::Publisher.name())));
    let list: Vec<&str> = missing.iter().map(|(json, _)| json.as_str()).take(3).collect();
    let more = if missing.len() > list.len() { " …" } else { "" };
    draft.fill =
        vec![("topic", consumer.topic.name.clone()), ("fields", format!("{}{more}", list.join(", ")))];
    Some(draft)
}

/// The types of the tree that paths decode into.
pub fn decodes(flow: &Flow<'_>, traces: &[(Fn, Trace)]) -> BTreeSet<Ty> {
    let mut found = BTreeMap::new();
    for node in traces.iter().flat_map(|(_, trace)| &trace.nodes) {
        decoded(flow, node, &mut found, &mut true);
    }
    found.into_keys().collect()
}

/// The types that a path decodes JSON into; not clear when some is not known.
fn decoded(flow: &Flow<'_>, node: &Node, found: &mut BTreeMap<Ty, Site>, clear: &mut bool) {
    match node {
        Node::Step(step) if steps::plays(flow, step, &OTHERS) => {}
        Node::Step(step) => {
            if let Some(target) = target(flow, step) {
                match target {
                    Type::Named(ty, _) => {
                        found.entry(ty).or_insert(step.site);
                    }
                    _ => *clear = false,
                }
            }
            for node in &step.inner {
                decoded(flow, node, found, clear);
            }
        }
        Node::Branch(branch) => {
            for node in branch.then.iter().chain(&branch.otherwise) {
                decoded(flow, node, found, clear);
            }
        }
        Node::Loop(body) => {
            for node in body {
                decoded(flow, node, found, clear);
            }
        }
        Node::Exit(_) | Node::Cut(_) => {}
    }
}

/// The structs that a handler asserts what it is given to, where the library or the project's own bus
/// has decoded it before; not clear when one function takes several.
fn asserts(
    flow: &Flow<'_>,
    consumer: &Consumer,
    examined: &Examined,
    found: &mut BTreeMap<Ty, Site>,
) -> bool {
    let program = flow.types.program;
    let handlers = consumer.handlers.iter().map(|handler| handler.func).chain(examined.handler);
    let mut clear = true;
    for func in handlers.collect::<BTreeSet<_>>() {
        let facts = program.facts(func.file);
        let Some(body) = program.func(func).body else { continue };
        for &stmt in facts.block(body) {
            walk::exprs_of_stmt(facts, stmt, &mut |expr| {
                let site = Site { file: func.file, expr };
                let Expr::Assert { value, .. } = facts.expr(expr) else { return };
                if !is_given(flow.types, func, Site { file: func.file, expr: value }, 8) {
                    return;
                }
                match flow.types.of(site) {
                    Type::Named(ty, _) if is(flow.types, ty, TypeKind::Struct) => {
                        found.entry(ty).or_insert(site);
                    }
                    // A message of the broker's library is none of the payload's types.
                    Type::External(..) => {}
                    _ => clear = false,
                }
            });
        }
    }
    clear
}

/// Whether a value is a parameter of a function, or what one has or gives without being asked for
/// anything by name (`ctx.Message()`, and not `ctx.Value(key)`).
fn is_given(types: &Types<'_>, func: Fn, site: Site, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let at = |expr| is_given(types, func, Site { file: site.file, expr }, depth);
    match types.program.facts(site.file).expr(site.expr) {
        Expr::Call { callee, args, .. } => args.len == 0 && at(callee),
        Expr::Field { base, .. } | Expr::Unary { operand: base, .. } => at(base),
        Expr::Name(name) => match types.local(site, name) {
            Some((owner, def)) => match def.kind {
                DefKind::Param(_) => owner == func,
                DefKind::Value(from, 0) => at(from),
                _ => false,
            },
            None => false,
        },
        _ => false,
    }
}

fn is(types: &Types<'_>, ty: Ty, kind: TypeKind) -> bool {
    types.program.facts(ty.file).types[ty.ty.0 as usize].kind == kind
}

/// What a step decodes into, if it decodes.
fn target(flow: &Flow<'_>, step: &Step) -> Option<Type> {
    let id = *step.rules.iter().find(|&&id| flow.index.rule(id).role == Role::Decode)?;
    let rule = flow.index.rule(id);
    let selector = rule.value.first()?;
    if rule.registration_kind.is_some() {
        return Some(Type::Unknown);
    }
    let facts = flow.types.program.facts(step.site.file);
    let (Expr::Call { args, .. }, crate::rules::Start::Arg(i)) =
        (facts.expr(step.site.expr), &selector.start)
    else {
        return Some(Type::Unknown);
    };
    let arg = facts.list(args).get(*i).copied()?;
    let of = flow.types.of(Site { file: step.site.file, expr: arg });
    Some(if matches!(of, Type::Named(..)) {
        of
    } else {
        Eval::new(flow.types).type_of(&select(&Eval::new(flow.types), step.site, selector))
    })
}

/// The fields of a struct by name, each with the name it has in JSON; `None` when that is not
/// known, or decided by code.
fn fields(types: &Types<'_>, ty: Ty) -> Option<BTreeMap<String, String>> {
    let program = types.program;
    let facts = program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    let by_code = ["MarshalJSON", "UnmarshalJSON"].iter().any(|name| program.method(ty, name).is_some());
    if decl.kind != TypeKind::Struct || by_code {
        return None;
    }
    let mut out = BTreeMap::new();
    for field in &facts.fields[decl.fields.start as usize..decl.fields.end as usize] {
        let tag = json_tag(facts.text(field.tag));
        if tag == Some("-") {
            continue;
        }
        let name = facts.text(field.name);
        if field.embedded && tag.is_none() {
            match types.named_by(Site { file: ty.file, expr: field.ty }) {
                Type::Named(inner, _) if inner != ty => out.extend(fields(types, inner)?),
                _ => return None,
            }
        } else if name.starts_with(char::is_uppercase) {
            let json = tag.filter(|t| !t.is_empty()).unwrap_or(name);
            out.insert(name.to_owned(), json.to_owned());
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The name in a `json:"…"` tag; empty when it leaves the name out.
fn json_tag(tag: &str) -> Option<&str> {
    let rest = tag.split("json:\"").nth(1)?;
    rest.split(['"', ',']).next()
}

/// The fields of a type that functions read, each with the first place.
pub fn reads(flow: &Flow<'_>, ty: Ty, functions: &FxHashSet<Fn>) -> BTreeMap<String, Site> {
    let program = flow.types.program;
    let mut out = BTreeMap::new();
    let files: BTreeSet<u32> = functions.iter().map(|f| f.file).collect();
    for file in files {
        let facts = program.facts(file);
        let assigned: FxHashSet<_> =
            program.file(file).scopes.iter().flat_map(|s| s.writes.iter().map(|w| w.target)).collect();
        for (i, expr) in facts.exprs.iter().enumerate() {
            let id = crate::syntax::facts::ExprId(i as u32);
            let site = Site { file, expr: id };
            if let Expr::Field { base, name } = *expr
                && !assigned.contains(&id)
                && program.owner(site).is_some_and(|f| functions.contains(&f))
                && matches!(flow.types.of(Site { file, expr: base }), Type::Named(found, _) if found == ty)
            {
                out.entry(facts.text(name).to_owned()).or_insert(site);
            }
        }
    }
    out
}

/// The fields of what is sent at a place; `None` when it cannot be told.
fn sent(eval: &Eval<'_>, site: Site, payload: Option<&Value>) -> Option<Fields> {
    // What the library is handed says most, once it was followed back to the place.
    if let Some(fields) = payload.and_then(|value| of_value(eval, value, 4)) {
        return Some(fields);
    }
    let facts = eval.types.program.facts(site.file);
    let parts: Vec<_> = match facts.expr(site.expr) {
        Expr::Call { args, .. } => facts.list(args).to_vec(),
        Expr::Composite { entries, .. } => {
            facts.list(entries).chunks(2).filter_map(|e| e.get(1).copied()).collect()
        }
        _ => return None,
    };
    let mut found = parts.into_iter().filter_map(|expr| {
        let at = Site { file: site.file, expr };
        of_type(eval, &eval.types.of(at)).or_else(|| of_value(eval, &eval.value(at), 4))
    });
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

fn of_value(eval: &Eval<'_>, value: &Value, depth: u8) -> Option<Fields> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::Object(object) => of_object(eval, object, depth),
        Value::Made(made) if made.name.starts_with("Marshal") => {
            of_value(eval, made.args.as_ref()?.first()?, depth)
        }
        Value::Made(made) if WRAPS.contains(&&*made.name) => {
            made.args.as_ref()?.iter().find_map(|arg| of_value(eval, arg, depth))
        }
        Value::Made(_) => None,
        Value::OneOf(items) => {
            // What failed to be made is not sent.
            let made = items.iter().filter(|v| !matches!(v, Value::Literal(text) if &**text == "nil"));
            let all: Option<Vec<Fields>> = made.map(|v| of_value(eval, v, depth)).collect();
            all.filter(|all| !all.is_empty()).map(|all| all.into_iter().flatten().collect())
        }
        other => of_type(eval, &eval.type_of(other)),
    }
}

fn of_object(eval: &Eval<'_>, object: &Object, depth: u8) -> Option<Fields> {
    if matches!(object.ty, Type::Map(..)) {
        let facts = eval.types.program.facts(object.site.file);
        let Expr::Composite { entries, .. } = facts.expr(object.site.expr) else { return None };
        // A key that is computed, or added later, could be any.
        let whole = entries.len as usize == 2 * object.fields.len() && !grows(eval, object.site);
        return whole.then(|| object.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect());
    }
    let envelope = object.fields.iter().find(|(name, _)| {
        matches!(name.to_ascii_lowercase().as_str(), "data" | "payload" | "body" | "value" | "rawdata")
    });
    match envelope {
        Some((_, inner)) => of_value(eval, inner, depth),
        None => of_type(eval, &object.ty),
    }
}

/// Whether an element is put into a map of the function around `site`.
fn grows(eval: &Eval<'_>, site: Site) -> bool {
    let program = eval.types.program;
    let Some(owner) = program.owner(site) else { return true };
    let facts = program.facts(site.file);
    let writes = &program.file(site.file).scopes[owner.func.0 as usize].writes;
    writes.iter().any(|w| matches!(facts.expr(w.target), Expr::Index { .. }))
}

/// The fields of a struct that says how it looks in JSON.
fn of_type(eval: &Eval<'_>, ty: &Type) -> Option<Fields> {
    let Type::Named(ty, _) = ty else { return None };
    if !tagged(eval.types, *ty) {
        return None;
    }
    Some(fields(eval.types, *ty)?.into_values().map(|json| json.to_ascii_lowercase()).collect())
}

/// Whether a struct, or one embedded in it, says how a field is called in JSON.
fn tagged(types: &Types<'_>, ty: Ty) -> bool {
    let facts = types.program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    let own = facts.fields.get(decl.fields.start as usize..decl.fields.end as usize).unwrap_or_default();
    own.iter().any(|field| {
        json_tag(facts.text(field.tag)).is_some()
            || field.embedded
                && matches!(
                    types.named_by(Site { file: ty.file, expr: field.ty }),
                    Type::Named(inner, _) if inner != ty && tagged(types, inner)
                )
    })
}

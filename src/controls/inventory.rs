//! Inventories: what is registered rather than judged. Which types of event have a schema, and
//! which observers stand behind the consumers.
//!
//! What this leaves out: whether a schema is right, and which message carries which type.

use std::collections::BTreeSet;

use crate::audit::{Consumer, Control, EventSchema, Evidence, Finding, Observer, Place};
use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::manifest::{Contract, Mention};
use crate::flow::matches::Match;
use crate::flow::modules::join;
use crate::flow::program::{Decl, Fn, Site, Target, parent};
use crate::flow::resolve::supply;
use crate::flow::select::select;
use crate::flow::value::Value;
use crate::read::Repository;
use crate::rules::Role;
use crate::syntax::facts::{Directive, Expr};

use super::verdict::{self, symbol};

/// How many calls a registration is followed outwards to the place that names the event.
const HOPS: usize = 6;

/// Every type of event that a schema or validator is registered for.
pub fn schemas(
    flow: &Flow<'_>,
    names: &[String],
    consumers: &[Consumer],
    findings: &[Finding],
) -> Vec<EventSchema> {
    let eval = Eval::new(flow.types);
    let mut out = Vec::new();
    for matched in matches(flow, Role::ValidateRegister) {
        let rule = flow.index.rule(matched.rule);
        if rule.event_types.is_empty() {
            continue;
        }
        let pick = |selectors: &[crate::rules::Selector]| {
            let mut values = selectors.iter().map(|s| select(&eval, matched.site, s));
            values.find(|value| !value.is_unset()).unwrap_or(Value::Unset)
        };
        let start = vec![pick(&rule.event_types), pick(&rule.value)];
        for (site, values) in supplied(flow, &eval, matched.site, start) {
            let program = flow.types.program;
            let services = flow.attribution.services(site.file, program.owner(site));
            let (path, line) = program.place(site);
            for event_type in values[0].items().iter().flat_map(Value::strings) {
                for &service in &services {
                    let service = &names[service];
                    out.push(EventSchema {
                        service: service.clone(),
                        event_type: event_type.to_string(),
                        key: None,
                        schema: schema(flow, matched.site, &values[1]),
                        at: Place { path: path.to_owned(), line },
                        enforced: enforced(service, consumers, findings),
                        contract: false,
                    });
                }
            }
        }
    }
    out
}

/// The payloads that contracts describe: of the service whose folder holds the contract, or else of
/// those that consume from or publish to the channels of the message.
pub fn contracts<'f>(
    flow: &'f Flow<'_>,
    repository: &Repository,
    names: &[String],
) -> Vec<(&'f Contract, EventSchema)> {
    let mut out = Vec::new();
    for contract in &flow.contracts {
        let (path, line) = &contract.at;
        let says = |m: &&Mention| {
            m.role == Role::Topic
                && m.at.0 == *path
                && m.note.split(", ").any(|said| said == contract.event_type)
        };
        let channels: Vec<&str> =
            flow.mentions.iter().filter(says).flat_map(|m| &m.names).map(String::as_str).collect();
        let heard = flow.consumers.iter().map(|c| (c.service, &c.topic.name));
        let ends = heard.chain(flow.publishers.iter().map(|p| (p.service, &p.topic.name)));
        let ends = ends.filter(|(_, topic)| channels.contains(&topic.as_str())).map(|(service, _)| service);
        let services: BTreeSet<usize> = match repository.services.owner_of(path) {
            Some(owner) => BTreeSet::from([owner]),
            None => ends.collect(),
        };
        let schema = match &contract.reference {
            Some(text) if !text.starts_with('#') => join(parent(path), text),
            Some(pointer) => format!("{path}{pointer}"),
            None => path.clone(),
        };
        let carried = carried(flow, contract).filter(|name| *name != contract.event_type);
        out.extend(services.into_iter().map(|service| {
            let row = EventSchema {
                service: names[service].clone(),
                event_type: carried.as_ref().unwrap_or(&contract.event_type).clone(),
                key: carried.as_ref().map(|_| contract.event_type.clone()),
                schema: schema.clone(),
                at: Place { path: path.clone(), line: *line },
                enforced: None,
                contract: true,
            };
            (contract, row)
        }));
    }
    out
}

/// The name that messages carry, where code beside a contract has a constant that is called what the
/// contract calls the message (`storesapi.StoreCreated` is what `StoreCreatedEvent` holds).
fn carried(flow: &Flow<'_>, contract: &Contract) -> Option<String> {
    let program = flow.types.program;
    let name = contract.event_type.rsplit('.').next()?;
    let folder = parent(&contract.at.0);
    program.packages.iter().filter(|package| package.dir == folder).find_map(|package| {
        let Some(Decl::Global(global)) = package.decls.get(name) else { return None };
        let item = &program.facts(global.file).globals[global.index as usize];
        let held = Site { file: global.file, expr: item.value };
        let known = item.constant && !item.value.is_none();
        match known.then(|| Eval::new(flow.types).value(held))? {
            Value::Str(text) if !text.is_empty() => Some(text.to_string()),
            _ => None,
        }
    })
}

/// The places that give constants for what a registration is told, with the values there.
fn supplied(flow: &Flow<'_>, eval: &Eval<'_>, site: Site, values: Vec<Value>) -> Vec<(Site, Vec<Value>)> {
    let mut queue = vec![(site, values, 0)];
    let mut done = Vec::new();
    while let Some((site, values, hops)) = queue.pop() {
        match values[0].free() {
            Some(free) if hops < HOPS => {
                for next in supply(eval, &flow.graph, &values, free) {
                    queue.push((next.site, next.values, hops + 1));
                }
            }
            _ => done.push((site, values)),
        }
    }
    done
}

/// The file a schema is read from, else the expression that holds it.
fn schema(flow: &Flow<'_>, call: Site, value: &Value) -> String {
    let file = |text: &str| {
        let end = text.rsplit('.').next().unwrap_or_default();
        text.contains('.') && matches!(end, "json" | "avsc" | "proto" | "yaml" | "yml" | "cue" | "xsd")
    };
    let mut texts = Vec::new();
    strings(value, &mut texts, 6);
    let known = texts.into_iter().find(|text| file(text)).or_else(|| embedded(flow, call));
    let known = known.or_else(|| (!value.is_unset()).then(|| value.render(flow.types.program)));
    known.filter(|text| !text.is_empty()).unwrap_or_else(|| last_argument(flow, call))
}

/// The file that Go embeds into the variable that is a call's last argument, from the root.
fn embedded(flow: &Flow<'_>, call: Site) -> Option<String> {
    let program = flow.types.program;
    let facts = program.facts(call.file);
    let Expr::Call { args, .. } = facts.expr(call.expr) else { return None };
    let decl = match facts.expr(*facts.list(args).last()?) {
        Expr::Name(name) => program.lookup(call.file, name),
        Expr::Field { base, name } => match flow.types.package_qualifier(call.file, base) {
            Some(Target::Package(package)) => program.decl(*package, facts.text(name)),
            _ => None,
        },
        _ => None,
    };
    let Some(Decl::Global(global)) = decl else { return None };
    let facts = program.facts(global.file);
    let line = facts.line(facts.globals[global.index as usize].pos);
    let above = |d: &&Directive| facts.line(d.pos) + 1 == line;
    let file = facts.directives.iter().find(above)?.text.strip_prefix("//go:embed ")?.trim();
    let folder = program.file(global.file).path.rsplit_once('/').map(|(folder, _)| folder);
    Some(folder.map_or_else(|| file.to_owned(), |folder| format!("{folder}/{file}")))
}

/// The text of a call's last argument: a variable that a build step fills has no value to show, or
/// an empty one.
fn last_argument(flow: &Flow<'_>, call: Site) -> String {
    let facts = flow.types.program.facts(call.file);
    let Expr::Call { args, .. } = facts.expr(call.expr) else { return String::new() };
    let last = facts.list(args).last();
    last.map_or_else(String::new, |&expr| flow.types.program.render(Site { file: call.file, expr }))
}

/// The constant texts anywhere inside a value.
fn strings(value: &Value, out: &mut Vec<String>, depth: u8) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Str(text) => out.push(text.to_string()),
        Value::Made(made) => {
            for arg in made.args.iter().flat_map(|args| args.iter()) {
                strings(arg, out, depth);
            }
        }
        Value::Concat(items) | Value::List(items) | Value::OneOf(items) => {
            for item in items.iter() {
                strings(item, out, depth);
            }
        }
        Value::Element(inner) | Value::Field(inner, _) => strings(inner, out, depth),
        _ => {}
    }
}

/// Whether a payload that fails the check goes no further in the service's consumers.
fn enforced(service: &str, consumers: &[Consumer], findings: &[Finding]) -> Option<bool> {
    let mut mine =
        consumers.iter().filter(|c| c.service == service).filter_map(|c| c.controls.get(&Control::Schema));
    let validates = mine.any(|verdict| verdict.evidence.iter().any(|e| e.role == "validate"));
    let let_through = |f: &Finding| f.service == service && f.rule == "validation-not-enforced";
    validates.then(|| !findings.iter().any(let_through))
}

/// Every subscription to an in-process event, in services.
pub fn observers(flow: &Flow<'_>, names: &[String], consumers: &[Consumer]) -> Vec<Observer> {
    let eval = Eval::new(flow.types);
    let program = flow.types.program;
    let mut found: Vec<(usize, Fn, Observer)> = Vec::new();
    for matched in matches(flow, Role::ObserverSubscribe) {
        let (Some(service), Some(func)) = (flow.attribution.owner(matched.site.file), matched.func) else {
            continue;
        };
        let rule = flow.index.rule(matched.rule);
        let texts = rule.topic.iter().flat_map(|s| select(&eval, matched.site, s).strings());
        let events: BTreeSet<String> = texts.map(|text| text.to_string()).collect();
        let mine: Vec<&Consumer> = consumers.iter().filter(|c| c.service == names[service]).collect();
        let handlers = rule.handler.iter().flat_map(|s| select(&eval, matched.site, s).items());
        // What an interface declares tells nothing of who observes.
        let handlers: Vec<Fn> = handlers
            .filter_map(|value| Some(value.function()?.func))
            .filter(|&func| program.func(func).body.is_some())
            .collect();
        let (path, line) = program.place(matched.site);
        for event in &events {
            for &handler in &handlers {
                let observer = Observer {
                    service: names[service].clone(),
                    event: event.clone(),
                    handler: symbol(flow, handler),
                    registered: Place { path: path.to_owned(), line },
                    registry: None,
                    own_effects: own_effects(flow, handler, &mine),
                };
                found.push((service, program.outermost(func), observer));
            }
        }
    }
    for service in 0..names.len() {
        let funcs: BTreeSet<Fn> = found.iter().filter(|f| f.0 == service).map(|f| f.1).collect();
        let registry = registry(flow, &funcs).map(|func| symbol(flow, func));
        for entry in found.iter_mut().filter(|f| f.0 == service) {
            entry.2.registry.clone_from(&registry);
        }
    }
    found.into_iter().map(|(_, _, observer)| observer).collect()
}

/// The one function all of `funcs` are, or that calls all of them.
fn registry(flow: &Flow<'_>, funcs: &BTreeSet<Fn>) -> Option<Fn> {
    let mut all = funcs.iter().map(|func| {
        // However a function is cut in two, it is one.
        let program = flow.types.program;
        let func = flow.graph.whole(program, *func, false);
        let callers = flow.graph.calls_of(func).filter_map(|call| call.func);
        let callers = callers.map(|caller| flow.graph.whole(program, caller, true));
        std::iter::once(func).chain(callers).collect::<BTreeSet<Fn>>()
    });
    let first = all.next()?;
    let common = all.fold(first, |common, next| common.intersection(&next).copied().collect());
    common.into_iter().next()
}

/// What the verdicts saw inside the observer's own body: effects, records and looks at state.
fn own_effects(flow: &Flow<'_>, handler: Fn, consumers: &[&Consumer]) -> Vec<Evidence> {
    let (path, first) = flow.types.program.func_place(handler);
    let facts = flow.types.program.facts(handler.file);
    let last = facts.line(flow.types.program.func(handler).end);
    let counts = |role: &str| {
        role.starts_with("effect.")
            || role.starts_with("dedupe.")
            || role == "guard.state"
            || role == "outbox.write"
    };
    let seen = consumers.iter().flat_map(|c| c.controls.values()).flat_map(|v| &v.evidence);
    let mut own: Vec<Evidence> = seen
        .filter(|e| e.path == path && (first..=last).contains(&e.line) && counts(&e.role))
        .cloned()
        .collect();
    let direct = flow.by_func.get(&handler).into_iter().flatten().map(|&index| &flow.matches[index]);
    own.extend(direct.filter_map(|m: &Match| {
        let role = flow.index.rule(m.rule).role.name();
        role.starts_with("effect.").then(|| verdict::evidence(flow, m.site, role))
    }));
    own.sort();
    own.dedup();
    own
}

fn matches<'f>(flow: &'f Flow<'_>, role: Role) -> impl Iterator<Item = &'f Match> {
    flow.matches.iter().filter(move |m| flow.index.rule(m.rule).role == role)
}

//! Verdicts of one consumer: the trace of its handler, scanned once, put to each control.

use crate::audit::{Confidence, Control, Evidence, Finding, Place, Policy, STEPS, Status, Symbol, Verdict};
use crate::flow::matches::RuleId;
use crate::flow::path::{CutReason, Ingredients, Knowledge, Trace, Tracer};
use crate::flow::program::{Fn, Site};
use crate::flow::value::{Closure, Value};
use crate::flow::{Consumer, Flow};
use crate::rules::Role;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::finding::filled;
use super::scan::{Scan, lasts, scan};
use super::table::{self, Row, Signals, Table};
use super::{dead_letter, delivery, idempotency, observing, records, schema, steps};

/// A consumer under judgement.
pub struct Subject<'s, 'a> {
    /// The flow.
    pub flow: &'s Flow<'a>,
    /// The consumer.
    pub consumer: &'s Consumer,
    /// What its handler does; `None` when no handler was found.
    pub scan: Option<&'s Scan>,
    /// The functions it runs.
    pub functions: &'s [Fn],
    /// How strictly weak controls are read.
    pub policy: Policy,
    /// Bound on calls followed.
    pub depth: Option<u32>,
}

/// What was decided of one consumer.
#[derive(Default)]
pub struct Judged {
    /// The function people would call its handler.
    pub handler: Option<Symbol>,
    /// Verdicts.
    pub controls: BTreeMap<Control, Verdict>,
    /// What each verdict was decided from.
    pub signals: BTreeMap<Control, Signals>,
    /// The functions followed.
    pub path: Vec<Symbol>,
    /// Findings, with neither consumer id nor fingerprint yet.
    pub findings: Vec<Finding>,
    /// It hands messages to in-process observers.
    pub observes: bool,
}

/// The tables of the controls.
pub struct Tables {
    tables: &'static [Table],
}

impl Tables {
    /// The embedded tables.
    pub fn new() -> Tables {
        Tables { tables: table::all() }
    }

    /// The table of a control.
    pub fn get(&self, control: Control) -> Option<&Table> {
        self.tables.iter().find(|t| t.control == control)
    }

    /// All tables.
    pub fn all(&self) -> &[Table] {
        self.tables
    }
}

/// The kind of trigger that tells the service's own observers of a change it made itself.
const RAISED: &str = "raised";

/// A consumer's handlers followed and scanned.
pub struct Examined {
    /// The function people would call its handler.
    pub handler: Option<Fn>,
    /// What each handler does.
    pub traces: Vec<(Fn, Trace)>,
    /// What they show together; `None` when no handler was found.
    pub scan: Option<Scan>,
    /// The call whose first failure ends the loop that reads the messages, where nothing starts it again.
    pub stops: Option<Site>,
}

/// Follows a consumer's handlers with what is known of its service.
pub fn examine(known: &Knowledge<'_, '_>, consumer: &Consumer, depth: Option<u32>) -> Examined {
    let flow = known.flow;
    let follow = || {
        let tracer = Tracer::new(known, depth);
        let topic = consumer.topic.resolved.then_some(consumer.topic.name.as_str());
        tracer.registered_at(consumer.place).received_by(consumer.site).of_topic(topic)
    };
    let traces: Vec<(Fn, Trace)> =
        consumer.handlers.iter().take(4).map(|h| (h.func, follow().trace(h))).collect();
    let scan = (!traces.is_empty()).then(|| {
        let nodes = traces.iter().flat_map(|(_, t)| t.nodes.iter().cloned()).collect();
        let looked_at = traces.iter().any(|(_, t)| t.looked_at);
        let let_go = traces.iter().any(|(_, t)| t.let_go);
        let in_sight = traces.iter().all(|(_, t)| t.in_sight);
        scan(flow, &Trace { nodes, functions: Vec::new(), looked_at, let_go, in_sight })
    });
    let handler = consumer.behind.or_else(|| {
        let h = consumer.handlers.first()?;
        let found = own_function(flow, consumer, h).func;
        // Behind an interface, the way of the message tells who handles it.
        let own = is_own(flow, consumer, found).then_some(found);
        own.or_else(|| first_own(flow, consumer, &traces)).or(Some(found))
    });
    let stops = delivery::stops(known, consumer, &traces);
    Examined { handler, traces, scan, stops }
}

/// Judges a consumer.
pub fn judge(
    flow: &Flow<'_>,
    consumer: &Consumer,
    examined: &Examined,
    service: &str,
    tables: &Tables,
    policy: Policy,
    depth: Option<u32>,
) -> Judged {
    let functions: Vec<Fn> = examined.traces.iter().flat_map(|(_, t)| t.functions.iter().copied()).collect();
    let subject =
        Subject { flow, consumer, scan: examined.scan.as_ref(), functions: &functions, policy, depth };
    let mut controls = BTreeMap::new();
    let mut seen = BTreeMap::new();
    let mut findings = Vec::new();
    for control in [Control::Idempotency, Control::DeadLetter, Control::Schema] {
        let Some(table) = tables.get(control) else { continue };
        let (mut signals, pattern, proof): (Signals, _, _) = match control {
            Control::Idempotency => {
                let mut signals = idempotency::signals(&subject);
                if signals.contains("dedupe-guards-all") {
                    signals.extend(records::signals(&subject, examined, table));
                }
                (signals, idempotency::pattern(&subject), idempotency::proof(&subject))
            }
            Control::DeadLetter => {
                let mut signals = dead_letter::signals(&subject);
                signals.extend(delivery::signals(&subject, examined, table));
                (signals, None, dead_letter::proof(&subject, examined.stops))
            }
            _ => (
                schema::signals(&subject, &examined.traces),
                schema::pattern(&subject),
                schema::proof(&subject),
            ),
        };
        signals.extend((!consumer.sure).then_some("told-indirectly"));
        let Some(row) = table.decide(&signals) else { continue };
        seen.insert(control, signals.clone());
        let mut verdict = verdict(row, pattern, proof);
        if let Some(doubt) = table.doubt(row, &signals) {
            verdict.confidence = doubt.confidence;
            verdict.why = format!("{} {}", row.why, doubt.why);
        }
        // What was too much to follow may say anything.
        if subject.scan.is_some_and(|scan| scan.cuts.iter().any(|cut| cut.why == CutReason::Budget)) {
            verdict.confidence = Confidence::Low;
        }
        if verdict.status == Status::Missing {
            signals.insert("status-missing");
        }
        for weakness in table.weaknesses(&signals) {
            findings.push(finding(&subject, service, weakness, &verdict, examined.handler));
        }
        if control == Control::Idempotency {
            let again = tables
                .get(Control::DeadLetter)
                .is_some_and(|t| t.names("acknowledges-success").contains(&consumer.framework));
            let mut drafts = records::findings(&subject, examined, service, again, table);
            drafts.extend(idempotency::findings(&subject, service, &verdict, &signals));
            findings.extend(drafts.into_iter().filter_map(|draft| draft.finish(tables)));
        }
        if control == Control::DeadLetter {
            let drafts = delivery::findings(&subject, examined, service, verdict.status, table);
            findings.extend(drafts.into_iter().filter_map(|draft| draft.finish(tables)));
            let swallowed = observing::swallowed(&subject, examined, service);
            findings.extend(swallowed.and_then(|draft| draft.finish(tables)));
        }
        controls.insert(control, verdict);
    }
    let path = functions.iter().take(STEPS).map(|&f| symbol(flow, f)).collect();
    let observes = examined.traces.iter().any(|(_, trace)| hands_to_observers(flow, trace));
    let handler = examined.handler.map(|func| symbol(flow, func));
    Judged { handler, controls, signals: seen, path, findings, observes }
}

/// Whether a function is of the consumer's service: by its folder, or because no other service runs it
/// and it is not what receives the messages for whoever handles them.
fn is_own(flow: &Flow<'_>, consumer: &Consumer, func: Fn) -> bool {
    let program = flow.types.program;
    let receives = || {
        let around = consumer.site.and_then(|site| program.owner(site));
        around.map(|around| program.outermost(around)) == Some(program.outermost(func))
    };
    flow.attribution.owner(func.file) == Some(consumer.service)
        || flow.attribution.services(func.file, Some(func)) == [consumer.service] && !receives()
}

/// Whether observers are what a message is handed to. Events that the service raises of its own changes
/// (`raised`) are what follows from handling it.
fn hands_to_observers(flow: &Flow<'_>, trace: &Trace) -> bool {
    let hands = |id: &RuleId| {
        let rule = flow.index.rule(*id);
        rule.role == Role::ObserverTrigger && rule.registration_kind.as_deref() != Some(RAISED)
    };
    let mut found = false;
    steps::each(&trace.nodes, &mut |step| found |= step.rules.iter().any(hands));
    found
}

/// The function of the service itself behind wrappers of shared code: what people call the handler.
fn own_function(flow: &Flow<'_>, consumer: &Consumer, handler: &Arc<Closure>) -> Arc<Closure> {
    let owner = |f: Fn| flow.attribution.owner(f.file);
    if owner(handler.func) == Some(consumer.service) && flow.types.program.func(handler.func).parent.is_none()
    {
        return handler.clone();
    }
    let mut inside: Vec<Arc<Closure>> = Vec::new();
    captured(handler, &mut inside, 4);
    let named = |c: &&Arc<Closure>| flow.types.program.func(c.func).parent.is_none();
    let own = |c: &&Arc<Closure>| owner(c.func) == Some(consumer.service);
    // What only answers a question decides whether the handler runs.
    let acts = |c: &&Arc<Closure>| own(c) && !flow.types.answers(c.func);
    let found = inside.iter().filter(acts).find(named).or_else(|| inside.iter().find(acts));
    if let Some(found) = found {
        return found.clone();
    }
    // A shared consumer loop: the handler is among what the registration is made of.
    if owner(handler.func) != Some(consumer.service)
        && let Some(place) = consumer.place
    {
        for &ty in &Ingredients::of(flow, place).types {
            let value = Value::Typed(crate::flow::types::Type::Named(ty, Arc::from([])));
            let eval = crate::flow::eval::Eval::new(flow.types);
            if let Some(found) = crate::flow::endpoints::method_handler(&eval, &value)
                && owner(found.func) == Some(consumer.service)
            {
                return found;
            }
        }
    }
    // What is given no message is the loop that the function around it made.
    let eval = crate::flow::eval::Eval::new(flow.types);
    if eval.parameters(handler.func).iter().all(|given| eval.is_context(given)) {
        return Arc::new(Closure::plain(flow.types.program.outermost(handler.func)));
    }
    handler.clone()
}

/// The first method of the service itself on the way of the message that may refuse it, and does
/// something that lasts; where none does, the first that may refuse it.
fn first_own(flow: &Flow<'_>, consumer: &Consumer, traces: &[(Fn, Trace)]) -> Option<Fn> {
    let program = flow.types.program;
    let handles = |func: Fn| {
        let decl = program.func(func);
        let params = program.facts(func.file).params(&decl.params);
        flow.attribution.owner(func.file) == Some(consumer.service)
            && decl.parent.is_none()
            && decl.receiver.is_some()
            && !params.is_empty()
            && flow.types.gives_error(func)
    };
    let mut found: Vec<(bool, Fn)> = Vec::new();
    for (_, trace) in traces {
        steps::each(&trace.nodes, &mut |step| {
            if let Some(func) = step.into.filter(|func| handles(*func)) {
                found.push((!lasts(flow, &step.inner), func));
            }
        });
    }
    found.iter().min_by_key(|(idle, _)| *idle).map(|(_, func)| *func)
}

/// Functions a closure has captured, nearest first.
fn captured(closure: &Closure, found: &mut Vec<Arc<Closure>>, depth: u8) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for binding in closure.env.iter().rev() {
        for value in binding.args.iter() {
            if let Some(inner) = value.function()
                && !found.iter().any(|c| c.func == inner.func)
            {
                found.push(inner.clone());
                captured(inner, found, depth);
            }
        }
    }
}

fn verdict(row: &Row, pattern: Option<String>, evidence: Vec<Evidence>) -> Verdict {
    let pattern = match row.pattern.as_deref() {
        Some("@") => pattern,
        Some("none") | None => None,
        Some(name) => Some(name.to_owned()),
    };
    Verdict { status: row.status, pattern, confidence: row.confidence, evidence, why: row.why.clone() }
}

fn finding(
    subject: &Subject<'_, '_>,
    service: &str,
    weakness: &table::Weakness,
    verdict: &Verdict,
    handler: Option<Fn>,
) -> Finding {
    let consumer = subject.consumer;
    let mut fill = vec![("topic", consumer.topic.name.clone()), ("service", service.to_owned())];
    if weakness.message.contains("{effect}") {
        fill.push(("effect", idempotency::effect(subject)));
    }
    let message = filled(&weakness.message, &fill);
    let shown = || verdict.evidence.first().map(|e| Place { path: e.path.clone(), line: e.line });
    let shared = || shown().is_some_and(|place| !is_of(subject, &place.path));
    let in_handler = match weakness.at {
        table::At::Evidence => false,
        table::At::Service => shared(),
        table::At::Handler => true,
    };
    let handler = handler.filter(|_| in_handler).map(|func| {
        let Symbol { path, line, .. } = symbol(subject.flow, func);
        Place { path, line }
    });
    let registered = || Place { path: consumer.registration.0.clone(), line: consumer.registration.1 };
    let location = handler.or_else(shown).unwrap_or_else(registered);
    Finding {
        id: String::new(),
        rule: weakness.id.clone(),
        severity: weakness.severity,
        priority: weakness.priority,
        confidence: if verdict.status == Status::Missing { verdict.confidence } else { Confidence::Medium },
        service: service.to_owned(),
        consumer: None,
        subject: None,
        also: weakness.also.clone(),
        message,
        help: weakness.help(&consumer.transport).to_owned(),
        location,
        evidence: verdict.evidence.clone(),
        fingerprint: String::new(),
        suppressed: None,
    }
}

/// Whether a file is in the folder of the consumer's service.
fn is_of(subject: &Subject<'_, '_>, path: &str) -> bool {
    let file = subject.flow.types.program.files.iter().position(|file| file.path == path);
    let owner = file.and_then(|file| subject.flow.attribution.owner(file as u32));
    owner == Some(subject.consumer.service)
}

/// A function as the contract names it.
pub fn symbol(flow: &Flow<'_>, func: Fn) -> Symbol {
    let (path, line) = flow.types.program.func_place(func);
    Symbol { name: flow.types.program.func_name(func), path: path.to_owned(), line }
}

/// A place as evidence, with its text as the note.
pub fn evidence(flow: &Flow<'_>, site: Site, role: &str) -> Evidence {
    let (path, line) = flow.types.program.place(site);
    let note: String = flow.types.program.quoted(site).split_whitespace().collect::<Vec<_>>().join(" ");
    Evidence { path: path.to_owned(), line, role: role.to_owned(), note }
}

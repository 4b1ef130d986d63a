//! Consumers: what receives messages, joined from the places that name a topic, the services that run
//! them and the functions that handle what comes.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use super::attribute::Attribution;
use super::calls::Graph;
use super::endpoints::{Found, Lifting, Part, TopicName};
use super::eval::Eval;
use super::handoff::{Handoff, Readers};
use super::instance::Instance;
use super::matches::{Match, RuleId, at};
use super::program::{Fn, Site, Ty};
use super::started::Started;
use super::value::{Closure, STEP, Value, add_function};
use super::{addressed, attributed, options, resolve, select, symbol, untold, unused};
use crate::rules::{Detector, Role, Rule, Start};

/// A consumer with all that is known of it.
#[derive(Debug)]
pub struct Consumer {
    /// Index of its service.
    pub service: usize,
    /// Broker or queue.
    pub transport: String,
    /// Detector that found it.
    pub framework: String,
    /// `programmatic`, `declarative`, `decorator`, `observer`.
    pub registration_kind: String,
    /// Topic.
    pub topic: TopicName,
    /// Its group, queue or subscription, as far as the registration names one.
    pub group: Vec<String>,
    /// Event types named at the registration.
    pub event_types: Vec<String>,
    /// Path and line of the registration.
    pub registration: (String, u32),
    /// Handlers, best first.
    pub handlers: Vec<Arc<Closure>>,
    /// The function that those hand every message to, where that is all they do: what people call the
    /// handler.
    pub behind: Option<Fn>,
    /// The handler is given at the registration itself, or the messages are received and handled in one
    /// function or by the one that this gives them to. Whoever is found through a field, a channel,
    /// one of several callers or a function that takes no message may be another.
    pub sure: bool,
    /// The dead-letter target given at the registration, with its place.
    pub dead_letter: Option<(String, String, u32)>,
    /// The library parks failed messages itself.
    pub dead_letter_builtin: bool,
    /// The rule that matched, for code.
    pub rule: Option<RuleId>,
    /// The library call behind it, for code.
    pub site: Option<Site>,
    /// Where its topic is given, for code.
    pub place: Option<Site>,
    /// Calls between the place and the library call, outermost first.
    pub hops: Vec<Site>,
    /// Which argument of the library call it is, where each registers something of its own.
    pub argument: Option<usize>,
}

/// A registration of a consumer that nothing is seen to run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreached {
    /// Path and line.
    pub at: (String, u32),
    /// What is known of the topic.
    pub topic: TopicName,
    /// The method that no code calls, where a framework may: the consumer is taken for one all the
    /// same. Without it no entry point leads there, and the consumer is left out.
    pub uncalled: Option<String>,
}

/// What is received.
pub(super) struct Received {
    /// In order of the matches.
    pub consumers: Vec<Consumer>,
    /// Registrations left out or doubtful.
    pub unreached: Vec<Unreached>,
}

pub(super) fn consumers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    matches: &[Match],
    idle: &FxHashSet<Fn>,
) -> Received {
    let program = lifting.types.program;
    let eval = Eval::new(lifting.types);
    let heard = transports(lifting, attribution, matches);
    let mut out = Vec::new();
    let all = attributed(lifting, attribution, matches, Role::Consumer);
    let decorated = all.iter().filter_map(|(found, _)| unused::decorated_class(program, found.matched.site));
    let mut decorated: Vec<Ty> = decorated.collect();
    decorated.sort_unstable();
    decorated.dedup();
    let unlisted = unused::unnamed(program, &decorated);
    let started = Started::new(lifting.types, lifting.graph);
    let mut unreached = Vec::new();
    for (found, mut services) in all {
        let rule = lifting.index.rule(found.matched.rule);
        let detector = lifting.index.detector(found.matched.rule);
        if program.owner(found.place).is_some_and(|func| idle.contains(&program.outermost(func))) {
            services.clear();
        } else if let Some(class) = unused::decorated_class(program, found.matched.site) {
            // A container builds it, if it is told to.
            if unlisted.contains(&class) {
                services.clear();
            } else if services.is_empty() {
                services = attribution.importers(program, class.file);
            }
        }
        unreached.extend(unreached_at(&started, attribution, &found, &services));
        for service in services {
            let Some(transport) = over(&heard, service, rule, detector) else { continue };
            let (path, line) = program.place(found.place);
            let dead_letter = found
                .parts
                .iter()
                .filter(|(part, value)| *part == Part::DeadLetter && given(&eval, lifting.graph, value))
                .map(|(_, value)| (value.render(program), path.to_owned(), line))
                .next();
            let texts = |wanted: Part| -> Vec<String> {
                let parts = found.parts.iter().filter(|(part, _)| *part == wanted);
                let values = parts.flat_map(|(_, v)| v.items()).flat_map(|v| v.strings());
                values.map(|text| text.to_string()).collect()
            };
            let (event_types, mut group) = (texts(Part::EventTypes), texts(Part::Group));
            group.retain(|name| !name.is_empty());
            if group.is_empty() {
                for m in found.others.iter().chain([&found.matched]) {
                    let selectors = &lifting.index.rule(m.rule).group;
                    group.extend(options::texts(&eval, lifting.graph, m.site, selectors, &found.hops));
                }
            }
            let around = lifting.types.program.owner(found.place);
            let Some(readers) = handlers(lifting, attribution, matches, &found, service) else { continue };
            out.push(Consumer {
                service,
                transport,
                framework: detector.id.clone(),
                registration_kind: rule.registration_kind.clone().unwrap_or_else(|| "programmatic".into()),
                topic: found.topic.clone().map_or_else(unnamed, addressed),
                group,
                event_types,
                registration: (path.to_owned(), line),
                handlers: readers.handlers,
                behind: readers.behind.map(|closure| closure.func),
                // Where only what a framework may call leads there, the service need not run it.
                sure: readers.sure && attribution.runs(service, found.place.file, around),
                dead_letter,
                dead_letter_builtin: rule.dead_letter_builtin,
                rule: Some(found.matched.rule),
                site: Some(found.matched.site),
                place: Some(found.place),
                hops: found.hops.clone(),
                argument: found.argument,
            });
        }
    }
    let mut consumers = dedup_consumers(out);
    leave_renewals(lifting, &mut consumers);
    let kept = |found: &Unreached| consumers.iter().any(|consumer| consumer.registration == found.at);
    unreached.retain(|found| found.uncalled.is_some() == kept(found));
    unreached.sort();
    unreached.dedup_by(|a, b| a.at == b.at);
    Received { consumers, unreached }
}

/// What there is to tell of a registration that nothing is seen to run.
fn unreached_at(
    started: &Started<'_>,
    attribution: &Attribution,
    found: &Found,
    services: &[usize],
) -> Option<Unreached> {
    let program = started.program();
    let uncalled = if services.is_empty() {
        // What no service uses of shared code is nobody's loss.
        attribution.owner(found.place.file)?;
        None
    } else {
        let around = program.owner(found.matched.site)?;
        Some(program.func_name(started.uncalled(program.outermost(around))?))
    };
    let (path, line) = program.place(found.place);
    let topic = found.topic.clone().map_or_else(unnamed, addressed);
    Some(Unreached { at: (path.to_owned(), line), topic, uncalled })
}

/// Over what the handlers of a framework hear: by service and detector.
type Heard = FxHashMap<(usize, String), Vec<String>>;

fn transports(lifting: &Lifting<'_>, attribution: &Attribution, matches: &[Match]) -> Heard {
    let mut heard = Heard::default();
    for m in matches {
        let rule = lifting.index.rule(m.rule);
        let (Role::Transport, Some(transport)) = (rule.role, &rule.transport) else { continue };
        for service in attribution.services(m.site.file, m.func) {
            let key = (service, lifting.index.detector(m.rule).id.clone());
            let known = heard.entry(key).or_default();
            if !known.contains(transport) {
                known.push(transport.clone());
            }
        }
    }
    heard
}

/// The transport of a consumer; nothing where its service only answers calls.
fn over(heard: &Heard, service: usize, rule: &Rule, detector: &Detector) -> Option<String> {
    let said = detector.transport_of(rule.transport.as_ref());
    match heard.get(&(service, detector.id.clone())) {
        Some(known) if said == "other" => known.iter().find(|transport| *transport != "rpc").cloned(),
        _ => Some(said.clone()),
    }
}

/// The handlers of a consumer: where the function around the library call only hands the message
/// on, those who read it in the same service. Nothing where that function ends before the call.
fn handlers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    matches: &[Match],
    found: &Found,
    service: usize,
) -> Option<Readers> {
    let eval = &Eval::new(lifting.types);
    let rule = lifting.index.rule(found.matched.rule);
    let runs = |func: Fn| attribution.services(func.file, Some(func)).contains(&service);
    let (graph, place) = (lifting.graph, found.place);
    let instance = Instance { eval, graph, place, hops: &found.hops, runs: &runs };
    let bound = |handler: &Arc<Closure>| instance.bound(handler).map_or_else(|| handler.clone(), Arc::new);
    let handlers: Vec<Arc<Closure>> = found.handlers.iter().map(bound).collect();
    let Some(received) = received_at(lifting, found, rule, &handlers) else {
        let sure = handlers.len() == 1 && !found.by_field;
        return Some(Readers { handlers, behind: None, sure });
    };
    if untold::ends(eval, &handlers, found.matched.site) {
        return None;
    }
    let decodes = |site: Site| at(matches, site).any(|m| lifting.index.rule(m.rule).role == Role::Decode);
    let handoff = Handoff { eval, graph, instance: &instance, decodes: &decodes };
    let readers = handoff.readers(received, &handlers);
    // A wrapper has several methods that read: the one that nobody calls tells of no reader.
    let others = || found.others.iter().map(|other| handoff.readers(other.site, &handlers));
    let told =
        if readers.handlers.is_empty() { others().find(|other| !other.handlers.is_empty()) } else { None };
    Some(told.unwrap_or(readers))
}

/// The call that gives the messages, where the handler is the function around one: that of the rule, or
/// the one that the rule says reads them.
fn received_at(lifting: &Lifting<'_>, found: &Found, rule: &Rule, handlers: &[Arc<Closure>]) -> Option<Site> {
    let program = lifting.types.program;
    let site = found.matched.site;
    let runs = |func: Fn| handlers.iter().any(|handler| program.outermost(handler.func) == func);
    let around = program.around(site)?;
    if runs(around) && rule.handler.iter().any(|s| s.start == Start::Enclosing && s.steps.is_empty()) {
        return Some(site);
    }
    rule.handler.iter().find_map(|selector| match &selector.start {
        Start::EnclosingCall(name) => select::called_around(program, handlers, name),
        _ => None,
    })
}

/// The topic of a consumer that nothing names.
fn unnamed() -> TopicName {
    TopicName { name: symbol::UNKNOWN.to_owned(), resolved: false, expression: String::new() }
}

/// How far the target of a dead letter is followed through fields and parameters.
const TARGET_DEPTH: u8 = 6;

/// Whether a dead-letter part names something. A field of the configuration does, whatever its
/// value is: that the topic's name was found first leaves the fields beside it unfollowed.
fn given(eval: &Eval<'_>, graph: &Graph, value: &Value) -> bool {
    let names = |value: &Value| {
        !matches!(value, Value::Opaque(_) | Value::Typed(_)) && !value.is_unset() && !is_untaken(value)
    };
    match value {
        Value::OneOf(items) => items.iter().any(|item| given(eval, graph, item)),
        open if open.free().is_some() => resolve::everything(eval, graph, open, TARGET_DEPTH)
            .iter()
            .any(|found| names(found) && found.free().is_none()),
        other => names(other),
    }
}

/// Whether a value is what a step on something unknown would give.
fn is_untaken(value: &Value) -> bool {
    match value {
        Value::Field(base, name) => name.starts_with(STEP) || is_untaken(base),
        _ => false,
    }
}

/// Leaves out what only takes the place of a registration before it: a client that comes back subscribes
/// to what it has heard all along.
fn leave_renewals(lifting: &Lifting<'_>, consumers: &mut Vec<Consumer>) {
    let program = lifting.types.program;
    let renews = |c: &Consumer| c.rule.is_some_and(|rule| lifting.index.rule(rule).renews);
    // A closure of a wrapper is another one for each thing that the wrapper was given.
    let same = |a: &Arc<Closure>, b: &Arc<Closure>| {
        a.func == b.func && (a == b || program.func(a.func).parent.is_none())
    };
    let mut kept: Vec<Consumer> = Vec::new();
    for consumer in consumers.drain(..) {
        let again = renews(&consumer)
            && consumer.topic.resolved
            && !consumer.handlers.is_empty()
            && kept.iter().any(|known| {
                (known.service, &known.framework, &known.topic, &known.group)
                    == (consumer.service, &consumer.framework, &consumer.topic, &consumer.group)
                    && known.handlers.len() == consumer.handlers.len()
                    && known.handlers.iter().zip(&consumer.handlers).all(|(a, b)| same(a, b))
            });
        if !again {
            kept.push(consumer);
        }
    }
    *consumers = kept;
}

/// A place may be matched by several rules of one library (fetch and read loops): one consumer.
fn dedup_consumers(all: Vec<Consumer>) -> Vec<Consumer> {
    let mut out: Vec<Consumer> = Vec::new();
    for consumer in all {
        let same = out.iter_mut().find(|c| {
            c.service == consumer.service
                && c.registration == consumer.registration
                && c.argument == consumer.argument
                && (c.topic.name == consumer.topic.name || !consumer.topic.resolved)
        });
        match same {
            Some(same) => {
                consumer.handlers.iter().for_each(|handler| add_function(&mut same.handlers, handler));
                if same.group.is_empty() {
                    same.group = consumer.group;
                }
                same.dead_letter = same.dead_letter.take().or(consumer.dead_letter);
                same.dead_letter_builtin |= consumer.dead_letter_builtin;
                same.sure &= consumer.sure && same.handlers.len() == 1;
                same.behind = same.behind.or(consumer.behind);
            }
            None => out.push(consumer),
        }
    }
    out
}

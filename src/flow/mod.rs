//! Flow: facts and rules joined into endpoints, topics and call paths.
//!
//! In order: `program` indexes names (with `modules` and `extensions`), `scope` binds locals, `types` says what expressions are,
//! `calls` who calls whom, `outside` which libraries stand behind interfaces, `value` and `eval` what expressions hold, `matches` which places play a
//! role, `resolve` and `endpoints` lift library calls to the places that name a topic, `handoff` finds
//! who reads a message that a receive loop only passes along, `instance` what the object that receives is given later, `headers` what
//! travels beside one, `registries` and `provided` what containers give, `promises` what nobody waits for, `manifest`
//! joins declarations, `bindings` puts topics in the place of queues, `reach` and `attribute` find the service, `undescribed` says what no rule knows, `caches` finds what is copied, `path` follows a handler. It knows no
//! statuses.

pub mod address;
pub mod attribute;
pub mod bindings;
pub mod caches;
pub mod calls;
pub mod config;
pub mod endpoints;
pub mod eval;
pub mod extensions;
pub mod handoff;
pub mod headers;
pub mod instance;
pub mod manifest;
pub mod matches;
pub mod modules;
pub mod options;
pub mod outside;
pub mod parking;
pub mod path;
pub mod program;
pub mod promises;
pub mod provided;
pub mod pure;
pub mod reach;
pub mod registries;
pub mod resolve;
pub mod scope;
pub mod select;
mod started;
pub mod statement;
pub mod symbol;
pub mod types;
pub mod undescribed;
pub mod unique;
pub mod unused;
pub mod value;
pub mod walk;

use crate::rules::{Detector, Role, Rule, RuleSet};
use crate::syntax::sql::SqlFact;
use crate::syntax::yaml::Node;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use attribute::Attribution;
use calls::Graph;
use endpoints::{Lifting, Part, TopicName};
use matches::{Index, Match, RuleId};
use program::{Fn, Input, Module, Program, Site};
use types::{Returns, Types};
use value::Closure;

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

/// A publisher.
#[derive(Debug)]
pub struct Publisher {
    /// Index of its service.
    pub service: usize,
    /// Broker or queue.
    pub transport: String,
    /// Topic.
    pub topic: TopicName,
    /// Path and line.
    pub at: (String, u32),
    /// Goes through an outbox.
    pub outbox: bool,
    /// Where its topic is given first.
    pub place: Site,
    /// Everywhere its topic is given.
    pub places: Vec<Site>,
    /// The library's calls that send.
    pub sites: Vec<Site>,
    /// What is sent, with the place, as far as it is known there.
    pub sends: Vec<(Site, Option<value::Value>)>,
}

/// Everything the flow stage found.
pub struct Flow<'a> {
    /// Consumers in order of service and place.
    pub consumers: Vec<Consumer>,
    /// Publishers in order of service and topic.
    pub publishers: Vec<Publisher>,
    /// Publishes whose topic is known in part at most.
    pub unnamed: Vec<Unnamed>,
    /// Registrations in the folder of a service that nothing it runs leads to.
    pub unreached: Vec<Unreached>,
    /// Calls of rules of the kind `request` that send through a broker: whoever answers hears over one.
    pub requests: FxHashSet<Site>,
    /// Messaging libraries that no rule describes.
    pub undescribed: Vec<undescribed::Undescribed>,
    /// Declarations that failed messages of a queue go somewhere.
    pub parkings: Vec<parking::Parking>,
    /// Declarations of how often messages that fail come again.
    pub redeliveries: Vec<parking::Redelivery>,
    /// What manifests say of topics and queues.
    pub mentions: Vec<manifest::Mention>,
    /// Payloads that contracts describe.
    pub contracts: Vec<manifest::Contract>,
    /// Operations on caches in order of service and place.
    pub caches: Vec<caches::CacheUse>,
    /// Matches of all rules in order of place.
    pub matches: Vec<Match>,
    /// Matches by the function they stand in.
    pub by_func: FxHashMap<Fn, Vec<usize>>,
    /// Call graph.
    pub graph: Graph,
    /// Rules.
    pub index: Index<'a>,
    /// Answers about types.
    pub types: &'a Types<'a>,
    /// Who runs what.
    pub attribution: Attribution,
    /// The unique keys of tables.
    pub unique: unique::UniqueKeys,
}

impl Flow<'_> {
    /// The matches of what stands at a place.
    pub fn matches_at(&self, site: Site) -> impl Iterator<Item = &Match> {
        let start = self.matches.partition_point(|m| m.site < site);
        self.matches[start..].iter().take_while(move |m| m.site == site)
    }
}

/// Indexes the code; the rest of the flow borrows from it.
pub fn index(files: Vec<Input>, modules: &[Module]) -> Program {
    Program::new(files, modules)
}

/// What rules say library calls return.
pub fn returns(rules: &RuleSet) -> Returns {
    Returns::new(rules)
}

/// Builds the flow of a program.
pub fn build<'a>(
    types: &'a Types<'a>,
    rules: &'a RuleSet,
    documents: &[(String, Vec<Node>)],
    sql: &[(String, Vec<SqlFact>)],
    services: &[(String, String)],
    owner_of: &dyn std::ops::Fn(&str) -> Option<usize>,
) -> Flow<'a> {
    let mut graph = Graph::new(types);
    let index = Index::new(rules);
    outside::fill(types, &mut graph, &index);
    let matches = index.matches(types, &graph);
    let attribution = Attribution::new(types, &graph, services.len(), owner_of);
    graph.live = attribution.live();
    graph.registered = registries::holdings(types, &graph);
    graph.handed = unused::handed_over(types, &index, &matches);
    graph.containers = provided::collect(types, &graph, &index, &matches);
    let mut config = config::Config::default();
    for (path, nodes) in documents {
        for node in nodes {
            config.add_document(path, node);
        }
    }
    let manifests = manifest::Manifests::new(documents, rules);
    for variable in manifests.variables() {
        config.add_variable(variable);
    }
    config.add_defaults(&eval::Eval::new(types), &index, &matches);
    let lifting = Lifting { types, graph: &graph, index: &index, config: &config };
    let idle = unused::idle(types.program, &words(documents));
    let Received { mut consumers, unreached } = consumers(&lifting, &attribution, &matches, &idle);
    let routes = lifting.all(&matches, &[Role::HttpRoute]);
    let owners = manifest::Owners { services, of: owner_of };
    let declared = manifests.consumers(&lifting, &attribution, &routes, &owners);
    // A declaration that leads to no code adds nothing to code that reads the same.
    let known = |c: &Consumer| {
        c.handlers.is_empty()
            && consumers.iter().any(|k| (k.service, &k.topic.name) == (c.service, &c.topic.name))
    };
    let declared: Vec<Consumer> = declared.into_iter().filter(|c| !known(c)).collect();
    consumers.extend(declared);
    let mut bound = manifests.bindings();
    bound.extend(bindings::in_code(&lifting, &matches));
    bindings::bind(types.program, &mut consumers, &bound);
    consumers
        .sort_by(|a, b| (a.service, &a.registration, &a.topic).cmp(&(b.service, &b.registration, &b.topic)));
    let mut parkings = parking::in_code(&lifting, &attribution, &matches);
    parkings.extend(manifests.parkings());
    let redeliveries = manifests.redeliveries(&owners);
    let Published { publishers, unnamed, requests } =
        publishers(&lifting, &attribution, &matches, &consumers);
    let caches = caches::collect(types, &graph, &index, &config, &attribution, &matches);
    let mut by_func: FxHashMap<Fn, Vec<usize>> = FxHashMap::default();
    for (i, m) in matches.iter().enumerate() {
        if let Some(func) = m.func {
            by_func.entry(func).or_default().push(i);
        }
    }
    Flow {
        consumers,
        publishers,
        unnamed,
        unreached,
        requests,
        undescribed: undescribed::libraries(types.program, &graph, &index, &attribution),
        parkings,
        redeliveries,
        mentions: manifests.mentions(),
        contracts: manifests.contracts(),
        caches,
        matches,
        by_func,
        graph,
        index,
        types,
        attribution,
        unique: unique::UniqueKeys::of(sql),
    }
}

/// What manifests name things of code by: the last words of their texts (`src/mail.handle`).
fn words(documents: &[(String, Vec<Node>)]) -> Vec<&str> {
    let mut open: Vec<&Node> = documents.iter().flat_map(|(_, nodes)| nodes).collect();
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        open.extend(node.items());
        open.extend(node.entries().iter().map(|entry| &entry.value));
        found.extend(node.as_str().and_then(|text| text.rsplit(['.', '/', '#', ':']).next()));
    }
    found
}

/// The endpoints of a role with the services they belong to. What holds where no option gives
/// another topic holds in none that gives one.
fn attributed(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    matches: &[Match],
    role: Role,
) -> Vec<(endpoints::Found, Vec<usize>)> {
    let services = |f: &endpoints::Found| attribution.endpoint(lifting.types.program, f.place, &f.hops);
    let mut all: Vec<_> = lifting.all(matches, &[role]).into_iter().map(|f| (services(&f), f)).collect();
    let named = |f: &endpoints::Found| !f.fallback && f.topic.as_ref().is_some_and(|t| t.resolved);
    let given: FxHashSet<(Site, usize)> = all
        .iter()
        .filter(|(_, found)| named(found))
        .flat_map(|(services, found)| services.iter().map(|&service| (found.matched.site, service)))
        .collect();
    all.retain_mut(|(services, found)| {
        let any = !services.is_empty();
        if found.fallback {
            services.retain(|&service| !given.contains(&(found.matched.site, service)));
        }
        any != services.is_empty()
    });
    all.into_iter().map(|(services, found)| (found, services)).collect()
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
struct Received {
    consumers: Vec<Consumer>,
    unreached: Vec<Unreached>,
}

fn consumers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    matches: &[Match],
    idle: &FxHashSet<Fn>,
) -> Received {
    let program = lifting.types.program;
    let eval = eval::Eval::new(lifting.types);
    let heard = transports(lifting, attribution, matches);
    let mut out = Vec::new();
    let all = attributed(lifting, attribution, matches, Role::Consumer);
    let decorated = all.iter().filter_map(|(found, _)| unused::decorated_class(program, found.matched.site));
    let mut decorated: Vec<program::Ty> = decorated.collect();
    decorated.sort_unstable();
    decorated.dedup();
    let unlisted = unused::unnamed(program, &decorated);
    let started = started::Started::new(lifting.types, lifting.graph);
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
            out.push(Consumer {
                service,
                transport,
                framework: detector.id.clone(),
                registration_kind: rule.registration_kind.clone().unwrap_or_else(|| "programmatic".into()),
                topic: found.topic.clone().map_or_else(unnamed, addressed),
                group,
                event_types,
                registration: (path.to_owned(), line),
                handlers: handlers(lifting, attribution, &eval, &found, service),
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
    let consumers = dedup_consumers(out);
    let kept = |found: &Unreached| consumers.iter().any(|consumer| consumer.registration == found.at);
    unreached.retain(|found| found.uncalled.is_some() == kept(found));
    unreached.sort();
    unreached.dedup_by(|a, b| a.at == b.at);
    Received { consumers, unreached }
}

/// What there is to tell of a registration that nothing is seen to run.
fn unreached_at(
    started: &started::Started<'_>,
    attribution: &Attribution,
    found: &endpoints::Found,
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
/// on, those who read it in the same service.
fn handlers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    eval: &eval::Eval<'_>,
    found: &endpoints::Found,
    service: usize,
) -> Vec<Arc<Closure>> {
    let program = lifting.types.program;
    let rule = lifting.index.rule(found.matched.rule);
    let runs = |func: Fn| attribution.services(func.file, Some(func)).contains(&service);
    let (graph, place) = (lifting.graph, found.place);
    let instance = instance::Instance { eval, graph, place, hops: &found.hops, runs: &runs };
    let bound = |handler: &Arc<Closure>| instance.bound(handler).map_or_else(|| handler.clone(), Arc::new);
    let handlers: Vec<Arc<Closure>> = found.handlers.iter().map(bound).collect();
    let loops = rule.handler.iter().any(|s| s.start == crate::rules::Start::Enclosing && s.steps.is_empty());
    let around = program.around(found.matched.site);
    if !loops || !handlers.iter().any(|h| Some(h.func) == around) {
        return handlers;
    }
    let handoff = handoff::Handoff { eval, graph, instance: &instance };
    handoff.readers(found.matched.site, &handlers)
}

/// The topic of a consumer that nothing names.
fn unnamed() -> TopicName {
    TopicName { name: symbol::UNKNOWN.to_owned(), resolved: false, expression: String::new() }
}

/// A topic by its own name, where an address of a cloud names it.
fn addressed(mut topic: TopicName) -> TopicName {
    if topic.resolved {
        topic.name = address::bare(&topic.name).to_owned();
    }
    topic
}

/// How far the target of a dead letter is followed through fields and parameters.
const TARGET_DEPTH: u8 = 6;

/// Whether a dead-letter part names something. A field of the configuration does, whatever its
/// value is: that the topic's name was found first leaves the fields beside it unfollowed.
fn given(eval: &eval::Eval<'_>, graph: &Graph, value: &value::Value) -> bool {
    let names = |value: &value::Value| {
        !matches!(value, value::Value::Opaque(_) | value::Value::Typed(_)) && !value.is_unset()
    };
    match value {
        value::Value::OneOf(items) => items.iter().any(|item| given(eval, graph, item)),
        open if open.free().is_some() => resolve::everything(eval, graph, open, TARGET_DEPTH)
            .iter()
            .any(|found| names(found) && found.free().is_none()),
        other => names(other),
    }
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
                for handler in consumer.handlers {
                    if !same.handlers.iter().any(|h| h.func == handler.func) {
                        same.handlers.push(handler);
                    }
                }
                if same.group.is_empty() {
                    same.group = consumer.group;
                }
                same.dead_letter = same.dead_letter.take().or(consumer.dead_letter);
                same.dead_letter_builtin |= consumer.dead_letter_builtin;
            }
            None => out.push(consumer),
        }
    }
    out
}

/// A publish whose topic is known in part at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unnamed {
    /// Path and line.
    pub at: (String, u32),
    /// Transport.
    pub transport: String,
    /// What is known of the topic.
    pub topic: TopicName,
    /// Index of the service.
    pub service: usize,
}

/// What is published.
struct Published {
    publishers: Vec<Publisher>,
    /// Publishes whose topic is not known.
    unnamed: Vec<Unnamed>,
    /// Calls that ask over a broker and wait for an answer.
    requests: FxHashSet<Site>,
}

fn publishers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    matches: &[Match],
    consumers: &[Consumer],
) -> Published {
    let mut unnamed = Vec::new();
    let mut requests = FxHashSet::default();
    let program = lifting.types.program;
    let mut out: Vec<Publisher> = Vec::new();
    let written = attributed(lifting, attribution, matches, Role::OutboxWrite);
    let sent = attributed(lifting, attribution, matches, Role::Publisher);
    for (found, services) in written.into_iter().chain(sent) {
        let Some(topic) = found.topic.clone().map(addressed) else { continue };
        let detector = lifting.index.detector(found.matched.rule);
        let rule = lifting.index.rule(found.matched.rule);
        let mut transport = detector.transport_of(rule.transport.as_ref()).clone();
        if rule.registration_kind.as_deref() == Some(REQUEST) {
            let answers = |c: &&Consumer| c.framework == detector.id && c.topic.name == topic.name;
            let Some(answering) = consumers.iter().find(answers).filter(|_| topic.resolved) else { continue };
            transport.clone_from(&answering.transport);
            requests.insert(found.matched.site);
        }
        if !topic.resolved {
            if rule.role == Role::Publisher {
                let (path, line) = program.place(found.place);
                for service in services {
                    let at = (path.to_owned(), line);
                    let (transport, topic) = (transport.clone(), topic.clone());
                    unnamed.push((found.relays, Unnamed { at, transport, topic, service }));
                }
            }
            continue;
        }
        for service in services {
            let (path, line) = program.place(found.place);
            let outbox = rule.role == Role::OutboxWrite;
            let payload = (found.place, found.part(Part::Payload).cloned());
            match out.iter_mut().find(|p| p.service == service && p.topic.name == topic.name) {
                Some(same) => {
                    same.outbox |= outbox;
                    same.places.push(found.place);
                    same.sites.push(found.matched.site);
                    same.sends.push(payload);
                }
                None => out.push(Publisher {
                    service,
                    transport: transport.clone(),
                    topic: topic.clone(),
                    at: (path.to_owned(), line),
                    outbox,
                    place: found.place,
                    places: vec![found.place],
                    sites: vec![found.matched.site],
                    sends: vec![payload],
                }),
            }
        }
    }
    out.sort_by(|a, b| (a.service, &a.topic, &a.at).cmp(&(b.service, &b.topic, &b.at)));
    // What the relay of an outbox sends was published where it was saved.
    let saved = |service: usize| out.iter().any(|p| p.service == service && p.outbox);
    unnamed.retain(|(relays, told)| !relays || !saved(told.service));
    let mut unnamed: Vec<Unnamed> = unnamed.into_iter().map(|(_, told)| told).collect();
    unnamed.sort();
    unnamed.dedup();
    Published { publishers: out, unnamed, requests }
}

/// The kind of a publication that asks and waits for an answer: a message only where a broker stands
/// between the two.
pub const REQUEST: &str = "request";

/// The kind of what a library does with what a handler gives back: it stands where the handler is
/// registered, and runs when that returns something.
pub const RETURNED: &str = "returned";

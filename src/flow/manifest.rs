//! Declarations: what manifests say of consumers, of where failed messages go, of what is bound to
//! what and of the environment, joined to the code by name, queue, route, handler or variable.

mod charts;
mod find;
mod names;

use crate::rules::{Detector, ManifestRule, Role, RuleSet};
use crate::syntax::yaml::Node;
use std::sync::Arc;

use super::Consumer;
use super::address::bare;
use super::attribute::Attribution;
use super::bindings::Bound;
use super::endpoints::{Found, Lifting, Part, TopicName};
use super::eval::Eval;
use super::modules;
use super::parking::{Parking, Redelivery};
use super::program::{Decl, Site, parent};
use super::value::{Closure, Value, add_function};
use find::Item;
use names::Folders;

/// What the manifests of a tree declare.
pub struct Manifests<'m> {
    documents: &'m [(String, Vec<Node>)],
    rules: &'m RuleSet,
    folders: Folders<'m>,
}

/// A match of a rule over manifests.
#[derive(Debug)]
pub struct Declaration {
    /// Id of the rule.
    pub rule: String,
    /// What it means.
    pub role: Role,
    /// The topics, queues or variables it names.
    pub names: Vec<String>,
}

/// What a manifest or contract says of topics and queues without being an end of them: that they
/// exist, that something scales by them, that somebody is told of them.
#[derive(Debug)]
pub struct Mention {
    /// Which of these.
    pub role: Role,
    /// The topics and queues.
    pub names: Vec<String>,
    /// What is scaled, the name of the alert, the messages of a channel.
    pub note: String,
    /// Path and line.
    pub at: (String, u32),
}

impl Mention {
    /// Whether it names a topic or queue. Alerts may give an expression for several.
    pub fn names(&self, name: &str) -> bool {
        self.names.iter().any(|given| {
            given == name
                || self.role == Role::Alert
                    && given.contains(['*', '|', '+'])
                    && regex::Regex::new(&format!("^(?:{given})$")).is_ok_and(|it| it.is_match(name))
        })
    }
}

/// What a contract says of the payload of a message; that anything checks it is not said.
#[derive(Debug)]
pub struct Contract {
    /// The message.
    pub event_type: String,
    /// What the schema refers to, where it stands elsewhere.
    pub reference: Option<String>,
    /// The schema, or the reference.
    pub schema: Node,
    /// Path and line.
    pub at: (String, u32),
}

/// A variable of the environment.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The file that sets it.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What it is set to.
    pub value: String,
    /// What it is set for: names of workloads or charts.
    pub of: Vec<String>,
}

/// Who runs what, as far as declarations ask.
pub struct Owners<'o> {
    /// Name and folder of each service.
    pub services: &'o [(String, String)],
    /// The service whose folder holds a path.
    pub of: &'o dyn Fn(&str) -> Option<usize>,
}

impl<'m> Manifests<'m> {
    /// Over the documents of a tree.
    pub fn new(documents: &'m [(String, Vec<Node>)], rules: &'m RuleSet) -> Manifests<'m> {
        Manifests { documents, rules, folders: Folders::new(documents) }
    }

    /// Calls `seen` for every match of a rule of one of `roles`.
    fn each(&self, roles: &[Role], seen: &mut dyn FnMut(&'m Detector, &'m ManifestRule, &'m str, &Item<'_>)) {
        let wanted: Vec<(&Detector, &ManifestRule)> = self
            .rules
            .detectors
            .iter()
            .flat_map(|d| d.manifests.iter().map(move |rule| (d, rule)))
            .filter(|(_, rule)| roles.contains(&rule.role))
            .collect();
        for (path, nodes) in self.documents {
            for node in nodes {
                let names = self.folders.of(path, node);
                for (detector, rule) in &wanted {
                    for item in find::items(rule, node, &names) {
                        seen(detector, rule, path, &item);
                    }
                }
            }
        }
    }

    /// Every match that says something.
    pub fn declarations(&self) -> Vec<Declaration> {
        let mut out = Vec::new();
        self.each(Role::ALL, &mut |_, rule, _, item| {
            let mut names = topics(rule, item);
            names.extend(item.texts(&rule.key).into_iter().map(|(text, _)| text));
            let says = match rule.role {
                Role::DeadLetter => !item.texts(&rule.dead_letter).is_empty(),
                Role::ConfigEnv => !item.texts(&rule.value).is_empty(),
                Role::Retry | Role::Requeue => !about(rule, item).is_empty(),
                _ => !names.is_empty(),
            };
            if says {
                out.push(Declaration { rule: rule.id.clone(), role: rule.role, names });
            }
        });
        out
    }

    /// Variables of the environment that manifests set.
    pub fn variables(&self) -> Vec<Variable> {
        let mut out = Vec::new();
        self.each(&[Role::ConfigEnv], &mut |_, rule, path, item| {
            let (key, value) = (item.texts(&rule.key), item.texts(&rule.value));
            if let (Some((key, _)), Some((value, _))) = (key.first(), value.first()) {
                let mut of: Vec<String> = item.texts(&rule.scope).into_iter().map(|(text, _)| text).collect();
                of.extend(item.chart().map(str::to_owned));
                let (file, name, value) = (path.to_owned(), key.clone(), bare(value).to_owned());
                out.push(Variable { file, name, value, of });
            }
        });
        out
    }

    /// Where failed messages of queues go.
    pub fn parkings(&self) -> Vec<Parking> {
        let mut out = Vec::new();
        self.each(&[Role::DeadLetter], &mut |detector, rule, path, item| {
            let Some((target, line)) = item.texts(&rule.dead_letter).into_iter().next() else { return };
            let of = about(rule, item);
            let pattern =
                item.texts(&rule.pattern).first().and_then(|(text, _)| regex::Regex::new(text).ok());
            out.push(Parking {
                framework: detector.id.clone(),
                transport: detector.transport_of(rule.transport.as_ref()).clone(),
                of,
                pattern,
                target: bare(&target).to_owned(),
                at: (path.to_owned(), line),
                services: None,
                func: None,
            });
        });
        out
    }

    /// What is said of topics and queues.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut out = Vec::new();
        self.each(&[Role::Topic, Role::Scaler, Role::Alert], &mut |_, rule, path, item| {
            let names = topics(rule, item);
            let notes: Vec<String> = item.texts(&rule.value).into_iter().map(|(text, _)| text).collect();
            if !names.is_empty() {
                let (note, at) = (notes.join(", "), (path.to_owned(), item.line()));
                out.push(Mention { role: rule.role, names, note, at });
            }
        });
        out
    }

    /// The payloads that contracts describe.
    pub fn contracts(&self) -> Vec<Contract> {
        let mut out = Vec::new();
        self.each(&[Role::ValidateRegister], &mut |_, rule, path, item| {
            let Some((event_type, _)) = item.texts(&rule.key).into_iter().next() else { return };
            let reference = item.texts(&rule.value).into_iter().next().map(|(text, _)| text);
            let (schema, at) = (item.node().clone(), (path.to_owned(), item.node().line));
            out.push(Contract { event_type, reference, schema, at });
        });
        out
    }

    /// How often messages that fail come again.
    pub fn redeliveries(&self, owners: &Owners<'_>) -> Vec<Redelivery> {
        let mut out = Vec::new();
        self.each(&[Role::Retry, Role::Requeue], &mut |detector, rule, path, item| {
            let line = item.line();
            out.push(Redelivery {
                transport: detector.transport_of(rule.transport.as_ref()).clone(),
                of: about(rule, item),
                services: (!item.texts(&rule.scope).is_empty()).then(|| named(item, rule, owners)),
                forever: rule.role == Role::Requeue,
                at: (path.to_owned(), line),
            });
        });
        out
    }

    /// Which topics queues and subscriptions are bound to.
    pub fn bindings(&self) -> Vec<Bound> {
        let mut bound: Vec<Bound> = Vec::new();
        self.each(&[Role::Binding], &mut |detector, rule, _, item| {
            let transport = detector.transport_of(rule.transport.as_ref());
            for (queue, _) in item.texts(&rule.group) {
                for (topic, _) in item.texts(&rule.topic) {
                    let (queue, topic) = (bare(&queue).to_owned(), bare(&topic).to_owned());
                    bound.push(Bound { transport: transport.clone(), queue, topic, by: None });
                }
            }
        });
        bound
    }

    /// The consumers that manifests declare; `coded` are those that code registers.
    pub fn consumers(
        &self,
        lifting: &Lifting<'_>,
        attribution: &Attribution,
        routes: &[Found],
        owners: &Owners<'_>,
        coded: &[Consumer],
    ) -> Vec<Consumer> {
        let mut out = Vec::new();
        self.each(&[Role::Consumer], &mut |detector, rule, path, item| {
            let code = code(lifting, rule, path, item);
            let called = called_by_platform(rule, path, item, coded);
            let services =
                called.map_or_else(|| owned(item, rule, path, owners), |coded| vec![coded.service]);
            for service in services {
                let mut handlers = handlers(lifting, attribution, routes, service, item, rule);
                handlers.extend(code.iter().chain(called.iter().flat_map(|c| &c.handlers)).cloned());
                let dead_letter = item.texts(&rule.dead_letter).into_iter().next();
                for (topic, line) in item.texts(&rule.topic).iter().flat_map(listed) {
                    let name = bare(&topic).to_owned();
                    out.push(Consumer {
                        service,
                        transport: detector.transport_of(rule.transport.as_ref()).clone(),
                        framework: detector.id.clone(),
                        registration_kind: "declarative".into(),
                        topic: TopicName { resolved: !name.contains('{'), name, expression: topic },
                        group: item.texts(&rule.group).into_iter().map(|(text, _)| text).collect(),
                        event_types: Vec::new(),
                        registration: (path.to_owned(), line),
                        handlers: handlers.clone(),
                        behind: None,
                        sure: handlers.len() < 2,
                        dead_letter: dead_letter
                            .as_ref()
                            .map(|(text, line)| (text.clone(), path.to_owned(), *line)),
                        dead_letter_builtin: false,
                        rule: None,
                        site: None,
                        place: None,
                        hops: Vec::new(),
                        argument: None,
                    });
                }
            }
        });
        out
    }
}

/// The names that the topics of a match give.
fn topics(rule: &ManifestRule, item: &Item<'_>) -> Vec<String> {
    let texts = item.texts(&rule.topic);
    let Some(capture) = &rule.capture else {
        return texts.iter().flat_map(listed).map(|(text, _)| bare(&text).to_owned()).collect();
    };
    let cut = |text: &str| -> Vec<String> {
        let groups = capture.captures_iter(text).filter_map(|found| found.get(1));
        groups.map(|group| group.as_str().to_owned()).collect()
    };
    texts.iter().flat_map(|(text, _)| cut(text)).collect()
}

/// Several names in one text, separated by commas (`topics: a,b` of a connector).
fn listed((text, line): &(String, u32)) -> Vec<(String, u32)> {
    text.split(',').map(|name| (name.trim().to_owned(), *line)).filter(|(name, _)| !name.is_empty()).collect()
}

/// The queues, topics and subscriptions a declaration is about.
fn about(rule: &ManifestRule, item: &Item<'_>) -> Vec<String> {
    let texts = [&rule.topic, &rule.group].into_iter().flat_map(|paths| item.texts(paths));
    let mut of: Vec<String> = texts.map(|(text, _)| bare(&text).to_owned()).collect();
    of.sort();
    of.dedup();
    of
}

/// The services a declaration names.
fn named(item: &Item<'_>, rule: &ManifestRule, owners: &Owners<'_>) -> Vec<usize> {
    let scopes = item.texts(&rule.scope);
    let named = |(_, (name, _)): &(usize, &(String, String))| scopes.iter().any(|(scope, _)| scope == name);
    owners.services.iter().enumerate().filter(named).map(|(i, _)| i).collect()
}

/// The services a declaration is about: those it names, else the one whose folder it lies in.
fn owned(item: &Item<'_>, rule: &ManifestRule, path: &str, owners: &Owners<'_>) -> Vec<usize> {
    let mut found = named(item, rule, owners);
    if found.is_empty() {
        found.extend((owners.of)(path));
    }
    found
}

/// The handlers of the service's HTTP routes that the declaration names.
fn handlers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    routes: &[Found],
    service: usize,
    item: &Item<'_>,
    rule: &ManifestRule,
) -> Vec<Arc<Closure>> {
    let wanted: Vec<String> = rule
        .route
        .iter()
        .flat_map(|path| item.texts(std::slice::from_ref(path)))
        .map(|(text, _)| text)
        .collect();
    let mut found: Vec<Arc<Closure>> = Vec::new();
    for route in routes {
        let names: Vec<Arc<str>> = route.part(Part::Route).map(Value::strings).unwrap_or_default();
        let fits = names.iter().any(|name| wanted.iter().any(|w| same_route(name, w)));
        let program = lifting.types.program;
        if fits && attribution.services(route.place.file, program.owner(route.place)).contains(&service) {
            route.handlers.iter().for_each(|handler| add_function(&mut found, handler));
        }
    }
    found
}

/// The function a declaration names by file and name: `src/mail.handle`, from its own folder.
fn code(lifting: &Lifting<'_>, rule: &ManifestRule, path: &str, item: &Item<'_>) -> Option<Arc<Closure>> {
    let (text, _) = item.texts(&rule.handler).into_iter().next()?;
    let (file, name) = text.rsplit_once('.')?;
    let root = item.texts(&rule.handler_root).into_iter().next().map(|(text, _)| text).unwrap_or_default();
    let wanted = modules::join(parent(path), &format!("{root}/{file}"));
    let program = lifting.types.program;
    // What a build writes into `dist` was written in `src`.
    let fits = |known: &str| {
        let stem = modules::stem(known);
        stem == wanted || wanted.contains("dist/") && stem == wanted.replacen("dist/", "src/", 1)
    };
    let at = program.files.iter().position(|input| fits(&input.path))?;
    match program.decl(program.file(at as u32).package, name)? {
        Decl::Func(func) => Some(Arc::new(Closure::plain(func))),
        Decl::Global(global) => {
            let facts = program.facts(global.file);
            let value = facts.globals[global.index as usize].value;
            let eval = Eval::new(lifting.types);
            let value = eval.value(Site { file: global.file, expr: value });
            value.function().cloned()
        }
        Decl::Type(_) => None,
    }
}

/// The consumer that the program in a function's folder registers with the platform that calls it: the
/// template names what it is called for, and of a compiled program only the folder.
fn called_by_platform<'c>(
    rule: &ManifestRule,
    path: &str,
    item: &Item<'_>,
    coded: &'c [Consumer],
) -> Option<&'c Consumer> {
    let (root, _) = item.texts(&rule.handler_root).into_iter().next()?;
    let folder = modules::join(parent(path), &root);
    coded.iter().find(|consumer| {
        is_called_by_platform(consumer) && parent(&consumer.registration.0).trim_end_matches('/') == folder
    })
}

/// Whether a consumer is a program's main function that a platform calls.
pub fn is_called_by_platform(consumer: &Consumer) -> bool {
    consumer.registration_kind == "lambda" && !consumer.handlers.is_empty()
}

/// `POST /orders` and `/orders` and `orders` are one route.
fn same_route(code: &str, manifest: &str) -> bool {
    let bare = |s: &str| s.rsplit(' ').next().unwrap_or(s).trim_matches('/').to_owned();
    bare(code) == bare(manifest)
}

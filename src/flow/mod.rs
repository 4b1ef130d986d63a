//! Flow: facts and rules joined into endpoints, topics and call paths.
//!
//! In order: `program` indexes names (with `modules` and `extensions`), `scope` binds locals, `types` says what expressions are,
//! `calls` who calls whom, `outside` which libraries stand behind interfaces, `value` and `eval` what expressions hold, `matches` which places play a
//! role, `resolve` and `endpoints` lift library calls to the places that name a topic, `consumers` and
//! `publishers` say what services receive and send, `handoff` finds
//! who reads a message that a receive loop only passes along, `instance` what the object that receives is given later, `untold` where it is given nothing, `headers` what
//! travels beside one, `registries` and `provided` what containers give, `promises` what nobody waits for, `manifest`
//! joins declarations, `bindings` puts topics in the place of queues, `reach` and `attribute` find the service, `undescribed` says what no rule knows, `caches` finds what is copied, `path` follows a handler. It knows no
//! statuses.

pub mod address;
pub mod attribute;
pub mod bindings;
pub mod caches;
pub mod calls;
pub mod channels;
pub mod config;
pub mod consumers;
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
pub mod publishers;
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
mod untold;
pub mod unused;
pub mod value;
pub mod walk;

use crate::rules::{Role, RuleSet};
use crate::syntax::sql::SqlFact;
use crate::syntax::yaml::Node;
use rustc_hash::{FxHashMap, FxHashSet};

pub use consumers::{Consumer, Unreached};
pub use publishers::{Publisher, REQUEST, Unnamed};

use attribute::Attribution;
use calls::Graph;
use endpoints::{Lifting, TopicName};
use matches::{Index, Match};
use program::{Fn, Input, Module, Program, Site};
use types::{Returns, Types};

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
        matches::at(&self.matches, site)
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
    let consumers::Received { mut consumers, unreached } =
        consumers::consumers(&lifting, &attribution, &matches, &idle);
    let routes = lifting.all(&matches, &[Role::HttpRoute]);
    let owners = manifest::Owners { services, of: owner_of };
    let declared = manifests.consumers(&lifting, &attribution, &routes, &owners, &consumers);
    // A declaration that leads to no code adds nothing to code that reads the same.
    let known = |c: &Consumer| {
        c.handlers.is_empty()
            && consumers.iter().any(|k| (k.service, &k.topic.name) == (c.service, &c.topic.name))
    };
    let declared: Vec<Consumer> = declared.into_iter().filter(|c| !known(c)).collect();
    // What a template says of a function that a platform calls is more than the function says.
    let told = |c: &Consumer| {
        let same = |d: &Consumer| d.handlers.iter().any(|h| c.handlers.iter().any(|own| own.func == h.func));
        manifest::is_called_by_platform(c) && !c.topic.resolved && declared.iter().any(same)
    };
    consumers.retain(|c| !told(c));
    consumers.extend(declared);
    let mut bound = manifests.bindings();
    bound.extend(bindings::in_code(&lifting, &matches));
    bindings::bind(types.program, &mut consumers, &bound);
    consumers
        .sort_by(|a, b| (a.service, &a.registration, &a.topic).cmp(&(b.service, &b.registration, &b.topic)));
    let mut parkings = parking::in_code(&lifting, &attribution, &matches);
    parkings.extend(manifests.parkings());
    let redeliveries = manifests.redeliveries(&owners);
    let publishers::Published { publishers, unnamed, requests } =
        publishers::publishers(&lifting, &attribution, &matches, &consumers);
    let caches = caches::collect(types, &graph, &index, &config, &attribution, &matches);
    let mut by_func: FxHashMap<Fn, Vec<usize>> = FxHashMap::default();
    for (i, m) in matches.iter().enumerate() {
        if let Some(func) = m.func {
            by_func.entry(func).or_default().push(i);
        }
    }
    let unique = unique::UniqueKeys::of(sql).with_indexes(&eval::Eval::new(types), &index, &matches);
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
        unique,
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

/// A topic by its own name, where an address of a cloud names it.
fn addressed(mut topic: TopicName) -> TopicName {
    if topic.resolved {
        topic.name = address::bare(&topic.name).to_owned();
    }
    topic
}

/// The kind of what a library does with what a handler gives back: it stands where the handler is
/// registered, and runs when that returns something.
pub const RETURNED: &str = "returned";

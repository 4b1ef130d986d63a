//! Facts: what the audit itself says of an item that is no control.

mod deletions;
mod tested;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::deployed::{SERVERS, Server};
use super::judge::so_many;
use crate::audit::{
    Audit, Cache, CacheStore, Control, Evidence, Finding, ItemState, Place, SagaRole, Service, ServiceKind,
    Status, TopicIssue, is_brokers_own,
};
use crate::controls::covers;
use crate::read::Repository;

/// A fact that an item can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Every flow can be drawn: each consumer's topic is a name, not an expression.
    TopicsKnown,
    /// Every topic that is subscribed to is published.
    TopicsPublished,
    /// The function behind every consumer was found.
    HandlersFound,
    /// The replicas behind every consumer share a group.
    GroupsNamed,
    /// Every service that takes part has an owner.
    OwnersNamed,
    /// Every service that takes part has a role in sagas.
    SagaRolesGiven,
    /// Every consuming service registers a schema or validator, or validates.
    SchemasRegistered,
    /// Observers hand messages on and do nothing themselves.
    ObserversThin,
    /// One function of each service brings its observers together.
    ObserversCentral,
    /// Every cached value expires.
    CachesExpire,
    /// Nothing that should have been read was left unread.
    EverythingRead,
    /// What runs the brokers that messages go over is in the repository.
    BrokersDeployed,
    /// What runs a store that caches can be kept in is in the repository.
    CacheStoreDeployed,
    /// Tests name the functions that handle messages, or send them what they listen to.
    HandlersTested,
    /// No service changes a database and sends an event beside that.
    WritesJoined,
    /// The name of each topic has a version.
    TopicsVersioned,
    /// Consumers take messages of deletions. It is never met: that is no proof that every copy is reached.
    DeletionsHandled,
}

/// What a fact answers: state, one sentence, evidence.
pub type Answer = (ItemState, String, Vec<Evidence>);

impl Fact {
    /// The word of each.
    pub const WORDS: &'static [(&'static str, Fact)] = &[
        ("topics-known", Fact::TopicsKnown),
        ("topics-published", Fact::TopicsPublished),
        ("handlers-found", Fact::HandlersFound),
        ("groups-named", Fact::GroupsNamed),
        ("owners-named", Fact::OwnersNamed),
        ("saga-roles-given", Fact::SagaRolesGiven),
        ("schemas-registered", Fact::SchemasRegistered),
        ("observers-thin", Fact::ObserversThin),
        ("observers-central", Fact::ObserversCentral),
        ("caches-expire", Fact::CachesExpire),
        ("everything-read", Fact::EverythingRead),
        ("brokers-deployed", Fact::BrokersDeployed),
        ("cache-store-deployed", Fact::CacheStoreDeployed),
        ("handlers-tested", Fact::HandlersTested),
        ("writes-joined", Fact::WritesJoined),
        ("topics-versioned", Fact::TopicsVersioned),
        ("deletions-handled", Fact::DeletionsHandled),
    ];

    /// Asks the audit, of the services in scope.
    pub fn ask(self, audit: &Audit, scope: &[&Service], repository: &Repository) -> Answer {
        match self {
            Fact::TopicsKnown => topics_known(audit, scope),
            Fact::TopicsPublished => topics_published(audit, scope),
            Fact::HandlersFound => handlers_found(audit, scope),
            Fact::GroupsNamed => groups_named(audit, scope),
            Fact::OwnersNamed => named(audit, scope, "an owner", |s| s.owner.is_some()),
            Fact::SagaRolesGiven => {
                named(audit, scope, "a saga role", |s| s.role.is_some_and(|role| role != SagaRole::None))
            }
            Fact::SchemasRegistered => schemas_registered(audit, scope),
            Fact::ObserversThin => observers(audit, scope, "thin", |o| o.own_effects.is_empty()),
            Fact::ObserversCentral => {
                observers(audit, scope, "registered in one place", |o| o.registry.is_some())
            }
            Fact::CachesExpire => caches_expire(audit, scope),
            Fact::EverythingRead => everything_read(audit),
            Fact::BrokersDeployed => brokers_deployed(audit, scope, repository),
            Fact::CacheStoreDeployed => cache_store_deployed(audit, scope, repository),
            Fact::HandlersTested => tested::handlers_tested(audit, scope, repository),
            Fact::WritesJoined => writes_joined(audit, scope),
            Fact::TopicsVersioned => topics_versioned(audit, scope),
            Fact::DeletionsHandled => deletions::handled(audit, scope),
        }
    }
}

fn in_scope(scope: &[&Service], name: &str) -> bool {
    scope.iter().any(|service| service.name == name)
}

pub(super) fn at(place: &Place, role: &str, note: &str) -> Evidence {
    Evidence { path: place.path.clone(), line: place.line, role: role.to_owned(), note: note.to_owned() }
}

/// Met when nothing is wrong and something was looked at; it applies to nothing when there was nothing
/// to look at.
fn settle(good: Vec<Evidence>, bad: Vec<Evidence>, met: &str, unmet: &str) -> Answer {
    if !bad.is_empty() {
        return (ItemState::Unmet, unmet.to_owned(), bad);
    }
    if good.is_empty() {
        return (ItemState::NotApplicable, "Nothing that this is about was seen.".to_owned(), good);
    }
    (ItemState::Met, met.to_owned(), good)
}

fn topics_known(audit: &Audit, scope: &[&Service]) -> Answer {
    let mine = audit.consumers.iter().filter(|c| in_scope(scope, &c.service));
    let (good, bad): (Vec<_>, Vec<_>) = mine.partition(|c| c.topic.resolved);
    let told = |list: Vec<&crate::audit::Consumer>| -> Vec<Evidence> {
        list.iter().map(|c| at(&c.registration, "consumer", &c.topic.name)).collect()
    };
    let number = good.len();
    settle(
        told(good),
        told(bad),
        &format!("The topic of each of {number} consumers is known."),
        "The topics of these consumers are known only at run time.",
    )
}

/// A topic whose publisher nobody can name is neither published nor without a publisher.
fn topics_published(audit: &Audit, scope: &[&Service]) -> Answer {
    let heard = audit.consumers.iter().filter(|c| in_scope(scope, &c.service) && c.transport != "webhook");
    // What a broker tells of itself nobody publishes.
    let (own, mine): (Vec<_>, Vec<_>) = heard.partition(|c| is_brokers_own(&c.topic.name));
    if mine.is_empty() && !own.is_empty() {
        return (
            ItemState::NotApplicable,
            "All that is listened to are the broker's own streams.".to_owned(),
            Vec::new(),
        );
    }
    let (mut good, mut bad, mut unsure) = (0, Vec::new(), Vec::new());
    for consumer in mine {
        let told = || at(&consumer.registration, "consumer", &consumer.topic.name);
        let topic = audit.topics.iter().find(|t| consumer.topic.resolved && t.name == consumer.topic.name);
        let lacks = topic.is_some_and(|t| {
            matches!(t.issue, Some(TopicIssue::NoPublisher | TopicIssue::NearMiss))
                && !is_waived(audit, &t.name)
        });
        let seen = topic.is_some_and(|t| {
            !t.publishers.is_empty()
                || is_waived(audit, &t.name)
                || audit.topics.iter().any(|p| !p.publishers.is_empty() && covers(&t.name, &p.name))
        });
        match (lacks, seen) {
            (true, _) => bad.push(told()),
            (_, true) => good += 1,
            _ => unsure.push(told()),
        }
    }
    let all = good + bad.len() + unsure.len();
    if !bad.is_empty() {
        return (
            ItemState::Unmet,
            format!("Nothing publishes what {} of {all} consumers listen to.", bad.len()),
            bad,
        );
    }
    if !unsure.is_empty() {
        let note = format!(
            "What {good} of {all} consumers listen to is published; what these listen to was not seen to be, and it is not ruled out."
        );
        return (ItemState::Open, note, unsure);
    }
    let aside = match own.len() {
        0 => String::new(),
        n => format!(" {n} more listen to the broker's own streams."),
    };
    (
        ItemState::Met,
        format!(
            "What each of {all} consumers listens to is published; fields are compared where the types of both ends are known.{aside}"
        ),
        Vec::new(),
    )
}

/// Whether somebody answers for a topic that nothing publishes.
fn is_waived(audit: &Audit, topic: &str) -> bool {
    let about = |f: &&Finding| {
        ["topic-without-publisher", "topic-near-miss"].contains(&f.rule.as_str())
            && audit.consumers.iter().any(|c| f.consumer.as_ref() == Some(&c.id) && c.topic.name == topic)
    };
    audit.findings.iter().find(about).is_some_and(|finding| finding.suppressed.is_some())
}

fn handlers_found(audit: &Audit, scope: &[&Service]) -> Answer {
    let mine = audit.consumers.iter().filter(|c| in_scope(scope, &c.service));
    let (good, bad): (Vec<_>, Vec<_>) = mine.partition(|c| !c.path.is_empty());
    let number = good.len();
    let place = |c: &crate::audit::Consumer| Place { path: c.handler.path.clone(), line: c.handler.line };
    settle(
        good.iter().map(|c| at(&place(c), "handler", &c.handler.name)).collect(),
        bad.iter().map(|c| at(&c.registration, "consumer", &c.topic.name)).collect(),
        &format!("Each of {number} consumers leads to the function that handles its messages."),
        "What handles the messages of these consumers was not found.",
    )
}

fn groups_named(audit: &Audit, scope: &[&Service]) -> Answer {
    let mine = audit.consumers.iter().filter(|c| in_scope(scope, &c.service) && c.transport != "webhook");
    let (with, without): (Vec<_>, Vec<_>) = mine.partition(|c| c.group.is_some());
    if without.is_empty() {
        let told = |c: &&crate::audit::Consumer| {
            let group = c.group.as_deref().unwrap_or_default();
            at(&c.registration, "consumer", &format!("{} in {group}", c.topic.name))
        };
        let number = with.len();
        let good = with.iter().map(told).collect();
        return settle(
            good,
            Vec::new(),
            &format!(
                "The group of each of {number} consumers is known, which its replicas share. Whether another service reads in it as well is not asked here."
            ),
            "",
        );
    }
    // A group that could not be followed to a name is no proof that there is none.
    let note = format!(
        "A group, queue or subscription that replicas share was followed to its name for {} of {} consumers; for these it was not, which does not say that there is none.",
        with.len(),
        with.len() + without.len()
    );
    let told = |c: &&crate::audit::Consumer| at(&c.registration, "consumer", &c.topic.name);
    (ItemState::Open, note, without.iter().map(told).collect())
}

fn takes_part(audit: &Audit, service: &Service) -> bool {
    service.kind == ServiceKind::Service
        && (service.consumer || service.publisher || audit.caches.iter().any(|c| c.service == service.name))
}

fn named(audit: &Audit, scope: &[&Service], what: &str, has: impl Fn(&Service) -> bool) -> Answer {
    let part: Vec<&&Service> = scope.iter().filter(|s| takes_part(audit, s)).collect();
    let without: Vec<&str> = part.iter().filter(|s| !has(s)).map(|s| s.name.as_str()).collect();
    if part.is_empty() {
        return (ItemState::NotApplicable, "No service takes part in the flows.".to_owned(), Vec::new());
    }
    if without.is_empty() {
        let note =
            format!("flowaudit.yaml names {what} for each of the {} services that take part.", part.len());
        return (ItemState::Met, note, Vec::new());
    }
    let note = format!(
        "flowaudit.yaml names {what} for {} of the {} services that take part; not for {}.",
        part.len() - without.len(),
        part.len(),
        without.join(", ")
    );
    // Who answers for what is no code's to say: that it is not written here does not show that nobody does.
    (ItemState::Open, note, Vec::new())
}

fn schemas_registered(audit: &Audit, scope: &[&Service]) -> Answer {
    let (mut good, mut bad, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for service in scope.iter().filter(|s| s.consumer) {
        // A contract tells what a payload is, and nobody is handed it to check one.
        let registered = audit.schemas.iter().filter(|s| s.service == service.name && !s.contract);
        let before = good.len();
        good.extend(registered.map(|s| at(&s.at, "validate.register", &s.event_type)));
        let mine = audit.consumers.iter().filter(|c| c.service == service.name);
        let verdicts = mine.clone().filter_map(|c| c.controls.get(&Control::Schema));
        good.extend(verdicts.flat_map(|v| v.evidence.iter().filter(|e| e.role == "validate")).cloned());
        if good.len() == before {
            without.push(service.name.as_str());
            bad.extend(mine.take(1).map(|c| at(&c.registration, "consumer", &c.topic.name)));
        }
    }
    let unmet = format!("No schema or validator is registered in {}.", without.join(", "));
    settle(good, bad, "Each consuming service registers schemas or validators.", &unmet)
}

fn observers(
    audit: &Audit,
    scope: &[&Service],
    what: &str,
    good: impl Fn(&crate::audit::Observer) -> bool,
) -> Answer {
    let mine = audit.observers.iter().filter(|o| in_scope(scope, &o.service));
    let (right, wrong): (Vec<_>, Vec<_>) = mine.partition(|o| good(o));
    let told = |o: &&crate::audit::Observer| {
        let place = Place { path: o.handler.path.clone(), line: o.handler.line };
        at(&place, "observer.subscribe", &format!("{} of {}", o.handler.name, o.event))
    };
    let number = right.len();
    settle(
        right.iter().map(told).collect(),
        wrong.iter().map(told).collect(),
        &format!("Each of {number} observers is {what}."),
        &format!("{} of {} observers are not {what}.", wrong.len(), wrong.len() + number),
    )
}

fn caches_expire(audit: &Audit, scope: &[&Service]) -> Answer {
    // The rows of a table stay until somebody deletes them.
    let mine = audit.caches.iter().filter(|c| in_scope(scope, &c.service) && !is_table(c));
    let (with, without): (Vec<_>, Vec<_>) = mine.partition(|c| c.expires);
    let told = |c: &&Cache| at(&c.at, "cache.set", &c.key);
    if without.is_empty() {
        let number = with.len();
        let good = with.iter().map(told).collect();
        return settle(good, Vec::new(), &format!("Each of {number} caches has a time to live."), "");
    }
    // A time to live that could not be followed is no proof that there is none.
    let note = format!(
        "{} of {} caches have a time to live; none was seen for these.",
        with.len(),
        with.len() + without.len()
    );
    (ItemState::Open, note, without.iter().map(told).collect())
}

fn everything_read(audit: &Audit) -> Answer {
    let lost = audit.diagnostics.iter().filter(|d| d.level < crate::audit::Severity::Note).count();
    if lost == 0 {
        let stats = &audit.stats;
        let note = format!(
            "All of {} files of code and manifests were read. Not among them: {} of tests, which the items about tests look at, and {} that the configuration excludes.",
            stats.files_parsed, stats.files_of_tests, stats.files_excluded
        );
        return (ItemState::Met, note, Vec::new());
    }
    let note =
        format!("{lost} places were not seen whole, or not as they run; `flowaudit scan -v` lists them.");
    (ItemState::Unmet, note, Vec::new())
}

/// What goes over no broker.
const BROKERLESS: [&str; 2] = ["webhook", "rpc"];

/// The transports of the consumers and publishers in scope, one for each of them.
pub(super) fn over_brokers<'a>(audit: &'a Audit, scope: &'a [&Service]) -> impl Iterator<Item = &'a str> {
    let consumers = audit.consumers.iter().map(|c| (&c.service, c.transport.as_str()));
    let publishers = audit.publishers.iter().map(|p| (&p.service, p.transport.as_str()));
    let ends = consumers.chain(publishers).filter(|(service, _)| in_scope(scope, service));
    ends.map(|(_, transport)| transport).filter(|it| !BROKERLESS.contains(it))
}

fn brokers_deployed(audit: &Audit, scope: &[&Service], repository: &Repository) -> Answer {
    let used: BTreeSet<&str> = over_brokers(audit, scope).collect();
    let places = |server: &Server| server.places(repository.documents.iter());
    let carrying: Vec<&Server> =
        SERVERS.iter().filter(|server| used.iter().any(|it| server.carries(it))).collect();
    if carrying.is_empty() {
        // A framework over several brokers, or one of the house's own.
        let mut any: Vec<Evidence> = SERVERS.iter().filter(|it| it.is_broker()).flat_map(places).collect();
        any.sort();
        any.dedup();
        let used: Vec<&str> = used.into_iter().collect();
        let note = format!("Over which broker messages go is not seen in the code ({}).", used.join(", "));
        return (ItemState::Open, note, any);
    }
    let (mut run, mut not, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
    for server in carrying {
        let found = places(server);
        let side = if found.is_empty() { &mut not } else { &mut run };
        side.push(server.name.as_str());
        evidence.extend(found);
    }
    if not.is_empty() {
        return (ItemState::Met, format!("What runs {} is here.", run.join(", ")), evidence);
    }
    let note = format!("Messages go over {}, and nothing here was seen to run it.", not.join(", "));
    (ItemState::Unmet, note, evidence)
}

/// Whether copies are kept as rows.
fn is_table(cache: &Cache) -> bool {
    cache.store == Some(CacheStore::Table)
}

/// Which of the stores that run here a cache is kept in is not known: what runs may be for something
/// else.
fn cache_store_deployed(audit: &Audit, scope: &[&Service], repository: &Repository) -> Answer {
    let mine = || audit.caches.iter().filter(|c| in_scope(scope, &c.service));
    let (tables, keyed) = (mine().any(is_table), mine().any(|c| !is_table(c)));
    let (mut run, mut evidence, mut lacks) = (Vec::new(), Vec::new(), Vec::new());
    let mut look = |what: &'static str, wanted: &dyn Fn(&Server) -> bool| {
        let mut is_here = false;
        for store in SERVERS.iter().filter(|server| wanted(server)) {
            let found = store.places(repository.documents.iter());
            if !found.is_empty() {
                is_here = true;
                run.push(store.name.as_str());
                evidence.extend(found);
            }
        }
        if !is_here {
            lacks.push(what);
        }
    };
    if keyed {
        look("a store of keys (a cache in a service's own memory needs none)", &|server| server.caches);
    }
    if tables {
        look("a database for the tables of copies", &|server| server.tables);
    }
    let runs = format!("What runs {} is here.", run.join(", "));
    match (run.is_empty(), lacks.is_empty()) {
        (_, true) => (ItemState::Met, runs, evidence),
        (true, _) => {
            (ItemState::Open, format!("Nothing here was seen to run {}.", lacks.join(" or ")), evidence)
        }
        _ => {
            let note = format!("{runs} Nothing was seen to run {}.", lacks.join(" or "));
            (ItemState::Open, note, evidence)
        }
    }
}

/// Findings of a change and an event that nothing joins.
const UNJOINED: [&str; 2] = ["dual-write", "outbox-bypassed"];

/// Whether changes and events are joined, which is not whether the outbox between them is sound.
fn writes_joined(audit: &Audit, scope: &[&Service]) -> Answer {
    let (mut bad, mut unsure, mut joined) = (Vec::new(), Vec::new(), Vec::new());
    for service in scope {
        let Some(verdict) = service.controls.get(&Control::Outbox) else { continue };
        let found = || {
            let mine = |f: &&Finding| f.service == service.name && UNJOINED.contains(&f.rule.as_str());
            audit.findings.iter().filter(mine)
        };
        let told: Vec<Evidence> = found()
            .filter(|f| f.suppressed.is_none())
            .map(|f| at(&f.location, &f.rule, &f.message))
            .collect();
        match verdict.status {
            Status::NotApplicable => {}
            _ if !told.is_empty() => bad.push((service.name.as_str(), told)),
            Status::Implemented | Status::Partial => {
                let write = verdict.evidence.iter().find(|e| e.role == "outbox.write");
                let shown = write.or(verdict.evidence.first()).cloned();
                joined.push((service.name.as_str(), shown.into_iter().collect()));
            }
            // Somebody answers for it.
            _ if found().next().is_some() => joined.push((service.name.as_str(), Vec::new())),
            _ => unsure.push((service.name.as_str(), Vec::new())),
        }
    }
    let all = bad.len() + unsure.len() + joined.len();
    let split = |list: Vec<(&str, Vec<Evidence>)>| -> (String, Vec<Evidence>) {
        let names: Vec<&str> = list.iter().map(|(name, _)| *name).collect();
        (names.join(", "), list.into_iter().flat_map(|(_, shown)| shown).collect())
    };
    let number = so_many(all, ["writes and publishes", "write and publish"]);
    let figure = format!("The two are joined in {} of the {number}", joined.len());
    if all == 0 {
        let note = "No service in scope both writes and publishes.".to_owned();
        (ItemState::NotApplicable, note, Vec::new())
    } else if !bad.is_empty() {
        let (names, shown) = split(bad);
        (ItemState::Unmet, format!("{figure}; not in {names}."), shown)
    } else if !unsure.is_empty() {
        let (names, shown) = split(unsure);
        (ItemState::Open, format!("{figure}; to be looked at in {names}."), shown)
    } else {
        let note =
            format!("{figure}. Whether what is joined is sent as well, the item on announced changes says.");
        (ItemState::Met, note, split(joined).1)
    }
}

/// The ends in scope of topics that somebody has named, with these names.
fn named_ends<'a>(audit: &'a Audit, scope: &'a [&Service]) -> impl Iterator<Item = (&'a str, Evidence)> {
    let consumers = audit.consumers.iter().map(|c| (&c.service, &c.topic, &c.registration, "consumer"));
    let publishers = audit.publishers.iter().map(|p| (&p.service, &p.topic, &p.at, "publisher"));
    let mine = consumers.chain(publishers).filter(|(service, topic, ..)| {
        in_scope(scope, service) && topic.resolved && !is_brokers_own(&topic.name)
    });
    mine.map(|(_, topic, place, role)| (topic.name.as_str(), at(place, role, &topic.name)))
}

/// `orders.v2`, `order_created_v_1` and `OrderCreatedV1`.
static VERSIONED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^A-Za-z0-9][vV][^A-Za-z0-9]?[0-9]+\b|[a-z]V[0-9]+\b").expect("a pattern"));

fn topics_versioned(audit: &Audit, scope: &[&Service]) -> Answer {
    let (with, without): (Vec<_>, Vec<_>) =
        named_ends(audit, scope).partition(|(name, _)| VERSIONED.is_match(name));
    if !without.is_empty() {
        let names: BTreeSet<&str> = without.iter().map(|(name, _)| *name).collect();
        let note = format!("{} topics have no version in their names.", names.len());
        return (ItemState::Open, note, without.into_iter().map(|(_, end)| end).collect());
    }
    let mut seen = BTreeSet::new();
    let good: Vec<Evidence> =
        with.into_iter().filter(|(name, _)| seen.insert(*name)).map(|(_, end)| end).collect();
    let number = good.len();
    settle(good, Vec::new(), &format!("The name of each topic has a version ({number} of {number})."), "")
}

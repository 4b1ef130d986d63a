//! Who publishes and subscribes to what, and how services subscribe.

use serde::Serialize;

use super::Views;
use super::services::TopicLink;
use crate::audit::{Service, SubscriptionType, Topic, TopicName, is_brokers_own};
use crate::report::docs::links::Link;
use crate::report::words;

/// A topic with both its ends.
#[derive(Debug, Serialize)]
pub struct TopicView {
    name: String,
    publishers: Vec<End>,
    subscribers: Vec<End>,
    aligned: bool,
    state: String,
    near: Option<String>,
    manifests: Vec<Said>,
}

/// What there is of a topic that nothing is wrong with: one end is enough where nobody can tell the
/// other, or where it needs none (wildcards, dead letters, what a broker sends of itself).
fn whole(topic: &Topic) -> &'static str {
    match (topic.publishers.is_empty(), topic.subscribers.is_empty()) {
        (true, _) if is_brokers_own(&topic.name) => BROKERS_OWN,
        (true, _) => "no publisher seen, and none ruled out",
        (_, true) => "only published here",
        _ => "aligned",
    }
}

/// What is said of a stream that a broker keeps of itself.
const BROKERS_OWN: &str = "the broker's own";

/// What is said of a topic whose ends have the name in common and not all that it takes, by the rule that
/// finds it.
const BETWEEN: [(&str, &str); 2] = [
    ("payload-mismatch", "one name, and fields are read that nobody writes (`payload-mismatch`)"),
    (
        "consumer-group-shared",
        "one name, and subscribers in one group take its messages from each other (`consumer-group-shared`)",
    ),
];

/// What a manifest says of a topic.
#[derive(Debug, Serialize)]
pub struct Said {
    what: String,
    at: Link,
}

/// A service at one end of a topic.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct End {
    service: String,
    at: Option<Link>,
}

/// The services that subscribe in one way.
#[derive(Debug, Serialize)]
pub struct SubscriptionGroup {
    kind: String,
    meaning: String,
    count: usize,
    services: Vec<String>,
}

impl Views<'_> {
    /// The topics that are shown and that any of these services is at an end of.
    pub(super) fn topics(&self, scope: &[&Service], shown: &dyn Fn(&str) -> bool) -> Vec<TopicView> {
        let mine = |names: &[String]| names.iter().any(|name| scope.iter().any(|s| s.name == *name));
        let shown = self.audit.topics.iter().filter(|t| shown(&t.name));
        let touched = shown.filter(|t| mine(&t.publishers) || mine(&t.subscribers));
        let views = touched.map(|topic| TopicView {
            name: topic.name.clone(),
            publishers: Self::ends(&topic.publishers, |service| {
                let at = self
                    .audit
                    .publishers
                    .iter()
                    .find(|p| p.service == *service && p.topic.name == topic.name);
                Some(self.links.place(&at?.at))
            }),
            subscribers: Self::ends(&topic.subscribers, |service| {
                let at =
                    self.audit.consumers.iter().find(|c| c.service == *service && c.topic.name == topic.name);
                Some(self.links.place(&at?.registration))
            }),
            aligned: topic.issue.is_none() && self.between(topic).is_none(),
            state: self.state(topic),
            near: topic.near.clone(),
            manifests: topic
                .manifests
                .iter()
                .map(|e| Said { what: words::role(&e.role).to_owned(), at: self.links.line(&e.path, e.line) })
                .collect(),
        });
        views.collect()
    }

    /// What there is to say of a topic. A broker's own is said to be of which broker, or else of the
    /// library by which it is heard.
    fn state(&self, topic: &Topic) -> String {
        let state = topic.issue.map_or_else(|| whole(topic), words::topic_issue);
        let heard = self.audit.consumers.iter().find(|consumer| consumer.topic.name == topic.name);
        match heard {
            Some(consumer) if state == BROKERS_OWN => {
                let known = consumer.transport != "other";
                let broker = if known { &consumer.transport } else { &consumer.framework };
                format!(
                    "{state} ({broker}): all that it keeps, but for what the subscription filters out; who appends to it is not told here"
                )
            }
            _ if topic.issue.is_none() => self.between(topic).unwrap_or(state).to_owned(),
            _ => state.to_owned(),
        }
    }

    /// What is wrong between the two ends of a topic although both use its name.
    fn between(&self, topic: &Topic) -> Option<&'static str> {
        let of = |id: &String| self.audit.consumers.iter().any(|c| c.id == *id && c.topic.name == topic.name);
        let mut found = self
            .audit
            .findings
            .iter()
            .filter(|finding| finding.suppressed.is_none() && finding.consumer.as_ref().is_some_and(of));
        found
            .find_map(|finding| BETWEEN.iter().find(|(rule, _)| finding.rule == *rule).map(|(_, told)| *told))
    }

    fn ends(services: &[String], at: impl Fn(&String) -> Option<Link>) -> Vec<End> {
        services.iter().map(|service| End { service: service.clone(), at: at(service) }).collect()
    }

    /// Ways to subscribe, each with the services that do so.
    pub(super) fn subscriptions(scope: &[&Service]) -> Vec<SubscriptionGroup> {
        let groups = SubscriptionType::ALL.iter().map(|kind| {
            let with = scope.iter().filter(|service| service.subscription_type == *kind);
            let services: Vec<String> = with.map(|service| service.name.clone()).collect();
            SubscriptionGroup {
                kind: kind.word().to_owned(),
                meaning: words::subscription(*kind).to_owned(),
                count: services.len(),
                services,
            }
        });
        groups.filter(|group| group.count > 0).collect()
    }

    /// Topics whose names are known at run time alone, each with what is known of it and its place.
    pub(super) fn unresolved(&self, scope: &[&Service]) -> Vec<TopicLink> {
        let mine = |name: &String| scope.iter().any(|service| service.name == *name);
        let consumers =
            self.audit.consumers.iter().filter(|c| mine(&c.service)).map(|c| (&c.topic, &c.registration));
        let publishers = self.audit.publishers.iter().filter(|p| mine(&p.service)).map(|p| (&p.topic, &p.at));
        let unknown = consumers.chain(publishers).filter(|(topic, _)| !topic.resolved);
        let link = |(topic, at): (&TopicName, _)| TopicLink::unresolved(&topic.name, self.links.place(at));
        unknown.map(link).collect()
    }
}

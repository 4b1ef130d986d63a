//! Small parts of audits, for unit tests to change what they are about.

use std::collections::BTreeMap;

use super::{Consumer, Place, Service, ServiceKind, SubscriptionType, Symbol, TopicName};

/// A service that does nothing.
pub(crate) fn service(name: &str) -> Service {
    Service {
        name: name.to_owned(),
        path: name.to_owned(),
        languages: Vec::new(),
        kind: ServiceKind::Service,
        owner: None,
        role: None,
        publisher: false,
        consumer: false,
        subscription_type: SubscriptionType::None,
        controls: BTreeMap::new(),
    }
}

/// A consumer of Kafka, registered at a line of its service's `consumer.go` and without controls.
pub(crate) fn consumer(service: &str, topic: &str, line: u32) -> Consumer {
    let path = format!("{service}/consumer.go");
    Consumer {
        id: format!("{service}/{topic}/Handle"),
        service: service.to_owned(),
        transport: "kafka".to_owned(),
        framework: "kafka".to_owned(),
        registration_kind: SubscriptionType::Programmatic,
        topic: TopicName { name: topic.to_owned(), resolved: true, expression: topic.to_owned() },
        group: None,
        event_types: Vec::new(),
        registration: Place { path: path.clone(), line },
        handler: Symbol { name: "Handle".to_owned(), path, line: line + 5 },
        controls: BTreeMap::new(),
        path: Vec::new(),
    }
}

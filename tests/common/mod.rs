//! A small audit made by hand, with one of everything.

use std::collections::BTreeMap;

use flowaudit::audit::*;

fn evidence(path: &str, line: u32, role: &str, note: &str) -> Evidence {
    Evidence { path: path.to_owned(), line, role: role.to_owned(), note: note.to_owned() }
}

fn place(path: &str, line: u32) -> Place {
    Place { path: path.to_owned(), line }
}

fn topic(name: &str) -> TopicName {
    TopicName {
        name: name.to_owned(),
        resolved: true,
        expression: format!("constants.Topic_{}", name.replace('.', "_")),
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// Statuses by letter, in order of control: i, p, r, m, anything else for not applicable.
fn service(name: &str, consumer: bool, publisher: bool, letters: &str) -> Service {
    let controls = [
        Control::Idempotency,
        Control::DeadLetter,
        Control::Schema,
        Control::CacheInvalidation,
        Control::Outbox,
    ];
    let verdicts = controls.into_iter().zip(letters.chars()).map(|(control, letter)| {
        let status = match letter {
            'i' => Status::Implemented,
            'p' => Status::Partial,
            'r' => Status::NeedsReview,
            'm' => Status::Missing,
            _ => Status::NotApplicable,
        };
        let verdict =
            ServiceVerdict { status, patterns: Vec::new(), evidence: Vec::new(), why: String::new() };
        (control, verdict)
    });
    Service {
        name: name.to_owned(),
        path: name.to_owned(),
        languages: names(&["go"]),
        kind: ServiceKind::Service,
        owner: None,
        role: None,
        publisher,
        consumer,
        subscription_type: if consumer { SubscriptionType::Programmatic } else { SubscriptionType::None },
        controls: verdicts.collect(),
    }
}

fn consumer(service: &str, topic_name: &str, handler: &str, line: u32) -> Consumer {
    let path = format!("{service}/internal/data/eventbus/consumer.go");
    let verdict = Verdict {
        status: Status::Implemented,
        pattern: Some("database".to_owned()),
        confidence: Confidence::High,
        evidence: vec![
            evidence(&path, line + 30, "dedupe.mark", "MarkProcessed(ctx, e.ID)"),
            evidence(&path, line + 10, "dedupe.check", "IsProcessed(ctx, e.ID)"),
        ],
        why: "The event's id is looked up before the effects and recorded after them.".to_owned(),
    };
    Consumer {
        id: String::new(),
        service: service.to_owned(),
        transport: "dapr".to_owned(),
        framework: "dapr-go-sdk".to_owned(),
        registration_kind: SubscriptionType::Programmatic,
        topic: topic(topic_name),
        group: None,
        event_types: names(&["updated", "created"]),
        registration: place(&path, line),
        handler: Symbol { name: handler.to_owned(), path: path.clone(), line: line + 5 },
        controls: BTreeMap::from([(Control::Idempotency, verdict)]),
        path: vec![Symbol { name: handler.to_owned(), path, line: line + 5 }],
    }
}

fn publisher(service: &str, topic_name: &str) -> Publisher {
    Publisher {
        service: service.to_owned(),
        transport: "dapr".to_owned(),
        topic: topic(topic_name),
        at: place(&format!("{service}/internal/events/publisher.go"), 40),
        outbox: true,
    }
}

fn flow(
    name: &str,
    publishers: &[&str],
    subscribers: &[&str],
    issue: Option<TopicIssue>,
    near: Option<&str>,
) -> Topic {
    Topic {
        name: name.to_owned(),
        publishers: names(publishers),
        subscribers: names(subscribers),
        issue,
        near: near.map(str::to_owned),
        manifests: Vec::new(),
    }
}

fn finding(rule: &str, priority: Priority, consumer: &str, line: u32, texts: (&str, &str)) -> Finding {
    let service = consumer.split('/').next().unwrap_or_default();
    let path = format!("{service}/internal/data/eventbus/consumer.go");
    Finding {
        id: String::new(),
        also: Vec::new(),
        rule: rule.to_owned(),
        severity: match priority {
            Priority::P0 | Priority::P1 => Severity::Error,
            Priority::P2 => Severity::Warning,
            _ => Severity::Note,
        },
        priority,
        confidence: Confidence::High,
        service: service.to_owned(),
        consumer: consumer.contains('/').then(|| consumer.to_owned()),
        subject: None,
        message: texts.0.to_owned(),
        help: texts.1.to_owned(),
        location: place(&path, line),
        evidence: vec![evidence(&path, line, "effect.increment", "total_spent = total_spent + ?")],
        fingerprint: format!("{rule}-{line}"),
        suppressed: None,
    }
}

fn findings() -> Vec<Finding> {
    let mut list = vec![
        finding(
            "no-idempotency",
            Priority::P0,
            "customer/order.completed/HandleOrderCompleted",
            41,
            (
                "A redelivered order.completed adds to total_orders and total_spent a second time.",
                "Record the event's id in the transaction that updates the totals, and return when it is there.",
            ),
        ),
        finding(
            "topic-near-miss",
            Priority::P1,
            "search/catalog.product.created/HandleProductCreated",
            22,
            (
                "search reads catalog.product.created, which nobody publishes; catalog publishes product.created.",
                "Use one constant for the topic on both sides.",
            ),
        ),
        finding(
            "no-dead-letter",
            Priority::P1,
            "notification",
            18,
            ("A message of order.status_changed that keeps failing is retried for ever.", ""),
        ),
    ];
    for line in 1..=9 {
        list.push(finding(
            "dedupe-error-ignored",
            if line < 7 { Priority::P2 } else { Priority::P4 },
            "analytics/order-events/ProcessOrderEvent",
            100 + line,
            (
                "When the mark fails, the error is only logged, and a redelivery is processed again.",
                "Return the error.",
            ),
        ));
    }
    let mut waived = finding("type-only-payload", Priority::P3, "warehouse", 7, ("m", "h"));
    waived.suppressed = Some(Suppression {
        kind: SuppressionKind::Inline,
        reason: "internal topic".to_owned(),
        owner: None,
        until: Some("2026-12-31".to_owned()),
    });
    list.push(waived);
    list
}

fn diagnostics() -> Vec<Diagnostic> {
    let make = |level, path: &str, message: &str| Diagnostic {
        level,
        path: path.to_owned(),
        message: message.to_owned(),
    };
    vec![
        make(Severity::Note, "order/api/order.pb.go", "generated: declarations only"),
        make(Severity::Note, "vendor", "vendored"),
        make(
            Severity::Warning,
            "search/internal/service/broken.go",
            "does not parse at 14:3; what stands before it was read",
        ),
    ]
}

fn services() -> Vec<Service> {
    vec![
        service("warehouse", true, true, "immii"),
        service("analytics", true, false, "iii--"),
        service("search", true, false, "iiii-"),
        service("customer", true, true, "mmm-i"),
        service("notification", true, true, "rrp--"),
        service("common-operations", false, true, "----m"),
        service("gateway", false, false, "-----"),
        service("admin", false, false, "-----"),
    ]
}

fn consumers() -> Vec<Consumer> {
    vec![
        consumer("search", "catalog.product.created", "ProductHandler.HandleProductCreated", 20),
        consumer("customer", "order.completed", "HandleOrderCompleted", 30),
        consumer("notification", "order.status_changed", "Handle", 14),
        consumer("warehouse", "product.created", "Handle", 90),
        consumer("warehouse", "product.created", "Other.Handle", 12),
        consumer("analytics", "order-events", "EventProcessor.ProcessOrderEvent", 8),
    ]
}

fn caches() -> Vec<Cache> {
    vec![Cache {
        service: "warehouse".to_owned(),
        key: "warehouse:location:{location_id}".to_owned(),
        ttl_seconds: Some(600),
        expires: true,
        store: Some(CacheStore::Remote),
        filled_on_change: false,
        at: place("warehouse/internal/data/redis/warehouse_cache.go", 31),
        invalidations: vec![Invalidation {
            function: "InvalidateWarehouseCache".to_owned(),
            at: place("warehouse/internal/data/redis/warehouse_cache.go", 60),
            triggers: names(&["UpdateLocation"]),
        }],
    }]
}

fn topics() -> Vec<Topic> {
    vec![
        flow(
            "catalog.product.created",
            &[],
            &["search"],
            Some(TopicIssue::NearMiss),
            Some("product.created"),
        ),
        flow("cms.page.published", &[], &["search"], Some(TopicIssue::NoPublisher), None),
        flow("product.created", &["catalog"], &["warehouse", "pricing"], None, None),
        flow("review.created", &["review"], &[], Some(TopicIssue::NoSubscriber), None),
        flow("user.registered", &["user"], &[], Some(TopicIssue::NoSubscriber), None),
    ]
}

fn audits() -> Vec<AuditResult> {
    let counts = |implemented, partial, needs_review, missing, not_applicable| Counts {
        implemented,
        partial,
        needs_review,
        missing,
        not_applicable,
        waived: 0,
    };
    vec![
        AuditResult::new("event-processing", Control::Idempotency, 19, counts(11, 0, 0, 2, 6)),
        AuditResult::new("event-processing", Control::DeadLetter, 19, counts(7, 0, 0, 4, 8)),
        AuditResult::new("data-synchronization", Control::CacheInvalidation, 6, counts(4, 0, 0, 0, 2)),
        AuditResult::new("data-synchronization", Control::Schema, 0, counts(0, 0, 0, 0, 2)),
    ]
}

fn checklists() -> Vec<Checklist> {
    let item = |id: &str, state| Item {
        id: id.to_owned(),
        title: "Consumers are idempotent".to_owned(),
        state,
        note: "Every service is.".to_owned(),
        evidence: vec![evidence("a.go", 1, "dedupe.check", "IsProcessed")],
        attestation: None,
        same_as: None,
    };
    let items = vec![item("duplicate-test", ItemState::Met), item("load", ItemState::Open)];
    vec![Checklist::new("event-processing", "Event processing", vec![Section::new("Testing", items)])]
}

fn schemas() -> Vec<EventSchema> {
    vec![EventSchema {
        service: "analytics".to_owned(),
        event_type: "order_created".to_owned(),
        key: None,
        schema: "internal/schema/order_event.json".to_owned(),
        at: place("analytics/internal/service/event_processor.go", 38),
        enforced: Some(false),
        contract: false,
    }]
}

fn observers() -> Vec<Observer> {
    vec![Observer {
        service: "warehouse".to_owned(),
        event: "product.created".to_owned(),
        handler: Symbol {
            name: "WarehouseSub.Handle".to_owned(),
            path: "warehouse/internal/observer/warehouse_sub.go".to_owned(),
            line: 20,
        },
        registered: place("warehouse/internal/observer/observer.go", 14),
        registry: None,
        own_effects: Vec::new(),
    }]
}

/// One of everything, sorted.
pub fn sample() -> Audit {
    let mut audit = Audit {
        policy: Policy::LENIENT,
        depth: Some(3),
        services: services(),
        consumers: consumers(),
        publishers: vec![
            publisher("customer", "customer.profile_updated"),
            publisher("warehouse", "warehouse.inventory.low_stock"),
        ],
        caches: caches(),
        schemas: schemas(),
        observers: observers(),
        topics: topics(),
        findings: findings(),
        audits: audits(),
        checklists: checklists(),
        diagnostics: diagnostics(),
        stats: Stats {
            files_walked: 1530,
            files_parsed: 1204,
            bytes_parsed: 3_456_789,
            files_generated: 40,
            files_of_tests: 210,
            files_excluded: 3,
        },
        ..Audit::default()
    };
    // The only part of the document that a release changes.
    "0.0.0".clone_into(&mut audit.tool.version);
    audit.sort();
    audit
}

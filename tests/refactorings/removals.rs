//! What is taken away from a handler, and what the audit then says of it otherwise.

/// A piece of the fixture that goes, and what changes with it.
pub struct Removal {
    pub what: &'static str,
    pub file: &'static str,
    /// The text that goes; the first place that has it.
    pub text: &'static str,
    pub instead: &'static str,
    /// The consumers whose verdict changes.
    pub consumers: &'static [&'static str],
    pub control: &'static str,
    /// Status, pattern and confidence before and after; the same where only findings change.
    pub was: &'static str,
    pub is: &'static str,
    /// Findings about each of the consumers that come and go.
    pub come: &'static [&'static str],
    pub go: &'static [&'static str],
    /// Whether effects of each of the consumers are told to be repeated while others are protected.
    pub repeats: bool,
}

const SEARCH: [&str; 6] = [
    "search/catalog.product.created/HandleProductCreated",
    "search/catalog.product.deleted/HandleProductDeleted",
    "search/catalog.product.updated/HandleProductUpdated",
    "search/cms.page.published/HandlePagePublished",
    "search/pricing.price.updated/HandlePriceUpdated",
    "search/warehouse.inventory.stock_changed/HandleStockChanged",
];
const STOCK: [&str; 1] = ["catalog/warehouse.inventory.stock_changed/HandleStockUpdated"];
const ORDER_STATUS: [&str; 1] = ["fulfillment/order.status_changed/HandleOrderStatusChanged"];
const CAPTURED: [&str; 1] = ["order/payment.captured/HandlePaymentCaptured"];
const RETURNED: [&str; 1] = ["warehouse/return.completed/HandleReturnCompleted"];

const SEARCH_BASE: &str = "search/internal/service/event_handler_base.go";
const STOCK_HANDLER: &str = "catalog/internal/data/eventbus/warehouse_stock_update.go";
const STATUS_CONSUMER: &str = "fulfillment/internal/data/eventbus/order_status_consumer.go";
const PAYMENT_CONSUMER: &str = "order/internal/data/eventbus/payment_consumer.go";

/// A removal that changes the idempotency of what it concerns.
const fn idempotency(
    (what, file): (&'static str, &'static str),
    text: &'static str,
    instead: &'static str,
    consumers: &'static [&'static str],
    (was, is): (&'static str, &'static str),
    come: &'static [&'static str],
) -> Removal {
    // What asks for the record and is not heard protects nothing; a record that is never made does.
    let word = is.as_bytes();
    let repeats = word[0] == b'P' && (come.is_empty() || word[word.len() - 1] == b'w');
    Removal { what, file, text, instead, consumers, control: "Idempotency", was, is, come, go: &[], repeats }
}

pub const REMOVALS: [Removal; 17] = [
    idempotency(
        ("the check of all of a service's handlers", SEARCH_BASE),
        "	processed, err := b.idempotency.IsProcessed(ctx, eventID)
	if err != nil {
		return err
	}
	if processed {
		b.log.Infof(\"event %s (%s) already processed, skipping\", eventID, eventType)
		return nil
	}
",
        "",
        &SEARCH,
        ("Implemented database High", "Partial database Low"),
        &[],
    ),
    idempotency(
        ("their mark", SEARCH_BASE),
        "return b.idempotency.MarkProcessed(ctx, eventID, eventType)",
        "return nil",
        &SEARCH,
        ("Implemented database High", "Partial database Medium"),
        &["dedupe-check-without-mark P2"],
    ),
    idempotency(
        ("their guard's return", SEARCH_BASE),
        "already processed, skipping\", eventID, eventType)\n\t\treturn nil\n",
        "already processed, skipping\", eventID, eventType)\n",
        &SEARCH,
        ("Implemented database High", "Partial database Low"),
        &[],
    ),
    Removal {
        what: "the return of their validation",
        file: SEARCH_BASE,
        text: "return fmt.Errorf(\"invalid %s event %s: %w\", eventType, eventID, err)",
        instead: "b.log.Errorf(\"invalid %s event %s: %v\", eventType, eventID, err)",
        consumers: &SEARCH,
        control: "Schema",
        was: "Implemented registry High",
        is: "Implemented registry High",
        come: &["validation-not-enforced P2"],
        go: &[],
        repeats: false,
    },
    Removal {
        what: "their validation",
        file: SEARCH_BASE,
        text: "	if err := validate(); err != nil {
		return fmt.Errorf(\"invalid %s event %s: %w\", eventType, eventID, err)
	}
",
        instead: "",
        consumers: &SEARCH,
        control: "Schema",
        was: "Implemented registry High",
        is: "Missing type-only Medium",
        come: &["type-only-payload P3"],
        go: &[],
        repeats: false,
    },
    Removal {
        what: "where their failures are parked",
        file: "search/internal/service/dlq_consumer.go",
        text: "return c.dlq.Park(ctx, topic, e, c.maxAttempts, err)",
        instead: "return err",
        consumers: &SEARCH,
        control: "DeadLetter",
        was: "Implemented handler Medium",
        is: "Missing - Medium",
        come: &["no-dead-letter P1"],
        go: &[],
        repeats: false,
    },
    Removal {
        go: &["dedupe-not-atomic P2"],
        ..idempotency(
            ("the check in Redis", STOCK_HANDLER),
            "	processed, err := h.CheckIdempotency(ctx, e.ID)
	if err != nil {
		return fmt.Errorf(\"check event %s: %w\", e.ID, err)
	}
	if processed {
		h.logger.Infof(\"Event %s already processed, skipping\", e.ID)
		return nil
	}
",
            "",
            &STOCK,
            ("Implemented redis High", "Partial redis Low"),
            &["dedupe-mark-without-check P2"],
        )
    },
    Removal {
        go: &["dedupe-not-atomic P2"],
        ..idempotency(
            ("the mark in Redis", STOCK_HANDLER),
            "	if _, err := h.MarkProcessed(ctx, e.ID); err != nil {
		return fmt.Errorf(\"mark event %s: %w\", e.ID, err)
	}
",
            "",
            &STOCK,
            ("Implemented redis High", "Partial redis Medium"),
            &["dedupe-check-without-mark P2"],
        )
    },
    idempotency(
        ("the return behind the check in Redis", STOCK_HANDLER),
        "already processed, skipping\", e.ID)\n\t\treturn nil\n",
        "already processed, skipping\", e.ID)\n",
        &STOCK,
        ("Implemented redis High", "Partial redis Low"),
        &[],
    ),
    Removal {
        what: "the metadata of a subscription",
        file: STOCK_HANDLER,
        text: "AddConsumerWithMetadata(
		\"warehouse.inventory.stock_changed\",
		commonEvents.DefaultPubSub,
		map[string]string{\"consumerGroup\": constants.ConsumerGroup},
",
        instead: "AddConsumer(
		\"warehouse.inventory.stock_changed\",
		commonEvents.DefaultPubSub,
",
        consumers: &STOCK,
        control: "DeadLetter",
        was: "Implemented programmatic High",
        is: "Missing - Medium",
        come: &["no-dead-letter P1", "poison-on-decode-error P2"],
        go: &[],
        repeats: false,
    },
    idempotency(
        ("the check before the observers", STATUS_CONSUMER),
        "	processed, err := c.idempotency.IsProcessed(ctx, event.EventID)
	if err != nil {
		return err
	}
	if processed {
		c.log.Infof(\"event %s was handled before\", event.EventID)
		return nil
	}
",
        "",
        &ORDER_STATUS,
        ("Implemented biz-layer High", "Partial biz-layer Low"),
        &[],
    ),
    idempotency(
        ("the mark behind the observers", STATUS_CONSUMER),
        "return c.idempotency.MarkProcessed(ctx, event.EventID, constants.TopicOrderStatusChanged)",
        "return nil",
        &ORDER_STATUS,
        ("Implemented biz-layer High", "Partial biz-layer Medium"),
        &["dedupe-check-without-mark P2"],
    ),
    Removal {
        what: "the dead-letter option of the shared client",
        file: "common/events/consumer.go",
        text: "		DeadLetterTopic: md[metadataDeadLetterTopic],\n",
        instead: "",
        consumers: &[
            "catalog/pricing.price.updated/HandlePriceUpdated",
            "catalog/warehouse.inventory.stock_changed/HandleStockUpdated",
            "fulfillment/fulfillment.picklist_status_changed/HandlePicklistStatusChanged",
            "fulfillment/order.status_changed/HandleOrderStatusChanged",
            "pricing/promotion.created/HandlePromoCreated",
            "pricing/promotion.updated/HandlePromoUpdated",
            "pricing/warehouse.inventory.low_stock/HandleLowStock",
            "pricing/warehouse.inventory.stock_changed/HandleStockUpdate",
        ],
        control: "DeadLetter",
        was: "Implemented programmatic High",
        is: "Missing - Medium",
        come: &["no-dead-letter P1", "poison-on-decode-error P2"],
        go: &[],
        repeats: false,
    },
    idempotency(
        ("the check of one of two handlers", PAYMENT_CONSUMER),
        "		processed, err := c.idempotency.IsProcessed(ctx, event.EventID)
		if err != nil {
			return err
		}
		if processed {
			c.log.WithContext(ctx).Infof(\"event %s already processed, skipping\", event.EventID)
			return nil
		}
",
        "",
        &CAPTURED,
        ("Implemented database High", "Partial database Low"),
        &[],
    ),
    idempotency(
        ("the mark of one of two handlers", PAYMENT_CONSUMER),
        "return c.idempotency.MarkProcessed(ctx, event.EventID, constants.TopicPaymentCaptured)",
        "return nil",
        &CAPTURED,
        ("Implemented database High", "Partial database Medium"),
        &["dedupe-check-without-mark P2"],
    ),
    Removal {
        what: "the table of failed messages",
        file: PAYMENT_CONSUMER,
        text: "	return c.failed.Save(ctx, &biz.FailedEvent{
		EventID: e.ID,
		Topic:   e.Topic,
		Payload: e.Data,
		Error:   cause.Error(),
	})
",
        instead: "\treturn cause\n",
        consumers: &[
            "order/payment.captured/HandlePaymentCaptured",
            "order/payment.failed/HandlePaymentFailed",
        ],
        control: "DeadLetter",
        was: "Implemented table Medium",
        is: "Missing - Medium",
        come: &["no-dead-letter P1", "poison-on-decode-error P2"],
        go: &[],
        repeats: false,
    },
    idempotency(
        (
            "the return for an entity that is done",
            "warehouse/internal/biz/inventory/return_completed_handler.go",
        ),
        "was restocked at %s\", event.ReturnID, restock.CompletedAt)\n\t\treturn nil\n",
        "was restocked at %s\", event.ReturnID, restock.CompletedAt)\n",
        &RETURNED,
        ("Implemented entity-state Medium", "Partial entity-state Medium"),
        &[],
    ),
];

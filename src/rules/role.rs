//! Roles: what a call, a literal or a manifest means for the audit.

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a match means. The names are the words used in rule files and in evidence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role { $($(#[$doc])* $variant,)* }

        impl Role {
            /// Every role, in order.
            pub const ALL: &'static [Role] = &[$(Role::$variant,)*];

            /// Effects that set what is there, whatever it was.
            pub const SETS: [Role; 2] = [Role::EffectUpsert, Role::EffectUpdate];

            /// The word used in rule files and evidence.
            pub fn name(self) -> &'static str {
                match self { $(Role::$variant => $name,)* }
            }

            /// The role of a word, if it is one.
            pub fn from_name(name: &str) -> Option<Role> {
                Role::ALL.iter().copied().find(|role| role.name() == name)
            }
        }
    };
}

roles! {
    /// A registration through which messages are received.
    Consumer = "consumer",
    /// A send to a topic.
    Publisher = "publisher",
    /// A send to, or declaration of, a place for messages that keep failing.
    DeadLetter = "dead-letter",
    /// An HTTP route and its handler.
    HttpRoute = "http-route",
    /// Asks whether the message was processed.
    DedupeCheck = "dedupe.check",
    /// Records that the message was processed.
    DedupeMark = "dedupe.mark",
    /// Checks and records in one atomic step.
    DedupeClaim = "dedupe.claim",
    /// Gives a claim back, so that a retry is not skipped.
    DedupeRelease = "dedupe.release",
    /// Deduplicates around the handler.
    DedupeMiddleware = "dedupe.middleware",
    /// Inserts a row or document.
    EffectInsert = "effect.insert",
    /// Inserts or replaces under a natural key.
    EffectUpsert = "effect.upsert",
    /// Sets columns or fields to values.
    EffectUpdate = "effect.update",
    /// Changes what it asks for, so that a second time it finds nothing to change; what it gives says
    /// whether it did.
    EffectTransition = "effect.transition",
    /// Adds to an old value.
    EffectIncrement = "effect.increment",
    /// Deletes.
    EffectDelete = "effect.delete",
    /// Sends an e-mail, SMS or push.
    EffectEmail = "effect.email",
    /// Calls another system over HTTP or RPC.
    EffectHttp = "effect.http",
    /// Moves money.
    EffectCharge = "effect.charge",
    /// Reads current state.
    Read = "read",
    /// Checks a payload against rules.
    Validate = "validate",
    /// Registers a schema or validator.
    ValidateRegister = "validate.register",
    /// Decodes a payload into a type.
    Decode = "decode",
    /// Reads a cache.
    CacheGet = "cache.get",
    /// Fills a cache.
    CacheSet = "cache.set",
    /// Removes from a cache.
    CacheInvalidate = "cache.invalidate",
    /// Writes an event into an outbox.
    OutboxWrite = "outbox.write",
    /// Reads pending events of an outbox.
    OutboxPoll = "outbox.poll",
    /// Removes or archives relayed events.
    OutboxCleanup = "outbox.cleanup",
    /// Acknowledges a message.
    Ack = "ack",
    /// Refuses a message; it comes again.
    Requeue = "requeue",
    /// Makes a unique key: what `value` names stands in a collection once.
    UniqueKey = "unique-key",
    /// Refuses a message for good.
    Reject = "reject",
    /// Opens a transaction; the handler argument runs in it.
    TxBegin = "tx.begin",
    /// A step of a saga.
    SagaStep = "saga.step",
    /// Undoes a step of a saga.
    SagaCompensate = "saga.compensate",
    /// Raises an in-process event.
    ObserverTrigger = "observer.trigger",
    /// Subscribes to an in-process event.
    ObserverSubscribe = "observer.subscribe",
    /// Hands a request to whichever handler is registered for its type.
    MediatorSend = "mediator.send",
    /// Registers a handler for a type of request.
    MediatorRegister = "mediator.register",
    /// Wraps handlers (routers' and consumers' middleware).
    Middleware = "middleware",
    /// Retries a failed handler.
    Retry = "retry",
    /// A default for a configuration key.
    ConfigDefault = "config.default",
    /// Reads a configuration key.
    ConfigGet = "config.get",
    /// Reads an environment variable.
    ConfigEnv = "config.env",
    /// Provides a constructor to a dependency-injection container.
    DiProvide = "di.provide",
    /// Runs a function with injected dependencies.
    DiInvoke = "di.invoke",
    /// Takes out of a container what was provided, by its name or its type.
    DiTake = "di.take",
    /// Binds a queue to an exchange, or a subscription to a topic.
    Binding = "binding",
    /// Says over which broker the framework's handlers hear (the rule's `transport`; `rpc`: none).
    Transport = "transport",
    /// Declares a topic, a queue or a channel of a contract.
    Topic = "topic",
    /// Scales what consumes a topic by how much waits in it.
    Scaler = "scaler",
    /// Tells somebody when too much waits in a topic or queue.
    Alert = "alert",
    /// Writes a log line.
    Log = "log",
}

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};

/// Only subscribes; who asks for the consumer reads from it.
pub fn create_consumer(topics: &[&str], group: &str) -> StreamConsumer {
    let consumer: StreamConsumer = ClientConfig::new().set("group.id", group).create().expect("a consumer");
    consumer.subscribe(topics).expect("a subscription");
    consumer
}

/// Keeps the consumer for its own loop.
pub struct Reader {
    consumer: StreamConsumer,
}

impl Reader {
    pub fn new(topic: &str) -> Self {
        let consumer: StreamConsumer = ClientConfig::new().create().expect("a consumer");
        consumer.subscribe(&[topic]).expect("a subscription");
        Self { consumer }
    }

    pub async fn run(&self, pool: &sqlx::PgPool) {
        while let Ok(message) = self.consumer.recv().await {
            sqlx::query("UPDATE stock SET reserved = TRUE WHERE id = $1").bind(message.key()).execute(pool).await.ok();
        }
    }
}

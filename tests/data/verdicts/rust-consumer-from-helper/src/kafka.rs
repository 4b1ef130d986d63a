use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};

/// Only subscribes; who asks for the consumer reads from it.
pub fn create_consumer(topics: &[&str], group: &str) -> StreamConsumer {
    let consumer: StreamConsumer = ClientConfig::new().set("group.id", group).create().expect("a consumer");
    consumer.subscribe(topics).expect("a subscription");
    consumer
}

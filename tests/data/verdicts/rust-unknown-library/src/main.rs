mod handlers;

use acme_rmq::{Delivery, Rmq};

type Handler = fn(Delivery, Rmq) -> BoxFuture<'static, Result<(), Error>>;

/// Reads a queue through a library of the company that no rule describes.
fn listen(queue: String, handler: Handler, client: Rmq) {
    tokio::spawn(async move {
        loop {
            let client = client.clone();
            let queue = &queue;
            let reading = Box::pin(async move {
                let channel = client.create_channel().await?;
                let mut consumer = channel.create_consumer(queue, "orders").await?;
                while let Some(delivery) = consumer.next().await {
                    handler(delivery?, client.clone()).await?
                }
                Ok::<_, Error>(())
            });
            if let Err(error) = reading.await {
                tracing::error!("{error}");
            }
        }
    });
}

#[tokio::main]
async fn main() {
    let client = Rmq::connect("amqp://localhost").await;
    listen("orders.reserved".into(), handlers::reserved, client.clone());
    listen("orders.paid".into(), handlers::paid, client.clone());
}

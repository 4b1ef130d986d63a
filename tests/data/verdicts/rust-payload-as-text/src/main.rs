use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::{ClientConfig, Message};

async fn paid(order: &str) -> anyhow::Result<()> {
    let pool = sqlx::PgPool::connect("postgres://localhost/app").await?;
    sqlx::query("UPDATE orders SET paid = true WHERE id = $1").bind(order).execute(&pool).await?;
    Ok(())
}

// The payload is the name of the order, and another name is refused.
async fn orders() -> anyhow::Result<()> {
    let consumer: StreamConsumer = ClientConfig::new().set("group.id", "app").create()?;
    consumer.subscribe(&["order.paid"])?;
    loop {
        let message = consumer.recv().await?;
        let order: String = String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
        if !order.starts_with("order-") {
            anyhow::bail!("no order");
        }
        paid(&order).await?;
        consumer.commit_message(&message, CommitMode::Async)?;
    }
}

// A setting is refused here, and not the message.
async fn parcels() -> anyhow::Result<()> {
    let consumer: StreamConsumer = ClientConfig::new().set("group.id", "app").create()?;
    consumer.subscribe(&["parcel.paid"])?;
    loop {
        let message = consumer.recv().await?;
        let shop = std::env::var("SHOP").unwrap_or_default();
        if shop.is_empty() {
            anyhow::bail!("no shop");
        }
        paid(&String::from_utf8_lossy(message.payload().unwrap_or_default())).await?;
        consumer.commit_message(&message, CommitMode::Async)?;
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tokio::try_join!(orders(), parcels())?;
    Ok(())
}

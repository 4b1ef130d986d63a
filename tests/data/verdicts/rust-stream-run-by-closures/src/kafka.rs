use crate::Reserved;
use futures::StreamExt;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::ClientConfig;
use sqlx::PgPool;
pub async fn run(pool: PgPool) -> anyhow::Result<()> {
    let consumer: StreamConsumer = ClientConfig::new().set("group.id", "stock").create()?;
    consumer.subscribe(&["stock.reserved"])?;
    consumer
        .stream()
        .for_each_concurrent(8, |message| {
            let pool = pool.clone();
            async move {
                let Ok(message) = message else { return };
                let Some(payload) = message.payload() else { return };
                let Ok(event) = serde_json::from_slice::<Reserved>(payload) else { return };
                if let Err(error) = reserve(&pool, &event).await {
                    tracing::error!("{error}");
                }
            }
        })
        .await;
    Ok(())
}
async fn reserve(pool: &PgPool, event: &Reserved) -> anyhow::Result<()> {
    sqlx::query("UPDATE stock SET reserved = reserved + $2 WHERE id = $1")
        .bind(&event.id)
        .bind(event.quantity)
        .execute(pool)
        .await?;
    Ok(())
}

use crate::Reserved;
use async_nats::jetstream::{self, consumer::pull, stream};
use futures::{StreamExt, TryStreamExt};
use sqlx::PgPool;
pub async fn run(pool: PgPool) -> anyhow::Result<()> {
    let context = jetstream::new(async_nats::connect("nats").await?);
    let stream = context
        .get_or_create_stream(stream::Config { name: "STOCK".into(), subjects: vec!["stock.>".into()], ..Default::default() })
        .await?;
    let consumer = stream
        .get_or_create_consumer("stock", pull::Config { durable_name: Some("stock".into()), filter_subject: "stock.released".into(), ..Default::default() })
        .await?;
    let messages = consumer.messages().await?;
    messages
        .try_for_each_concurrent(4, |message| async {
            let event: Reserved = serde_json::from_slice(&message.payload).map_err(std::io::Error::other)?;
            sqlx::query("INSERT INTO releases (id, stock) VALUES (gen_random_uuid(), $1)")
                .bind(&event.id)
                .execute(&pool)
                .await?;
            message.ack().await?;
            Ok(())
        })
        .await?;
    Ok(())
}

use crate::Reserved;
use lapin::message::DeliveryResult;
use lapin::options::{BasicAckOptions, BasicConsumeOptions};
use lapin::types::FieldTable;
use sqlx::PgPool;
pub async fn run(pool: PgPool) -> anyhow::Result<()> {
    let connection = lapin::Connection::connect("amqp://", Default::default()).await?;
    let channel = connection.create_channel().await?;
    let consumer = channel
        .basic_consume("stock.counted", "stock", BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    consumer.set_delegate(move |delivery: DeliveryResult| {
        let pool = pool.clone();
        async move {
            let Ok(Some(delivery)) = delivery else { return };
            let event: Reserved = serde_json::from_slice(&delivery.data).unwrap();
            sqlx::query("INSERT INTO counts (id, quantity) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET quantity = $2")
                .bind(&event.id)
                .bind(event.quantity)
                .execute(&pool)
                .await
                .unwrap();
            delivery.ack(BasicAckOptions::default()).await.unwrap();
        }
    });
    Ok(())
}

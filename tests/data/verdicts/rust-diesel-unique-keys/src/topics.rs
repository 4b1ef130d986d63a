use crate::schema::{invoices, refunds, reminders};
use diesel::prelude::*;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::ClientConfig;
use uuid::Uuid;
#[derive(serde::Deserialize)]
struct Order {
    order_id: String,
    total: i64,
}
#[derive(Insertable)]
#[diesel(table_name = invoices)]
struct NewInvoice<'a> {
    id: Uuid,
    order_id: &'a str,
    total: i64,
}
fn connect() -> PgConnection {
    PgConnection::establish("postgres://").unwrap()
}
fn consumer(topic: &str) -> StreamConsumer {
    let consumer: StreamConsumer = ClientConfig::new().set("group.id", "billing").create().unwrap();
    consumer.subscribe(&[topic]).unwrap();
    consumer
}
// The migration has a unique index on the order, so a second delivery is refused.
pub async fn paid() -> anyhow::Result<()> {
    let consumer = consumer("order.paid");
    loop {
        let message = consumer.recv().await?;
        let order: Order = serde_json::from_slice(message.payload().unwrap_or_default())?;
        let invoice = NewInvoice { id: Uuid::new_v4(), order_id: &order.order_id, total: order.total };
        diesel::insert_into(invoices::table).values(&invoice).execute(&mut connect())?;
    }
}
// Nothing is unique but the fresh id.
pub async fn late() -> anyhow::Result<()> {
    let consumer = consumer("order.late");
    loop {
        let message = consumer.recv().await?;
        let order: Order = serde_json::from_slice(message.payload().unwrap_or_default())?;
        diesel::insert_into(reminders::table)
            .values((reminders::id.eq(Uuid::new_v4()), reminders::order_id.eq(order.order_id)))
            .execute(&mut connect())?;
    }
}
// The order is the primary key.
pub async fn refunded() -> anyhow::Result<()> {
    let consumer = consumer("order.refunded");
    loop {
        let message = consumer.recv().await?;
        let order: Order = serde_json::from_slice(message.payload().unwrap_or_default())?;
        diesel::insert_into(refunds::table)
            .values((refunds::order_id.eq(&order.order_id), refunds::total.eq(order.total)))
            .execute(&mut connect())?;
    }
}
// The conflict is resolved by setting the same value.
pub async fn priced() -> anyhow::Result<()> {
    let consumer = consumer("order.priced");
    loop {
        let message = consumer.recv().await?;
        let order: Order = serde_json::from_slice(message.payload().unwrap_or_default())?;
        diesel::insert_into(refunds::table)
            .values((refunds::order_id.eq(&order.order_id), refunds::total.eq(order.total)))
            .on_conflict(refunds::order_id)
            .do_update()
            .set(refunds::total.eq(order.total))
            .execute(&mut connect())?;
    }
}

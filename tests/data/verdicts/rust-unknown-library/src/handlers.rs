use acme_rmq::{Delivery, Rmq};
use diesel::prelude::*;

/// Sets a state, so a second time changes nothing.
pub fn reserved(delivery: Delivery, client: Rmq) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move {
        let event: Reserved = serde_json::from_slice(&delivery.data)?;
        diesel::update(orders::table).filter(orders::id.eq(event.order)).set(orders::status.eq("RESERVED")).execute(client.db()).await?;
        Ok(())
    })
}

/// Puts a message into the outbox each time.
pub fn paid(delivery: Delivery, client: Rmq) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move {
        let event: Paid = serde_json::from_slice(&delivery.data)?;
        diesel::insert_into(outbox::table)
            .values(NewEvent { event_type: "delivery.requested".into(), payload: serde_json::to_string(&event)? })
            .execute(client.db())
            .await?;
        Ok(())
    })
}

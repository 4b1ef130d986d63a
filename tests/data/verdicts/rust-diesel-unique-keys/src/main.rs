mod schema;
mod topics;
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tokio::try_join!(topics::paid(), topics::late(), topics::refunded(), topics::priced())?;
    Ok(())
}

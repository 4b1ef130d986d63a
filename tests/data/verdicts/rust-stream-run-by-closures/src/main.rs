mod kafka;
mod nats;
mod rabbit;
use sqlx::PgPool;
#[derive(serde::Deserialize)]
pub struct Reserved {
    pub id: String,
    pub quantity: i32,
}
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pool = PgPool::connect("postgres://").await?;
    kafka::run(pool.clone()).await?;
    nats::run(pool.clone()).await?;
    rabbit::run(pool).await?;
    Ok(())
}

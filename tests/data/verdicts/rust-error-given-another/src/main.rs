use apalis::prelude::*;
use apalis_redis::RedisStorage;
use redis::AsyncCommands;

struct Welcome {
    id: String,
}

struct Farewell {
    id: String,
}

async fn count() -> anyhow::Result<()> {
    let pool = sqlx::PgPool::connect("postgres://localhost/app").await?;
    sqlx::query("UPDATE totals SET mails = mails + 1").execute(&pool).await?;
    Ok(())
}

// An error of Redis counts as a message that is new: partial.
async fn welcome(job: Welcome) -> anyhow::Result<()> {
    let mut connection = redis::Client::open("redis://localhost")?.get_multiplexed_async_connection().await?;
    let first: bool = connection.set_nx(format!("processed:{}", job.id), 1).await.unwrap_or(true);
    if !first {
        return Ok(());
    }
    count().await
}

// What stands in for an error may fail itself, and is asked: implemented.
async fn farewell(job: Farewell) -> anyhow::Result<()> {
    let mut connection = redis::Client::open("redis://localhost")?.get_multiplexed_async_connection().await?;
    let first: bool = connection.set_nx(format!("processed:{}", job.id), 1).await.or_else(|error| Err(error))?;
    if !first {
        return Ok(());
    }
    count().await
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let connection = apalis_redis::connect("redis://localhost").await?;
    let welcomes: RedisStorage<Welcome> = RedisStorage::new(connection.clone());
    let farewells: RedisStorage<Farewell> = RedisStorage::new(connection);
    tokio::join!(
        WorkerBuilder::new("welcomes").backend(welcomes).build_fn(welcome).run(),
        WorkerBuilder::new("farewells").backend(farewells).build_fn(farewell).run(),
    );
    Ok(())
}

mod kafka;

use kafka::{Reader, create_consumer};

async fn count_orders(pool: &sqlx::PgPool) {
    let consumer = create_consumer(&["orders.created"], "stock");
    loop {
        match consumer.recv().await {
            Ok(message) => {
                sqlx::query("UPDATE stock SET sold = sold + 1 WHERE id = $1").bind(message.key()).execute(pool).await.unwrap();
            }
            Err(error) => eprintln!("{error}"),
        }
    }
}

#[tokio::main]
async fn main() {
    let pool = sqlx::PgPool::connect("postgres://localhost").await.unwrap();
    count_orders(&pool).await;
    Reader::new("orders.reserved").run(&pool).await;
}

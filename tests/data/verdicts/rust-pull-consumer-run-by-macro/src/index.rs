use std::sync::Arc;
use std::time::Duration;
use anyhow::Context;
use async_nats::jetstream::stream;
use futures::TryStreamExt;
use scuffle_context::ContextFutExt;
use crate::global::Global;
pub async fn run(global: Arc<Global>, ctx: scuffle_context::Context) -> anyhow::Result<()> {
    let config = stream::Config { name: "CHANGES".to_string(), subjects: vec!["changes".to_string()], ..Default::default() };
    let stream = tokio::time::timeout(Duration::from_secs(5), global.jetstream.get_or_create_stream(config.clone()))
        .await
        .context("timeout")?
        .context("stream")?;
    setup(&global, stream, &ctx).await?;
    Ok(())
}
async fn setup(
    global: &Arc<Global>,
    stream: async_nats::jetstream::stream::Stream,
    ctx: &scuffle_context::Context,
) -> anyhow::Result<()> {
    let config = async_nats::jetstream::consumer::pull::Config {
        name: Some("indexer".to_string()),
        max_deliver: 5,
        ..Default::default()
    };
    let consumer = tokio::time::timeout(Duration::from_secs(5), stream.get_or_create_consumer("indexer", config.clone()))
        .await
        .context("timeout")?
        .context("consumer")?;
    let mut messages = tokio::time::timeout(Duration::from_secs(5), consumer.messages())
        .await
        .context("timeout")?
        .context("messages")?;
    while let Some(message) = messages.try_next().await.context("get message")? {
        tracing::info!("{:?}", message.payload);
        message.ack().await.ok();
    }
    Ok(())
}

import amqp, { type Channel, type ConsumeMessage } from "amqplib";
import { Pool } from "pg";

const pool = new Pool();

async function onPaid(message: ConsumeMessage | null) {
  await pool.query("INSERT INTO payments (body) VALUES ($1)", [message?.content.toString()]);
}

async function onPriced(message: ConsumeMessage | null) {
  const { sku, price } = JSON.parse(message!.content.toString());
  await pool.query("UPDATE prices SET price = $1 WHERE sku = $2", [price, sku]);
}

const SUBSCRIPTIONS = [
  { queue: "billing.paid", key: "order.paid", handler: onPaid },
  { queue: "billing.priced", key: "item.priced", handler: onPriced },
];

async function listen(channel: Channel, queue: string, handler: (message: ConsumeMessage | null) => Promise<void>) {
  await channel.assertQueue(queue);
  await channel.consume(queue, handler);
}

// Each queue goes with its own handler and its own routing key.
async function main() {
  const connection = await amqp.connect("amqp://localhost");
  const channel = await connection.createChannel();
  for (const { queue, key } of SUBSCRIPTIONS) {
    await channel.bindQueue(queue, "shop", key);
  }
  await Promise.all(SUBSCRIPTIONS.map(({ queue, handler }) => listen(channel, queue, handler)));
}

main();

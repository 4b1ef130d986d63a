import * as amqp from "amqplib";
import { Pool } from "pg";

const pool = new Pool();

async function store(order: { id: string }) {
  await pool.query("INSERT INTO orders (id) VALUES ($1)", [order.id]);
}

async function main() {
  const connection = await amqp.connect("amqp://localhost");
  const channel = await connection.createChannel();
  await channel.assertQueue("placed", { arguments: { "x-dead-letter-exchange": "dlx" } });
  await channel.consume("placed", async (message) => {
    try {
      await store(JSON.parse(message.content.toString()));
      channel.ack(message);
    } catch (error) {
      console.error(error);
      channel.ack(message); // want
      return;
    }
  });
  await channel.assertQueue("paid", { arguments: { "x-dead-letter-exchange": "dlx" } });
  await channel.consume("paid", async (message) => {
    try {
      await store(JSON.parse(message.content.toString()));
    } catch {}
    channel.ack(message); // want
  });
}

main();

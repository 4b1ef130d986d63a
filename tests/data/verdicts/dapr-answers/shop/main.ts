import { DaprServer, DaprPubSubStatusEnum } from "@dapr/dapr";
import { Client } from "pg";

const server = new DaprServer();
const db = new Client();

async function start(): Promise<void> {
  // What this throws is answered with SUCCESS.
  await server.pubsub.subscribeWithOptions("stock", "order.paid", {
    callback: async (order: { id: string }) => {
      await db.query("INSERT INTO payments (id) VALUES (gen_random_uuid())");
    },
    deadLetterTopic: "order.paid.dlq",
  });
  // This says itself what becomes of the message.
  await server.pubsub.subscribeWithOptions("stock", "order.sent", {
    callback: async (order: { id: string }) => {
      try {
        await db.query("INSERT INTO parcels (id) VALUES (gen_random_uuid())");
      } catch (error) {
        return DaprPubSubStatusEnum.DROP;
      }
      return DaprPubSubStatusEnum.SUCCESS;
    },
    deadLetterTopic: "order.sent.dlq",
  });
  await server.start();
}

void start();

import { Kafka } from "kafkajs";

const kafka = new Kafka({ brokers: [] });

// Both services call it TOPIC: each chart says its own.
async function start() {
  const consumer = kafka.consumer({ groupId: "orders" });
  await consumer.subscribe({ topic: process.env.TOPIC! });
  await consumer.run({ eachMessage: async ({ message }) => console.log(message.value) });
  const producer = kafka.producer();
  await producer.send({ topic: process.env.OUT_TOPIC!, messages: [] });
}
start();

import { Kafka } from "kafkajs";

const kafka = new Kafka({ brokers: [] });

async function start() {
  const consumer = kafka.consumer({ groupId: process.env.GROUP! });
  await consumer.subscribe({ topic: process.env.TOPIC! });
  await consumer.subscribe({ topic: process.env.EXTRA_TOPIC! });
  await consumer.run({ eachMessage: async ({ message }) => console.log(message.value) });
}
start();

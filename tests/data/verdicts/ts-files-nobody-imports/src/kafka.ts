import { Kafka } from "kafkajs";
export const kafka = new Kafka({ brokers: [] });
export async function read(topic: string, handle: (text: string) => void) {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }) => handle(String(message.value)) });
}

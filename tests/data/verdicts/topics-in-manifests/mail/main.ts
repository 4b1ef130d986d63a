import amqp from "amqplib";
import { Kafka } from "kafkajs";

const kafka = new Kafka({ brokers: ["localhost:9092"] });

async function start(): Promise<void> {
  const channel = await (await amqp.connect("amqp://localhost")).createChannel();
  await channel.assertQueue("mail.receipts", { deadLetterExchange: "", deadLetterRoutingKey: "mail.receipts.dlq" });
  await channel.consume("mail.receipts", (message) => {
    console.log(message?.content.toString());
  });
  const consumer = kafka.consumer({ groupId: "mail" });
  await consumer.subscribe({ topic: "order.paid" });
  await consumer.run({
    eachMessage: async ({ message }) => {
      console.log(message.value?.toString());
    },
  });
}

void start();

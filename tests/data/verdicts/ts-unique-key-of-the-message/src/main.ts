import { Kafka } from "kafkajs";
import mongoose, { Schema } from "mongoose";
import { Queue } from "bullmq";
import { randomUUID } from "crypto";

const Ticket = mongoose.model("Ticket", new Schema({ title: String }));
const reminders = new Queue("reminders");
const kafka = new Kafka({ brokers: ["localhost:9092"] });

async function read(topic: string, handle: (event: any) => Promise<void>) {
  const consumer = kafka.consumer({ groupId: "projections" });
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }) => handle(JSON.parse(message.value!.toString())) });
}

async function main() {
  // The key of the message refuses a second one.
  await read("tickets.created", async (event) => {
    await Ticket.create({ _id: event.id, title: event.title });
  });
  // A new key each time.
  await read("tickets.copied", async (event) => {
    const copy = new Ticket({ _id: randomUUID(), title: event.title });
    await copy.save();
  });
  // The queue leaves out a job that it has.
  await read("tickets.sold", async (event) => {
    await reminders.add("remind", { id: event.id }, { jobId: event.id });
  });
}

main();

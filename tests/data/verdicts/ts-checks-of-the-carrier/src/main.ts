import { Kafka } from "kafkajs";
import knex from "knex";

const db = knex({ client: "pg" });
const kafka = new Kafka({ brokers: [] });

interface Carrier<T> {
  id: string;
  type: string;
  data: T;
}

interface Paid {
  order: string;
  amount: number;
}

async function read<T>(topic: string, handle: (event: T) => Promise<void>) {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }) => handle(JSON.parse(message.value!.toString()) as T) });
}

function validate(event: Carrier<unknown>) {
  if (!event.id) throw new Error("no id");
  if (!event.type) throw new Error("no type");
  if (!event.data) throw new Error("no data");
}

async function main() {
  // The carrier is checked, what it carries is not.
  await read<Carrier<Paid>>("order.paid", async (event) => {
    validate(event);
    await db("payments").insert({ order: event.data.order, amount: event.data.amount });
  });
  // What is carried is checked as well.
  await read<Carrier<Paid>>("order.charged", async (event) => {
    validate(event);
    if (event.data.amount <= 0) throw new Error("no amount");
    await db("payments").insert({ order: event.data.order, amount: event.data.amount });
  });
  // The kind alone decides.
  await read<Paid & { kind: string }>("order.closed", async (event) => {
    if (event.kind !== "closed") throw new Error("unknown kind");
    await db("payments").insert({ order: event.order, amount: event.amount });
  });
  // Fields of the payload.
  await read<Paid>("order.settled", async (event) => {
    if (!event.order) throw new Error("no order");
    if (event.amount <= 0) throw new Error("no amount");
    await db("payments").insert({ order: event.order, amount: event.amount });
  });
}

main();

import { Kafka } from "kafkajs";
import { DataSource, EntityManager } from "typeorm";

class ArrivalIdemp {
  messageId!: string;
  static of(messageId: string) {
    const arrival = new ArrivalIdemp();
    arrival.messageId = messageId;
    return arrival;
  }
}

class Item {
  id?: number;
  name?: string;
}

class Arrivals {
  async assertNew(messageId: string, manager: EntityManager): Promise<void> {
    const existing = await manager.findOne(ArrivalIdemp, { where: { messageId } });
    if (existing) {
      throw new Error("seen");
    }
  }
  async note(messageId: string, manager: EntityManager) {
    return manager.save(ArrivalIdemp.of(messageId));
  }
}

const source = new DataSource({ type: "postgres" });
const items = source.getRepository(Item);
const arrivals = new Arrivals();
const kafka = new Kafka({ brokers: [] });

async function read(topic: string, handle: (event: any) => Promise<void>) {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }) => handle(JSON.parse(message.value!.toString())) });
}

// A record of messages, checked by a helper that throws.
read("item.came", async (event) => {
  await source.transaction(async (manager) => {
    await arrivals.assertNew(event.id, manager);
    await arrivals.note(event.id, manager);
    const item = new Item();
    item.name = event.name;
    await manager.save(item);
  });
});

// What is there is refused with an error: nothing is done again.
read("item.listed", async (event) => {
  const found = await items.findOneBy({ id: event.id });
  if (found) {
    throw new Error("listed before");
  }
  const item = new Item();
  item.id = event.id;
  await items.save(item);
});

// That something else is there says nothing.
read("item.sold", async (event) => {
  const found = await items.findOneBy({ id: event.id });
  if (!found) {
    throw new Error("unknown");
  }
  await fetch("http://mail", { method: "POST" });
  await source.getRepository(ArrivalIdemp).increment({ messageId: event.id }, "count", 1);
});

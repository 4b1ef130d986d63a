import { Kafka } from "kafkajs";
import { DataSource, Repository } from "typeorm";

class Guest {
  id?: number;
  name?: string;
  constructor(given?: Partial<Guest>) {
    Object.assign(this, given);
  }
}

// What is saved is made, or read, by whoever calls.
class Guests {
  constructor(private readonly rows: Repository<Guest>) {}
  async store(guest: Guest) {
    return await this.rows.save(guest);
  }
  async find(id: number) {
    return await this.rows.findOneBy({ id });
  }
}

const guests = new Guests(new DataSource({ type: "postgres" }).getRepository(Guest));
const kafka = new Kafka({ brokers: [] });

async function read(topic: string, handle: (event: any) => Promise<void>) {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }) => handle(JSON.parse(message.value!.toString())) });
}

read("guest.came", async (event) => {
  await guests.store(new Guest({ name: event.name }));
});

read("guest.renamed", async (event) => {
  const guest = await guests.find(event.id);
  guest!.name = event.name;
  await guests.store(guest!);
});

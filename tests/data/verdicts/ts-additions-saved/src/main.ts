import { Kafka } from "kafkajs";
import { DataSource } from "typeorm";

class User {
  id!: string;
  points!: number;
  badges!: string[];
  name!: string;
  version!: number;
}

class Report {
  id!: string;
  total = 0;
}

const source = new DataSource({ type: "postgres" });
const users = source.getRepository(User);
const reports = source.getRepository(Report);
const kafka = new Kafka({ brokers: [] });

async function read(topic: string, handle: (event: any) => Promise<void>) {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async ({ message }) => handle(JSON.parse(message.value!.toString())) });
}

async function main() {
  // Adds and saves: missing.
  await read("points.given", async (event) => {
    const user = await users.findOneOrFail({ where: { id: event.userId } });
    user.points += event.points;
    await users.save(user);
  });
  // A copy with a sum: missing.
  await read("points.copied", async (event) => {
    const user = await users.findOneOrFail({ where: { id: event.userId } });
    await users.save({ ...user, points: user.points + event.points });
  });
  // The update is given the sum: missing.
  await read("points.taken", async (event) => {
    const user = await users.findOneOrFail({ where: { id: event.userId } });
    await users.update(event.userId, { points: user.points - event.points });
  });
  // A list grows: missing.
  await read("badge.given", async (event) => {
    const user = await users.findOneOrFail({ where: { id: event.userId } });
    user.badges.push(event.badge);
    await users.save(user);
  });
  // Sets, and counts the writes: upsert.
  await read("user.renamed", async (event) => {
    const user = await users.findOneOrFail({ where: { id: event.userId } });
    user.name = event.name;
    user.version++;
    await users.save(user);
  });
  // Summed up anew from each message: an insert or upsert, and no addition.
  await read("report.asked", async (event) => {
    const report = new Report();
    report.id = event.id;
    for (const line of event.lines) {
      report.total += line.price;
    }
    await reports.save(report);
  });
}

main();

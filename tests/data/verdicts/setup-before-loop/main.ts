import { connect, StringCodec } from "nats";
import { Client } from "pg";

const codec = StringCodec();
const db = new Client();

/** The row that counts starts is written once for each start, and never for a message. */
async function listen(): Promise<void> {
  const nats = await connect();
  await db.query("INSERT INTO starts (at) VALUES (now())");
  for await (const message of nats.subscribe("visits.page")) {
    const visit = JSON.parse(codec.decode(message.data));
    await db.query("INSERT INTO pages (path) VALUES ($1) ON CONFLICT (path) DO NOTHING", [visit.path]);
  }
}

void listen();

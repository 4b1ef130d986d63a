import { Pool } from "pg";
import { createBus } from "./bus";

const pool = new Pool();
const bus = createBus({ service: "billing" });

async function onPaid(event: { id: string; amount: number }) {
  await pool.query("INSERT INTO payments (amount) VALUES ($1)", [event.amount]);
  await bus.publish("billed", { id: event.id });
}

bus.subscribe("paid", onPaid);
bus.start();

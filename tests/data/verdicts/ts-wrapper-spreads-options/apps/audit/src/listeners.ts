import { Listener, Context, Connections } from "@shop/hub";
import { Pool } from "pg";
const pool = new Pool();
let users: Listener | null = null;
let payments: Listener | null = null;
async function record(event: any, context: Context): Promise<void> {
  try {
    await pool.query("INSERT INTO audit (kind, subject) VALUES ($1, $2)", [event.type, event.data.id]);
    context.ack();
  } catch (error) {
    context.nack(true);
  }
}
export async function startUsers(): Promise<void> {
  if (users) return;
  users = new Listener(new Connections(), { exchange: "events", queue: "audit.users", pattern: "user.*" });
  await users.initialize();
  await users.subscribe(async (event, context) => {
    switch (event.type) {
      case "user.created":
        await record(event, context);
        break;
      default:
        context.ack();
    }
  });
}
export async function startPayments(): Promise<void> {
  payments = new Listener(new Connections(), { exchange: "events", queue: "audit.payments", pattern: "payment.*", deadLetterExchange: "events.dlx" });
  await payments.subscribe(async (event, context) => {
    await record(event, context);
  });
}

import type { Consumer, JetStreamClient, JetStreamManager, JsMsg } from "nats";
import { connect } from "nats";

interface Deps {
  client: JetStreamClient;
  manager: JetStreamManager;
}

let deps: Deps | null = null;

export async function open() {
  const connection = await connect();
  deps = { client: connection.jetstream(), manager: await connection.jetstreamManager() };
}

function opened(): Deps {
  if (!deps) throw new Error("not connected");
  return deps;
}

async function retry<T>(operation: () => Promise<T>, attempts: number): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (attempts-- === 0) throw error;
    }
  }
}

export interface Options {
  durable: string;
  subject: string;
  deadLetter?: string;
}

// The dead letter is only there for those who give the option.
export async function startWorker<T>(options: Options, handler: (data: T) => Promise<void>) {
  const { client, manager } = opened();
  await manager.consumers.add("SHOP", { durable_name: options.durable, filter_subject: options.subject });
  const consumer: Consumer = await retry(() => client.consumers.get("SHOP", options.durable), 3);
  const handle = processor({ options, handler });
  for await (const message of await consumer.consume()) {
    await handle(message);
  }
}

function processor<T>({ options, handler }: { options: Options; handler: (data: T) => Promise<void> }) {
  return async (message: JsMsg) => {
    try {
      await handler(JSON.parse(message.data.toString()) as T);
      message.ack();
    } catch (error) {
      if (options.deadLetter) {
        await opened().client.publish(options.deadLetter, message.data);
      }
      message.term();
    }
  };
}

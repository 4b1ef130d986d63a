import { Queue, Worker } from "bullmq";

const SERVICES = ["billing", "mails"];

function queueOf(service: string) {
  return `events-${service}`;
}

export function createBus(config: { service: string }) {
  const { service } = config;
  const queues = new Map<string, Queue>(SERVICES.map((name) => [name, new Queue(queueOf(name))]));
  const handlers = new Map<string, Array<(event: any) => Promise<void>>>();

  function subscribe(name: string, handler: (event: any) => Promise<void>) {
    const known = handlers.get(name) ?? [];
    handlers.set(name, [...known, handler]);
  }

  function start() {
    return new Worker(queueOf(service), async (job) => {
      for (const handler of handlers.get(job.name) ?? []) {
        await handler(job.data);
      }
    });
  }

  async function publish(name: string, data: object) {
    await Promise.all(SERVICES.map((one) => queues.get(one)!.add(name, data)));
  }

  return { subscribe, start, publish };
}

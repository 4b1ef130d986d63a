import * as amqp from "amqplib";
import { Connections } from "./connection";
export interface Options { exchange: string; queue?: string; pattern: string; durable?: boolean; deadLetterExchange?: string; arguments?: Record<string, unknown>; }
export interface Context { ack: () => void; nack: (requeue?: boolean) => void; }
export type Handler = (event: any, context: Context) => Promise<void> | void;
const defaults: Partial<Options> = { durable: true };
export class Listener {
  private readonly connections: Connections;
  private readonly options: Options;
  private ready = false;
  constructor(connections: Connections, options: Options) {
    this.connections = connections;
    this.options = { ...defaults, ...options } as Options;
  }
  async initialize(): Promise<void> {
    const channel = await this.connections.getChannel();
    await channel.assertExchange(this.options.exchange, "topic", { durable: true });
    const args: Record<string, unknown> = { ...this.options.arguments };
    if (this.options.deadLetterExchange) {
      args["x-dead-letter-exchange"] = this.options.deadLetterExchange;
    }
    const queue = await channel.assertQueue(this.options.queue || "", { durable: this.options.durable, arguments: args });
    this.options.queue = queue.queue;
    await channel.bindQueue(queue.queue, this.options.exchange, this.options.pattern);
    this.ready = true;
  }
  async subscribe(handler: Handler): Promise<void> {
    if (!this.ready) await this.initialize();
    const channel = await this.connections.getChannel();
    await channel.consume(this.options.queue!, async (msg: amqp.ConsumeMessage | null) => {
      if (!msg) return;
      try {
        const event = this.parse(msg.content);
        this.check(event);
        const context: Context = {
          ack: () => { channel.ack(msg); },
          nack: (requeue = true) => { channel.nack(msg, false, requeue); },
        };
        await handler(event, context);
      } catch (error) {
        channel.nack(msg, false, false);
      }
    }, { noAck: false });
  }
  private parse(buffer: Buffer): any { return JSON.parse(buffer.toString()); }
  private check(event: any): void {
    if (!event.id) throw new Error("id is missing");
    if (!event.type) throw new Error("type is missing");
  }
}

import * as amqp from "amqplib";

// A type that says nothing is none.
export class Refunds {
  private channel!: any;
  private async open() {
    const connection = await amqp.connect("amqp://localhost");
    return connection.createChannel();
  }
  async start() {
    this.channel = await this.open();
    await this.channel.consume("order.refunded", (message: amqp.Message | null) => {
      if (message) this.channel.ack(message);
    });
  }
}

new Refunds().start();

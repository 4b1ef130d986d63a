import * as amqp from "amqplib";
export class Connections {
  private channel: amqp.Channel | null = null;
  async getChannel(): Promise<amqp.Channel> {
    if (!this.channel) {
      const connection = await amqp.connect("amqp://localhost");
      this.channel = await connection.createChannel();
    }
    return this.channel;
  }
}

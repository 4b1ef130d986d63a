const { Kafka } = require("kafkajs");
const amqp = require("amqplib");

// No field says its type: what is put into it does.
class Orders {
  constructor() {
    this.kafka = new Kafka({ brokers: [] });
    this.consumer = this.kafka.consumer({ groupId: "shop" });
    this.producer = null;
  }
  async start() {
    this.producer = this.kafka.producer();
    await this.consumer.subscribe({ topic: "order.paid" });
    await this.consumer.run({ eachMessage: async ({ message }) => this.onPaid(JSON.parse(message.value)) });
  }
  async onPaid(order) {
    await this.producer.send({ topic: "parcel.packed", messages: [{ value: order.id }] });
  }
}

class Base {
  async connect() {
    this.connection = await amqp.connect("amqp://localhost");
    this.channel = await this.connection.createChannel();
  }
}

class Parcels extends Base {
  async start() {
    await this.connect();
    await this.channel.assertQueue("parcel.sent");
    await this.channel.consume("parcel.sent", (message) => this.channel.ack(message));
  }
}

new Orders().start();
new Parcels().start();

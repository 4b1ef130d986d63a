// A library's producer behind an interface of the class that uses it.
import { Kafka } from 'kafkajs';

interface Sender {
  send(record: { topic: string; messages: { value: string }[] }): Promise<unknown>;
}

class Orders {
  constructor(private readonly sender: Sender) {}

  async place(id: string): Promise<void> {
    await this.sender.send({ topic: 'order.placed', messages: [{ value: id }] });
  }
}

interface Screen {
  send(record: { topic: string }): void;
}

class Board {
  constructor(private readonly screen: Screen) {}

  show(): void {
    this.screen.send({ topic: 'board.news' });
  }
}

async function main(): Promise<void> {
  const kafka = new Kafka({ brokers: ['localhost:9092'] });
  await new Orders(kafka.producer()).place('1');
  new Board({ send: () => undefined }).show();
}

main();

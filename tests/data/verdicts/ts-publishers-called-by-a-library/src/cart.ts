import { Body, Controller, Injectable, Param, Post } from "@nestjs/common";
import { CommandBus, CommandHandler, ICommandHandler } from "@nestjs/cqrs";
import { Kafka } from "kafkajs";

abstract class Happened {
  abstract readonly name: string;
}

class ItemAdded extends Happened {
  readonly name = "cart.added";
  constructor(public readonly item: string) {
    super();
  }
}

class Cart {
  private happened: Happened[] = [];
  add(item: string) {
    this.happened.push(new ItemAdded(item));
  }
  pull(): Happened[] {
    return this.happened;
  }
}

class AddItem {
  constructor(public readonly user: string, public readonly item: string) {}
}

@Injectable()
export class Outgoing {
  private readonly producer = new Kafka({ brokers: [] }).producer();
  async send(events: Happened[]) {
    for (const event of events) {
      await this.producer.send({ topic: event.name, messages: [{ value: JSON.stringify(event) }] });
    }
  }
}

// The library calls it: no code of the tree does.
@CommandHandler(AddItem)
export class AddHandler implements ICommandHandler<AddItem> {
  constructor(private readonly outgoing: Outgoing) {}
  async execute(command: AddItem) {
    const cart = new Cart();
    cart.add(command.item);
    await this.outgoing.send(cart.pull());
  }
}

// Nobody calls it, and no library does.
export class Idle {
  constructor(private readonly outgoing: Outgoing) {}
  async tell(topic: string) {
    await new Kafka({ brokers: [] }).producer().send({ topic, messages: [] });
  }
}

@Controller("cart")
export class CartController {
  constructor(private readonly commands: CommandBus) {}
  @Post(":user")
  add(@Param("user") user: string, @Body() body: { item: string }) {
    return this.commands.execute(new AddItem(user, body.item));
  }
}

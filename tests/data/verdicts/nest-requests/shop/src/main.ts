import { Inject, Injectable } from "@nestjs/common";
import { ClientProxy } from "@nestjs/microservices";

@Injectable()
export class Orders {
  constructor(
    @Inject("STOCK") private readonly stock: ClientProxy,
    @Inject("PRICES") private readonly prices: ClientProxy,
  ) {}

  // Over RabbitMQ a message, over TCP a call.
  async pay(id: string) {
    await this.prices.send("price.of", { id });
    return this.stock.send("stock.reserve", { id });
  }
}

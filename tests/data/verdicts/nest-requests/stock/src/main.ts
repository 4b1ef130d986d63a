import { Controller } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { MessagePattern, Transport } from "@nestjs/microservices";

@Controller()
export class StockController {
  @MessagePattern("stock.reserve")
  reserve(order: { id: string }) {
    return { ok: true };
  }
}

async function main() {
  const app = await NestFactory.createMicroservice(StockController, { transport: Transport.RMQ, options: { queue: "stock" } });
  await app.listen();
}

main();

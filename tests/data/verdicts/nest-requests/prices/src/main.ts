import { Controller } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { MessagePattern, Transport } from "@nestjs/microservices";

@Controller()
export class PriceController {
  @MessagePattern("price.of")
  price(order: { id: string }) {
    return 1;
  }
}

async function main() {
  const app = await NestFactory.createMicroservice(PriceController, { transport: Transport.TCP });
  await app.listen();
}

main();

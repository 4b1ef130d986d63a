import { NestFactory } from "@nestjs/core";
import { Transport } from "@nestjs/microservices";
import { ShopModule } from "./shop.module";
async function bootstrap() {
  const app = await NestFactory.create(ShopModule);
  app.connectMicroservice({ transport: Transport.NATS, options: { servers: ["nats://localhost"] } });
  await app.startAllMicroservices();
}
bootstrap();

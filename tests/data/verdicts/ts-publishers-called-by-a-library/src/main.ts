import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AddHandler, CartController, Outgoing } from "./cart";

@Module({ controllers: [CartController], providers: [AddHandler, Outgoing] })
class AppModule {}

async function main() {
  const app = await NestFactory.create(AppModule);
  await app.listen(3000);
}
main();

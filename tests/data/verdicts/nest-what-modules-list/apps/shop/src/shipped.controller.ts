import { Controller, Logger } from "@nestjs/common";
import { EventPattern } from "@nestjs/microservices";
@Controller()
export class ShippedController {
  private readonly logger = new Logger(ShippedController.name);
  @EventPattern("order.shipped")
  async shipped(order: { id: string }) {
    this.logger.log(ShippedController.name + order.id);
  }
}

import { Controller, Logger } from "@nestjs/common";
import { EventPattern } from "@nestjs/microservices";
@Controller()
export class PaidController {
  private readonly logger = new Logger(PaidController.name);
  @EventPattern("order.paid")
  async paid(order: { id: string }) {
    this.logger.log(order.id);
  }
}

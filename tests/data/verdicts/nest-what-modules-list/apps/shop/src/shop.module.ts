import { Module } from "@nestjs/common";
import { CommonModule } from "@root/common";
import { PaidController } from "./paid.controller";
import { RemindersProcessor } from "./reminders.processor";
import { ReportsProcessor } from "./reports.processor";
@Module({ imports: [CommonModule], controllers: [PaidController], providers: [RemindersProcessor, ReportsProcessor] })
export class ShopModule {}

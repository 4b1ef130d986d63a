import { Logger } from "@nestjs/common";
import { Processor, WorkerHost } from "@nestjs/bullmq";
import { InjectRepository } from "@nestjs/typeorm";
import { Job } from "bullmq";
import { Repository } from "typeorm";
import { Reminder } from "./reminder.entity";
@Processor("reminders")
export class RemindersProcessor extends WorkerHost {
  private readonly logger = new Logger(RemindersProcessor.name);
  constructor(@InjectRepository(Reminder) private readonly reminders: Repository<Reminder>) {
    super();
  }
  async process(job: Job) {
    try {
      await this.reminders.insert({ subject: job.data.subject });
    } catch (error) {
      this.logger.error("reminder failed", error);
    }
  }
}

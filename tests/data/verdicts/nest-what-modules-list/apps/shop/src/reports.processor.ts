import { Processor, WorkerHost } from "@nestjs/bullmq";
import { InjectRepository } from "@nestjs/typeorm";
import { Job } from "bullmq";
import { Repository } from "typeorm";
import { Reminder } from "./reminder.entity";
@Processor("reports")
export class ReportsProcessor extends WorkerHost {
  constructor(@InjectRepository(Reminder) private readonly reminders: Repository<Reminder>) {
    super();
  }
  async process(job: Job) {
    const reminder: Reminder | null = await this.reminders.findOneBy({ id: job.data.id });
    if (reminder == null) return;
    await this.report(reminder);
  }
  private async report({ owner }: Reminder) {
    if (owner == null) {
      await this.reminders.insert({ subject: "nobody's" });
    }
  }
}

import { Processor, WorkerHost } from "@nestjs/bullmq";
import { Job } from "bullmq";
import * as nodemailer from "nodemailer";
@Processor("mail")
export class MailProcessor extends WorkerHost {
  private readonly transport = nodemailer.createTransport({ host: "localhost" });
  async process(job: Job) {
    await this.transport.sendMail({ to: job.data.to, text: job.data.text });
  }
}

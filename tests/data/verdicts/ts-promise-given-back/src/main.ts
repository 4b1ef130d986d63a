import { Worker } from "bullmq";
import nodemailer from "nodemailer";

const mailer = nodemailer.createTransport({});

async function send(to: string) {
  await mailer.sendMail({ to });
}

// Nobody waits inside of the try: what fails there fails the job.
new Worker("welcome", async (job) => {
  try {
    return mailer.sendMail({ to: job.data.to });
  } catch (error) {
    console.error(error);
  }
});

new Worker("goodbye", async (job) => {
  try {
    return send(job.data.to);
  } catch (error) {
    console.error(error);
  }
});

// Here the catch hears of it, and the job counts as done.
new Worker("reminder", async (job) => {
  try {
    return await send(job.data.to);
  } catch (error) {
    console.error(error);
  }
});

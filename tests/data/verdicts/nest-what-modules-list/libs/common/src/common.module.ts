import { Module } from "@nestjs/common";
import { MailProcessor } from "./mail.processor";
const QUIET = process.env.QUIET === "true";
@Module({ providers: [...(QUIET ? [] : [MailProcessor])] })
export class CommonModule {}

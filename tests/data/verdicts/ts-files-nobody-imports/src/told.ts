// A manifest names it.
import { kafka } from "./kafka";
export async function onTold(event: { Records: unknown[] }) {
  await kafka.producer().send({ topic: "desk.answered", messages: event.Records.map(() => ({ value: "" })) });
}

// Nobody imports it, and loading it does nothing.
import { read } from "./kafka";
export async function startOld() {
  await read("desk.closed", (text) => console.log(text));
}
export class OldReader {
  async start() {
    await read("desk.left", (text) => console.log(text));
  }
}

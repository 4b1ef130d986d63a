import { read } from "./kafka";
export const started = read("desk.pretended", () => {});

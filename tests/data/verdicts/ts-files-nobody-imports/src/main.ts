import { read } from "./kafka";
read("desk.opened", (text) => console.log(text));

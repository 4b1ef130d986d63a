// Nobody imports it: it is run by its path.
import { read } from "./kafka";
read("desk.mailed", (text) => console.log(text));

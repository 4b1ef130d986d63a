export * from "./connection";
export * from "./listener";

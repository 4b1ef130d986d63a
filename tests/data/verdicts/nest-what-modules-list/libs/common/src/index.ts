export * from "./common.module";

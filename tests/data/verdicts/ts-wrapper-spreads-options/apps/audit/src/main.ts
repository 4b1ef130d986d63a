import { startUsers, startPayments } from "./listeners";
async function main() { await startUsers(); await startPayments(); }
main();

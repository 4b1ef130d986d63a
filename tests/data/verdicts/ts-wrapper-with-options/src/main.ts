import { Order } from "./orders";
import { open, startWorker } from "./worker";

async function main() {
  await open();
  // Behind a state that the write itself changes.
  await startWorker({ durable: "ship", subject: "orders.paid" }, async (data: { id: string }) => {
    await Order.ship(data.id);
  });
  // An addition on each delivery, and a place for what fails.
  await startWorker(
    { durable: "count", subject: "orders.shipped", deadLetter: "orders.shipped.dlq" },
    async (data: { id: string }) => {
      await Order.updateOne({ _id: data.id }, { $inc: { version: 1 } });
    },
  );
}

main();

import { setTimeout as sleep } from "node:timers/promises";
import { answer, fail, orders } from "../driver/lines.js";
import type { Gauge, MemoryOrder } from "./protocol.js";

/** Runs a memory program: does as the runner orders, until its standard input ends. */
export async function memoryProgram(
  first: object,
  obey: (order: Exclude<MemoryOrder, { order: "gauge" }>) => Promise<void>,
  close: () => Promise<void>,
): Promise<void> {
  try {
    answer(first);
    for await (const line of orders()) {
      const order = line as MemoryOrder;
      if (order.order === "gauge") {
        answer(await gauge());
      } else {
        await obey(order);
        answer({});
      }
    }
    await close();
  } catch (error) {
    fail(error);
  }
}

/** Collects twice, because what a finalizer frees goes with the next collection, and lets pages be given back. */
async function gauge(): Promise<Gauge> {
  if (globalThis.gc === undefined) throw new Error("needs node --expose-gc");
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await sleep(200);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external };
}

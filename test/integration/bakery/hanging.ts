import { Worker } from "../../../examples/15-bakery/worker.js";

/** Starts a worker of the bakery, stops it, and waits to be killed. */
const worker = new Worker("prices-1", () => {});
await worker.ready();
worker.hang();
console.log("hangs");
setInterval(() => {}, 1_000_000);

import { every } from "heliograph";
import { Bakery } from "./bakery.js";
import { report } from "./report.js";
import { say } from "./say.js";
import { seeded } from "./seeded.js";
import { unusedPort } from "./unused-port.js";

// Only so that bakeries that run side by side don't meet: without it all nodes of a machine find each other.
const registry = `local:${await unusedPort()}`;
process.env["HELIOGRAPH_REGISTRY"] = registry;
console.log(`To look on: HELIOGRAPH_REGISTRY=${registry} npx helio watch`);

const [seed] = process.argv.slice(2);
/** With a seed it goes on until Ctrl-C. */
const endless = seed !== undefined;
const pick = seeded(Number(seed ?? 15));

const bakery = new Bakery();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => bakery.interrupt(signal));
try {
  // The first process finds no registry, so it serves it.
  await bakery.hire("oven-1");
  await bakery.open("oven-2", "oven-3", "orders-1", "orders-2", "shop-1", "shop-2", "stock-1", "prices-1");
  say(`${bakery.workers.length} processes, each of which finds those that it calls`);
  every(bakery.node, 1_000, () => say(bakery.customers.line()));

  // The others can do their work meanwhile.
  const any = () => pick(bakery.workersOf("oven-2", "oven-3", "orders", "shop"));
  await bakery.answers(50);
  await bakery.kill(any());
  await bakery.answers(50);
  await bakery.hang(any());
  await bakery.answers(50);
  await bakery.restart(pick(["orders", "shop"]));
  await bakery.answers(50);
  say("oven-1 serves the registry, too:");
  await bakery.kill(pick(bakery.workersOf("oven-1")));
  await bakery.answers(50);

  while (endless) {
    await bakery[pick(["kill", "hang"] as const)](pick(bakery.workers));
    await bakery.answers(500);
    await bakery.restart(pick(["oven", "orders", "shop", "stock", "prices"]));
    await bakery.answers(500);
  }
} catch (reason) {
  say(String(reason));
  if (!endless) bakery.promise("nothing gets in the way", false);
}
await bakery.close();
process.exitCode = report(bakery) ? 0 : 1;

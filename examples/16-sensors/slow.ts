import { setTimeout as sleep } from "node:timers/promises";
import { createNode, insecure, subscribe } from "heliograph";
import { SensorService } from "../gen/example/v1/sensor_heliograph.js";

/** Falls behind on purpose: reads all that waits, and then nothing for as long as its first argument says. */
const sleepMs = Number(process.argv[2] ?? 1_500);

await using node = createNode({
  name: "slow",
  security: insecure(),
  limits: { streamCreditMessages: 128 }, // it may be sent so much more than it has room for
  logLevel: "error",
});
const values = subscribe(node, SensorService.values, {
  key: { sensor: "timer", name: "late" },
  bufferSize: 64, // what is more than all that waits at the publisher, as its policy says
});

let first: number | undefined;
let last = 0;
let read = 0;
let missed = 0;
let awakeUntilMs = performance.now() + sleepMs;
for await (const delivery of values) {
  first ??= delivery.sequence;
  last = delivery.sequence;
  read++;
  missed += delivery.missed;
  if (delivery.missed > 0) console.log(`is told that ${delivery.missed} before number ${last} were missed`);
  if (performance.now() < awakeUntilMs) continue;
  await sleep(sleepMs);
  awakeUntilMs = performance.now() + sleepMs;
}
// The publisher has ended.
console.log(`from ${first} to ${last}: ${read} read, ${missed} missed`);

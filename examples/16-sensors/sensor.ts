import { setTimeout as sleep } from "node:timers/promises";
import { createNode, createPublisher, insecure } from "heliograph";
import { SensorService } from "../gen/example/v1/sensor_heliograph.js";
import { sensors } from "./measure.js";

const [sensor = "load", periodMs = "200"] = process.argv.slice(2);
const measure = sensors[sensor];
if (measure === undefined) throw new Error(`there is no sensor ${sensor}; there is ${Object.keys(sensors)}`);

// A subscriber that drops behind is told of below.
await using node = createNode({ name: sensor, security: insecure(), logLevel: "error" });
const out = createPublisher(node, SensorService.values, {
  history: 1, // for those who come later
  bufferSize: 64, // of more than that the oldest are dropped, for the one subscriber that is slow
});

void (async () => {
  for await (const event of out.events()) {
    if (event.kind !== "slow-subscriber") continue;
    console.log(
      `${event.peer.node} falls behind: ${event.dropped} dropped for it so far, ${event.pending} wait`,
    );
  }
})();

let isOver = false;
process.once("SIGTERM", () => {
  isOver = true;
});
while (!isOver) {
  for (const value of await measure()) await out.publish({ sensor, ...value });
  await sleep(Number(periodMs));
}
await out.flush({ timeoutMs: 5_000 }); // it is in the queues of all subscribers
out.end(); // the loops of all subscribers end
console.log(`${out.stats.published} published`);

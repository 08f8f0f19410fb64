import { setTimeout as wait } from "node:timers/promises";
import { connectTo, createClient, HeliographError, insecure } from "heliograph";
import { CounterService } from "../gen/example/v1/counter_heliograph.js";
import { startLink } from "./link.js";

const CHANGES = 600;
const CUT_AT = [200, 400];

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);
await using link = await startLink(endpoint);
await using overLink = connectTo([link.endpoint], { security: insecure() });
await using direct = connectTo([endpoint], { security: insecure() });
const watcher = createClient(overLink, CounterService);
const counter = createClient(direct, CounterService);

const changes = watcher.watch({});
const first = await changes.next();
const seen = first.done ? [] : [first.value.value];
const watched = watchToEnd();
const plainEnd = watcher
  .count({ to: 1, pauseMs: 60_000 })
  .next()
  .catch((thrown) => HeliographError.from(thrown).message);

async function* steps() {
  for (let n = 1; n <= CHANGES; n++) {
    yield { n: 1 };
    await wait(1);
  }
}
let last = 0;
for await (const { value } of counter.chat(steps())) last = value;
await watched;

const misplaced = seen.filter((value, index) => value !== index).length;
console.log(
  `the counter went to ${last}; watched ${seen.length} values over ${link.connections} connections:`,
);
console.log(misplaced === 0 ? "  no value was lost, none came twice" : `  ${misplaced} are out of place`);
console.log("\nA stream without the option, over the same link:");
console.log(`  ${await plainEnd}`);

async function watchToEnd(): Promise<void> {
  for await (const { value } of changes) {
    seen.push(value);
    if (value === CHANGES) break;
    if (!CUT_AT.includes(value)) continue;
    link.cut();
    console.log(`saw ${value}, and cut the link`);
  }
}

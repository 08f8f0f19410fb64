import { setTimeout as wait } from "node:timers/promises";
import { connectTo, createClient, HeliographError, insecure, type Metadata } from "heliograph";
import { CounterService } from "../gen/example/v1/counter_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const counter = createClient(connection, CounterService);

for await (const { n } of counter.count({ to: 3 })) console.log(`count  ← ${n}`);

const { total, value } = await counter.sum([{ n: 1 }, { n: 20 }, { n: 300 }]);
console.log(`sum    → 1, 20, 300   ← ${total}; the counter is at ${value}`);

async function* steps() {
  for (const n of [10, -1, 90]) {
    console.log(`chat   → ${n}`);
    yield { n };
    await wait(50);
  }
}
for await (const { value } of counter.chat(steps())) console.log(`chat   ← ${value}`);

const numbers = counter.count({ to: 1_000_000 });
await numbers.next();
await wait(200);
console.log(`\n1 of a million taken, and none for 200 ms: the handler waits at ${(await handler()).at}`);
for await (const { n } of numbers) if (n === 5_000) break;
let left = await handler();
while (!left.stopped) left = await handler();
console.log(`the loop left at 5000: the handler was stopped at ${left.at}`);

const started = performance.now();
let read = 0;
for await (const { n } of counter.count({ to: 100_000 })) read = n;
const perSecond = (1_000 * read) / (performance.now() - started);
console.log(`${read.toLocaleString("en")} read, ${Math.round(perSecond).toLocaleString("en")} per second`);

try {
  for await (const { n } of counter.count({ to: 3, pauseMs: 5_000 }, { itemTimeoutMs: 100 })) console.log(n);
} catch (thrown) {
  console.log(HeliographError.from(thrown).message);
}

/** How far the handler of `count` is. It comes in the trailers of another call, which no stream holds up. */
async function handler() {
  const seen = { at: 0, stopped: false };
  const onTrailer = (trailers: Metadata) => {
    seen.at = Number(trailers.text("counted-to"));
    seen.stopped = trailers.text("stopped") === "yes";
  };
  await counter.current({}, { onTrailer });
  return seen;
}

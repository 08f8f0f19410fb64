import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import {
  codeName,
  connectTo,
  createClient,
  HeliographError,
  insecure,
  type Metadata,
  retry,
} from "heliograph";
import { faults, zmqSockets } from "heliograph/testing";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

// Real sockets whose connections can be cut; two servers, of which one stands by.
const network = faults({ network: zmqSockets() });
await using connection = connectTo(process.argv.slice(2), { security: insecure(), network });
const bakery = createClient(connection, BakeryService, {
  interceptors: [retry({ attempts: 5, backoff: { initialMs: 50 } })],
});
const reader = createClient(connection, BakeryService, { interceptors: [retry()] });
const pid = await pidOfReader();

console.log("The connection is cut with cakes in the oven:");
const durationMs = 1_000;
const keyed = tell(bakery.bake({ cake: "sponge", durationMs }, { idempotencyKey: randomUUID() }));
const plain = tell(bakery.bake({ cake: "apple pie", durationMs }));
// Calls of one connection arrive in order: when this one is answered, both are in the oven.
await bakery.listBakes({});
network.cut();
console.log(`  sponge, with a key       ${await keyed}`);
console.log(`  apple pie, without one   ${await plain}`);
console.log(`  put into the oven        ${await baked()}`);

console.log(`\nkill -9 ${pid}, with calls in flight:`);
const reads = [pidOfReader(), pidOfReader(), pidOfReader()];
const last = tell(bakery.bake({ cake: "sponge", durationMs }, { idempotencyKey: randomUUID() }));
await wait(100);
process.kill(pid, "SIGKILL");
for (const read of reads) console.log(`  read                     OK, from process ${await read}`);
// Only the server that has begun it could say what became of it.
console.log(`  sponge, with a key       ${await last}`);

/** A call that changes nothing; gives the process that has answered. */
async function pidOfReader(): Promise<number> {
  let pid = 0;
  const onHeader = (metadata: Metadata) => {
    pid = Number(metadata.text("pid"));
  };
  await reader.listBakes({}, { onHeader });
  return pid;
}

async function baked(): Promise<string> {
  const { bakes } = await bakery.listBakes({});
  const times = (name: string) => bakes.filter(({ cake }) => cake === name).length;
  return [...new Set(bakes.map(({ cake }) => cake))].map((name) => `${times(name)} × ${name}`).join(", ");
}

async function tell(call: Promise<{ cake: string }>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (thrown) {
    const { code, reason, notProcessed } = HeliographError.from(thrown);
    return `${codeName(code)}, reason ${reason}${notProcessed ? "" : ": it may have run"}`;
  }
}

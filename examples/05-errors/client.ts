import { codeName, connectTo, createClient, findDetails, HeliographError, insecure } from "heliograph";
import { UnknownCake } from "../gen/example/v1/bakery.js";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const bakery = createClient(connection, BakeryService);

await attempt("done in time", bakery.bake({ cake: "sponge", durationMs: 50 }));
await attempt("no such cake", bakery.bake({ cake: "mud pie" }));
await attempt("deadline", bakery.bake({ cake: "sponge", durationMs: 5_000 }, { timeoutMs: 150 }));
await attempt("cancelled", cancelledAfter(100));

console.log("\nWhat the handlers saw, in the other process:");
for (const { cake, outcome, afterMs } of (await bakery.listBakes({})).bakes) {
  console.log(" ", cake.padEnd(12), outcome.padEnd(16), `after ${afterMs} ms`);
}

async function attempt(what: string, call: Promise<{ cake: string }>): Promise<void> {
  const title = what.padEnd(14);
  try {
    const { cake } = await call;
    console.log(title, `OK, one ${cake}`);
  } catch (thrown) {
    const error = HeliographError.from(thrown);
    const teller = error.origin === "peer" ? "the server" : "this side";
    console.log(title, `${codeName(error.code)}, reason ${error.reason}, told by ${teller}`);
    console.log(" ".repeat(14), error.rawMessage);
    for (const { knownCakes } of findDetails(error, UnknownCake)) {
      console.log(" ".repeat(14), `detail UnknownCake: there is ${knownCakes.join(" and ")}`);
    }
  }
}

async function cancelledAfter(ms: number): Promise<{ cake: string }> {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return await bakery.bake({ cake: "apple pie", durationMs: 5_000 }, { signal: controller.signal });
}

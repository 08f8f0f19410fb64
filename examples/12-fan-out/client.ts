import { connectTo, createClient, insecure, notify, scatter } from "heliograph";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

// Three servers. Calls and notifications go to the first that answers; scatter asks them all.
await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const bakery = createClient(connection, BakeryService);

for (let n = 1; n <= 1_000; n++) await notify(connection, BakeryService.bake, { cake: "sponge" });
// Requests of one connection arrive in order: when this call is answered, a thousand have been.
await bakery.bake({ cake: "apple pie" });
console.log("1,000 times notify, and a call. What each bakery has baked:");
const nodes: string[] = [];
for await (const { peer, message, error } of scatter(connection, BakeryService.listBakes, {})) {
  if (error) throw error;
  console.log(`  ${peer?.node.padEnd(16)} ${message.bakes.length}`);
  if (peer !== undefined) nodes.push(peer.node);
}

const [slow = ""] = nodes;
const cake = { cake: "sponge", durationMs: 60_000 };
const metadata = { slow };
console.log(`\n${slow} takes a minute from now on.`);

const started = performance.now();
const two: string[] = [];
for await (const { peer } of scatter(connection, BakeryService.bake, cake, { metadata, maxAnswers: 2 })) {
  two.push(peer?.node ?? "");
}
console.log("maxAnswers: 2".padEnd(18), two.join(" and "));

const quick: string[] = [];
for await (const { peer } of scatter(connection, BakeryService.bake, cake, { metadata, gapMs: 400 })) {
  quick.push(peer?.node ?? "");
}
console.log("gapMs: 400".padEnd(18), quick.join(" and "));

for await (const { peer, error } of scatter(connection, BakeryService.bake, cake, {
  metadata,
  timeoutMs: 400,
})) {
  console.log("timeoutMs: 400".padEnd(18), peer?.node, error?.reason ?? "OK");
}
const ms = performance.now() - started;
console.log(ms < 10_000 ? "None of them waited for the minute." : `It took ${ms} ms.`);

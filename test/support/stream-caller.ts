/**
 * A client in a process of its own, in the middle of `calls` streams of each kind with the server at `endpoint`.
 * Reports `ready` once all of them run.
 */
import { connectTo, createClient, insecure } from "../../src/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

const { endpoint, calls } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly endpoint: string;
  readonly calls: number;
};
const client = createClient(connectTo([endpoint], { security: insecure() }), CallService);

async function* requests() {
  yield { number: 1n };
  await new Promise(() => {});
}

for (let n = 0; n < calls; n++) {
  await client.count({ number: 1n, text: "never" }).next();
  await client.chat(requests()).next();
  client.sum(requests(), { timeoutMs: 60_000 }).catch(() => {});
}
await client.call({});
process.send?.({ kind: "ready" });
// Without a channel to its test it would outlive it.
process.on("disconnect", () => process.exit());

import { createHash, randomBytes } from "node:crypto";
import { connectTo, createClient, insecure } from "heliograph";
import { StoreService } from "../gen/example/v1/store_heliograph.js";

const FILES = 4;
const FILE_BYTES = 20_000_000;

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const store = createClient(connection, StoreService);
await store.ping({});

const data = randomBytes(FILE_BYTES);
const sha256 = createHash("sha256").update(data).digest("hex");

// Large requests travel in chunks, so the small calls beside them need not wait for their end.
let storing = true;
const smallCalls = pingWhileStoring();
const started = performance.now();
for (let file = 1; file <= FILES; file++) {
  const stored = await store.put({ name: `file ${file}`, data });
  if (stored.sha256 !== sha256) throw new Error(`file ${file} was damaged on its way`);
}
const seconds = (performance.now() - started) / 1_000;
storing = false;

const megabytes = (FILES * FILE_BYTES) / 1e6;
console.log(`${FILES} files of ${FILE_BYTES / 1e6} MB arrived whole, sha256 ${sha256.slice(0, 16)}…`);
console.log(`${(megabytes / seconds).toFixed(0)} MB/s, hashing included`);
const pings = await smallCalls;
console.log(`${pings.length} small calls meanwhile: p50 ${at(pings, 0.5)} ms, p99 ${at(pings, 0.99)} ms`);

// A tap sees all that travels.
let sentBytes = 0;
await using tapped = connectTo(process.argv.slice(2), {
  security: insecure(),
  tap: ({ direction, parts }) => {
    if (direction === "out") for (const part of parts) sentBytes += part.length;
    return parts;
  },
});
const log = Buffer.from("2026-11-20T22:49:08Z INFO all is well\n".repeat(FILE_BYTES / 40));
await createClient(tapped, StoreService).put({ name: "log", data: log }, { compression: "gzip" });
console.log(`${log.length / 1e6} MB of text arrived as ${(sentBytes / 1e6).toFixed(2)} MB, with gzip`);

async function pingWhileStoring(): Promise<number[]> {
  const latencies: number[] = [];
  while (storing) {
    const before = performance.now();
    await store.ping({});
    latencies.push(performance.now() - before);
  }
  return latencies.sort((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
}

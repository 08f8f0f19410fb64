/**
 * A server in a process of its own: the streams of CallService, and reports of their ends over IPC. Started by
 * `startChild`; asked for `stats`, after a collection.
 */
import { readdirSync } from "node:fs";
import { createNode, type HandlerContext, insecure, serve } from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

const quiet = () => {};
const faults: string[] = [];
let served = 0;
let running = 0;
let cancelled = 0;

const node = createNode({
  name: "streams",
  security: insecure(),
  onError: (error) => faults.push(String(error)),
  logger: { debug: quiet, info: quiet, warn: quiet, error: (fields) => faults.push(String(fields["error"])) },
});

const service = await serve(node, CallService, {
  call: (note) => note,
  // As many messages as `number` says, each with `data`; those of `never` don't end with it.
  async *count({ number, data, text }, ctx) {
    watch(ctx);
    try {
      for (let n = 1n; n <= number; n++) {
        served++;
        yield Note.create({ number: n, data });
      }
      if (text === "never") await new Promise(() => {});
    } finally {
      running--;
    }
  },
  sum: async (requests, ctx) => {
    watch(ctx);
    let number = 0n;
    try {
      for await (const request of requests) number += request.number;
    } finally {
      running--;
    }
    return Note.create({ number });
  },
  async *chat(requests, ctx) {
    watch(ctx);
    try {
      yield* requests;
    } finally {
      running--;
    }
  },
});

function watch(ctx: HandlerContext): void {
  running++;
  ctx.signal.addEventListener("abort", () => {
    cancelled++;
    process.send?.({ kind: "cancelled", cancelled });
  });
}

// Without a channel to its test it would outlive it.
process.on("disconnect", () => process.exit());

process.on("message", ({ kind }: { readonly kind: string }) => {
  if (kind !== "stats") return;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const fds = readdirSync("/proc/self/fd").length;
  process.send?.({ kind, rss, heapUsed, external, served, running, cancelled, fds, faults });
});

process.send?.({ kind: "ready", endpoint: service.endpoints[0] });

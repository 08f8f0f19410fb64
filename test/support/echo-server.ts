/**
 * A server in a process of its own: EchoService, and reports of what it does over IPC. Started by `startChild` with
 * `EchoServerOptions`; asked for `stats` (after a collection) or told to `close`.
 */
import { Buffer } from "node:buffer";
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { createNode, type HandlerContext, insecure, type LimitOptions, serve } from "../../src/index.js";
import { type EchoRequest, EchoResponse } from "../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";

export interface EchoServerOptions {
  readonly endpoint?: string;
  readonly maxConcurrent?: number;
  readonly stallMs?: number;
  readonly limits?: LimitOptions;
}

const options = JSON.parse(process.argv[2] ?? "{}") as EchoServerOptions;
const faults: string[] = [];
let served = 0;
let running = 0;
let cancelled = 0;
let maxRss = 0;

const quiet = () => {};
const node = createNode({
  name: "echo",
  security: insecure(),
  stallMs: options.stallMs,
  limits: options.limits,
  onError: (error) => faults.push(String(error)),
  logger: {
    debug: quiet,
    info: quiet,
    error: (fields) => faults.push(String(fields["error"])),
    warn: (fields) => {
      const text = String(fields["error"]);
      if (faults.length < 50) faults.push(text);
      process.send?.({ kind: "fault", text });
    },
  },
});
const service = await serve(
  node,
  EchoService,
  { echo },
  { endpoint: options.endpoint ?? "tcp://127.0.0.1:*", maxConcurrent: options.maxConcurrent },
);

setInterval(sample, 10).unref();

function sample(): void {
  maxRss = Math.max(maxRss, process.memoryUsage.rss());
}

/** What the text asks for; see the cases. */
function echo(request: EchoRequest, ctx: HandlerContext): EchoResponse | Promise<EchoResponse> {
  served++;
  if (served % 64 === 0) sample();
  switch (request.text) {
    case "throw":
      throw new Error("a secret of the server");
    case "reject":
      return Promise.reject(new Error("a secret of the server"));
    case "nonsense":
      return { data: "no bytes", text: 42 } as unknown as EchoResponse;
    case "nothing":
      return undefined as unknown as EchoResponse;
    case "evil":
      return evil as unknown as EchoResponse;
    case "never":
      watch(ctx.signal);
      return new Promise(() => {});
    case "block":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.delayMs);
      return answer(request);
  }
  return request.delayMs > 0 ? later(request) : answer(request);
}

/** An answer whose `then` can't even be looked at. */
const evil = new Proxy(
  {},
  {
    has: () => true,
    get: () => {
      throw new Error("not even a value");
    },
  },
);

async function later(request: EchoRequest): Promise<EchoResponse> {
  await delay(request.delayMs);
  return answer(request);
}

function answer(request: EchoRequest): EchoResponse {
  const data = request.answerBytes === 0 ? request.data : Buffer.alloc(request.answerBytes, served & 255);
  return EchoResponse.create({ data, text: request.text });
}

/** Tells the test when a handler began to wait, and when its signal fired. */
function watch(signal: AbortSignal): void {
  running++;
  process.send?.({ kind: "running", running });
  signal.addEventListener("abort", () => {
    cancelled++;
    process.send?.({ kind: "cancelled", cancelled });
  });
}

let closing = false;
// Without a channel to its test it would outlive it.
process.on("disconnect", () => {
  if (!closing) process.exit();
});

process.on("message", (message: { readonly kind: string }) => {
  if (message.kind === "stats") {
    globalThis.gc?.();
    const fds = readdirSync("/proc/self/fd").length;
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({
      kind: "stats",
      rss,
      heapUsed,
      external,
      maxRss,
      served,
      running,
      cancelled,
      fds,
      faults,
    });
    maxRss = rss;
  } else if (message.kind === "close") {
    closing = true;
    void node.close({ graceMs: 500 }).then(() => {
      process.send?.({ kind: "close" });
      process.disconnect();
    });
  }
});

process.send?.({ kind: "ready", endpoint: service.endpoints[0] });

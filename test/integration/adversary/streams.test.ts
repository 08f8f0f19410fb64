import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { Code, connectTo, createClient, insecure } from "../../../src/index.js";
import { all, failure, never, untilError } from "../../contract/rpc-harness.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { type Child, startChild } from "../../support/child.js";
import { Lateness } from "../../support/lateness.js";
import { holdings } from "../../support/leaks.js";
import { slowLink } from "../../support/slow-link.js";
import { scaled } from "../../support/soak.js";
import { within } from "../../support/within.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const STREAMS = scaled(6_000, 400_000);
/** What streams that are over may leave, at most, that caches and compiled code explain. */
const LEFT_BYTES = 3 * MIB;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

async function server(): Promise<Child> {
  const child = await startChild("stream-server");
  open.push(child);
  return child;
}

function connect(endpoint = "") {
  const connection = connectTo([endpoint], { security: insecure() });
  open.push(connection);
  return createClient(connection, CallService);
}

/** Resolves when the server has told of so many signals that have fired. */
function cancelled(child: Child, count: number): Promise<void> {
  return new Promise((resolve) => {
    child.process.on("message", (report: { kind: string; cancelled?: number }) => {
      if (report.kind === "cancelled" && report.cancelled === count) resolve();
    });
  });
}

async function* once() {
  yield { number: 1n };
  await never();
}

describe("in the middle of streams", () => {
  test("the server is killed: what has arrived is handed over, then the error", async () => {
    const child = await server();
    const client = connect(child.hello.endpoint);
    const count = client.count({ number: 200n, text: "never" });
    expect((await count.next()).value?.number).toBe(1n);
    const chat = client.chat(once());
    await chat.next();
    const sum = failure(client.sum(once()));
    // All of the 200 are here.
    await client.call({});
    await client.call({});
    await child.kill();
    const ends = await within(
      20_000,
      "the calls to end",
      Promise.all([untilError(count), untilError(chat), sum]),
    );
    expect(ends[0][0].map(({ number }) => Number(number))).toEqual(
      Array.from({ length: 199 }, (_, n) => n + 2),
    );
    for (const error of [ends[0][1], ends[1][1], ends[2]])
      expect(error).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST", notProcessed: false });
  });

  test("the client is killed: the signals of all handlers fire, and their generators end", async () => {
    const child = await server();
    const caller = await startChild("stream-caller", { endpoint: child.hello.endpoint, calls: 10 });
    open.push(caller);
    const signals = cancelled(child, 30);
    await caller.kill();
    await within(20_000, "the signals", signals);
    // Those of `count` wait for what never comes, and take no heed of their signals.
    expect(await child.ask("stats")).toMatchObject({ running: 10, faults: [] });
  });

  test("the link is cut: both sides hear of it, and the next stream has a new one", async () => {
    const child = await server();
    const link = await slowLink(child.hello.endpoint ?? "", 20 * MIB);
    const client = connect(link.endpoint);
    const stream = client.count({ number: 1_000_000n, data: new Uint8Array(KIB) });
    const sum = failure(client.sum(once()));
    for (let n = 0; n < 100; n++) await stream.next();
    const signals = cancelled(child, 2);
    await link[Symbol.asyncDispose]();
    const [[, error], other] = await within(20_000, "the ends", Promise.all([untilError(stream), sum]));
    for (const each of [error, other])
      expect(each).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST" });
    await within(20_000, "the signals", signals);
    expect(await all(connect(child.hello.endpoint).count({ number: 3n }))).toHaveLength(3);
  });

  test("the link is slow: small calls pass, and leaving stops the stream at once", async () => {
    const child = await server();
    const link = await slowLink(child.hello.endpoint ?? "", 10 * MIB);
    open.push(link);
    const client = connect(link.endpoint);
    const stream = client.count({ number: 1_000_000n, data: new Uint8Array(16 * KIB) });
    let received = 0;
    const reading = (async () => {
      for await (const { data } of stream) {
        received += data.length;
        if (received > 4 * MIB) break;
      }
    })();
    using late = new Lateness();
    let slowest = 0;
    while (received < 4 * MIB) {
      const at = performance.now();
      await client.call({});
      slowest = Math.max(slowest, performance.now() - at);
    }
    await reading;
    // A stream's credit and a crowded session's packets are 512 KiB: 50 ms at this speed.
    expect(slowest).toBeLessThan(500 + late.ms);
    await client.call({});
    const { served, running } = await child.ask("stats");
    expect(running).toBe(0);
    expect(served).toBeLessThan((4 * MIB + 2 * MIB) / (16 * KIB));
  });
});

test("30 streams that nobody reads hold their credit and no more, on both sides", async () => {
  const child = await server();
  const client = connect(child.hello.endpoint);
  const data = new Uint8Array(15 * KIB);
  await client.count({ number: 1n, data }).next();
  const before = await child.ask("stats");
  const streams = Array.from({ length: 30 }, () => client.count({ number: 1_000_000n, data }));
  await Promise.all(streams.map((stream) => stream.next()));
  await client.call({});
  await client.call({});
  const after = await child.ask("stats");
  // Credit, overdrawn by one message, and the one that waits for more.
  const most = Math.ceil((256 * KIB) / data.length) + 2;
  expect((after.served ?? 0) - (before.served ?? 0)).toBeLessThanOrEqual(30 * (most + 1));
  const grown =
    (after.heapUsed ?? 0) + (after.external ?? 0) - (before.heapUsed ?? 0) - (before.external ?? 0);
  expect(grown).toBeLessThan(16 * MIB);
  await Promise.all(streams.map((stream) => stream.return()));
});

test(`${STREAMS} short streams leave nothing behind`, async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const child = await server();
  const client = connect(child.hello.endpoint);
  const { signal } = new AbortController();
  const sending = { signal, timeoutMs: 60_000, idleTimeoutMs: 60_000 };
  const options = { ...sending, itemTimeoutMs: 60_000 };
  const kinds = [
    async () => void (await all(client.count({ number: 3n }, options))),
    async () => {
      for await (const _ of client.count({ number: 1_000n }, options)) break;
    },
    async () => void (await client.sum([{ number: 1n }, { number: 2n }], sending)),
    async () => void (await all(client.chat([{}, {}], options))),
    async () => {
      const left = new AbortController();
      const chat = client.chat(once(), { ...options, signal: left.signal });
      await chat.next();
      left.abort();
      await failure(chat.next());
    },
    async () => void (await failure(client.sum([{ number: "no number" as unknown as bigint }], sending))),
  ];
  const run = async (streams: number) => {
    for (let n = 0; n < streams; n += 60) {
      await Promise.all(Array.from({ length: 60 }, (_, i) => kinds[i % kinds.length]?.()));
    }
    await client.call({});
  };
  await run(STREAMS / 3);
  const measure = async () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const there = await child.ask("stats");
    return { here: heapUsed + external, there: (there.heapUsed ?? 0) + (there.external ?? 0), stats: there };
  };
  const before = await measure();
  const held = holdings();
  await run((STREAMS * 2) / 3);
  const after = await measure();
  console.info(
    `${STREAMS} streams: ${((after.here - before.here) / KIB).toFixed()} KiB here, ${((after.there - before.there) / KIB).toFixed()} KiB there`,
  );
  expect(after.here - before.here).toBeLessThan(LEFT_BYTES);
  expect(after.there - before.there).toBeLessThan(LEFT_BYTES);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(holdings().files).toBeLessThanOrEqual(held.files);
  expect(holdings().listeners).toBe(held.listeners);
  expect(after.stats).toMatchObject({ running: 0, faults: [], fds: before.stats.fds });
});

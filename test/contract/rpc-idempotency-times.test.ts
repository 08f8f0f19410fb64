import { describe, expect, test } from "vitest";
import { Code, createClient, type ServeOptions } from "../../src/index.js";
import { type FakeClock, fakeClock, faults, memoryNetwork } from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { until } from "../support/within.js";
import { type CallHandlers, deferred, failure, fired, harness, never, type RpcCase } from "./rpc-harness.js";

const network = memoryNetwork();
const memory: RpcCase = { name: "memory", network, endpoint: () => "memory://*" };
const KIB = 1024;
const MINUTES = 60_000;
const key = { idempotencyKey: "k" };

/** What is kept for calls with an idempotency key, in time and in number: on a clock that the test moves. */
describe("calls with an idempotency key", () => {
  const { own, serve, connect } = harness(memory);

  async function setup(handlers: CallHandlers, options: ServeOptions = {}, maxCalls = 1024) {
    const clock = fakeClock();
    const server = await serve(handlers, { serve: options, node: { clock, limits: { maxCalls } } });
    own({
      async [Symbol.asyncDispose]() {
        const closing = server.node.close({ graceMs: 0 });
        await clock.advanceAsync(5_000);
        await closing;
      },
    });
    const dial = (wire = network) => connect([server.endpoint], { clock, network: wire });
    const connection = dial();
    const client = createClient(connection, CallService);
    return { ...server, clock, dial, connection, client, stats: () => server.served.stats.idempotency };
  }

  const settle = (clock: FakeClock) => clock.advanceAsync(0);

  test("are answered again until the window has passed, then run again", async () => {
    let runs = 0;
    const { client, clock, stats } = await setup(
      { call: (note) => ({ ...note, number: BigInt(++runs) }) },
      { idempotency: { windowMs: 1_000 } },
    );
    expect((await client.call({}, key)).number).toBe(1n);
    await clock.advanceAsync(999);
    expect((await client.call({}, key)).number).toBe(1n);
    expect(stats()).toMatchObject({ kept: 1, replayed: 1 });
    await clock.advanceAsync(1);
    expect(stats()).toMatchObject({ kept: 0, keptBytes: 0, evicted: 0 });
    expect((await client.call({}, key)).number).toBe(2n);
  });

  test("are kept up to a number of bytes, the oldest go first", async () => {
    let runs = 0;
    const { client, stats } = await setup(
      { call: (note) => ({ ...note, number: BigInt(++runs) }) },
      { idempotency: { maxBytes: 64 * KIB } },
    );
    const data = new Uint8Array(20 * KIB);
    for (const idempotencyKey of ["1", "2", "3", "4"]) await client.call({ data }, { idempotencyKey });
    expect(stats()).toMatchObject({ kept: 3, evicted: 1 });
    expect(stats().keptBytes).toBeLessThanOrEqual(64 * KIB);
    await client.call({ data }, { idempotencyKey: "4" });
    expect(runs).toBe(4);
    await client.call({ data }, { idempotencyKey: "1" });
    expect(runs).toBe(5);
  });

  test("count with what comes beside the answer", async () => {
    const { client, stats } = await setup({
      call(note, ctx) {
        ctx.responseMetadata.set("head", "h".repeat(2 * KIB));
        ctx.trailers.set("tail", "t".repeat(3 * KIB));
        return note;
      },
    });
    await client.call({}, key);
    expect(stats().keptBytes).toBeGreaterThan(5 * KIB);
  });

  test("have the time of the attempt that has most of it", async () => {
    let left = 0;
    const told = deferred<unknown>();
    const { client, clock, stats } = await setup({
      call: async (_, ctx) => {
        await ctx.sleep(500);
        left = ctx.remainingMs();
        told.resolve(await fired(ctx.signal));
        return never();
      },
    });
    const first = failure(client.call({}, { ...key, timeoutMs: 1_000 }));
    const second = failure(client.call({}, { ...key, timeoutMs: 3_000 }));
    await clock.advanceAsync(1_100);
    expect(await first).toMatchObject({ code: Code.DeadlineExceeded });
    expect(left).toBe(2_500);
    expect(stats().running).toBe(1);
    await clock.advanceAsync(2_100);
    expect(await told.promise).toMatchObject({ code: Code.DeadlineExceeded });
    expect(await second).toMatchObject({ code: Code.DeadlineExceeded });
    // The handler has run, so another attempt gets to know no more.
    expect(await failure(client.call({}, { ...key }))).toMatchObject({ code: Code.DeadlineExceeded });
  });

  test("whose callers are gone go on until their deadline", async () => {
    const told = deferred<unknown>();
    const { client, clock, connection, stats } = await setup({
      call: async (_, ctx) => {
        told.resolve(await fired(ctx.signal));
        return never();
      },
    });
    void client.call({}, { ...key, timeoutMs: 2_000 }).catch(() => {});
    await settle(clock);
    await connection.close();
    await clock.advanceAsync(1_900);
    expect(stats().running).toBe(1);
    await clock.advanceAsync(200);
    expect(await told.promise).toMatchObject({ code: Code.DeadlineExceeded });
    expect(stats().running).toBe(0);
  });

  test("without a deadline end when nobody has waited for as long as answers are kept", async () => {
    const told = deferred<unknown>();
    let runs = 0;
    const wire = faults({ network });
    const { clock, dial, stats } = await setup(
      {
        call: async (_, ctx) => {
          runs++;
          told.resolve(await fired(ctx.signal));
          return never();
        },
      },
      { idempotency: { windowMs: 5 * MINUTES } },
    );
    const client = createClient(dial(wire), CallService);
    const forever = { ...key, timeoutMs: Number.POSITIVE_INFINITY };
    const lost = failure(client.call({}, forever));
    await settle(clock);
    wire.cut();
    await lost;
    await clock.advanceAsync(4 * MINUTES);
    // Somebody comes back: it waits for as long as that one does.
    const repeat = failure(client.call({}, forever));
    await clock.advanceAsync(20 * MINUTES);
    expect(stats().running).toBe(1);
    wire.cut();
    await repeat;
    await clock.advanceAsync(5 * MINUTES + 100);
    expect(await told.promise).toMatchObject({ code: Code.DeadlineExceeded });
    expect([runs, stats().running]).toEqual([1, 0]);
  });

  test("and no caller are as many as one may have in flight; the one left first ends, and can't run twice", async () => {
    let running = 0;
    const { clock, dial, stats } = await setup(
      {
        call: async (_, ctx) => {
          running++;
          const reason = await fired(ctx.signal);
          running--;
          throw reason;
        },
      },
      {},
      4,
    );
    const forever = (n: number) => ({ idempotencyKey: `${n}`, timeoutMs: Number.POSITIVE_INFINITY });
    const wire = faults({ network });
    const client = createClient(dial(wire), CallService);
    for (let n = 0; n < 12; n += 4) {
      const lost = [0, 1, 2, 3].map((i) => failure(client.call({}, forever(n + i))));
      await clock.advanceAsync(1_000);
      wire.cut();
      await Promise.all(lost);
      await settle(clock);
      expect(stats().running).toBe(4);
    }
    expect(running).toBe(4);
    const repeat = failure(client.call({}, forever(0)));
    await clock.advanceAsync(1_000);
    expect(await repeat).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "TOO_MANY_CALLS",
      notProcessed: false,
    });
  });

  test("and no caller go on, as many as there may be, while others are answered", async () => {
    const { clock, dial, stats } = await setup(
      { call: (note, ctx) => (note.text === "quick" ? note : fired(ctx.signal).then(() => never())) },
      {},
      2,
    );
    const connection = dial();
    const client = createClient(connection, CallService);
    for (const idempotencyKey of ["1", "2"]) void client.call({}, { idempotencyKey }).catch(() => {});
    await settle(clock);
    await connection.close();
    const other = createClient(dial(), CallService);
    expect(await other.call({ text: "quick" }, { idempotencyKey: "3" })).toMatchObject({ text: "quick" });
    expect(stats()).toMatchObject({ running: 2, kept: 1 });
  });

  test("that wait for a lane and have no caller keep at most 64 MiB of requests", async () => {
    const { clock, dial, stats } = await setup({ call: () => never() }, { maxConcurrent: 1 });
    const connection = dial();
    const client = createClient(connection, CallService);
    const data = new Uint8Array(15 * 1024 * KIB);
    const forever = (n: number) => ({ idempotencyKey: `${n}`, timeoutMs: Number.POSITIVE_INFINITY });
    const lost = Array.from({ length: 10 }, (_, n) => failure(client.call({ data }, forever(n))));
    await until(20_000, "all requests to arrive", () => stats().running === 10);
    await connection.close();
    await Promise.all(lost);
    await settle(clock);
    // The one that runs, and four that wait. Those that did not begin leave nothing behind: a repeat would run.
    expect(stats()).toMatchObject({ running: 5, kept: 0 });
  });

  test("of which one was cancelled while another waited, do not run on when that one's time is over", async () => {
    const { client, clock, stats } = await setup(
      { call: () => never() },
      { idempotency: { windowMs: 1_000 } },
    );
    const controller = new AbortController();
    const forever = { ...key, timeoutMs: Number.POSITIVE_INFINITY, signal: controller.signal };
    const first = failure(client.call({}, forever));
    const second = failure(client.call({}, { ...key, timeoutMs: 100 }));
    await settle(clock);
    controller.abort();
    await first;
    await clock.advanceAsync(200);
    expect(await second).toMatchObject({ code: Code.DeadlineExceeded });
    expect(stats().running).toBe(1);
    await clock.advanceAsync(1_100);
    expect(stats().running).toBe(0);
  });

  test("that wait for a lane when their caller goes are begun once there is one", async () => {
    const go = deferred();
    const runs: string[] = [];
    const { clock, dial, stats } = await setup(
      {
        call: async (note) => {
          runs.push(note.text);
          await go.promise;
          return note;
        },
      },
      { maxConcurrent: 1 },
    );
    const connection = dial();
    const client = createClient(connection, CallService);
    for (const text of ["a", "b"]) void client.call({ text }, { idempotencyKey: text }).catch(() => {});
    await settle(clock);
    await connection.close();
    await settle(clock);
    expect(runs).toEqual(["a"]);
    go.resolve();
    await settle(clock);
    expect(runs).toEqual(["a", "b"]);
    expect(stats()).toMatchObject({ running: 0, kept: 2 });
  });

  test("leave no timers behind", async () => {
    const { client, clock, connection, node } = await setup({ call: (note) => note });
    await Promise.all([1, 2, 3].map(() => client.call({}, key)));
    await connection.close();
    const closing = node.close({ graceMs: 0 });
    await clock.advanceAsync(10_000);
    await closing;
    expect(clock.timers).toBe(0);
  });
});

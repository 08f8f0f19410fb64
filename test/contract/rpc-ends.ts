import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Code, createClient, type HandlerContext, HeliographError, serve } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { deferred, failure, fired, harness, never, type RpcCase } from "./rpc-harness.js";

/** How calls end before their answer: deadlines, cancelling, closing. */
export function testEnds(rpcCase: RpcCase): void {
  describe("deadlines", () => {
    const { pair } = harness(rpcCase);

    test("a call ends after 10 s unless it says otherwise; the handler's signal fires, and it knows the time left", async () => {
      const clock = fakeClock();
      const serverClock = fakeClock();
      const seen = deferred<HandlerContext>();
      const { client } = await pair(
        {
          call: (_note, ctx) => {
            seen.resolve(ctx);
            return never();
          },
        },
        { node: { clock: serverClock }, connect: { clock } },
      );
      await failure(client.other({}));
      const call = failure(client.call({}));
      const ctx = await seen.promise;
      const signalled = fired(ctx.signal);
      expect(ctx.remainingMs()).toBe(10_000);
      serverClock.advance(4_000);
      expect(ctx.remainingMs()).toBe(6_000);
      clock.advance(9_999);
      expect(ctx.signal.aborted).toBe(false);
      clock.advance(5);
      const error = await call;
      expect(error).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT", origin: "local" });
      expect(error.message).toContain("no answer within 10000 ms");
      // The client tells the server that it has given up.
      expect(await signalled).toMatchObject({ code: Code.Cancelled });
    });

    test("the server ends a call by its own clock, too", async () => {
      const serverClock = fakeClock();
      const seen = deferred<HandlerContext>();
      const { client } = await pair(
        {
          call: (_note, ctx) => {
            seen.resolve(ctx);
            return never();
          },
        },
        { node: { clock: serverClock } },
      );
      const call = failure(client.call({}, { timeoutMs: 5_000 }));
      const ctx = await seen.promise;
      serverClock.advance(5_010);
      expect(ctx.signal.aborted).toBe(true);
      expect(ctx.signal.reason).toMatchObject({ code: Code.DeadlineExceeded });
      expect(ctx.remainingMs()).toBe(0);
      expect(await call).toMatchObject({ code: Code.DeadlineExceeded, origin: "peer", notProcessed: false });
    });

    test("Infinity means none", async () => {
      const clock = fakeClock();
      const go = deferred();
      const entered = deferred<number>();
      const { client } = await pair(
        {
          call: async (note, ctx) => {
            entered.resolve(ctx.remainingMs());
            await go.promise;
            return note;
          },
        },
        { node: { clock }, connect: { clock } },
      );
      await failure(client.other({}));
      const call = client.call({ text: "late" }, { timeoutMs: Number.POSITIVE_INFINITY });
      expect(await entered.promise).toBe(Number.POSITIVE_INFINITY);
      // Past the default; not so far in one step that the peers take each other for dead.
      clock.advance(20_000);
      go.resolve();
      expect(await call).toMatchObject({ text: "late" });
    });

    test.each([0, -5])("a timeout of %i ms is over before anything is sent", async (timeoutMs) => {
      let called = false;
      const { client } = await pair({
        call: (note) => {
          called = true;
          return note;
        },
      });
      expect(await failure(client.call({}, { timeoutMs }))).toMatchObject({ code: Code.DeadlineExceeded });
      expect(called).toBe(false);
    });

    test("an answer that comes after the deadline is dropped", async () => {
      const clock = fakeClock();
      const entered = deferred();
      const go = deferred();
      const { client, errors } = await pair(
        {
          call: async (note) => {
            entered.resolve();
            await go.promise;
            return note;
          },
          other: (note) => note,
        },
        { connect: { clock } },
      );
      const call = failure(client.call({}, { timeoutMs: 100 }));
      await entered.promise;
      clock.advance(110);
      expect(await call).toMatchObject({ code: Code.DeadlineExceeded });
      go.resolve();
      expect(await client.other({ text: "a" })).toMatchObject({ text: "a" });
      expect(errors).toEqual([]);
    });

    test("a handler sleeps by its node's clock, and no longer than its call lasts", async () => {
      const clock = fakeClock();
      const woke: unknown[] = [];
      const entered = deferred();
      const { client, errors } = await pair(
        {
          call: async (note, ctx) => {
            entered.resolve();
            await ctx.sleep(60_000).catch((reason) => {
              woke.push(reason);
              throw reason;
            });
            return note;
          },
        },
        { node: { clock } },
      );
      const call = failure(client.call({}, { timeoutMs: 1_000 }));
      await entered.promise;
      clock.advance(1_010);
      expect(await call).toMatchObject({ code: Code.DeadlineExceeded });
      expect(woke).toMatchObject([{ code: Code.DeadlineExceeded }]);
      // Stopping because the signal fired is no failure.
      expect(errors).toEqual([]);
    });
  });

  describe("cancelling", () => {
    const { pair } = harness(rpcCase);

    test("before the call sends nothing", async () => {
      let called = false;
      const { client } = await pair({
        call: (note) => {
          called = true;
          return note;
        },
        other: (note) => note,
      });
      const cause = new Error("changed my mind");
      const error = await failure(client.call({}, { signal: AbortSignal.abort(cause) }));
      expect(error).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED", origin: "local", cause });
      expect(error.message).toContain("changed my mind");
      await client.other({});
      expect(called).toBe(false);
    });

    test("in flight ends the call at once and fires the handler's signal with a reason", async () => {
      const signal = deferred<AbortSignal>();
      const { client } = await pair({
        call: (_note, ctx) => {
          signal.resolve(ctx.signal);
          return never();
        },
      });
      const controller = new AbortController();
      const call = failure(client.call({}, { signal: controller.signal }));
      const handlers = await signal.promise;
      controller.abort();
      expect(await call).toMatchObject({ code: Code.Cancelled, notProcessed: false });
      const reason = await fired(handlers);
      expect(reason).toBeInstanceOf(HeliographError);
      expect(reason).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
    });

    test("a handler that looks at its signal only afterwards finds it fired", async () => {
      const context = deferred<HandlerContext>();
      const { client } = await pair({
        call: (_note, ctx) => {
          context.resolve(ctx);
          return never();
        },
        other: (note) => note,
      });
      const controller = new AbortController();
      const call = failure(client.call({}, { signal: controller.signal }));
      const ctx = await context.promise;
      controller.abort();
      await call;
      await client.other({});
      expect(ctx.signal.aborted).toBe(true);
      await expect(ctx.sleep(1)).rejects.toBe(ctx.signal.reason);
    });

    test("after the end changes nothing", async () => {
      const { client } = await pair({ call: (note) => note });
      const controller = new AbortController();
      const answer = await client.call({ text: "a" }, { signal: controller.signal });
      controller.abort();
      expect(answer.text).toBe("a");
      expect(await client.call({ text: "b" })).toMatchObject({ text: "b" });
    });

    test("while a large request is on its way, and while a large answer is, leaves the session usable", async () => {
      const answered = deferred();
      const { client } = await pair({
        call: ({ number }) => {
          answered.resolve();
          return Note.create({ data: new Uint8Array(Number(number)) });
        },
      });
      await client.call({});
      const uploading = new AbortController();
      const upload = failure(client.call({ data: new Uint8Array(8_000_000) }, { signal: uploading.signal }));
      setImmediate(() => uploading.abort());
      expect(await upload).toMatchObject({ code: Code.Cancelled });
      const downloading = new AbortController();
      const download = failure(client.call({ number: 8_000_000n }, { signal: downloading.signal }));
      await answered.promise;
      downloading.abort();
      expect((await download).code).toBe(Code.Cancelled);
      expect((await client.call({ number: 3n })).data).toHaveLength(3);
    });

    test("10,000 calls on one signal leave no listener on it", async () => {
      const { client } = await pair({ call: (note) => note });
      const { signal } = new AbortController();
      for (let i = 0; i < 10; i++) {
        await Promise.all(Array.from({ length: 1_000 }, () => client.call({}, { signal })));
      }
      await failure(client.call({ text: 1 as unknown as string }, { signal }));
      await failure(client.call({}, { signal, metadata: { "a b": "" } }));
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    });
  });

  describe("closing", () => {
    const { pair, serve: start, connect } = harness(rpcCase);

    test("a connection ends its calls with CANCELLED, fires their handlers' signals, and refuses later calls", async () => {
      const signal = deferred<AbortSignal>();
      const server = await start({
        call: (_note, ctx) => {
          signal.resolve(ctx.signal);
          return never();
        },
      });
      const connection = connect([server.endpoint]);
      const client = createClient(connection, CallService);
      const call = failure(client.call({}));
      const handlers = await signal.promise;
      const closing = connection.close();
      expect(await call).toMatchObject({ code: Code.Cancelled, reason: "CONNECTION_CLOSED" });
      await closing;
      await connection.close();
      expect(await fired(handlers)).toMatchObject({ code: Code.Cancelled, reason: "PEER_GONE" });
      expect(await failure(client.call({}))).toMatchObject({ code: Code.Cancelled, notProcessed: true });
    });

    test("a node lets admitted calls finish, and ends with the last of them", async () => {
      const entered = deferred();
      const go = deferred();
      const { node, client } = await pair({
        call: async (note) => {
          entered.resolve();
          await go.promise;
          return note;
        },
      });
      const call = client.call({ text: "last" });
      await entered.promise;
      const closing = node.close({ graceMs: 5_000 });
      setImmediate(() => go.resolve());
      expect(await call).toMatchObject({ text: "last" });
      await closing;
      expect(await failure(client.call({}))).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    });

    test("a node ends within its grace with a handler that never returns: signal, UNAVAILABLE, fate", async () => {
      const clock = fakeClock();
      const signal = deferred<AbortSignal>();
      let started = 0;
      const { node, client } = await pair(
        {
          call: (_note, ctx) => {
            started++;
            signal.resolve(ctx.signal);
            return never();
          },
        },
        { node: { clock }, serve: { maxConcurrent: 1 } },
      );
      const stuck = failure(client.call({}));
      const queued = failure(client.call({}));
      const handlers = await signal.promise;
      let over = false;
      const closing = node.close({ graceMs: 3_000 }).then(() => {
        over = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(2_999);
      await new Promise((resolve) => setImmediate(resolve));
      expect([over, handlers.aborted]).toEqual([false, false]);
      clock.advance(1);
      expect(await stuck).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: false });
      expect(await queued).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: true });
      await closing;
      await node.close();
      expect(handlers.reason).toMatchObject({ code: Code.Unavailable });
      expect([over, started, clock.timers]).toEqual([true, 1, 0]);
    });

    test("a node that serves nothing closes, and then serves nothing any more", async () => {
      const { node } = await start({});
      await node.close();
      await node.close();
      await expect(serve(node, SecondService, {})).rejects.toMatchObject({ reason: "CONNECTION_CLOSED" });
    });
  });
}

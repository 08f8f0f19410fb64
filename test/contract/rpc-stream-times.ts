import { describe, expect, test } from "vitest";
import { Code, type HandlerContext, type ServeOptions } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { all, deferred, failure, fired, harness, never, type RpcCase, untilError } from "./rpc-harness.js";

const note = (number: number) => Note.create({ number: BigInt(number) });
const silent = { [Symbol.asyncIterator]: () => ({ next: never }) };

/** The times of streams: deadlines, pauses, parents. */
export function testStreamTimes(rpcCase: RpcCase): void {
  describe("times of streams", () => {
    const { pair, serve, client: clientOf } = harness(rpcCase);

    /** A server and a client with a clock each; the connection stands. */
    async function clocked(serveOptions: ServeOptions = {}) {
      const clock = fakeClock();
      const serverClock = fakeClock();
      const contexts: HandlerContext[] = [];
      let arrived = deferred<HandlerContext>();
      /** The context of the next call. */
      const entered = async () => {
        const ctx = await arrived.promise;
        arrived = deferred();
        return ctx;
      };
      const enter = (ctx: HandlerContext) => {
        contexts.push(ctx);
        arrived.resolve(ctx);
      };
      /** Gives the handler of `count` its next message. */
      let next = deferred<number>();
      const tell = (n: number) => {
        const { resolve } = next;
        next = deferred();
        resolve(n);
      };
      const { client } = await pair(
        {
          async *count(_note, ctx) {
            enter(ctx);
            for (let n = await next.promise; n > 0; n = await next.promise) yield note(n);
          },
          sum: (_requests, ctx) => {
            enter(ctx);
            return never();
          },
          chat: (requests, ctx) => {
            enter(ctx);
            return requests;
          },
          call: (request) => request,
        },
        { node: { clock: serverClock }, connect: { clock }, serve: serveOptions },
      );
      await client.call({});
      return { client, clock, serverClock, entered, tell };
    }

    test("a stream of requests ends after 10 s unless it says otherwise, one of answers does not", async () => {
      const { client, clock, entered } = await clocked();
      const sum = failure(client.sum(silent));
      expect((await entered()).remainingMs()).toBe(10_000);
      const stream = client.count({});
      const first = stream.next();
      const counting = await entered();
      expect(counting.remainingMs()).toBe(Number.POSITIVE_INFINITY);
      clock.advance(10_010);
      expect(await sum).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
      expect(counting.signal.aborted).toBe(false);
      await stream.return();
      expect((await first).done).toBe(true);
    });

    test("a deadline ends a stream in the middle, and drops what was not taken", async () => {
      const { client, clock, entered, tell } = await clocked();
      const stream = client.count({}, { timeoutMs: 1_000 });
      const first = stream.next();
      const ctx = await entered();
      const signalled = fired(ctx.signal);
      expect(ctx.remainingMs()).toBe(1_000);
      tell(1);
      expect((await first).value?.number).toBe(1n);
      tell(2);
      await client.call({});
      clock.advance(1_010);
      expect(await failure(stream.next())).toMatchObject({ code: Code.DeadlineExceeded, origin: "local" });
      expect(await signalled).toMatchObject({ code: Code.Cancelled });
    });

    test("the server ends a stream by its own clock, too", async () => {
      const { client, serverClock, entered, tell } = await clocked();
      const stream = client.count({}, { timeoutMs: 1_000 });
      const first = stream.next();
      const ctx = await entered();
      tell(1);
      await first;
      serverClock.advance(1_010);
      expect(ctx.signal.reason).toMatchObject({ code: Code.DeadlineExceeded });
      expect(await failure(all(stream))).toMatchObject({ code: Code.DeadlineExceeded, origin: "peer" });
    });

    test("idleTimeoutMs ends a stream on which nothing moves, and not one whose reader is slow", async () => {
      const { client, clock, entered, tell } = await clocked();
      const stream = client.count({}, { idleTimeoutMs: 1_000 });
      const first = stream.next();
      await entered();
      clock.advance(900);
      tell(1);
      await first;
      clock.advance(900);
      tell(2);
      await client.call({});
      // A message is here, and not taken.
      for (let n = 0; n < 5; n++) clock.advance(900);
      expect((await stream.next()).value?.number).toBe(2n);
      const end = failure(stream.next());
      for (let n = 0; n < 3; n++) clock.advance(900);
      expect(await end).toMatchObject({ code: Code.DeadlineExceeded, reason: "STREAM_TIMED_OUT" });
    });

    test("itemTimeoutMs bounds one wait for a message, not the time between them", async () => {
      const { client, clock, entered, tell } = await clocked();
      const stream = client.count({}, { itemTimeoutMs: 1_000 });
      const first = stream.next();
      await entered();
      clock.advance(900);
      tell(1);
      expect((await first).value?.number).toBe(1n);
      clock.advance(5_000);
      const second = stream.next();
      clock.advance(900);
      tell(2);
      expect((await second).value?.number).toBe(2n);
      const third = failure(stream.next());
      clock.advance(1_010);
      const error = await third;
      expect(error).toMatchObject({ code: Code.DeadlineExceeded, reason: "STREAM_TIMED_OUT" });
      expect(error.message).toContain("did not come within 1000 ms (itemTimeoutMs)");
    });

    test("itemTimeoutMs does not count after a message that had to be decompressed", async () => {
      const clock = fakeClock();
      const go = deferred();
      const { client } = await pair(
        {
          async *count(_note, ctx) {
            ctx.compression = "gzip";
            yield Note.create({ data: new Uint8Array(300_000) });
            await go.promise;
            yield note(2);
          },
          call: (request) => request,
        },
        { connect: { clock } },
      );
      await client.call({});
      const stream = client.count({}, { itemTimeoutMs: 1_000 });
      expect((await stream.next()).value?.data).toHaveLength(300_000);
      clock.advance(5_000);
      go.resolve();
      expect((await stream.next()).value?.number).toBe(2n);
      expect((await stream.next()).done).toBe(true);
    });

    test("idleTimeoutMs of a server ends streams on which nothing moves", async () => {
      const { client, serverClock, entered } = await clocked({ idleTimeoutMs: 1_000 });
      let ask = deferred<Note>();
      const requests = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false as const, value: await ask.promise }),
        }),
      };
      const chat = client.chat(requests);
      let answer = chat.next();
      const ctx = await entered();
      for (let n = 1; n <= 3; n++) {
        serverClock.advance(900);
        const { resolve } = ask;
        ask = deferred();
        resolve(note(n));
        expect((await answer).value?.number).toBe(BigInt(n));
        answer = chat.next();
      }
      serverClock.advance(1_900);
      expect(ctx.signal.reason).toMatchObject({ code: Code.DeadlineExceeded, reason: "STREAM_TIMED_OUT" });
      expect(await failure(answer)).toMatchObject({ code: Code.DeadlineExceeded, origin: "peer" });
    });

    test("a call made for another has what is left to it, and ends with it", async () => {
      const clock = fakeClock();
      const innerEntered = deferred<HandlerContext>();
      const inner = await serve({
        async *count(_note, ctx) {
          innerEntered.resolve(ctx);
          yield note(1);
          await never();
        },
        call: (request) => request,
      });
      const innerClient = clientOf(inner, { connect: { clock } });
      await innerClient.call({});
      const ended = deferred<unknown>();
      const { client } = await pair(
        {
          sum: async (_requests, ctx) => {
            const [, error] = await untilError(innerClient.count({}, { parent: ctx, timeoutMs: 60_000 }));
            ended.resolve(error.code);
            return note(0);
          },
          call: (request) => request,
        },
        { node: { clock }, connect: { clock } },
      );
      await client.call({});
      const outer = failure(client.sum([], { timeoutMs: 3_000 }));
      const ctx = await innerEntered.promise;
      expect(ctx.remainingMs()).toBeLessThanOrEqual(3_000);
      expect(ctx.remainingMs()).toBeGreaterThan(0);
      const signalled = fired(ctx.signal);
      clock.advance(3_010);
      expect(await outer).toMatchObject({ code: Code.DeadlineExceeded });
      // Whose timer was first is not said.
      expect([Code.DeadlineExceeded, Code.Cancelled]).toContain(await ended.promise);
      await signalled;
    });

    test("a call made for another is cancelled with it", async () => {
      const innerEntered = deferred<HandlerContext>();
      const inner = await serve({
        sum: (_requests, ctx) => {
          innerEntered.resolve(ctx);
          return never();
        },
      });
      const innerClient = clientOf(inner);
      const ended = deferred<unknown>();
      const { client } = await pair({
        call: async (_note, ctx) => {
          ended.resolve(await failure(innerClient.sum(silent, { parent: ctx })));
          return note(0);
        },
      });
      const controller = new AbortController();
      const outer = failure(client.call({}, { signal: controller.signal }));
      const signalled = fired((await innerEntered.promise).signal);
      controller.abort();
      await outer;
      expect(await signalled).toMatchObject({ code: Code.Cancelled });
      expect(await ended.promise).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
    });
  });
}

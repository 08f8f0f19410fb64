import { describe, expect, test } from "vitest";
import { Code, HeliographError } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { all, deferred, failure, fired, harness, never, type RpcCase, untilError } from "./rpc-harness.js";
import { endlessRequests } from "./rpc-stream-ends.js";

const note = (number: number) => Note.create({ number: BigInt(number) });

/** What handlers of streams may do: end early, go on, ignore who leaves, drain. */
export function testStreamHandlers(rpcCase: RpcCase): void {
  describe("a handler of streams", () => {
    const { pair } = harness(rpcCase);

    test("may be one more caller: messages, errors and leaving pass through it", async () => {
      const closed = deferred();
      const inner = await pair({
        async *chat(requests) {
          try {
            for await (const { number } of requests) {
              if (number === 3n) throw new HeliographError(Code.Aborted, "three", { reason: "THREE" });
              yield note(Number(number) * 10);
            }
          } finally {
            closed.resolve();
          }
        },
      });
      const { client } = await pair({
        chat: (requests, ctx) => inner.client.chat(requests, { parent: ctx }),
      });
      const [answers, error] = await untilError(client.chat([note(1), note(2), note(3)]));
      expect(answers.map(({ number }) => number)).toEqual([10n, 20n]);
      expect(error).toMatchObject({ code: Code.Aborted, reason: "THREE" });
      await closed.promise;
    });

    test("may be asked with the answers of another call, which ends with it", async () => {
      const closed = deferred();
      const { client } = await pair({
        *count() {
          try {
            for (let n = 1; ; n++) yield note(n);
          } finally {
            closed.resolve();
          }
        },
        sum: async (requests) => {
          for await (const { number } of requests) if (number === 5_000n) return note(1);
          return note(0);
        },
      });
      expect(await client.sum(client.count({}))).toMatchObject({ number: 1n });
      await closed.promise;
    });

    test("may end before it has read all requests; the caller's source is closed", async () => {
      const { client } = await pair({
        sum: async (requests) => (await requests.next()).value ?? note(0),
        async *chat(requests) {
          for await (const request of requests) {
            yield request;
            if (request.number === 3n) return;
          }
        },
      });
      const first = endlessRequests();
      expect(await client.sum(first.requests)).toMatchObject({ number: 1n });
      await first.closed.promise;
      const second = endlessRequests();
      expect(await all(client.chat(second.requests))).toHaveLength(3);
      await second.closed.promise;
    });

    test("may stop reading and go on answering", async () => {
      const { client } = await pair({
        async *chat(requests) {
          for await (const _ of requests) break;
          for (let n = 0; n < 2_000; n++) yield note(n);
        },
      });
      const { requests, closed } = endlessRequests();
      expect(await all(client.chat(requests))).toHaveLength(2_000);
      await closed.promise;
    });

    test("may leave somebody behind who reads on: that one's loop ends", async () => {
      const loop = deferred<number>();
      const { client } = await pair({
        sum: async (requests) => {
          const first = await requests.next();
          void all(requests).then(({ length }) => loop.resolve(length));
          return first.value ?? note(0);
        },
      });
      async function* once() {
        yield note(1);
        await never();
      }
      await client.sum(once());
      expect(await loop.promise).toBe(0);
    });

    test("may ignore its signal: what it gives afterwards goes nowhere", async () => {
      const go = deferred();
      const ended = deferred();
      const { client, errors } = await pair({
        count: () => ({
          async *[Symbol.asyncIterator]() {
            try {
              yield note(1);
              await go.promise;
              for (let n = 0; n < 10; n++) yield note(n);
            } finally {
              ended.resolve();
            }
          },
        }),
        sum: async (requests) => {
          await requests.next().catch(() => {});
          await go.promise;
          return note(1);
        },
        call: (request) => request,
      });
      for await (const _ of client.count({})) break;
      const controller = new AbortController();
      const sum = failure(
        client.sum({ [Symbol.asyncIterator]: () => ({ next: never }) }, { signal: controller.signal }),
      );
      await client.call({});
      controller.abort();
      await sum;
      go.resolve();
      await ended.promise;
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });
      expect(errors).toEqual([]);
    });

    test("that waits for requests hears that its call was cancelled", async () => {
      const reading = [deferred<unknown>(), deferred<unknown>()];
      const entered = deferred();
      const { client } = await pair({
        sum: async (requests, ctx) => {
          entered.resolve();
          const waiting = [requests.next(), fired(ctx.signal)];
          await requests.next().catch(() => {});
          await waiting[0]?.then(reading[0]?.resolve, reading[0]?.resolve);
          reading[1]?.resolve(await waiting[1]);
          return note(0);
        },
      });
      const controller = new AbortController();
      const call = failure(
        client.sum({ [Symbol.asyncIterator]: () => ({ next: never }) }, { signal: controller.signal }),
      );
      await entered.promise;
      controller.abort();
      await call;
      for (const { promise } of reading) {
        expect(await promise).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
      }
    });

    test("that drains may end its streams within the grace, and is cut off after it", async () => {
      const clock = fakeClock();
      const finish = deferred();
      const { client, node } = await pair(
        {
          async *count({ number }) {
            yield note(1);
            if (number === 0n) await finish.promise;
            else await never();
            yield note(2);
          },
        },
        { node: { clock } },
      );
      const short = client.count({});
      const long = client.count({ number: 1n });
      await Promise.all([short.next(), long.next()]);
      const closing = node.close({ graceMs: 5_000 });
      finish.resolve();
      expect((await short.next()).value?.number).toBe(2n);
      expect((await short.next()).done).toBe(true);
      expect(await failure(client.count({}).next())).toMatchObject({
        code: Code.Unavailable,
        notProcessed: true,
      });
      const end = failure(long.next());
      clock.advance(5_010);
      expect(await end).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: false });
      await closing;
    });
  });
}

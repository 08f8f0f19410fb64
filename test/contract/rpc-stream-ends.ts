import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  Code,
  createClient,
  type HandlerContext,
  HeliographError,
  type ResponseStream,
} from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { all, type CallHandlers, deferred, failure, harness, never, type RpcCase } from "./rpc-harness.js";

const note = (number: number) => Note.create({ number: BigInt(number) });

/** A handler's generator without end, and what became of it. */
function endless() {
  const signalled = deferred<unknown>();
  const closed = deferred();
  async function* generate(_request: unknown, ctx: HandlerContext) {
    ctx.signal.addEventListener("abort", () => signalled.resolve(ctx.signal.reason));
    try {
      for (let n = 1; ; n++) {
        yield note(n);
        await new Promise(setImmediate);
      }
    } finally {
      closed.resolve();
    }
  }
  return { generate, signalled, closed };
}

/** Requests without end, and whether they were closed. */
export function endlessRequests() {
  const closed = deferred();
  async function* generate() {
    try {
      for (let n = 1; ; n++) yield note(n);
    } finally {
      closed.resolve();
    }
  }
  return { requests: generate(), closed };
}

/** Ways to leave a stream after its first message. */
const ways: readonly [string, (stream: ResponseStream<Note>) => Promise<void>][] = [
  [
    "break",
    async (stream) => {
      for await (const _ of stream) break;
    },
  ],
  [
    "an error in the loop",
    async (stream) => {
      const thrown = new RangeError("in the body");
      const loop = async () => {
        for await (const _ of stream) throw thrown;
      };
      await expect(loop()).rejects.toBe(thrown);
    },
  ],
  [
    "return()",
    async (stream) => {
      await stream.next();
      expect(await stream.return()).toEqual({ done: true, value: undefined });
    },
  ],
  [
    "await using",
    async (stream) => {
      await using mine = stream;
      await mine.next();
    },
  ],
];

/** How streams end before their time: readers that leave, handlers that return, signals, closing. */
export function testStreamEnds(rpcCase: RpcCase): void {
  describe("leaving a stream", () => {
    const { pair, serve, connect } = harness(rpcCase);

    test.each(ways)("by %s ends the call, its handler and its requests", async (_what, leave) => {
      const server = endless();
      const chat = endless();
      const { client, errors } = await pair({ count: server.generate, chat: chat.generate });
      await leave(client.count({}));
      expect(await server.signalled.promise).toMatchObject({
        code: Code.Cancelled,
        reason: "CALL_CANCELLED",
      });
      await server.closed.promise;
      const { requests, closed } = endlessRequests();
      await leave(client.chat(requests));
      await chat.closed.promise;
      await closed.promise;
      expect(await chat.signalled.promise).toMatchObject({ code: Code.Cancelled });
      expect(errors).toEqual([]);
    });

    test("that nobody iterated over causes nothing at all", async () => {
      let called = false;
      const { client } = await pair({
        count: () => {
          called = true;
          return [];
        },
        chat: () => {
          called = true;
          return [];
        },
        call: (request) => request,
      });
      let touched = false;
      const requests = {
        [Symbol.asyncIterator]: () => {
          touched = true;
          return endlessRequests().requests;
        },
      };
      const { signal } = new AbortController();
      const streams = [client.count({}, { signal }), client.chat(requests, { signal })];
      await client.call({});
      for (const stream of streams) {
        expect(await stream.return()).toEqual({ done: true, value: undefined });
        expect(await stream.next()).toEqual({ done: true, value: undefined });
      }
      await client.call({});
      expect([called, touched]).toEqual([false, false]);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });

    test("twice, or after its end, changes nothing; a second loop gets nothing", async () => {
      const { client } = await pair({ count: () => [note(1), note(2)] });
      const stream = client.count({});
      expect(await all(stream)).toHaveLength(2);
      expect(await all(stream)).toEqual([]);
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      for (let n = 0; n < 2; n++) expect(await stream.return()).toEqual({ done: true, value: undefined });
      await stream[Symbol.asyncDispose]();
    });

    test("is heard by those who still wait for messages", async () => {
      const { client } = await pair({ count: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) });
      const stream = client.count({});
      const waiting = [stream.next(), stream.next()];
      await stream.return();
      expect(await Promise.all(waiting)).toEqual(Array(2).fill({ done: true, value: undefined }));
    });

    test("may be asked for several messages at once: they come in order, and the error once", async () => {
      const { client } = await pair({
        async *count() {
          yield note(1);
          yield note(2);
          throw new HeliographError(Code.Aborted, "enough");
        },
      });
      const stream = client.count({});
      const asked = Array.from({ length: 4 }, () => stream.next());
      const ends = await Promise.allSettled(asked);
      expect(ends).toMatchObject([
        { value: { done: false, value: { number: 1n } } },
        { value: { done: false, value: { number: 2n } } },
        { reason: { code: Code.Aborted } },
        { value: { done: true } },
      ]);
    });

    test("makes room for one that waits, which may be left as well", async () => {
      let started = 0;
      const { client } = await pair(
        {
          async *count() {
            started++;
            yield note(started);
            await never();
          },
          call: (request) => request,
        },
        { node: { limits: { maxCalls: 2 } } },
      );
      await client.call({});
      const [first, second, third, fourth] = Array.from({ length: 4 }, () => client.count({})) as [
        ResponseStream<Note>,
        ...ResponseStream<Note>[],
      ];
      await first.next();
      await second?.next();
      const waiting = [third?.next(), fourth?.next()];
      await third?.return();
      expect(await waiting[0]).toEqual({ done: true, value: undefined });
      expect(started).toBe(2);
      await first.return();
      expect((await waiting[1])?.value?.number).toBe(3n);
      await Promise.all([second?.return(), fourth?.return()]);
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });
    });

    test("that was never sent leaves its requests, too", async () => {
      const { client } = await pair({});
      const given = endlessRequests();
      let returned = 0;
      const watched = {
        [Symbol.asyncIterator]: () => ({
          next: () => given.requests.next(),
          return: async () => {
            returned++;
            return { done: true as const, value: undefined };
          },
        }),
      };
      const controller = new AbortController();
      // Nobody has dialed yet: it waits for the connection.
      const call = failure(client.sum(watched, { signal: controller.signal }));
      controller.abort();
      expect(await call).toMatchObject({ code: Code.Cancelled, notProcessed: true });
      expect(returned).toBe(1);
      const signal = AbortSignal.abort();
      expect(await failure(client.chat(watched, { signal }).next())).toMatchObject({ code: Code.Cancelled });
      expect(returned).toBe(1);
    });

    test("by a signal drops what was not taken yet; the signal keeps no listener", async () => {
      const server = endless();
      const { client } = await pair({
        count: server.generate,
        sum: () => never(),
        call: (request) => request,
      });
      const controller = new AbortController();
      const { signal } = controller;
      const stream = client.count({}, { signal });
      await stream.next();
      const given = endlessRequests();
      const sum = failure(client.sum(given.requests, { signal }));
      await client.call({});
      controller.abort(new Error("changed my mind"));
      const error = await failure(stream.next());
      expect(error).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED", origin: "local" });
      expect(error.message).toContain("changed my mind");
      expect(await sum).toMatchObject({ code: Code.Cancelled });
      await Promise.all([server.closed.promise, given.closed.promise]);
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });

    test("100 times leaves no listener on a signal that all share", async () => {
      const { client } = await pair({
        *count() {
          for (let n = 0; ; n++) yield note(n);
        },
        chat: (requests) => requests,
      });
      const { signal } = new AbortController();
      for (let n = 0; n < 50; n++) {
        for await (const _ of client.count({}, { signal })) break;
        await all(client.chat([{}], { signal }));
      }
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });

    test("by closing its connection: handlers hear that the caller is gone", async () => {
      const reading = deferred<unknown>();
      const entered = deferred();
      const server = endless();
      const handlers: CallHandlers = {
        count: server.generate,
        sum: async (requests) => {
          await requests.next();
          entered.resolve();
          await requests.next().catch((error) => reading.resolve(error));
          return note(0);
        },
      };
      const { endpoint } = await serve(handlers);
      const connection = connect([endpoint]);
      const other = createClient(connection, CallService);
      const stream = other.count({});
      await stream.next();
      async function* once() {
        yield note(1);
        await never();
      }
      const sum = failure(other.sum(once()));
      await entered.promise;
      await connection.close();
      expect(await sum).toMatchObject({ code: Code.Cancelled });
      expect(await failure(all(stream))).toMatchObject({ code: Code.Cancelled });
      expect(await reading.promise).toMatchObject({ code: Code.Cancelled, reason: "PEER_GONE" });
      expect(await server.signalled.promise).toMatchObject({ reason: "PEER_GONE" });
      await server.closed.promise;
    });
  });
}

import { describe, expect, test } from "vitest";
import { Code, HeliographError } from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import {
  all,
  type CallHandlers,
  deferred,
  failure,
  fired,
  harness,
  never,
  type RpcCase,
  untilError,
} from "./rpc-harness.js";

const note = (number: number) => Note.create({ number: BigInt(number) });
const enough = () => new HeliographError(Code.Aborted, "enough", { reason: "ENOUGH" });

/** How streams fail: by their handlers, by their requests, by what can't be sent. */
export function testStreamErrors(rpcCase: RpcCase): void {
  describe("errors of streams", () => {
    const { pair } = harness(rpcCase);

    test.each([0, 1, 5, 300])("come after the %i messages that were sent before", async (count) => {
      const { client, errors } = await pair({
        *count() {
          for (let n = 0; n < count; n++) yield note(n);
          throw enough();
        },
        async *chat(requests) {
          for await (const request of requests) {
            yield request;
            if (Number(request.number) === count) throw enough();
          }
        },
      });
      const [messages, error] = await untilError(client.count({}));
      expect(messages.map(({ number }) => Number(number))).toEqual(
        Array.from({ length: count }, (_, n) => n),
      );
      expect(error).toMatchObject({
        code: Code.Aborted,
        reason: "ENOUGH",
        origin: "peer",
        notProcessed: false,
      });
      expect(error.message).toContain("enough");
      const requests = Array.from({ length: count + 50 }, (_, n) => note(n));
      const [answers, chatError] = await untilError(client.chat(requests));
      expect(answers.length).toBe(count + 1);
      expect(chatError).toMatchObject({ reason: "ENOUGH" });
      expect(errors).toEqual([]);
    });

    test("come after messages that nobody had asked for yet", async () => {
      const ended = deferred();
      const { client } = await pair({
        *count() {
          try {
            yield note(1);
            yield note(2);
            throw enough();
          } finally {
            ended.resolve();
          }
        },
        call: (request) => request,
      });
      const stream = client.count({});
      expect((await stream.next()).value?.number).toBe(1n);
      await ended.promise;
      // The END is here when this answer is.
      await client.call({});
      expect((await stream.next()).value?.number).toBe(2n);
      expect(await failure(stream.next())).toMatchObject({ reason: "ENOUGH" });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
    });

    test.each<[string, CallHandlers]>([
      [
        "throw at once",
        {
          count: () => {
            throw new TypeError("a secret");
          },
          sum: () => {
            throw new TypeError("a secret");
          },
          chat: () => {
            throw new TypeError("a secret");
          },
        },
      ],
      [
        "throw later",
        {
          // biome-ignore lint/correctness/useYield: it comes to none
          async *count() {
            throw new TypeError("a secret");
          },
          sum: async (requests) => {
            await requests.next();
            throw new TypeError("a secret");
          },
          // biome-ignore lint/correctness/useYield: it comes to none
          async *chat(requests) {
            await requests.next();
            throw new TypeError("a secret");
          },
        },
      ],
    ])(
      "of handlers that %s are UNKNOWN, without their text, and the node is told",
      async (_what, handlers) => {
        const { client, errors } = await pair(handlers);
        const ends = await Promise.all([
          failure(all(client.count({}))),
          failure(client.sum([{}, {}])),
          failure(all(client.chat([{}]))),
        ]);
        for (const error of ends) {
          expect(error).toMatchObject({ code: Code.Unknown, reason: "HANDLER_FAILED", notProcessed: false });
          expect(error.message).not.toContain("secret");
        }
        expect(errors).toHaveLength(3);
        expect(errors.every((error) => error instanceof TypeError)).toBe(true);
      },
    );

    test.each<[string, unknown]>([
      ["nothing", undefined],
      ["a number", 5],
      ["a text", "abc"],
      ["a message", Note.create()],
      ["a promise of nothing", Promise.resolve(undefined)],
    ])("of a handler that gives %s for a stream are INTERNAL, and the node is told", async (_what, given) => {
      const { client, errors } = await pair({ count: () => given as Note[] });
      expect(await failure(all(client.count({})))).toMatchObject({ code: Code.Internal, origin: "peer" });
      expect(errors).toMatchObject([
        { message: expect.stringContaining("must give an iterable such as a generator") },
      ]);
    });

    test("of what can't even be iterated over end their own call, and no other", async () => {
      const bad = {
        [Symbol.asyncIterator]() {
          throw new RangeError("not today");
        },
      };
      const given = [bad, Promise.resolve(bad), { [Symbol.asyncIterator]: () => ({}) }];
      const { client, errors, faults } = await pair({
        count: ({ number }) => given[Number(number)] as unknown as Note[],
        sum: () => never(),
      });
      const other = new AbortController();
      const running = failure(client.sum([], { signal: other.signal }));
      for (const number of [0n, 1n, 2n]) {
        expect(await failure(all(client.count({ number })))).toMatchObject({ code: Code.Unknown });
      }
      expect(errors.map((error) => (error as Error).name)).toEqual(["RangeError", "RangeError", "TypeError"]);
      expect(faults).toEqual([]);
      other.abort();
      expect(await running).toMatchObject({ code: Code.Cancelled });
    });

    test("of a handler that yields what is no message are INTERNAL; its generator is closed", async () => {
      const closed = deferred();
      const { client, errors } = await pair({
        *count() {
          try {
            yield note(1);
            yield { number: "two" } as unknown as Note;
            yield note(3);
          } finally {
            closed.resolve();
          }
        },
        sum: async () => ({ text: 5 }) as unknown as Note,
      });
      const [messages, error] = await untilError(client.count({}));
      expect(messages.map(({ number }) => number)).toEqual([1n]);
      expect(error).toMatchObject({ code: Code.Internal, origin: "peer" });
      await closed.promise;
      expect(errors).toHaveLength(1);
      expect(await failure(client.sum([]))).toMatchObject({ code: Code.Internal });
      expect(errors).toHaveLength(2);
    });

    test("of a message that is too large for the caller are RESOURCE_EXHAUSTED", async () => {
      const closed = deferred();
      const { client } = await pair(
        {
          *count() {
            try {
              yield note(1);
              yield Note.create({ data: new Uint8Array(2_000) });
            } finally {
              closed.resolve();
            }
          },
        },
        { connect: { limits: { messageBytes: 1_024 } } },
      );
      await failure(all(client.chat([])));
      const [messages, error] = await untilError(client.count({}));
      expect(messages).toHaveLength(1);
      expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" });
      await closed.promise;
    });

    test.each<[string, unknown, Partial<HeliographError>]>([
      ["no message of the type", { number: "two" }, { code: Code.InvalidArgument }],
      ["nothing", undefined, { code: Code.InvalidArgument }],
      [
        "more than the server takes",
        { data: new Uint8Array(5_000) },
        { code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" },
      ],
    ])("of a request that is %s are the caller's; the handler is cancelled", async (_what, bad, expected) => {
      const gone = deferred<unknown>();
      const closed: number[] = [];
      const { client, errors } = await pair(
        {
          sum: async (requests) => {
            await all(requests).catch((error) => gone.resolve(error));
            return note(0);
          },
          chat: (requests, ctx) => {
            ctx.signal.addEventListener("abort", () => gone.resolve(ctx.signal.reason));
            return requests;
          },
          call: (request) => request,
        },
        { node: { limits: { messageBytes: 4_096 } } },
      );
      await client.call({});
      function* requests(n: number) {
        try {
          yield note(n);
          yield bad as Note;
          yield note(n);
        } finally {
          closed.push(n);
        }
      }
      expect(await failure(client.sum(requests(1)))).toMatchObject(expected);
      expect(await gone.promise).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
      expect(await failure(all(client.chat(requests(2))))).toMatchObject(expected);
      expect(closed).toEqual([1, 2]);
      await client.call({});
      expect(errors).toEqual([]);
    });

    test("of the source of requests reach the caller; the handler is cancelled", async () => {
      const gone = [deferred<unknown>(), deferred<unknown>()];
      const { client } = await pair({
        sum: async (requests) => {
          await all(requests).catch((error) => gone[0]?.resolve(error));
          return note(0);
        },
        chat: (requests, ctx) => {
          ctx.signal.addEventListener("abort", () => gone[1]?.resolve(ctx.signal.reason));
          return requests;
        },
      });
      const cause = new RangeError("out of numbers");
      async function* requests() {
        yield note(1);
        throw cause;
      }
      for (const call of [client.sum(requests()), all(client.chat(requests()))]) {
        const error = await failure(call);
        expect(error).toBeInstanceOf(HeliographError);
        expect(error).toMatchObject({ code: Code.Unknown, cause, origin: "local" });
        expect(error.message).toContain("out of numbers");
      }
      for (const each of gone) expect(await each.promise).toMatchObject({ code: Code.Cancelled });
    });

    test.each<[string, unknown]>([
      ["nothing", undefined],
      ["a message", {}],
      ["a text", "abc"],
    ])("of requests that are %s in place of a source are INVALID_ARGUMENT", async (_what, requests) => {
      const { client } = await pair({});
      for (const call of [client.sum(requests as Note[]), all(client.chat(requests as Note[]))]) {
        const error = await failure(call);
        expect(error).toMatchObject({ code: Code.InvalidArgument });
        expect(error.message).toContain("must be an iterable such as a list or a generator");
      }
    });

    test("of a source that can't be iterated over are the caller's, as a HeliographError", async () => {
      const { client } = await pair({});
      const requests = {
        [Symbol.iterator]() {
          throw new RangeError("not today");
        },
      } as unknown as Note[];
      for (const call of [client.sum(requests), all(client.chat(requests))]) {
        expect((await failure(call)).message).toContain("not today");
      }
    });

    test("of methods that nobody serves are UNIMPLEMENTED; the source is let go", async () => {
      const { client } = await pair({ call: (request) => request });
      await client.call({});
      const closed = deferred();
      async function* requests() {
        try {
          for (;;) yield note(1);
        } finally {
          closed.resolve();
        }
      }
      expect(await failure(client.sum(requests()))).toMatchObject({
        code: Code.Unimplemented,
        notProcessed: true,
      });
      await closed.promise;
      expect(await failure(all(client.count({})))).toMatchObject({ code: Code.Unimplemented });
      expect(await failure(all(client.chat([])))).toMatchObject({ code: Code.Unimplemented });
    });

    test("of a generator that fails as it is stopped are told to the node", async () => {
      const told = deferred<unknown>();
      const { client } = await pair(
        {
          async *count(_note, ctx) {
            yield note(1);
            await fired(ctx.signal);
            throw new TypeError("could not clean up");
          },
          *chat() {
            try {
              for (;;) yield note(1);
            } finally {
              // biome-ignore lint/correctness/noUnsafeFinally: a handler may do so
              throw new TypeError("could not clean up");
            }
          },
        },
        { node: { onError: (error) => told.resolve(error) } },
      );
      for await (const _ of client.count({})) break;
      expect(await told.promise).toMatchObject({ message: "could not clean up" });
    });
  });
}

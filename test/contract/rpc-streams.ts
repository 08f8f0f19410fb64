import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { describe, expect, test } from "vitest";
import { Code, HeliographError, type Metadata, type ResponseStream } from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { all, deferred, harness, type RpcCase } from "./rpc-harness.js";

const note = (number: number) => Note.create({ number: BigInt(number) });
const numbers = (notes: readonly Note[]) => notes.map(({ number }) => Number(number));
const KIB = 1024;
const MIB = 1024 * KIB;
/** On both sides of what goes into a packet, beside it, and in chunks. */
const SIZES = [1, 0, 16_370, 16_384, 1, 256 * KIB, 256 * KIB + 1, 7, 3 * MIB, 1, 100_000, 3 * MIB, 2];

/** All that messages can be taken from. */
const sources: readonly [string, () => AsyncIterable<Note> | Iterable<Note>][] = [
  [
    "an async generator",
    async function* () {
      for (let n = 1; n <= 3; n++) yield note(n);
    },
  ],
  [
    "a generator",
    function* () {
      for (let n = 1; n <= 3; n++) yield note(n);
    },
  ],
  ["a list", () => [note(1), note(2), note(3)]],
  ["a stream of Node", () => Readable.from([note(1), note(2), note(3)])],
  ["a stream of the web", () => ReadableStream.from([note(1), note(2), note(3)]) as AsyncIterable<Note>],
  ["the iterator of a collection", () => new Map([1, 2, 3].map((n) => [n, note(n)])).values()],
  [
    "an iterable that can't be left",
    () => {
      let n = 0;
      const next = async () =>
        n++ < 3 ? { done: false as const, value: note(n) } : { done: true as const, value: undefined };
      return { [Symbol.asyncIterator]: () => ({ next }) };
    },
  ],
];

/** What streams carry: messages of all kinds and sizes, metadata, ends. */
export function testStreams(rpcCase: RpcCase): void {
  describe("streams", () => {
    const { pair } = harness(rpcCase);

    test.each(sources)("are answered, and asked, with %s", async (_what, source) => {
      const { client } = await pair({
        count: source,
        sum: async (requests) => note(numbers(await all(requests)).reduce((sum, n) => sum * 10 + n, 0)),
        chat: async function* (requests) {
          for await (const { number } of requests) yield note(Number(number) + 1);
        },
      });
      expect(numbers(await all(client.count({})))).toEqual([1, 2, 3]);
      expect(await client.sum(source())).toMatchObject({ number: 123n });
      expect(numbers(await all(client.chat(source())))).toEqual([2, 3, 4]);
    });

    test("come from handlers that promise them", async () => {
      const { client } = await pair({
        // biome-ignore lint/suspicious/noExplicitAny: what JavaScript may give
        count: (async () => [note(1), note(2)]) as any,
        // Of another library: no Promise, but `await` takes it.
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        sum: () => ({ then: (resolve: (value: Note) => void) => resolve(note(7)) }) as Promise<Note>,
      });
      expect(numbers(await all(client.count({})))).toEqual([1, 2]);
      expect(await client.sum([])).toMatchObject({ number: 7n });
    });

    test("may have no messages at all", async () => {
      const { client } = await pair({
        count: () => [],
        sum: async (requests) => note((await all(requests)).length),
        chat: async function* (requests) {
          yield* await all(requests);
        },
      });
      expect(await all(client.count({}))).toEqual([]);
      expect(await client.sum([])).toMatchObject({ number: 0n });
      expect(await all(client.chat([]))).toEqual([]);
    });

    test("tell the end from messages that are empty", async () => {
      const { client } = await pair({
        count: () => [Note.create(), Note.create()],
        sum: async (requests) => note((await all(requests)).length),
        chat: async function* (requests) {
          yield* requests;
        },
      });
      expect(await all(client.count({}))).toEqual([Note.create(), Note.create()]);
      expect(await client.sum([{}, {}, {}])).toMatchObject({ number: 3n });
      expect(await all(client.chat([{}, {}]))).toEqual([Note.create(), Note.create()]);
    });

    test("of bidirectional calls take turns, each with what it was told", async () => {
      const { client } = await pair({
        chat: async function* (requests) {
          for await (const { number } of requests) yield note(Number(number) * 2);
        },
      });
      let wanted = deferred<number>();
      async function* ask() {
        for (let n = await wanted.promise; n > 0; n = await wanted.promise) {
          wanted = deferred();
          yield note(n);
        }
      }
      const answers = client.chat(ask());
      for (const n of [1, 5, 3]) {
        const answer = answers.next();
        wanted.resolve(n);
        expect((await answer).value?.number).toBe(BigInt(n * 2));
      }
      wanted.resolve(0);
      expect(await answers.next()).toEqual({ done: true, value: undefined });
    });

    test("of a bidirectional call may be asked for by its own requests", async () => {
      let runs = 0;
      const { client } = await pair({
        chat: async function* (requests) {
          runs++;
          for await (const { number } of requests) yield note(Number(number) * 2);
        },
      });
      // Of a call that is sent at once, the requests are asked for at once.
      await all(client.chat([]));
      const taken: Promise<IteratorResult<Note, undefined>>[] = [];
      async function* ask() {
        taken.push(answers.next());
        yield note(4);
      }
      const answers = client.chat(ask());
      expect((await answers.next()).value?.number).toBe(8n);
      expect([await Promise.all(taken), runs]).toEqual([[{ done: true, value: undefined }], 2]);
    });

    test("answer before, while and after their requests come", async () => {
      const { client } = await pair({
        chat: async function* (requests) {
          yield note(0);
          let sum = 0;
          for await (const { number } of requests) {
            sum += Number(number);
            yield note(sum);
          }
          yield note(1_000);
        },
      });
      expect(numbers(await all(client.chat([note(1), note(2), note(3)])))).toEqual([0, 1, 3, 6, 1_000]);
    });

    test("keep the order of 100,000 small messages, in both directions", async () => {
      const { client } = await pair({
        *count({ number }) {
          for (let n = 0; n < number; n++) yield note(n);
        },
        sum: async (requests) => {
          let expected = 0;
          for await (const { number } of requests) if (Number(number) === expected) expected++;
          return note(expected);
        },
      });
      let expected = 0;
      for await (const { number } of client.count({ number: 100_000n })) {
        if (Number(number) !== expected) throw new Error(`${number} came in the place of ${expected}`);
        expected++;
      }
      expect(expected).toBe(100_000);
      function* upTo(last: number) {
        for (let n = 0; n < last; n++) yield note(n);
      }
      expect(await client.sum(upTo(100_000))).toMatchObject({ number: 100_000n });
    });

    test("mix messages of a byte with such of 3 MiB, in both directions", async () => {
      const { client } = await pair({
        chat: async function* (requests) {
          for await (const { data, number } of requests) {
            if (data.some((byte) => byte !== Number(number))) throw new Error(`message ${number} is torn`);
            yield Note.create({ data: data.map((byte) => byte + 1), number });
          }
        },
      });
      const requests = SIZES.map((size, n) => ({ data: new Uint8Array(size).fill(n), number: BigInt(n) }));
      const answers = await all(client.chat(requests));
      expect(numbers(answers)).toEqual(SIZES.map((_, n) => n));
      expect(answers.map(({ data }) => data.length)).toEqual(SIZES);
      for (const [n, { data }] of answers.entries()) expect(data.every((byte) => byte === n + 1)).toBe(true);
    });

    test("with large messages run side by side, and small calls pass them", async () => {
      const { client } = await pair({
        *count({ number }) {
          for (let n = 0; n < 6; n++) yield Note.create({ data: new Uint8Array(MIB), number });
        },
        call: (request) => request,
      });
      let running = 6;
      const streams = Array.from({ length: running }, async (_, n) => {
        const got = await all(client.count({ number: BigInt(n) }));
        running--;
        expect(got.map(({ data, number }) => [data.length, number])).toEqual(
          Array.from({ length: 6 }, () => [MIB, BigInt(n)]),
        );
      });
      let passed = 0;
      while (running > 0) {
        await client.call({});
        passed++;
      }
      await Promise.all(streams);
      expect(passed).toBeGreaterThan(3);
    });
  });

  describe("metadata of streams", () => {
    const { pair } = harness(rpcCase);

    /** What a caller was shown, in order. */
    function shown() {
      const seen: string[] = [];
      return {
        seen,
        options: {
          onHeader: (metadata: Metadata) => void seen.push(`header ${metadata.get("from")}`),
          onTrailer: (metadata: Metadata) => void seen.push(`trailer ${metadata.get("to")}`),
        },
      };
    }

    async function listen(stream: ResponseStream<Note>, seen: string[]) {
      try {
        for await (const { number } of stream) seen.push(String(number));
        seen.push("end");
      } catch (error) {
        seen.push(HeliographError.from(error).reason);
      }
    }

    test("come once, with the first message, and trailers with the end", async () => {
      const go = deferred();
      const { client } = await pair({
        async *count(_note, ctx) {
          ctx.responseMetadata.set("from", ctx.requestMetadata.get("who") ?? "");
          yield note(1);
          await go.promise;
          // Too late: the first message has left.
          ctx.responseMetadata.set("from", "late");
          yield note(2);
          ctx.trailers.set("to", "you");
        },
      });
      const { seen, options } = shown();
      const stream = client.count({}, { ...options, metadata: { who: "me" } });
      expect((await stream.next()).value?.number).toBe(1n);
      expect(seen).toEqual(["header me"]);
      go.resolve();
      await listen(stream, seen);
      // Trailers are shown when they arrive, perhaps before the last messages are taken.
      expect([...seen].sort()).toEqual(["2", "end", "header me", "trailer you"]);
      expect(seen.at(-1)).toBe("end");
    });

    test("come with the end when there is no message", async () => {
      const { client } = await pair({
        count: (_note, ctx) => {
          ctx.responseMetadata.set("from", "here");
          ctx.trailers.set("to", "there");
          return [];
        },
        chat: (_requests, ctx) => {
          ctx.responseMetadata.set("from", "here");
          ctx.trailers.set("to", "there");
          throw new HeliographError(Code.Aborted, "no", { reason: "ENOUGH" });
        },
      });
      const first = shown();
      await listen(client.count({}, first.options), first.seen);
      expect(first.seen).toEqual(["header here", "trailer there", "end"]);
      const second = shown();
      await listen(client.chat([], second.options), second.seen);
      expect(second.seen).toEqual(["header here", "trailer there", "ENOUGH"]);
    });

    test("come with errors in the middle", async () => {
      const { client } = await pair({
        *count(_note, ctx) {
          ctx.responseMetadata.set("from", "here");
          yield note(1);
          ctx.trailers.set("to", "there");
          throw new HeliographError(Code.Aborted, "no", { reason: "ENOUGH" });
        },
      });
      const { seen, options } = shown();
      await listen(client.count({}, options), seen);
      expect(seen[0]).toBe("header here");
      expect(new Set(seen)).toEqual(new Set(["header here", "1", "trailer there", "ENOUGH"]));
      expect(seen.at(-1)).toBe("ENOUGH");
    });

    test("come with the answer of a stream of requests", async () => {
      const { client } = await pair({
        sum: async (requests, ctx) => {
          ctx.responseMetadata.set("from", "here");
          ctx.trailers.set("to", String((await all(requests)).length));
          return note(1);
        },
      });
      const { seen, options } = shown();
      await client.sum([{}, {}], options);
      expect(seen).toEqual(["header here", "trailer 2"]);
    });

    test("are too much: RESOURCE_EXHAUSTED, and the generator is closed", async () => {
      const closed = deferred();
      const { client } = await pair({
        *count(_note, ctx) {
          ctx.responseMetadata.set("from", "x".repeat(20_000));
          try {
            yield note(1);
          } finally {
            closed.resolve();
          }
        },
      });
      await expect(all(client.count({}))).rejects.toMatchObject({ code: Code.ResourceExhausted });
      await closed.promise;
    });

    test("shown to a callback that throws end the call, and the handler's with it", async () => {
      const gone = deferred<unknown>();
      const { client } = await pair({
        async *count(_note, ctx) {
          ctx.responseMetadata.set("from", "here");
          ctx.signal.addEventListener("abort", () => gone.resolve(ctx.signal.reason));
          yield note(1);
          await new Promise(() => {});
        },
      });
      const onHeader = () => {
        throw new TypeError("a slip");
      };
      await expect(all(client.count({}, { onHeader }))).rejects.toMatchObject({
        code: Code.Unknown,
        message: expect.stringContaining("onHeader or onTrailer threw: a slip"),
      });
      expect(await gone.promise).toMatchObject({ reason: "CALL_CANCELLED" });
    });
  });
}

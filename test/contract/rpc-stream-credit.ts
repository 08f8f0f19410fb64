import { describe, expect, test } from "vitest";
import { Code, HeliographError, type LimitOptions } from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import {
  all,
  type CallClient,
  type CallHandlers,
  deferred,
  failure,
  harness,
  never,
  type RpcCase,
} from "./rpc-harness.js";

const note = (number: number) => Note.create({ number: BigInt(number) });
/** The least that may be granted. */
const LEAST: LimitOptions = { streamCreditMessages: 16, streamCreditBytes: 65_536 };

/** Numbers from 1 on, and how many of them were taken. */
function counted(last = Number.POSITIVE_INFINITY, bytes = 0) {
  const taken = { count: 0 };
  function* generate() {
    while (taken.count < last) {
      taken.count++;
      yield Note.create({ number: BigInt(taken.count), data: new Uint8Array(bytes) });
    }
  }
  return { taken, generate };
}

/** All that is under way has arrived: frames keep their order, also behind this call. */
async function settled(client: CallClient): Promise<void> {
  for (let n = 0; n < 5; n++) await client.call({});
}

/** How far a sender gets ahead of its reader, and whom that holds up. */
export function testStreamCredit(rpcCase: RpcCase): void {
  describe("credit of streams", () => {
    const { pair } = harness(rpcCase);

    async function connected(handlers: CallHandlers, limits: LimitOptions = {}) {
      const made = await pair(
        { call: (request) => request, ...handlers },
        { node: { limits }, connect: { limits } },
      );
      await made.client.call({});
      return made;
    }

    test.each<[string, LimitOptions, number, number]>([
      ["16 messages", LEAST, 0, 17],
      // Four leave 14,464 too much; what was taken is given back at once, and pays for one more.
      ["65,536 bytes", LEAST, 20_000, 6],
    ])("stop the source of a reader that takes one message: %s", async (_what, limits, bytes, expected) => {
      const last = bytes > 0 ? 300 : 3_000;
      const answers = counted(last, bytes);
      const { client } = await connected({ count: answers.generate }, limits);
      const stream = client.count({});
      expect((await stream.next()).value?.number).toBe(1n);
      await settled(client);
      expect(answers.taken.count).toBe(expected);
      let next = 2n;
      for await (const { number } of stream) if (number === next) next++;
      expect(next).toBe(BigInt(last + 1));
    });

    test.each<[string, LimitOptions, number, number]>([
      ["16 messages", LEAST, 0, 17],
      ["65,536 bytes", LEAST, 20_000, 6],
    ])("stop the source of a handler that takes one request: %s", async (_what, limits, bytes, expected) => {
      const last = bytes > 0 ? 300 : 3_000;
      const requests = counted(last, bytes);
      const go = deferred();
      const { client } = await connected(
        {
          sum: async (stream) => {
            let sum = Number((await stream.next()).value?.number);
            await go.promise;
            for await (const { number } of stream) sum += Number(number);
            return note(sum);
          },
        },
        limits,
      );
      const sum = client.sum(requests.generate());
      await settled(client);
      expect(requests.taken.count).toBe(expected);
      go.resolve();
      expect(await sum).toMatchObject({ number: BigInt((last * (last + 1)) / 2) });
    });

    test("stop the source of who reads one message, however much is granted unless it is said", async () => {
      const [answers, requests] = [counted(), counted()];
      const { client } = await connected({
        count: answers.generate,
        sum: async (stream) => {
          await stream.next();
          return never();
        },
      });
      const stream = client.count({});
      await stream.next();
      const controller = new AbortController();
      const sum = failure(client.sum(requests.generate(), { signal: controller.signal }));
      await settled(client);
      for (const { taken } of [answers, requests]) {
        expect(taken.count).toBeGreaterThan(100);
        expect(taken.count).toBeLessThan(10_000);
      }
      await stream.return();
      controller.abort();
      await sum;
    });

    test("never let a source further ahead than is granted, when a reader that kept up stops", async () => {
      const limits = { streamCreditMessages: 600, streamCreditBytes: 65_536 };
      const [answers, requests] = [counted(), counted()];
      const READ = 5_000;
      const { client } = await connected(
        {
          count: answers.generate,
          sum: async (stream) => {
            for (let n = 0; n < READ; n++) await stream.next();
            return never();
          },
        },
        limits,
      );
      const stream = client.count({});
      for (let n = 1; n <= READ; n++) expect((await stream.next()).value?.number).toBe(BigInt(n));
      const controller = new AbortController();
      const sum = failure(client.sum(requests.generate(), { signal: controller.signal }));
      while (requests.taken.count < READ) await client.call({});
      await settled(client);
      for (const { taken } of [answers, requests]) expect(taken.count - READ).toBeLessThanOrEqual(601);
      await stream.return();
      controller.abort();
      await sum;
    });

    test("stop a handler that nobody reads, in the middle of its requests, and with it their source", async () => {
      const requests = counted();
      const { client } = await connected({ chat: (stream) => stream }, LEAST);
      const chat = client.chat(requests.generate());
      expect((await chat.next()).value?.number).toBe(1n);
      await settled(client);
      // The handler holds one, and has taken all that the caller may send and was then given back.
      const { count } = requests.taken;
      expect(count).toBeGreaterThan(16);
      expect(count).toBeLessThanOrEqual(17 + 17);
      await settled(client);
      expect(requests.taken.count).toBe(count);
      for (let n = 2n; n <= 500n; n++) expect((await chat.next()).value?.number).toBe(n);
      await chat.return();
    });

    test("let messages pass that are larger than all of it, one by one", async () => {
      const answers = counted(4, 300_000);
      const { client } = await connected({ count: answers.generate }, LEAST);
      const stream = client.count({});
      await stream.next();
      await settled(client);
      expect(answers.taken.count).toBeLessThanOrEqual(3);
      expect((await all(stream)).map(({ data }) => data.length)).toEqual([300_000, 300_000, 300_000]);
    });

    test("hold up nobody behind large requests that were dropped", async () => {
      let answered = deferred();
      const { client } = await connected({
        sum: async (requests) => {
          const first = (await requests.next()).value;
          if (first?.text === "large") {
            await answered.promise;
            throw new HeliographError(Code.Aborted, "enough");
          }
          return note((await all(requests)).length + 1);
        },
      });
      for (let round = 0; round < 3; round++) {
        answered = deferred();
        const large = Array.from({ length: 4 }, () =>
          failure(client.sum([{ text: "large" }, { data: new Uint8Array(4_000_000) }])),
        );
        const small = client.sum(counted(3_000).generate());
        answered.resolve();
        expect((await Promise.all(large)).map(({ code }) => code)).toEqual(Array(4).fill(Code.Aborted));
        expect(await small).toMatchObject({ number: 3_000n });
      }
    });

    test("hold up one stream, and no other, nor other calls", async () => {
      const { client } = await connected({
        *count({ number }) {
          for (let n = 0; n < number; n++) yield Note.create({ data: new Uint8Array(500) });
        },
        sum: async (requests) => note((await all(requests)).length),
      });
      const unread = Array.from({ length: 10 }, () => client.count({ number: 1_000_000n }));
      await Promise.all(unread.map((stream) => stream.next()));
      const streams = Array.from({ length: 10 }, () => all(client.count({ number: 2_000n })));
      const sums = Array.from({ length: 10 }, () => client.sum(counted(2_000).generate()));
      expect((await Promise.all(streams)).map(({ length }) => length)).toEqual(Array(10).fill(2_000));
      expect((await Promise.all(sums)).map(({ number }) => number)).toEqual(Array(10).fill(2_000n));
      await client.call({});
      await Promise.all(unread.map((stream) => stream.return()));
    });

    test("serve 1,000 streams of one session, of which one is never read", async () => {
      const { client } = await connected({
        *chat() {
          for (let n = 0; n < 1_000_000; n++) yield note(n);
        },
        *count({ number }) {
          for (let n = 0; n < 20; n++) yield note(Number(number) + n);
        },
      });
      const unread = client.chat([]);
      await unread.next();
      const streams = await Promise.all(
        Array.from({ length: 999 }, (_, n) => all(client.count({ number: BigInt(n) }))),
      );
      for (const [n, messages] of streams.entries()) {
        expect(messages.map(({ number }) => Number(number))).toEqual(
          Array.from({ length: 20 }, (_, i) => n + i),
        );
      }
      expect((await unread.next()).value?.number).toBe(1n);
      await unread.return();
    });

    test("leave the loop its turns, and time for calls, though no source ever waits", async () => {
      const { client } = await connected({
        count: () => counted().generate(),
        chat: (requests) => requests,
        sum: async (requests) => {
          for await (const { number } of requests) if (number === 0n) break;
          return never();
        },
      });
      const controller = new AbortController();
      const { signal } = controller;
      const busy = [
        failure(all(client.count({}, { signal }))),
        failure(all(client.chat(counted().generate(), { signal }))),
        failure(client.sum(counted().generate(), { signal })),
      ];
      let ticks = 0;
      for (let n = 0; n < 10; n++) {
        await Promise.all([client.call({}), new Promise(setImmediate)]);
        ticks++;
      }
      expect(ticks).toBe(10);
      controller.abort();
      await Promise.all(busy);
    });

    test("come back in full while messages are compressed", async () => {
      const { client } = await connected(
        {
          *count(_note, ctx) {
            ctx.compression = "gzip";
            for (let n = 0; n < 40; n++) {
              // Compresses badly: 40,000 bytes of hexadecimal numbers.
              const text = Array.from({ length: 5_000 }, (_, i) =>
                ((i * 2_654_435_761 + n) >>> 0).toString(16),
              );
              yield Note.create({ number: BigInt(n), text: text.join("").slice(0, 40_000) });
            }
          },
          sum: async (requests) => note((await all(requests)).length),
        },
        LEAST,
      );
      const answers = await all(client.count({}));
      expect(answers.map(({ number }) => Number(number))).toEqual(Array.from({ length: 40 }, (_, n) => n));
      expect(await client.sum(answers, { compression: "gzip" })).toMatchObject({ number: 40n });
    });
  });
}

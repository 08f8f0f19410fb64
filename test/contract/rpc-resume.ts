import { describe, expect, test } from "vitest";
import { Code, type ConnectOptions, HeliographError, type Metadata } from "../../src/index.js";
import { type FaultyNetwork, faults, zmqSockets } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { Random } from "../support/random.js";
import { until } from "../support/within.js";
import { all, deferred, failure, fired, harness, never, type RpcCase, untilError } from "./rpc-harness.js";

const note = (number: number, size = 0) =>
  Note.create({ number: BigInt(number), data: new Uint8Array(size).fill(number) });
const numbers = (notes: readonly Note[]) => notes.map(({ number }) => Number(number));
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
const MIB = 1024 * 1024;

/** Server streams that go on after a lost connection. */
export function testResume(rpcCase: RpcCase): void {
  const { pair } = harness(rpcCase);

  const fragile = () => faults({ network: rpcCase.network ?? zmqSockets() });
  const via = (network: FaultyNetwork, options: Partial<ConnectOptions> = {}) => ({
    connect: { network, backoff: { initialMs: 1, maxMs: 10 }, ...options },
  });

  describe("resumable streams", () => {
    test.each(["watch", "watchClosely"] as const)(
      "deliver each message of %s once and in order, however often the link is cut",
      async (method) => {
        const seeded = new Random(method === "watch" ? 7 : 8);
        const random = () => seeded.next();
        const network = fragile();
        let runs = 0;
        const handler = async function* () {
          runs++;
          for (let n = 1; n <= 300; n++) {
            if (random() < 0.1) network.cut();
            if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
            yield note(n, random() < 0.2 ? 20_000 : 10);
          }
        };
        const { client, served } = await pair({ [method]: handler }, via(network));
        const got: number[] = [];
        for await (const { number } of client[method]({})) {
          got.push(Number(number));
          if (random() < 0.05) network.cut();
          if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
        }
        expect(got).toEqual(upTo(300));
        expect(runs).toBe(1);
        expect(network.stats.cut).toBeGreaterThan(3);
        expect(served.stats.streams.attached).toBe(0);
      },
    );

    test("begin large messages anew that were cut in the middle; metadata comes once", async () => {
      const network = fragile();
      let cuts = 0;
      const shown: unknown[] = [];
      const { client } = await pair(
        {
          *watch(_, ctx) {
            ctx.responseMetadata.set("from", "here");
            for (let n = 1; n <= 4; n++) yield note(n, 2 * MIB);
            ctx.trailers.set("to", "there");
          },
        },
        via(network, {
          tap: ({ direction, parts }) => {
            // A chunk of each of the first messages is the last that arrives.
            if (direction === "in" && parts.length > 1 && cuts < 3 && ++seen % 7 === 0) {
              cuts++;
              network.cut();
            }
            return parts;
          },
        }),
      );
      let seen = 0;
      const show = (metadata: Metadata) => void shown.push([...metadata]);
      const got = await all(client.watch({}, { onHeader: show, onTrailer: show }));
      expect(got.map(({ number, data }) => [Number(number), data.length])).toEqual(
        upTo(4).map((n) => [n, 2 * MIB]),
      );
      for (const { data, number } of got) expect(data.every((byte) => byte === Number(number))).toBe(true);
      expect(cuts).toBe(3);
      expect(shown).toEqual([[["from", "here"]], [["to", "there"]]]);
    });

    test("go on compressed, also when far more comes out than there is room in the window", async () => {
      const network = fragile();
      const { client } = await pair(
        {
          *watch() {
            for (let n = 1; n <= 40; n++) {
              if (n % 10 === 0) network.cut();
              yield note(n, MIB / 2);
            }
          },
        },
        { ...via(network), serve: { compression: "gzip" } },
      );
      expect(numbers(await all(client.watch({})))).toEqual(upTo(40));
    });

    test.each([
      ["success", undefined],
      ["an error", new HeliographError(Code.Aborted, "enough", { reason: "ENOUGH" })],
    ] as const)("end with %s though the end was lost, and with trailers", async (_, error) => {
      const network = fragile();
      const trailers: unknown[] = [];
      const ended = deferred();
      const { client } = await pair(
        {
          async *watch(_note, ctx) {
            yield note(1);
            await ended.promise;
            network.pause();
            ctx.trailers.set("to", "there");
            if (error !== undefined) throw error;
          },
        },
        via(network),
      );
      const stream = client.watch({}, { onTrailer: (each) => void trailers.push(each.get("to")) });
      expect((await stream.next()).value?.number).toBe(1n);
      ended.resolve();
      // The end is held back on the link by then.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      network.cut();
      network.resume();
      if (error === undefined) expect(await stream.next()).toEqual({ done: true, value: undefined });
      else expect(await failure(stream.next())).toMatchObject({ code: Code.Aborted, reason: "ENOUGH" });
      expect(trailers).toEqual(["there"]);
    });

    test("begin once, though the link is cut twice before the first message", async () => {
      const network = fragile();
      let runs = 0;
      const go = deferred();
      const { client, served } = await pair(
        {
          async *watch() {
            runs++;
            await go.promise;
            yield note(1);
          },
        },
        via(network),
      );
      const first = client.watch({}).next();
      for (let connections = 1; connections <= 3; connections++) {
        await until(20_000, "the stream to be there", () => {
          const { attached } = served.stats.streams;
          return network.stats.connections === connections && attached === 1;
        });
        if (connections < 3) network.cut();
      }
      go.resolve();
      expect((await first).value?.number).toBe(1n);
      expect(runs).toBe(1);
    });

    test("end at the handler at once when their reader leaves", async () => {
      const left = deferred<unknown>();
      const { client, served } = await pair({
        async *watch(_, ctx) {
          yield note(1);
          left.resolve(await fired(ctx.signal));
        },
      });
      for await (const _ of client.watch({})) break;
      expect(await left.promise).toMatchObject({ code: Code.Cancelled, reason: "CALL_CANCELLED" });
      await until(20_000, "nothing to be kept", () => {
        const { attached, away } = served.stats.streams;
        return attached + away === 0;
      });
    });

    test("hold their handler when nobody reads, by the window of the stream", async () => {
      let made = 0;
      const network = fragile();
      const { client } = await pair(
        {
          *watchClosely() {
            while (true) yield note(++made);
          },
        },
        via(network),
      );
      const stream = client.watchClosely({});
      const got: number[] = [];
      for (let round = 1; round <= 20; round++) {
        got.push(Number((await stream.next()).value?.number));
        if (round % 5 === 0) network.cut();
        // Four in the reader's inbox, four in the log, and one on its way.
        expect(made - round).toBeLessThanOrEqual(12);
      }
      expect(got).toEqual(upTo(20));
      await stream.return();
    });

    test("of which many are short leave nothing behind", async () => {
      const { client, served } = await pair({ watch: () => [note(1)] });
      for (let round = 0; round < 10; round++)
        await Promise.all(Array.from({ length: 100 }, () => all(client.watch({}))));
      // What the client has read travels with what it sends; of the last ones, with the next PING.
      expect(served.stats.streams.away).toBeLessThan(700);
      expect(served.stats.streams).toMatchObject({ attached: 0, awayBytes: expect.any(Number) });
    });

    test("with a deadline end when it has passed, on both sides", async () => {
      const network = fragile();
      const told = deferred<unknown>();
      const { client } = await pair(
        {
          async *watch(_, ctx) {
            yield note(1);
            network.cut();
            told.resolve(await fired(ctx.signal));
            await never();
          },
        },
        via(network),
      );
      const [got, error] = await untilError(client.watch({}, { timeoutMs: 300 }));
      expect(numbers(got)).toEqual([1]);
      expect(error).toMatchObject({ code: Code.DeadlineExceeded, notProcessed: false });
      // The client's CANCEL may be faster than the server's clock.
      expect(await told.promise).toMatchObject({
        reason: expect.stringMatching(/CALL_TIMED_OUT|CALL_CANCELLED/),
      });
    });

    test("end with UNAVAILABLE when the server drains and its grace is over", async () => {
      const { client, node } = await pair({
        async *watch(_, ctx) {
          yield note(1);
          await fired(ctx.signal);
        },
      });
      const stream = client.watch({});
      await stream.next();
      const end = failure(stream.next());
      await node.close({ graceMs: 0 });
      expect(await end).toMatchObject({ code: Code.Unavailable, notProcessed: false });
    });

    test("finish while the server drains", async () => {
      const go = deferred();
      const { client, node } = await pair({
        async *watch() {
          yield note(1);
          await go.promise;
          yield note(2);
        },
      });
      const stream = client.watch({});
      await stream.next();
      const rest = all(stream);
      const closing = node.close({ graceMs: 10_000 });
      go.resolve();
      expect(numbers(await rest)).toEqual([2]);
      await closing;
    });
  });
}

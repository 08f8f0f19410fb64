import { describe, expect, test } from "vitest";
import { Code, frameTap } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import {
  type CallClient,
  type Deferred,
  deferred,
  failure,
  harness,
  never,
  type RpcCase,
} from "./rpc-harness.js";

/** How many calls at a time, and how large. */
export function testLimits(rpcCase: RpcCase): void {
  describe("calls at a time", () => {
    const { pair } = harness(rpcCase);

    /** Handlers that wait until the test lets them go on, by the call's number. */
    function gates() {
      const started: number[] = [];
      const waiting: Deferred<void>[] = [];
      const wanted: { count: number; resolve: () => void }[] = [];
      return {
        started,
        async call(note: Note): Promise<Note> {
          const number = Number(note.number);
          waiting[number] = deferred();
          started.push(number);
          for (const each of wanted) if (started.length >= each.count) each.resolve();
          await waiting[number].promise;
          if (note.text === "throw") throw new Error("x");
          return note;
        },
        release: (number: number) => waiting[number]?.resolve(),
        async untilStarted(count: number): Promise<void> {
          if (started.length >= count) return;
          const { promise, resolve } = deferred();
          wanted.push({ count, resolve });
          await promise;
        },
      };
    }

    const numbered = (client: CallClient, numbers: number[], text = "") =>
      numbers.map((number) => client.call({ number: BigInt(number), text }));

    test("may fill both windows at once, again and again, and all are answered", async () => {
      const { client } = await pair(
        { call: async (note: Note) => note },
        { serve: { maxConcurrent: 2_000 } },
      );
      await client.call({});
      const text = "x".repeat(8_000);
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, () => client.call({ text }, { timeoutMs: 5_000 })),
      );
      expect(answers.every((answer) => answer.text === text)).toBe(true);
    });

    test("hold at most 64 MiB of requests, or four of the largest; further calls wait for room", async () => {
      const limits = { messageBytes: 9_000_000 };
      const gate = gates();
      const { client } = await pair({ call: gate.call }, { node: { limits } });
      // From then on the client knows the server's limits.
      await failure(client.other({}));
      const text = "x".repeat(8_000_000);
      const call = (number: number) => client.call({ text, number: BigInt(number) });
      const calls = Array.from({ length: 10 }, (_, number) => call(number));
      await gate.untilStarted(8);
      await failure(client.other({}));
      expect(gate.started).toHaveLength(8);
      for (const number of [0, 1, 2]) gate.release(number);
      await gate.untilStarted(10);
      for (let number = 3; number < 10; number++) gate.release(number);
      expect((await Promise.all(calls)).every((answer) => answer.text === text)).toBe(true);
    });

    test("that a client sends beyond that are refused before they start", async () => {
      // The client believes that the server takes larger messages, and so holds more of them.
      const tap = frameTap((frame) => {
        const granted = frame.welcome?.limits;
        if (granted !== undefined) granted.messageBytes = 64n * 1024n * 1024n;
        return frame;
      });
      const limits = { messageBytes: 9_000_000 };
      const { client } = await pair({ call: never }, { node: { limits }, connect: { tap } });
      await failure(client.other({}));
      const text = "x".repeat(8_000_000);
      const held = Array.from({ length: 8 }, () => client.call({ text }).catch(() => {}));
      const error = await failure(client.call({ text }));
      expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "QUEUE_FULL", notProcessed: true });
      expect(held.length).toBe(8);
    });

    test("of a service are at most maxConcurrent; the others start in order as lanes get free", async () => {
      const gate = gates();
      const { client } = await pair({ call: gate.call }, { serve: { maxConcurrent: 2 } });
      const calls = numbered(client, [0, 1, 2, 3, 4]);
      await gate.untilStarted(2);
      await failure(client.other({}));
      expect(gate.started).toEqual([0, 1]);
      gate.release(1);
      await calls[1];
      await gate.untilStarted(3);
      expect(gate.started).toEqual([0, 1, 2]);
      for (const number of [2, 0, 3, 4]) {
        await gate.untilStarted(number === 4 ? 5 : gate.started.length);
        gate.release(number);
        await calls[number];
      }
      expect(gate.started).toEqual([0, 1, 2, 3, 4]);
    });

    test("a failure gives its lane back, too", async () => {
      const gate = gates();
      const { client } = await pair({ call: gate.call }, { serve: { maxConcurrent: 1 } });
      const calls = numbered(client, [0, 1, 2], "throw").map(failure);
      for (const number of [0, 1, 2]) {
        await gate.untilStarted(number + 1);
        gate.release(number);
        expect(await calls[number]).toMatchObject({ code: Code.Unknown });
      }
    });

    test("the deadline of a call that waits for a lane ends it; it is never started, and its fate says so", async () => {
      const gate = gates();
      const clock = fakeClock();
      const { client } = await pair({ call: gate.call }, { serve: { maxConcurrent: 1 }, node: { clock } });
      const first = client.call({ number: 0n });
      await gate.untilStarted(1);
      const queued = failure(client.call({ number: 1n }, { timeoutMs: 500 }));
      await failure(client.other({}));
      clock.advance(510);
      expect(await queued).toMatchObject({ code: Code.DeadlineExceeded, origin: "peer", notProcessed: true });
      gate.release(0);
      await first;
      expect(gate.started).toEqual([0]);
    });

    test("cancelling a call that waits for a lane takes it out of the queue", async () => {
      const gate = gates();
      const { client } = await pair({ call: gate.call }, { serve: { maxConcurrent: 1 } });
      const first = client.call({ number: 0n });
      await gate.untilStarted(1);
      const controller = new AbortController();
      const cancelled = Array.from({ length: 500 }, () =>
        failure(client.call({ number: 9n }, { signal: controller.signal })),
      );
      const last = client.call({ number: 2n });
      await failure(client.other({}));
      controller.abort();
      await Promise.all(cancelled);
      await failure(client.other({}));
      gate.release(0);
      await first;
      await gate.untilStarted(2);
      gate.release(2);
      await last;
      expect(gate.started).toEqual([0, 2]);
    });

    test("above the server's maxCalls wait in the client, in order, their deadlines running", async () => {
      const gate = gates();
      const { client, errors } = await pair(
        { call: gate.call, other: (note) => note },
        { node: { limits: { maxCalls: 2 } } },
      );
      await client.other({});
      const calls = numbered(client, [0, 1, 2, 3]);
      const late = failure(client.call({ number: 4n }, { timeoutMs: 30 }));
      await gate.untilStarted(2);
      expect(await late).toMatchObject({ code: Code.DeadlineExceeded });
      expect(gate.started).toEqual([0, 1]);
      for (const number of [0, 1, 2, 3]) {
        await gate.untilStarted(number + 1);
        gate.release(number);
        await calls[number];
      }
      expect(gate.started).toEqual([0, 1, 2, 3]);
      expect(errors).toEqual([]);
    });

    test("that wait in the client can be cancelled", async () => {
      const gate = gates();
      const { client } = await pair(
        { call: gate.call, other: (note) => note },
        { node: { limits: { maxCalls: 1 } } },
      );
      await client.other({});
      const first = client.call({ number: 0n });
      const controller = new AbortController();
      const waiting = failure(client.call({ number: 1n }, { signal: controller.signal }));
      await gate.untilStarted(1);
      controller.abort();
      expect(await waiting).toMatchObject({ code: Code.Cancelled });
      gate.release(0);
      await first;
      expect(await client.other({ text: "a" })).toMatchObject({ text: "a" });
    });

    test("are no more than the server admits from the first ones on: they wait for what it says", async () => {
      const gate = gates();
      const { client, errors } = await pair({ call: gate.call }, { node: { limits: { maxCalls: 3 } } });
      const calls = numbered(client, [0, 1, 2, 3, 4]);
      await gate.untilStarted(3);
      expect(gate.started).toEqual([0, 1, 2]);
      for (const number of [0, 1, 2, 3, 4]) {
        await gate.untilStarted(number + 1);
        gate.release(number);
        await calls[number];
      }
      expect(errors).toEqual([]);
    });
  });

  describe("sizes", () => {
    const { pair } = harness(rpcCase);

    /** A note that takes exactly `bytes` on the wire. */
    const sized = (bytes: number) => {
      for (let overhead = 2; overhead < 8; overhead++) {
        const note = Note.create({ data: new Uint8Array(bytes - overhead) });
        if (Note.encode(note).finish().length === bytes) return note;
      }
      throw new Error(`no note has ${bytes} bytes`);
    };

    for (const limit of [2_000, 100_000, 1_000_000]) {
      test(`a request of the server's limit of ${limit} bytes passes, one more is refused before it is sent`, async () => {
        const { client } = await pair(
          { call: (note) => Note.create({ number: BigInt(note.data.length) }) },
          { node: { limits: { messageBytes: limit } } },
        );
        await client.call({});
        for (const bytes of [limit - 1, limit]) await client.call(sized(bytes));
        const error = await failure(client.call(sized(limit + 1)));
        expect(error).toMatchObject({
          code: Code.ResourceExhausted,
          reason: "MESSAGE_TOO_LARGE",
          notProcessed: true,
          origin: "local",
        });
        expect(error.message).toContain(`${limit + 1} bytes, more than the ${limit}`);
        expect(await client.call(sized(limit))).toBeDefined();
      });

      test(`an answer of the client's limit of ${limit} bytes passes, one more ends the call`, async () => {
        const { client, errors } = await pair(
          { call: ({ number }) => sized(Number(number)) },
          { connect: { limits: { messageBytes: limit } } },
        );
        for (const bytes of [limit - 1, limit]) {
          expect(Note.encode(await client.call({ number: BigInt(bytes) })).finish()).toHaveLength(bytes);
        }
        expect(await failure(client.call({ number: BigInt(limit + 1) }))).toMatchObject({
          code: Code.ResourceExhausted,
          reason: "MESSAGE_TOO_LARGE",
          notProcessed: false,
          origin: "peer",
        });
        expect(errors).toEqual([]);
        await client.call({ number: BigInt(limit) });
      });
    }

    test("a first request that is too large is refused by the server, not processed", async () => {
      let called = false;
      const { client } = await pair(
        {
          call: (note) => {
            called = true;
            return note;
          },
        },
        { node: { limits: { messageBytes: 2_000 } } },
      );
      for (const bytes of [2_001, 600_000]) {
        const error = await failure(client.call(sized(bytes)));
        expect(error).toMatchObject({ code: Code.ResourceExhausted, notProcessed: true });
      }
      expect(called).toBe(false);
      await client.call(sized(2_000));
    });

    test("a request above the constant waits for a server that accepts more", async () => {
      const { client } = await pair(
        { call: ({ data }) => Note.create({ number: BigInt(data.length) }) },
        { node: { limits: { messageBytes: 70 * 1024 * 1024 } } },
      );
      const bytes = 65 * 1024 * 1024;
      expect(await client.call({ data: Buffer.alloc(bytes) })).toMatchObject({ number: BigInt(bytes) });
    });
  });
}

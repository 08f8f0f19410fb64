import { describe, expect, test } from "vitest";
import { leave, type Source, StreamSender, sourceOf } from "../../../../src/rpc/stream/stream-sender.js";
import { deferred } from "../../../contract/rpc-harness.js";

const turn = () => new Promise(setImmediate);

/** A sender of numbers, each of as many bytes as it says, and what it told its host. */
function sender(credit = { messages: 3, bytes: 1_000 }) {
  const sent: unknown[] = [];
  const ends: unknown[] = [];
  const state = { congested: false, send: (message: unknown): number | Promise<number> => Number(message) };
  const stream = new StreamSender(
    {
      congested: () => state.congested,
      send: (message) => {
        sent.push(message);
        return state.send(message);
      },
      exhausted: () => ends.push("exhausted"),
      sourceFailed: (error) => ends.push(error),
    },
    credit,
  );
  return { stream, sent, ends, state };
}

/** A source that says how often it was asked and let go. */
function watched(last: number, bytes = 1) {
  const seen = { asked: 0, returned: 0 };
  const source: Source = {
    next: async () => {
      seen.asked++;
      return seen.asked > last ? { done: true, value: undefined } : { done: false, value: bytes };
    },
    return: async () => {
      seen.returned++;
      return { done: true, value: undefined };
    },
  };
  return { source, seen };
}

describe("a sender", () => {
  test("sends all of a source, then says so; a source that has ended is not let go", async () => {
    const { stream, sent, ends } = sender();
    const { source, seen } = watched(3);
    await stream.run(source);
    stream.stop();
    expect([sent.length, ends, seen.returned]).toEqual([3, ["exhausted"], 0]);
  });

  test("asks its source for nothing before whoever runs it is done", async () => {
    const { stream, ends } = sender();
    const { source, seen } = watched(3);
    const ran = stream.run(source);
    expect(seen.asked).toBe(0);
    stream.stop();
    await ran;
    expect([seen.asked, seen.returned, ends]).toEqual([0, 1, []]);
  });

  test("asks for one message more than it has credit for, and goes on when it gets some", async () => {
    const { stream, sent, ends } = sender();
    const { source, seen } = watched(10);
    const run = stream.run(source);
    await turn();
    expect([sent.length, seen.asked]).toEqual([3, 4]);
    stream.grant(2, 0);
    await turn();
    expect([sent.length, seen.asked]).toEqual([5, 6]);
    stream.grant(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    stream.grant(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    await run;
    expect([sent.length, ends]).toEqual([10, ["exhausted"]]);
  });

  test("overdraws its bytes by one message, and pays that back first", async () => {
    const { stream, sent } = sender({ messages: 100, bytes: 10 });
    void stream.run(watched(10, 15).source);
    await turn();
    expect(sent).toHaveLength(1);
    stream.grant(0, 5);
    await turn();
    expect(sent).toHaveLength(1);
    stream.grant(0, 1);
    await turn();
    expect(sent).toHaveLength(2);
  });

  test("keeps credit that comes while a message is compressed", async () => {
    const { stream, sent, state } = sender({ messages: 100, bytes: 10 });
    const compressed = deferred<number>();
    state.send = () => compressed.promise;
    void stream.run(watched(2).source);
    await turn();
    stream.grant(0, 100);
    state.send = () => 1;
    compressed.resolve(50);
    await turn();
    expect(sent).toHaveLength(2);
  });

  test("takes turns with a session that is crowded", async () => {
    const { stream, sent, ends, state } = sender({ messages: 100, bytes: 1_000 });
    state.congested = true;
    const run = stream.run(watched(2).source);
    await turn();
    stream.wake();
    await turn();
    expect(sent).toEqual([]);
    state.congested = false;
    stream.wake();
    await run;
    expect([sent.length, ends]).toEqual([2, ["exhausted"]]);
  });

  test.each(["a message", "the end", "an error"])(
    "lets %s wait for the last chunk of a large message",
    async (what) => {
      const { stream, sent, ends, state } = sender();
      state.send = () => {
        stream.transferring = true;
        return 1;
      };
      const error = new RangeError("out of numbers");
      async function* source() {
        yield 1;
        if (what === "a message") yield 2;
        if (what === "an error") throw error;
      }
      void stream.run(source());
      await turn();
      stream.wake();
      await turn();
      expect([sent.length, ends]).toEqual([1, []]);
      state.send = () => 1;
      stream.transferred();
      await turn();
      expect(sent).toHaveLength(what === "a message" ? 2 : 1);
      expect(ends).toEqual([what === "an error" ? error : "exhausted"]);
    },
  );

  test("tells of a source that throws, once, and does not let it go", async () => {
    const { stream, sent, ends } = sender();
    const error = new RangeError("out of numbers");
    let returned = 0;
    const results = [Promise.resolve({ done: false as const, value: 1 }), Promise.reject(error)];
    await stream.run({
      next: () => results.shift() ?? Promise.reject(new Error("asked after its end")),
      return: async () => {
        returned++;
        return { done: true, value: undefined };
      },
    });
    stream.stop();
    expect([sent, ends, returned]).toEqual([[1], [error], 0]);
  });

  test("lets a source go that gave what can't be sent", async () => {
    const { stream, ends, state } = sender();
    const { source, seen } = watched(3);
    const error = new TypeError("no message");
    state.send = () => {
      throw error;
    };
    await stream.run(source);
    stream.stop();
    expect([ends, seen]).toEqual([[error], { asked: 1, returned: 1 }]);
  });

  test.each<[string, (made: ReturnType<typeof sender>) => void]>([
    ["credit", () => {}],
    ["room", ({ state }) => Object.assign(state, { congested: true })],
    ["the last chunk", ({ stream }) => Object.assign(stream, { transferring: true })],
  ])("that waits for %s stops, and lets its source go, once", async (_what, prepare) => {
    const made = sender();
    prepare(made);
    const { stream, ends } = made;
    const { source, seen } = watched(10);
    const run = stream.run(source);
    await turn();
    const { asked } = seen;
    stream.stop();
    stream.stop();
    await run;
    stream.grant(10, 10);
    expect([ends, seen]).toEqual([[], { asked, returned: 1 }]);
  });

  test("sends nothing that its source gives after it was stopped, and tells of what that throws", async () => {
    const { stream, sent, ends } = sender();
    const [late, error] = [deferred<IteratorResult<number>>(), new TypeError("could not clean up")];
    const run = stream.run({
      next: () => late.promise,
      return: () => {
        throw error;
      },
    });
    stream.stop();
    late.resolve({ done: false, value: 1 });
    await run;
    await turn();
    expect([sent, ends]).toEqual([[], [error]]);
  });

  test("starves nobody with a source that never waits: its credit ends", async () => {
    const { stream, sent } = sender({ messages: 500, bytes: 1e9 });
    function* forever() {
      for (;;) yield 1;
    }
    void stream.run(forever());
    await turn();
    expect(sent).toHaveLength(500);
    stream.stop();
  });
});

test("a source is what can be iterated over, and nothing else", async () => {
  for (const none of [undefined, null, 5, "abc", {}, { next: () => {} }])
    expect(sourceOf(none)).toBeUndefined();
  expect(await sourceOf([7])?.next()).toEqual({ done: false, value: 7 });
  const both = { [Symbol.iterator]: () => [1].values(), [Symbol.asyncIterator]: () => [2].values() };
  expect(await sourceOf(both)?.next()).toEqual({ done: false, value: 2 });
  await leave([1].values());
});

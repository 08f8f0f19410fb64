import { describe, expect, test } from "vitest";
import { RetryBuffer, type RetryReader } from "../../../../src/rpc/retry/retry-buffer.js";
import { turn } from "../../interceptors/calls.js";

/** A source whose items a test gives. */
function source() {
  const waiting: ((result: IteratorResult<unknown, undefined>) => void)[] = [];
  let returned = 0;
  const iterable: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => waiting.push(resolve)),
      return: async () => {
        returned++;
        return { done: true, value: undefined };
      },
    }),
  };
  return {
    iterable,
    give: (value: unknown) => waiting.shift()?.({ done: false, value }),
    end: () => waiting.shift()?.({ done: true, value: undefined }),
    asked: () => waiting.length,
    returned: () => returned,
  };
}

const done = { done: true, value: undefined };

describe("a buffer of requests", () => {
  test("asks its source once for what several readers wait for", async () => {
    const from = source();
    const buffer = new RetryBuffer(from.iterable);
    const readers = [buffer.read(), buffer.read()];
    const next = readers.map((reader) => reader.next());
    expect(from.asked()).toBe(1);
    from.give("a");
    expect(await Promise.all(next)).toEqual([
      { done: false, value: "a" },
      { done: false, value: "a" },
    ]);
    expect(from.asked()).toBe(0);
  });

  test("gives a reader several that it asks for at once, in order, and the end to each that waits", async () => {
    const from = source();
    const reader = new RetryBuffer(from.iterable).read();
    const next = [reader.next(), reader.next(), reader.next()];
    from.give(1);
    await turn();
    from.give(2);
    await turn();
    from.end();
    expect(await Promise.all(next)).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, done]);
    expect(await reader.next()).toEqual(done);
  });

  test("lets a reader go that waits, and keeps what it waited for to the next", async () => {
    const from = source();
    const buffer = new RetryBuffer(from.iterable);
    const first = buffer.read();
    const next = first.next();
    await first.return();
    expect(await next).toEqual(done);
    from.give("a");
    await turn();
    expect(await buffer.read().next()).toEqual({ done: false, value: "a" });
    expect(from.returned()).toBe(0);
  });

  test("closes its source once, though it is asked for something; what then comes is nobody's", async () => {
    const from = source();
    const buffer = new RetryBuffer(from.iterable);
    const next = buffer.read().next();
    buffer.close();
    buffer.close();
    expect([await next, from.returned()]).toEqual([done, 1]);
    from.give("late");
    await turn();
    expect(await buffer.read().next()).toEqual(done);
  });

  test("closes no source that has ended, or was never read", async () => {
    const ended = source();
    const buffer = new RetryBuffer(ended.iterable);
    const next = buffer.read().next();
    ended.end();
    await next;
    buffer.close();
    const unread = source();
    new RetryBuffer(unread.iterable).close();
    expect([ended.returned(), unread.returned()]).toEqual([0, 0]);
  });

  test("goes on with one reader when it is full, and keeps nothing more", async () => {
    const overflowed: RetryReader[] = [];
    let taken = 0;
    async function* endless() {
      for (;;) yield taken++;
    }
    const buffer = new RetryBuffer(endless(), (reader) => overflowed.push(reader));
    const slow = buffer.read();
    const fast = buffer.read();
    for (let n = 0; n < 256; n++) expect((await fast.next()).value).toBe(n);
    expect([(await slow.next()).value, buffer.complete]).toEqual([0, true]);
    expect((await fast.next()).value).toBe(256);
    expect([overflowed, buffer.complete, await slow.next()]).toEqual([[fast], false, done]);
    for (let n = 257; n < 2_000; n++) expect((await fast.next()).value).toBe(n);
    expect(overflowed).toHaveLength(1);
  });

  test("drops what its one reader has read when no other attempt will be made", async () => {
    async function* two() {
      yield 1;
      yield 2;
    }
    const buffer = new RetryBuffer(two());
    const reader = buffer.read();
    await reader.next();
    buffer.keep(reader);
    expect([await reader.next(), await reader.next()]).toEqual([{ done: false, value: 2 }, done]);
    expect(buffer.complete).toBe(false);
  });
});

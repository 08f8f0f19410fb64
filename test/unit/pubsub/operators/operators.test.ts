import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filter, joinWithin, latestOfEach, map, merge } from "../../../../src/index.js";

/** Gives what it is told, and remembers whether it was left. */
class Source<T> implements AsyncIterableIterator<T, undefined> {
  left = 0;
  private readonly values: T[] = [];
  private readonly readers: ((next: IteratorResult<T, undefined>) => void)[] = [];
  private over = false;

  give(...values: readonly T[]): this {
    for (const value of values) {
      const reader = this.readers.shift();
      if (reader === undefined) this.values.push(value);
      else reader({ done: false, value });
    }
    return this;
  }

  end(): this {
    this.over = true;
    for (const reader of this.readers.splice(0)) reader({ done: true, value: undefined });
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.values.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.readers.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.left++;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

const given = <T>(values: readonly T[]) => new Source<T>().give(...values).end();

/** The operators over two sources, each as something that gives an output for what the sources give. */
const operators: readonly (readonly [
  string,
  (a: Source<number>, b: Source<number>) => AsyncIterator<unknown>,
])[] = [
  ["merge", (a, b) => merge(a, b)],
  ["map", (a, b) => map(merge(a, b), (n) => n)],
  ["filter", (a, b) => filter(merge(a, b), () => true)],
  ["latestOfEach", (a, b) => latestOfEach({ a, b })],
  ["joinWithin", (a, b) => joinWithin(a, b, { windowMs: 10, time: () => 0 })],
];

describe.each(operators)("%s", (_, operator) => {
  test("leaves all sources, once, when its reader leaves between two values", async () => {
    const [a, b] = [new Source<number>().give(1), new Source<number>().give(1)];
    const out = operator(a, b);
    await out.next();
    await out.return?.();
    await out.return?.();
    expect([a.left, b.left]).toEqual([1, 1]);
    expect(await out.next()).toEqual({ done: true, value: undefined });
  });

  test("leaves all sources, also one that gives nothing, while its reader waits", async () => {
    const [a, b] = [new Source<number>(), new Source<number>()];
    const out = operator(a, b);
    const waiting = out.next();
    await Promise.resolve();
    const left = out.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await left;
    expect([a.left, b.left]).toEqual([1, 1]);
  });

  test("leaves all sources when it was never read", async () => {
    const [a, b] = [new Source<number>(), new Source<number>()];
    await operator(a, b).return?.();
    expect([a.left, b.left]).toEqual([1, 1]);
  });
});

describe("a failure", () => {
  const failing = () =>
    (async function* () {
      yield 1;
      throw new Error("broken");
    })();

  test.each<readonly [string, (other: Source<number>) => AsyncIterable<unknown>]>([
    ["of a source of merge", (other) => merge(failing(), other)],
    ["of a source of latestOfEach", (other) => latestOfEach({ a: failing(), other })],
    ["of a source of joinWithin", (other) => joinWithin(failing(), other, { windowMs: 1 })],
    ["of what map calls", (other) => map(other, () => Promise.reject(new Error("broken")))],
    ["of what filter calls", (other) => filter(other, () => Promise.reject(new Error("broken")))],
    [
      "of what joinWithin calls",
      (other) =>
        joinWithin(other, new Source<number>(), {
          windowMs: 1,
          time: () => {
            throw new Error("broken");
          },
        }),
    ],
  ])("%s reaches the reader, and the others are left", async (_, operator) => {
    const other = new Source<number>().give(1);
    await expect(all(operator(other))).rejects.toThrow("broken");
    expect(other.left).toBe(1);
  });
});

describe("joinWithin", () => {
  interface Value {
    readonly at: number;
    readonly key: number;
  }
  const value = fc.record({ at: fc.integer({ min: 0, max: 60 }), key: fc.integer({ min: 0, max: 2 }) });
  const options = { windowMs: 10, time: ({ at }: Value) => at, key: ({ key }: Value) => key };

  test("pairs no value twice, and only those of one key that are near enough", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.array(value), async (left, right) => {
        const pairs = await all(joinWithin(given(left), given(right), options));
        expect(new Set(pairs.map(([a]) => a)).size).toBe(pairs.length);
        expect(new Set(pairs.map(([, b]) => b)).size).toBe(pairs.length);
        for (const [a, b] of pairs) {
          expect(a.key).toBe(b.key);
          expect(Math.abs(a.at - b.at)).toBeLessThanOrEqual(10);
        }
      }),
    );
  });

  test.each([
    [10, 1],
    [11, 0],
    [-10, 1],
    [-11, 0],
  ])("with values %i ms apart gives %i pairs in a window of 10", async (apart, pairs) => {
    const [a, b] = [given([{ at: 100, key: 1 }]), given([{ at: 100 + apart, key: 1 }])];
    expect(await all(joinWithin(a, b, options))).toHaveLength(pairs);
  });

  test("goes on with one source when the other has ended, and lets the oldest go when too many wait", async () => {
    const right = new Source<Value>();
    const out = joinWithin(given([1, 2, 3].map((at) => ({ at, key: at }))), right, {
      ...options,
      maxWaiting: 2,
    });
    const pairs = all(out);
    await new Promise((resolve) => setImmediate(resolve));
    right.give({ at: 1, key: 1 }, { at: 2, key: 2 }, { at: 3, key: 3 }).end();
    expect((await pairs).map(([{ at }]) => at)).toEqual([2, 3]);
  });

  test.each([-1, Number.NaN, "5"])("refuses a window of %j at once", (windowMs) => {
    const wrong = { windowMs } as { windowMs: number };
    expect(() => joinWithin(given([1]), given([2]), wrong)).toThrow(
      "windowMs must be a number of milliseconds",
    );
  });
});

describe("merge", () => {
  test("gives each value once, those of one source in order, to readers that ask at once", async () => {
    const sources = fc.array(fc.array(fc.nat(), { maxLength: 8 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sources, fc.integer({ min: 1, max: 5 }), async (lists, readers) => {
        const out = merge(...lists.map((list, from) => given(list.map((value) => ({ from, value })))));
        const seen: { from: number; value: number }[] = [];
        const read = async () => {
          for (;;) {
            const next = await out.next();
            if (next.done === true) return;
            seen.push(next.value);
          }
        };
        await Promise.all(Array.from({ length: readers }, read));
        for (const [from, list] of lists.entries())
          expect(seen.filter((each) => each.from === from).map(({ value }) => value)).toEqual(list);
        expect(seen).toHaveLength(lists.flat().length);
      }),
    );
  });
});

test("types are inferred through all of them", async () => {
  const words = map(given([1, 2]), (n) => `${n}`);
  const ones = filter(words, (word): word is "1" => word === "1");
  const merged: AsyncIterable<"1" | boolean> = merge<"1" | boolean>(ones, given([true]));
  expect(await all(merged)).toEqual(expect.arrayContaining(["1", true]));
  for await (const { n, text } of latestOfEach({ n: given([1]), text: given(["a"]) }))
    expect(n.toFixed() + text.toUpperCase()).toBe("1A");
  for await (const [n, text] of joinWithin(given([1]), given(["a"]), { windowMs: 1, time: () => 0 }))
    expect(n.toFixed() + text.toUpperCase()).toBe("1A");
});

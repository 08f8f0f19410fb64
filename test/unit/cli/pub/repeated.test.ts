import { expect, test } from "vitest";
import { paced } from "../../../../src/cli/pub/paced.js";
import { repeated } from "../../../../src/cli/pub/repeated.js";
import { fakeClock } from "../../../../src/testing/index.js";

async function* of(...values: readonly number[]): AsyncGenerator<number, void> {
  yield* values;
}

async function all(source: AsyncIterable<number>): Promise<number[]> {
  const values: number[] = [];
  for await (const value of source) values.push(value);
  return values;
}

test("values begin anew until there are enough", async () => {
  expect(await all(repeated(of(1, 2), 5, () => of(1, 2)))).toEqual([1, 2, 1, 2, 1]);
});

test("what can be read only once ends where it ends", async () => {
  expect(await all(repeated(of(1, 2), 5, undefined))).toEqual([1, 2]);
  expect(await all(repeated(of(1, 2, 3), 2, undefined))).toEqual([1, 2]);
});

test("a source without values is not read for ever", async () => {
  expect(await all(repeated(of(), 3, () => of()))).toEqual([]);
});

test("paced values come no earlier than their turn, and end with the signal", async () => {
  const clock = fakeClock();
  const end = new AbortController();
  const values = paced(of(1, 2, 3), 10, clock, end.signal)[Symbol.asyncIterator]();
  expect((await values.next()).value).toBe(1);
  let come = false;
  const second = values.next().then((next) => {
    come = true;
    return next;
  });
  await clock.advance(99);
  expect(come).toBe(false);
  await clock.advance(1);
  expect((await second).value).toBe(2);
  const third = values.next();
  end.abort();
  expect((await third).done).toBe(true);
});

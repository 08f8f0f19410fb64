import { fakeClock } from "heliograph/testing";
import { expect, test } from "vitest";

test("the fake clock stands still until it is moved, and moves both of its times", () => {
  const clock = fakeClock({ startMs: 5, wallUs: 1000 });
  expect([clock.now(), clock.wallUs()]).toEqual([5, 1000]);
  clock.advance(2.5);
  expect([clock.now(), clock.wallUs()]).toEqual([7.5, 3500]);
});

test("timers of the fake clock fire in the order of their times, then of their setting, at their own times", () => {
  const clock = fakeClock();
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, clock.now()]);
  clock.after(20, note("late"));
  clock.after(10, note("a"));
  clock.after(10, note("b"));
  clock.after(30, note("never"));
  clock.after(5, () => clock.after(5, note("nested")));
  clock.advance(25);
  expect(fired).toEqual([
    ["a", 10],
    ["b", 10],
    ["nested", 10],
    ["late", 20],
  ]);
  expect([clock.timers, clock.now()]).toEqual([1, 25]);
});

test("a timer of the fake clock that was cleared does not fire, also when another one clears it", () => {
  const clock = fakeClock();
  let fired = 0;
  const timer = clock.after(1, () => fired++);
  const other = clock.after(3, () => fired++);
  clock.after(2, () => other.clear());
  timer.clear();
  timer.clear();
  clock.advance(10);
  expect([fired, clock.timers]).toEqual([0, 0]);
});

test("advanced asynchronously, the fake clock lets happen what follows from each timer before the next one fires", async () => {
  const clock = fakeClock();
  const seen: string[] = [];
  clock.after(10, () => {
    setImmediate(() => setImmediate(() => seen.push(`later, at ${clock.now()}`)));
    clock.after(5, () => seen.push(`nested, at ${clock.now()}`));
  });
  clock.after(20, () => seen.push("second"));
  await clock.advanceAsync(30);
  expect(seen).toEqual(["later, at 10", "nested, at 15", "second"]);
  expect([clock.timers, clock.now()]).toEqual([0, 30]);
});

test("advanced asynchronously, the fake clock waits for chains of any usual length, and not for ever for one without end", async () => {
  const clock = fakeClock();
  const seen: string[] = [];
  const chain = (links: number, then: () => void): void => {
    setImmediate(() => {
      queueMicrotask(() => process.nextTick(() => (links > 0 ? chain(links - 1, then) : then())));
    });
  };
  let stopped = false;
  const forever = () => void (stopped || setImmediate(forever));
  clock.after(10, () => chain(200, () => seen.push(`chain, at ${clock.now()}`)));
  clock.after(20, forever);
  clock.after(30, () => seen.push("after it"));
  await clock.advanceAsync(40);
  stopped = true;
  expect(seen).toEqual(["chain, at 10", "after it"]);
});

test("a timer that is set for now or earlier while others fire comes after those that were set before", () => {
  const clock = fakeClock();
  const fired: string[] = [];
  clock.after(10, () => {
    fired.push("first");
    clock.after(-5, () => fired.push("fourth"));
  });
  clock.after(10, () => fired.push("second"));
  clock.after(10, () => fired.push("third"));
  clock.advance(10);
  expect(fired).toEqual(["first", "second", "third", "fourth"]);
});

test("the fake clock takes the timers of ten thousand nodes in its stride", async () => {
  const clock = fakeClock();
  let beats = 0;
  let last = 0;
  let inOrder = true;
  for (let node = 0; node < 10_000; node++) {
    const beat = () => {
      beats++;
      inOrder &&= clock.now() >= last;
      last = clock.now();
      clock.after(1_000, beat);
      const timeout = clock.after(30_000, () => expect.unreachable("it was cleared"));
      clock.after(5, () => timeout.clear());
    };
    clock.after((node * 7_919) % 1_000, beat);
  }
  await clock.advanceAsync(2_999);
  // The last 50 that began have not cleared theirs.
  expect([beats, inOrder, clock.timers]).toEqual([30_000, true, 10_000 + 2 * 50]);
});

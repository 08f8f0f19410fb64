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

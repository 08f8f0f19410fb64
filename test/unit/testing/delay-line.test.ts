import { expect, test } from "vitest";
import { DelayLine } from "../../../src/testing/delay-line.js";
import { fakeClock } from "../../../src/testing/index.js";

function lineOf(held = false) {
  const clock = fakeClock();
  const ran: string[] = [];
  const errors: unknown[] = [];
  const line = new DelayLine(clock, held, (error) => errors.push(error));
  const add = (name: string, delayMs: number) =>
    line.add(() => ran.push(`${name} at ${clock.now()}`), delayMs);
  return { clock, ran, errors, line, add };
}

test("a step without delay runs at once", () => {
  const { ran, add } = lineOf();
  add("a", 0);
  expect(ran).toEqual(["a at 0"]);
});

test("steps run in their order, though a later one has less delay", () => {
  const { clock, ran, add } = lineOf();
  add("a", 10);
  add("b", 0);
  clock.advance(5);
  add("c", 20);
  add("d", 3);
  clock.advance(100);
  expect(ran).toEqual(["a at 10", "b at 10", "c at 25", "d at 25"]);
  expect(clock.timers).toBe(0);
});

test("what is held waits, and what is due by then runs after the release without moving the clock", async () => {
  const { clock, ran, line, add } = lineOf(true);
  add("a", 0);
  add("b", 10);
  clock.advance(5);
  expect(ran).toEqual([]);
  line.release();
  expect(ran).toEqual([]);
  await Promise.resolve();
  expect(ran).toEqual(["a at 5"]);
  line.hold();
  expect(clock.timers).toBe(0);
  clock.advance(50);
  line.release();
  await Promise.resolve();
  expect(ran).toEqual(["a at 5", "b at 55"]);
});

test("a flush runs what waits and drops what is held; a closed line takes nothing", () => {
  const { clock, ran, line, add } = lineOf();
  add("a", 10);
  line.flush();
  add("b", 0);
  expect(ran).toEqual(["a at 0"]);
  expect(clock.timers).toBe(0);
  const held = lineOf(true);
  held.add("a", 0);
  held.line.flush();
  expect(held.ran).toEqual([]);
});

test("a step that throws is reported, and the next one runs", () => {
  const { clock, ran, errors, line, add } = lineOf();
  line.add(() => {
    throw new Error("a step's");
  }, 1);
  add("b", 1);
  clock.advance(1);
  expect(errors).toEqual([new Error("a step's")]);
  expect(ran).toEqual(["b at 1"]);
});

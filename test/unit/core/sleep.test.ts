import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { sleep } from "../../../src/core/sleep.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";

test("sleep ends when its time is over, and leaves no listener", async () => {
  const clock = fakeClock();
  const { signal } = new AbortController();
  const slept = sleep(clock, 50, signal);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  clock.advance(50);
  await slept;
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("sleep rejects with the signal's reason as soon as it fires, and leaves no timer", async () => {
  const clock = fakeClock();
  const controller = new AbortController();
  const slept = sleep(clock, 50, controller.signal);
  controller.abort("enough");
  await expect(slept).rejects.toBe("enough");
  expect([clock.timers, getEventListeners(controller.signal, "abort").length]).toEqual([0, 0]);
});

test("sleep rejects at once when the signal has fired already", async () => {
  const clock = fakeClock();
  await expect(sleep(clock, 50, AbortSignal.abort("before"))).rejects.toBe("before");
  expect(clock.timers).toBe(0);
});

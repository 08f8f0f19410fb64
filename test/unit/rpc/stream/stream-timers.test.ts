import { expect, test } from "vitest";
import { DeadlineWheel } from "../../../../src/core/deadline-wheel.js";
import { Code, type HeliographError } from "../../../../src/index.js";
import { type PauseLimits, StreamTimers } from "../../../../src/rpc/stream/stream-timers.js";
import { fakeClock } from "../../../../src/testing/index.js";

/** How late a deadline may be; see `DeadlineWheel`. */
const SLACK_MS = 5;

function timed(limits: PauseLimits) {
  const clock = fakeClock();
  const deadlines = new DeadlineWheel(clock);
  const stream = { quiet: true };
  const pauses: HeliographError[] = [];
  const timers = new StreamTimers(
    { clock, deadlines },
    {
      get quiet() {
        return stream.quiet;
      },
      paused: (error) => pauses.push(error),
    },
    limits,
    "a.B/C",
  );
  return { clock, deadlines, stream, pauses, timers };
}

test("a stream on which nothing happens for idleTimeoutMs is paused, once", () => {
  const { clock, pauses, timers } = timed({ idleTimeoutMs: 100 });
  timers.begin();
  clock.advance(99);
  expect(pauses).toEqual([]);
  clock.advance(1 + SLACK_MS);
  expect(pauses).toMatchObject([{ code: Code.DeadlineExceeded, reason: "STREAM_TIMED_OUT" }]);
  expect(pauses[0]?.message).toContain("a.B/C: nothing was sent or received for 100 ms (idleTimeoutMs)");
  clock.advance(1_000);
  expect(pauses).toHaveLength(1);
});

test("whatever is sent, received or taken begins the time anew", () => {
  const { clock, pauses, timers } = timed({ idleTimeoutMs: 100 });
  timers.begin();
  for (let n = 0; n < 20; n++) {
    clock.advance(90);
    timers.active();
  }
  expect(pauses).toEqual([]);
  clock.advance(100 + SLACK_MS);
  expect(pauses).toHaveLength(1);
});

test("a reader that lets messages lie pauses nothing", () => {
  const { clock, stream, pauses, timers } = timed({ idleTimeoutMs: 100 });
  timers.begin();
  stream.quiet = false;
  for (let n = 0; n < 20; n++) clock.advance(90);
  expect(pauses).toEqual([]);
  stream.quiet = true;
  clock.advance(250);
  expect(pauses).toHaveLength(1);
});

test("a message that was waited for longer than itemTimeoutMs is late; the time between two waits is nobody's", () => {
  const { clock, pauses, timers } = timed({ itemTimeoutMs: 100 });
  timers.begin();
  clock.advance(10_000);
  timers.awaited();
  clock.advance(99);
  timers.arrived(false);
  clock.advance(10_000);
  expect(pauses).toEqual([]);
  timers.awaited();
  // A second one who waits does not begin the time of the first anew.
  clock.advance(60);
  timers.awaited();
  clock.advance(40 + SLACK_MS);
  expect(pauses).toMatchObject([{ code: Code.DeadlineExceeded, reason: "STREAM_TIMED_OUT" }]);
  expect(pauses[0]?.message).toContain("the next message did not come within 100 ms (itemTimeoutMs)");
});

test("each message begins the time of the next one that is waited for", () => {
  const { clock, pauses, timers } = timed({ itemTimeoutMs: 100 });
  timers.awaited();
  for (let n = 0; n < 5; n++) {
    clock.advance(90);
    timers.arrived(true);
  }
  expect(pauses).toEqual([]);
  clock.advance(100 + SLACK_MS);
  expect(pauses).toHaveLength(1);
});

test("the end leaves nothing in the wheel, and neither do limits that were not set", () => {
  const both = timed({ idleTimeoutMs: 100, itemTimeoutMs: 100 });
  both.timers.begin();
  both.timers.begin();
  both.timers.awaited();
  expect(both.deadlines.size).toBe(2);
  both.timers.end();
  expect(both.deadlines.size).toBe(0);
  both.clock.advance(1_000);
  expect(both.pauses).toEqual([]);
  const none = timed({});
  none.timers.begin();
  none.timers.awaited();
  none.timers.arrived(true);
  expect(none.deadlines.size).toBe(0);
});

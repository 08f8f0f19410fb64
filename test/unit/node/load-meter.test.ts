import { afterEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/core/clock.js";
import { LoadMeter } from "../../../src/node/load-meter.js";
import { fakeClock } from "../../../src/testing/index.js";

const meters: LoadMeter[] = [];
afterEach(() => {
  for (const meter of meters.splice(0)) meter.close();
});

/** A clock whose loop can be blocked: time goes on, and timers fire afterwards. */
function blockableClock() {
  const inner = fakeClock();
  let blockedMs = 0;
  const clock: Clock = {
    now: () => inner.now() + blockedMs,
    wallUs: () => inner.wallUs(),
    after: (ms, fn) => inner.after(ms, fn),
  };
  const block = (ms: number) => {
    blockedMs += ms;
    inner.advance(200);
  };
  return { clock, inner, block };
}

interface Watched {
  readonly calls?: () => number;
  readonly stalls?: number[];
}

function meterOf(clock: Clock, { calls = () => 0, stalls = [] }: Watched = {}): LoadMeter {
  const meter = new LoadMeter(clock, calls, (ms) => stalls.push(ms));
  meter.start();
  meters.push(meter);
  return meter;
}

test("a meter tells of calls in flight and of the process's memory as they are now", () => {
  let calls = 3;
  const meter = meterOf(fakeClock(), { calls: () => calls });
  expect(meter.load()).toMatchObject({ callsInFlight: 3, loopLagMs: 0 });
  calls = 5;
  const load = meter.load();
  expect(load.callsInFlight).toBe(5);
  expect(load.memoryBytes).toBeGreaterThan(10e6);
  expect(load.loopUtilization).toBeGreaterThanOrEqual(0);
  expect(load.loopUtilization).toBeLessThanOrEqual(1);
});

test("the longest that the loop was late is told for one to two seconds, to all who ask", () => {
  const { clock, inner, block } = blockableClock();
  const meter = meterOf(clock);
  const other = meterOf(clock);
  block(120);
  block(70);
  expect([meter.load().loopLagMs, meter.load().loopLagMs, other.load().loopLagMs]).toEqual([120, 120, 120]);
  inner.advance(1_000);
  expect(meter.load().loopLagMs).toBe(120);
  inner.advance(1_000);
  expect(meter.load().loopLagMs).toBe(0);
});

test("a block of half a second or more is told of at once, to each node of the process", () => {
  const { clock, block } = blockableClock();
  const stalls: number[] = [];
  meterOf(clock, { stalls });
  meterOf(clock, { stalls });
  block(499);
  expect(stalls).toEqual([]);
  block(2_500);
  expect(stalls).toEqual([2_500, 2_500]);
});

test("meters of one clock share one timer, and leave none behind", () => {
  const clock = fakeClock();
  const [one, two] = [meterOf(clock), meterOf(clock)];
  one.start();
  expect(clock.timers).toBe(1);
  one.close();
  one.close();
  clock.advance(1_000);
  expect(clock.timers).toBe(1);
  two[Symbol.dispose]();
  expect(clock.timers).toBe(0);
  expect(two.load().loopLagMs).toBe(0);
});

test("a meter that is started again begins anew", () => {
  const { clock, block } = blockableClock();
  const meter = meterOf(clock);
  block(100);
  meter.close();
  meter.start();
  expect(meter.load().loopLagMs).toBe(0);
});

test("a real loop that is blocked is late, and busy", async () => {
  let meter: LoadMeter | undefined;
  const stalled = new Promise<number>((resolve) => {
    meter = new LoadMeter(systemClock, () => 0, resolve);
    meter.start();
    meters.push(meter);
  });
  const end = performance.now() + 750;
  while (performance.now() < end);
  const ms = await stalled;
  const load = meter?.load();
  expect(ms).toBeGreaterThanOrEqual(500);
  expect(load?.loopLagMs).toBe(ms);
  expect(load?.loopUtilization).toBeGreaterThan(0.5);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Deadline, DeadlineWheel } from "../../../src/core/deadline-wheel.js";
import { type FakeClock, fakeClock } from "../../../src/testing/fake-clock.js";

/** How late an entry may be. */
const SLACK_MS = 4;

class Probe extends Deadline {
  expiredAt: number | undefined;
  readonly name: number;
  private readonly clock: FakeClock;
  private readonly onExpire: (probe: Probe) => void;

  constructor(clock: FakeClock, name = 0, onExpire: (probe: Probe) => void = () => {}) {
    super();
    this.clock = clock;
    this.name = name;
    this.onExpire = onExpire;
  }

  override expire(): void {
    expect(this.expiredAt, "an entry expires once").toBeUndefined();
    this.expiredAt = this.clock.now();
    this.onExpire(this);
  }
}

describe("the deadline wheel", () => {
  test("expires an entry at its deadline or up to 4 ms later, never before", () => {
    for (const due of [0.1, 1, 3.9, 4, 4.1, 100, 8191, 8192, 8193, 20_000, 3_600_000]) {
      const clock = fakeClock({ startMs: 17.3 });
      const wheel = new DeadlineWheel(clock);
      const probe = new Probe(clock);
      wheel.add(probe, clock.now() + due);
      clock.advance(due - 0.05);
      expect(probe.expiredAt, `before ${due}`).toBeUndefined();
      clock.advance(0.05 + SLACK_MS);
      expect(probe.expiredAt, `after ${due}`).toBeGreaterThanOrEqual(17.3 + due);
      expect(probe.expiredAt).toBeLessThanOrEqual(17.3 + due + SLACK_MS);
      expect(clock.timers).toBe(0);
    }
  });

  test("expires an entry of the past in the next slot", () => {
    const clock = fakeClock({ startMs: 1000 });
    const wheel = new DeadlineWheel(clock);
    const probe = new Probe(clock);
    wheel.add(probe, 3);
    clock.advance(SLACK_MS);
    expect(probe.expiredAt).toBeDefined();
  });

  test("does not expire what was removed, and holds no timer once it is empty and the timer has fired", () => {
    const clock = fakeClock();
    const wheel = new DeadlineWheel(clock);
    const probe = new Probe(clock);
    wheel.add(probe, 10);
    expect(wheel.has(probe)).toBe(true);
    wheel.remove(probe);
    wheel.remove(probe);
    expect(wheel.has(probe)).toBe(false);
    expect(wheel.size).toBe(0);
    clock.advance(100);
    expect(probe.expiredAt).toBeUndefined();
    expect(clock.timers).toBe(0);
  });

  test("lets go of its timer when it is told to rest and holds nothing", () => {
    const clock = fakeClock();
    const wheel = new DeadlineWheel(clock);
    const probe = new Probe(clock);
    wheel.add(probe, 10);
    wheel.rest();
    expect(clock.timers).toBe(1);
    wheel.remove(probe);
    wheel.rest();
    expect(clock.timers).toBe(0);
    wheel.add(probe, 20);
    clock.advance(20 + SLACK_MS);
    expect(probe.expiredAt).toBeDefined();
  });

  test("keeps one timer for thousands of entries", () => {
    const clock = fakeClock();
    const wheel = new DeadlineWheel(clock);
    const probes = Array.from({ length: 20_000 }, (_, i) => new Probe(clock, i));
    for (const probe of probes) wheel.add(probe, 1 + ((probe.name * 7919) % 30_000));
    expect(clock.timers).toBe(1);
    expect(wheel.size).toBe(20_000);
    clock.advance(30_000 + SLACK_MS);
    expect(wheel.size).toBe(0);
    expect(probes.every(({ expiredAt }) => expiredAt !== undefined)).toBe(true);
    expect(clock.timers).toBe(0);
  });

  test("takes entries that are added and lets go of entries that are removed while others expire", () => {
    const clock = fakeClock();
    const wheel = new DeadlineWheel(clock);
    const victim = new Probe(clock);
    const successor = new Probe(clock);
    const first = new Probe(clock, 0, () => {
      wheel.remove(victim);
      wheel.add(successor, clock.now());
    });
    wheel.add(first, 10);
    wheel.add(victim, 10);
    clock.advance(10 + SLACK_MS);
    expect(first.expiredAt).toBeDefined();
    expect(victim.expiredAt).toBeUndefined();
    clock.advance(SLACK_MS);
    expect(successor.expiredAt).toBeDefined();
    expect(wheel.size).toBe(0);
  });

  test("an entry may be added again while it expires", () => {
    const clock = fakeClock();
    const wheel = new DeadlineWheel(clock);
    const times: number[] = [];
    const again = new (class extends Deadline {
      override expire(): void {
        times.push(clock.now());
        if (times.length < 3) wheel.add(this, clock.now() + 10_000);
      }
    })();
    wheel.add(again, 10);
    clock.advance(30_000);
    expect(times).toHaveLength(3);
  });

  test("drops everything when it is closed, also from within an expiry", () => {
    const clock = fakeClock();
    const wheel = new DeadlineWheel(clock);
    const later = new Probe(clock);
    const far = new Probe(clock);
    wheel.add(new Probe(clock, 0, () => wheel.close()), 10);
    wheel.add(later, 10);
    wheel.add(far, 100);
    clock.advance(1000);
    expect([later.expiredAt, far.expiredAt, wheel.size, clock.timers]).toEqual([undefined, undefined, 0, 0]);
    expect(wheel.has(far)).toBe(false);
    wheel.remove(far);
    expect(wheel.size).toBe(0);
  });

  test("catches up after the process has slept for longer than a round", () => {
    const start = fakeClock();
    let now = 0;
    const clock = { ...start, now: () => now, after: start.after.bind(start), wallUs: () => 0 };
    const wheel = new DeadlineWheel(clock);
    const expired: number[] = [];
    for (let due = 1; due < 40_000; due += 97) {
      wheel.add(
        new (class extends Deadline {
          override expire(): void {
            expired.push(due);
          }
        })(),
        due,
      );
    }
    const count = wheel.size;
    now = 100_000;
    start.advance(10);
    expect(expired).toHaveLength(count);
  });

  test("does what a naive list of deadlines does", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), ms: fc.double({ min: -20, max: 30_000, noNaN: true }) }),
      fc.record({ kind: fc.constant("remove" as const), index: fc.nat(60) }),
      fc.record({
        kind: fc.constant("advance" as const),
        ms: fc.double({ min: 0, max: 12_000, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (steps, startMs) => {
          const clock = fakeClock({ startMs });
          const wheel = new DeadlineWheel(clock);
          const probes: Probe[] = [];
          const removed = new Set<Probe>();
          for (const each of steps) {
            if (each.kind === "add") {
              const probe = new Probe(clock, probes.length);
              probes.push(probe);
              wheel.add(probe, clock.now() + each.ms);
            } else if (each.kind === "remove") {
              const probe = probes[each.index];
              if (probe !== undefined && probe.expiredAt === undefined) {
                wheel.remove(probe);
                removed.add(probe);
              }
            } else {
              clock.advance(each.ms);
              for (const probe of probes) {
                if (removed.has(probe)) expect(probe.expiredAt).toBeUndefined();
                else if (probe.expiredAt !== undefined)
                  expect(probe.expiredAt).toBeGreaterThanOrEqual(probe.due);
              }
            }
          }
          clock.advance(40_000);
          for (const probe of probes) expect(probe.expiredAt !== undefined).toBe(!removed.has(probe));
          expect([wheel.size, clock.timers]).toEqual([0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

import { afterEach, describe, expect, test } from "vitest";
import type { Clock } from "../../../src/core/clock.js";
import { every, after as later, type TimerHost } from "../../../src/node/timers.js";
import { type FakeClock, fakeClock } from "../../../src/testing/index.js";
import { silent } from "../../contract/rpc-harness.js";

let clock: FakeClock;

function hostOf(on: Clock = clock) {
  const owned = new Set<Disposable>();
  const errors: unknown[] = [];
  const host: TimerHost = {
    clock: on,
    logger: { ...silent, error: ({ error }, message) => errors.push([(error as Error).message, message]) },
    own: (resource) => {
      owned.add(resource);
      return () => void owned.delete(resource);
    },
  };
  const close = () => {
    for (const resource of [...owned]) resource[Symbol.dispose]();
  };
  return { host, owned, errors, close };
}

clock = fakeClock();
afterEach(() => {
  clock = fakeClock();
});

describe("every", () => {
  test("fires at whole multiples of its time from its start, until it is disposed of", () => {
    const { host, owned } = hostOf();
    clock.advance(7);
    const at: number[] = [];
    const timer = every(host, 100, () => at.push(clock.now()));
    clock.advance(350);
    timer[Symbol.dispose]();
    timer[Symbol.dispose]();
    clock.advance(1_000);
    expect(at).toEqual([107, 207, 307]);
    expect([clock.timers, owned.size]).toEqual([0, 0]);
  });

  test("does not drift when its timers are late, and leaves out what it missed", () => {
    let lateMs = 0;
    const { host } = hostOf({
      now: () => clock.now() + lateMs,
      wallUs: () => clock.wallUs(),
      after: (ms, fn) => clock.after(ms, fn),
    });
    const at: number[] = [];
    using _ = every(host, 100, () => at.push(host.clock.now()));
    clock.advance(100);
    lateMs = 30;
    clock.advance(100);
    lateMs = 330;
    clock.advance(200);
    expect(at).toEqual([100, 230, 600, 700]);
  });

  test("never overlaps itself: while a call has not settled, beats are left out", async () => {
    const { host } = hostOf();
    let running = 0;
    let most = 0;
    const began: number[] = [];
    const timer = every(host, 100, async () => {
      began.push(clock.now());
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => clock.after(250, resolve));
      running--;
    });
    await clock.advanceAsync(1_000);
    timer[Symbol.dispose]();
    expect([most, began]).toEqual([1, [100, 400, 700, 1_000]]);
  });

  test("logs what its function throws or rejects with, and goes on", async () => {
    const { host, errors } = hostOf();
    let calls = 0;
    using _ = every(host, 10, () => {
      calls++;
      if (calls === 1) throw new Error("thrown");
      return Promise.reject(new Error("rejected"));
    });
    await clock.advanceAsync(25);
    expect(errors).toEqual([
      ["thrown", "the function of every() failed"],
      ["rejected", "the function of every() failed"],
    ]);
  });

  test("may end itself from its own function", async () => {
    const { host, owned } = hostOf();
    let calls = 0;
    const timer = every(host, 10, () => {
      calls++;
      timer[Symbol.dispose]();
    });
    await clock.advanceAsync(100);
    expect([calls, clock.timers, owned.size]).toEqual([1, 0, 0]);
  });
});

describe("after", () => {
  test("fires once, and is nobody's any more then", async () => {
    const { host, owned } = hostOf();
    const at: number[] = [];
    later(host, 50, () => at.push(clock.now()));
    later(host, 0, () => at.push(clock.now()));
    expect(owned.size).toBe(2);
    await clock.advanceAsync(200);
    expect(at).toEqual([0, 50]);
    expect([clock.timers, owned.size]).toEqual([0, 0]);
  });

  test("logs what its function throws", async () => {
    const { host, errors } = hostOf();
    later(host, 1, async () => {
      throw new Error("late");
    });
    await clock.advanceAsync(1);
    expect(errors).toEqual([["late", "the function of after() failed"]]);
  });

  test("waits longer than timers of the system can", async () => {
    const MOST_MS = 0x7fffffff;
    const { host } = hostOf({
      now: () => clock.now(),
      wallUs: () => clock.wallUs(),
      after: (ms, fn) => clock.after(Math.min(ms, MOST_MS), fn),
    });
    const at: number[] = [];
    later(host, 2.5 * MOST_MS, () => at.push(clock.now()));
    await clock.advanceAsync(3 * MOST_MS);
    expect(at).toEqual([2.5 * MOST_MS]);
  });
});

describe.each([
  ["every", every],
  ["after", later],
])("%s", (name, set) => {
  test("ends with its signal, and leaves nothing behind", async () => {
    const { host, owned } = hostOf();
    const stop = new AbortController();
    let calls = 0;
    set(host, 10, () => calls++, { signal: stop.signal });
    stop.abort();
    set(host, 10, () => calls++, { signal: stop.signal });
    await clock.advanceAsync(100);
    expect([calls, clock.timers, owned.size]).toEqual([0, 0, 0]);
  });

  test("ends with the node, also one that is closed already", async () => {
    const { host, owned, close } = hostOf();
    let calls = 0;
    set(host, 10, () => calls++);
    close();
    const closed: TimerHost = {
      ...host,
      own: (resource) => {
        resource[Symbol.dispose]();
        return () => {};
      },
    };
    set(closed, 10, () => calls++);
    await clock.advanceAsync(100);
    expect([calls, clock.timers, owned.size]).toEqual([0, 0, 0]);
  });

  test.each([
    [-1, () => {}, "-1"],
    [Number.NaN, () => {}, "NaN"],
    [Number.POSITIVE_INFINITY, () => {}, "Infinity"],
    ["10", () => {}, '"10"'],
    [10, "fn", '"fn"'],
    [10, undefined, "undefined"],
  ])("refuses %j with %j", (ms, fn, shown) => {
    const { host } = hostOf();
    expect(() => set(host, ms as number, fn as () => void)).toThrow(
      expect.objectContaining({
        reason: "BAD_OPTION",
        message: expect.stringMatching(new RegExp(`${name}\\(\\).*${shown}`)),
      }),
    );
  });
});

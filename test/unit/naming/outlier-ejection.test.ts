import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import type { Candidate, Picker } from "../../../src/naming/balancer.js";
import { type OutlierEjectionOptions, outlierEjection } from "../../../src/naming/outlier-ejection.js";
import { priority } from "../../../src/naming/priority.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";
import { candidate, candidatesOf, counts, listening, parts, pick } from "./candidates.js";

function ejecting(options: OutlierEjectionOptions = {}) {
  const clock = fakeClock({ startMs: 1_000_000 });
  return { clock, picker: outlierEjection(options).picker(parts(1, clock)) };
}

function end(picker: Picker, at: Candidate | undefined, times: number, error?: Code): void {
  for (let call = 0; call < times; call++) if (at !== undefined) picker.ended?.(at, error, 1);
}

/** Those that get calls. */
function inUse(picker: Picker, candidates: readonly Candidate[]): string[] {
  return Object.entries(counts(picker, candidates, 4 * candidates.length))
    .filter(([, count]) => count > 0)
    .map(([instance]) => instance);
}

describe("outlierEjection", () => {
  test("takes an instance out after five failures in a row, and back in when its time is over", () => {
    const { clock, picker } = ejecting();
    const candidates = candidatesOf(3);
    expect(inUse(picker, candidates)).toEqual(["i0", "i1", "i2"]);
    end(picker, candidates[1], 4, Code.Unavailable);
    expect(inUse(picker, candidates)).toEqual(["i0", "i1", "i2"]);
    end(picker, candidates[1], 1, Code.Unavailable);
    expect(inUse(picker, candidates)).toEqual(["i0", "i2"]);
    clock.advance(29_999);
    expect(inUse(picker, candidates)).toEqual(["i0", "i2"]);
    clock.advance(1);
    expect(inUse(picker, candidates)).toEqual(["i0", "i1", "i2"]);
  });

  test("begins to count anew after a success", () => {
    const { picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    for (let round = 0; round < 5; round++) {
      end(picker, candidates[0], 4, Code.Unavailable);
      end(picker, candidates[0], 1);
    }
    expect(inUse(picker, candidates)).toEqual(["i0", "i1", "i2"]);
  });

  test.each(Object.entries(Code))("knows whether %s is a failure", (_, code) => {
    const { picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    end(picker, candidates[0], 20, code);
    const failures: readonly Code[] = [Code.Unavailable, Code.DeadlineExceeded, Code.Unknown, Code.Internal];
    expect(inUse(picker, candidates).length).toBe(failures.includes(code) ? 2 : 3);
  });

  test("lets a cancelled call count for nothing, and an answer that is an error for a success", () => {
    const { picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    end(picker, candidates[0], 4, Code.Unavailable);
    end(picker, candidates[0], 10, Code.NotFound);
    end(picker, candidates[0], 4, Code.Unavailable);
    end(picker, candidates[0], 10, Code.Cancelled);
    expect(inUse(picker, candidates)).toEqual(["i0", "i1", "i2"]);
    end(picker, candidates[0], 1, Code.Unavailable);
    expect(inUse(picker, candidates)).toEqual(["i1", "i2"]);
  });

  test("counts the codes that it is told to", () => {
    const { picker } = ejecting({ codes: [Code.ResourceExhausted], consecutiveFailures: 2 });
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    end(picker, candidates[0], 5, Code.Unavailable);
    end(picker, candidates[1], 2, Code.ResourceExhausted);
    expect(inUse(picker, candidates)).toEqual(["i0", "i2"]);
  });

  test("takes an instance out when most of its calls fail, though never five in a row", () => {
    const { picker } = ejecting({ failureRatio: 0.6, minCalls: 20 });
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    for (let round = 0; round < 6; round++) {
      expect(inUse(picker, candidates)).toContain("i0");
      end(picker, candidates[0], 2, Code.Internal);
      end(picker, candidates[0], 1);
    }
    end(picker, candidates[0], 2, Code.Internal);
    expect(inUse(picker, candidates)).toEqual(["i1", "i2"]);
  });

  test("forgets the share of failures of an interval that is over", () => {
    const { clock, picker } = ejecting({ failureRatio: 0.5, minCalls: 8, intervalMs: 1_000 });
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    for (let interval = 0; interval < 5; interval++) {
      end(picker, candidates[0], 4, Code.Internal);
      end(picker, candidates[0], 3);
      clock.advance(1_000);
    }
    expect(inUse(picker, candidates)).toEqual(["i0", "i1", "i2"]);
  });

  test("takes it out for longer each time, up to a limit, and forgets that while it behaves", () => {
    const { clock, picker } = ejecting({ baseEjectionMs: 1_000, maxEjectionMs: 2_500, intervalMs: 10_000 });
    const candidates = candidatesOf(3);
    const outMs = () => {
      pick(picker, candidates);
      end(picker, candidates[0], 5, Code.Unavailable);
      let ms = 0;
      while (!inUse(picker, candidates).includes("i0")) {
        clock.advance(500);
        ms += 500;
      }
      return ms;
    };
    expect([outMs(), outMs(), outMs(), outMs()]).toEqual([1_000, 2_000, 2_500, 2_500]);
    clock.advance(29_999);
    expect(outMs()).toBe(2_500);
    clock.advance(60_000);
    expect(outMs()).toBe(1_000);
  });

  test("has at most the share out that it may, and always may one of several", () => {
    const { picker } = ejecting({ maxEjectedShare: 0.3 });
    const candidates = candidatesOf(10);
    pick(picker, candidates);
    for (const each of candidates) end(picker, each, 50, Code.Unavailable);
    expect(inUse(picker, candidates)).toHaveLength(7);
    const few = ejecting({ maxEjectedShare: 0.3 }).picker;
    const two = candidatesOf(2);
    pick(few, two);
    for (const each of two) end(few, each, 50, Code.Unavailable);
    expect(inUse(few, two)).toEqual(["i1"]);
  });

  test("never takes out the last one, nor the only one", () => {
    const { picker } = ejecting({ maxEjectedShare: 1 });
    const candidates = candidatesOf(4);
    pick(picker, candidates);
    for (const each of candidates) end(picker, each, 50, Code.Unavailable);
    expect(inUse(picker, candidates)).toEqual(["i3"]);
    const only = candidatesOf(1);
    pick(picker, only);
    end(picker, only[0], 50, Code.Unavailable);
    expect(inUse(picker, only)).toEqual(["i0"]);
  });

  test("calls those that are out when no others are left", () => {
    const { picker } = ejecting();
    const candidates = candidatesOf(4);
    pick(picker, candidates);
    for (const each of candidates.slice(0, 2)) end(picker, each, 5, Code.Unavailable);
    expect(inUse(picker, candidates)).toEqual(["i2", "i3"]);
    expect(inUse(picker, candidates.slice(0, 2))).toEqual(["i0", "i1"]);
    expect(inUse(picker, [...candidates])).toEqual(["i2", "i3"]);
  });

  test("counts anew for one that has come back", () => {
    const { clock, picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    end(picker, candidates[0], 5, Code.Unavailable);
    clock.advance(30_000);
    pick(picker, candidates);
    end(picker, candidates[0], 4, Code.Unavailable);
    expect(inUse(picker, candidates)).toContain("i0");
  });

  test("lets calls that were under way when it was taken out count for nothing", () => {
    const { clock, picker } = ejecting();
    const candidates = candidatesOf(8);
    for (const ms of [30_000, 60_000]) {
      pick(picker, candidates);
      end(picker, candidates[0], 50, Code.Unavailable);
      clock.advance(ms);
      expect(inUse(picker, candidates)).toContain("i0");
    }
  });

  test("keeps an instance out that loses its connection and comes back", () => {
    const { picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    end(picker, candidates[0], 5, Code.Unavailable);
    expect(inUse(picker, candidates.slice(1))).toEqual(["i1", "i2"]);
    // A new candidate for the same instance.
    expect(inUse(picker, [candidate("i0"), ...candidates.slice(1)])).toEqual(["i1", "i2"]);
  });

  test("forgets those that are gone for good", () => {
    const { picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    end(picker, candidates[0], 5, Code.Unavailable);
    for (let generation = 0; generation < 102; generation++) pick(picker, [candidate(`next-${generation}`)]);
    expect(inUse(picker, [...candidates])).toEqual(["i0", "i1", "i2"]);
  });

  test("counts failures that come after the instance has gone from the choice", () => {
    const { picker } = ejecting();
    const candidates = candidatesOf(3);
    pick(picker, candidates);
    pick(picker, candidates.slice(1));
    end(picker, candidates[0], 5, Code.Unavailable);
    expect(inUse(picker, [...candidates])).toEqual(["i1", "i2"]);
    end(picker, candidate("stranger"), 5, Code.Unavailable);
    expect(inUse(picker, [...candidates])).toEqual(["i1", "i2"]);
  });

  test("leaves the choice to its balancer, which may go to another group", () => {
    const labelled = (instance: string, rank: string) => candidate(instance, { labels: { priority: rank } });
    const candidates = [labelled("a", "0"), labelled("b", "1"), labelled("c", "1")];
    const { clock, picker } = ejecting({ balancer: priority() });
    expect(inUse(picker, candidates)).toEqual(["a"]);
    end(picker, candidates[0], 5, Code.Unavailable);
    expect(inUse(picker, candidates)).toEqual(["b", "c"]);
    clock.advance(30_000);
    expect(inUse(picker, candidates)).toEqual(["a"]);
  });

  test("tells its balancer of ends", () => {
    const inner = listening();
    const { picker } = ejecting({ balancer: inner });
    const candidates = candidatesOf(2);
    pick(picker, candidates);
    end(picker, candidates[0], 1);
    end(picker, candidates[0], 1, Code.Internal);
    expect(inner.told).toEqual(["i0 undefined 1", "i0 13 1"]);
  });

  test.each<[OutlierEjectionOptions, string]>([
    [{ consecutiveFailures: 0 }, "consecutiveFailures must be a whole number of at least 1, got 0"],
    [{ failureRatio: 1.5 }, "failureRatio must be a number above 0 and at most 1, got 1.5"],
    [{ minCalls: 1.5 }, "minCalls must be a whole number of at least 1, got 1.5"],
    [{ intervalMs: Number.NaN }, "intervalMs must be a number above 0, got NaN"],
    [{ baseEjectionMs: "30s" as never }, 'baseEjectionMs must be a number above 0, got "30s"'],
    [{ maxEjectionMs: -1 }, "maxEjectionMs must be a number above 0, got -1"],
    [{ maxEjectedShare: 0 }, "maxEjectedShare must be a number above 0 and at most 1, got 0"],
    [{ codes: ["UNAVAILABLE"] as never }, "codes must be a list such as [Code.Unavailable], got an array"],
    [{ balancer: null as never }, "balancer must be a balancer such as roundRobin(), got null"],
    [{ failures: 3 } as object, 'outlierEjection() has no option "failures"'],
  ])("refuses %j", (options, message) => {
    expect(() => outlierEjection(options)).toThrow(message);
  });
});

import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { powerOfTwo } from "../../../src/naming/power-of-two.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";
import { candidatesOf, chiSquare, counts, parts, pick, type TestCandidate } from "./candidates.js";

/** Calls that come one at a time and are answered after what `msOf` says: how many each instance got. */
function run(
  calls: number,
  candidates: readonly TestCandidate[],
  msOf: (instance: string, now: number) => number,
  errorOf: (instance: string) => Code | undefined = () => undefined,
) {
  const clock = fakeClock();
  const picker = powerOfTwo().picker(parts(7, clock));
  const seen: Record<string, number> = {};
  for (let call = 0; call < calls; call++) {
    const instance = pick(picker, candidates) ?? "nobody";
    const chosen = candidates.find(({ info }) => info.instance === instance)!;
    const ms = msOf(instance, clock.now());
    clock.advance(1);
    picker.ended?.(chosen, errorOf(instance), ms);
    seen[instance] = (seen[instance] ?? 0) + 1;
  }
  return seen;
}

describe("powerOfTwo", () => {
  test("is about fair to instances that are alike", () => {
    const { random } = parts(3);
    const seen = run(10_000, candidatesOf(10), () => 10 + random());
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
  });

  test("tries every instance before any has answered", () => {
    const picker = powerOfTwo().picker(parts());
    const candidates = candidatesOf(10);
    const seen = new Set<string | undefined>();
    for (let call = 0; call < 60; call++) {
      const instance = pick(picker, candidates);
      seen.add(instance);
      candidates.find(({ info }) => info.instance === instance)!.pending++;
    }
    expect(seen.size).toBe(10);
    const pending = candidates.map((each) => each.pending);
    expect(Math.max(...pending) - Math.min(...pending)).toBeLessThanOrEqual(3);
  });

  test("gives a new instance a call as soon as chance names it, and no more until it answers", () => {
    const clock = fakeClock();
    const picker = powerOfTwo().picker(parts(1, clock));
    const [old, fresh] = candidatesOf(2) as [TestCandidate, TestCandidate];
    pick(picker, [old]);
    picker.ended?.(old, undefined, 5);
    const both = [old, fresh];
    pick(picker, both);
    picker.ended?.(old, undefined, 5);
    expect(pick(picker, both)).toBe("i0");
    fresh.pending = 1;
    expect(counts(picker, both, 20)).toEqual({ i0: 20, i1: 0 });
  });

  test("steers around a slow instance, and tries it again now and then", () => {
    const seen = run(100_000, candidatesOf(4), (instance) => (instance === "i2" ? 200 : 10));
    expect(seen["i2"]).toBeGreaterThan(2);
    expect(seen["i2"]).toBeLessThan(40);
  });

  test("gives one that has become fast again its share", () => {
    const { random } = parts(4);
    const msOf = (instance: string, now: number) =>
      instance === "i2" && now < 10_000 ? 200 : 10 + 5 * random();
    expect(run(100_000, candidatesOf(4), msOf)["i2"]).toBeGreaterThan(10_000);
  });

  test("prefers the one with fewer calls under way when both are as fast", () => {
    const picker = powerOfTwo().picker(parts());
    const candidates = candidatesOf(2);
    for (const each of candidates) {
      pick(picker, candidates);
      picker.ended?.(each, undefined, 10);
    }
    candidates[0]!.pending = 3;
    expect(counts(picker, candidates, 10)).toEqual({ i0: 0, i1: 10 });
  });

  test("doesn't take an instance for fast that fails fast", () => {
    const failing = run(
      4_000,
      candidatesOf(4),
      (instance) => (instance === "i1" ? 0.1 : 20),
      (instance) => (instance === "i1" ? Code.Unavailable : undefined),
    );
    expect(failing["i1"] ?? 0).toBeLessThan(1_000);
    const answering = run(
      4_000,
      candidatesOf(4),
      (instance) => (instance === "i1" ? 0.1 : 20),
      (instance) => (instance === "i1" ? Code.NotFound : undefined),
    );
    expect(answering["i1"]).toBeGreaterThan(1_900);
  });

  test("chooses its two by chance, each pair as likely as the others", () => {
    const picker = powerOfTwo().picker(parts(5));
    const candidates = candidatesOf(6);
    candidates.forEach((each, index) => {
      each.pending = index;
      picker.pick([each, each], { path: "", request: undefined, metadata: undefined });
    });
    for (const each of candidates) picker.ended?.(each, undefined, 10);
    // The less busy of two wins, so that i0 wins 5 of 15 pairs, i1 4 of 15, and i5 none.
    const seen = counts(picker, candidates, 15_000);
    const shares = [5, 4, 3, 2, 1].map((share, index) => [`i${index}`, (seen[`i${index}`] ?? 0) / share]);
    expect(chiSquare(Object.fromEntries(shares))).toBeLessThan(30);
    expect(seen["i5"]).toBe(0);
  });

  test("is told of the end of a call whose instance is gone, or was never there", () => {
    const picker = powerOfTwo().picker(parts());
    const [a, b, c, d] = candidatesOf(4) as [TestCandidate, TestCandidate, TestCandidate, TestCandidate];
    pick(picker, [a, b]);
    pick(picker, [b, c]);
    picker.ended?.(a, undefined, 5);
    picker.ended?.(d, Code.Unavailable, 5);
    expect(["i1", "i2"]).toContain(pick(picker, [b, c]));
  });

  test("takes the only one there is, and nobody among none", () => {
    const picker = powerOfTwo().picker(parts());
    expect(pick(picker, candidatesOf(1))).toBe("i0");
    expect(pick(picker, [])).toBeUndefined();
  });

  test("refuses what is no time, and options that it doesn't have", () => {
    expect(() => powerOfTwo({ decayMs: 0 })).toThrow("decayMs must be a number above 0, got 0");
    expect(() => powerOfTwo({ decay: 1 } as object)).toThrow(
      'powerOfTwo() has no option "decay"; it has decayMs',
    );
  });
});

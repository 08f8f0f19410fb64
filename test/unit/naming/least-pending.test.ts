import { describe, expect, test } from "vitest";
import { leastPending } from "../../../src/naming/least-pending.js";
import { candidatesOf, chiSquare, counts, parts, pick } from "./candidates.js";

describe("leastPending", () => {
  test("takes the instance with the fewest calls under way, as they are now", () => {
    const picker = leastPending().picker(parts());
    const candidates = candidatesOf(3);
    candidates.forEach((each, index) => {
      each.pending = 3 - index;
    });
    expect(pick(picker, candidates)).toBe("i2");
    candidates[0]!.pending = 0;
    expect(pick(picker, candidates)).toBe("i0");
  });

  test("takes any of those that are alike, and none of the others", () => {
    const candidates = candidatesOf(10);
    for (const index of [0, 4, 5]) candidates[index]!.pending = 1;
    const seen = counts(leastPending().picker(parts()), candidates, 7_000);
    for (const busy of ["i0", "i4", "i5"]) {
      expect(seen[busy]).toBe(0);
      delete seen[busy];
    }
    expect(chiSquare(seen)).toBeLessThan(34);
  });

  test("takes the only one there is, and nobody among none", () => {
    const picker = leastPending().picker(parts());
    expect(pick(picker, candidatesOf(1))).toBe("i0");
    expect(pick(picker, [])).toBeUndefined();
  });

  test("levels calls that take long", () => {
    const picker = leastPending().picker(parts());
    const candidates = candidatesOf(7);
    candidates[3]!.pending = 50;
    for (let call = 0; call < 6 * 50 + 7; call++) {
      const chosen = pick(picker, candidates);
      candidates.find(({ info }) => info.instance === chosen)!.pending++;
    }
    expect(candidates.map(({ pending }) => pending)).toEqual([51, 51, 51, 51, 51, 51, 51]);
  });
});

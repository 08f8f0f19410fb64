import { describe, expect, test } from "vitest";
import { random } from "../../../src/naming/random.js";
import { candidatesOf, chiSquare, counts, parts } from "./candidates.js";

describe("random", () => {
  test.each([2, 3, 10, 1_000])("is fair to %i instances", (count) => {
    const seen = counts(random().picker(parts()), candidatesOf(count), 100 * count);
    expect(chiSquare(seen)).toBeLessThan(2 * count + 20);
  });

  test("takes the only one there is, and nobody among none", () => {
    const picker = random().picker(parts());
    expect(counts(picker, candidatesOf(1), 3)).toEqual({ i0: 3 });
    expect(counts(picker, [], 1)).toEqual({ nobody: 1 });
  });
});

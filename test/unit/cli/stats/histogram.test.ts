import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meanUs, quantileUs } from "../../../../src/cli/stats/histogram.js";
import type { Histogram } from "../../../../src/gen/heliograph/node/v1/node.js";

const BOUNDS = [100, 200, 400, 800, 1600];

/** A histogram of these times, as a node makes it. */
function histogram(times: readonly number[]): Histogram {
  const counts = Array(BOUNDS.length + 1).fill(0n);
  for (const time of times) {
    const index = BOUNDS.findIndex((bound) => time <= bound);
    counts[index === -1 ? BOUNDS.length : index]++;
  }
  return {
    boundsUs: BOUNDS.map(BigInt),
    counts,
    sumUs: BigInt(times.reduce((sum, each) => sum + each, 0)),
    maxUs: BigInt(Math.max(0, ...times)),
  };
}

describe("a quantile of a histogram", () => {
  test.each([
    [[], 0.5, undefined],
    [[50], 0.99, 49.5],
    [[150, 150, 150, 150], 0.5, 125],
    [[50, 50, 300, 300], 0.5, 100],
    [[5000, 5000], 0.99, 1600 + 0.99 * 3400],
  ])("of %j at %d is %d", (times, share, us) => {
    const found = quantileUs(histogram(times), share);
    if (us === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(us, 6);
  });

  test("is in the bucket of the true one, and never above the longest", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (times, share) => {
          const found = quantileUs(histogram(times), share) ?? Number.NaN;
          const sorted = [...times].sort((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
          const bucket = BOUNDS.findIndex((bound) => exact <= bound);
          expect(found).toBeGreaterThanOrEqual(
            bucket === 0 ? 0 : (BOUNDS.at(bucket === -1 ? -1 : bucket - 1) ?? 0),
          );
          expect(found).toBeLessThanOrEqual(
            Math.min(sorted.at(-1) ?? 0, BOUNDS[bucket] ?? Number.POSITIVE_INFINITY),
          );
        },
      ),
    );
  });
});

test("the mean is that of the sum", () => {
  expect(meanUs(histogram([100, 300]))).toBe(200);
  expect(meanUs(histogram([]))).toBeUndefined();
});

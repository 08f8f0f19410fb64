import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LATENCY_BOUNDS_US, LatencyHistogram } from "../../../../src/rpc/server/latency-histogram.js";

/** The bucket of the one span that was added. */
function bucketOf(us: number): number {
  const histogram = new LatencyHistogram();
  histogram.add(us / 1000, 1);
  return histogram.counts().counts.indexOf(1);
}

describe("the histogram of latencies", () => {
  test("has bounds that grow from a microsecond to two minutes, by a quarter at most from 4 µs on", () => {
    expect(LATENCY_BOUNDS_US.slice(0, 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16]);
    expect(LATENCY_BOUNDS_US.at(-1)).toBe(2 ** 27);
    const growths = LATENCY_BOUNDS_US.slice(4).map((bound, index) => bound / LATENCY_BOUNDS_US[index + 3]!);
    expect(Math.max(...growths)).toBe(1.25);
    expect(Math.min(...growths)).toBeGreaterThan(1);
  });

  test("puts a span into the bucket below whose bound it is, and not below the one before", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 27, noNaN: true, maxExcluded: true }), (us) => {
        // What the histogram itself makes of so many milliseconds.
        const exact = (us / 1000) * 1000;
        const expected = LATENCY_BOUNDS_US.findIndex((bound) => exact < bound);
        expect(bucketOf(us)).toBe(expected === -1 ? LATENCY_BOUNDS_US.length : expected);
      }),
    );
  });

  test.each(LATENCY_BOUNDS_US.map((bound, index) => [bound, index] as const))(
    "takes %i µs for the first span that is no longer in bucket %i",
    (bound, index) => {
      // Of a power of two times a thousandth the product is exact often enough to be worth nothing; so a little beside it.
      expect(bucketOf(bound * 1.0001)).toBe(index + 1);
      expect(bucketOf(bound * 0.9999)).toBe(index);
    },
  );

  test("keeps what has no bound in the last bucket, also what is beyond all whole numbers of 32 bits", () => {
    const histogram = new LatencyHistogram();
    for (const ms of [134_218, 4_294_968, 1e9, Number.MAX_VALUE]) histogram.add(ms, 1);
    const { counts, boundsUs } = histogram.counts();
    expect(counts).toHaveLength(boundsUs.length + 1);
    expect(counts.at(-1)).toBe(4);
  });

  test("sums up, keeps the longest, and begins anew", () => {
    const histogram = new LatencyHistogram();
    for (const ms of [0.5, 2, 1.25]) histogram.add(ms, 1);
    histogram.add(0.5, 3);
    expect(histogram.counts()).toMatchObject({ sumUs: 5250, maxUs: 2000 });
    expect(histogram.counts().counts.reduce((sum, count) => sum + count)).toBe(6);
    histogram.reset();
    const { counts, sumUs, maxUs } = histogram.counts();
    expect([sumUs, maxUs, ...counts].every((value) => value === 0)).toBe(true);
  });
});

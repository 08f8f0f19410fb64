import { describe, expect, test } from "vitest";
import { clockOffset, type PingSample, summarize } from "../../../../src/cli/ping/ping-series.js";

/** A ping that took so long, to a clock that is ahead by so much. */
function sample(roundTripMs: number, aheadMs = 0): PingSample {
  const sentUs = 1_000_000;
  const receivedUs = sentUs + roundTripMs * 1000;
  return { roundTripMs, sentUs, receivedUs, answeredUs: (sentUs + receivedUs) / 2 + aheadMs * 1000 };
}

describe("the offset of a clock", () => {
  test.each([0, 250, -3_000])("of %d ms is found, to within half a round trip", (ms) => {
    expect(clockOffset(sample(4, ms))).toEqual({ ms, errorMs: 2 });
  });

  test("is right within its error, however unequal the ways were", () => {
    const slowThere = { ...sample(10), answeredUs: 1_000_000 + 9_900 };
    const { ms, errorMs } = clockOffset(slowThere);
    expect(Math.abs(ms)).toBeLessThanOrEqual(errorMs);
  });
});

describe("pings", () => {
  test("come to their quantiles by nearest rank, and to the offset of the fastest", () => {
    const samples = Array.from({ length: 100 }, (_, index) => sample(100 - index, index));
    expect(summarize(samples, 103)).toEqual({
      sent: 103,
      lost: 3,
      roundTripMs: { min: 1, p50: 50, p99: 99, max: 100 },
      clockOffset: { ms: 99, errorMs: 0.5 },
    });
  });

  test("of which one was answered are all that one", () => {
    expect(summarize([sample(2)], 1).roundTripMs).toEqual({ min: 2, p50: 2, p99: 2, max: 2 });
  });

  test("that were not answered come to nothing but a count", () => {
    expect(summarize([], 4)).toEqual({ sent: 4, lost: 4, roundTripMs: undefined, clockOffset: undefined });
  });
});

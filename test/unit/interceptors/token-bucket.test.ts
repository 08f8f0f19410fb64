import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenBucket } from "../../../src/interceptors/token-bucket.js";

describe("a token bucket", () => {
  test("gives as many at once as it holds, then says how long until the next", () => {
    const bucket = new TokenBucket(10, 3, 1_000);
    expect([1, 2, 3, 4].map(() => bucket.take(1_000))).toEqual([0, 0, 0, 100]);
    expect(bucket.take(1_050)).toBeCloseTo(50);
    expect([bucket.take(1_100), bucket.full(1_100)]).toEqual([0, false]);
  });

  test("holds no more than that after any pause", () => {
    const bucket = new TokenBucket(10, 3, 0);
    bucket.take(0);
    expect(bucket.full(1_000_000)).toBe(true);
    expect([1, 2, 3, 4].map(() => bucket.take(1_000_000) === 0)).toEqual([true, true, true, false]);
  });

  test("never gives more than its rate, however it is asked", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        steps,
        (rate, burst, waits) => {
          const bucket = new TokenBucket(rate, burst, 0);
          let now = 0;
          let taken = 0;
          for (const wait of waits) {
            now += wait;
            if (bucket.take(now) === 0) taken++;
            expect(taken).toBeLessThanOrEqual(burst + (now * rate) / 1000 + 1e-6);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("takes no harm from a clock that goes back", () => {
    const bucket = new TokenBucket(1, 1, 1_000);
    expect([bucket.take(1_000), bucket.take(0)]).toEqual([0, 1_000]);
  });
});

import { describe, expect, test } from "vitest";
import { type BackoffOptions, backoffFrom, backoffMs } from "../../../src/core/backoff.js";

describe("the backoff", () => {
  test("doubles from 200 ms to 20 s", () => {
    const backoff = backoffFrom();
    const waits = [1, 2, 3, 7, 8, 9, 1000, 1e6].map((failures) => backoffMs(backoff, failures, 0));
    expect(waits).toEqual([200, 400, 800, 12_800, 20_000, 20_000, 20_000, 20_000]);
  });

  test("leaves its share to chance", () => {
    const backoff = backoffFrom({ initialMs: 100, jitter: 0.5 });
    expect(backoffMs(backoff, 1, 0)).toBe(100);
    expect(backoffMs(backoff, 1, 0.5)).toBe(75);
    expect(backoffMs(backoffFrom({ initialMs: 100, jitter: 0 }), 1, 0.9)).toBe(100);
  });

  test.each<[BackoffOptions, string]>([
    [{ initialMs: -1 }, "backoff.initialMs must be a number of at least 0, got -1"],
    [{ maxMs: Number.NaN }, "backoff.maxMs must be a number of at least 0, got NaN"],
    [{ factor: 0.5 }, "backoff.factor must be at least 1, got 0.5"],
    [{ jitter: 2 }, "backoff.jitter must be at most 1, got 2"],
    [{ initialMs: "1" as unknown as number }, "backoff.initialMs must be a number of at least 0, got 1"],
    [{ maxMs: Number.POSITIVE_INFINITY }, "backoff.maxMs must be a number of at least 0, got Infinity"],
  ])("refuses %o", (options, message) => {
    expect(() => backoffFrom(options)).toThrow(message);
  });
});

import { describe, expect, test } from "vitest";
import { PeakEwma } from "../../../src/naming/peak-ewma.js";

describe("a peak EWMA", () => {
  test("makes an instance that was never chosen the best", () => {
    expect(new PeakEwma(1_000).load(0, 5)).toBe(0);
  });

  test("takes one that has not answered yet for slow", () => {
    const latency = new PeakEwma(1_000);
    latency.chosen(5);
    expect(latency.load(1, 5)).toBe(2_000);
  });

  test("follows slower answers at once, and faster ones with time", () => {
    const latency = new PeakEwma(1_000);
    latency.answered(10, 0);
    expect(latency.load(0, 0)).toBe(10);
    latency.answered(100, 0);
    expect(latency.load(0, 0)).toBe(100);
    latency.answered(10, 0);
    expect(latency.load(0, 0)).toBe(100);
    latency.answered(10, 1_000);
    expect(latency.load(0, 1_000)).toBeCloseTo(10 + 90 / Math.E, 5);
  });

  test("counts calls under way", () => {
    const latency = new PeakEwma(1_000);
    latency.answered(10, 0);
    expect(latency.load(4, 0)).toBe(50);
  });

  test("forgets with time, until it is chosen", () => {
    const latency = new PeakEwma(1_000);
    latency.answered(100, 0);
    expect(latency.load(0, 2_000)).toBeCloseTo(100 / Math.E ** 2, 5);
    latency.chosen(2_000);
    expect(latency.load(0, 2_000)).toBe(100);
  });

  test("lets an error make it slower, and never faster", () => {
    const latency = new PeakEwma(1_000);
    latency.answered(100, 0);
    latency.failed(1);
    expect(latency.load(0, 0)).toBe(100);
    latency.failed(5_000);
    expect(latency.load(0, 0)).toBe(5_000);
  });

  test("still counts calls under way when answers take no time that could be told", () => {
    const latency = new PeakEwma(1_000);
    latency.answered(0, 0);
    expect(latency.load(1, 0)).toBeGreaterThan(latency.load(0, 0));
  });
});

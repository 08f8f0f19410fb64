import { describe, expect, test } from "vitest";
import { RoundTrip } from "../../../src/core/round-trip.js";

describe("the round trip of a link", () => {
  test("is not known before the first answer, which is late after three times what it took", () => {
    const trip = new RoundTrip(10_000);
    expect(trip.lateMs).toBe(0);
    trip.took(600);
    expect(trip.lateMs).toBe(1_800);
  });

  test("is found where all take the same, and follows one that changes", () => {
    const trip = new RoundTrip(10_000);
    for (let i = 0; i < 40; i++) trip.took(600);
    expect(trip.lateMs).toBeCloseTo(600, 0);
    for (let i = 0; i < 80; i++) trip.took(100);
    expect(trip.lateMs).toBeCloseTo(100, 0);
  });

  test("leaves room for what varies", () => {
    const trip = new RoundTrip(10_000);
    for (let i = 0; i < 100; i++) trip.took(i % 2 === 0 ? 500 : 700);
    expect(trip.lateMs).toBeGreaterThan(900);
    expect(trip.lateMs).toBeLessThan(1_100);
  });

  test("counts no answer for more than the link can be to blame for", () => {
    const trip = new RoundTrip(20);
    trip.took(1);
    for (let i = 0; i < 5; i++) trip.took(5_000);
    expect(trip.lateMs).toBeLessThan(60);
  });
});

import { describe, expect, test } from "vitest";
import { age, bytes, count, counted, shortTime } from "../../../../src/cli/output/units.js";

describe("a number is written", () => {
  test.each([
    [0, "0 µs"],
    [0.085, "85 µs"],
    [0.9996, "1.00 ms"],
    [-1.238, "-1.24 ms"],
    [12.34, "12.3 ms"],
    [350.4, "350 ms"],
    [999.6, "1.00 s"],
    [61_000, "61.0 s"],
  ])("%d ms as %s", (ms, text) => expect(shortTime(ms)).toBe(text));

  test.each([
    [-5, "0s"],
    [4_900, "4s"],
    [192_000, "3m12s"],
    [3_600_000, "1h00m"],
    [18_120_000, "5h02m"],
    [1_051_200_000, "12d4h"],
  ])("%d ms of age as %s", (ms, text) => expect(age(ms)).toBe(text));

  test.each([
    [812, "812 B"],
    [1000, "1.00 kB"],
    [999_600, "1.00 MB"],
    [62_100_000, "62.1 MB"],
    [3_200_000_000, "3.20 GB"],
    [5e18, "5000 PB"],
  ])("%d bytes as %s", (number, text) => expect(bytes(number)).toBe(text));

  test("with its thousands apart", () => {
    expect([count(12345), counted(1, "node"), counted(0, "node"), counted(2000, "node")]).toEqual([
      "12,345",
      "1 node",
      "0 nodes",
      "2,000 nodes",
    ]);
  });
});

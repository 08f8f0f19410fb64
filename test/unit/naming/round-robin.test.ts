import { describe, expect, test } from "vitest";
import { roundRobin } from "../../../src/naming/round-robin.js";
import { candidate, candidatesOf, counts, parts, pick } from "./candidates.js";

const weighted = (weights: readonly (string | undefined)[]) =>
  weights.map((weight, index) => candidate(`i${index}`, { labels: weight === undefined ? {} : { weight } }));

describe("roundRobin", () => {
  test("takes one instance after the other", () => {
    const picker = roundRobin().picker({ ...parts(), random: () => 0 });
    const candidates = candidatesOf(3);
    const order = Array.from({ length: 7 }, () => pick(picker, candidates));
    expect(order).toEqual(["i0", "i1", "i2", "i0", "i1", "i2", "i0"]);
  });

  test("begins anywhere, so that clients don't all begin with the same instance", () => {
    const candidates = candidatesOf(4);
    const { random } = parts();
    const first = Array.from({ length: 100 }, () =>
      pick(roundRobin().picker({ ...parts(), random }), candidates),
    );
    expect(new Set(first).size).toBe(4);
  });

  test("takes the only one there is", () => {
    const picker = roundRobin().picker(parts());
    expect(counts(picker, candidatesOf(1), 5)).toEqual({ i0: 5 });
  });

  test("has nobody to pick among none", () => {
    expect(pick(roundRobin().picker(parts()), [])).toBeUndefined();
  });

  test("goes on with those that are left", () => {
    const picker = roundRobin().picker({ ...parts(), random: () => 0 });
    const candidates = candidatesOf(4);
    pick(picker, candidates);
    pick(picker, candidates);
    expect(counts(picker, candidates.slice(1), 30)).toEqual({ i1: 10, i2: 10, i3: 10 });
  });

  test("gives calls by the weights that labels name, and 1 to those without", () => {
    const candidates = weighted(["3", undefined, "2", "none"]);
    expect(counts(roundRobin().picker(parts()), candidates, 7_000)).toEqual({
      i0: expect.closeTo(3_000, -1),
      i1: expect.closeTo(1_000, -1),
      i2: expect.closeTo(2_000, -1),
      i3: expect.closeTo(1_000, -1),
    });
  });

  test("spreads the turns of a heavy instance evenly", () => {
    const picker = roundRobin().picker(parts());
    const candidates = weighted(["8", "1", "1"]);
    const order = Array.from({ length: 1_000 }, () => pick(picker, candidates));
    const runs = order.join(" ").match(/i0( i0)*/g) ?? [];
    expect(Math.max(...runs.map((run) => run.split(" ").length))).toBeLessThanOrEqual(5);
  });

  test("gives an instance of weight 0 nothing while another has more", () => {
    const picker = roundRobin().picker(parts());
    expect(counts(picker, weighted(["0", "5", "5"]), 200_000)).toEqual({ i0: 0, i1: 100_000, i2: 100_000 });
    expect(counts(picker, weighted(["0", "0"]), 100)).toEqual({ i0: 50, i1: 50 });
  });

  test("takes weights of other kinds for 1", () => {
    const picker = roundRobin().picker(parts());
    expect(counts(picker, weighted(["-3", "1.5", "65536", "1"]), 100)).toEqual({
      i0: 25,
      i1: 25,
      i2: 25,
      i3: 25,
    });
  });

  test("follows a weight that has changed", () => {
    const picker = roundRobin().picker(parts());
    const candidates = weighted(["1", "1"]);
    expect(counts(picker, candidates, 100)).toEqual({ i0: 50, i1: 50 });
    candidates.splice(0, 1, ...weighted(["9"]));
    expect(counts(picker, [...candidates], 1_000)["i0"]).toBeCloseTo(900, -1);
  });
});

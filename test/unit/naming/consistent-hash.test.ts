import { describe, expect, test } from "vitest";
import type { Candidate } from "../../../src/naming/balancer.js";
import { consistentHash } from "../../../src/naming/consistent-hash.js";
import { seededRandom, shuffled } from "../../../src/testing/random.js";
import { callWith, candidatesOf, chiSquare, counts, keyOf, parts, pick } from "./candidates.js";

const KEYS = 10_000;
const calls = Array.from({ length: KEYS }, (_, index) => callWith({ key: `user-${index}` }));

/** Where each key goes, for a client of its own. */
function places(candidates: readonly Candidate[], seed = 1): (string | undefined)[] {
  const picker = consistentHash({ key: keyOf }).picker(parts(seed));
  return calls.map((call) => pick(picker, candidates, call));
}

describe("consistentHash", () => {
  test.each([2, 3, 10, 100])("gives %i instances equal shares of the keys", (count) => {
    const picker = consistentHash({ key: keyOf }).picker(parts());
    const seen = counts(picker, candidatesOf(count), KEYS, (index) => calls[index] ?? callWith());
    expect(chiSquare(seen)).toBeLessThan(2 * count + 20);
  });

  test("sends a key to the same instance from all clients, in whatever order they know the instances", () => {
    const candidates = candidatesOf(20);
    expect(places(shuffled(candidates, seededRandom(1)), 2)).toEqual(places(candidates, 3));
  });

  test("moves only the keys of an instance that goes, to all others alike", () => {
    const candidates = candidatesOf(10);
    const before = places(candidates);
    const after = places(candidates.filter(({ info }) => info.instance !== "i4"));
    const moved: Record<string, number> = {};
    before.forEach((place, index) => {
      const now = after[index] ?? "nobody";
      if (place === "i4") moved[now] = (moved[now] ?? 0) + 1;
      else expect(now).toBe(place);
    });
    expect(Object.keys(moved)).toHaveLength(9);
    expect(chiSquare(moved)).toBeLessThan(38);
  });

  test("moves keys only to an instance that comes, and as many as are its share", () => {
    const candidates = candidatesOf(11);
    const before = places(candidates.slice(0, 10));
    const after = places(candidates);
    const moved = after.filter((place, index) => place !== before[index]);
    expect(new Set(moved)).toEqual(new Set(["i10"]));
    expect(moved.length).toBeGreaterThan((KEYS / 11) * 0.9);
    expect(moved.length).toBeLessThan((KEYS / 11) * 1.1);
  });

  test("gives an instance that returns its keys back", () => {
    const candidates = candidatesOf(5);
    const picker = consistentHash({ key: keyOf }).picker(parts());
    const call = callWith({ key: "ada" });
    const own = pick(picker, candidates, call);
    const others = candidates.filter(({ info }) => info.instance !== own);
    expect(pick(picker, others, call)).not.toBe(own);
    expect(pick(picker, [...candidates], call)).toBe(own);
  });

  test("spreads calls without a key", () => {
    const seen = counts(consistentHash({ key: keyOf }).picker(parts()), candidatesOf(5), 5_000);
    expect(chiSquare(seen)).toBeLessThan(30);
  });

  test("passes over an instance that is busier than it may be, and comes back", () => {
    const picker = consistentHash({ key: keyOf, maxLoad: 1.5 }).picker(parts());
    const candidates = candidatesOf(4);
    const call = callWith({ key: "ada" });
    const own = candidates.find(({ info }) => info.instance === pick(picker, candidates, call))!;
    own.pending = 2;
    const second = pick(picker, candidates, call);
    expect(second).not.toBe(own.info.instance);
    expect(pick(picker, candidates, call)).toBe(second);
    for (const each of candidates) each.pending = 2;
    expect(pick(picker, candidates, call)).toBe(own.info.instance);
  });

  test("finds somebody however busy all are", () => {
    const picker = consistentHash({ key: keyOf, maxLoad: 1 }).picker(parts());
    const candidates = candidatesOf(7);
    for (let call = 0; call < 700; call++) {
      const place = pick(picker, candidates, callWith({ key: "one for all" }));
      candidates.find(({ info }) => info.instance === place)!.pending++;
    }
    expect(candidates.map(({ pending }) => pending)).toEqual([100, 100, 100, 100, 100, 100, 100]);
  });

  test("takes the only one there is, and nobody among none", () => {
    const picker = consistentHash({ key: keyOf }).picker(parts());
    expect(pick(picker, candidatesOf(1), callWith({ key: "ada" }))).toBe("i0");
    expect(pick(picker, [], callWith({ key: "ada" }))).toBeUndefined();
  });

  test("tells instances of which only an address is known apart by it", () => {
    const candidates = candidatesOf(3);
    for (const each of candidates) each.info = { ...each.info, instance: "" };
    const picker = consistentHash({ key: keyOf }).picker(parts());
    const places = calls.map((call) => picker.pick(candidates, call)?.info.endpoints[0]);
    expect(new Set(places).size).toBe(3);
  });

  test("refuses options that mean nothing", () => {
    expect(() => consistentHash({} as { key: typeof keyOf })).toThrow(
      'key must be a function such as ({ metadata }) => metadata?.text("user"), got undefined',
    );
    expect(() => consistentHash({ key: keyOf, maxLoad: 0.5 })).toThrow(
      "maxLoad must be a number of at least 1, got 0.5",
    );
    expect(() => consistentHash({ key: keyOf, ring: 5 } as object as { key: typeof keyOf })).toThrow(
      'consistentHash() has no option "ring"',
    );
  });
});

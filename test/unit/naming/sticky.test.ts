import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { roundRobin } from "../../../src/naming/round-robin.js";
import { sticky } from "../../../src/naming/sticky.js";
import { callWith, candidatesOf, counts, keyOf, listening, parts, pick } from "./candidates.js";

const ada = callWith({ key: "ada" });
const bob = callWith({ key: "bob" });

describe("sticky", () => {
  test("keeps each key where its first call went", () => {
    const picker = sticky({ key: keyOf }).picker(parts());
    const candidates = candidatesOf(3);
    const [a, b] = [pick(picker, candidates, ada), pick(picker, candidates, bob)];
    expect(a).not.toBe(b);
    for (let call = 0; call < 5; call++) {
      expect([pick(picker, candidates, ada), pick(picker, candidates, bob)]).toEqual([a, b]);
    }
  });

  test("spreads calls without a key by its balancer", () => {
    const picker = sticky({ key: keyOf, balancer: roundRobin() }).picker(parts());
    expect(counts(picker, candidatesOf(3), 30)).toEqual({ i0: 10, i1: 10, i2: 10 });
  });

  test("chooses anew when the instance is gone, and keeps that when it returns", () => {
    const picker = sticky({ key: keyOf }).picker(parts());
    const candidates = candidatesOf(3);
    const first = pick(picker, candidates, ada);
    const others = candidates.filter(({ info }) => info.instance !== first);
    const second = pick(picker, others, ada);
    expect(second).not.toBe(first);
    expect(pick(picker, [...candidates], ada)).toBe(second);
  });

  test("forgets the keys that were not used for longest, and keeps those that are used", () => {
    const picker = sticky({ key: keyOf, maxKeys: 100 }).picker({ ...parts(), random: () => 0 });
    const candidates = candidatesOf(1_000);
    const own = pick(picker, candidates, ada);
    const idle = pick(picker, candidates, bob);
    for (let index = 0; index < 500; index++) {
      pick(picker, candidates, callWith({ key: `k${index}` }));
      expect(pick(picker, candidates, ada)).toBe(own);
    }
    expect(pick(picker, candidates, bob)).not.toBe(idle);
  });

  test("remembers as many keys as it is told to, in whatever order they are used", () => {
    const picker = sticky({ key: keyOf, maxKeys: 10 }).picker(parts());
    const candidates = candidatesOf(50);
    const keys = Array.from({ length: 10 }, (_, index) => callWith({ key: `k${index}` }));
    const places = keys.map((call) => pick(picker, candidates, call));
    for (let round = 0; round < 3; round++) {
      expect(keys.map((call) => pick(picker, candidates, call))).toEqual(places);
      keys.reverse();
      places.reverse();
    }
  });

  test("tells its balancer of ends, when that wants to know", () => {
    const inner = listening();
    const picker = sticky({ key: keyOf, balancer: inner }).picker(parts());
    const candidates = candidatesOf(2);
    picker.pick(candidates, ada);
    picker.ended?.(candidates[0]!, Code.Unavailable, 12);
    expect(inner.told).toEqual(["i0 14 12"]);
    expect(sticky({ key: keyOf }).picker(parts()).ended).toBeUndefined();
  });

  test("remembers nothing when there is nobody", () => {
    const picker = sticky({ key: keyOf }).picker(parts());
    expect(pick(picker, [], ada)).toBeUndefined();
    expect(pick(picker, candidatesOf(1), ada)).toBe("i0");
  });

  test("refuses options that mean nothing", () => {
    expect(() => sticky({ key: "user" as never })).toThrow("key must be a function such as");
    expect(() => sticky({ key: keyOf, maxKeys: 0 })).toThrow(
      "maxKeys must be a whole number of at least 1, got 0",
    );
    expect(() => sticky({ key: keyOf, balancer: "random" as never })).toThrow(
      'balancer must be a balancer such as roundRobin(), got "random"',
    );
    expect(() => sticky({ key: keyOf, keys: 5 } as never)).toThrow('sticky() has no option "keys"');
  });
});

import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { priority } from "../../../src/naming/priority.js";
import { candidate, counts, listening, parts, pick } from "./candidates.js";

const labelled = (instance: string, labels: Record<string, string>) => candidate(instance, { labels });
const first = labelled("first", { priority: "0", zone: "eu-1" });
const alsoFirst = labelled("also-first", { priority: "0", zone: "eu-1", spare: "yes" });
const tenth = labelled("tenth", { priority: "10", zone: "eu-2" });
const second = labelled("second", { priority: "2", zone: "us-1" });
const none = labelled("none", { priority: "high" });

describe("priority", () => {
  test("spreads calls over the first group that has anybody", () => {
    const picker = priority().picker(parts());
    const candidates = [tenth, none, first, second, alsoFirst];
    expect(counts(picker, candidates, 20)).toEqual({
      tenth: 0,
      none: 0,
      first: 10,
      second: 0,
      "also-first": 10,
    });
  });

  test("goes to the next group when one has nobody left, and back when it has", () => {
    const picker = priority().picker(parts());
    expect(pick(picker, [first, second, tenth, none])).toBe("first");
    expect(pick(picker, [second, tenth, none])).toBe("second");
    expect(pick(picker, [tenth, none])).toBe("tenth");
    expect(pick(picker, [none])).toBe("none");
    expect(pick(picker, [none, first])).toBe("first");
    expect(pick(picker, [])).toBeUndefined();
  });

  test("takes groups by labels, in the order given, and all others last", () => {
    const groups = [{ zone: "us-1" }, { zone: "eu-1", spare: "yes" }, { zone: "eu-1" }];
    const picker = priority({ groups }).picker(parts());
    expect(pick(picker, [first, alsoFirst, second, tenth])).toBe("second");
    expect(pick(picker, [first, alsoFirst, tenth])).toBe("also-first");
    expect(pick(picker, [first, tenth])).toBe("first");
    expect(counts(picker, [tenth, none], 10)).toEqual({ tenth: 5, none: 5 });
  });

  test("takes groups by another label, or by a function", () => {
    const ranked = [labelled("a", { rank: "-1.5" }), labelled("b", { rank: "3" })];
    expect(pick(priority({ groups: "rank" }).picker(parts()), [...ranked, first])).toBe("a");
    const byLength = priority({
      groups: ({ instance }) => (instance === "none" ? undefined : instance.length),
    });
    expect(pick(byLength.picker(parts()), [none, second, tenth, first])).toMatch(/^(tenth|first)$/);
    const broken = priority({ groups: ({ instance }) => (instance === "none" ? Number.NaN : 1) });
    expect(pick(broken.picker(parts()), [none, second])).toBe("second");
  });

  test("tells its balancer of ends, when that wants to know", () => {
    const inner = listening();
    priority({ balancer: inner }).picker(parts()).ended?.(first, Code.Internal, 3);
    expect(inner.told).toEqual(["first 13 3"]);
    expect(priority().picker(parts()).ended).toBeUndefined();
  });

  test.each([[5], [[]], [["eu-1"]], [[{ zone: 1 }]], [[null]]])("refuses %j as groups", (groups) => {
    expect(() => priority({ groups: groups as never })).toThrow(
      'groups must be a label\'s name, a list such as [{ zone: "eu-1" }], or a function of an instance, got',
    );
  });

  test("refuses options that it doesn't have", () => {
    expect(() => priority({ labels: "zone" } as object)).toThrow('priority() has no option "labels"');
  });
});

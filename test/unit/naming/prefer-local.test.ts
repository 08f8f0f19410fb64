import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { preferLocal } from "../../../src/naming/prefer-local.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";
import { candidate, counts, listening, parts, pick } from "./candidates.js";

const near = candidate("near", { host: "here" });
const nearer = candidate("nearer", { host: "here" });
const far = candidate("far", { host: "there" });
const unknown = candidate("unknown");

describe("preferLocal", () => {
  test("spreads calls over the instances of its machine", () => {
    const picker = preferLocal().picker(parts());
    expect(counts(picker, [far, near, unknown, nearer], 20)).toEqual({
      far: 0,
      near: 10,
      unknown: 0,
      nearer: 10,
    });
  });

  test("takes all others while there is none, and comes back", () => {
    const picker = preferLocal().picker(parts());
    expect(pick(picker, [far, near])).toBe("near");
    expect(counts(picker, [far, unknown], 20)).toEqual({ far: 10, unknown: 10 });
    expect(pick(picker, [far, unknown, near])).toBe("near");
  });

  test("takes instances of unknown machines for remote, also when its own is unknown", () => {
    const picker = preferLocal().picker(parts(1, fakeClock(), ""));
    expect(counts(picker, [far, unknown], 20)).toEqual({ far: 10, unknown: 10 });
  });

  test("gives its balancer the same array as long as nothing changes", () => {
    const seen = new Set<unknown>();
    const balancer = {
      name: "watching",
      picker: () => ({
        pick: (candidates: readonly (typeof near)[]) => {
          seen.add(candidates);
          return candidates[0];
        },
      }),
    };
    const picker = preferLocal({ balancer }).picker(parts());
    const candidates = [far, near];
    counts(picker, candidates, 10);
    expect(seen.size).toBe(1);
    counts(picker, [far, near], 10);
    expect(seen.size).toBe(2);
  });

  test("tells its balancer of ends, when that wants to know", () => {
    const inner = listening();
    preferLocal({ balancer: inner }).picker(parts()).ended?.(near, Code.Internal, 3);
    expect(inner.told).toEqual(["near 13 3"]);
    expect(preferLocal().picker(parts()).ended).toBeUndefined();
  });

  test("refuses what is no balancer", () => {
    expect(() => preferLocal({ balancer: 5 as never })).toThrow(
      "balancer must be a balancer such as roundRobin()",
    );
    expect(() => preferLocal({ host: "" } as object)).toThrow('preferLocal() has no option "host"');
  });
});

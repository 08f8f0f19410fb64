import { describe, expect, test } from "vitest";
import { mergeInstances } from "../../../../src/cli/lookup/known-instance.js";
import { known } from "../instances.js";

describe("what several registries know", () => {
  test("is one list by name, then by age", () => {
    const b = known("b");
    const old = known("a", { instance: "2", epoch: 1 });
    const young = known("a", { instance: "1", epoch: 2 });
    expect(mergeInstances([[b, young], [old]])).toEqual([old, young, b]);
  });

  test("takes the newest that an instance said, and the best that is said of its life", () => {
    const load = { loopLagMs: 1, loopUtilization: 0.5, callsInFlight: 2, memoryBytes: 3 };
    const stale = known("a", { version: 1, state: "alive", heardMsAgo: 50, load, registries: ["one"] });
    const fresh = known("a", {
      version: 2,
      state: "suspect",
      condition: "draining",
      heardMsAgo: 900,
      registries: ["two"],
    });
    const merged = { ...fresh, state: "alive", load, heardMsAgo: 50, registries: ["one", "two"] };
    expect(mergeInstances([[stale], [fresh]])).toEqual([merged]);
    expect(mergeInstances([[fresh], [stale]])).toEqual([{ ...merged, registries: ["two", "one"] }]);
  });

  test("takes a later epoch before a higher version", () => {
    const before = known("a", { epoch: 1, version: 9, condition: "draining" });
    const after = known("a", { epoch: 2, version: 1 });
    expect(mergeInstances([[before], [after]])[0]).toMatchObject({ epoch: 2, condition: "serving" });
  });

  test("takes no word on an earlier life for one on the later", () => {
    const before = known("a", { epoch: 1, state: "alive" });
    const after = known("a", { epoch: 2, state: "dead" });
    expect(mergeInstances([[before], [after]])[0]).toMatchObject({ epoch: 2, state: "dead" });
    expect(mergeInstances([[after], [before]])[0]).toMatchObject({ epoch: 2, state: "dead" });
  });

  test("tells instances of which only the address is known apart by it", () => {
    const nameless = (endpoint: string) => known("", { instance: "", endpoints: [endpoint] });
    expect(mergeInstances([[nameless("ipc://a"), nameless("ipc://b")]])).toHaveLength(2);
  });
});

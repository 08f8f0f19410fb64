import { describe, expect, test } from "vitest";
import { leftOutText, livingOf } from "../../../../src/cli/lookup/left-out.js";
import type { Target } from "../../../../src/cli/lookup/target.js";
import { known } from "../instances.js";

const alive = known("greeter", { instance: "alive-1" });
const stalled = known("greeter", { instance: "stalled-1", state: "stalled" });
const dead = known("greeter", { instance: "dead-1", state: "dead" });

function target(kind: Target["kind"], instances: Target["instances"]): Target {
  return { kind, name: "greeter", instances };
}

describe("dead instances", () => {
  test.each(["all", "node", "service", "endpoint"] as const)("of %s are left out", (kind) => {
    expect(livingOf(target(kind, [alive, dead, stalled]))).toEqual({
      target: target(kind, [alive, stalled]),
      leftOut: 1,
    });
  });

  test("are meant where they were named, or where a name has no others", () => {
    for (const each of [target("instance", [dead]), target("node", [dead]), target("service", [dead])]) {
      expect(livingOf(each)).toEqual({ target: each, leftOut: 0 });
    }
  });

  test("are left out where nobody else is there and nothing was named", () => {
    expect(livingOf(target("all", [dead]))).toEqual({ target: target("all", []), leftOut: 1 });
  });

  test("are counted", () => {
    expect(leftOutText(2, "--all asks them, too")).toBe("2 dead instances left out; --all asks them, too");
  });
});

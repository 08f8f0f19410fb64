import { describe, expect, test } from "vitest";
import { describeChange } from "../../../../src/cli/watch/describe-change.js";
import { known, services } from "../instances.js";

const before = known("a", { services: services("x.One"), labels: { zone: "eu-1" } });

describe("what an instance says", () => {
  test("is all that matters, of one that was not known", () => {
    expect(describeChange(undefined, before)).toBe("ipc:///run/a  x.One  zone=eu-1");
    expect(describeChange(undefined, { ...before, condition: "paused" })).toMatch(/^paused {2}/);
  });

  test("is what has come and gone, of one that was", () => {
    const now = { ...before, services: services("x.Two"), endpoints: [], labels: { zone: "eu-2" } };
    expect(describeChange(before, now)).toBe("-ipc:///run/a  +x.Two -x.One  +zone=eu-2 -zone=eu-1");
    expect(describeChange(before, { ...before, condition: "draining" })).toBe("draining");
    expect(describeChange({ ...before, condition: "draining" }, before)).toBe("serving");
    expect(describeChange(before, before)).toBe("");
  });

  test("does not move the cursor", () => {
    expect(describeChange(before, { ...before, labels: { zone: "\u001b[2J" } })).not.toContain("\u001b");
  });
});

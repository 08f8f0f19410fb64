import { describe, expect, test } from "vitest";
import { checkAnnouncement } from "../../../src/discovery/registry-limits.js";
import { checkLabels } from "../../../src/node/labels.js";
import { announced } from "../../support/announcements.js";

describe("labels", () => {
  test.each([
    ["none", undefined],
    ["usual ones", { zone: "eu-1", "example.org/tier": "" }],
    ["the longest", { ["n".repeat(63)]: "x".repeat(256) }],
    ["the longest in other letters", { name: "ü".repeat(128) }],
    ["as many as there may be", Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`l${n}`, "x"]))],
  ])("that a node may have are taken by registries: %s", (_, labels) => {
    const checked = checkLabels(labels);
    expect(checked).toEqual(labels ?? {});
    expect(checkAnnouncement(announced("a", { labels: checked }))).toBeGreaterThan(0);
  });

  test.each([
    ["zone", /labels must be an object such as \{ zone: "eu-1" \}, got "zone"/],
    [[], /labels must be an object/],
    [{ "": "x" }, /the name of a label has 1 to 63 letters.*got ""/],
    [{ ü: "x" }, /the name of a label has 1 to 63 letters/],
    [{ ["n".repeat(64)]: "x" }, /the name of a label has 1 to 63 letters/],
    [{ zone: 7 }, /the label zone must be a text of at most 256 bytes, got 7/],
    [{ zone: "x".repeat(257) }, /the label zone must be a text of at most 256 bytes/],
    [{ zone: "ü".repeat(129) }, /the label zone must be a text of at most 256 bytes/],
    [Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`l${n}`, "x"])), /at most 64 labels, got 65/],
  ])("%j are refused with a word on what to write", (labels, message) => {
    expect(() => checkLabels(labels)).toThrow(message);
  });
});

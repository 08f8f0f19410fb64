import { describe, expect, test } from "vitest";
import { checkLabels } from "../../../src/discovery/labels.js";
import { checkAnnouncement } from "../../../src/discovery/registry-limits.js";
import { announced } from "../../support/announcements.js";

describe("labels", () => {
  test.each([
    ["none", undefined],
    ["usual ones", { zone: "eu-1", "example.org/tier": "" }],
    ["the longest", { ["n".repeat(63)]: "x".repeat(256) }],
    ["the longest in other letters", { name: "ü".repeat(128) }],
    ["with anything that people write", { team: "Bäckerei, Nord" }],
    ["weights", { weight: "65535" }],
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
    [{ _zone: "x" }, /begins with a letter or digit, got "_zone"/],
    [{ zone: "eu\n1" }, /the label zone must be one line without control characters, got "eu\\n1"/],
    [{ zone: "\u001b[31m" }, /without control characters/],
    [{ zone: "a\u2028b" }, /without control characters/],
    [{ weight: "heavy" }, /the label weight must be a whole number from 0 to 65535.*got "heavy"/],
    [{ weight: "65536" }, /the label weight must be a whole number/],
    [{ weight: "-1" }, /the label weight must be a whole number/],
    [{ weight: "1.5" }, /the label weight must be a whole number/],
    [Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`l${n}`, "x"])), /at most 64 labels, got 65/],
  ])("%j are refused with a word on what to write", (labels, message) => {
    expect(() => checkLabels(labels)).toThrow(message);
  });
});

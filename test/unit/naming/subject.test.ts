import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkPattern, checkSubject, levelsOf, subjectOf } from "../../../src/naming/subject.js";
import { matcherOf } from "../../../src/naming/subject-pattern.js";

const level = fc.string({ unit: "grapheme", maxLength: 12 });

describe("a subject", () => {
  test("is made of any texts, and gives them back", () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 6 }), (levels) => {
        const subject = subjectOf(levels);
        expect(levelsOf(subject)).toEqual(levels);
        if (levels.length > 0) {
          expect(checkSubject(subject)).toBe(subject);
          expect(matcherOf([subject])(subject)).toBe(true);
        }
      }),
    );
  });

  test("is another one for other texts", () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 4 }), fc.array(level, { maxLength: 4 }), (a, b) => {
        expect(subjectOf(a) === subjectOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  test("of every character of the first plane is made, and gives it back", () => {
    for (let code = 0; code < 0x10000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const text = String.fromCharCode(code);
      const subject = subjectOf([text, "x"]);
      if (levelsOf(subject)[0] !== text || subject.split("/").length !== 2) expect.fail(`character ${code}`);
      checkSubject(subject);
    }
  });

  test.each([
    ["", "must not be empty"],
    ["a//b", "empty level"],
    ["/a", "empty level"],
    ["a/", "empty level"],
    ["a/*", "wildcard"],
    ["a*", "wildcard"],
    ["50%", "write %25"],
    ["%zz", "write %25"],
    ["%2f", "write %25"],
    ["a\0b", "write %00"],
    ["\ud800", "surrogate"],
    ["a".repeat(2_000), "at most 1024 characters"],
    [Array(100).fill("a").join("/"), "at most 64 levels"],
  ])("%j is refused, and it is said why", (subject, why) => {
    expect(() => checkSubject(subject)).toThrow(why);
  });
});

describe("a pattern", () => {
  test.each(["*", "**", "a/*/b", "**/a/**", "%2A/x", "%"])("%s is one", (pattern) => {
    expect(checkPattern(pattern)).toBe(pattern);
  });

  test.each([
    ["a*", "a level is text, * or **"],
    ["***", "a level is text, * or **"],
    ["a//*", "empty level"],
    ["", "must not be empty"],
  ])("%j is refused, and it is said why", (pattern, why) => {
    expect(() => checkPattern(pattern)).toThrow(why);
  });
});

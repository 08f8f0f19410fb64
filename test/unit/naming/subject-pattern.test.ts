import { describe, expect, test } from "vitest";
import { matcherOf } from "../../../src/naming/subject-pattern.js";

/** What the patterns mean, in the fewest words: tries everything. */
function means(pattern: readonly string[], levels: readonly string[]): boolean {
  const [wanted, ...rest] = pattern;
  if (wanted === undefined) return levels.length === 0;
  if (wanted === "**") return levels.some((_, index) => means(rest, levels.slice(index + 1)));
  return levels.length > 0 && (wanted === "*" || wanted === levels[0]) && means(rest, levels.slice(1));
}

/** All lists of 1 to `most` words. */
function* lists(words: readonly string[], most: number): Generator<string[]> {
  if (most === 0) return;
  for (const word of words) {
    yield [word];
    for (const rest of lists(words, most - 1)) yield [word, ...rest];
  }
}

describe("a pattern", () => {
  test("matches what it means: every pattern of 5 levels, and every subject of 5", () => {
    const subjects = [...lists(["a", "b", "c"], 5)].map((levels) => ({ levels, text: levels.join("/") }));
    let wrong = 0;
    for (const pattern of lists(["a", "b", "*", "**"], 5)) {
      const matcher = matcherOf([pattern.join("/")]);
      for (const { levels, text } of subjects) if (matcher(text) !== means(pattern, levels)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test.each([
    ["a", "a", true],
    ["a", "a/b", false],
    ["a/1", "a/10", false],
    ["*", "", false],
    ["**", "", false],
    ["%", "%", true],
    ["*", "%2A", true],
    ["%2A", "x", false],
  ])("%s and subject %j: %s", (pattern, subject, expected) => {
    expect(matcherOf([pattern])(subject)).toBe(expected);
  });

  test("of no list every subject is meant, the empty one too; of a list what any of them means", () => {
    expect(["", "a", "a/b"].map(matcherOf([]))).toEqual([true, true, true]);
    expect(["a", "b/x", "c"].map(matcherOf(["a", "b/*"]))).toEqual([true, true, false]);
  });

  test("takes no longer the more wildcards it has", () => {
    const matcher = matcherOf([`${"**/a/".repeat(30)}b`]);
    expect(matcher("a/".repeat(60).slice(0, -1))).toBe(false);
  });
});

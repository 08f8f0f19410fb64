import { describe, expect, test } from "vitest";
import { checkOptionNames } from "../../../src/core/option-names.js";
import { HeliographError } from "../../../src/index.js";

describe("options", () => {
  test("are taken as long as all of them exist", () => {
    for (const options of [{}, { a: 1 }, { b: undefined, a: 1 }])
      expect(() => checkOptionNames("make()", options, ["a", "b"])).not.toThrow();
  });

  test("that don't exist are named, and so are those that do", () => {
    expect(() => checkOptionNames("make()", { c: 1 }, ["a", "b"])).toThrow(
      'INVALID_ARGUMENT: make() has no option "c"; it has a, b',
    );
  });

  test.each([
    [undefined, "undefined"],
    [null, "null"],
    ["a", "a string"],
    [5, "a number"],
    [[], "an array"],
    [function roundRobin() {}, "the function roundRobin"],
    [() => {}, "the function"],
  ])("that are no object are refused: %s", (given, shown) => {
    const check = () => checkOptionNames("make()", given as never, ["a", "b"]);
    expect(check).toThrow(HeliographError);
    expect(check).toThrow(`the options of make() must be an object with a, b, got ${shown}`);
  });
});

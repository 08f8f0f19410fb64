import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { Metadata, type MetadataInit } from "../../../src/core/metadata.js";

describe("metadata", () => {
  test("keeps pairs in order, and repeated keys with all their values", () => {
    const metadata = new Metadata([
      ["b", "1"],
      ["a", "2"],
      ["b", "3"],
    ]);
    expect([...metadata]).toEqual([
      ["b", "1"],
      ["a", "2"],
      ["b", "3"],
    ]);
    expect(metadata.get("b")).toBe("1");
    expect(metadata.getAll("b")).toEqual(["1", "3"]);
    expect(metadata.size).toBe(3);
  });

  test("is made of an object, a list, a Map or another one", () => {
    for (const init of [{ a: "1" }, [["a", "1"]], new Map([["a", "1"]]), new Metadata({ a: "1" })]) {
      expect([...new Metadata(init as MetadataInit)]).toEqual([["a", "1"]]);
    }
    expect(new Metadata().size).toBe(0);
  });

  test("a copy is independent", () => {
    const first = new Metadata({ a: "1" });
    const second = new Metadata(first);
    second.append("b", "2");
    expect(first.has("b")).toBe(false);
  });

  test("lowers keys, in all methods", () => {
    const metadata = new Metadata({ "X-Trace": "1" });
    expect(metadata.get("X-TRACE")).toBe("1");
    expect(metadata.has("x-trace")).toBe(true);
    metadata.set("X-trace", "2");
    expect([...metadata]).toEqual([["x-trace", "2"]]);
    expect(metadata.delete("x-Trace").size).toBe(0);
  });

  test("set replaces all values of a key, delete removes them", () => {
    const metadata = new Metadata([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]);
    metadata.set("a", "4");
    expect([...metadata]).toEqual([
      ["b", "2"],
      ["a", "4"],
    ]);
  });

  test("text() gives text only", () => {
    const metadata = new Metadata({ "a-bin": Uint8Array.of(1), b: "" });
    expect(metadata.text("a-bin")).toBeUndefined();
    expect(metadata.get("a-bin")).toEqual(Uint8Array.of(1));
    expect(metadata.text("b")).toBe("");
    expect(metadata.has("b")).toBe(true);
  });

  test.each<[string, unknown, string]>([
    ["an empty key", { "": "1" }, '"" is not a metadata key'],
    ["a key with a space", { "a b": "1" }, '"a b" is not a metadata key'],
    ["a key that isn't ASCII", { grün: "1" }, '"grün" is not a metadata key'],
    ["a number as a value", { a: 1 }, '"a" must have a string'],
    ["bytes under a key for text", { a: Uint8Array.of(1) }, "use a key that ends in -bin"],
    [
      "text under a key for bytes",
      { "a-bin": "1" },
      '"a-bin" ends in -bin, so its value must be a Uint8Array',
    ],
    ["a lone surrogate", { a: "\ud800" }, 'the value of "a" has a lone surrogate'],
    ["undefined as a value", { a: undefined }, '"a" must have a string'],
    ["a text", "a=1", "must be an object or a list of pairs, got a=1"],
    ["null", null, "must be an object or a list of pairs, got null"],
    ["a list of no pairs", ["a"], "a pair of key and value must be an array, got a"],
  ])("refuses %s", (_what, init, message) => {
    expect(() => new Metadata(init as MetadataInit)).toThrow(
      expect.objectContaining({
        code: Code.InvalidArgument,
        reason: "BAD_METADATA",
        message: expect.stringContaining(message),
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonSplitter } from "../../../src/cli/json-splitter.js";

function split(...pieces: readonly string[]): string[] {
  const splitter = new JsonSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

describe("JsonSplitter", () => {
  test("takes values that stand one on a line, side by side, or over many lines", () => {
    expect(split('{"a":1}\n{"a":2}\n')).toEqual(['{"a":1}', '{"a":2}']);
    expect(split('{"a":1}{"a":2} [3]')).toEqual(['{"a":1}', '{"a":2}', "[3]"]);
    expect(split('{\n  "a": [\n    1\n  ]\n}\n')).toEqual(['{\n  "a": [\n    1\n  ]\n}']);
  });

  test("takes words, numbers and texts", () => {
    expect(split('1 true\n"a b" null')).toEqual(["1", "true", '"a b"', "null"]);
  });

  test("gives a value as soon as it has ended", () => {
    const splitter = new JsonSplitter();
    expect(splitter.push('{"a":')).toEqual([]);
    expect(splitter.push("1}")).toEqual(['{"a":1}']);
    expect(splitter.push("5")).toEqual([]);
    expect(splitter.push("\n")).toEqual(["5"]);
  });

  test("finds the same values wherever the text is cut", () => {
    const values = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(
        values,
        fc.nat(3),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (list, space, sizes) => {
          const text = list.map((value) => JSON.stringify(value, undefined, space)).join("\n");
          const pieces: string[] = [];
          for (let at = 0; at < text.length; ) {
            const { value: size } = sizes.next();
            pieces.push(text.slice(at, at + size));
            at += size;
          }
          expect(split(...pieces).map((one): unknown => JSON.parse(one))).toEqual(
            list.map((value): unknown => JSON.parse(JSON.stringify(value))),
          );
        },
      ),
      { seed: 2026, numRuns: 200 },
    );
  });

  test("leaves what is no JSON to whoever reads it", () => {
    expect(split("{'a': 1")).toEqual(["{'a': 1"]);
    expect(split("}] x")).toEqual(["}", "]", "x"]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainEncode, explainInit } from "../../../src/wire/explain-encode.js";
import { shapesOf } from "../../../src/wire/message-shape.js";
import { WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { everything, runs, schema, wellKnown } from "./messages.js";

const shapes = shapesOf(schema);
const nested = { name: "", number: 0n, children: [] };

function explain(fields: Record<string, unknown>): string | undefined {
  const fault = explainEncode(shapes, Everything.$type, { ...Everything.create(), ...fields });
  return fault?.replace("heliograph.test.v1.Everything", "E");
}

function explainKnown(fields: Record<string, unknown>): string | undefined {
  const fault = explainEncode(shapes, WellKnown.$type, { ...WellKnown.create(), ...fields });
  return fault?.replace("heliograph.test.v1.WellKnown", "W");
}

describe("explainEncode", () => {
  it("finds nothing wrong with any message that can be written", () => {
    fc.assert(
      fc.property(everything, wellKnown, (first, second) => {
        expect(explainEncode(shapes, Everything.$type, first)).toBeUndefined();
        expect(explainEncode(shapes, WellKnown.$type, second)).toBeUndefined();
      }),
      runs,
    );
  });

  const faults: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ aString: undefined }, "E.aString: expected a string, got undefined"],
    [{ aString: 5 }, "E.aString: expected a string, got 5"],
    [{ aString: "ab\ud800c" }, "E.aString: a lone surrogate at character 2, which UTF-8 can't hold"],
    [{ aString: "\udc00" }, "E.aString: a lone surrogate at character 0, which UTF-8 can't hold"],
    [{ aDouble: "1" }, 'E.aDouble: expected a number, got "1"'],
    [{ aFloat: 1e39 }, "E.aFloat: expected a 32-bit float, got 1e+39"],
    [{ aFloat: null }, "E.aFloat: expected a number, got null"],
    [{ anInt32: Number.NaN }, "E.anInt32: expected a 32-bit integer, got NaN"],
    [{ anInt32: 2 ** 31 }, "E.anInt32: expected a 32-bit integer, got 2147483648"],
    [{ anInt32: 0.5 }, "E.anInt32: expected a 32-bit integer, got 0.5"],
    [{ anInt32: 5n }, "E.anInt32: expected a number, got 5n"],
    [{ aUint32: -1 }, "E.aUint32: expected an unsigned 32-bit integer, got -1"],
    [{ anInt64: 5 }, "E.anInt64: expected a bigint, got 5"],
    [{ anInt64: 2n ** 63n }, "E.anInt64: expected a 64-bit integer, got 9223372036854775808n"],
    [{ aFixed64: -1n }, "E.aFixed64: expected an unsigned 64-bit integer, got -1n"],
    [{ aBool: 1 }, "E.aBool: expected a boolean, got 1"],
    [{ aBytes: [1] }, "E.aBytes: expected a Uint8Array, got an array"],
    [{ aColour: "COLOUR_RED" }, 'E.aColour: expected a number, got "COLOUR_RED"'],
    [{ aNested: null }, "E.aNested: expected a message, got null"],
    [{ aNested: { ...nested, number: undefined } }, "E.aNested.number: expected a bigint, got undefined"],
    [{ aTimestamp: new Date(0) }, "E.aTimestamp.seconds: expected a bigint, got undefined"],
    [{ optionalInt32: null }, "E.optionalInt32: expected a number, got null"],
    [{ strings: undefined }, "E.strings: expected an array, got undefined"],
    [{ strings: "ab" }, 'E.strings: expected an array, got "ab"'],
    [{ strings: ["a", undefined] }, "E.strings[1]: expected a string, got undefined"],
    [{ nesteds: [nested, { ...nested, name: 1 }] }, "E.nesteds[1].name: expected a string, got 1"],
    [{ stringsByString: {} }, "E.stringsByString: expected a Map, got an object"],
    [{ stringsByString: new Map([["a", 1]]) }, 'E.stringsByString["a"]: expected a string, got 1'],
    [{ doublesByInt32: new Map([["a", 1]]) }, 'E.doublesByInt32["a"]: the key: expected a number, got "a"'],
    [
      { nesteds: [{ ...nested, children: [null] }] },
      "E.nesteds[0].children[0]: expected a message, got null",
    ],
    [{ choice: "chosenString" }, 'E.choice: expected { $case, value }, got "chosenString"'],
    [{ choice: { $case: "chosenInt64", value: "5" } }, 'E.choice.value: expected a bigint, got "5"'],
    [
      { choice: { $case: "chosenStrin", value: "a" } },
      'E.choice.$case: expected one of chosenString, chosenInt64, chosenBytes, chosenNested, chosenColour, chosenBool, chosenDouble, got "chosenStrin"',
    ],
  ];
  for (const [fields, message] of faults) {
    it(`says ${message}`, () => expect(explain(fields)).toBe(message));
  }

  const known: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ stringValue: 5 }, "W.stringValue: expected a string, got 5"],
    [{ int64Value: 5 }, "W.int64Value: expected a bigint, got 5"],
    [{ fieldMask: "a" }, 'W.fieldMask: expected an array, got "a"'],
    [{ fieldMask: [1] }, "W.fieldMask: expected a string, got 1"],
    [{ struct: [] }, "W.struct: expected an object, got an array"],
    [{ struct: { a: [1n] } }, "W.struct.a[0]: expected a JSON value, got 1n"],
    [{ listValue: {} }, "W.listValue: expected an array, got an object"],
    [{ value: new Date(0) }, "W.value: expected a JSON value, got a Date"],
    [
      { timestamps: [{ seconds: 0n, nanos: 0.5 }] },
      "W.timestamps[0].nanos: expected a 32-bit integer, got 0.5",
    ],
  ];
  for (const [fields, message] of known) {
    it(`says ${message}`, () => expect(explainKnown(fields)).toBe(message));
  }

  it("says what it got instead of a message", () => {
    for (const [value, shown] of [
      [undefined, "undefined"],
      [null, "null"],
      [[], "an array"],
      [new Map(), "a Map"],
    ]) {
      expect(explainEncode(shapes, Everything.$type, value)).toBe(
        `heliograph.test.v1.Everything: expected a message, got ${String(shown)}`,
      );
    }
  });

  it("ends with a message that contains itself, and a value that does", () => {
    const message = Everything.create();
    message.anEverything = message;
    expect(explain({ anEverything: message })).toMatch(/messages nested deeper than 100$/);
    const list: unknown[] = [];
    list.push(list);
    expect(explainKnown({ value: list })).toMatch(/values nested deeper than 100$/);
  });

  it("says nothing about a message that the schema lacks", () => {
    expect(explainEncode(shapes, "nobody.v1.Nothing", 5)).toBeUndefined();
  });
});

describe("explainInit", () => {
  it("takes a message whose fields are left out, and no wrong type", () => {
    expect(explainInit(shapes, Everything.$type, { aNested: {}, nesteds: [{}] })).toBeUndefined();
    expect(explainInit(shapes, Everything.$type, { nesteds: [{ name: 1 }] })).toBe(
      "heliograph.test.v1.Everything.nesteds[0].name: expected a string, got 1",
    );
  });
});

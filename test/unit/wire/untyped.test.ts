import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packUntyped, unpackUntyped } from "../../../src/wire/untyped.js";

/** As a decoded message has it: bytes that are no Buffer, in the midst of others. */
const travelled = (value: unknown) =>
  unpackUntyped(Uint8Array.from([0, ...packUntyped(value), 0]).subarray(1, -1));

const text = fc.string({ unit: "binary" });
const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    // msgpack's zero has no sign.
    fc.double().map((number) => (number === 0 ? 0 : number)),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    text,
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
  any: fc.oneof(
    { depthSize: "small" },
    tie("leaf"),
    fc.array(tie("any")),
    fc.dictionary(
      text.filter((name) => name !== "__proto__"),
      tie("any"),
      { noNullPrototype: true },
    ),
  ),
})).any;

class Point {
  readonly x = 1;
}

describe("a value without a schema", () => {
  test("arrives as it was sent", () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(travelled(sent)).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  test.each([15, 16, 31, 32, 255, 256, 65_535, 65_536])("may have %i of everything", (count) => {
    const names = Array.from({ length: count }, (_, n) => `n${n}`);
    const sent = ["x".repeat(count), "1".repeat(count), names, Object.fromEntries(names.map((n) => [n, n]))];
    expect(JSON.stringify(travelled(sent))).toBe(JSON.stringify(sent));
    const bytes = Buffer.alloc(count, 1);
    expect(bytes.equals(travelled(bytes) as Uint8Array)).toBe(true);
  });

  test("has no undefined: it is null, and left out of objects", () => {
    expect(travelled(undefined)).toBe(null);
    expect(travelled([1, undefined])).toEqual([1, null]);
    expect(Object.keys(travelled({ a: undefined, b: 1 }) as object)).toEqual(["b"]);
  });

  test("may hold the same object twice, and objects without a prototype", () => {
    const twice = { a: 1 };
    expect(travelled([twice, twice])).toEqual([twice, twice]);
    expect(travelled(Object.assign(Object.create(null), twice))).toEqual(twice);
  });

  const own: { self?: unknown } = {};
  own.self = [own];
  let deep: unknown = 1;
  for (let level = 0; level < 100; level++) deep = [deep];
  test.each([
    ["a date", { at: new Date(0) }, "payload.at is a Date: send its getTime() or toISOString()"],
    ["a cycle", own, "payload.self[0] is one of the objects that it is part of"],
    ["endless depth", deep, "lies deeper than 64 levels"],
    [
      "a large bigint",
      [2n ** 64n],
      "payload[0] is 18446744073709551616, and bigints have 64 bits: send a string",
    ],
    ["a function", { fn: () => 1 }, "payload.fn is a function, which can't be sent"],
    ["a symbol", Symbol("s"), "can't be sent"],
    ["a map", new Map(), "payload is a Map: send plain objects"],
    ["a class of somebody's own", { p: new Point() }, "payload.p is a Point: send plain objects"],
    [
      "numbers of 4 bytes",
      new Float32Array(2),
      "payload is a Float32Array: send plain objects, arrays, or bytes",
    ],
    ["half a surrogate pair", { a: "\ud800" }, "payload.a holds half a surrogate pair"],
    ["a prototype", JSON.parse('{"__proto__": 1}'), 'payload has a field "__proto__"'],
  ])("can't hold %s", (_, refused, message) => {
    expect(() => packUntyped(refused)).toThrow(message);
  });

  test("of any bytes can be read or is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          unpackUntyped(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ reason: "MALFORMED_MESSAGE" });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

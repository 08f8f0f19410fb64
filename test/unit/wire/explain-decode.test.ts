import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/wire/decode-message.js";
import { explainDecode, skippedUnknownOnly } from "../../../src/wire/explain-decode.js";
import { shapesOf } from "../../../src/wire/message-shape.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { bytes } from "./bytes.js";
import { everything, runs, schema } from "./messages.js";

const shapes = shapesOf(schema);

function explain(encoded: Buffer): string | undefined {
  return explainDecode(shapes, Everything.$type, encoded)?.replace("heliograph.test.v1.Everything", "E");
}

describe("explainDecode", () => {
  it("finds nothing wrong with any encoded message", () => {
    fc.assert(
      fc.property(everything, (message) => {
        expect(explain(Buffer.from(Everything.encode(message).finish()))).toBeUndefined();
      }),
      runs,
    );
  });

  it("refuses exactly what decodeMessage refuses", () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(everything, change, fc.nat(), (message, [at, value], cut) => {
        const encoded = Buffer.from(Everything.encode(message).finish());
        if (encoded.length === 0) return;
        encoded[at % encoded.length] = value;
        const damaged = encoded.subarray(0, cut % 3 === 0 ? cut % encoded.length : encoded.length);
        let refused = false;
        try {
          decodeMessage(Everything, damaged, 0, damaged.length, schema);
        } catch {
          refused = true;
        }
        expect(explain(damaged) !== undefined).toBe(refused);
      }),
      { ...runs, numRuns: 1_000 },
    );
  });

  const faults: readonly (readonly [Buffer, string])[] = [
    [bytes(0x72, ["ab", 0xff]), "E.a_string (field 14): invalid UTF-8 at byte 2"],
    [bytes(0x72, 9, "ab"), "E.a_string (field 14): a length of 9 where 2 bytes are left at byte 1"],
    [bytes(0x18), "E.an_int32 (field 3): the end, in the middle of a field at byte 1"],
    [bytes(0x1a, ["a"]), "E.an_int32 (field 3): wire type 2 where int32 has 0 at byte 0"],
    [bytes(0x8a, 1, [0x0a, [0xff]]), "E.a_nested.name (field 1): invalid UTF-8 at byte 5"],
    [bytes(0xda, 2, ["a"], 0xda, 2, [0xff]), "E.strings[1] (field 43): invalid UTF-8 at byte 7"],
    [bytes(0x82, 2, [0x80]), "E.int32s[0] (field 32): the end, in the middle of a field at byte 4"],
    [bytes(0x92, 3, [0x12, [0xff]]), "E.strings_by_string[entry 0].value (field 2): invalid UTF-8 at byte 5"],
    [bytes(0x00, 0x00), "E: field number 0 at byte 0"],
    [bytes(0x8a, 1, [0x0c]), "E.a_nested: wire type 4 at byte 3"],
    [bytes(0xa2, 6, 9), "E: a length of 9 where 0 bytes are left at byte 2"],
  ];
  for (const [encoded, message] of faults) {
    it(`says ${message}`, () => expect(explain(encoded)).toBe(message));
  }

  it("says nothing about a message that the schema lacks", () => {
    expect(explainDecode(shapes, "nobody.v1.Nothing", bytes(0))).toBeUndefined();
  });
});

describe("skippedUnknownOnly", () => {
  it("is sure of tags that no message within the type has", () => {
    expect(skippedUnknownOnly(shapes, Everything.$type, [100 << 3, (101 << 3) | 2])).toBe(true);
    expect(skippedUnknownOnly(shapes, Everything.$type, [100 << 3, (3 << 3) | 2])).toBe(false);
    expect(skippedUnknownOnly(shapes, "heliograph.test.v1.Small", [3 << 3])).toBe(true);
  });

  it("is never sure where there were more than could be listed", () => {
    expect(skippedUnknownOnly(shapes, Everything.$type, undefined)).toBe(false);
  });
});

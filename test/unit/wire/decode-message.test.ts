import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/wire/decode-message.js";
import type { MessageType } from "../../../src/wire/definition.js";
import { MalformedMessage } from "../../../src/wire/malformed-message.js";
import { Small, SmallAsSeenByOthers, WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything, Everything_Nested } from "../../gen/heliograph/test/v1/everything.js";
import { bytes, varint } from "./bytes.js";
import { everything, runs, schema, wellKnown } from "./messages.js";

function decode<T>(type: MessageType<T>, encoded: Uint8Array): T {
  // In the middle of a larger buffer, full of what would go on as a varint: nothing outside may be read.
  const buf = Buffer.alloc(encoded.length + 40, 0xff);
  buf.set(encoded, 20);
  return decodeMessage(type, buf, 20, 20 + encoded.length, schema);
}

function encode<T>(type: MessageType<T>, message: T): Buffer {
  return Buffer.from(type.encode(message).finish());
}

const reflected = protobuf
  .loadSync(fileURLToPath(new URL("../../proto/heliograph/test/v1/everything.proto", import.meta.url)))
  .lookupType("heliograph.test.v1.Everything");

const complete = Everything.fromPartial({
  aDouble: 1.5,
  anInt32: -5,
  anInt64: -(2n ** 63n),
  aUint64: 300n,
  aString: "grüße, 世界",
  aBytes: Uint8Array.of(1, 2, 3),
  aNested: { name: "outer", number: 7n, children: [{ name: "inner", number: 1n, children: [] }] },
  int32s: [1, -1, 300],
  uint32s: [1, 127, 128, 70_000],
  fixed64s: [1n, 2n],
  strings: ["a", ""],
  floats: [0.5, 2],
  doublesByInt32: new Map([[5, 0.25]]),
  nestedsByString: new Map([["key", { name: "value", number: 0n, children: [] }]]),
  choice: { $case: "chosenNested", value: { name: "chosen", number: 2n, children: [] } },
});

describe("decodeMessage", () => {
  it("reads every message as the stock reader does, wherever in a buffer it lies", () => {
    fc.assert(
      fc.property(everything, (message) => {
        expect(decode(Everything, encode(Everything, message))).toEqual(message);
      }),
      runs,
    );
    fc.assert(
      fc.property(wellKnown, (message) => {
        expect(decode(WellKnown, encode(WellKnown, message))).toEqual(message);
      }),
      runs,
    );
  });

  it("reads what protobufjs writes by reflection", () => {
    fc.assert(
      fc.property(everything, (message) => {
        const theirs = reflected.encode(reflected.decode(encode(Everything, message))).finish();
        expect(decode(Everything, theirs)).toEqual(message);
      }),
      runs,
    );
  });

  it("refuses every truncation that does not fall between two fields", () => {
    const encoded = encode(Everything, complete);
    let whole = 0;
    for (let length = 0; length < encoded.length; length++) {
      const part = encoded.subarray(0, length);
      let message: Everything | undefined;
      try {
        message = decode(Everything, part);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(MalformedMessage);
        continue;
      }
      whole++;
      expect(reflected.verify(reflected.decode(part))).toBeNull();
      expect(message).toEqual(Everything.decode(new Uint8Array(part)));
    }
    expect(whole).toBe(topLevelFields(encoded));
  });

  it("agrees with protobufjs on every change of one byte, or is stricter", () => {
    const compact = Everything.fromPartial({
      anInt32: 300,
      aString: "text",
      aNested: { name: "n", children: [{ number: 1n }] },
      uint32s: [1, 300],
      stringsByString: new Map([["k", "v"]]),
      choice: { $case: "chosenInt64", value: 5n },
    });
    const encoded = encode(Everything, compact);
    for (let at = 0; at < encoded.length; at++) {
      for (let value = 0; value < 256; value++) changeOneByte(encoded, at, value);
    }
    const long = encode(Everything, complete);
    for (let at = 0; at < long.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) changeOneByte(long, at, value);
    }
  });

  it("survives random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        try {
          decode(Everything, garbage);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(MalformedMessage);
        }
      }),
      { ...runs, numRuns: 5_000 },
    );
  });

  const eleven = Buffer.alloc(10, 0x80);
  const malformed: Readonly<Record<string, Buffer>> = {
    "tag 0": bytes(0),
    "field number 0": bytes(0x02, ["a"]),
    "a tag of more than 32 bits": bytes(0xf8, 0xff, 0xff, 0xff, 0x1f, 0),
    "a tag of six bytes": Buffer.concat([varint(0x18, 6), Buffer.of(1)]),
    "a group": bytes(0x0b, 0x0c),
    "a stray end of a group": bytes(0x18, 1, 0x0c, 0x18, 2),
    "an unknown group": bytes(0xa3, 0x06, 0xa4, 0x06),
    "wire type 6": bytes(0x1e, 0),
    "wire type 7": bytes(0x1f, 0),
    "a varint of eleven bytes": Buffer.concat([bytes(0x20), eleven, Buffer.of(0)]),
    "an int32 of eleven bytes": Buffer.concat([bytes(0x18), eleven, Buffer.of(0)]),
    "a bool of eleven bytes": Buffer.concat([bytes(0x68), eleven, Buffer.of(0)]),
    "an unknown varint of eleven bytes": Buffer.concat([bytes(0xa0, 0x06), eleven, Buffer.of(0)]),
    "a varint of more than 64 bits": Buffer.concat([bytes(0x20), Buffer.alloc(9, 0xff), Buffer.of(2)]),
    "a text that overruns the message": bytes(0x72, 5, "abcd"),
    "bytes that overrun the message": bytes(0x7a, 5, "abcd"),
    "a length of 4 GiB": bytes(0x72, 0xff, 0xff, 0xff, 0xff, 0x0f),
    "a length of more than 32 bits": Buffer.concat([bytes(0x72), varint(2n ** 32n)]),
    "a length of six bytes": Buffer.concat([bytes(0x72), varint(1, 6), bytes("a")]),
    "a message that overruns the message": bytes(0x8a, 1, 5, 0x0a, ["a"]),
    "a nested text that overruns its message": bytes(0x8a, 1, [0x0a, 3, "a"], 0x18, 1, 0x18, 1),
    "a nested message that overruns its message": bytes(0x8a, 1, [0x1a, 4, 0x0a, ["a"]], 0x18, 1, 0x18, 1),
    "a nested varint that overruns its message": bytes(0x8a, 1, [0x10, 0x80], 1),
    "a nested tag that overruns its message": bytes(0x8a, 1, [0x80], 0x01),
    "a nested tag 0": bytes(0x8a, 1, [0x00, 0x10, 0x05]),
    "a nested end of a group": bytes(0x8a, 1, [0x0c, 0x10, 0x05]),
    "a nested unknown field that overruns its message": bytes(
      0x8a,
      1,
      [0xa2, 0x06, 4, "a"],
      0x18,
      1,
      0x18,
      1,
    ),
    "packed varints that overrun their field": bytes(0x82, 2, [1, 0x80], 0x01),
    "packed uint32s that overrun their field": bytes(0x92, 2, [1, 0x80], 0x01),
    "packed doubles that overrun their field": bytes(0xf2, 1, [1, 2, 3], 0x18, 1, 0x18, 1, 0x18, 1),
    "packed floats that overrun their field": bytes(0xfa, 1, [1, 2, 3, 4, 5], 0x18, 1, 0x18, 1),
    "a packed field that overruns the message": bytes(0x82, 2, 9, 1, 2),
    "a map entry that overruns the message": bytes(0x92, 3, 9, 0x0a, ["a"]),
    "a map key that overruns its entry": bytes(0x92, 3, [0x0a, 4, "a"], 0x18, 1, 0x18, 1),
    "a double cut short": bytes(0x09, 1, 2, 3),
    "a float cut short": bytes(0x15, 1, 2, 3),
    "a fixed64 in a message cut short": bytes(0x51, 1, 2, 3, 4, 5, 6, 7),
    "an unknown fixed64 cut short": bytes(0xa1, 0x06, 1, 2, 3),
    "a tag without a value": bytes(0x18),
    "a length without its bytes": bytes(0x72),
  };

  for (const [what, encoded] of Object.entries(malformed)) {
    it(`refuses ${what}`, () => {
      expect(() => decode(Everything, encoded)).toThrow(MalformedMessage);
      // And at the very end of a buffer.
      expect(() => decodeMessage(Everything, encoded, 0, encoded.length)).toThrow(MalformedMessage);
    });
  }

  const invalid: Readonly<Record<string, readonly number[]>> = {
    "a lone continuation byte": [0x80],
    "a sequence cut short": [0xe2, 0x82],
    "an overlong slash": [0xc0, 0xaf],
    "an overlong NUL": [0xe0, 0x80, 0x80],
    "a surrogate": [0xed, 0xa0, 0x80],
    "a value above U+10FFFF": [0xf4, 0x90, 0x80, 0x80],
    "a byte that never occurs": [0xff],
  };
  for (const [what, sequence] of Object.entries(invalid)) {
    it(`refuses text with ${what}, short or long`, () => {
      for (const before of [0, 3, 8, 31, 32, 33, 100]) {
        for (const after of [0, 5, 40]) {
          const text = [..."x".repeat(before), ...sequence, ..."x".repeat(after)];
          expect(() => decode(Everything, bytes(0x72, text))).toThrow("invalid UTF-8");
        }
      }
    });
  }

  it("keeps U+FFFD, NUL and a byte order mark that were really sent", () => {
    for (const text of ["\ufffd", "a\0b", "\ufeffx", `${"x".repeat(50)}\ufffd`]) {
      expect(decode(Everything, bytes(0x72, [text])).aString).toBe(text);
    }
  });

  it("takes 100 messages in each other and refuses 101", () => {
    const nest = (levels: number): Buffer => {
      const lengths: Buffer[] = [];
      let length = 0;
      for (let i = 0; i < levels; i++) {
        const head = Buffer.concat([bytes(0x1a), varint(length)]);
        lengths.unshift(head);
        length += head.length;
      }
      return Buffer.concat(lengths);
    };
    expect(() => decode(Everything_Nested, nest(99))).not.toThrow();
    expect(() => decode(Everything_Nested, nest(100))).toThrow("nested deeper than 100");
    expect(() => decode(Everything_Nested, nest(10_000))).toThrow("nested deeper than 100");
    expect(decode(Everything_Nested, nest(2)).children).toHaveLength(1);
  });

  it("takes padded varints: up to five bytes for a tag or length, ten for a value", () => {
    const padded = Buffer.concat([varint(0x72, 5), varint(1, 5), bytes("a"), varint(0x18, 2), varint(7, 10)]);
    expect(decode(Everything, padded)).toMatchObject({ aString: "a", anInt32: 7 });
  });

  it("skips the fields of a newer schema, of every wire type", () => {
    const unknown = bytes(
      0xa0,
      0x06,
      0x96,
      1,
      0xa1,
      0x06,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      0xa2,
      0x06,
      ["abc"],
      0xa5,
      0x06,
      1,
      2,
      3,
      4,
    );
    expect(decode(Everything, Buffer.concat([unknown, encode(Everything, complete), unknown]))).toEqual(
      complete,
    );
    const highest = Buffer.concat([varint(0xfffffff8), bytes(1)]);
    expect(decode(Everything, highest)).toEqual(Everything.create());
  });

  it("refuses a known field with the wire type of another type", () => {
    const other = encode(SmallAsSeenByOthers, { name: 5, count: "five" });
    expect(() => decode(Small, other)).toThrow(MalformedMessage);
    expect(() => decode(Everything, bytes(0x8a, 1, [0x08, 1]))).toThrow(MalformedMessage);
    expect(() => decode(Everything, bytes(0x92, 3, [0x08, 1]))).toThrow(MalformedMessage);
  });

  it("takes a known field with another wire type as unknown where it has no schema", () => {
    const other = encode(SmallAsSeenByOthers, { name: 5, count: "five" });
    expect(decodeMessage(Small, other, 0, other.length)).toEqual({ name: "", count: 0 });
  });

  it("reads repeated numbers packed, unpacked, and both at once", () => {
    const mixed = bytes(
      0x80,
      2,
      1,
      0x82,
      2,
      [2, 3],
      0x80,
      2,
      4,
      0x90,
      2,
      5,
      0x92,
      2,
      [6, 7],
      0x90,
      2,
      8,
      0x92,
      2,
      [],
    );
    expect(decode(Everything, mixed)).toMatchObject({ int32s: [1, 2, 3, 4], uint32s: [5, 6, 7, 8] });
  });

  it("reads an empty message, an empty part and a packed field at the end of a nested message", () => {
    expect(decode(Everything, Buffer.alloc(0))).toEqual(Everything.create());
    expect(decode(Everything, bytes(0x8a, 1, [])).aNested).toEqual({ name: "", number: 0n, children: [] });
    const inner = Everything.fromPartial({ uint32s: [1, 2, 3] });
    const outer = Everything.fromPartial({ anEverything: inner, uint32s: [4], aBool: true });
    expect(decode(Everything, encode(Everything, outer))).toEqual(outer);
  });

  it("may be entered again from within a decode", () => {
    const encoded = encode(Small, { name: "inner", count: 1 });
    const outer: MessageType<Small> = {
      ...Small,
      decode(reader, length) {
        const inner = decodeMessage(Small, encoded, 0, encoded.length);
        const message = Small.decode(reader as BinaryReader, length);
        return { name: `${message.name} ${inner.name}`, count: message.count + inner.count };
      },
    };
    const twice = encode(Small, { name: "outer", count: 2 });
    expect(decodeMessage(outer, twice, 0, twice.length)).toEqual({ name: "outer inner", count: 3 });
    expect(decode(Small, encoded)).toEqual({ name: "inner", count: 1 });
  });

  it("refuses a message whose decoder leaves bytes behind", () => {
    const lazy: MessageType<Small> = { ...Small, decode: () => ({ name: "", count: 0 }) };
    expect(() => decodeMessage(lazy, bytes(0x10, 1), 0, 2)).toThrow("bytes that were not read");
  });

  it("is as good as new after a refusal", () => {
    for (const encoded of Object.values(malformed)) {
      expect(() => decode(Everything, encoded)).toThrow(MalformedMessage);
      expect(decode(Everything, encode(Everything, complete))).toEqual(complete);
    }
  });
});

function changeOneByte(encoded: Buffer, at: number, value: number): void {
  const changed = Buffer.from(encoded);
  changed[at] = value;
  try {
    decode(Everything, changed);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(MalformedMessage);
    return;
  }
  reflected.decode(changed);
}

/** How many lengths end between two fields of the outermost message. */
function topLevelFields(encoded: Uint8Array): number {
  const reader = new BinaryReader(encoded);
  let fields = 0;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    reader.skip(wireType, field);
    fields++;
  }
  return fields;
}

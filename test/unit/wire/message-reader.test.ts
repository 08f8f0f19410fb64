import { Buffer } from "node:buffer";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MalformedMessage } from "../../../src/wire/malformed-message.js";
import { MessageReader } from "../../../src/wire/message-reader.js";
import { bytes, varint } from "./bytes.js";
import { runs } from "./messages.js";

function readerOf(buf: Buffer, start = 0, end = buf.length): MessageReader {
  const reader = new MessageReader();
  reader.reset(buf, start, end);
  return reader;
}

describe("MessageReader", () => {
  it("is what generated code takes for a reader", () => {
    expect(new MessageReader()).toBeInstanceOf(BinaryReader);
    const shadowed = Object.keys(new MessageReader()).filter((key) => key in BinaryReader.prototype);
    expect(shadowed).toEqual([]);
  });

  it("has every method of the stock reader itself", () => {
    const own = Object.getOwnPropertyNames(MessageReader.prototype);
    const stock = new BinaryReader(new Uint8Array());
    const methods = [...Object.getOwnPropertyNames(BinaryReader.prototype), ...Object.keys(stock)];
    const inner = new Set(["constructor", "assertBounds", "varint64"]);
    for (const name of methods) {
      const value: unknown = Reflect.get(stock, name);
      if (typeof value === "function" && !inner.has(name) && name !== "decodeUtf8")
        expect(own).toContain(name);
    }
  });

  it("reads every 64-bit varint as each of the types does", () => {
    const word = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.nat(64).map((bits) => 2n ** BigInt(bits) % 2n ** 64n),
      fc.nat(64).map((bits) => 2n ** BigInt(bits) - 1n),
    );
    fc.assert(
      fc.property(word, fc.integer({ min: 1, max: 10 }), (value, width) => {
        const encoded = varint(value, width);
        expect(readerOf(encoded).uint64()).toBe(value);
        expect(readerOf(encoded).int64()).toBe(BigInt.asIntN(64, value));
        expect(readerOf(encoded).sint64()).toBe(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)));
        expect(readerOf(encoded).int32()).toBe(Number(BigInt.asIntN(32, value)));
        const low = BigInt.asUintN(32, value);
        expect(readerOf(encoded).sint32()).toBe(Number(BigInt.asIntN(32, (low >> 1n) ^ -(low & 1n))));
        expect(readerOf(encoded).bool()).toBe(value !== 0n);
      }),
      { ...runs, numRuns: 2_000 },
    );
  });

  it("gives the field number and wire type of a tag, and passes over its value", () => {
    const reader = readerOf(bytes(0xa2, 0x06, ["abc"], 0x09, 1, 2, 3, 4, 5, 6, 7, 8));
    expect(reader.tag()).toEqual([100, WireType.LengthDelimited]);
    expect(reader.skip(WireType.LengthDelimited)).toEqual(Uint8Array.of(3, 97, 98, 99));
    expect(reader.tag()).toEqual([1, WireType.Bit64]);
    expect(reader.skip(WireType.Bit64)).toHaveLength(8);
    expect(reader.skippedTags()).toEqual([802, 9]);
    reader.finish();
  });

  it("lists the tags it skipped, up to eight of them", () => {
    const reader = readerOf(bytes(...Array.from({ length: 9 }, () => [0x78, 1]).flat()));
    for (let i = 0; i < 9; i++) {
      reader.uint32();
      reader.skip(0);
      expect(reader.skippedTags()).toEqual(i < 8 ? Array(i + 1).fill(0x78) : undefined);
    }
  });

  it("says where a fault is, from the first byte of the message, and in which field", () => {
    const reader = readerOf(bytes(1, 2, 3, 0x0a, [0xff]), 3);
    reader.uint32();
    let fault: unknown;
    try {
      reader.string();
    } catch (thrown) {
      fault = thrown;
    }
    expect(fault).toBeInstanceOf(MalformedMessage);
    expect(fault).toMatchObject({ problem: "invalid UTF-8", offset: 2, field: 1 });
    expect((fault as Error).message).toBe("invalid UTF-8 at byte 2, in field 1");
  });

  it("refuses a range outside its buffer", () => {
    const buf = Buffer.alloc(4);
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, 5],
      [Number.NaN, 2],
      [0, Number.NaN],
    ] as const) {
      expect(() => readerOf(buf, start, end)).toThrow(RangeError);
    }
  });
});

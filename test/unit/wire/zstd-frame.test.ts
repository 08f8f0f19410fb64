import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { checkZstdFrame } from "../../../src/wire/zstd-frame.js";

const MIB = 1024 * 1024;

const frames: readonly [what: string, hex: string][] = [
  ["a compressed block", "28b52ffd602c006d00003068656c6c6f20010023514b11"],
  ["a checksum", "28b52ffd642c006d00003068656c6c6f20010023514b11dcdd7ecc"],
  ["no content size", "28b52ffd00006d00003068656c6c6f20010023514b11"],
  ["no content", "28b52ffd2000010000"],
  ["a content size of four bytes", "28b52ffda07011010055000010000001006b1139c002"],
  ["a content size of one byte", "28b52ffd20c84d00001000000100430a6001"],
  ["a raw block", "28b52ffd200739000061626364656667"],
  ["several blocks", "28b52ffd00586c00003068656c6c6f20010023514b1145000008680100282a1002"],
];

const problem = (bytes: Buffer, maxBytes = MIB) => {
  try {
    checkZstdFrame(bytes, maxBytes);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
};

/** One raw block of one byte, after a header of these bytes. */
const frameOf = (...header: number[]) =>
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header, 0x09, 0x00, 0x00, 0x61]);

describe.each(frames)("a zstd frame with %s", (_what, hex) => {
  const bytes = Buffer.from(hex, "hex");

  test("is whole", () => {
    expect(problem(bytes)).toBeUndefined();
  });

  test("is cut off when any byte of its end is missing", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(problem(bytes.subarray(0, length))).toBe("unexpected end of file");
    }
  });

  test("is not followed by anything", () => {
    expect(problem(Buffer.concat([bytes, Buffer.alloc(1)]))).toBe("1 bytes follow its end");
    expect(problem(Buffer.concat([bytes, bytes]))).toBe(`${bytes.length} bytes follow its end`);
  });
});

describe("a zstd frame", () => {
  test("begins with its magic number; one to be skipped is none", () => {
    expect(problem(Buffer.from("not a frame"))).toBe("it does not begin like a zstd frame");
    const skippable = Buffer.from("502a4d180400000000000000", "hex");
    expect(problem(skippable)).toBe("it does not begin like a zstd frame");
  });

  test.each([
    ["of 1 KiB", 0x00, undefined],
    ["of 8 MiB", 13 << 3, undefined],
    ["of 9 MiB", (13 << 3) | 1, 9 * MIB],
    ["of 128 MiB", 17 << 3, 128 * MIB],
    ["of almost 4 TiB", 0xff, 15 * 2 ** 38],
  ])("may have a window of up to 8 MiB: %s", (_what, window, refused) => {
    const expected = refused && `its window of ${refused} bytes is larger than the ${8 * MIB} of this side`;
    expect(problem(frameOf(0, window))).toBe(expected);
    expect(problem(frameOf(0, window), refused ?? 1)).toBeUndefined();
  });

  test.each([
    ["in two bytes", [0x60, 0xff, 0xff], 65_791],
    ["in four", [0xa0, 0xff, 0xff, 0xff, 0xff], 2 ** 32 - 1],
    ["in eight", [0xe0, 0, 0, 0, 0, 0, 1, 0, 0], 2 ** 40],
  ])("of a single segment has a window of its content: a size %s", (_what, header, size) => {
    expect(problem(frameOf(...header), size)).toBeUndefined();
    const most = Math.max(8 * MIB, size - 1);
    expect(problem(frameOf(...header), size - 1)).toBe(
      size > most ? `its window of ${size} bytes is larger than the ${most} of this side` : undefined,
    );
  });

  test("may name a dictionary, in one, two or four bytes", () => {
    expect(problem(frameOf(1, 0, 9))).toBeUndefined();
    expect(problem(frameOf(2, 0, 9, 9))).toBeUndefined();
    expect(problem(frameOf(3, 0, 9, 9, 9, 9))).toBeUndefined();
  });

  test("has blocks of known types", () => {
    const bytes = frameOf(0, 0);
    bytes.writeUInt8(0x0f, 6);
    expect(problem(bytes)).toBe("a block is of no known type");
  });
});

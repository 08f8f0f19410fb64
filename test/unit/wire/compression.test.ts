import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { HeliographError } from "../../../src/core/error.js";
import {
  type Compression,
  canUndo,
  checkCompression,
  compress,
  compressionId,
  compressionName,
  decompress,
  features,
} from "../../../src/wire/compression.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const available = features as readonly Compression[];
const missing = (["gzip", "zstd"] as const).filter((name) => !features.includes(name));

const broken = { code: Code.Internal, reason: "MALFORMED_MESSAGE" };
const tooLarge = { code: Code.ResourceExhausted, reason: "MESSAGE_TOO_LARGE" };

/** What `decompress` throws or rejects with. */
async function refusal(id: number, bytes: Buffer, maxBytes = MIB): Promise<HeliographError> {
  try {
    await decompress(id, bytes, maxBytes);
  } catch (error) {
    if (error instanceof HeliographError) return error;
    throw error;
  }
  throw new Error(`${bytes.length} bytes were decompressed`);
}

/** 1 MiB of zeros, `mib` times, without ever having them in memory. */
function bomb(mib: number): Buffer {
  return Buffer.concat(Array.from({ length: mib }, () => zeros));
}

const zeros = zlib.gzipSync(Buffer.alloc(MIB));

/** Bytes that don't compress. */
function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => Math.imul(index * index, 2_654_435_761) >>> 24));
}

/** Bytes that compress well, badly, or not at all. */
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 4 * KIB }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.integer({ min: 0, max: 200 * KIB }))
    .map(([pattern, length]) => Buffer.alloc(length, pattern)),
  fc.integer({ min: 0, max: 40 * KIB }).map(noise),
);

describe.each(available)("%s", (name) => {
  const id = compressionId(name);
  const packed = (bytes: Buffer) => Promise.resolve(compress(name, bytes));

  test("gives back what went in, of any size", async () => {
    await fc.assert(
      fc.asyncProperty(payloads, async (bytes) => {
        const there = await packed(Buffer.from(bytes));
        expect((await decompress(id, there, bytes.length)).equals(bytes)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("is done at once for little, in another thread for much", async () => {
    expect(compress(name, Buffer.alloc(32 * KIB))).toBeInstanceOf(Buffer);
    expect(compress(name, Buffer.alloc(32 * KIB + 1))).toBeInstanceOf(Promise);
    const cases: [Buffer, typeof Buffer | typeof Promise][] = [
      [Buffer.alloc(256 * KIB), Buffer],
      [Buffer.alloc(256 * KIB + 1), Promise],
      [noise(3 * KIB), Buffer],
      [noise(5 * KIB), Promise],
    ];
    for (const [bytes, kind] of cases) {
      const undone = decompress(id, await packed(bytes), MIB);
      expect(undone).toBeInstanceOf(kind);
      expect((await undone).equals(bytes)).toBe(true);
    }
  });

  test("makes text and records smaller", async () => {
    const text = Buffer.from(JSON.stringify(Array.from({ length: 100 }, (_, value) => ({ value }))));
    expect((await packed(text)).length).toBeLessThan(text.length / 3);
  });

  test("stops at the limit, which the error names; the limit itself is allowed", async () => {
    for (const length of [1, 1_000, 100 * KIB, 3 * MIB]) {
      const bytes = await packed(Buffer.alloc(length));
      expect(await decompress(id, bytes, length)).toHaveLength(length);
      const error = await refusal(id, bytes, length - 1);
      expect(error).toMatchObject(tooLarge);
      expect(error.message).toContain(`more than the ${length - 1} bytes`);
    }
  });

  test("refuses what is cut off at any byte", async () => {
    const bytes = await packed(Buffer.from("hello ".repeat(50)));
    for (let length = 0; length < bytes.length; length++) {
      expect(await refusal(id, bytes.subarray(0, length))).toMatchObject(broken);
    }
    const large = await packed(noise(40 * KIB));
    expect(large.length).toBeGreaterThan(4 * KIB);
    for (const missing of [1, 4, 8, 9, 100, large.length - 4 * KIB - 1]) {
      expect(await refusal(id, large.subarray(0, large.length - missing))).toMatchObject(broken);
    }
  });

  test.each([
    ["a zero", [0]],
    ["zeros", [0, 0, 0, 0, 0, 0, 0, 0]],
    ["text", [...Buffer.from("xyz")]],
    ["half a beginning", [0x1f, 0x8b]],
  ])("refuses what is followed by %s", async (_what, more) => {
    for (const length of [10, 500 * KIB]) {
      const bytes = Buffer.concat([await packed(Buffer.alloc(length)), Buffer.from(more)]);
      expect(await refusal(id, bytes)).toMatchObject(broken);
    }
  });

  test("refuses what was never compressed", async () => {
    for (const text of ["", "x", "a text that nobody has compressed", "y".repeat(10_000)]) {
      const error = await refusal(id, Buffer.from(text));
      expect(error).toMatchObject(broken);
      expect(error.message).toContain(`can't decompress the payload (${name})`);
    }
  });
});

describe("gzip", () => {
  test("never gives other bytes than went in, whichever byte was changed on the way", async () => {
    const bytes = Buffer.from("hello, world; hello, moon; hello, sun");
    const there = await compress("gzip", bytes);
    for (let at = 0; at < there.length; at++) {
      const changed = Buffer.from(there);
      changed.writeUInt8(there.readUInt8(at) ^ 0x55, at);
      // Its first ten bytes may tell of a time and a system, which don't matter.
      const seen = await Promise.resolve()
        .then(() => decompress(1, changed, MIB))
        .catch((error: HeliographError) => error);
      if (seen instanceof HeliographError) expect(seen).toMatchObject(broken);
      else expect([at < 10, seen]).toEqual([true, bytes]);
    }
  });

  test("in several members is one payload", async () => {
    const parts = ["a", "", "b".repeat(5_000)].map((text) => zlib.gzipSync(text));
    expect(await decompress(1, Buffer.concat(parts), MIB)).toEqual(Buffer.from(`a${"b".repeat(5_000)}`));
  });

  test("that would be a thousand times as large takes no more memory than the limit", async () => {
    const bytes = bomb(1_024);
    expect((MIB * 1_024) / bytes.length).toBeGreaterThan(900);
    const before = process.resourceUsage().maxRSS;
    expect(await refusal(1, bytes, MIB)).toMatchObject(tooLarge);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * KIB);
  });

  test("of few bytes that become many does not hold up the caller's turn", async () => {
    const bytes = zeros.subarray();
    expect(bytes.length).toBeLessThan(4 * KIB);
    const undone = decompress(1, bytes, MIB);
    expect(undone).toBeInstanceOf(Promise);
    expect(await undone).toHaveLength(MIB);
  });
});

describe("a compression", () => {
  test("has the number of the protocol", () => {
    const known: Compression[] = ["none", "gzip", "zstd"];
    expect(known.map(compressionId)).toEqual([0, 1, 2]);
    expect([0, 1, 2, 3, -1, 2 ** 31].map(compressionName)).toEqual([
      ...known,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("can be used when the peer says that it undoes it, none always", () => {
    expect(canUndo(["zstd", "gzip"], "gzip")).toBe(true);
    expect(canUndo(["gzip"], "zstd")).toBe(false);
    expect(canUndo([], "none")).toBe(true);
  });

  test("of this process is gzip, and zstd if Node has it", () => {
    expect(features).toEqual("zstdCompress" in zlib ? ["gzip", "zstd"] : ["gzip"]);
  });

  test("called none leaves a payload as it is, within the limit", () => {
    const bytes = Buffer.from("abc");
    expect(compress("none", bytes)).toBe(bytes);
    expect(decompress(0, bytes, 3)).toBe(bytes);
    expect(() => decompress(0, bytes, 2)).toThrow("more than the 2 bytes");
  });

  test("of an unknown number is unimplemented", async () => {
    const error = await refusal(3, Buffer.from("abc"));
    expect(error).toMatchObject({ code: Code.Unimplemented, reason: "CODEC_UNSUPPORTED" });
    expect(error.message).toContain("compression 3 is not known here; this side has gzip");
  });

  test("as an option is one that this process has", () => {
    for (const name of ["none", ...available]) expect(checkCompression("compression", name)).toBe(name);
    for (const value of ["", "br", "GZIP", "toString", 1, null, undefined, {}]) {
      expect(() => checkCompression("compression", value)).toThrow('compression must be "none" or "gzip"');
    }
    expect(() => checkCompression("a.b", "br")).toThrow('got "br"');
  });
});

describe.each(missing)("%s, which this Node doesn't have,", (name) => {
  test("is refused as an option, with what there is instead", () => {
    expect(() => checkCompression("serve compression", name)).toThrow(
      `serve compression "zstd" needs Node 22.15 or newer, this is ${process.version}; write "none" or "gzip"`,
    );
  });

  test("is unimplemented", async () => {
    const unimplemented = { code: Code.Unimplemented, reason: "CODEC_UNSUPPORTED" };
    expect(await refusal(compressionId(name), Buffer.from("abc"))).toMatchObject(unimplemented);
    expect(() => compress(name, Buffer.alloc(1))).toThrow("compression zstd is not known here");
  });
});

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readText } from "../../../src/wire/text.js";
import { runs } from "./messages.js";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function read(bytes: Uint8Array): string | undefined {
  const buf = Buffer.concat([Buffer.of(0xe2), bytes, Buffer.of(0x82, 0xac)]);
  return readText(buf, 1, bytes.length);
}

describe("readText", () => {
  it("reads ASCII of every length", () => {
    const all = "the quick brown fox jumps over the lazy dog ".repeat(4);
    for (let length = 0; length <= all.length; length++) {
      expect(read(Buffer.from(all.slice(0, length)))).toBe(all.slice(0, length));
    }
  });

  it("sees a byte that isn't ASCII wherever it stands", () => {
    for (let length = 1; length <= 40; length++) {
      for (let at = 0; at < length; at++) {
        const bytes = Buffer.alloc(length, "x");
        bytes[at] = 0xff;
        expect(read(bytes)).toBeUndefined();
      }
    }
  });

  it("agrees with TextDecoder on every sequence of two bytes, and on random ones", () => {
    for (let first = 0x7f; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const bytes = Uint8Array.of(first, second);
        if (read(bytes) !== decoded(bytes)) expect.fail(`${first} ${second}`);
      }
    }
    const lead = fc.constantFrom(0xc0, 0xc2, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x41);
    const trail = fc.constantFrom(0x80, 0x9f, 0xa0, 0xbf, 0xbd, 0xbb, 0x90, 0x8f, 0x41);
    const random = fc.array(fc.oneof(lead, trail), { maxLength: 50 });
    fc.assert(
      fc.property(random, (numbers) => {
        const bytes = Uint8Array.from(numbers);
        expect(read(bytes)).toBe(decoded(bytes));
      }),
      { ...runs, numRuns: 3_000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(read(Buffer.from(text))).toBe(text);
      }),
      runs,
    );
  });
});

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { pack, unpack } from "msgpackr";
import { describe, expect, it } from "vitest";
import { HeliographError } from "../../../src/core/error.js";
import { msgpackCodec } from "../../../src/wire/msgpack-codec.js";
import { WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { everything, runs, wellKnown } from "./messages.js";
import { encode, errorOf, request, roundTrip } from "./payload.js";

const type = request(Everything);

function read(encoded: Uint8Array): Everything {
  const buf = Buffer.from(encoded);
  return msgpackCodec.decode(type, buf, 0, buf.length);
}

describe("msgpackCodec", () => {
  it("brings every message back as it was", () => {
    fc.assert(
      fc.property(everything, wellKnown, (first, second) => {
        expect(roundTrip(msgpackCodec, type, first)).toEqual(first);
        expect(roundTrip(msgpackCodec, request(WellKnown), second)).toEqual(second);
      }),
      runs,
    );
  });

  it("writes a plain map that any other implementation reads", () => {
    const message = Everything.fromPartial({
      aString: "a",
      aUint64: 2n ** 63n,
      aBytes: Uint8Array.of(1),
      aColour: 1,
      optionalInt32: 0,
      stringsByString: new Map([["k", "v"]]),
      choice: { $case: "chosenBool", value: true },
    });
    expect(unpack(encode(msgpackCodec, type, message))).toEqual({
      aUint64: 2n ** 63n,
      aString: "a",
      aBytes: Buffer.of(1),
      aColour: 1,
      optionalInt32: 0,
      stringsByString: { k: "v" },
      chosenBool: true,
    });
  });

  it("takes integers of any width, fills what is left out, and ignores what it doesn't know", () => {
    const message = read(
      pack({ anInt64: 5, aDouble: 2, unknown: [1], aString: null, aUint32: 4_000_000_000 }),
    );
    expect(message).toEqual(Everything.fromPartial({ anInt64: 5n, aDouble: 2, aUint32: 4_000_000_000 }));
    expect(read(pack({ anInt32: 5n, aDouble: 6n }))).toEqual(
      Everything.fromPartial({ anInt32: 5, aDouble: 6 }),
    );
  });

  const refused: readonly (readonly [unknown, string])[] = [
    [{ aString: 5 }, "E.aString: expected a string, got 5"],
    [{ anInt32: "5" }, 'E.anInt32: expected a number, got "5"'],
    [{ anInt32: 2 ** 40 }, "E.anInt32: expected a 32-bit integer, got 1099511627776"],
    [{ anInt64: 1.5 }, "E.anInt64: expected a bigint, got 1.5"],
    [{ aBytes: "text" }, 'E.aBytes: expected a Uint8Array, got "text"'],
    [{ aNested: { children: [{ name: 1 }] } }, "E.aNested.children[0].name: expected a string, got 1"],
    [{ nesteds: {} }, "E.nesteds: expected an array, got a Map"],
    [{ stringsByString: [] }, "E.stringsByString: expected a map, got an array"],
    [{ chosenBool: true, chosenString: "" }, 'E.chosenString: a second field of "choice"'],
    [[1], "E: expected a message, got an array"],
    [5, "E: expected a message, got 5"],
  ];
  for (const [value, message] of refused) {
    it(`says ${message}`, () => {
      const { rawMessage } = errorOf(() => read(pack(value)));
      expect(rawMessage.replace("can't decode the request: heliograph.test.v1.Everything", "E")).toBe(
        message,
      );
    });
  }

  const malformed: Readonly<Record<string, readonly number[]>> = {
    nothing: [],
    "an array of 4 billion": [0xdd, 0xff, 0xff, 0xff, 0xff],
    "a map of 4 billion": [0xdf, 0xff, 0xff, 0xff, 0xff],
    "a text that overruns": [0xd9, 0x05, 0x61],
    "bytes that overrun": [0xc6, 0xff, 0xff, 0xff, 0xff],
    "a length cut short": [0xdd, 0xff],
    "a number cut short": [0xcb, 0x00],
    "text that isn't UTF-8": [0xa1, 0xff],
    "an extension": [0xd4, 0x72, 0x40],
    "a date": [0xd6, 0xff, 0, 0, 0, 0],
    "the type that never occurs": [0xc1],
    "two values": [0x80, 0x80],
    "nesting without end": Array<number>(100_000).fill(0x91),
  };
  for (const [what, encoded] of Object.entries(malformed)) {
    it(`refuses ${what}`, () => {
      expect(errorOf(() => read(Buffer.from(encoded))).reason).toBe("MALFORMED_MESSAGE");
    });
  }

  it("refuses or reads random and damaged bytes, and does nothing else", () => {
    const encoded = encode(
      msgpackCodec,
      type,
      Everything.fromPartial({ aString: "text", int64s: [1n, 2n], aNested: { name: "n" } }),
    );
    const attempt = (bytes: Uint8Array) => {
      try {
        read(bytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(HeliographError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), attempt), { ...runs, numRuns: 2_000 });
    for (let at = 0; at < encoded.length; at++) {
      for (let value = 0; value < 256; value += 3) {
        const changed = Buffer.from(encoded);
        changed[at] = value;
        attempt(changed);
      }
      attempt(encoded.subarray(0, at));
    }
  });
});

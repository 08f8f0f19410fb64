import { describe, expect, it } from "vitest";
import { Codec } from "../../../src/gen/heliograph/wire/v1/wire.js";
import { codecById, codecs } from "../../../src/wire/codec.js";
import { fillMessage } from "../../../src/wire/fill-message.js";
import { Small } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { encode, errorOf, request, roundTrip } from "./payload.js";

describe("codecs", () => {
  it("has every codec of the wire under its number and name, and no other", () => {
    const numbers = Object.entries(Codec).filter(([, number]) => number > 0);
    expect(numbers).toHaveLength(Object.keys(codecs).length);
    for (const [name, number] of numbers) {
      const codec = codecById(number)!;
      expect(`CODEC_${codec.name.toUpperCase()}`).toBe(name);
      expect(codec).toBe(codecs[codec.name]);
    }
    for (const id of [0, -1, 5, 1.5, Number.NaN]) expect(codecById(id)).toBeUndefined();
  });
});

describe("rawCodec", () => {
  const type = request(Small) as never;

  it("passes bytes as they are, without a copy on arrival", () => {
    const bytes = Uint8Array.of(1, 2, 3) as never;
    expect(roundTrip(codecs.raw, type, bytes)).toEqual(Uint8Array.of(1, 2, 3));
    const encoded = encode(codecs.raw, type, bytes);
    const read: Uint8Array = codecs.raw.decode(type, encoded, 1, 2);
    expect(read).toEqual(Uint8Array.of(2));
    expect(read.buffer).toBe(encoded.buffer);
  });

  it("refuses what is no bytes", () => {
    expect(errorOf(() => encode(codecs.raw, type, "text" as never)).rawMessage).toBe(
      'can\'t encode the request: expected a Uint8Array, got "text"',
    );
  });
});

describe("fillMessage", () => {
  it("gives missing fields their defaults, deeply", () => {
    expect(fillMessage(request(Everything), { aNested: { name: "n" } })).toEqual({
      ...Everything.create(),
      aNested: { name: "n", number: 0n, children: [] },
    });
  });

  it("names the field when filling fails", () => {
    const init = { aNested: { number: "many" } } as never;
    expect(errorOf(() => fillMessage(request(Everything), init)).rawMessage).toBe(
      'can\'t encode the request: heliograph.test.v1.Everything.aNested.number: expected a bigint, got "many"',
    );
    expect(errorOf(() => fillMessage(request(Everything), undefined as never)).rawMessage).toMatch(
      "heliograph.test.v1.Everything: expected a message, got undefined",
    );
  });
});

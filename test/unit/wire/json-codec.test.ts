import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Code } from "../../../src/core/code.js";
import { jsonCodec } from "../../../src/wire/json-codec.js";
import { WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { everything, runs, wellKnown } from "./messages.js";
import { encode, errorOf, request, response, roundTrip } from "./payload.js";

const type = request(Everything);
const known = request(WellKnown);

function read(json: string): Everything {
  const encoded = Buffer.from(json);
  return jsonCodec.decode(type, encoded, 0, encoded.length);
}

function readKnown(json: string): WellKnown {
  const encoded = Buffer.from(json);
  return jsonCodec.decode(known, encoded, 0, encoded.length);
}

function refusal(json: string): string {
  return errorOf(() => read(json)).rawMessage.replace(
    "can't decode the request: heliograph.test.v1.Everything",
    "E",
  );
}

describe("jsonCodec", () => {
  it("brings every message back as it was", () => {
    fc.assert(
      fc.property(everything, wellKnown, (first, second) => {
        expect(roundTrip(jsonCodec, type, first)).toEqual(first);
        expect(roundTrip(jsonCodec, known, second)).toEqual(second);
      }),
      runs,
    );
  });

  it("writes ProtoJSON", () => {
    const message = Everything.fromPartial({
      aDouble: Number.NaN,
      anInt64: -5n,
      aBytes: Uint8Array.of(255, 254),
      aColour: -1,
      optionalInt32: 0,
      optionalColour: 77 as never,
      doubles: [Number.POSITIVE_INFINITY, -0, 1.5],
      stringsByString: new Map([["__proto__", "x"]]),
      coloursByBool: new Map([[true, 1]]),
      choice: { $case: "chosenString", value: "" },
    });
    expect(encode(jsonCodec, type, message).toString()).toBe(
      '{"aDouble":"NaN","anInt64":"-5","aBytes":"//4=","aColour":"COLOUR_BLUE","optionalInt32":0,' +
        '"optionalColour":77,"doubles":["Infinity","-0",1.5],"stringsByString":{"__proto__":"x"},' +
        '"coloursByBool":{"true":"COLOUR_RED"},"chosenString":""}',
    );
    expect(roundTrip(jsonCodec, type, message)).toEqual(message);
  });

  it("writes google.protobuf's own types in their own form", () => {
    const message = WellKnown.fromPartial({
      timestamp: { seconds: -1n, nanos: 500_000_000 },
      duration: { seconds: 0n, nanos: -1 },
      fieldMask: ["first_name", "zip"],
      struct: { a: [null] },
      int64Value: 7n,
      bytesValue: Uint8Array.of(1),
    });
    expect(encode(jsonCodec, known, message).toString()).toBe(
      '{"timestamp":"1969-12-31T23:59:59.5Z","duration":"-0.000000001s","fieldMask":"firstName,zip",' +
        '"struct":{"a":[null]},"int64Value":"7","bytesValue":"AQ=="}',
    );
  });

  it("reads what other writers of ProtoJSON may write", () => {
    const json =
      '{"a_double":"1e3","anInt32":"-7","anInt64":5,"aUint64":"18446744073709551615","aBytes":"__4","aColour":2,' +
      '"aString":null,"unknown":{"x":1},"optional_bool":false,"floats":["-Infinity"],"int64sByInt64":{"-1":"2"}}';
    expect(read(json)).toEqual(
      Everything.fromPartial({
        aDouble: 1000,
        anInt32: -7,
        anInt64: 5n,
        aUint64: 2n ** 64n - 1n,
        aBytes: Uint8Array.of(255, 254),
        aColour: 2,
        optionalBool: false,
        floats: [Number.NEGATIVE_INFINITY],
        int64sByInt64: new Map([[-1n, 2n]]),
      }),
    );
    expect(readKnown('{"timestamp":"2026-01-31T12:00:00.25+02:00"}').timestamp).toEqual({
      seconds: BigInt(Date.UTC(2026, 0, 31, 10) / 1000),
      nanos: 250_000_000,
    });
  });

  const refused: readonly (readonly [string, string])[] = [
    ['{"aString":5}', "E.aString: expected a string, got 5"],
    ['{"a_string":5}', "E.a_string: expected a string, got 5"],
    ['{"aString":"\\ud800"}', "E.aString: a lone surrogate at character 0, which UTF-8 can't hold"],
    ['{"aBool":"true"}', 'E.aBool: expected a boolean, got "true"'],
    ['{"anInt32":1.5}', "E.anInt32: expected a 32-bit integer, got 1.5"],
    ['{"anInt32":"0x10"}', 'E.anInt32: expected a number, got "0x10"'],
    ['{"anInt32":2147483648}', "E.anInt32: expected a 32-bit integer, got 2147483648"],
    ['{"anInt32":true}', "E.anInt32: expected a number, got true"],
    ['{"anInt64":1e300}', "E.anInt64: expected a 64-bit integer as text, got 1e+300"],
    ['{"anInt64":"9223372036854775808"}', "E.anInt64: expected a 64-bit integer, got 9223372036854775808n"],
    ['{"aDouble":"abc"}', 'E.aDouble: expected a number, got "abc"'],
    ['{"aDouble":"1e999"}', 'E.aDouble: expected a number, got "1e999"'],
    ['{"aFloat":1e39}', "E.aFloat: expected a 32-bit float, got 1e+39"],
    ['{"aBytes":"!"}', 'E.aBytes: expected base64, got "!"'],
    ['{"aBytes":"abcde"}', 'E.aBytes: expected base64, got "abcde"'],
    ['{"aColour":"MAUVE"}', 'E.aColour: expected a name or number of the enum, got "MAUVE"'],
    ['{"aNested":[]}', "E.aNested: expected a message, got an array"],
    ['{"nesteds":{}}', "E.nesteds: expected an array, got an object"],
    ['{"nesteds":[{},{"children":[{"name":1}]}]}', "E.nesteds[1].children[0].name: expected a string, got 1"],
    ['{"strings":[null]}', "E.strings[0]: expected a string, got null"],
    ['{"stringsByString":[]}', "E.stringsByString: expected a map, got an array"],
    ['{"doublesByInt32":{"x":1}}', 'E.doublesByInt32["x"]: expected a number, got "x"'],
    ['{"coloursByBool":{"1":0}}', 'E.coloursByBool["1"]: expected the key "true" or "false", got "1"'],
    ['{"aString":"a","a_string":"b"}', "E.a_string: given twice"],
    ['{"chosenString":"a","chosenBool":true}', 'E.chosenBool: a second field of "choice"'],
    ["[]", "E: expected a message, got an array"],
    ["null", "E: expected a message, got null"],
  ];
  for (const [json, message] of refused) {
    it(`refuses ${json}`, () => expect(refusal(json)).toBe(message));
  }

  it("refuses times and durations that are none", () => {
    for (const json of [
      '{"timestamp":"yesterday"}',
      '{"timestamp":"2026-13-01T00:00:00Z"}',
      '{"timestamp":"2026-01-01"}',
      '{"timestamp":5}',
      '{"duration":"3"}',
      '{"duration":"315576000001s"}',
      '{"struct":[]}',
      '{"listValue":{}}',
      '{"fieldMask":["a"]}',
    ]) {
      expect(errorOf(() => readKnown(json)).reason, json).toBe("MALFORMED_MESSAGE");
    }
    for (const message of [
      { timestamp: { seconds: 2n ** 60n, nanos: 0 } },
      { timestamp: { seconds: 0n, nanos: -1 } },
      { duration: { seconds: 1n, nanos: -1 } },
      { value: Number.NaN },
    ]) {
      const error = errorOf(() => encode(jsonCodec, known, WellKnown.fromPartial(message)));
      expect(error.rawMessage).toMatch("can't encode the request: heliograph.test.v1.WellKnown");
    }
  });

  it("refuses what is no JSON, or no UTF-8", () => {
    expect(refusal("{")).toMatch(/^E: /);
    expect(refusal("")).toMatch(/^E: /);
    const invalid = Buffer.of(0x22, 0xff, 0x22);
    expect(errorOf(() => jsonCodec.decode(type, invalid, 0, 3)).rawMessage).toMatch("invalid UTF-8");
  });

  it("refuses a message that is nested without end", () => {
    const deep = `${'{"anEverything":'.repeat(5000)}{}${"}".repeat(5000)}`;
    expect(refusal(deep)).toMatch("nested deeper than 100");
  });

  it("refuses to write a wrong type, and says whose fault it is", () => {
    const wrong = { ...Everything.create(), aString: 5 } as unknown as Everything;
    expect(errorOf(() => encode(jsonCodec, type, wrong)).code).toBe(Code.InvalidArgument);
    expect(errorOf(() => encode(jsonCodec, response(Everything), wrong)).code).toBe(Code.Internal);
  });
});

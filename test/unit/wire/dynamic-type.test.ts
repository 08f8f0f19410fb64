import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codecs } from "../../../src/wire/codec.js";
import { decodeMessage } from "../../../src/wire/decode-message.js";
import type { MessageType } from "../../../src/wire/definition.js";
import { DynamicTypes } from "../../../src/wire/dynamic-type.js";
import { shapesOf } from "../../../src/wire/message-shape.js";
import { MessageWriter } from "../../../src/wire/message-writer.js";
import { Small, WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { everything, runs, schema, wellKnown } from "./messages.js";
import { encode, errorOf, request } from "./payload.js";
import { compileSet } from "./schema-images.js";

const types = new DynamicTypes(shapesOf(schema));
const dynamicEverything = types.of(Everything.$type);
const dynamicWellKnown = types.of(WellKnown.$type);

/** What one pair of types makes of the same message, through each codec. */
function holdsFor<T extends object>(generated: MessageType<T>, dynamic: MessageType, message: T): void {
  const written = new MessageWriter();
  written.message(generated, message);
  const bytes = Buffer.from(written.take());
  for (const codec of [codecs.protobuf, codecs.json, codecs.msgpack]) {
    const mine = encode(codec, request(dynamic), message);
    const theirs = encode(codec, request(generated), message);
    expect(mine.equals(theirs), codec.name).toBe(true);
    const read = codec.decode(request(dynamic), theirs, 0, theirs.length);
    expect(read).toEqual(codec.decode(request(generated), theirs, 0, theirs.length));
  }
  // With the library's own writer and reader, as with the kit's.
  expect(Buffer.from(dynamic.encode(message).finish()).equals(bytes)).toBe(true);
  expect(dynamic.decode(bytes)).toEqual(generated.decode(bytes));
}

describe("a dynamic type", () => {
  test("makes the same bytes and messages as generated code", () => {
    fc.assert(
      fc.property(everything, (message) => holdsFor(Everything, dynamicEverything, message)),
      { ...runs, numRuns: 40 },
    );
  });

  test("makes the same of google.protobuf's own types", () => {
    fc.assert(
      fc.property(wellKnown, (message) => holdsFor(WellKnown, dynamicWellKnown, message)),
      runs,
    );
  });

  test("fills what is left out as generated code does", () => {
    expect(dynamicEverything.fromPartial({} as never)).toEqual(Everything.fromPartial({}));
    const init = {
      aNested: { name: "a", children: [{}] },
      nestedsByString: new Map([["a", {}]]),
      choice: { $case: "chosenNested", value: { number: 5n } },
      strings: ["a"],
      optionalInt32: 0,
      anInt32: null,
    };
    expect(dynamicEverything.fromPartial(init as never)).toEqual(Everything.fromPartial(init as never));
  });

  test("translates to ProtoJSON and back without loss", () => {
    fc.assert(
      fc.property(everything, (message) => {
        const json: unknown = JSON.parse(JSON.stringify(dynamicEverything.toJSON(message as never)));
        expect(dynamicEverything.fromJSON(json)).toEqual(message);
      }),
      runs,
    );
  });

  test("takes several values where one is wanted, one after the other, and unknown fields, as generated code does", () => {
    const twice = Buffer.from([0x0a, 1, 0x61, 0x0a, 1, 0x62, 0x7a, 1, 0x00, 0x10, 0x05]);
    expect(types.of(Small.$type).decode(twice)).toEqual(Small.decode(twice));
    expect(decodeMessage(types.of(Small.$type), twice, 0, twice.length, schema)).toEqual({
      name: "b",
      count: 5,
    });
    // Packed where it need not be, and not packed where it may be.
    const numbers = Buffer.from([0x80, 0x02, 7, 0x82, 0x02, 2, 8, 9]);
    expect(dynamicEverything.decode(numbers)).toEqual(Everything.decode(numbers));
  });

  test("refuses what generated code refuses", () => {
    const wrongType = Buffer.from([0x08, 5]);
    expect(() => decodeMessage(types.of(Small.$type), wrongType, 0, 2, schema)).toThrow("wire type");
    const cut = Buffer.from([0x0a, 9, 0x61]);
    expect(() => decodeMessage(types.of(Small.$type), cut, 0, 3, schema)).toThrow();
    expect(() => types.of(Small.$type).decode(cut)).toThrow();
    const type = request(types.of(Small.$type));
    expect(errorOf(() => encode(codecs.protobuf, type, { name: 5, count: 1 })).rawMessage).toBe(
      "can't encode the request: heliograph.test.v1.Small.name: expected a string, got 5",
    );
  });

  test("refuses to nest without end", () => {
    interface Deep {
      anEverything?: Deep;
    }
    let message: Deep = {};
    for (let i = 0; i < 150; i++) message = { anEverything: message };
    const filled = dynamicEverything.fromPartial(message as never);
    const bytes = Buffer.from(dynamicEverything.encode(filled).finish());
    expect(() => dynamicEverything.decode(bytes)).toThrow("messages nested deeper than 100");
    expect(() => decodeMessage(dynamicEverything, bytes, 0, bytes.length, schema)).toThrow("deeper than 100");
  });
});

describe("ProtoJSON that somebody has typed", () => {
  const problem = (type: MessageType, json: unknown) => {
    const error = errorOf(() => type.fromJSON(json));
    expect(error).toMatchObject({ reason: "MALFORMED_MESSAGE" });
    return error.message;
  };

  test("may have either name of a field", () => {
    expect(dynamicEverything.fromJSON({ anInt32: 5, a_string: "a" })).toMatchObject({
      anInt32: 5,
      aString: "a",
    });
  });

  test("is refused with the path of a value of another type", () => {
    expect(problem(dynamicEverything, { nesteds: [{}, { name: 5 }] })).toBe(
      "INVALID_ARGUMENT: heliograph.test.v1.Everything.nesteds[1].name: expected a string, got 5",
    );
    expect(problem(dynamicEverything, { aColour: "PURPLE" })).toContain('got "PURPLE"');
    expect(problem(dynamicEverything, [])).toContain("expected a message, got an array");
  });

  test("is refused with a name that the message doesn't have, and the one that was meant", () => {
    expect(problem(dynamicEverything, { aNested: { nmae: "a" } })).toBe(
      "INVALID_ARGUMENT: heliograph.test.v1.Everything.aNested: heliograph.test.v1.Everything.Nested has no field " +
        '"nmae"; did you mean name?',
    );
    expect(problem(types.of(Small.$type), { surname: "a" })).toContain("it has name, count");
    expect(problem(types.of("google.protobuf.Empty"), { a: 1 })).toContain("it has none");
    expect(problem(dynamicEverything, { unheardOf: 1 })).toMatch(/it has aDouble, aFloat, .*, …$/);
  });

  test("may be a value of google.protobuf's own types where one is the whole message", () => {
    const struct = types.of("google.protobuf.Struct");
    const message = struct.fromJSON({ a: [1, null, { __proto__x: true }] });
    expect(struct.toJSON(struct.decode(struct.encode(message).finish()))).toEqual({
      a: [1, null, { __proto__x: true }],
    });
    const text = types.of("google.protobuf.StringValue");
    expect(text.toJSON(text.fromJSON("a"))).toBe("a");
    expect(text.encode(text.fromJSON("a")).finish()).toEqual(new Uint8Array([0x0a, 1, 0x61]));
    expect(problem(text, 5)).toBe("INVALID_ARGUMENT: google.protobuf.StringValue: expected a string, got 5");
    const value = types.of("google.protobuf.Value");
    expect(value.toJSON(value.fromJSON(null))).toBeNull();
    expect(value.toJSON(value.fromPartial({} as never))).toBeNull();
    const time = types.of("google.protobuf.Timestamp");
    expect(time.toJSON(time.fromJSON("2026-01-31T12:00:00Z"))).toBe("2026-01-31T12:00:00Z");
    const mask = types.of("google.protobuf.FieldMask");
    expect(mask.toJSON(mask.fromJSON("a,firstName"))).toBe("a,firstName");
  });

  test("is never made of something else", () => {
    expect(
      errorOf(() => dynamicEverything.toJSON({ ...dynamicEverything.fromPartial({} as never), aString: 5 }))
        .message,
    ).toBe("INVALID_ARGUMENT: heliograph.test.v1.Everything.aString: expected a string, got 5");
  });
});

test("fields may have the names of what every object has", async () => {
  const set = await compileSet({
    "t.proto": `
      syntax = "proto3";
      package t;
      service S { rpc Do(M) returns (M); }
      message M { string constructor = 1; string to_string = 2; M value_of = 3; }`,
  });
  const type = new DynamicTypes(shapesOf(Buffer.from(set).toString("base64"))).of("t.M");
  expect(type.toJSON(type.fromJSON({}))).toEqual({});
  const json = { constructor: "Ferrari", valueOf: { toString: "text" } };
  expect(type.toJSON(type.decode(type.encode(type.fromJSON(json) as never).finish()))).toEqual(json);
});

describe("DynamicTypes", () => {
  test("make each type once", () => {
    expect(types.of(Small.$type)).toBe(types.of(Small.$type));
  });

  test("have no type that the schema lacks", () => {
    expect(() => types.of("a.B")).toThrow("the schema lacks a.B");
  });
});

import { describe, expect, it } from "vitest";
import type { Init } from "../../../src/wire/definition.js";
import { fillMessage } from "../../../src/wire/fill-message.js";
import { protobufCodec } from "../../../src/wire/protobuf-codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { encode, errorOf, request } from "./payload.js";

type Field = keyof Everything;

function problemWith(field: string, value: unknown): string {
  const message = { ...Everything.create(), [field]: value } as Everything;
  return errorOf(() => encode(protobufCodec, request(Everything), message)).rawMessage;
}

const whole = Everything.create();
const fields = Object.keys(whole) as Field[];

describe("a message with a value that generated code would drop or misread", () => {
  it.each(fields.filter((field) => Array.isArray(whole[field])))(
    "is refused: text for the list %s",
    (field) => {
      expect(problemWith(field, "")).toContain(`.${field}: expected an array, got ""`);
    },
  );

  it.each(fields.filter((field) => whole[field] instanceof Map))(
    "is refused: a list for the map %s",
    (field) => {
      expect(problemWith(field, [])).toContain(`.${field}: expected a Map`);
    },
  );

  it.each(fields.filter((field) => whole[field] instanceof Uint8Array))(
    "is refused: text for the bytes %s",
    (field) => {
      expect(problemWith(field, "")).toMatch(new RegExp(`\\.${field}: expected .*got ""`));
    },
  );

  it("is accepted whole", () => {
    expect(encode(protobufCodec, request(Everything), whole).length).toBe(0);
  });
});

describe("a request with something other than a message in a message's place", () => {
  const singles = fields.filter(
    (field) => whole[field] === undefined && /nested|child|inner|point|message/i.test(field),
  );

  it.each(singles)("is refused: a number for %s", (field) => {
    const error = errorOf(() => fillMessage(request(Everything), { [field]: 5 } as Init<Everything>));
    expect(error.rawMessage).toContain(`.${field}: expected a message, got 5`);
  });

  it("is filled when it is left out, null, or a message", () => {
    expect(fillMessage(request(Everything), {})).toEqual(whole);
  });
});

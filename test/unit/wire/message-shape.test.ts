import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapFields, propertyName, shapesOf } from "../../../src/wire/message-shape.js";
import { WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { bytes } from "./bytes.js";
import { runs, schema } from "./messages.js";

const require = createRequire(import.meta.url);
const tsProto: { snakeToCamel(name: string): string } = require("ts-proto/build/src/case");

const shapes = shapesOf(schema);

function fieldOf(message: string, name: string) {
  const fields = [...shapes.messages.get(message)!.fields.values()];
  return fields.find((field) => field.name === name)!;
}

describe("shapesOf", () => {
  it("knows every property that the generated code has, and no other", () => {
    const empty: readonly (readonly [string, object])[] = [
      [Everything.$type, Everything.create()],
      [WellKnown.$type, WellKnown.create()],
    ];
    for (const [name, message] of empty) {
      const fields = [...shapes.messages.get(name)!.fields.values()];
      const properties = new Set(fields.map((field) => field.oneof ?? field.property));
      expect([...properties].sort()).toEqual(Object.keys(message).sort());
    }
  });

  it("tells scalars, messages, enums, optional fields, oneofs and maps apart", () => {
    const name = "heliograph.test.v1.Everything";
    expect(fieldOf(name, "a_sfixed64")).toEqual({
      number: 12,
      name: "a_sfixed64",
      jsonName: "aSfixed64",
      property: "aSfixed64",
      kind: "sfixed64",
      typeName: "",
      repeated: false,
      packed: false,
      optional: false,
      oneof: undefined,
    });
    expect(fieldOf(name, "optional_colour")).toMatchObject({
      kind: "enum",
      typeName: "heliograph.test.v1.Colour",
      optional: true,
      oneof: undefined,
    });
    expect(fieldOf(name, "chosen_nested")).toMatchObject({
      kind: "message",
      typeName: "heliograph.test.v1.Everything.Nested",
      oneof: "choice",
    });
    expect(mapFields(shapes, fieldOf(name, "bytes_by_uint64"))).toMatchObject({
      key: { kind: "uint64" },
      value: { kind: "bytes" },
    });
    expect(mapFields(shapes, fieldOf(name, "nesteds"))).toBeUndefined();
    expect(shapes.enums.get("heliograph.test.v1.Colour")!.byNumber.get(-1)).toBe("COLOUR_BLUE");
    expect(shapes.enums.get("heliograph.test.v1.Colour")!.byName.get("COLOUR_GREEN")).toBe(2);
  });

  it("reads a schema once", () => {
    expect(shapesOf(`${schema}`)).toBe(shapes);
  });

  it("makes up the names that a schema leaves out, as protoc does", () => {
    const field = bytes(0x0a, ["a__b_c9_d"], 0x18, 1, 0x20, 1, 0x28, 9);
    const file = bytes(0x12, ["p"], 0x22, [0x0a, ["M"], 0x12, [...field]]);
    const read = shapesOf(Buffer.from(bytes(0x0a, [...file])).toString("base64"));
    expect(read.messages.get("p.M")!.fields.get(1)).toMatchObject({ jsonName: "aBC9D", kind: "string" });
  });

  it("refuses a schema with a field of no known type", () => {
    const field = bytes(0x0a, ["a"], 0x18, 1, 0x28, 10);
    const file = bytes(0x22, [0x0a, ["M"], 0x12, [...field]]);
    const damaged = Buffer.from(bytes(0x0a, [...file])).toString("base64");
    expect(() => shapesOf(damaged)).toThrow("field a of the schema has type 10");
  });
});

describe("propertyName", () => {
  it("follows ts-proto's rule", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,14}$/), (name) => {
        expect(propertyName(name)).toBe(name.includes("_") ? tsProto.snakeToCamel(name) : name);
      }),
      { ...runs, numRuns: 2_000 },
    );
  });
});

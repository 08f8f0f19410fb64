import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeMessage } from "../../../src/wire/decode-message.js";
import { DynamicTypes } from "../../../src/wire/dynamic-type.js";
import { type FieldShape, type MessageShapes, mapFields, shapesOf } from "../../../src/wire/message-shape.js";
import { compareSchemas } from "../../../src/wire/schema-compare.js";
import { schemaCases } from "./schema-cases.js";
import { bufBreaking, compileSet } from "./schema-images.js";

const files = (side: "client" | "server") =>
  Object.fromEntries(
    schemaCases.map((change, i) => {
      const beside = (side === "server" ? change.serverBeside : undefined) ?? change.beside ?? "";
      const lines = [
        'syntax = "proto3";',
        `package case${i}.v1;`,
        "service S { rpc R(M) returns (M); }",
        `message M { ${change[side]} }`,
        beside,
      ];
      return [`case${i}.proto`, lines.join("\n")];
    }),
  );

/** A message whose fields are all set, to what can be told from nothing: lists and maps have one element. */
function sample(shapes: MessageShapes, typeName: string, depth = 0): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of shapes.messages.get(typeName)?.fields.values() ?? []) {
    const map = mapFields(shapes, field);
    const item = (of: FieldShape) =>
      of.kind === "message" ? sample(shapes, of.typeName, depth + 1) : samples(of.kind);
    if (depth > 2 && field.kind === "message") continue;
    if (map !== undefined) message[field.property] = new Map([[samples(map.key.kind), item(map.value)]]);
    else if (field.oneof !== undefined) message[field.oneof] = { $case: field.property, value: item(field) };
    else message[field.property] = field.repeated ? [item(field)] : item(field);
  }
  return message;
}

function samples(kind: FieldShape["kind"]): unknown {
  if (kind === "string") return "a";
  if (kind === "bytes") return Buffer.from([0xff]);
  if (kind === "bool") return true;
  return kind.endsWith("64") ? 5n : 5;
}

/** Writes a sample of M by one schema, and reads it by the other as strictly as the kit reads what arrives. */
function deliver(from: Uint8Array, to: Uint8Array, typeName: string): void {
  const [writer, reader] = [from, to].map((set) => Buffer.from(set).toString("base64")) as [string, string];
  const shapes = shapesOf(writer);
  const type = new DynamicTypes(shapes).of(typeName);
  const message = type.fromPartial(sample(shapes, typeName) as never);
  const bytes = Buffer.from(type.encode(message).finish());
  decodeMessage(new DynamicTypes(shapesOf(reader)).of(typeName), bytes, 0, bytes.length, reader);
}

describe("compareSchemas", () => {
  let client: Uint8Array;
  let server: Uint8Array;
  let refused: ReadonlySet<string>;

  beforeAll(async () => {
    [client, server, refused] = await Promise.all([
      compileSet(files("client")),
      compileSet(files("server")),
      bufBreaking(files("client"), files("server"), "WIRE"),
    ]);
  });

  test.each(schemaCases.map((change, i) => ({ ...change, i })))("$name", ({ i, breaks, bufDiffers }) => {
    const found = compareSchemas(client, server, `case${i}.v1.S`);
    const directions = new Set(found.map(({ path }) => / (request|answer) /.exec(path)?.[1]));
    expect([...directions]).toEqual(breaks);
    expect(refused.has(`case${i}.proto`)).toBe(
      bufDiffers === undefined ? breaks.length > 0 : breaks.length === 0,
    );
    // What it passes is read indeed; what it doesn't may be read as something else.
    if (!breaks.includes("request")) deliver(client, server, `case${i}.v1.M`);
    if (!breaks.includes("answer")) deliver(server, client, `case${i}.v1.M`);
  });
});

import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { checkScalar } from "./check-scalar.js";
import { type Fields, itemDefault } from "./dynamic-fill.js";
import { wrapWellKnown } from "./dynamic-well-known.js";
import { wireTypeOf } from "./explain-decode.js";
import {
  type FieldKind,
  type FieldShape,
  type MessageShape,
  type MessageShapes,
  mapFields,
} from "./message-shape.js";
import { fieldOf, leftOut } from "./message-tree.js";
import { wellKnown } from "./well-known.js";

const LENGTH_DELIMITED = 2;

/** Writes a message by its shape: the same bytes as generated code, which knows it by heart. */
export function encodeFields(
  shapes: MessageShapes,
  shape: MessageShape,
  message: Fields,
  writer: BinaryWriter,
): void {
  for (const field of shape.fields.values()) {
    const value = fieldOf(message, field);
    if (value === undefined || leftOut(field, value)) continue;
    const map = mapFields(shapes, field);
    if (map !== undefined) encodeMap(shapes, field, map, value as Map<unknown, unknown>, writer);
    else if (field.packed) encodePacked(field, value as unknown[], writer);
    else if (field.repeated) {
      for (const item of value as unknown[]) encodeItem(shapes, field, item, writer);
    } else encodeItem(shapes, field, value, writer);
  }
}

function encodeMap(
  shapes: MessageShapes,
  field: FieldShape,
  { key, value }: { readonly key: FieldShape; readonly value: FieldShape },
  entries: Map<unknown, unknown>,
  writer: BinaryWriter,
): void {
  for (const [name, item] of entries) {
    if (item === undefined) continue;
    writer.uint32(tagOf(field, LENGTH_DELIMITED)).fork();
    if (name !== itemDefault(key)) encodeItem(shapes, key, name, writer);
    if (!leftOut(value, item)) encodeItem(shapes, value, item, writer);
    writer.join();
  }
}

function encodePacked(field: FieldShape, items: readonly unknown[], writer: BinaryWriter): void {
  writer.uint32(tagOf(field, LENGTH_DELIMITED)).fork();
  for (const item of items) encodeScalar(field.kind, item, writer);
  writer.join();
}

function encodeItem(shapes: MessageShapes, field: FieldShape, value: unknown, writer: BinaryWriter): void {
  writer.uint32(tagOf(field, wireTypeOf(field.kind)));
  if (field.kind === "message") encodeMessage(shapes, field.typeName, value, writer);
  else encodeScalar(field.kind, value, writer);
}

function encodeMessage(shapes: MessageShapes, typeName: string, value: unknown, writer: BinaryWriter): void {
  const shape = shapes.messages.get(typeName);
  if (shape === undefined) throw new TypeError(`the schema lacks ${typeName}`);
  const known = wellKnown(typeName);
  const message = known === undefined ? (value as Fields) : wrapWellKnown(known, typeName, value);
  writer.fork();
  encodeFields(shapes, shape, message, writer);
  writer.join();
}

function encodeScalar(kind: FieldKind, value: unknown, writer: BinaryWriter): void {
  const fault = checkScalar(kind, value);
  if (fault !== undefined) throw new TypeError(fault);
  switch (kind) {
    case "string":
      writer.string(value as string);
      return;
    case "bytes":
      writer.bytes(value as Uint8Array<ArrayBuffer>);
      return;
    case "bool":
      writer.bool(value as boolean);
      return;
    case "enum":
      writer.int32(value as number);
      return;
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      writer[kind](value as bigint);
      return;
    case "message":
      throw new TypeError("a message is no scalar");
    default:
      writer[kind](value as number);
  }
}

function tagOf({ number }: FieldShape, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}

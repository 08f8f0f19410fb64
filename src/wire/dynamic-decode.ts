import type { BinaryReader } from "@bufbuild/protobuf/wire";
import { defaultOf, type Fields } from "./dynamic-fill.js";
import { unwrapWellKnown } from "./dynamic-well-known.js";
import { wireTypeOf } from "./explain-decode.js";
import { MAX_DEPTH } from "./message-reader.js";
import {
  type FieldKind,
  type FieldShape,
  type MessageShape,
  type MessageShapes,
  mapFields,
} from "./message-shape.js";
import { wellKnown } from "./well-known.js";

const LENGTH_DELIMITED = 2;

/** How generated code tells its reader how deep it is; see `MessageReader`. */
interface DepthReader {
  __tsProtoDecodeDepth?: number;
}

/**
 * Reads a message of so many bytes by its shape, with the same calls of the reader as generated code, in the same order:
 * the kit's reader tells tags, lengths and values apart by it.
 */
export function decodeFields(
  shapes: MessageShapes,
  shape: MessageShape,
  reader: BinaryReader,
  length: number,
): Fields {
  const levels = reader as DepthReader;
  const depth = levels.__tsProtoDecodeDepth ?? 0;
  if (depth >= MAX_DEPTH) throw new Error(`messages nested deeper than ${MAX_DEPTH}`);
  levels.__tsProtoDecodeDepth = depth + 1;
  try {
    const end = reader.pos + length;
    const message: Fields = {};
    for (const field of shape.fields.values()) {
      if (field.oneof === undefined) message[field.property] = defaultOf(shapes, field);
    }
    while (reader.pos < end) {
      const tag = reader.uint32();
      const field = shape.fields.get(tag >>> 3);
      if (field !== undefined && decodeField(shapes, field, tag & 7, message, reader)) continue;
      // Ends what a lenient reader would go on with; the kit's own has thrown.
      if ((tag & 7) === 4 || tag === 0) break;
      reader.skip(tag & 7);
    }
    return message;
  } finally {
    levels.__tsProtoDecodeDepth = depth;
  }
}

/** False when the field has another wire type, and counts as unknown. */
function decodeField(
  shapes: MessageShapes,
  field: FieldShape,
  wireType: number,
  message: Fields,
  reader: BinaryReader,
): boolean {
  const expected = wireTypeOf(field.kind);
  if (field.repeated && expected !== LENGTH_DELIMITED && wireType === LENGTH_DELIMITED) {
    const items = message[field.property] as unknown[];
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) items.push(decodeScalar(field.kind, reader));
    return true;
  }
  if (wireType !== expected) return false;
  const map = mapFields(shapes, field);
  if (map !== undefined) {
    decodeEntry(shapes, field, map, message[field.property] as Map<unknown, unknown>, reader);
    return true;
  }
  const value = decodeItem(shapes, field, reader);
  if (field.oneof !== undefined) message[field.oneof] = { $case: field.property, value };
  else if (field.repeated) (message[field.property] as unknown[]).push(value);
  else message[field.property] = value;
  return true;
}

function decodeEntry(
  shapes: MessageShapes,
  field: FieldShape,
  map: { readonly key: FieldShape; readonly value: FieldShape },
  entries: Map<unknown, unknown>,
  reader: BinaryReader,
): void {
  const entry = decodeMessage(shapes, field.typeName, reader);
  const value = entry[map.value.property];
  // A value that is a message has no default that could stand in for one that is missing.
  if (value !== undefined) entries.set(entry[map.key.property], value);
}

function decodeItem(shapes: MessageShapes, field: FieldShape, reader: BinaryReader): unknown {
  if (field.kind !== "message") return decodeScalar(field.kind, reader);
  const message = decodeMessage(shapes, field.typeName, reader);
  const known = wellKnown(field.typeName);
  return known === undefined ? message : unwrapWellKnown(known, message);
}

function decodeMessage(shapes: MessageShapes, typeName: string, reader: BinaryReader): Fields {
  const shape = shapes.messages.get(typeName);
  if (shape === undefined) throw new Error(`the schema lacks ${typeName}`);
  return decodeFields(shapes, shape, reader, reader.uint32());
}

function decodeScalar(kind: FieldKind, reader: BinaryReader): unknown {
  switch (kind) {
    case "enum":
      return reader.int32();
    case "message":
      throw new Error("a message is no scalar");
    default:
      return reader[kind]();
  }
}

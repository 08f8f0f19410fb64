import { type FieldShape, type MessageShape, type MessageShapes, mapFields } from "./message-shape.js";
import { showValue } from "./show-value.js";
import { wellKnown } from "./well-known.js";

/** A message as generated code holds it, by the names that its fields have there. */
export type Fields = Record<string, unknown>;

/** What generated code's `fromPartial` does: a whole message, whose missing fields have their proto3 defaults, deeply. */
export function fillFields(shapes: MessageShapes, shape: MessageShape, partial: unknown): Fields {
  if (typeof partial !== "object" || partial === null) {
    throw new TypeError(`expected a message, got ${showValue(partial)}`);
  }
  const given = partial as Fields;
  const message: Fields = {};
  for (const field of shape.fields.values()) {
    if (field.oneof === undefined) {
      // A field may be called `constructor`, which every object inherits.
      const value = Object.hasOwn(given, field.property) ? (given[field.property] ?? undefined) : undefined;
      message[field.property] = value === undefined ? defaultOf(shapes, field) : filled(shapes, field, value);
      continue;
    }
    const chosen = given[field.oneof] as { readonly $case: string; readonly value: unknown } | undefined;
    if (chosen?.$case !== field.property) continue;
    message[field.oneof] = { $case: field.property, value: filledItem(shapes, field, chosen.value) };
  }
  return message;
}

/** What a field holds that nobody has set. */
export function defaultOf(shapes: MessageShapes, field: FieldShape): unknown {
  if (mapFields(shapes, field) !== undefined) return new Map();
  if (field.repeated) return [];
  return field.optional ? undefined : itemDefault(field);
}

/** What a field holds that nobody has set, were it neither a list nor a map. */
export function itemDefault({ kind }: FieldShape): unknown {
  switch (kind) {
    case "message":
      return undefined;
    case "string":
      return "";
    case "bytes":
      return new Uint8Array(0);
    case "bool":
      return false;
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return 0n;
    default:
      return 0;
  }
}

function filled(shapes: MessageShapes, field: FieldShape, value: unknown): unknown {
  const map = mapFields(shapes, field);
  if (map !== undefined) {
    const entries = [...(value as Map<unknown, unknown>)].filter(([, item]) => item !== undefined);
    return new Map(entries.map(([key, item]) => [key, filledItem(shapes, map.value, item)]));
  }
  if (field.repeated) return (value as unknown[]).map((item) => filledItem(shapes, field, item));
  return filledItem(shapes, field, value);
}

function filledItem(shapes: MessageShapes, field: FieldShape, value: unknown): unknown {
  if (field.kind !== "message" || wellKnown(field.typeName) !== undefined) return value;
  const shape = shapes.messages.get(field.typeName);
  return shape === undefined ? value : fillFields(shapes, shape, value);
}

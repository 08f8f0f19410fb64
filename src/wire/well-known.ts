import type { FieldKind } from "./message-shape.js";

const wrappers: Readonly<Record<string, FieldKind>> = {
  DoubleValue: "double",
  FloatValue: "float",
  Int64Value: "int64",
  UInt64Value: "uint64",
  Int32Value: "int32",
  UInt32Value: "uint32",
  BoolValue: "bool",
  StringValue: "string",
  BytesValue: "bytes",
};

/**
 * A message type that generated TypeScript holds as something other than a message.
 *
 * - `wrapper`: the value itself, of `kind`
 * - `json`: any JSON value (`Value`), an object of them (`Struct`) or an array of them (`ListValue`)
 * - `mask`: `FieldMask`, as an array of paths
 */
export type WellKnown =
  | { readonly as: "wrapper"; readonly kind: FieldKind }
  | { readonly as: "json"; readonly only: "any" | "object" | "array" }
  | { readonly as: "mask" };

const others: Readonly<Record<string, WellKnown>> = {
  Struct: { as: "json", only: "object" },
  ListValue: { as: "json", only: "array" },
  Value: { as: "json", only: "any" },
  FieldMask: { as: "mask" },
};

const PACKAGE = "google.protobuf.";

/** How generated TypeScript holds the message type of this full name, or undefined for a message as any other. */
export function wellKnown(typeName: string): WellKnown | undefined {
  if (!typeName.startsWith(PACKAGE)) return undefined;
  const name = typeName.slice(PACKAGE.length);
  const kind = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  if (kind !== undefined) return { as: "wrapper", kind };
  return Object.hasOwn(others, name) ? others[name] : undefined;
}

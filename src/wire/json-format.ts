import { Buffer } from "node:buffer";
import { checkScalar } from "./check-scalar.js";
import { durationJson, timestampJson } from "./json-time.js";
import type { EnumShape, FieldKind } from "./message-shape.js";
import { showValue } from "./show-value.js";
import { type SpecialFormat, TreeFault, type TreeFormat } from "./tree-format.js";
import { wellKnown } from "./well-known.js";

const integerText = /^-?\d{1,20}$/;
const numberText = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const base64Text = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * ProtoJSON: lower camel case or the name in the `.proto`, 64-bit integers as text, bytes as base64, enums by name and
 * unknown ones as numbers, NaN and the infinities as text, google.protobuf's own types in their own form.
 * A google.protobuf.Any is not unfolded: `{ "typeUrl": …, "value": base64 }`.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
export const jsonFormat: TreeFormat = {
  keyOf: (field) => field.jsonName,
  keysOf: (field) => [field.jsonName, field.name],
  // Not by assignment: a map may have the key "__proto__".
  container: (entries) => Object.fromEntries(entries as [string, unknown][]),
  entriesOf(tree) {
    if (typeof tree !== "object" || tree === null || Array.isArray(tree)) return undefined;
    return Object.entries(tree);
  },
  writeScalar,
  readScalar,
  writeKey: (_kind, key) => String(key),
  readKey(kind, tree) {
    if (kind === "string") return checked(kind, tree);
    if (kind === "bool") {
      if (tree === "true" || tree === "false") return tree === "true";
      throw new TreeFault(`expected the key "true" or "false", got ${showValue(tree)}`);
    }
    return readScalar(kind, tree, undefined);
  },
  special(typeName) {
    if (typeName === "google.protobuf.Timestamp") return timestampJson;
    if (typeName === "google.protobuf.Duration") return durationJson;
    const known = wellKnown(typeName);
    switch (known?.as) {
      case undefined:
        return undefined;
      case "mask":
        return maskJson;
      case "json":
        return valueJson(known.only);
      case "wrapper":
        return {
          write: (value) => writeScalar(known.kind, value, undefined),
          read: (tree) => readScalar(known.kind, tree, undefined),
        };
    }
  },
};

function writeScalar(kind: FieldKind, value: unknown, names: EnumShape | undefined): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
  }
  if (kind === "enum") {
    if (names?.byNumber.get(value as number) === "NULL_VALUE") return null;
    return names?.byNumber.get(value as number) ?? value;
  }
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}

function readScalar(kind: FieldKind, tree: unknown, names: EnumShape | undefined): unknown {
  switch (kind) {
    case "double":
    case "float":
      if (tree === "NaN" || tree === "Infinity" || tree === "-Infinity") return Number(tree);
      return checked(kind, typeof tree === "string" && numberText.test(tree) ? finite(tree) : tree);
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      if (typeof tree === "string" && integerText.test(tree)) return checked(kind, BigInt(tree));
      if (typeof tree === "number" && Number.isSafeInteger(tree)) return checked(kind, BigInt(tree));
      throw new TreeFault(`expected a 64-bit integer as text, got ${showValue(tree)}`);
    case "enum":
      return readEnum(tree, names);
    case "bytes":
      if (typeof tree !== "string" || !base64Text.test(tree) || tree.replace(/=+$/, "").length % 4 === 1) {
        throw new TreeFault(`expected base64, got ${showValue(tree)}`);
      }
      return new Uint8Array(Buffer.from(tree, "base64"));
    case "string":
    case "bool":
      return checked(kind, tree);
    default:
      return checked(kind, typeof tree === "string" && integerText.test(tree) ? Number(tree) : tree);
  }
}

function readEnum(tree: unknown, names: EnumShape | undefined): unknown {
  if (tree === null && names?.byNumber.get(0) === "NULL_VALUE") return 0;
  if (typeof tree === "number") return checked("enum", tree);
  const number = typeof tree === "string" ? names?.byName.get(tree) : undefined;
  if (number === undefined)
    throw new TreeFault(`expected a name or number of the enum, got ${showValue(tree)}`);
  return number;
}

/** Text of a number too large for the field would be read as infinite. */
function finite(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new TreeFault(`expected a number, got ${showValue(text)}`);
  return value;
}

function checked(kind: FieldKind, value: unknown): unknown {
  const fault = checkScalar(kind, value);
  if (fault !== undefined) throw new TreeFault(fault);
  // JSON knows -0, protobuf's integers don't.
  return kind !== "double" && kind !== "float" && value === 0 ? 0 : value;
}

/** Paths in lower camel case, with commas. */
const maskJson: SpecialFormat = {
  write: (value) =>
    (value as string[])
      .map((path) => path.replace(/_([a-z])/g, (_, char: string) => char.toUpperCase()))
      .join(","),
  read(tree) {
    if (typeof tree !== "string") throw new TreeFault(`expected paths with commas, got ${showValue(tree)}`);
    if (tree === "") return [];
    return tree.split(",").map((path) => path.replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`));
  },
};

function valueJson(only: "any" | "object" | "array"): SpecialFormat {
  return {
    write(value) {
      refuseNonFinite(value);
      return value;
    },
    read(tree) {
      if (only === "array" && !Array.isArray(tree))
        throw new TreeFault(`expected an array, got ${showValue(tree)}`);
      if (only === "object" && (typeof tree !== "object" || tree === null || Array.isArray(tree))) {
        throw new TreeFault(`expected an object, got ${showValue(tree)}`);
      }
      return tree;
    },
  };
}

function refuseNonFinite(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TreeFault(`a google.protobuf.Value can't hold ${value} in JSON`);
  }
  if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) refuseNonFinite(item);
}

import { checkScalar } from "./check-scalar.js";
import type { FieldKind } from "./message-shape.js";
import { showValue } from "./show-value.js";
import { type SpecialFormat, TreeFault, type TreeFormat } from "./tree-format.js";
import { wellKnown } from "./well-known.js";

/**
 * Messages in msgpack: a map by TypeScript field names, the member of a oneof under its own name; enums as numbers,
 * bytes as bin, maps as maps with keys of their own type. Integers are read from whatever width and sign they
 * were written with, also where the field is 64 bits wide.
 */
export const msgpackFormat: TreeFormat = {
  keyOf: (field) => field.property,
  keysOf: (field) => [field.property],
  container: (entries) => new Map(entries),
  entriesOf: (tree) => (tree instanceof Map ? tree : undefined),
  writeScalar: (_kind, value) => value,
  readScalar,
  writeKey: (_kind, key) => key,
  readKey: readScalar,
  special(typeName) {
    const known = wellKnown(typeName);
    switch (known?.as) {
      case undefined:
        return undefined;
      case "mask":
        return maskValue;
      case "json":
        return jsonValue(known.only);
      case "wrapper":
        return { write: (value) => value, read: (tree) => readScalar(known.kind, tree) };
    }
  },
};

function readScalar(kind: FieldKind, tree: unknown): unknown {
  const value = convert(kind, tree);
  const fault = checkScalar(kind, value);
  if (fault !== undefined) throw new TreeFault(fault);
  return value;
}

function convert(kind: FieldKind, tree: unknown): unknown {
  switch (kind) {
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      return typeof tree === "number" && Number.isSafeInteger(tree) ? BigInt(tree) : tree;
    case "bytes":
      // What the decoder hands out is a view of all that was received.
      return tree instanceof Uint8Array ? new Uint8Array(tree) : tree;
    case "bool":
    case "string":
      return tree;
    default:
      return typeof tree === "bigint" ? Number(tree) : tree;
  }
}

const maskValue: SpecialFormat = {
  write: (value) => value,
  read(tree) {
    if (!Array.isArray(tree)) throw new TreeFault(`expected an array, got ${showValue(tree)}`);
    return tree.map((path: unknown) => readScalar("string", path));
  },
};

function jsonValue(only: "any" | "object" | "array"): SpecialFormat {
  return {
    write: (value) => value,
    read(tree) {
      if (only === "array" && !Array.isArray(tree))
        throw new TreeFault(`expected an array, got ${showValue(tree)}`);
      if (only === "object" && !(tree instanceof Map))
        throw new TreeFault(`expected a map, got ${showValue(tree)}`);
      return plain(tree);
    },
  };
}

/** A JSON value as generated code holds it. */
function plain(tree: unknown): unknown {
  if (tree === null || typeof tree === "boolean" || typeof tree === "number" || typeof tree === "string")
    return tree;
  if (typeof tree === "bigint") return Number(tree);
  if (Array.isArray(tree)) return tree.map(plain);
  if (!(tree instanceof Map)) throw new TreeFault(`expected a JSON value, got ${showValue(tree)}`);
  return Object.fromEntries(
    Array.from(tree as Map<unknown, unknown>, ([key, value]) => [readScalar("string", key), plain(value)]),
  );
}

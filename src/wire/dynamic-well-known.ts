import type { Fields } from "./dynamic-fill.js";
import type { WellKnown } from "./well-known.js";

/** The fields of a message that generated code holds as something else: what its encoder wraps the value in. */
export function wrapWellKnown(known: WellKnown, typeName: string, value: unknown): Fields {
  switch (known.as) {
    case "wrapper":
      return { value };
    case "mask":
      return { paths: value };
    case "json":
      if (known.only === "array") return { values: value };
      if (known.only === "object") return { fields: new Map(Object.entries(value as object)) };
      return { kind: wrapValue(typeName, value) };
  }
}

/** The other way. Undefined for a google.protobuf.Value that holds nothing. */
export function unwrapWellKnown(known: WellKnown, message: Fields): unknown {
  switch (known.as) {
    case "wrapper":
      return message["value"];
    case "mask":
      return message["paths"];
    case "json": {
      if (known.only === "array") return message["values"];
      // Not by assignment: a key may be "__proto__".
      if (known.only === "object") return Object.fromEntries(message["fields"] as Map<string, unknown>);
      const kind = message["kind"] as { readonly $case: string; readonly value: unknown } | undefined;
      return kind?.$case === "nullValue" ? null : kind?.value;
    }
  }
}

function wrapValue(typeName: string, value: unknown): unknown {
  switch (typeof value) {
    case "boolean":
      return { $case: "boolValue", value };
    case "number":
      return { $case: "numberValue", value };
    case "string":
      return { $case: "stringValue", value };
    case "undefined":
      return undefined;
    case "object":
      if (value === null) return { $case: "nullValue", value: 0 };
      return { $case: Array.isArray(value) ? "listValue" : "structValue", value };
    default:
      throw new TypeError(`a ${typeName} can't hold a ${typeof value}`);
  }
}

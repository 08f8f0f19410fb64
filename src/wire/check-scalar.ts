import type { FieldKind } from "./message-shape.js";
import { showValue } from "./show-value.js";

const FLOAT_MAX = 3.4028234663852886e38;

/** What a value has to be to be a field of this kind, when it isn't: `expected an int32, got NaN`. */
export function checkScalar(kind: FieldKind, value: unknown): string | undefined {
  switch (kind) {
    case "double":
      return expect(typeof value === "number", "a number", value);
    case "float":
      if (typeof value !== "number") return expect(false, "a number", value);
      return expect(!Number.isFinite(value) || Math.abs(value) <= FLOAT_MAX, "a 32-bit float", value);
    case "int32":
    case "sint32":
    case "sfixed32":
    case "enum":
      if (typeof value !== "number") return expect(false, "a number", value);
      return expect((value | 0) === value, "a 32-bit integer", value);
    case "uint32":
    case "fixed32":
      if (typeof value !== "number") return expect(false, "a number", value);
      return expect(value >>> 0 === value, "an unsigned 32-bit integer", value);
    case "int64":
    case "sint64":
    case "sfixed64":
      if (typeof value !== "bigint") return expect(false, "a bigint", value);
      return expect(BigInt.asIntN(64, value) === value, "a 64-bit integer", value);
    case "uint64":
    case "fixed64":
      if (typeof value !== "bigint") return expect(false, "a bigint", value);
      return expect(BigInt.asUintN(64, value) === value, "an unsigned 64-bit integer", value);
    case "bool":
      return expect(typeof value === "boolean", "a boolean", value);
    case "bytes":
      return expect(value instanceof Uint8Array, "a Uint8Array", value);
    case "string":
      if (typeof value !== "string") return expect(false, "a string", value);
      return loneSurrogate(value);
    case "message":
      return expect(typeof value === "object" && value !== null, "a message", value);
  }
}

function expect(holds: boolean, what: string, value: unknown): string | undefined {
  return holds ? undefined : `expected ${what}, got ${showValue(value)}`;
}

function loneSurrogate(text: string): string | undefined {
  const at = text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
  if (at < 0) return undefined;
  return `a lone surrogate at character ${at}, which UTF-8 can't hold`;
}

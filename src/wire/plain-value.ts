import { invalidArgument } from "../core/error.js";
import { showValue } from "./show-value.js";

const MAX_DEPTH = 64;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * A value that msgpack has without extensions, as it is packed: `undefined` is null, and left out of objects.
 *
 * @throws HeliographError INVALID_ARGUMENT that says where in it what can't travel is
 */
export function plainValue(value: unknown): unknown {
  return plain(value, "payload", []);
}

function plain(value: unknown, path: string, around: readonly object[]): unknown {
  switch (typeof value) {
    case "undefined":
      return null;
    case "boolean":
    case "number":
      return value;
    case "string":
      if (!value.isWellFormed()) throw refused(path, "holds half a surrogate pair");
      return value;
    case "bigint":
      if (value < MIN_INT64 || value > MAX_UINT64)
        throw refused(path, `is ${value}, and bigints have 64 bits: send a string`);
      return value;
    case "object":
      return value === null ? null : plainObject(value, path, around);
    default:
      throw refused(path, `is ${showValue(value)}, which can't be sent`);
  }
}

function plainObject(value: object, path: string, around: readonly object[]): unknown {
  if (value instanceof Uint8Array) return value;
  if (around.includes(value)) throw refused(path, "is one of the objects that it is part of");
  if (around.length >= MAX_DEPTH) throw refused(path, `lies deeper than ${MAX_DEPTH} levels`);
  const within = [...around, value];
  if (Array.isArray(value)) return Array.from(value, (each, at) => plain(each, `${path}[${at}]`, within));
  if (value instanceof Date) throw refused(path, "is a Date: send its getTime() or toISOString()");
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw refused(path, `is ${showValue(value)}: send plain objects, arrays, or bytes as a Uint8Array`);
  const copy: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    if (name === "__proto__") throw refused(path, 'has a field "__proto__", which no object can be given');
    if (!name.isWellFormed()) throw refused(path, "has a field whose name holds half a surrogate pair");
    if (each !== undefined) copy[name] = plain(each, `${path}.${name}`, within);
  }
  return copy;
}

function refused(path: string, why: string): Error {
  return invalidArgument(`${path} ${why}`);
}

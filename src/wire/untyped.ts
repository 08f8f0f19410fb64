import { Buffer } from "node:buffer";
import { Packr } from "msgpackr";
import { Code } from "../core/code.js";
import { HeliographError, messageOf } from "../core/error.js";
import { msgpackFault } from "./msgpack-outline.js";
import { plainValue } from "./plain-value.js";

// Plain msgpack, with none of the package's extensions, so that any other implementation reads it.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: "bigint",
  variableMapSize: true,
  moreTypes: false,
});

/**
 * A value without a schema as it travels: null, booleans, numbers, bigints of 64 bits, strings, bytes, arrays, and plain
 * objects of these. `undefined` is null; a field of an object that is `undefined` is left out, and `-0` is 0.
 *
 * @throws HeliographError INVALID_ARGUMENT that says where in the value what can't travel is
 */
export function packUntyped(value: unknown): Buffer {
  return Buffer.from(packr.pack(plainValue(value)));
}

/** @throws HeliographError INTERNAL, reason MALFORMED_MESSAGE */
export function unpackUntyped(packed: Uint8Array): unknown {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const problem = msgpackFault(bytes, 0, bytes.length);
  if (problem !== undefined) throw malformed(problem);
  try {
    return packr.unpack(bytes);
  } catch (thrown) {
    throw malformed(messageOf(thrown), thrown);
  }
}

function malformed(problem: string, cause?: unknown): HeliographError {
  return new HeliographError(Code.Internal, `can't read the payload: ${problem}`, {
    reason: "MALFORMED_MESSAGE",
    cause,
  });
}

import { Buffer } from "node:buffer";
import { Packr } from "msgpackr";
import { Code } from "../core/code.js";
import { HeliographError, invalidArgument, messageOf } from "../core/error.js";
import { msgpackFault } from "./msgpack-outline.js";

// Plain msgpack, with none of the package's extensions, so that any other implementation reads it.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: "bigint",
  variableMapSize: true,
  moreTypes: false,
});

/**
 * A value without a schema as it travels: null, booleans, numbers, bigints of 64 bits, strings, bytes, arrays, and objects
 * of these.
 *
 * @throws HeliographError INVALID_ARGUMENT, reason MALFORMED_MESSAGE
 */
export function packUntyped(value: unknown): Buffer {
  try {
    return Buffer.from(packr.pack(value === undefined ? null : value));
  } catch (thrown) {
    throw invalidArgument(`the payload can't be packed: ${messageOf(thrown)}`);
  }
}

/** @throws HeliographError INTERNAL, reason MALFORMED_MESSAGE */
export function unpackUntyped(bytes: Buffer): unknown {
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

import { Buffer } from "node:buffer";
import { type ErrorDetail, invalidArgument, messageOf } from "../core/error.js";
import { decodeMessage } from "./decode-message.js";
import type { Init, MessageType } from "./definition.js";
import { MalformedMessage } from "./malformed-message.js";
import { MessageWriter } from "./message-writer.js";

let scratch: MessageWriter | undefined;

/**
 * A typed detail for an error: `new HeliographError(Code.NotFound, "…", { details: [detail(UserError, { id })] })`.
 * Missing fields get their defaults.
 *
 * @throws HeliographError INVALID_ARGUMENT if a field has a wrong type.
 */
export function detail<T>(type: MessageType<T>, init: Init<T>): ErrorDetail {
  scratch ??= new MessageWriter();
  scratch.rewind(0);
  try {
    scratch.message(type, type.fromPartial(init as never));
  } catch (thrown) {
    throw invalidArgument(`a detail of type ${type.$type}: ${messageOf(thrown)}`);
  }
  return {
    type: type.$type,
    value: new Uint8Array(scratch.buf.subarray(scratch.origin, scratch.pos)),
  };
}

/**
 * The details of this type that an error carries, in order. Those that are damaged are left out, so that looking at
 * an error never throws another one.
 */
export function findDetails<T>(
  error: { readonly details: readonly ErrorDetail[] },
  type: MessageType<T>,
): T[] {
  const found: T[] = [];
  for (const { type: name, value } of error.details) {
    if (name !== type.$type) continue;
    try {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
      found.push(decodeMessage(type, bytes, 0, bytes.length));
    } catch (thrown) {
      if (!(thrown instanceof MalformedMessage)) throw thrown;
    }
  }
  return found;
}

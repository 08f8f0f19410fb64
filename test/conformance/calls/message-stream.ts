import { Buffer } from "node:buffer";
import type { MessageType } from "../../../src/index.js";

/** No message of this protocol is so long: whoever announces more writes something else. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;

/** What came on a stream is not a message of this protocol. */
export class NotAMessage extends Error {}

/** The message as it travels over standard input and output: its length in 4 bytes, big-endian, and its bytes. */
export function framed<T>(type: MessageType<T>, message: T): Buffer {
  const bytes = type.encode(message).finish();
  const whole = Buffer.allocUnsafe(LENGTH_BYTES + bytes.length);
  whole.writeUInt32BE(bytes.length, 0);
  whole.set(bytes, LENGTH_BYTES);
  return whole;
}

/**
 * The messages of a stream of bytes, until it ends.
 *
 * @throws NotAMessage for bytes that are none, and for a stream that ends within one
 */
export async function* messagesOf<T>(
  type: MessageType<T>,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<T, void> {
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    for (let whole = wholeMessage(held); whole !== undefined; whole = wholeMessage(held)) {
      held = held.subarray(LENGTH_BYTES + whole.length);
      yield decoded(type, whole);
    }
  }
  if (held.length > 0) throw new NotAMessage(`it ended within a message: ${shown(held)}`);
}

function wholeMessage(held: Buffer): Buffer | undefined {
  if (held.length < LENGTH_BYTES) return undefined;
  const length = held.readUInt32BE(0);
  if (length > MAX_MESSAGE_BYTES) {
    throw new NotAMessage(
      `it begins with ${shown(held)}, which is no length of a message; texts belong on standard error`,
    );
  }
  return held.length < LENGTH_BYTES + length ? undefined : held.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}

function decoded<T>(type: MessageType<T>, bytes: Buffer): T {
  try {
    return type.decode(bytes);
  } catch (error) {
    throw new NotAMessage(`${shown(bytes)} is not a ${type.$type}: ${String(error)}`);
  }
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 40).toString("latin1"));
}

import type { Buffer } from "node:buffer";
import type { BinaryReader } from "@bufbuild/protobuf/wire";
import type { MessageType } from "./definition.js";
import { explainDecode, skippedUnknownOnly } from "./explain-decode.js";
import { MalformedMessage } from "./malformed-message.js";
import { MessageReader } from "./message-reader.js";
import { shapesOf } from "./message-shape.js";

/** The one reader that all messages share. Undefined while it reads: a `decode` that decodes gets another. */
let idle: MessageReader | undefined = new MessageReader();

/**
 * Decodes the message in `buf[start, end)`, strictly; what is refused is listed at MessageReader. With a service's
 * `$schema`, a known field of another wire type is refused too; without, it is skipped as an unknown one is.
 *
 * Its `bytes` may be views of `buf` (see `MessageReader.bytes`): the caller must not write to `buf` again.
 * One difference to other implementations is ts-proto's: a sub-message that occurs twice is replaced, not merged.
 *
 * @throws MalformedMessage
 */
export function decodeMessage<T>(
  type: MessageType<T>,
  buf: Buffer,
  start: number,
  end: number,
  schema?: string,
): T {
  const reader = idle ?? new MessageReader();
  idle = undefined;
  try {
    reader.reset(buf, start, end);
    // Generated code only calls methods on its reader, and this class has all that it calls.
    const message = type.decode(reader as unknown as BinaryReader, end - start);
    reader.finish();
    if (reader.skipped > 0 && schema !== undefined) {
      refuseKnown(reader.skippedTags(), type.$type, buf.subarray(start, end), schema);
    }
    return message;
  } finally {
    reader.release();
    idle = reader;
  }
}

function refuseKnown(
  skipped: readonly number[] | undefined,
  typeName: string,
  bytes: Buffer,
  schema: string,
): void {
  const shapes = shapesOf(schema);
  if (skippedUnknownOnly(shapes, typeName, skipped)) return;
  if (explainDecode(shapes, typeName, bytes) === undefined) return;
  throw new MalformedMessage("a field with the wire type of another type", 0);
}

import type { Buffer } from "node:buffer";
import type { BinaryReader } from "@bufbuild/protobuf/wire";
import type { MessageType } from "./definition.js";
import { MessageReader } from "./message-reader.js";

/** The one reader that all messages share. Undefined while it reads: a `decode` that decodes gets another. */
let idle: MessageReader | undefined = new MessageReader();

/**
 * Decodes the message in `buf[start, end)`, strictly; what is refused is listed at MessageReader.
 *
 * Its `bytes` may be views of `buf` (see `MessageReader.bytes`): the caller must not write to `buf` again.
 * Known fields of another wire type are skipped, as unknown ones are, and handed to `onSkipped` as tags, or as
 * undefined when there were too many to list.
 *
 * @throws MalformedMessage
 */
export function decodeMessage<T>(
  type: MessageType<T>,
  buf: Buffer,
  start: number,
  end: number,
  onSkipped?: (tags: readonly number[] | undefined) => void,
): T {
  const reader = idle ?? new MessageReader();
  idle = undefined;
  try {
    reader.reset(buf, start, end);
    // Generated code only calls methods on its reader, and this class has all that it calls.
    const message = type.decode(reader as unknown as BinaryReader, end - start);
    reader.finish();
    if (reader.skipped > 0 && onSkipped !== undefined) onSkipped(reader.takeSkippedTags());
    return message;
  } finally {
    reader.release();
    idle = reader;
  }
}

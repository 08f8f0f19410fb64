import { type Buffer, isUtf8 } from "node:buffer";
import { readShortAscii, SHORT_BYTES } from "./short-text.js";

/** What `toString("utf8")` calls in the end, and half of its time. Not in the published types. */
interface Utf8Buffer extends Buffer {
  utf8Slice(start: number, end: number): string;
}

/**
 * The text of `bytes` bytes of UTF-8 from `start`, or undefined where they are not valid UTF-8: overlong forms,
 * surrogates and values above U+10FFFF are refused, and a byte order mark is kept.
 * The range must lie within the buffer.
 */
export function readText(buf: Buffer, start: number, bytes: number): string | undefined {
  if (bytes <= SHORT_BYTES) {
    const short = readShortAscii(buf, start, bytes);
    if (short !== undefined) return short;
  }
  const read = (buf as Utf8Buffer).utf8Slice(start, start + bytes);
  // Whatever is invalid was read as U+FFFD, so only a text that holds one needs to be looked at again.
  if (!read.includes("\ufffd") || isUtf8(buf.subarray(start, start + bytes))) return read;
  return undefined;
}

import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { codecById } from "../wire/codec.js";
import { messageTooLarge } from "../wire/limits.js";
import { MessageWriter } from "../wire/message-writer.js";
import type { PacketWriter } from "../wire/packet-writer.js";
import type { PayloadCodec, PayloadType } from "../wire/payload-codec.js";

/**
 * Encodes a message as the payload of the frame that was begun; returns it when it has to travel in a part of its own.
 *
 * @throws HeliographError reason MALFORMED_MESSAGE when it is not of the type, RESOURCE_EXHAUSTED when it is over the
 *   limit; the caller aborts the frame
 */
export function writeMessage(
  writer: PacketWriter,
  codec: PayloadCodec,
  type: PayloadType,
  message: unknown,
  limit: number,
  path: string,
): Buffer | undefined {
  const large = writer.payload(codec, type, message);
  checkSize(writer.payloadLength, limit, type, path);
  return large;
}

/** As `writeMessage`, with bytes that are encoded already. */
export function writeEncoded(
  writer: PacketWriter,
  bytes: Buffer,
  type: PayloadType,
  limit: number,
  path: string,
): Buffer | undefined {
  checkSize(bytes.length, limit, type, path);
  return writer.payloadBytes(bytes);
}

/** The message as bytes of its own, for a call that has to wait. */
export function encodeMessage(codec: PayloadCodec, type: PayloadType, message: unknown): Buffer {
  const writer = new MessageWriter();
  codec.encode(type, message, writer);
  return writer.take();
}

/** @throws HeliographError UNIMPLEMENTED, reason CODEC_UNSUPPORTED */
export function requireCodec(id: number, compression: number, path: string): PayloadCodec {
  const codec = codecById(id);
  if (codec !== undefined && compression === 0) return codec;
  const what = codec === undefined ? `codec ${id}` : `compression ${compression}`;
  throw new HeliographError(Code.Unimplemented, `${path}: ${what} is not known here`, {
    reason: "CODEC_UNSUPPORTED",
    notProcessed: true,
  });
}

function checkSize(bytes: number, limit: number, type: PayloadType, path: string): void {
  if (bytes > limit)
    throw messageTooLarge(bytes, limit, `${path}: the ${type.role}`, type.role === "request");
}

import { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { codecById } from "../../wire/codec.js";
import {
  COMPRESS_BYTES,
  type Compression,
  canUndo,
  compress,
  compressionId,
  compressionName,
  decompress,
  features,
} from "../../wire/compression.js";
import { messageTooLarge } from "../../wire/limits.js";
import { MessageWriter } from "../../wire/message-writer.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { PayloadCodec, PayloadType } from "../../wire/payload-codec.js";

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

/** A payload as it travels. */
export interface EncodedPayload {
  readonly bytes: Buffer;
  /** A number of `heliograph.wire.v1.Compression`. */
  readonly compression: number;
}

/** Wants to know how a message travels. */
export interface PayloadKeeper {
  /** The bytes are not written to again. */
  keep(payload: EncodedPayload): void;
}

/**
 * The message as compressed bytes, or as plain ones when it is small.
 *
 * @throws HeliographError as `writeMessage`
 */
export function encodeCompressed(
  codec: PayloadCodec,
  type: PayloadType,
  message: unknown,
  compression: Compression,
  limit: number,
  path: string,
): EncodedPayload | Promise<EncodedPayload> {
  const bytes = encodeMessage(codec, type, message);
  checkSize(bytes.length, limit, type, path);
  return compressBytes(bytes, compression);
}

/** Compresses them, unless they are too few to be worth it. */
export function compressBytes(
  bytes: Buffer,
  compression: Compression,
): EncodedPayload | Promise<EncodedPayload> {
  if (compression === "none" || bytes.length < COMPRESS_BYTES) return { bytes, compression: 0 };
  const packed = compress(compression, bytes);
  if (packed instanceof Promise) return packed.then((each) => smaller(bytes, each, compression));
  return smaller(bytes, packed, compression);
}

function smaller(plain: Buffer, packed: Buffer, compression: Compression): EncodedPayload {
  if (packed.length >= plain.length) return { bytes: plain, compression: 0 };
  return { bytes: packed, compression: compressionId(compression) };
}

/** The message as bytes of its own, for a call that has to wait; a stream holds them until it ends. */
export function encodeMessage(codec: PayloadCodec, type: PayloadType, message: unknown): Buffer {
  const writer = new MessageWriter();
  codec.encode(type, message, writer);
  const bytes = writer.take();
  return ownBytes(bytes, 0, bytes.length);
}

/**
 * Reads a payload that has arrived; of one that is compressed and not small it gives a promise.
 *
 * @throws HeliographError INTERNAL, reason MALFORMED_MESSAGE; RESOURCE_EXHAUSTED when it is larger than `limit` once it
 *   is decompressed; UNIMPLEMENTED, reason CODEC_UNSUPPORTED
 */
export function readPayload(
  codec: PayloadCodec,
  type: PayloadType,
  compression: number,
  buf: Buffer,
  start: number,
  end: number,
  limit: number,
): unknown {
  if (compression === 0) return codec.decode(type, buf, start, end);
  const bytes = decompress(compression, buf.subarray(start, end), limit);
  if (bytes instanceof Promise) return bytes.then((whole) => codec.decode(type, whole, 0, whole.length));
  return codec.decode(type, bytes, 0, bytes.length);
}

/** The share of the memory behind a payload that it has to have for the memory to be kept for it. */
const WORTH_KEEPING = 1 / 8;

/** A payload that is to be read later: a copy, unless it is most of the memory that it would keep alive. */
export function ownBytes(buf: Buffer, start: number, end: number): Buffer {
  const bytes = buf.subarray(start, end);
  return bytes.length >= buf.buffer.byteLength * WORTH_KEEPING ? bytes : Buffer.from(bytes);
}

/** @throws HeliographError UNIMPLEMENTED, reason CODEC_UNSUPPORTED */
export function requireCodec(id: number, compression: number, path: string): PayloadCodec {
  const codec = codecById(id);
  const known = compression === 0 || isKnown(compression);
  if (codec !== undefined && known) return codec;
  const what = codec === undefined ? `codec ${id}` : `compression ${compression}`;
  throw new HeliographError(Code.Unimplemented, `${path}: ${what} is not known here`, {
    reason: "CODEC_UNSUPPORTED",
    notProcessed: true,
  });
}

function isKnown(compression: number): boolean {
  const name = compressionName(compression);
  return name !== undefined && canUndo(features, name);
}

/** @throws HeliographError RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE */
export function checkSize(bytes: number, limit: number, type: PayloadType, path: string): void {
  if (bytes > limit)
    throw messageTooLarge(bytes, limit, `${path}: the ${type.role}`, type.role === "request");
}

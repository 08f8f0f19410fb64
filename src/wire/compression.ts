import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { Semaphore } from "../core/semaphore.js";
import { type Compressor, gzip, type Unpacking, zstd } from "./compressor.js";
import { showValue } from "./show-value.js";
import { checkZstdFrame } from "./zstd-frame.js";

/** How a payload is compressed: `heliograph.wire.v1.Compression` by name. `zstd` needs Node 22.15 or newer. */
export type Compression = "none" | "gzip" | "zstd";

/** A payload smaller than this is not worth it: it costs more time than its bytes do. */
export const COMPRESS_BYTES = 1024;

/** Up to here compressing takes less than the detour over another thread: some 150 µs. */
const PACK_HERE_BYTES = 32 * 1024;

/** What is decompressed in the caller's turn: so much, into so much. Anything larger is done in another thread. */
const UNPACK_HERE_BYTES = 4 * 1024;
const UNPACK_HERE_INTO_BYTES = 256 * 1024;

/** By the numbers of `heliograph.wire.v1.Compression`. */
const names: readonly Compression[] = ["none", "gzip", "zstd"];

const compressors: ReadonlyMap<Compression, Compressor> = new Map(
  [gzip, zstd].flatMap((each) => (each === undefined ? [] : [[each.name, each]])),
);

/** What this process can undo, by the names that HELLO and WELCOME have for it. */
export const features: readonly string[] = [...compressors.keys()];

/** The number of `heliograph.wire.v1.Compression`; 0 for none. */
export function compressionId(name: Compression): number {
  return names.indexOf(name);
}

/** The name for a number of `heliograph.wire.v1.Compression`; undefined when it has none. */
export function compressionName(id: number): Compression | undefined {
  return names[id];
}

/** Whether a peer with such features can read what is compressed so. */
export function canUndo(peerFeatures: readonly string[], compression: Compression): boolean {
  return compression === "none" || peerFeatures.includes(compression);
}

/**
 * The value, if this process can compress so.
 *
 * @param option what it was given as, for the error
 * @throws HeliographError INVALID_ARGUMENT that quotes the value and names what there is
 */
export function checkCompression(option: string, value: unknown): Compression {
  if (value === "none" || (typeof value === "string" && features.includes(value))) {
    return value as Compression;
  }
  const known = ["none", ...features].map((name) => `"${name}"`).join(" or ");
  if (value === "zstd") {
    throw invalidArgument(
      `${option} "zstd" needs Node 22.15 or newer, this is ${process.version}; write ${known}`,
    );
  }
  throw invalidArgument(`${option} must be ${known}, got ${showValue(value)}`);
}

/**
 * The payload as it travels: at once for one of up to 32 KiB, in a thread of Node's pool for a larger one, whose bytes
 * must not change until then. May come out larger than it went in.
 *
 * @throws HeliographError UNIMPLEMENTED, reason CODEC_UNSUPPORTED, when this process can't compress so
 */
export function compress(compression: Compression, bytes: Buffer): Buffer | Promise<Buffer> {
  if (compression === "none") return bytes;
  const compressor = compressors.get(compression) ?? unsupported(compression);
  return bytes.length <= PACK_HERE_BYTES ? compressor.packHere(bytes) : compressor.packElsewhere(bytes);
}

/**
 * Undoes `compress`: at once when the bytes and what they become are few, in a thread of Node's pool otherwise; the
 * bytes must not change until then. Never takes much more memory than `maxBytes`, whatever they claim to become.
 *
 * Throws, or rejects with, a HeliographError: RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE, for more than `maxBytes`;
 * INTERNAL, reason MALFORMED_MESSAGE, for what is not exactly one whole compressed payload; UNIMPLEMENTED, reason
 * CODEC_UNSUPPORTED, for a number that this process has no compression for.
 *
 * @param id a number of `heliograph.wire.v1.Compression`
 * @param maxBytes of the payload, decompressed
 */
export function decompress(id: number, bytes: Buffer, maxBytes: number): Buffer | Promise<Buffer> {
  const name = compressionName(id);
  if (name === "none") {
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    return bytes;
  }
  const compressor = (name && compressors.get(name)) ?? unsupported(name ?? String(id));
  try {
    if (name === "zstd") checkZstdFrame(bytes, maxBytes);
    if (bytes.length > UNPACK_HERE_BYTES) return elsewhere(compressor, bytes, maxBytes);
    const here = Math.min(maxBytes, UNPACK_HERE_INTO_BYTES);
    try {
      return whole(compressor.unpackHere(bytes, here), bytes, maxBytes);
    } catch (error) {
      if (here < maxBytes && isOverflow(error)) return elsewhere(compressor, bytes, maxBytes);
      throw error;
    }
  } catch (error) {
    throw undoFailed(error, compressor.name, maxBytes);
  }
}

/** So many payloads are decompressed at a time: as many as Node's pool has threads. More would only take more memory. */
const AT_A_TIME = 4;
const unpacking = new Semaphore(AT_A_TIME);

async function elsewhere(compressor: Compressor, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return whole(await unpacking.run(() => compressor.unpackElsewhere(bytes, maxBytes)), bytes, maxBytes);
  } catch (error) {
    throw undoFailed(error, compressor.name, maxBytes);
  }
}

/** zlib passes over zeros that follow, and knows no limit of 0. */
function whole({ buffer, engine }: Unpacking, bytes: Buffer, maxBytes: number): Buffer {
  if (buffer.length > maxBytes) throw tooLarge(maxBytes);
  if (engine.bytesWritten === bytes.length) return buffer;
  throw new Error(`${bytes.length - engine.bytesWritten} bytes follow its end`);
}

function isOverflow(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

function undoFailed(error: unknown, name: string, maxBytes: number): HeliographError {
  if (error instanceof HeliographError) return error;
  if (isOverflow(error)) return tooLarge(maxBytes);
  const problem = error instanceof Error ? error.message : String(error);
  return new HeliographError(Code.Internal, `can't decompress the payload (${name}): ${problem}`, {
    reason: "MALFORMED_MESSAGE",
    cause: error,
  });
}

function tooLarge(maxBytes: number): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `the payload has, decompressed, more than the ${maxBytes} bytes that the receiver accepts (limits.messageBytes)`,
    { reason: "MESSAGE_TOO_LARGE" },
  );
}

function unsupported(compression: string): never {
  throw new HeliographError(
    Code.Unimplemented,
    `compression ${compression} is not known here; this side has ${features.join(" and ")}`,
    { reason: "CODEC_UNSUPPORTED" },
  );
}

import { Buffer } from "node:buffer";

/**
 * A message of one empty part says that its sender is gone. A ROUTER makes it up when a connection breaks;
 * where ZeroMQ does not, the kit's sockets send it themselves.
 */
export const GOODBYE = Buffer.alloc(0);

/** True for the message that says that its sender is gone; `bytes` is what its parts hold. */
export function isGoodbye(parts: readonly Uint8Array[], bytes: number): boolean {
  return bytes === 0 && parts.length === 1;
}

/** The bytes of all parts. */
export function byteLengthOf(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  for (let i = 0; i < parts.length; i += 1) bytes += parts[i]!.byteLength;
  return bytes;
}

/** The same memory as a `Buffer`. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import type { Buffer } from "node:buffer";

const MAGIC = 0xfd2fb528;

/** What every decoder is to support (RFC 8878, 3.1.1.1.2); a payload that is larger may have a window of its size. */
const WINDOW_BYTES = 8 * 1024 * 1024;

const RLE = 1;
const RESERVED = 3;

/**
 * Makes sure that the bytes have the outline of one zstd frame (RFC 8878), from its first byte to its last, which needs
 * no more memory than its content may have. zlib of Node 22.15 takes a cut-off frame for an empty one, that of any
 * version doesn't look at what follows a frame, and reserves whatever window the frame asks for.
 *
 * @throws Error that says what is wrong
 */
export function checkZstdFrame(bytes: Buffer, maxBytes: number): void {
  if (bytes.length < 6) throw cutOff();
  if (bytes.readUInt32LE(0) !== MAGIC) throw new Error("it does not begin like a zstd frame");
  const descriptor = bytes.readUInt8(4);
  const contentFlag = descriptor >> 6;
  const singleSegment = (descriptor & 0x20) !== 0;
  let offset = 5;
  let windowBytes = 0;
  if (!singleSegment) {
    const window = bytes.readUInt8(offset++);
    const base = 2 ** (10 + (window >> 3));
    windowBytes = base + (base / 8) * (window & 7);
  }
  offset += [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentLength = contentFlag === 0 ? Number(singleSegment) : 2 ** contentFlag;
  if (offset + contentLength > bytes.length) throw cutOff();
  if (singleSegment) windowBytes = contentBytes(bytes, offset, contentLength);
  const most = Math.max(WINDOW_BYTES, maxBytes);
  if (windowBytes > most)
    throw new Error(`its window of ${windowBytes} bytes is larger than the ${most} of this side`);
  offset = blocksEnd(bytes, offset + contentLength) + ((descriptor & 4) === 0 ? 0 : 4);
  if (offset > bytes.length) throw cutOff();
  if (offset < bytes.length) throw new Error(`${bytes.length - offset} bytes follow its end`);
}

function contentBytes(bytes: Buffer, offset: number, length: number): number {
  switch (length) {
    case 1:
      return bytes.readUInt8(offset);
    case 2:
      return bytes.readUInt16LE(offset) + 256;
    case 4:
      return bytes.readUInt32LE(offset);
    default:
      return Number(bytes.readBigUInt64LE(offset));
  }
}

/** Where the last of the blocks that begin at `offset` ends. */
function blocksEnd(bytes: Buffer, offset: number): number {
  for (let at = offset; ; ) {
    if (at + 3 > bytes.length) throw cutOff();
    const header = bytes.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw new Error("a block is of no known type");
    at += 3 + (type === RLE ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
}

function cutOff(): Error {
  return new Error("unexpected end of file");
}

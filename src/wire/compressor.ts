import type { Buffer } from "node:buffer";
import * as zlib from "node:zlib";

/** What was decompressed, and how much was taken for it. */
export interface Unpacking {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** One algorithm of `node:zlib`, in the caller's turn ("here") or in a thread of Node's pool ("elsewhere"). */
export interface Compressor {
  readonly name: "gzip" | "zstd";
  packHere(bytes: Buffer): Buffer;
  packElsewhere(bytes: Buffer): Promise<Buffer>;
  /** Throws an Error with code ERR_BUFFER_TOO_LARGE as soon as it is more than `maxBytes`. */
  unpackHere(bytes: Buffer, maxBytes: number): Unpacking;
  unpackElsewhere(bytes: Buffer, maxBytes: number): Promise<Unpacking>;
}

interface Options {
  readonly chunkSize: number;
  readonly maxOutputLength?: number;
  readonly info?: true;
  readonly level?: number;
  readonly params?: Readonly<Record<number, number>>;
}

type Here<T> = (bytes: Buffer, options: Options) => T;
type Elsewhere<T> = (bytes: Buffer, options: Options, done: (error: Error | null, result: T) => void) => void;

/** The functions as they are, `info` included, which the types of Node 20 don't describe. */
interface Functions {
  readonly gzip: Elsewhere<Buffer>;
  readonly gzipSync: Here<Buffer>;
  readonly gunzip: Elsewhere<Unpacking>;
  readonly gunzipSync: Here<Unpacking>;
  readonly zstdCompress?: Elsewhere<Buffer>;
  readonly zstdCompressSync?: Here<Buffer>;
  readonly zstdDecompress?: Elsewhere<Unpacking>;
  readonly zstdDecompressSync?: Here<Unpacking>;
}

const functions = zlib as unknown as Functions;
const constants: Readonly<Record<string, number>> = { ...zlib.constants };

/**
 * Level 1 of both. Of 32 and 256 KiB of JSON and of binary records gzip leaves 2 to 9 % more than at level 6, in less
 * than half of the time; zstd leaves about as much as at level 3, in three quarters of it.
 */
const FAST = 1;

const MIN_CHUNK = 1024;
const MAX_CHUNK = 256 * 1024;

export const gzip: Compressor = compressor(
  "gzip",
  functions.gzip,
  functions.gzipSync,
  functions.gunzip,
  functions.gunzipSync,
  { level: FAST },
  // The last four bytes say how much it is: good enough to choose the size of a buffer by.
  (bytes) => (bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4)),
);

/** Undefined before Node 22.15. */
export const zstd: Compressor | undefined = zstdCompressor();

function zstdCompressor(): Compressor | undefined {
  const { zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } = functions;
  const level = constants["ZSTD_c_compressionLevel"];
  if (zstdCompress === undefined || zstdCompressSync === undefined) return undefined;
  if (zstdDecompress === undefined || zstdDecompressSync === undefined || level === undefined)
    return undefined;
  return compressor(
    "zstd",
    zstdCompress,
    zstdCompressSync,
    zstdDecompress,
    zstdDecompressSync,
    { params: { [level]: FAST } },
    (bytes) => bytes.length * 4,
  );
}

function compressor(
  name: Compressor["name"],
  pack: Elsewhere<Buffer>,
  packSync: Here<Buffer>,
  unpack: Elsewhere<Unpacking>,
  unpackSync: Here<Unpacking>,
  how: Pick<Options, "level" | "params">,
  expectedBytes: (bytes: Buffer) => number,
): Compressor {
  const packing = (bytes: Buffer): Options => ({ ...how, chunkSize: chunkSize(bytes.length) });
  const unpacking = (bytes: Buffer, maxBytes: number): Options => ({
    // One byte more, so that what fits exactly needs no second buffer to find its end in.
    chunkSize: chunkSize(Math.min(expectedBytes(bytes), maxBytes) + 1),
    maxOutputLength: Math.max(1, maxBytes),
    info: true,
  });
  return {
    name,
    packHere: (bytes) => packSync(bytes, packing(bytes)),
    packElsewhere: (bytes) => promised((done) => pack(bytes, packing(bytes), done)),
    unpackHere: (bytes, maxBytes) => unpackSync(bytes, unpacking(bytes, maxBytes)),
    unpackElsewhere: (bytes, maxBytes) => promised((done) => unpack(bytes, unpacking(bytes, maxBytes), done)),
  };
}

/** Of the buffers that zlib writes into. The last one stays as large as it was made, for as long as its bytes are kept. */
function chunkSize(bytes: number): number {
  return Math.max(MIN_CHUNK, Math.min(bytes, MAX_CHUNK));
}

function promised<T>(start: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

import { Buffer } from "node:buffer";

/** Bytes by hand: numbers are bytes, arrays are length-delimited, text is UTF-8. */
export type Piece = number | string | readonly Piece[];

/** `bytes(0x0a, ["ab"])` is field 1 with the two bytes of `ab`. */
export function bytes(...pieces: Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === "number") return Buffer.of(piece);
      if (typeof piece === "string") return Buffer.from(piece);
      const inner = bytes(...piece);
      return Buffer.concat([varint(inner.length), inner]);
    }),
  );
}

/** A varint, padded to at least `width` bytes. */
export function varint(value: number | bigint, width = 1): Buffer {
  const out: number[] = [];
  let rest = BigInt(value);
  do {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  } while (rest > 0n);
  while (out.length < width) out.push(128);
  out[out.length - 1]! &= 127;
  return Buffer.from(out);
}

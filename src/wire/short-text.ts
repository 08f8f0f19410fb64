import type { Buffer } from "node:buffer";

const text = String.fromCharCode;

/** The longest text that `readShortAscii` reads. */
export const SHORT_BYTES = 32;

/**
 * The text of up to 32 bytes of ASCII from `at`, which must lie within the buffer; undefined when one is not ASCII.
 *
 * Short text is most of what small messages are made of. The native call takes about 65 ns however short it is, and
 * joining characters in a loop is slower still; one call with exactly as many arguments as characters takes 12 to 45.
 */
// biome-ignore format: one step per length
export function readShortAscii(buf: Buffer, at: number, bytes: number): string | undefined {
  if (bytes === 0) return "";
  let any = 0;
  const c0 = buf[at + 0]!; any |= c0;
  if (bytes === 1) return any < 128 ? text(c0) : undefined;
  const c1 = buf[at + 1]!; any |= c1;
  if (bytes === 2) return any < 128 ? text(c0, c1) : undefined;
  const c2 = buf[at + 2]!; any |= c2;
  if (bytes === 3) return any < 128 ? text(c0, c1, c2) : undefined;
  const c3 = buf[at + 3]!; any |= c3;
  if (bytes === 4) return any < 128 ? text(c0, c1, c2, c3) : undefined;
  const c4 = buf[at + 4]!; any |= c4;
  if (bytes === 5) return any < 128 ? text(c0, c1, c2, c3, c4) : undefined;
  const c5 = buf[at + 5]!; any |= c5;
  if (bytes === 6) return any < 128 ? text(c0, c1, c2, c3, c4, c5) : undefined;
  const c6 = buf[at + 6]!; any |= c6;
  if (bytes === 7) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6) : undefined;
  const c7 = buf[at + 7]!; any |= c7;
  if (bytes === 8) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7) : undefined;
  const c8 = buf[at + 8]!; any |= c8;
  if (bytes === 9) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8) : undefined;
  const c9 = buf[at + 9]!; any |= c9;
  if (bytes === 10) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9) : undefined;
  const c10 = buf[at + 10]!; any |= c10;
  if (bytes === 11) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10) : undefined;
  const c11 = buf[at + 11]!; any |= c11;
  if (bytes === 12) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11) : undefined;
  const c12 = buf[at + 12]!; any |= c12;
  if (bytes === 13) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12) : undefined;
  const c13 = buf[at + 13]!; any |= c13;
  if (bytes === 14) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13) : undefined;
  const c14 = buf[at + 14]!; any |= c14;
  if (bytes === 15) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14) : undefined;
  const c15 = buf[at + 15]!; any |= c15;
  if (bytes === 16) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15) : undefined;
  const c16 = buf[at + 16]!; any |= c16;
  if (bytes === 17) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16) : undefined;
  const c17 = buf[at + 17]!; any |= c17;
  if (bytes === 18) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17) : undefined;
  const c18 = buf[at + 18]!; any |= c18;
  if (bytes === 19) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18) : undefined;
  const c19 = buf[at + 19]!; any |= c19;
  if (bytes === 20) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19) : undefined;
  const c20 = buf[at + 20]!; any |= c20;
  if (bytes === 21) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20) : undefined;
  const c21 = buf[at + 21]!; any |= c21;
  if (bytes === 22) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21) : undefined;
  const c22 = buf[at + 22]!; any |= c22;
  if (bytes === 23) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22) : undefined;
  const c23 = buf[at + 23]!; any |= c23;
  if (bytes === 24) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23) : undefined;
  const c24 = buf[at + 24]!; any |= c24;
  if (bytes === 25) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24) : undefined;
  const c25 = buf[at + 25]!; any |= c25;
  if (bytes === 26) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25) : undefined;
  const c26 = buf[at + 26]!; any |= c26;
  if (bytes === 27) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26) : undefined;
  const c27 = buf[at + 27]!; any |= c27;
  if (bytes === 28) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27) : undefined;
  const c28 = buf[at + 28]!; any |= c28;
  if (bytes === 29) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28) : undefined;
  const c29 = buf[at + 29]!; any |= c29;
  if (bytes === 30) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29) : undefined;
  const c30 = buf[at + 30]!; any |= c30;
  if (bytes === 31) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30) : undefined;
  const c31 = buf[at + 31]!; any |= c31;
  if (bytes === 32) return any < 128 ? text(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31) : undefined;
  return undefined;
}

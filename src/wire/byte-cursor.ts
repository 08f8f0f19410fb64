import { Buffer } from "node:buffer";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { MalformedMessage } from "./malformed-message.js";

const MAX_VARINT = 10;
const CUT_SHORT = "the end, in the middle of a field";
/** Values from this size may be views, see `MessageReader.bytes`. */
const VIEW_BYTES = 512;
const VIEW_SHARE = 8;

export const nothing = Buffer.alloc(0);

// A value of 64 bits is put together here: typed arrays do it without an intermediate bigint.
export const words = new Uint32Array(2);
export const int64 = new BigInt64Array(words.buffer);
export const uint64 = new BigUint64Array(words.buffer);
export const float64 = new Float64Array(words.buffer);
export const float32 = new Float32Array(words.buffer);
export const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
export const HIGH = 1 - LOW;

/**
 * Is an instance of BinaryReader, as generated code asks, without running its constructor: that one would give
 * each reader an own `uint32`, which hides the method of a subclass, and a DataView of one buffer for good.
 */
const Reader = function Reader() {} as unknown as new () => object;
Reader.prototype = BinaryReader.prototype;

/** The parts that protobuf's values are made of, each read within `limit` and refused where it isn't valid. */
export class ByteCursor extends Reader {
  /** Where the next byte comes from. */
  pos = 0;
  protected buf: Buffer = nothing;
  /** The first byte of the outermost message: faults are counted from it. */
  protected start = 0;
  /** The end of what may be read. */
  protected limit = 0;
  /** The last tag, as an int32. */
  protected tagRead = 0;

  protected length(): number {
    const start = this.pos;
    let length = this.byte();
    if (length >= 128) length = this.restOfUint32(length, "length");
    if (length > this.limit - this.pos) throw this.fault(this.overrun(length), start);
    return length;
  }

  protected byte(): number {
    const pos = this.pos;
    if (pos >= this.limit) throw this.fault(CUT_SHORT);
    this.pos = pos + 1;
    return this.buf[pos]!;
  }

  /** The rest of a tag or a length, whose varint may be padded but not be longer than five bytes. */
  protected restOfUint32(first: number, what: string): number {
    const start = this.pos - 1;
    let value = first & 127;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    const last = this.byte();
    if (last > 15) throw this.fault(`a ${what} of more than 32 bits`, start);
    return (value | (last << 28)) >>> 0;
  }

  /** The low 32 bits of a varint, of either sign. */
  protected varint32(): number {
    const buf = this.buf;
    const pos = this.pos;
    const left = this.limit - pos;
    if (left > 0) {
      const first = buf[pos]!;
      if (first < 128) {
        this.pos = pos + 1;
        return first;
      }
      if (left > 2) {
        const second = buf[pos + 1]!;
        if (second < 128) {
          this.pos = pos + 2;
          return (first & 127) | (second << 7);
        }
        const third = buf[pos + 2]!;
        if (third < 128) {
          this.pos = pos + 3;
          return (first & 127) | ((second & 127) << 7) | (third << 14);
        }
      }
    }
    this.varint64();
    return words[LOW]! | 0;
  }

  protected varint64(): void {
    const buf = this.buf;
    const start = this.pos;
    const end = Math.min(this.limit, start + MAX_VARINT);
    let pos = start;
    let low = 0;
    let high = 0;
    // 28 bits, then the byte that both words share, then the high word's.
    for (let shift = 0; shift < 28 && pos < end; shift += 7) {
      const byte = buf[pos++]!;
      low |= (byte & 127) << shift;
      if (byte < 128) {
        this.accept(low, 0, pos);
        return;
      }
    }
    if (pos < end) {
      const byte = buf[pos++]!;
      low |= byte << 28;
      high = (byte & 127) >>> 4;
      if (byte < 128) {
        this.accept(low, high, pos);
        return;
      }
    }
    for (let shift = 3; pos < end; shift += 7) {
      const byte = buf[pos++]!;
      high |= (byte & 127) << shift;
      if (byte < 128) {
        if (shift === 31 && byte > 1) throw this.fault("a varint of more than 64 bits", start);
        this.accept(low, high, pos);
        return;
      }
    }
    if (pos === start + MAX_VARINT) throw this.fault("a varint of more than 10 bytes", start);
    throw this.fault(CUT_SHORT, pos);
  }

  protected accept(low: number, high: number, pos: number): void {
    words[LOW] = low;
    words[HIGH] = high;
    this.pos = pos;
  }

  protected fixedWords(): void {
    const start = this.take(8);
    words[LOW] = this.word(start);
    words[HIGH] = this.word(start + 4);
  }

  protected word(at: number): number {
    const buf = this.buf;
    return buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24);
  }

  /** Passes over `length` bytes, and returns where they begin. */
  protected take(length: number): number {
    const start = this.pos;
    if (length > this.limit - start) throw this.fault(this.overrun(length));
    this.pos = start + length;
    return start;
  }

  protected slice(start: number, length: number): Uint8Array {
    const { buffer, byteOffset } = this.buf;
    if (length >= VIEW_BYTES && length * VIEW_SHARE >= buffer.byteLength) {
      return new Uint8Array(buffer, byteOffset + start, length);
    }
    const copy = new Uint8Array(length);
    if (length <= 32) for (let i = 0; i < length; i++) copy[i] = this.buf[start + i]!;
    else copy.set(this.buf.subarray(start, start + length));
    return copy;
  }

  protected overrun(length: number): string {
    return `a length of ${length} where ${this.limit - this.pos} bytes are left`;
  }

  protected fault(problem: string, at = this.pos): MalformedMessage {
    return new MalformedMessage(problem, at - this.start, this.tagRead >>> 3);
  }
}

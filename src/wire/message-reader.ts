import { Buffer } from "node:buffer";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { MalformedMessage } from "./malformed-message.js";
import { readText } from "./text.js";

/** How deep messages may be nested, the outermost one included: protobuf's own usual limit. */
export const MAX_DEPTH = 100;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
/** One bit per wire type that may occur; 3 and 4 were groups, 6 and 7 never existed. */
const WIRE_TYPES = 0b100111;
/** Skipped tags that are kept for the check of wire types; with more than these every one is suspect. */
const MAX_SKIPPED = 8;
const MAX_VARINT = 10;
const MAX_BYTES = 0x7fffffff;
const CUT_SHORT = "the end, in the middle of a field";
/** Values from this size may be views, see `MessageReader.bytes`. */
const VIEW_BYTES = 512;
const VIEW_SHARE = 8;

const nothing = Buffer.alloc(0);

// A 64-bit value is put together here: typed arrays do it without an intermediate bigint.
const words = new Uint32Array(2);
const signed = new BigInt64Array(words.buffer);
const unsigned = new BigUint64Array(words.buffer);
const float64 = new Float64Array(words.buffer);
const float32 = new Float32Array(words.buffer);
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/**
 * Is an instance of BinaryReader, as generated code asks, without running its constructor: that one would give
 * each reader an own `uint32`, which hides the method below, and a DataView of one buffer for good.
 */
const Reader = function Reader() {} as unknown as new () => object;
Reader.prototype = BinaryReader.prototype;

/**
 * What ts-proto's generated `decode` reads from: a strict protobuf reader that is reused from message to message
 * and allocates nothing but the values it returns.
 *
 * Refused with a MalformedMessage, in nested messages and packed fields too: a length that overruns what encloses
 * it, a varint of more than 10 bytes or 64 bits, a tag of field 0 or of more than 32 bits, groups and unknown wire
 * types, text that is not UTF-8, nesting deeper than `MAX_DEPTH`, and bytes that were not read.
 *
 * Generated code tells its reader when a message begins and ends by setting `__tsProtoDecodeDepth`, and reads each
 * length by `uint32`. So the last length read before a message begins is that message's, and is enforced here.
 *
 * One message at a time, between `reset` and `finish`; `decodeMessage` sees to that.
 */
export class MessageReader extends Reader {
  /** Where the next byte comes from, and the end of the outermost message: generated code reads both. */
  pos = 0;
  len = 0;
  /** Fields that the message type skipped, because it doesn't know them or they had another wire type. */
  skipped = 0;
  private buf: Buffer = nothing;
  private start = 0;
  /** The end of the message being read, and the end of what may be read: that, or of a packed field in it. */
  private end = 0;
  private limit = 0;
  /** A length was read, and what it measures has not begun: a message, or else a packed field. */
  private packed = false;
  private tagRead = 0;
  /** The position right after the last tag: what is read there is its value. */
  private valueAt = -1;
  private depth = 0;
  private leftover = -1;
  private readonly ends = new Int32Array(MAX_DEPTH);
  private readonly tagsSkipped = new Int32Array(MAX_SKIPPED);

  /** Begins with the message in `buf[start, end)`. */
  reset(buf: Buffer, start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= buf.length && end <= MAX_BYTES)) {
      throw new RangeError(`[${start}, ${end}) is not a range of ${buf.length} bytes`);
    }
    this.buf = buf;
    this.start = start;
    this.pos = start;
    this.len = end;
    this.end = end;
    this.limit = end;
    this.packed = false;
    this.tagRead = 0;
    this.valueAt = -1;
    this.depth = 0;
    this.leftover = -1;
    this.skipped = 0;
  }

  /** Checks that all was read. To be called after a `decode` that didn't throw. */
  finish(): void {
    if (this.leftover < 0 && this.pos === this.len) return;
    throw this.fault("bytes that were not read", this.leftover < 0 ? this.pos : this.leftover);
  }

  /** Lets go of the buffer. */
  release(): void {
    this.buf = nothing;
  }

  /** The tags (field number and wire type) of the first skipped fields, or undefined when there were more. */
  skippedTags(): number[] | undefined {
    if (this.skipped > MAX_SKIPPED) return undefined;
    return Array.from(this.tagsSkipped.subarray(0, this.skipped), (tag) => tag >>> 0);
  }

  get __tsProtoDecodeDepth(): number {
    if (this.depth >= MAX_DEPTH) throw this.fault(`messages nested deeper than ${MAX_DEPTH}`);
    return this.depth;
  }

  set __tsProtoDecodeDepth(depth: number) {
    if (depth > this.depth) {
      this.ends[this.depth] = this.end;
      this.end = this.limit;
      this.packed = false;
    } else {
      // This runs in a `finally`, where throwing would hide the fault that ended the message: finish() throws it.
      if (this.pos !== this.end && this.leftover < 0) this.leftover = this.pos;
      this.end = this.ends[depth]!;
      this.limit = this.end;
      this.packed = false;
    }
    this.depth = depth;
  }

  /** A tag, a length, or a value: which of them follows from what was read before. */
  uint32(): number {
    if (this.pos === this.valueAt) {
      if ((this.tagRead & 7) === LENGTH_DELIMITED) {
        const length = this.length();
        this.limit = this.pos + length;
        this.packed = true;
        return length;
      }
    } else if (!this.packed || this.pos >= this.limit) {
      return this.nextTag();
    }
    return this.varint32() >>> 0;
  }

  int32(): number {
    return this.varint32() | 0;
  }

  sint32(): number {
    const value = this.varint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    const byte = this.byte();
    if (byte < 128) return byte !== 0;
    this.pos--;
    this.varint64();
    return (words[0]! | words[1]!) !== 0;
  }

  int64(): bigint {
    this.varint64();
    return signed[0]!;
  }

  uint64(): bigint {
    this.varint64();
    return unsigned[0]!;
  }

  sint64(): bigint {
    this.varint64();
    const low = words[LOW]!;
    const high = words[HIGH]!;
    const sign = -(low & 1);
    words[LOW] = ((low >>> 1) | (high << 31)) ^ sign;
    words[HIGH] = (high >>> 1) ^ sign;
    return signed[0]!;
  }

  fixed32(): number {
    return this.word(this.take(4)) >>> 0;
  }

  sfixed32(): number {
    return this.word(this.take(4));
  }

  fixed64(): bigint {
    this.fixedWords();
    return unsigned[0]!;
  }

  sfixed64(): bigint {
    this.fixedWords();
    return signed[0]!;
  }

  float(): number {
    words[0] = this.word(this.take(4));
    return float32[0]!;
  }

  double(): number {
    this.fixedWords();
    return float64[0]!;
  }

  string(): string {
    const length = this.length();
    const start = this.pos;
    const text = readText(this.buf, start, length);
    if (text === undefined) throw this.fault("invalid UTF-8", start);
    this.pos = start + length;
    return text;
  }

  /**
   * A view of the buffer when the value has at least 512 bytes and fills at least an eighth of the memory that the
   * view keeps alive; otherwise a copy. So what is received costs no second copy where that would matter, and ten
   * bytes that somebody keeps never hold a packet of a megabyte.
   */
  bytes(): Uint8Array {
    const length = this.length();
    return this.slice(this.take(length), length);
  }

  tag(): ReturnType<BinaryReader["tag"]> {
    const tag = this.nextTag();
    return [tag >>> 3, tag & 7];
  }

  /** Passes over the value of the last tag, and returns it as it was encoded. */
  skip(wireType: number): Uint8Array {
    if (this.skipped < MAX_SKIPPED) this.tagsSkipped[this.skipped] = this.tagRead;
    this.skipped++;
    const start = this.pos;
    if (wireType === VARINT) this.varint32();
    else if (wireType === FIXED64) this.take(8);
    else if (wireType === LENGTH_DELIMITED) this.take(this.length());
    else if (wireType === FIXED32) this.take(4);
    else throw this.fault(`wire type ${wireType}`);
    return this.slice(start, this.pos - start);
  }

  private nextTag(): number {
    if (this.packed) {
      this.packed = false;
      this.limit = this.end;
    }
    const start = this.pos;
    let tag = this.byte();
    if (tag >= 128) tag = this.restOfUint32(tag, "tag");
    if (tag >>> 3 === 0) throw this.fault("field number 0", start);
    if (((WIRE_TYPES >>> (tag & 7)) & 1) === 0) throw this.fault(`wire type ${tag & 7}`, start);
    // As an int32, so that the field stays a small integer whatever a peer sends.
    this.tagRead = tag | 0;
    this.valueAt = this.pos;
    return tag;
  }

  private length(): number {
    const start = this.pos;
    let length = this.byte();
    if (length >= 128) length = this.restOfUint32(length, "length");
    if (length > this.limit - this.pos) throw this.fault(this.overrun(length), start);
    return length;
  }

  private byte(): number {
    const pos = this.pos;
    if (pos >= this.limit) throw this.fault(CUT_SHORT);
    this.pos = pos + 1;
    return this.buf[pos]!;
  }

  /** The rest of a tag or a length, whose varint may be padded but not be longer than five bytes. */
  private restOfUint32(first: number, what: string): number {
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
  private varint32(): number {
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

  private varint64(): void {
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
      if (byte < 128) return this.words(low, 0, pos);
    }
    if (pos < end) {
      const byte = buf[pos++]!;
      low |= byte << 28;
      high = (byte & 127) >>> 4;
      if (byte < 128) return this.words(low, high, pos);
    }
    for (let shift = 3; pos < end; shift += 7) {
      const byte = buf[pos++]!;
      high |= (byte & 127) << shift;
      if (byte < 128) {
        if (shift === 31 && byte > 1) throw this.fault("a varint of more than 64 bits", start);
        return this.words(low, high, pos);
      }
    }
    if (pos === start + MAX_VARINT) throw this.fault("a varint of more than 10 bytes", start);
    throw this.fault(CUT_SHORT, pos);
  }

  private words(low: number, high: number, pos: number): void {
    words[LOW] = low;
    words[HIGH] = high;
    this.pos = pos;
  }

  private fixedWords(): void {
    const start = this.take(8);
    words[LOW] = this.word(start);
    words[HIGH] = this.word(start + 4);
  }

  private word(at: number): number {
    const buf = this.buf;
    return buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24);
  }

  /** Passes over `length` bytes, and returns where they begin. */
  private take(length: number): number {
    const start = this.pos;
    if (length > this.limit - start) throw this.fault(this.overrun(length));
    this.pos = start + length;
    return start;
  }

  private slice(start: number, length: number): Uint8Array {
    const { buffer, byteOffset } = this.buf;
    if (length >= VIEW_BYTES && length * VIEW_SHARE >= buffer.byteLength) {
      return new Uint8Array(buffer, byteOffset + start, length);
    }
    const copy = new Uint8Array(length);
    if (length <= 32) for (let i = 0; i < length; i++) copy[i] = this.buf[start + i]!;
    else copy.set(this.buf.subarray(start, start + length));
    return copy;
  }

  private overrun(length: number): string {
    return `a length of ${length} where ${this.limit - this.pos} bytes are left`;
  }

  private fault(problem: string, at = this.pos): MalformedMessage {
    return new MalformedMessage(problem, at - this.start, this.tagRead >>> 3);
  }
}

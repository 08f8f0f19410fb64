import type { Buffer } from "node:buffer";
import type { BinaryReader } from "@bufbuild/protobuf/wire";
import { ByteCursor, float32, float64, HIGH, int64, LOW, nothing, uint64, words } from "./byte-cursor.js";
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
const MAX_BYTES = 0x7fffffff;

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
export class MessageReader extends ByteCursor {
  /** The end of the outermost message. Generated code reads this and `pos`. */
  len = 0;
  /** Fields that the message type skipped, because it doesn't know them or they had another wire type. */
  skipped = 0;
  /** The end of the message being read; `limit` is that, or the end of a packed field in it. */
  private end = 0;
  /** A length was read, and what it measures has not begun: a message, or else a packed field. */
  private packed = false;
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
    const pos = this.pos;
    if (this.packed && pos < this.limit) return this.varint32() >>> 0;
    if (pos !== this.valueAt) return this.nextTag();
    if ((this.tagRead & 7) !== LENGTH_DELIMITED) return this.varint32() >>> 0;
    const length = this.length();
    this.limit = this.pos + length;
    this.packed = true;
    return length;
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
    return int64[0]!;
  }

  uint64(): bigint {
    this.varint64();
    return uint64[0]!;
  }

  sint64(): bigint {
    this.varint64();
    const low = words[LOW]!;
    const high = words[HIGH]!;
    const sign = -(low & 1);
    words[LOW] = ((low >>> 1) | (high << 31)) ^ sign;
    words[HIGH] = (high >>> 1) ^ sign;
    return int64[0]!;
  }

  fixed32(): number {
    return this.word(this.take(4)) >>> 0;
  }

  sfixed32(): number {
    return this.word(this.take(4));
  }

  fixed64(): bigint {
    this.fixedWords();
    return uint64[0]!;
  }

  sfixed64(): bigint {
    this.fixedWords();
    return int64[0]!;
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

  /** All that was not read of the message, as a view. */
  rest(): Buffer {
    const start = this.pos;
    this.pos = this.limit;
    return this.buf.subarray(start, this.limit);
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
}

import { Buffer } from "node:buffer";
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { MessageType } from "./definition.js";
import { showValue } from "./show-value.js";

/**
 * Size of a fresh slab. A packet under 128 bytes is copied by ZeroMQ and a larger one is sent from the slab itself,
 * so a slab is written once, front to back, and then left to the garbage collector.
 */
const SLAB_BYTES = 32 * 1024;
/** Below this many characters a string is written by a loop; above, the native call is faster. */
const LOOPED_CHARS = 48;
const LOOPED_BYTES = 32;
const TWO_32 = 4_294_967_296;

const float64 = new Float64Array(1);
const float64Bytes = new Uint8Array(float64.buffer);
const float32 = new Float32Array(1);
const float32Bytes = new Uint8Array(float32.buffer);
const FLOAT32_MAX = 3.4028234663852886e38;

/**
 * Appends protobuf to one growing buffer, in place. It has the methods that ts-proto's `encode` calls on its
 * writer, so a message is encoded straight into the packet that carries it, with no array of its own.
 *
 * Output is byte for byte that of the stock writer. A value of the wrong type, `undefined` among them,
 * throws a `TypeError` and leaves the position undefined: the caller rewinds.
 */
export class MessageWriter {
  buf: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Where the next byte goes. */
  pos = 0;
  /** Where the bytes begin that were not taken yet. Positions that outlive a write are kept relative to it. */
  origin = 0;
  private capacity = SLAB_BYTES;
  private readonly forks: number[] = [];

  /** Makes room for `bytes` more. What was not taken yet moves to a new slab; the old one is not written again. */
  reserve(bytes: number): void {
    if (this.pos + bytes <= this.capacity) return;
    const used = this.pos - this.origin;
    const capacity = Math.max(SLAB_BYTES, used * 2 + bytes);
    const next = Buffer.allocUnsafeSlow(capacity);
    next.set(this.buf.subarray(this.origin, this.pos), 0);
    this.buf = next;
    this.capacity = capacity;
    this.pos = used;
    this.origin = 0;
  }

  /** The bytes since the last `take`, as a view of the slab that will not be written to again. */
  take(): Buffer {
    const taken = this.buf.subarray(this.origin, this.pos);
    this.origin = this.pos;
    return taken;
  }

  /** Goes on in a new slab, after a copy of the first `keep` bytes that were not taken, so that the old slab can be given away. */
  moveOn(keep: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, keep * 2));
    next.set(this.buf.subarray(this.origin, this.origin + keep), 0);
    this.buf = next;
    this.capacity = next.length;
    this.origin = 0;
    this.pos = keep;
  }

  /** Forgets what was written after `length` bytes since the last `take`, and any open fork. */
  rewind(length: number): void {
    this.pos = this.origin + length;
    this.forks.length = 0;
  }

  /** Encodes a message here. */
  message<T>(type: MessageType<T>, message: T): void {
    // Generated code only calls methods on its writer, and this class has all that it calls.
    type.encode(message, this as unknown as BinaryWriter);
  }

  uint32(value: number): this {
    if (value >>> 0 !== value) throw new TypeError(`expected a uint32, got ${showValue(value)}`);
    if (this.pos + 5 > this.capacity) this.reserve(5);
    const buf = this.buf;
    let pos = this.pos;
    let rest = value;
    while (rest > 127) {
      buf[pos++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buf[pos++] = rest;
    this.pos = pos;
    return this;
  }

  int32(value: number): this {
    if ((value | 0) !== value) throw new TypeError(`expected an int32, got ${showValue(value)}`);
    if (value >= 0) return this.uint32(value);
    return this.varint64(value >>> 0, 0xffffffff);
  }

  sint32(value: number): this {
    if ((value | 0) !== value) throw new TypeError(`expected an int32, got ${showValue(value)}`);
    return this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  int64(value: bigint): this {
    return this.bigVarint(value);
  }

  uint64(value: bigint): this {
    return this.bigVarint(value);
  }

  sint64(value: bigint): this {
    if (typeof value !== "bigint") throw new TypeError(`expected a bigint, got ${showValue(value)}`);
    return this.bigVarint((value << 1n) ^ (value >> 63n));
  }

  /** A varint of a number up to 2^53. */
  uint53(value: number): this {
    if (value <= 0xffffffff) return this.uint32(value);
    return this.varint64((value % TWO_32) >>> 0, Math.floor(value / TWO_32));
  }

  fixed32(value: number): this {
    if (value >>> 0 !== value) throw new TypeError(`expected a uint32, got ${showValue(value)}`);
    return this.fixed(value);
  }

  sfixed32(value: number): this {
    if ((value | 0) !== value) throw new TypeError(`expected an int32, got ${showValue(value)}`);
    return this.fixed(value);
  }

  fixed64(value: bigint): this {
    if (typeof value !== "bigint") throw new TypeError(`expected a bigint, got ${showValue(value)}`);
    this.fixed(Number(BigInt.asUintN(32, value)));
    return this.fixed(Number(BigInt.asUintN(32, value >> 32n)));
  }

  sfixed64(value: bigint): this {
    return this.fixed64(value);
  }

  float(value: number): this {
    if (typeof value !== "number") throw new TypeError(`expected a number, got ${showValue(value)}`);
    if (Number.isFinite(value) && Math.abs(value) > FLOAT32_MAX) {
      throw new TypeError(`expected a float, got ${showValue(value)}`);
    }
    float32[0] = value;
    return this.copy(float32Bytes);
  }

  double(value: number): this {
    if (typeof value !== "number") throw new TypeError(`expected a number, got ${showValue(value)}`);
    float64[0] = value;
    return this.copy(float64Bytes);
  }

  bool(value: boolean): this {
    if (typeof value !== "boolean") throw new TypeError(`expected a boolean, got ${showValue(value)}`);
    if (this.pos + 1 > this.capacity) this.reserve(1);
    this.buf[this.pos++] = value ? 1 : 0;
    return this;
  }

  bytes(value: Uint8Array): this {
    if (!(value instanceof Uint8Array)) throw new TypeError(`expected bytes, got ${showValue(value)}`);
    return this.uint32(value.length).copy(value);
  }

  string(value: string): this {
    if (typeof value !== "string") throw new TypeError(`expected a string, got ${showValue(value)}`);
    const length = value.length;
    if (length < LOOPED_CHARS) {
      if (this.pos + 1 + length > this.capacity) this.reserve(1 + length);
      const buf = this.buf;
      let pos = this.pos;
      buf[pos++] = length;
      let i = 0;
      for (; i < length; i++) {
        const char = value.charCodeAt(i);
        if (char > 127) break;
        buf[pos++] = char;
      }
      if (i === length) {
        this.pos = pos;
        return this;
      }
    }
    // UTF-8 has no form for half a surrogate pair; the native call would write U+FFFD and say nothing.
    if (!value.isWellFormed()) throw new TypeError("expected a well-formed string, got a lone surrogate");
    const bytes = Buffer.byteLength(value, "utf8");
    this.uint32(bytes);
    this.reserve(bytes);
    this.buf.write(value, this.pos, bytes, "utf8");
    this.pos += bytes;
    return this;
  }

  tag(field: number, wireType: number): this {
    return this.uint32(((field << 3) | wireType) >>> 0);
  }

  raw(bytes: Uint8Array): this {
    return this.copy(bytes);
  }

  /** Begins a length-delimited part. One byte is left for its length; `join` makes room when it needs more. */
  fork(): this {
    if (this.pos + 1 > this.capacity) this.reserve(1);
    this.forks.push(this.pos - this.origin);
    this.pos++;
    return this;
  }

  join(): this {
    const fork = this.forks.pop();
    if (fork === undefined) throw new Error("join() without fork()");
    const length = this.pos - this.origin - fork - 1;
    if (length < 128) {
      this.buf[this.origin + fork] = length;
      return this;
    }
    const width = length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
    this.reserve(width - 1);
    const start = this.origin + fork;
    this.buf.copyWithin(start + width, start + 1, this.pos);
    const end = this.pos + width - 1;
    this.pos = start;
    this.uint32(length);
    this.pos = end;
    return this;
  }

  private copy(bytes: Uint8Array): this {
    const length = bytes.length;
    if (this.pos + length > this.capacity) this.reserve(length);
    if (length <= LOOPED_BYTES) {
      const buf = this.buf;
      let pos = this.pos;
      for (let i = 0; i < length; i++) buf[pos++] = bytes[i]!;
    } else {
      this.buf.set(bytes, this.pos);
    }
    this.pos += length;
    return this;
  }

  private fixed(value: number): this {
    if (this.pos + 4 > this.capacity) this.reserve(4);
    const buf = this.buf;
    buf[this.pos++] = value & 255;
    buf[this.pos++] = (value >>> 8) & 255;
    buf[this.pos++] = (value >>> 16) & 255;
    buf[this.pos++] = value >>> 24;
    return this;
  }

  private bigVarint(value: bigint): this {
    if (typeof value !== "bigint") throw new TypeError(`expected a bigint, got ${showValue(value)}`);
    if (value >= 0n && value <= 0xffffffffn) return this.uint32(Number(value));
    return this.varint64(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  }

  private varint64(low: number, high: number): this {
    if (this.pos + 10 > this.capacity) this.reserve(10);
    const buf = this.buf;
    let pos = this.pos;
    let lo = low;
    let hi = high;
    while (hi > 0 || lo > 127) {
      buf[pos++] = (lo & 127) | 128;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    buf[pos++] = lo;
    this.pos = pos;
    return this;
  }
}

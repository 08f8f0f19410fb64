import { type Buffer, isUtf8 } from "node:buffer";
import { MAX_DEPTH } from "./message-reader.js";

/** A container may hold another one of a message for each level, and a map or an array between. */
const MAX_NESTING = 3 * MAX_DEPTH;

/**
 * What is wrong with the outline of a msgpack value in `buf[start, end)`, or undefined when nothing is: a length that
 * overruns the bytes, text that isn't UTF-8, nesting deeper than any message's, extension types (which a decoder may
 * take for code, references or dates), bytes after the value.
 *
 * To be asked before a decoder is, which would allocate what a header of five bytes says.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function msgpackFault(buf: Buffer, start: number, end: number): string | undefined {
  return new Outline(buf, start, end).run();
}

class Outline {
  private readonly buf: Buffer;
  private readonly start: number;
  private readonly end: number;
  private pos: number;
  /** Values still to come, per open container. */
  private readonly open: number[] = [1];

  constructor(buf: Buffer, start: number, end: number) {
    this.buf = buf;
    this.start = start;
    this.end = end;
    this.pos = start;
  }

  run(): string | undefined {
    while (this.open.length > 0) {
      const left = this.open.length - 1;
      if (this.open[left] === 0) {
        this.open.pop();
        continue;
      }
      this.open[left]!--;
      const at = this.pos;
      const fault = this.value();
      if (fault !== undefined) return `${fault} at byte ${at - this.start}`;
    }
    return this.pos === this.end ? undefined : `bytes after the value at byte ${this.pos - this.start}`;
  }

  private value(): string | undefined {
    if (this.pos >= this.end) return "the end, in the middle of a value";
    const type = this.buf[this.pos++]!;
    if (type < 0x80 || type >= 0xe0) return undefined;
    if (type < 0x90) return this.container(2 * (type & 15));
    if (type < 0xa0) return this.container(type & 15);
    if (type < 0xc0) return this.text(type & 31);
    switch (type) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return undefined;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.sized(1 << (type - 0xc4), (length) => this.pass(length));
      case 0xca:
        return this.pass(4);
      case 0xcb:
        return this.pass(8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.pass(1 << (type - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.pass(1 << (type - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.sized(1 << (type - 0xd9), (length) => this.text(length));
      case 0xdc:
      case 0xdd:
        return this.sized(2 << (type - 0xdc), (length) => this.container(length));
      case 0xde:
      case 0xdf:
        return this.sized(2 << (type - 0xde), (length) => this.container(2 * length));
      default:
        return `type 0x${type.toString(16)}, which no message has`;
    }
  }

  private sized(width: number, use: (length: number) => string | undefined): string | undefined {
    if (width > this.end - this.pos) return "the end, in the middle of a length";
    const length = this.buf.readUIntBE(this.pos, width);
    this.pos += width;
    return use(length);
  }

  private pass(length: number): string | undefined {
    if (length > this.end - this.pos)
      return `a length of ${length} where ${this.end - this.pos} bytes are left`;
    this.pos += length;
    return undefined;
  }

  private text(length: number): string | undefined {
    const at = this.pos;
    const fault = this.pass(length);
    if (fault !== undefined) return fault;
    return isUtf8(this.buf.subarray(at, this.pos)) ? undefined : "invalid UTF-8";
  }

  /** Each value takes a byte at least, so a count above the bytes that are left is a lie. */
  private container(values: number): string | undefined {
    if (values > this.end - this.pos) return `${values} values where ${this.end - this.pos} bytes are left`;
    if (this.open.length > MAX_NESTING) return `values nested deeper than ${MAX_NESTING}`;
    this.open.push(values);
    return undefined;
  }
}

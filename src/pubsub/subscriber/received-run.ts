import type { Buffer } from "node:buffer";
import { malformedPacket } from "../../wire/fault.js";
import { RUNS, RunTag } from "../run.js";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A run as it has arrived; its messages are read one by one, when they are asked for. */
export class ReceivedRun {
  subject = "";
  sequence = 0;
  topicSequence = 0;
  dropped = 0;
  sentAtUs = 0;
  ttlMs = 0;
  history = false;
  /** Pairs of beginning and end. */
  metadata: number[] | undefined;
  readonly buf: Buffer;
  /** Messages that it has. */
  count = 0;
  /** Where the next message's field begins. */
  private next = 0;
  private readonly end: number;
  /** Of the message that was taken last. */
  start = 0;
  stop = 0;
  /** How many were taken. */
  taken = 0;

  /** @throws HeliographError INTERNAL, reason MALFORMED_PACKET */
  constructor(buf: Buffer, start: number, end: number, latest: Subject) {
    this.buf = buf;
    this.end = end;
    cursor.reset(buf, start, end);
    while (cursor.pos < end) {
      const at = cursor.pos;
      const tag = cursor.uint();
      switch (tag) {
        case RunTag.subject:
          this.subject = latest.read(buf, cursor.length(), cursor.pos);
          break;
        case RunTag.sequence:
          this.sequence = cursor.uint();
          break;
        case RunTag.topicSequence:
          this.topicSequence = cursor.uint();
          break;
        case RunTag.dropped:
          this.dropped = cursor.uint();
          break;
        case RunTag.sentAtUs:
          this.sentAtUs = cursor.uint();
          break;
        case RunTag.ttlMs:
          this.ttlMs = cursor.uint();
          break;
        case RunTag.history:
          this.history = cursor.uint() !== 0;
          break;
        case RunTag.metadata: {
          const length = cursor.length();
          this.metadata ??= [];
          this.metadata.push(cursor.pos - length, cursor.pos);
          break;
        }
        case RunTag.message:
          if (this.count === 0) this.next = at;
          cursor.length();
          this.count++;
          break;
        default:
          cursor.skip(tag);
      }
    }
  }

  /** Messages that were not taken. */
  get left(): number {
    return this.count - this.taken;
  }

  /** The last message is not wanted. */
  cut(): void {
    this.count--;
  }

  /** Moves on to the next message: it lies in `buf[start, stop)`. There must be one left. */
  take(): void {
    cursor.reset(this.buf, this.next, this.end);
    let tag = cursor.uint();
    // What lies between messages was written by who knows more than this.
    while (tag !== RunTag.message) {
      cursor.skip(tag);
      tag = cursor.uint();
    }
    const length = cursor.length();
    this.start = cursor.pos - length;
    this.stop = cursor.pos;
    this.next = cursor.pos;
    this.taken++;
  }
}

/** The subject that was read last, so that the same need not be made again. */
export class Subject {
  private bytes: Buffer | undefined;
  private text = "";

  read(buf: Buffer, length: number, end: number): string {
    const start = end - length;
    if (this.bytes?.length === length && buf.compare(this.bytes, 0, length, start, end) === 0)
      return this.text;
    this.bytes = buf.subarray(start, end);
    this.text = buf.toString("utf8", start, end);
    return this.text;
  }
}

/**
 * Takes a response apart: calls `onRun` for each run in it.
 *
 * @returns whether there is anything else in it
 * @throws HeliographError INTERNAL, reason MALFORMED_PACKET
 */
export function readRuns(buf: Buffer, onRun: (start: number, end: number) => void): boolean {
  const end = buf.length;
  let pos = 0;
  let others = false;
  while (pos < end) {
    cursor.reset(buf, pos, end);
    const tag = cursor.uint();
    if (tag === RUNS) {
      const length = cursor.length();
      pos = cursor.pos;
      onRun(pos - length, pos);
    } else {
      cursor.skip(tag);
      pos = cursor.pos;
      others = true;
    }
  }
  return others;
}

class Cursor {
  pos = 0;
  private buf: Buffer | undefined;
  private end = 0;

  reset(buf: Buffer, pos: number, end: number): void {
    this.buf = buf;
    this.pos = pos;
    this.end = end;
  }

  /** A varint below 2^53. */
  uint(): number {
    const buf = this.buf!;
    let { pos } = this;
    let byte = pos < this.end ? buf[pos]! : cutShort();
    pos++;
    if (byte < 128) {
      this.pos = pos;
      return byte;
    }
    let value = byte & 127;
    let scale = 128;
    do {
      byte = pos < this.end ? buf[pos]! : cutShort();
      pos++;
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128 && scale <= 2 ** 56);
    if (byte >= 128 || value > Number.MAX_SAFE_INTEGER)
      throw malformedPacket("a number of a run is too large");
    this.pos = pos;
    return value;
  }

  /** Reads a length and moves behind what it measures. */
  length(): number {
    const length = this.uint();
    if (length > this.end - this.pos) cutShort();
    this.pos += length;
    return length;
  }

  skip(tag: number): void {
    const type = tag & 7;
    if (type === VARINT) this.uint();
    else if (type === LENGTH_DELIMITED) this.length();
    else if (type === FIXED64 && this.end - this.pos >= 8) this.pos += 8;
    else if (type === FIXED32 && this.end - this.pos >= 4) this.pos += 4;
    else throw malformedPacket(`a field of a run has the wire type ${type}`);
  }
}

const cursor = new Cursor();

function cutShort(): never {
  throw malformedPacket("a run ends in the midst of a field");
}

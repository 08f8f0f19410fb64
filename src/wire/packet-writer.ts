import { Buffer } from "node:buffer";
import type { MessageType } from "./definition.js";
import { FrameField, FrameKind } from "./frame.js";
import { ATTACH_BYTES, FRAME_WEIGHT, MESSAGE_WEIGHT, PACKET_BYTES, PACKET_WEIGHT } from "./limits.js";
import { MessageWriter } from "./message-writer.js";
import type { PayloadCodec, PayloadType } from "./payload-codec.js";

const VARINT = 0;
const BYTES = 2;
/** Lengths of frames and payloads are written last, as padded varints, so that nothing has to move. */
const LENGTH_BYTES = 3;

/**
 * Builds one packet in place: frames are appended as they come, and `take` hands over what has gathered.
 *
 * A frame is `begin`, fields, at most one payload, `end`. Whatever throws in between is undone by `abort`.
 */
export class PacketWriter {
  private readonly out = new MessageWriter();
  private attachments: Buffer[] = [];
  private attachedBytes = 0;
  private frameStart = -1;
  private frameAttachments = 0;
  private frameAttachedBytes = 0;
  /** Frames that are complete. */
  frames = 0;
  /** What they weigh against `PACKET_WEIGHT`. */
  private weight = 0;
  private frameWeight = 0;
  /** Bytes of the payload that was encoded last. */
  payloadLength = 0;

  /** Bytes of all parts so far. */
  get bytes(): number {
    return this.out.pos - this.out.origin + this.attachedBytes;
  }

  get full(): boolean {
    return (
      this.weight >= PACKET_WEIGHT ||
      this.out.pos - this.out.origin >= PACKET_BYTES ||
      this.attachments.length >= 64
    );
  }

  begin(kind: number, callId: number): void {
    const out = this.out;
    this.frameStart = out.pos - out.origin;
    this.frameAttachments = this.attachments.length;
    this.frameAttachedBytes = this.attachedBytes;
    this.frameWeight = kind === FrameKind.Message ? MESSAGE_WEIGHT : FRAME_WEIGHT;
    // Tag and length of the frame, tag and value of the kind, tag and value of the call id.
    out.reserve(1 + LENGTH_BYTES + 2 + 1 + 8);
    const buf = out.buf;
    let pos = out.pos;
    buf[pos] = 0x0a;
    pos += 1 + LENGTH_BYTES;
    buf[pos++] = (FrameField.kind << 3) | VARINT;
    buf[pos++] = kind;
    out.pos = pos;
    if (callId !== 0) {
      buf[out.pos++] = (FrameField.callId << 3) | VARINT;
      out.uint53(callId);
    }
  }

  /** A varint field; zero is the default and is not written. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.out.tag(field, VARINT).uint53(value);
  }

  flag(field: number): void {
    this.out.tag(field, VARINT).uint32(1);
  }

  text(field: number, value: string): void {
    this.out.tag(field, BYTES).string(value);
  }

  bytesField(field: number, value: Uint8Array): void {
    this.out.tag(field, BYTES).bytes(value);
  }

  /** Fields that were encoded before, tags and all. */
  encoded(fields: Uint8Array): void {
    this.out.raw(fields);
  }

  sub<T>(field: number, type: MessageType<T>, message: T): void {
    this.out.tag(field, BYTES).fork();
    this.out.message(type, message);
    this.out.join();
  }

  /**
   * Encodes a message as the frame's payload and returns it when it must travel in a part of its own;
   * `undefined` when it went into the packet. The caller then calls `attach` or sends it in chunks.
   */
  payload<T>(codec: PayloadCodec, type: PayloadType<T>, message: T): Buffer | undefined {
    const out = this.out;
    const tagAt = out.pos - out.origin;
    out.reserve(1 + LENGTH_BYTES);
    out.buf[out.pos] = (FrameField.payload << 3) | BYTES;
    out.pos += 1 + LENGTH_BYTES;
    const start = out.pos - out.origin;
    codec.encode(type, message, out);
    const length = out.pos - out.origin - start;
    this.payloadLength = length;
    if (length < ATTACH_BYTES) {
      this.patchLength(tagAt + 1, length);
      return undefined;
    }
    const view = out.buf.subarray(out.origin + start, out.pos);
    out.moveOn(tagAt);
    return view;
  }

  /** As `payload`, with bytes that are encoded already; they must not be written to again. */
  payloadBytes(bytes: Buffer): Buffer | undefined {
    this.payloadLength = bytes.length;
    if (bytes.length >= ATTACH_BYTES) return bytes;
    this.bytesField(FrameField.payload, bytes);
    return undefined;
  }

  /** The payload that was encoded into the packet just now, as bytes of its own. */
  payloadCopy(): Buffer {
    const { buf, pos } = this.out;
    return Buffer.from(buf.subarray(pos - this.payloadLength, pos));
  }

  attach(payload: Buffer): void {
    this.flag(FrameField.attached);
    this.attachments.push(payload);
    this.attachedBytes += payload.length;
  }

  end(): void {
    const length = this.out.pos - this.out.origin - this.frameStart - 1 - LENGTH_BYTES;
    this.patchLength(this.frameStart + 1, length);
    this.frameStart = -1;
    this.frames++;
    this.weight += this.frameWeight;
  }

  /** Undoes the frame that was begun. */
  abort(): void {
    if (this.frameStart < 0) return;
    this.out.rewind(this.frameStart);
    this.attachments.length = this.frameAttachments;
    this.attachedBytes = this.frameAttachedBytes;
    this.frameStart = -1;
  }

  /** Closes the packet and returns its parts. `readBytes` and `readPackets` are this side's totals. */
  take(readBytes: number, readPackets: number): Buffer[] {
    this.out.uint32(0x10).uint53(readBytes);
    this.out.uint32(0x18).uint53(readPackets);
    return this.takeParts();
  }

  /** As `take`, for a message outside of any session. */
  takeParts(): Buffer[] {
    const parts = this.attachments;
    parts.unshift(this.out.take());
    this.attachments = [];
    this.attachedBytes = 0;
    this.frames = 0;
    this.weight = 0;
    return parts;
  }

  private patchLength(at: number, length: number): void {
    const buf = this.out.buf;
    const pos = this.out.origin + at;
    buf[pos] = (length & 127) | 128;
    buf[pos + 1] = ((length >>> 7) & 127) | 128;
    buf[pos + 2] = (length >>> 14) & 127;
  }
}

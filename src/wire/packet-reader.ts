import { Buffer } from "node:buffer";
import { malformedPacket } from "./fault.js";
import { Frame, FrameField, FrameKind } from "./frame.js";
import { MAX_ATTACHMENTS, MAX_PACKET_BYTES } from "./limits.js";

const TWO_32 = 4_294_967_296;
const MAX_LENGTH_BYTES = 5;
const MAX_VARINT_BYTES = 10;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const nothing = Buffer.alloc(0);

/** Receives what a packet holds, in order. Nothing of `frame` may be kept: it is reused. */
export interface PacketHandler {
  frame(frame: Frame): void;
  /** The peer's running totals of what it has read, when the packet carries them. */
  totals(readBytes: number, readPackets: number): void;
}

/**
 * Reads one ZeroMQ message, `packet, attachment*`, strictly (docs/spec/wire.md, "Packets"): every length lies
 * within its parent, every attachment is taken by exactly one frame, in order.
 *
 * One reader serves all sessions of a node: it keeps nothing between packets, and must not be entered again from its
 * handler.
 */
export class PacketReader {
  private readonly current = new Frame();
  private buf: Buffer = nothing;
  private pos = 0;
  private end = 0;
  /** The bodies that the current frame has: a bit for each of their kinds. */
  private bodies = 0;

  /** @throws HeliographError INTERNAL, reason MALFORMED_PACKET. Frames before the fault were handed over. */
  read(parts: readonly Buffer[], handler: PacketHandler): void {
    const packet = parts[0];
    if (packet === undefined || packet.length === 0) throw malformedPacket("it is empty");
    if (packet.length > MAX_PACKET_BYTES) {
      throw malformedPacket(`it has ${packet.length} bytes, more than ${MAX_PACKET_BYTES}`);
    }
    if (parts.length - 1 > MAX_ATTACHMENTS) {
      throw malformedPacket(`it has ${parts.length - 1} attachments, more than ${MAX_ATTACHMENTS}`);
    }
    if (packet[0] !== 0x0a) throw malformedPacket("it does not begin with a frame");
    this.buf = packet;
    this.pos = 0;
    this.end = packet.length;
    let attachment = 1;
    let readBytes = -1;
    let readPackets = -1;
    while (this.pos < packet.length) {
      const tag = this.varint();
      if (tag === 0x0a) {
        const frameEnd = this.lengthEnd();
        const attached = this.readFrame(frameEnd);
        this.end = packet.length;
        if (attached) {
          const part = parts[attachment++];
          if (part === undefined) throw malformedPacket("a frame's attachment is missing");
          if (part.length === 0) throw malformedPacket("an attachment is empty");
          this.current.payload = part;
          this.current.payloadStart = 0;
          this.current.payloadEnd = part.length;
        }
        handler.frame(this.current);
      } else if (tag === 0x10) readBytes = this.varint();
      else if (tag === 0x18) readPackets = this.varint();
      else this.skip(tag);
    }
    if (attachment !== parts.length) throw malformedPacket("no frame takes its last attachment");
    if (readBytes >= 0 || readPackets >= 0) handler.totals(readBytes, readPackets);
    this.buf = nothing;
    this.current.clear(nothing);
  }

  private readFrame(frameEnd: number): boolean {
    const frame = this.current;
    const buf = this.buf;
    frame.clear(buf);
    this.end = frameEnd;
    this.bodies = 0;
    let attached = false;
    while (this.pos < frameEnd) {
      const tag = buf[this.pos]! < 128 ? buf[this.pos++]! : this.varint();
      switch (tag) {
        case (FrameField.kind << 3) | VARINT:
          frame.kind = this.uint32();
          break;
        case (FrameField.callId << 3) | VARINT:
          frame.callId = this.varint();
          break;
        case (FrameField.payload << 3) | BYTES:
          frame.payloadEnd = this.lengthEnd();
          frame.payloadStart = this.pos;
          frame.payload = buf;
          this.pos = frame.payloadEnd;
          break;
        case (FrameField.method << 3) | BYTES:
          frame.methodEnd = this.lengthEnd();
          frame.methodStart = this.pos;
          this.pos = frame.methodEnd;
          break;
        case (FrameField.timeoutMs << 3) | VARINT:
          frame.timeoutMs = this.uint32();
          break;
        case (FrameField.codec << 3) | VARINT:
          frame.codec = this.uint32();
          break;
        case (FrameField.endStream << 3) | VARINT:
          frame.endStream = this.bool();
          break;
        case (FrameField.attached << 3) | VARINT:
          attached = this.bool();
          break;
        case (FrameField.more << 3) | VARINT:
          frame.more = this.bool();
          break;
        case (FrameField.payloadSize << 3) | VARINT:
          frame.payloadSize = this.varint();
          break;
        default:
          this.readRare(frame, tag);
      }
    }
    if (frame.kind === 0) throw malformedPacket("a frame has no kind");
    if (this.bodies !== 0 && (frame.kind > FrameKind.Goaway || this.bodies !== 1 << frame.kind))
      throw malformedPacket(`a frame of kind ${frame.kind} has the body of another kind`);
    if (attached && frame.payload !== undefined)
      throw malformedPacket("a frame has a payload and an attachment");
    return attached;
  }

  private readRare(frame: Frame, tag: number): void {
    switch (tag) {
      case (FrameField.metadata << 3) | BYTES:
        frame.metadata ??= [];
        this.pushRange(frame.metadata);
        break;
      case (FrameField.trailers << 3) | BYTES:
        frame.trailers ??= [];
        this.pushRange(frame.trailers);
        break;
      case (FrameField.status << 3) | BYTES:
        frame.statusEnd = this.lengthEnd();
        frame.statusStart = this.pos;
        this.pos = frame.statusEnd;
        break;
      case (FrameField.sequence << 3) | VARINT:
        frame.sequence = this.varint();
        break;
      case (FrameField.topicSequence << 3) | VARINT:
        frame.topicSequence = this.varint();
        break;
      case (FrameField.previous << 3) | VARINT:
        frame.previous = this.varint();
        break;
      case (FrameField.previousIsFloor << 3) | VARINT:
        frame.previousIsFloor = this.bool();
        break;
      case (FrameField.creditMessages << 3) | VARINT:
        frame.creditMessages = this.uint32();
        break;
      case (FrameField.creditBytes << 3) | VARINT:
        frame.creditBytes = this.varint();
        break;
      case (FrameField.idempotencyKey << 3) | BYTES:
        frame.idempotencyKeyEnd = this.lengthEnd();
        frame.idempotencyKeyStart = this.pos;
        this.pos = frame.idempotencyKeyEnd;
        break;
      case (FrameField.resume << 3) | BYTES:
        frame.resumeEnd = this.lengthEnd();
        frame.resumeStart = this.pos;
        this.pos = frame.resumeEnd;
        break;
      case (FrameField.notProcessed << 3) | VARINT:
        frame.notProcessed = this.bool();
        break;
      case (FrameField.epoch << 3) | VARINT:
        frame.epoch = this.varint();
        break;
      case (FrameField.sentAtUs << 3) | VARINT:
        frame.sentAtUs = this.varint();
        break;
      case (FrameField.ttlMs << 3) | VARINT:
        frame.ttlMs = this.uint32();
        break;
      case (FrameField.key << 3) | BYTES:
        frame.keyEnd = this.lengthEnd();
        frame.keyStart = this.pos;
        this.pos = frame.keyEnd;
        break;
      case (FrameField.compression << 3) | VARINT:
        frame.compression = this.uint32();
        break;
      case (FrameField.oneWay << 3) | VARINT:
        frame.oneWay = this.bool();
        break;
      case (FrameField.hello << 3) | BYTES:
        this.readBody(frame, FrameKind.Hello);
        break;
      case (FrameField.welcome << 3) | BYTES:
        this.readBody(frame, FrameKind.Welcome);
        break;
      case (FrameField.goaway << 3) | BYTES:
        this.readBody(frame, FrameKind.Goaway);
        break;
      default:
        this.skip(tag);
    }
  }

  private readBody(frame: Frame, kind: number): void {
    this.bodies |= 1 << kind;
    frame.bodyEnd = this.lengthEnd();
    frame.bodyStart = this.pos;
    this.pos = frame.bodyEnd;
  }

  private pushRange(ranges: number[]): void {
    const end = this.lengthEnd();
    ranges.push(this.pos, end);
    this.pos = end;
  }

  /** Reads a length and returns where what follows it ends. */
  private lengthEnd(): number {
    const start = this.pos;
    const length = this.varint();
    if (this.pos - start > MAX_LENGTH_BYTES) throw malformedPacket("a length takes more than 5 bytes");
    const end = this.pos + length;
    if (end > this.end) throw malformedPacket(`a length of ${length} at byte ${start} overruns its parent`);
    return end;
  }

  private bool(): boolean {
    return this.varint() !== 0;
  }

  private uint32(): number {
    const value = this.varint();
    if (value >= TWO_32) throw malformedPacket(`${value} is larger than 2^32 - 1`);
    return value;
  }

  private varint(): number {
    const buf = this.buf;
    let pos = this.pos;
    if (pos >= this.end) throw malformedPacket("it ends within a field");
    let byte = buf[pos++]!;
    if (byte < 128) {
      this.pos = pos;
      return byte;
    }
    let value = byte & 127;
    let scale = 128;
    for (let i = 1; i < MAX_VARINT_BYTES; i++) {
      if (pos >= this.end) throw malformedPacket("it ends within a field");
      byte = buf[pos++]!;
      value += (byte & 127) * scale;
      if (byte < 128) {
        this.pos = pos;
        if (value > Number.MAX_SAFE_INTEGER) throw malformedPacket("a number is larger than 2^53 - 1");
        return value;
      }
      scale *= 128;
    }
    throw malformedPacket("a number takes more than 10 bytes");
  }

  private skip(tag: number): void {
    if (tag >= TWO_32 || tag < 8) throw malformedPacket(`${tag} is not a field's tag`);
    switch (tag & 7) {
      case VARINT:
        this.skipVarint();
        return;
      case FIXED64:
        this.skipBytes(8);
        return;
      case BYTES:
        this.pos = this.lengthEnd();
        return;
      case FIXED32:
        this.skipBytes(4);
        return;
      default:
        throw malformedPacket(`${tag & 7} is not a wire type of this protocol`);
    }
  }

  /** A number that nobody wants may be any, also a negative one. */
  private skipVarint(): void {
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.pos >= this.end) throw malformedPacket("it ends within a field");
      if (this.buf[this.pos++]! < 128) return;
    }
    throw malformedPacket("a number takes more than 10 bytes");
  }

  private skipBytes(count: number): void {
    if (this.pos + count > this.end) throw malformedPacket("it ends within a field");
    this.pos += count;
  }
}

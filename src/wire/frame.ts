import type { Buffer } from "node:buffer";

/** Kinds of frame; numbers of `heliograph.wire.v1.FrameKind`. */
export const FrameKind = {
  Hello: 1,
  Welcome: 2,
  Goaway: 3,
  Ping: 4,
  Pong: 5,
  Request: 6,
  Message: 7,
  End: 8,
  Cancel: 9,
  Credit: 10,
  Publication: 11,
  Mark: 12,
} as const;

/** Field numbers of `heliograph.wire.v1.Frame`. */
export const FrameField = {
  kind: 1,
  callId: 2,
  payload: 3,
  method: 4,
  timeoutMs: 5,
  codec: 6,
  endStream: 7,
  attached: 8,
  more: 9,
  payloadSize: 10,
  metadata: 11,
  status: 12,
  sequence: 13,
  topicSequence: 14,
  previous: 15,
  creditMessages: 16,
  creditBytes: 17,
  idempotencyKey: 18,
  resume: 19,
  notProcessed: 20,
  epoch: 21,
  sentAtUs: 22,
  ttlMs: 23,
  key: 24,
  previousIsFloor: 25,
  compression: 26,
  hello: 27,
  welcome: 28,
  goaway: 29,
  trailers: 30,
  oneWay: 31,
} as const;

/**
 * One frame as it was read, reused for the next one: whoever wants to keep something takes it out.
 * Length-delimited fields are ranges of `buf`, `-1` when absent; they are decoded by whoever needs them.
 */
export class Frame {
  buf!: Buffer;
  kind = 0;
  callId = 0;
  timeoutMs = 0;
  codec = 0;
  endStream = false;
  more = false;
  payloadSize = 0;
  notProcessed = false;
  compression = 0;
  oneWay = false;
  sequence = 0;
  topicSequence = 0;
  previous = 0;
  previousIsFloor = false;
  creditMessages = 0;
  creditBytes = 0;
  epoch = 0;
  sentAtUs = 0;
  ttlMs = 0;
  /** Where the payload lies: the packet, or the attachment that this frame took. Undefined: no payload. */
  payload: Buffer | undefined;
  payloadStart = 0;
  payloadEnd = 0;
  methodStart = -1;
  methodEnd = 0;
  statusStart = -1;
  statusEnd = 0;
  keyStart = -1;
  keyEnd = 0;
  idempotencyKeyStart = -1;
  idempotencyKeyEnd = 0;
  resumeStart = -1;
  resumeEnd = 0;
  /** The HELLO, WELCOME or GOAWAY message. */
  bodyStart = -1;
  bodyEnd = 0;
  /** Start and end of each metadata entry, in turn. */
  metadata: number[] | undefined;
  trailers: number[] | undefined;

  clear(buf: Buffer): void {
    this.buf = buf;
    this.kind = 0;
    this.callId = 0;
    this.timeoutMs = 0;
    this.codec = 0;
    this.endStream = false;
    this.more = false;
    this.payloadSize = 0;
    this.notProcessed = false;
    this.compression = 0;
    this.oneWay = false;
    this.sequence = 0;
    this.topicSequence = 0;
    this.previous = 0;
    this.previousIsFloor = false;
    this.creditMessages = 0;
    this.creditBytes = 0;
    this.epoch = 0;
    this.sentAtUs = 0;
    this.ttlMs = 0;
    this.payload = undefined;
    this.payloadStart = 0;
    this.payloadEnd = 0;
    this.methodStart = -1;
    this.statusStart = -1;
    this.keyStart = -1;
    this.idempotencyKeyStart = -1;
    this.resumeStart = -1;
    this.bodyStart = -1;
    this.metadata = undefined;
    this.trailers = undefined;
  }
}

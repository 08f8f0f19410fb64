import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { faultOf, malformedPacket, protocolViolation } from "../../wire/fault.js";
import { type Frame, FrameField, FrameKind } from "../../wire/frame.js";
import { writeGoaway } from "../../wire/handshake.js";
import { type Limits, MAX_PINGS } from "../../wire/limits.js";
import type { PacketHandler, PacketReader } from "../../wire/packet-reader.js";
import { Outbox, type OutboxHost } from "./outbox.js";
import { StreamOutput } from "./stream-output.js";
import type { Turn } from "./turn.js";
import type { WriterPool } from "./writer-pool.js";

/** What all sessions of a node share. */
export interface SessionShared {
  readonly turn: Turn;
  readonly writers: WriterPool;
  readonly reader: PacketReader;
  /** What this node grants to each peer. */
  readonly limits: Limits;
}

const MAX_CHECK_MS = 10_000;

/** How often a session is checked, and its peer pinged if it has said nothing since: at least four times within `stallMs`. */
export function checkIntervalMs(stallMs: number): number {
  return Math.min(MAX_CHECK_MS, stallMs / 4);
}

/** The share of the window after which the peer is told what was read, though nothing else is sent to it. */
const TELL_AFTER = 1 / 4;

/**
 * What both sides of a session do alike: count what is read and tell the peer, send within the peer's window,
 * answer pings, end on a fault. The subclass takes the frames that belong to its role.
 */
export abstract class Session implements PacketHandler, OutboxHost {
  readonly turn: Turn;
  readonly writers: WriterPool;
  readonly outbox: Outbox;
  readonly streams: StreamOutput;
  protected readonly shared: SessionShared;
  protected ended = false;
  private bytesRead = 0;
  private packetsRead = 0;
  private bytesTold = 0;
  private packetsTold = 0;
  private counts = false;
  private pings = 0;
  private framesInPacket = 0;
  private heard = true;
  /** ZeroMQ messages that have arrived: who looks now and then sees whether the peer has said anything meanwhile. */
  received = 0;
  private checkedAt = 0;
  private silentSince = 0;

  constructor(shared: SessionShared) {
    this.shared = shared;
    this.turn = shared.turn;
    this.writers = shared.writers;
    this.outbox = new Outbox(this);
    this.streams = new StreamOutput(this.outbox);
  }

  /** Hands parts to the socket; returns the bytes that went out. */
  abstract send(parts: Buffer[]): number;
  /** A frame for this role. What throws ends the session. */
  protected abstract take(frame: Frame): void;
  /** The session has to end because of this fault. */
  protected abstract fail(error: HeliographError): void;
  abstract drained(): void;
  abstract transferred(callId: number): void;

  /** One ZeroMQ message of the peer. Never throws. */
  receive(parts: Buffer[], bytes: number): void {
    if (this.ended) return;
    this.heard = true;
    this.received++;
    // A message that a tap dropped was read all the same.
    this.counts = parts.length === 0;
    this.pings = 0;
    this.framesInPacket = 0;
    try {
      for (let i = 1; i < parts.length; i++) this.checkAttachment(parts[i]!);
      if (parts.length > 0) this.shared.reader.read(parts, this);
    } catch (error) {
      this.fail(faultOf(error));
      return;
    }
    if (!this.counts || this.ended) return;
    this.bytesRead += bytes;
    this.packetsRead++;
    const { limits } = this.shared;
    if (
      this.bytesRead - this.bytesTold >= limits.windowBytes * TELL_AFTER ||
      this.packetsRead - this.packetsTold >= limits.windowPackets * TELL_AFTER
    ) {
      this.outbox.oweTotals();
    }
    // Who sends one frame waits for its answer, and nothing will come to share a packet with it.
    if (this.framesInPacket === 1) this.outbox.flushGathered();
  }

  frame(frame: Frame): void {
    if (this.ended) return;
    this.framesInPacket++;
    switch (frame.kind) {
      case FrameKind.Ping: {
        const { sequence } = frame;
        if (++this.pings > MAX_PINGS) throw protocolViolation(`more than ${MAX_PINGS} PINGs in a packet`);
        this.outbox.sendNow((writer) => {
          writer.begin(FrameKind.Pong, 0);
          writer.number(FrameField.sequence, sequence);
          writer.end();
        });
        return;
      }
      case FrameKind.Pong:
        this.ponged(frame.sequence);
        return;
      case FrameKind.Credit:
        if (frame.callId === 0) return;
        break;
      case FrameKind.Goaway:
        this.take(frame);
        return;
    }
    this.counts = true;
    this.take(frame);
  }

  totals(readBytes: number, readPackets: number): void {
    this.outbox.acknowledged(readBytes, readPackets);
  }

  readBytes(): number {
    this.bytesTold = this.bytesRead;
    return this.bytesRead;
  }

  readPackets(): number {
    this.packetsTold = this.packetsRead;
    return this.packetsRead;
  }

  private checkAttachment(part: Buffer): void {
    const { chunkBytes } = this.shared.limits;
    if (part.length > chunkBytes)
      throw malformedPacket(`an attachment has ${part.length} bytes, more than ${chunkBytes}`);
  }

  /**
   * Asked at least four times in `stallMs`: pings a peer that has said nothing since, and says why it should be given up
   * when it has been silent for that long. That is the clock of the peer's event loop; whether the link stands is the socket's matter.
   */
  protected checkSilence(now: number, stallMs: number): HeliographError | undefined {
    const { heard } = this;
    // If it was this side's loop that stood still, what the peer has sent meanwhile is still to be read.
    if (heard || now - this.checkedAt > stallMs / 2) this.silentSince = now;
    this.heard = false;
    this.checkedAt = now;
    const silentMs = Math.round(now - this.silentSince);
    if (silentMs >= stallMs) {
      return new HeliographError(
        Code.Unavailable,
        `the connection stands, but the peer has answered nothing for ${silentMs} ms: its event loop is blocked`,
        { reason: "PEER_STALLED" },
      );
    }
    // Who talks need not be asked whether it lives.
    if (!heard) this.ping();
    return undefined;
  }

  /** Asks the peer's event loop for a sign of life, which will have the same sequence. */
  ping(sequence = 0): void {
    this.outbox.sendNow((writer) => {
      writer.begin(FrameKind.Ping, 0);
      writer.number(FrameField.sequence, sequence);
      writer.end();
    });
  }

  /** The peer's event loop has given one. */
  protected ponged(_sequence: number): void {}

  /** Tells the peer that nothing new will be started, and why. Best effort. */
  protected sendGoaway(lastCallId: number, graceMs: number, error?: HeliographError): void {
    this.outbox.sendNow((writer) => {
      writer.begin(FrameKind.Goaway, 0);
      writeGoaway(writer, lastCallId, graceMs, error);
      writer.end();
    });
  }
}

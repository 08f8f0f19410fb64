import type { Buffer } from "node:buffer";
import { FrameField, FrameKind } from "../../wire/frame.js";
import {
  initialLimits,
  type Limits,
  MAX_WINDOW_BYTES,
  MAX_WINDOW_PACKETS,
  PARALLEL_PAYLOADS,
} from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { Flushable, Turn } from "./turn.js";
import { Window } from "./window.js";
import type { WriterPool } from "./writer-pool.js";

/** Bytes of packets that may wait before streams hold still, so that what is not a stream has a short way. */
const CROWD_BYTES = 256 * 1024;

/** A payload that travels in chunks; its first frame has left already. */
interface Transfer {
  readonly kind: number;
  readonly callId: number;
  readonly payload: Buffer;
  offset: number;
}

/** What the outbox needs of its session. */
export interface OutboxHost {
  readonly turn: Turn;
  readonly writers: WriterPool;
  /** Hands parts to the socket; returns the bytes that went out. */
  send(parts: Buffer[]): number;
  /** Running totals of what this side has read, to go with the next packet. */
  readBytes(): number;
  readPackets(): number;
  /** What waited may have left. */
  drained(): void;
  /** The last chunk of a call's payload has left; or what `whenSent` was asked for has. */
  transferred(callId: number): void;
}

/** A call that wants to know when so many packets have left. */
interface Watcher {
  readonly callId: number;
  readonly packets: number;
}

/** Somebody who wants to know when the peer has taken so many packets. */
interface ReadWatcher {
  readonly packets: number;
  readonly read: () => void;
}

let lastId = 0;

/**
 * What one side sends in one session: frames gather in a packet that leaves at the end of the turn, as far as the
 * peer's window is open; chunks of large payloads go when nothing else wants to.
 */
export class Outbox implements Flushable {
  readonly id = ++lastId;
  readonly window = new Window(initialLimits.windowBytes, initialLimits.windowPackets);
  private readonly host: OutboxHost;
  private writer: PacketWriter | undefined;
  /** Packets that were full before the window opened. */
  private readonly full: PacketWriter[] = [];
  private fullBytes = 0;
  private readonly transfers: Transfer[] = [];
  private transferBytes = 0;
  /** Those of them that are messages of streams. */
  private streamTransfers = 0;
  private chunkBytes = initialLimits.chunkBytes;
  private scheduled = false;
  private owesTotals = false;
  private closed = false;
  private packetsSent = 0;
  private readonly watchers: Watcher[] = [];
  private readonly readWatchers: ReadWatcher[] = [];
  /** The window is closed and output waits. */
  blocked = false;
  /** The peer has read something since whoever watches it last looked. */
  moved = false;

  constructor(host: OutboxHost) {
    this.host = host;
  }

  /** Packets that were sent, and those that what was said so far will fill. */
  private get packetsInAll(): number {
    const gathered = this.writer !== undefined && this.writer.frames > 0 ? 1 : 0;
    return this.packetsSent + this.full.length + gathered;
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.fullBytes + this.transferBytes + (this.writer?.bytes ?? 0);
  }

  /** The part of them that goes before all chunks. */
  get packetBytes(): number {
    return this.fullBytes + (this.writer?.bytes ?? 0);
  }

  /** Bytes that wait beside the payloads whose chunks are under way. */
  get queuedBytes(): number {
    let bytes = this.waitingBytes;
    const underWay = Math.min(PARALLEL_PAYLOADS, this.transfers.length);
    for (let i = 0; i < underWay; i++) {
      const { payload, offset } = this.transfers[i]!;
      bytes -= payload.length - offset;
    }
    return bytes;
  }

  /**
   * Streams should hold still: enough waits already, or large messages of theirs take their turns. Other large payloads
   * don't count, since there may always be some.
   */
  get crowded(): boolean {
    return this.packetBytes >= CROWD_BYTES || this.streamTransfers >= PARALLEL_PAYLOADS;
  }

  get empty(): boolean {
    return this.waitingBytes === 0;
  }

  /** What the peer grants, once known. */
  grant(limits: Limits): void {
    this.window.limitBytes = Math.min(limits.windowBytes, MAX_WINDOW_BYTES);
    this.window.limitPackets = Math.min(limits.windowPackets, MAX_WINDOW_PACKETS);
    this.chunkBytes = limits.chunkBytes;
  }

  /** Begins a frame: the caller writes its fields and calls `end`, or `abort` when something threw. */
  begin(kind: number, callId: number): PacketWriter {
    let writer = this.writer;
    if (writer === undefined) {
      writer = this.host.writers.borrow();
      this.writer = writer;
    }
    writer.begin(kind, callId);
    return writer;
  }

  end(writer: PacketWriter): void {
    writer.end();
    if (writer.full) {
      if (this.full.length === 0 && this.window.open) this.send(this.takePacket(writer));
      else this.closePacket();
    }
    this.schedule();
  }

  /**
   * Ends a frame with a payload that did not go into the packet: it is attached when the peer takes it whole,
   * else it follows in chunks, which starts here.
   *
   * @returns whether it goes in chunks; `OutboxHost.transferred` tells when the last one has left
   */
  endWithPart(writer: PacketWriter, kind: number, callId: number, payload: Buffer): boolean {
    const inChunks = payload.length > this.chunkBytes;
    if (!inChunks) {
      writer.attach(payload);
    } else {
      writer.number(FrameField.payloadSize, payload.length);
      writer.flag(FrameField.more);
      this.transfers.push({ kind, callId, payload, offset: 0 });
      this.transferBytes += payload.length;
      if (kind === FrameKind.Message) this.streamTransfers++;
    }
    this.end(writer);
    return inChunks;
  }

  /** `OutboxHost.transferred` tells once all that a call has said so far has left. */
  whenSent(callId: number): void {
    // It is told of the last chunk without being asked.
    if (this.transfers.some((transfer) => transfer.callId === callId)) return;
    this.watchers.push({ callId, packets: this.packetsInAll });
    this.tellWatchers();
  }

  /** Tells once the peer has taken all that was said so far, chunks apart; never, if the session ends before. */
  whenRead(read: () => void): void {
    this.readWatchers.push({ packets: this.packetsInAll, read });
  }

  /** Stops sending the rest of a call's payload. */
  dropTransfer(callId: number): void {
    const index = this.transfers.findIndex((transfer) => transfer.callId === callId);
    if (index < 0) return;
    const [transfer] = this.transfers.splice(index, 1);
    if (transfer === undefined) return;
    this.transferBytes -= transfer.payload.length - transfer.offset;
    this.leaves(transfer);
    // Streams may wait for its place.
    this.schedule();
  }

  /** The peer's running totals have arrived. */
  acknowledged(readBytes: number, readPackets: number): void {
    if (!this.window.read(readBytes, readPackets)) return;
    this.moved = true;
    if (this.readWatchers.length > 0) this.tellReadWatchers();
    if (!this.empty) this.schedule();
  }

  /** The peer should soon learn what was read, even if nothing else is sent to it. */
  oweTotals(): void {
    this.owesTotals = true;
    this.schedule();
  }

  schedule(): void {
    if (this.scheduled || this.closed) return;
    this.scheduled = true;
    this.host.turn.add(this);
  }

  /** Sends what has gathered without waiting for the end of the turn. */
  flushGathered(): void {
    if (this.scheduled && this.writer !== undefined) this.flush();
  }

  flush(): void {
    this.scheduled = false;
    if (this.closed) return;
    const { window } = this;
    while (window.open) {
      const full = this.full.shift();
      if (full !== undefined) {
        this.fullBytes -= full.bytes;
        this.send(this.takePacket(full));
      } else if (this.writer !== undefined && this.writer.frames > 0) this.send(this.takePacket(this.writer));
      else break;
    }
    // A writer without frames is what is left of one that was aborted.
    const gathered = this.writer !== undefined && this.writer.frames > 0;
    while (this.transfers.length > 0 && !gathered && window.openForChunks) this.sendChunk();
    this.blocked = !this.empty;
    if (this.owesTotals) this.sendTotals();
    this.host.drained();
  }

  /** Sends frames that are outside of the window, such as GOAWAY, at once and alone. */
  sendNow(write: (writer: PacketWriter) => void): void {
    if (this.closed) return;
    const writer = this.host.writers.borrow();
    write(writer);
    this.owesTotals = false;
    this.host.send(writer.take(this.host.readBytes(), this.host.readPackets()));
    this.host.writers.giveBack(writer);
  }

  /** Drops everything that waits. */
  close(): void {
    this.closed = true;
    this.full.length = 0;
    this.transfers.length = 0;
    this.fullBytes = 0;
    this.transferBytes = 0;
    this.streamTransfers = 0;
    this.watchers.length = 0;
    this.readWatchers.length = 0;
    this.writer = undefined;
  }

  private send(parts: Buffer[]): void {
    this.owesTotals = false;
    const bytes = this.host.send(parts);
    if (bytes > 0) this.window.sent(bytes);
    this.packetsSent++;
    if (this.watchers.length > 0) this.tellWatchers();
  }

  private tellWatchers(): void {
    for (let first = this.watchers[0]; first !== undefined; first = this.watchers[0]) {
      if (first.packets > this.packetsSent) return;
      this.watchers.shift();
      this.host.transferred(first.callId);
    }
  }

  private tellReadWatchers(): void {
    const taken = this.packetsSent - this.window.unreadPackets;
    for (let first = this.readWatchers[0]; first !== undefined; first = this.readWatchers[0]) {
      if (first.packets > taken) return;
      this.readWatchers.shift();
      first.read();
    }
  }

  private sendChunk(): void {
    const transfer = this.transfers.shift()!;
    const chunk = transfer.payload.subarray(transfer.offset, transfer.offset + this.chunkBytes);
    transfer.offset += chunk.length;
    this.transferBytes -= chunk.length;
    const more = transfer.offset < transfer.payload.length;
    const writer = this.begin(transfer.kind, transfer.callId);
    if (more) writer.flag(FrameField.more);
    writer.attach(chunk);
    writer.end();
    this.send(this.takePacket(writer));
    // The next chunk is that of another payload, as far as several are under way.
    if (more) this.transfers.splice(Math.min(this.transfers.length, PARALLEL_PAYLOADS - 1), 0, transfer);
    else {
      this.leaves(transfer);
      this.host.transferred(transfer.callId);
    }
  }

  private leaves({ kind }: Transfer): void {
    if (kind === FrameKind.Message) this.streamTransfers--;
  }

  private sendTotals(): void {
    this.sendNow((writer) => {
      writer.begin(FrameKind.Credit, 0);
      writer.end();
    });
  }

  private closePacket(): void {
    const writer = this.writer;
    if (writer === undefined) return;
    this.full.push(writer);
    this.fullBytes += writer.bytes;
    this.writer = undefined;
  }

  private takePacket(writer: PacketWriter): Buffer[] {
    const parts = writer.take(this.host.readBytes(), this.host.readPackets());
    if (this.writer === writer) this.writer = undefined;
    this.host.writers.giveBack(writer);
    return parts;
  }
}

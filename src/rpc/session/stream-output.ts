import type { Buffer } from "node:buffer";
import type { Compression } from "../../wire/compression.js";
import { FrameField, FrameKind } from "../../wire/frame.js";
import type { Limits } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { PayloadCodec, PayloadType } from "../../wire/payload-codec.js";
import type { StreamSender } from "../stream/stream-sender.js";
import type { Outbox } from "./outbox.js";
import { type EncodedPayload, encodeCompressed, type PayloadKeeper, writeMessage } from "./payload.js";

/** A call that sends a stream of messages. */
export interface OutgoingStream {
  readonly id: number;
  readonly path: string;
  readonly codec: PayloadCodec;
  readonly over: boolean;
  /** Writes what goes with the message that is begun, beside it; metadata of at most `metadataBytes`. */
  writeHead(writer: PacketWriter, metadataBytes: number): void;
  /** The message goes in chunks, or does not. */
  sending(inChunks: boolean): void;
}

/** So many of the streams that held still go on at a time. */
const WAKE = 64;

/** What the streams of one session send in one direction: they take turns when there is no room for all. */
export class StreamOutput {
  private readonly outbox: Outbox;
  /** Those that hold still until less waits to leave; each once, however often its peer grants it credit. */
  private readonly held = new Set<StreamSender>();
  private closed = false;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  /** See `StreamSenderHost.congested`. */
  congested(sender: StreamSender): boolean {
    if (this.closed || !this.outbox.crowded) return false;
    this.held.add(sender);
    return true;
  }

  /** Lets streams go on as far as there is room. Each that finds none is back in the row, behind the others. */
  wake(): void {
    if (this.held.size === 0 || this.outbox.crowded) return;
    let woken = 0;
    for (const sender of this.held) {
      this.held.delete(sender);
      sender.wake();
      if (++woken === WAKE) break;
    }
    // Those that are left, should the first ones have nothing to send.
    if (this.held.size > 0) this.outbox.schedule();
  }

  close(): void {
    this.closed = true;
    this.held.clear();
  }

  /**
   * Sends one message of a stream.
   *
   * @param granted what the peer takes
   * @param keeper told before it is sent
   * @returns its bytes as they travel, at once unless it has to be compressed
   * @throws HeliographError reason MALFORMED_MESSAGE or MESSAGE_TOO_LARGE; nothing was sent then
   */
  send(
    call: OutgoingStream,
    type: PayloadType,
    message: unknown,
    compression: Compression,
    granted: Limits,
    keeper?: PayloadKeeper,
  ): number | Promise<number> {
    const limit = granted.messageBytes;
    if (compression !== "none") {
      const packed = encodeCompressed(call.codec, type, message, compression, limit, call.path);
      if (packed instanceof Promise)
        return packed.then((each) => this.sendPacked(call, each, granted, keeper));
      return this.sendPacked(call, packed, granted, keeper);
    }
    const writer = this.outbox.begin(FrameKind.Message, call.id);
    let large: Buffer | undefined;
    try {
      call.writeHead(writer, granted.metadataBytes);
      large = writeMessage(writer, call.codec, type, message, limit, call.path);
    } catch (error) {
      writer.abort();
      throw error;
    }
    const bytes = writer.payloadLength;
    keeper?.keep({ bytes: large ?? writer.payloadCopy(), compression: 0 });
    this.end(call, writer, large);
    return bytes;
  }

  /** As `send`, with a message that is encoded already. */
  sendEncoded(call: OutgoingStream, { bytes, compression }: EncodedPayload, granted: Limits): number {
    if (call.over || this.closed) return 0;
    const writer = this.outbox.begin(FrameKind.Message, call.id);
    try {
      call.writeHead(writer, granted.metadataBytes);
    } catch (error) {
      writer.abort();
      throw error;
    }
    writer.number(FrameField.compression, compression);
    this.end(call, writer, writer.payloadBytes(bytes));
    return bytes.length;
  }

  private sendPacked(
    call: OutgoingStream,
    payload: EncodedPayload,
    granted: Limits,
    keeper: PayloadKeeper | undefined,
  ): number {
    keeper?.keep(payload);
    return this.sendEncoded(call, payload, granted);
  }

  private end(call: OutgoingStream, writer: PacketWriter, large: Buffer | undefined): void {
    if (large === undefined) this.outbox.end(writer);
    else call.sending(this.outbox.endWithPart(writer, FrameKind.Message, call.id, large));
  }
}

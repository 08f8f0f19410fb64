import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { type Compression, canUndo } from "../../wire/compression.js";
import { protocolViolation } from "../../wire/fault.js";
import { type Frame, FrameField, FrameKind } from "../../wire/frame.js";
import { heldBytesLimit, initialLimits, type Limits } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { writeStatus } from "../../wire/status.js";
import type { Peer } from "../context.js";
import type { Postponable } from "../kept/lanes.js";
import { noMessage, oneRequest, requestsInMessages, tooManyCalls, tooMuchHeld } from "../refusals.js";
import { Assembly, AssemblyRoom, tooManyPayloads } from "../session/assembly.js";
import { writeAnswerMetadata } from "../session/call-metadata.js";
import { CallTable } from "../session/call-table.js";
import type { Outbox } from "../session/outbox.js";
import { type EncodedPayload, writeMessage } from "../session/payload.js";
import type { OutgoingStream, StreamOutput } from "../session/stream-output.js";
import type { StreamSender } from "../stream/stream-sender.js";
import { type CallOwner, makeCall } from "./make-call.js";
import type { Arrival } from "./method-stats.js";
import type { ServerCall, WhichCalls } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { ServerStreamCall } from "./server-stream-call.js";

/**
 * Bytes that may wait for a peer that doesn't read before nothing more is started for it; not counted are the few
 * large answers whose chunks are under way.
 */
const HOLD_BYTES = 4 * 1024 * 1024;
/** Times the calls that a peer may have in flight: refusals that wait for a peer that calls on and doesn't read. */
const REFUSALS_PER_CALL = 4;

/** The session that the calls came in on. */
export interface SessionCallsHost {
  readonly outbox: Outbox;
  readonly streams: StreamOutput;
  /** A call has ended. */
  progressed(): void;
  /** The peer leaves so much unread that the session has to end. */
  overrun(error: HeliographError): void;
}

/** A request that still arrives. */
interface Arriving {
  readonly call: ServerCall;
  readonly assembly: Assembly;
  readonly compression: number;
}

/** The calls that one client makes in a session, and what is sent back to them. */
export class SessionCalls implements CallOwner {
  peer: Peer = { node: "", instance: "" };
  /** Calls with a higher id were not begun. */
  lastCallId = 0;
  /** Begins nothing new. */
  draining = false;
  /** Of the packet that is being read. */
  arrival: Arrival = { at: 0 };
  private readonly server: ServerShared;
  private readonly host: SessionCallsHost;
  private readonly outbox: Outbox;
  private readonly calls = new CallTable<ServerCall>();
  private readonly arriving = new Map<number, Arriving>();
  /** Those of the kit's own services. */
  private readonly kitCalls = new Set<ServerCall>();
  private readonly room = new AssemblyRoom();
  /** Calls that wait because the peer doesn't read. */
  private postponed: Postponable[] = [];
  private granted: Limits = initialLimits;
  private features: readonly string[] = [];
  private heldBytes = 0;
  private refusals = 0;
  /** Why the session is over. */
  private ended: HeliographError | undefined;

  constructor(server: ServerShared, host: SessionCallsHost) {
    this.server = server;
    this.host = host;
    this.outbox = host.outbox;
  }

  /** No call is in flight that a drain would wait for. */
  get idle(): boolean {
    return this.calls.size === this.kitCalls.size;
  }

  /** Who calls, and what it takes. */
  greeted(peer: Peer, granted: Limits, features: readonly string[]): void {
    this.peer = peer;
    this.granted = granted;
    this.features = features;
  }

  /** What waited has left, or some of it. */
  drained(): void {
    if (!this.outbox.blocked) this.refusals = 0;
    if (this.postponed.length === 0 || this.clogged) return;
    const calls = this.postponed;
    this.postponed = [];
    for (const call of calls) call.enter();
  }

  /** The last chunk of an answer has left. */
  transferred(id: number): void {
    this.calls.get(id)?.transferred();
  }

  // Frames.

  request(frame: Frame): void {
    if (frame.callId <= this.lastCallId) {
      this.requestGoesOn(frame);
      return;
    }
    // Announced as not started by the GOAWAY that it crossed.
    if (this.draining) return;
    const id = frame.callId;
    this.lastCallId = id;
    if (frame.methodStart < 0) throw protocolViolation("REQUEST without a method");
    const size = frame.more ? frame.payloadSize : frame.payloadEnd - frame.payloadStart;
    let call: ServerCall;
    try {
      const { maxCalls } = this.server.session.limits;
      if (this.calls.size >= maxCalls) throw tooManyCalls(maxCalls);
      call = makeCall(this.server, this, frame, size, this.room, this.arrival);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.server.router.refused(frame.buf.subarray(frame.methodStart, frame.methodEnd), error.code);
      this.refuseId(id, error, undefined);
      return;
    }
    if (call instanceof ServerStreamCall && call.startsAtOnce) this.requestStream(call, frame);
    else if (frame.more) this.requestInChunks(call, frame, size);
    else if (frame.payload === undefined) call.cancel(noMessage(call.route.path));
    else {
      call.start(frame.payload, frame.payloadStart, frame.payloadEnd, frame.compression);
      // Most are over already. A handler may also have ended the session.
      if (call.over) return;
      if (this.ended === undefined) this.hold(call, size);
      else call.abandon(this.ended);
    }
  }

  /** MESSAGE or CREDIT of a call. */
  streamFrame(frame: Frame): void {
    const call = this.calls.get(frame.callId);
    if (call !== undefined) {
      if (frame.kind === FrameKind.Credit) call.granted(frame);
      else if (call instanceof ServerStreamCall) call.take(frame);
      else if (frame.payload !== undefined || frame.more) call.cancel(oneRequest(call.route.path));
    } else if (frame.callId > this.lastCallId && !this.draining) {
      throw protocolViolation(`a frame of kind ${frame.kind} for call ${frame.callId}, which was never made`);
    }
  }

  cancel(id: number): void {
    const call = this.calls.get(id);
    // The answer may be on its way already; what is left of it is not wanted.
    if (call === undefined) this.outbox.dropTransfer(id);
    else {
      call.cancelledByCaller(
        new HeliographError(Code.Cancelled, "the caller cancelled the call", { reason: "CALL_CANCELLED" }),
      );
    }
  }

  unknownKind(frame: Frame): void {
    if (frame.callId <= this.lastCallId) return;
    this.lastCallId = frame.callId;
    this.refuseId(
      frame.callId,
      new HeliographError(Code.Unimplemented, `frames of kind ${frame.kind} are not known here`, {
        reason: "UNSERVED_KIND",
        notProcessed: true,
      }),
      undefined,
    );
  }

  // Ends.

  /** Ends these calls, and tells the client. */
  cancelCalls(reason: HeliographError, which: WhichCalls): void {
    for (const call of this.calls.all()) if (which(call)) call.cancel(reason);
  }

  /** The session is over: there is nobody to tell. */
  end(reason: HeliographError): void {
    this.ended = reason;
    this.postponed = [];
    for (const call of this.calls.all()) call.callerGone(reason);
  }

  // What the calls ask for.

  postpone(call: Postponable): boolean {
    // Of a session that ends nothing is started any more, though its calls leave lanes to each other.
    if (this.ended !== undefined) return true;
    if (!this.clogged) return false;
    if (this.postponed.length > 2 * this.server.session.limits.maxCalls) {
      this.postponed = this.postponed.filter(({ over }) => !over);
    }
    this.postponed.push(call);
    return true;
  }

  get messageLimit(): number {
    return this.granted.messageBytes;
  }

  compresses(call: ServerCall): boolean {
    return canUndo(this.features, call.compression);
  }

  answer(call: ServerCall, message: unknown): void {
    const { codec, route } = call;
    const { messageBytes, metadataBytes } = this.granted;
    const writer = this.outbox.begin(FrameKind.End, call.id);
    let large: Buffer | undefined;
    try {
      writeAnswerMetadata(writer, call, metadataBytes);
      large = writeMessage(writer, codec, route.output, message, messageBytes, route.path);
    } catch (error) {
      writer.abort();
      throw error;
    }
    call.sent(writer.payloadLength);
    this.endWith(writer, call.id, large);
  }

  answerEncoded(call: ServerCall, answer: EncodedPayload | undefined): void {
    const writer = this.outbox.begin(FrameKind.End, call.id);
    let large: Buffer | undefined;
    try {
      writeAnswerMetadata(writer, call, this.granted.metadataBytes);
      if (answer !== undefined) {
        writer.number(FrameField.compression, answer.compression);
        large = writer.payloadBytes(answer.bytes);
        call.sent(answer.bytes.length);
      }
    } catch (error) {
      writer.abort();
      throw error;
    }
    this.endWith(writer, call.id, large);
  }

  endStream(call: ServerCall): void {
    this.answerEncoded(call, undefined);
  }

  sendAnswer(
    call: OutgoingStream,
    type: PayloadType,
    message: unknown,
    compression: Compression,
  ): number | Promise<number> {
    const wanted = canUndo(this.features, compression) ? compression : "none";
    return this.host.streams.send(call, type, message, wanted, this.granted);
  }

  sendEncoded(call: OutgoingStream, message: EncodedPayload): number {
    return this.host.streams.sendEncoded(call, message, this.granted);
  }

  whenRead(read: () => void): void {
    this.outbox.whenRead(read);
  }

  checkHeld(size: number, path: string): void {
    const most = heldBytesLimit(this.server.session.limits.messageBytes);
    if (this.heldBytes + size > most) throw tooMuchHeld(this.heldBytes, path);
  }

  congested(sender: StreamSender): boolean {
    return this.host.streams.congested(sender);
  }

  credit(call: ServerCall, messages: number, bytes: number): void {
    if (this.ended !== undefined || this.calls.get(call.id) !== call) return;
    const writer = this.outbox.begin(FrameKind.Credit, call.id);
    writer.number(FrameField.creditMessages, messages);
    writer.number(FrameField.creditBytes, bytes);
    this.outbox.end(writer);
  }

  refuse(call: ServerCall, error: HeliographError): void {
    this.refuseId(call.id, error, call);
  }

  forget(call: ServerCall): void {
    this.calls.remove(call);
    if (this.kitCalls.size > 0) this.kitCalls.delete(call);
    this.heldBytes -= call.heldBytes;
    this.arriving.get(call.id)?.assembly.close();
    this.arriving.delete(call.id);
    this.host.progressed();
  }

  /** Counts what was answered in this very turn, too: a packet may hold a thousand small requests for large answers. */
  private get clogged(): boolean {
    const { outbox } = this;
    // A few large answers under way are no reason to let a small call wait.
    return outbox.waitingBytes > HOLD_BYTES && outbox.queuedBytes > HOLD_BYTES;
  }

  private requestStream(call: ServerStreamCall, frame: Frame): void {
    this.hold(call, 0);
    if (frame.payload !== undefined || frame.more) call.cancel(requestsInMessages(call.route.path));
    else call.begin(frame.endStream);
  }

  private requestInChunks(call: ServerCall, frame: Frame, size: number): void {
    this.hold(call, size);
    call.schedule();
    const { compression } = frame;
    this.arriving.set(call.id, { call, assembly: new Assembly(size, this.room), compression });
    if (frame.payload !== undefined) this.requestGoesOn(frame);
  }

  private hold(call: ServerCall, bytes: number): void {
    this.calls.add(call);
    if (call.kit) this.kitCalls.add(call);
    call.heldBytes = bytes;
    this.heldBytes += bytes;
  }

  /** The next chunk of a request, unless the call has ended. */
  private requestGoesOn(frame: Frame): void {
    const arriving = this.arriving.get(frame.callId);
    if (arriving === undefined) {
      if (this.calls.get(frame.callId) !== undefined || frame.methodStart >= 0) {
        throw protocolViolation(`call id ${frame.callId} is used twice`);
      }
      return;
    }
    const { call, assembly, compression } = arriving;
    if (assembly.refuses(frame)) {
      call.cancel(tooManyPayloads(call.route.path, true));
      return;
    }
    const whole = assembly.add(frame);
    if (whole === undefined) return;
    this.arriving.delete(frame.callId);
    call.start(whole, 0, whole.length, compression);
  }

  private endWith(writer: PacketWriter, id: number, large: Buffer | undefined): void {
    if (large === undefined) this.outbox.end(writer);
    else this.outbox.endWithPart(writer, FrameKind.End, id, large);
  }

  private refuseId(id: number, error: HeliographError, call: ServerCall | undefined): void {
    if (this.ended !== undefined) return;
    this.outbox.dropTransfer(id);
    const writer = this.outbox.begin(FrameKind.End, id);
    try {
      if (call !== undefined) writeAnswerMetadata(writer, call, this.granted.metadataBytes);
    } catch {
      // The error matters more than what should have gone with it.
      writer.abort();
      this.outbox.begin(FrameKind.End, id);
    }
    writeStatus(writer, error);
    this.outbox.end(writer);
    // Until it knows the limit, an honest client may go as far as the constant.
    const most = Math.max(REFUSALS_PER_CALL * this.server.session.limits.maxCalls, initialLimits.maxCalls);
    // While the window is open they leave, whether or not the peer could read them in this turn.
    if (!this.outbox.window.open && ++this.refusals > most) {
      this.host.overrun(
        new HeliographError(Code.Unavailable, `more than ${most} refusals wait to be read`, {
          reason: "PEER_STALLED",
        }),
      );
    }
  }
}

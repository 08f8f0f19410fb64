import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { type Compression, canUndo } from "../wire/compression.js";
import { protocolViolation } from "../wire/fault.js";
import { type Frame, FrameField, FrameKind } from "../wire/frame.js";
import { commonVersion, readHello, writeWelcome } from "../wire/handshake.js";
import { initialLimits, type Limits, messageTooLarge } from "../wire/limits.js";
import type { PacketWriter } from "../wire/packet-writer.js";
import type { PayloadType } from "../wire/payload-codec.js";
import { writeStatus } from "../wire/status.js";
import { Assembly, AssemblyRoom, tooManyPayloads } from "./assembly.js";
import { checkReceived, writeAnswerMetadata } from "./call-metadata.js";
import { CallTable } from "./call-table.js";
import type { Peer } from "./context.js";
import { findRoute } from "./find-route.js";
import { type EncodedPayload, requireCodec, writeMessage } from "./payload.js";
import {
  noMessage,
  oneRequest,
  requestsInMessages,
  tooManyCalls,
  tooMuchHeld,
  windowUnread,
} from "./refusals.js";
import type { RequestFacts, ServerCall } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { ServerStreamCall, type StreamCallOwner } from "./server-stream-call.js";
import { ServerUnaryCall, type UnaryCallOwner } from "./server-unary-call.js";
import { type OutgoingStream, Session } from "./session.js";

/** The requests of a session's calls in flight have at most so many bytes, or as many as this many of the largest. */
const HELD_BYTES = 64 * 1024 * 1024;
const HELD_MESSAGES = 4;
/**
 * Bytes that may wait for a peer that doesn't read before nothing more is started for it; not counted are the few
 * large answers whose chunks are under way.
 */
const HOLD_BYTES = 4 * 1024 * 1024;
/** Times the calls that a peer may have in flight: refusals that wait for a peer that calls on and doesn't read. */
const REFUSALS_PER_CALL = 4;
/** How long a peer may take to say HELLO. */
const GREET_MS = 10_000;

/** What a session needs of the listener that it came in on. */
export interface ServerSessionHost {
  send(routingId: Buffer, parts: Buffer[]): number;
  /** The session is over; `kick` to break the connection as well. */
  ended(session: ServerSession, kick: boolean): void;
  /** A call has ended, or the peer has read something. */
  progressed(): void;
}

/** A request that still arrives. */
interface Arriving {
  readonly call: ServerCall;
  readonly assembly: Assembly;
  readonly compression: number;
}

/** One client's session, from its HELLO to its end, and the calls it made. */
export class ServerSession extends Session implements UnaryCallOwner, StreamCallOwner {
  readonly routingId: Buffer;
  peer: Peer = { node: "", instance: "" };
  private readonly server: ServerShared;
  private readonly host: ServerSessionHost;
  private readonly calls = new CallTable<ServerCall>();
  private readonly arriving = new Map<number, Arriving>();
  private readonly room = new AssemblyRoom();
  /** Calls that wait because the peer doesn't read. */
  private postponed: ServerUnaryCall[] = [];
  private granted: Limits = initialLimits;
  private features: readonly string[] = [];
  private greeted = false;
  private isDraining = false;
  private lastCallId = 0;
  private heldBytes = 0;
  private blockedSince = 0;
  private refusals = 0;
  private readonly since: number;

  constructor(server: ServerShared, host: ServerSessionHost, routingId: Buffer) {
    super(server.session);
    this.server = server;
    this.host = host;
    this.routingId = routingId;
    this.since = server.clock.now();
  }

  get idle(): boolean {
    return this.calls.size === 0 && this.outbox.empty;
  }

  send(parts: Buffer[]): number {
    return this.host.send(this.routingId, parts);
  }

  drained(): void {
    if (!this.outbox.blocked) this.refusals = 0;
    this.host.progressed();
    this.wakeSenders();
    if (this.postponed.length === 0 || this.clogged) return;
    const calls = this.postponed;
    this.postponed = [];
    for (const call of calls) call.enter();
  }

  postpone(call: ServerUnaryCall): boolean {
    // Of a session that ends nothing is started any more, though its calls leave lanes to each other.
    if (this.ended) return true;
    if (!this.clogged) return false;
    if (this.postponed.length > 2 * this.shared.limits.maxCalls) {
      this.postponed = this.postponed.filter(({ over }) => !over);
    }
    this.postponed.push(call);
    return true;
  }

  transferred(callId: number): void {
    const call = this.calls.get(callId);
    if (call instanceof ServerStreamCall) call.transferred();
  }

  get messageLimit(): number {
    return this.granted.messageBytes;
  }

  compresses(call: ServerCall): boolean {
    return canUndo(this.features, call.compression);
  }

  answer(call: ServerCall, message: unknown): void {
    const writer = this.outbox.begin(FrameKind.End, call.id);
    let large: Buffer | undefined;
    try {
      writeAnswerMetadata(writer, call, this.granted.metadataBytes);
      large = writeMessage(
        writer,
        call.codec,
        call.route.output,
        message,
        this.granted.messageBytes,
        call.route.path,
      );
    } catch (error) {
      writer.abort();
      throw error;
    }
    this.endAnswer(writer, call.id, large);
  }

  answerEncoded(call: ServerCall, answer: EncodedPayload | undefined): void {
    const writer = this.outbox.begin(FrameKind.End, call.id);
    let large: Buffer | undefined;
    try {
      writeAnswerMetadata(writer, call, this.granted.metadataBytes);
      if (answer !== undefined) {
        writer.number(FrameField.compression, answer.compression);
        large = writer.payloadBytes(answer.bytes);
      }
    } catch (error) {
      writer.abort();
      throw error;
    }
    this.endAnswer(writer, call.id, large);
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
    return this.sendMessage(call, type, message, wanted, this.granted);
  }

  credit(call: ServerCall, messages: number, bytes: number): void {
    if (this.ended || this.calls.get(call.id) !== call) return;
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
    this.heldBytes -= call.heldBytes;
    this.arriving.get(call.id)?.assembly.close();
    this.arriving.delete(call.id);
    this.host.progressed();
  }

  private endAnswer(writer: PacketWriter, id: number, large: Buffer | undefined): void {
    if (large === undefined) this.outbox.end(writer);
    else this.outbox.endWithPart(writer, FrameKind.End, id, large);
  }

  /** Starts nothing new; calls in flight go on. */
  drain(graceMs: number): void {
    if (this.ended || this.isDraining) return;
    this.isDraining = true;
    this.sendGoaway(this.lastCallId, graceMs);
  }

  /** Ends every call that no handler has seen yet, and tells the client. */
  cancelWaiting(reason: HeliographError): void {
    for (const call of this.calls.all()) if (!call.started) call.cancel(reason);
  }

  /** Ends every call that is still in flight, and tells the client. */
  cancelAll(reason: HeliographError): void {
    for (const call of this.calls.all()) call.cancel(reason);
  }

  /** Refuses the whole session: none of its calls is started. */
  turnAway(error: HeliographError): void {
    this.sendGoaway(0, 0, error);
    this.end(error, true);
  }

  /** The connection is gone. */
  left(): void {
    this.end(new HeliographError(Code.Cancelled, "the caller is gone", { reason: "PEER_GONE" }), false);
  }

  /** Asked now and then: ends the session of a peer that says nothing, or leaves a full window unread, for too long. */
  check(now: number): void {
    const { stallMs } = this.server;
    if (!this.greeted && now - this.since >= GREET_MS) {
      this.fail(protocolViolation(`no HELLO within ${GREET_MS} ms`));
      return;
    }
    const silent = this.checkSilence(now, stallMs);
    if (silent !== undefined) {
      this.fail(silent);
      return;
    }
    if (!this.outbox.blocked || this.outbox.moved) {
      this.outbox.moved = false;
      this.blockedSince = 0;
    } else if (this.blockedSince === 0) this.blockedSince = now;
    else if (now - this.blockedSince >= stallMs)
      this.fail(windowUnread(now - this.blockedSince, this.outbox.waitingBytes));
  }

  protected take(frame: Frame): void {
    if (!this.greeted) {
      this.greet(frame);
      return;
    }
    switch (frame.kind) {
      case FrameKind.Request:
        if (frame.callId > this.lastCallId) this.request(frame);
        else this.requestGoesOn(frame);
        return;
      case FrameKind.Message:
      case FrameKind.Credit:
        this.streamFrame(frame);
        return;
      case FrameKind.Cancel:
        this.cancelled(frame.callId);
        return;
      case FrameKind.Goaway:
        this.end(new HeliographError(Code.Cancelled, "the caller went away", { reason: "PEER_GONE" }), true);
        return;
      case FrameKind.Hello:
        throw protocolViolation("a second HELLO");
      case FrameKind.Welcome:
      case FrameKind.End:
        throw protocolViolation(`a client sent a frame of kind ${frame.kind}`);
      default:
        this.unknownKind(frame);
    }
  }

  protected fail(error: HeliographError): void {
    this.server.onFault(error, this.peer.node);
    this.sendGoaway(this.lastCallId, 0, error);
    this.end(error, true);
  }

  /** Counts what was answered in this very turn, too: a packet may hold a thousand small requests for large answers. */
  private get clogged(): boolean {
    const { outbox } = this;
    // A few large answers under way are no reason to let a small call wait.
    return outbox.waitingBytes > HOLD_BYTES && outbox.queuedBytes > HOLD_BYTES;
  }

  private cancelled(id: number): void {
    const call = this.calls.get(id);
    // The answer may be on its way already; what is left of it is not wanted.
    if (call === undefined) this.outbox.dropTransfer(id);
    else {
      call.cancel(
        new HeliographError(Code.Cancelled, "the caller cancelled the call", { reason: "CALL_CANCELLED" }),
      );
    }
  }

  private greet(frame: Frame): void {
    if (frame.kind !== FrameKind.Hello || frame.bodyStart < 0)
      throw protocolViolation("a session begins with HELLO");
    const hello = readHello(frame);
    const version = commonVersion(hello.versions);
    const { expect } = hello;
    const { self } = this.server;
    if (expect !== undefined && (expect.instance !== self.instance || expect.epoch !== self.epoch)) {
      throw new HeliographError(
        Code.Unavailable,
        `the caller means ${expect.instance}, this is ${self.instance}`,
        {
          reason: "WRONG_INSTANCE",
        },
      );
    }
    this.greeted = true;
    this.peer = { node: hello.node, instance: hello.instance };
    this.granted = hello.limits;
    this.features = hello.features;
    this.outbox.grant(hello.limits);
    const writer = this.outbox.begin(FrameKind.Welcome, 0);
    writeWelcome(writer, self, version);
    this.outbox.end(writer);
  }

  private request(frame: Frame): void {
    const id = frame.callId;
    // Announced as not started by the GOAWAY that it crossed.
    if (this.isDraining) return;
    this.lastCallId = id;
    if (frame.methodStart < 0) throw protocolViolation("REQUEST without a method");
    const size = frame.more ? frame.payloadSize : frame.payloadEnd - frame.payloadStart;
    let call: ServerCall;
    try {
      call = this.makeCall(frame, size);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.refuseId(id, error, undefined);
      return;
    }
    if (call instanceof ServerStreamCall && call.startsAtOnce) this.requestStream(call, frame);
    else if (frame.more) this.requestInChunks(call, frame, size);
    else if (frame.payload === undefined) call.cancel(noMessage(call.route.path));
    else {
      call.start(frame.payload, frame.payloadStart, frame.payloadEnd, frame.compression);
      // Most are over already. What a stream was asked for with is its handler's by now.
      if (!call.over) this.hold(call, call instanceof ServerStreamCall ? 0 : size);
    }
  }

  private makeCall(frame: Frame, size: number): ServerCall {
    const { limits } = this.shared;
    if (this.calls.size >= limits.maxCalls) throw tooManyCalls(limits.maxCalls);
    checkReceived(frame, limits.metadataBytes);
    const route = findRoute(this.server, frame.buf, frame.methodStart, frame.methodEnd);
    const codec = requireCodec(frame.codec, frame.compression, route.path);
    if (size > limits.messageBytes)
      throw messageTooLarge(size, limits.messageBytes, `${route.path}: the request`, true);
    if (this.heldBytes + size > Math.max(HELD_BYTES, limits.messageBytes * HELD_MESSAGES)) {
      throw tooMuchHeld(this.heldBytes, route.path);
    }
    const facts: RequestFacts = {
      id: frame.callId,
      route,
      codec,
      deadline: frame.timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.server.clock.now() + frame.timeoutMs,
      metadataBuf: frame.metadata && frame.buf,
      metadataRanges: frame.metadata,
      oneWay: frame.oneWay,
    };
    if (route.method.kind === "unary") return new ServerUnaryCall(this.server, this, facts);
    const credit = { messages: frame.creditMessages, bytes: frame.creditBytes };
    return new ServerStreamCall(this.server, this, facts, credit, this.room);
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

  /** MESSAGE or CREDIT of a call. */
  private streamFrame(frame: Frame): void {
    const call = this.calls.get(frame.callId);
    const isMessage = frame.kind === FrameKind.Message;
    if (call instanceof ServerStreamCall) {
      if (isMessage) call.take(frame);
      else call.grant(frame.creditMessages, frame.creditBytes);
    } else if (call !== undefined) {
      if (isMessage && (frame.payload !== undefined || frame.more)) call.cancel(oneRequest(call.route.path));
    } else if (frame.callId > this.lastCallId && !this.isDraining) {
      throw protocolViolation(`a frame of kind ${frame.kind} for call ${frame.callId}, which was never made`);
    }
  }

  private hold(call: ServerCall, bytes: number): void {
    this.calls.add(call);
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
    const { call, assembly } = arriving;
    if (assembly.refuses(frame)) {
      call.cancel(tooManyPayloads(call.route.path, true));
      return;
    }
    const whole = assembly.add(frame);
    if (whole === undefined) return;
    this.arriving.delete(frame.callId);
    call.start(whole, 0, whole.length, arriving.compression);
  }

  private unknownKind(frame: Frame): void {
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

  private refuseId(id: number, error: HeliographError, call: ServerCall | undefined): void {
    if (this.ended) return;
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
    const most = REFUSALS_PER_CALL * this.shared.limits.maxCalls;
    // While the window is open they leave, whether or not the peer could read them in this turn.
    if (!this.outbox.window.open && ++this.refusals > most) {
      this.fail(
        new HeliographError(Code.Unavailable, `more than ${most} refusals wait to be read`, {
          reason: "PEER_STALLED",
        }),
      );
    }
  }

  private end(reason: HeliographError, kick: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.outbox.close();
    this.postponed = [];
    for (const call of this.calls.all()) call.abandon(reason);
    this.host.ended(this, kick);
  }
}

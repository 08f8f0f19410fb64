import { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { bareAnswer, bareError, envelopeLength, isBareCall } from "../../wire/envelope.js";
import { faultOf, protocolViolation } from "../../wire/fault.js";
import { type Frame, FrameKind } from "../../wire/frame.js";
import { MAX_BARE_BYTES, messageTooLarge } from "../../wire/limits.js";
import type { PacketHandler } from "../../wire/packet-reader.js";
import { protobufCodec } from "../../wire/protobuf-codec.js";
import { writeStatus } from "../../wire/status.js";
import { DEFAULT_TIMEOUT_MS } from "../call-options.js";
import type { Peer } from "../context.js";
import { checkReceived, writeAnswerMetadata } from "../session/call-metadata.js";
import { type EncodedPayload, encodeMessage, requireCodec, writeMessage } from "../session/payload.js";
import { findRoute, requireUnary } from "./find-route.js";
import type { ServerCall, WhichCalls } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { ServerUnaryCall, type UnaryCallOwner } from "./server-unary-call.js";

const nobody: Peer = { node: "", instance: "" };
const nothing = Buffer.alloc(0);

/**
 * Calls of one client without a session: bare ones of two parts, and single REQUEST packets in an envelope.
 * One message is answered by one message, which is not counted by any window (docs/spec/wire.md, "Without a session").
 */
export class AnonymousPeer {
  private readonly server: ServerShared;
  private readonly send: (parts: Buffer[]) => void;
  private readonly calls = new Set<AnonymousCall>();
  private draining: HeliographError | undefined;

  constructor(server: ServerShared, send: (parts: Buffer[]) => void) {
    this.server = server;
    this.send = send;
  }

  /** No call is in flight that a drain would wait for. */
  get idle(): boolean {
    for (const { kit } of this.calls) if (!kit) return false;
    return true;
  }

  receive(parts: Buffer[]): void {
    const length = envelopeLength(parts);
    const envelope = parts.slice(0, length);
    const body = parts.slice(length);
    const call = new AnonymousCall(this.server, isBareCall(body), (reply) => {
      this.calls.delete(call);
      this.send([...envelope, ...reply]);
    });
    this.calls.add(call);
    try {
      call.begin(body, this.draining ?? this.tooMany());
    } catch (error) {
      call.fault(faultOf(error));
    }
  }

  private tooMany(): HeliographError | undefined {
    const { maxCalls } = this.server.session.limits;
    if (this.calls.size <= maxCalls) return undefined;
    return new HeliographError(
      Code.ResourceExhausted,
      `the connection has ${maxCalls} calls in flight (limits.maxCalls)`,
      { reason: "TOO_MANY_CALLS", notProcessed: true },
    );
  }

  /** The connection is gone. */
  left(): void {
    const reason = new HeliographError(Code.Cancelled, "the caller is gone", { reason: "PEER_GONE" });
    for (const call of [...this.calls]) call.abandon(reason);
    this.calls.clear();
  }

  /** Starts nothing new; calls in flight go on. */
  drain(reason: HeliographError): void {
    this.draining = reason;
  }

  /** Ends these calls, and tells the client. */
  cancelCalls(reason: HeliographError, which: WhichCalls): void {
    for (const call of [...this.calls]) call.cancel(reason, which);
  }
}

function noCompression(path: string): HeliographError {
  return new HeliographError(Code.Unimplemented, `${path}: without a session nothing is compressed`, {
    reason: "CODEC_UNSUPPORTED",
    notProcessed: true,
  });
}

class AnonymousCall implements UnaryCallOwner, PacketHandler {
  readonly peer = nobody;
  private readonly server: ServerShared;
  private readonly bare: boolean;
  private readonly reply: (parts: Buffer[]) => void;
  private call: ServerUnaryCall | undefined;
  private refusal: HeliographError | undefined;
  private callId = 0;
  private done = false;
  /** What is called, once that is known. */
  private method: Buffer | undefined;

  constructor(server: ServerShared, bare: boolean, reply: (parts: Buffer[]) => void) {
    this.server = server;
    this.bare = bare;
    this.reply = reply;
  }

  /**
   * @param refusal why no call is taken now, if so
   * @throws HeliographError for whatever is refused before a call exists
   */
  begin(body: Buffer[], refusal: HeliographError | undefined): void {
    this.refusal = refusal;
    if (!this.bare) {
      this.server.session.reader.read(body, this);
      return;
    }
    if (refusal !== undefined) throw refusal;
    const method = body[0]!;
    const request = body[1]!;
    this.method = method;
    if (request.length > MAX_BARE_BYTES)
      throw messageTooLarge(request.length, MAX_BARE_BYTES, "the request", true);
    const route = findRoute(this.server, method, 0, method.length);
    requireUnary(route);
    route.group.admit();
    const arrival = { at: this.server.clock.now() };
    this.call = new ServerUnaryCall(this.server, this, {
      id: 0,
      route,
      codec: protobufCodec,
      deadline: arrival.at + DEFAULT_TIMEOUT_MS,
      metadataBuf: undefined,
      metadataRanges: undefined,
      oneWay: false,
      arrival,
      stats: route.stats,
    });
    this.call.start(request, 0, request.length, 0);
  }

  frame(frame: Frame): void {
    if (this.call !== undefined || this.callId !== 0)
      throw protocolViolation("one message holds one REQUEST");
    if (frame.kind !== FrameKind.Request || frame.more || frame.callId === 0) {
      throw protocolViolation("without a session only a whole REQUEST is served");
    }
    this.callId = frame.callId;
    if (this.refusal !== undefined) throw this.refusal;
    if (frame.methodStart < 0) throw protocolViolation("REQUEST without a method");
    this.method = frame.buf.subarray(frame.methodStart, frame.methodEnd);
    checkReceived(frame, this.server.session.limits.metadataBytes);
    const route = findRoute(this.server, frame.buf, frame.methodStart, frame.methodEnd);
    requireUnary(route);
    const codec = requireCodec(frame.codec, frame.compression, route.path);
    // It could not say what it can undo, nor hear what this side can.
    if (frame.compression !== 0) throw noCompression(route.path);
    if (frame.payload === undefined) throw protocolViolation("a unary call needs exactly one message");
    const size = frame.payloadEnd - frame.payloadStart;
    if (size > MAX_BARE_BYTES) throw messageTooLarge(size, MAX_BARE_BYTES, "the request", true);
    route.group.admit();
    const arrival = { at: this.server.clock.now() };
    this.call = new ServerUnaryCall(this.server, this, {
      id: frame.callId,
      route,
      codec,
      deadline: arrival.at + (frame.timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : frame.timeoutMs),
      metadataBuf: frame.metadata && frame.buf,
      metadataRanges: frame.metadata,
      oneWay: frame.oneWay,
      arrival,
      stats: route.stats,
    });
    this.call.start(frame.payload, frame.payloadStart, frame.payloadEnd, frame.compression);
  }

  totals(): void {}

  answer(call: ServerCall, message: unknown): void {
    if (this.bare) {
      const bytes = encodeMessage(call.codec, call.route.output, message);
      if (bytes.length > MAX_BARE_BYTES)
        throw messageTooLarge(bytes.length, MAX_BARE_BYTES, `${call.route.path}: the answer`, false);
      call.sent(bytes.length);
      this.finish(bareAnswer(bytes));
      return;
    }
    const writer = this.server.session.writers.borrow();
    try {
      writer.begin(FrameKind.End, call.id);
      writeAnswerMetadata(writer, call, this.server.session.limits.metadataBytes);
      const large = writeMessage(
        writer,
        call.codec,
        call.route.output,
        message,
        MAX_BARE_BYTES,
        call.route.path,
      );
      call.sent(writer.payloadLength);
      if (large !== undefined) writer.attach(large);
      writer.end();
      this.finish(writer.takeParts());
    } catch (error) {
      writer.abort();
      throw error;
    } finally {
      this.server.session.writers.giveBack(writer);
    }
  }

  get messageLimit(): number {
    return MAX_BARE_BYTES;
  }

  /** It has not said what it can undo. */
  compresses(): boolean {
    return false;
  }

  /** Of a one-way call. */
  answerEncoded(call: ServerCall, _answer: EncodedPayload | undefined): void {
    const writer = this.server.session.writers.borrow();
    writer.begin(FrameKind.End, call.id);
    writer.end();
    this.finish(writer.takeParts());
    this.server.session.writers.giveBack(writer);
  }

  refuse(_call: ServerCall, error: HeliographError): void {
    this.fail(error);
  }

  forget(): void {}

  postpone(): boolean {
    return false;
  }

  get kit(): boolean {
    return this.call?.kit === true;
  }

  cancel(reason: HeliographError, which: WhichCalls): void {
    if (this.call !== undefined && which(this.call)) this.call.cancel(reason);
  }

  /** The message is none, or goes on where it must end: what was started of it is ended. */
  fault(error: HeliographError): void {
    this.fail(error);
    if (this.call !== undefined) this.call.abandon(error);
    else this.server.router.refused(this.method ?? nothing, error.code);
  }

  abandon(reason: HeliographError): void {
    this.done = true;
    this.call?.abandon(reason);
  }

  fail(error: HeliographError): void {
    if (this.bare) {
      this.finish(bareError(error));
      return;
    }
    const writer = this.server.session.writers.borrow();
    writer.begin(FrameKind.End, this.callId);
    writeStatus(writer, error);
    writer.end();
    this.finish(writer.takeParts());
    this.server.session.writers.giveBack(writer);
  }

  private finish(parts: Buffer[]): void {
    if (this.done) return;
    this.done = true;
    this.reply(parts);
  }
}

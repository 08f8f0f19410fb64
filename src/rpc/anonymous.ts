import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { bareAnswer, bareError, envelopeLength, isBareCall } from "../wire/envelope.js";
import { protocolViolation } from "../wire/fault.js";
import { type Frame, FrameField, FrameKind } from "../wire/frame.js";
import { MAX_BARE_BYTES, messageTooLarge } from "../wire/limits.js";
import { rangesBytes, writeMetadata } from "../wire/metadata-fields.js";
import type { PacketHandler } from "../wire/packet-reader.js";
import { protobufCodec } from "../wire/protobuf-codec.js";
import { writeStatus } from "../wire/status.js";
import { DEFAULT_TIMEOUT_MS } from "./call-options.js";
import type { Peer } from "./context.js";
import { findRoute } from "./find-route.js";
import { encodeMessage, requireCodec, writeMessage } from "./payload.js";
import { ServerCall, type ServerCallOwner } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";

const nobody: Peer = { node: "", instance: "" };

/**
 * Calls of one client without a session: bare ones of two parts, and single REQUEST packets in an envelope.
 * One message is answered by one message, which is not counted by any window (docs/spec/wire.md, "Bare calls").
 */
export class AnonymousPeer {
  private readonly server: ServerShared;
  private readonly send: (parts: Buffer[]) => void;
  private readonly calls = new Set<AnonymousCall>();

  constructor(server: ServerShared, send: (parts: Buffer[]) => void) {
    this.server = server;
    this.send = send;
  }

  get idle(): boolean {
    return this.calls.size === 0;
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
      if (this.calls.size > this.server.session.limits.maxCalls) {
        throw new HeliographError(Code.ResourceExhausted, "too many calls in flight", {
          reason: "TOO_MANY_CALLS",
          notProcessed: true,
        });
      }
      call.begin(body);
    } catch (error) {
      call.fail(HeliographError.from(error, Code.Internal));
    }
  }

  /** The connection is gone. */
  left(): void {
    const reason = new HeliographError(Code.Cancelled, "the caller is gone", { reason: "PEER_GONE" });
    for (const call of [...this.calls]) call.abandon(reason);
    this.calls.clear();
  }

  cancelAll(reason: HeliographError): void {
    for (const call of [...this.calls]) call.cancel(reason);
  }
}

class AnonymousCall implements ServerCallOwner, PacketHandler {
  readonly peer = nobody;
  private readonly server: ServerShared;
  private readonly bare: boolean;
  private readonly reply: (parts: Buffer[]) => void;
  private call: ServerCall | undefined;
  private callId = 0;
  private done = false;

  constructor(server: ServerShared, bare: boolean, reply: (parts: Buffer[]) => void) {
    this.server = server;
    this.bare = bare;
    this.reply = reply;
  }

  /** @throws HeliographError for whatever is refused before a call exists */
  begin(body: Buffer[]): void {
    if (!this.bare) {
      this.server.session.reader.read(body, this);
      return;
    }
    const method = body[0]!;
    const request = body[1]!;
    if (request.length > MAX_BARE_BYTES)
      throw messageTooLarge(request.length, MAX_BARE_BYTES, "the request", true);
    const route = findRoute(this.server, method, 0, method.length);
    const deadline = this.server.clock.now() + DEFAULT_TIMEOUT_MS;
    this.call = new ServerCall(this.server, this, 0, route, protobufCodec, deadline, undefined, undefined);
    this.call.start(request, 0, request.length);
  }

  frame(frame: Frame): void {
    if (this.call !== undefined || this.callId !== 0)
      throw protocolViolation("one message holds one REQUEST");
    if (frame.kind !== FrameKind.Request || frame.more || frame.callId === 0) {
      throw protocolViolation("without a session only a whole REQUEST is served");
    }
    this.callId = frame.callId;
    const { limits } = this.server.session;
    if (rangesBytes(frame.metadata) > limits.metadataBytes)
      throw protocolViolation("the metadata is too large");
    if (frame.methodStart < 0) throw protocolViolation("REQUEST without a method");
    const route = findRoute(this.server, frame.buf, frame.methodStart, frame.methodEnd);
    const codec = requireCodec(frame.codec, frame.compression, route.path);
    if (frame.payload === undefined) throw protocolViolation("a unary call needs exactly one message");
    const size = frame.payloadEnd - frame.payloadStart;
    if (size > MAX_BARE_BYTES) throw messageTooLarge(size, MAX_BARE_BYTES, "the request", true);
    const deadline = this.server.clock.now() + (frame.timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : frame.timeoutMs);
    this.call = new ServerCall(
      this.server,
      this,
      frame.callId,
      route,
      codec,
      deadline,
      frame.metadata && frame.buf,
      frame.metadata,
    );
    this.call.start(frame.payload, frame.payloadStart, frame.payloadEnd);
  }

  totals(): void {}

  answer(call: ServerCall, message: unknown): void {
    if (this.bare) {
      const bytes = encodeMessage(call.codec, call.route.output, message);
      if (bytes.length > MAX_BARE_BYTES)
        throw messageTooLarge(bytes.length, MAX_BARE_BYTES, `${call.route.path}: the answer`, false);
      this.finish(bareAnswer(bytes));
      return;
    }
    const writer = this.server.session.writers.borrow();
    try {
      writer.begin(FrameKind.End, call.id);
      if (call.responseMetadata !== undefined)
        writeMetadata(writer, FrameField.metadata, call.responseMetadata);
      if (call.trailers !== undefined) writeMetadata(writer, FrameField.trailers, call.trailers);
      const large = writeMessage(
        writer,
        call.codec,
        call.route.output,
        message,
        MAX_BARE_BYTES,
        call.route.path,
      );
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

  refuse(_call: ServerCall, error: HeliographError): void {
    this.fail(error);
  }

  forget(): void {}

  postpone(): boolean {
    return false;
  }

  cancel(reason: HeliographError): void {
    this.call?.cancel(reason);
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

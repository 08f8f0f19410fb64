import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { ServedService } from "../../naming/instance.js";
import type { CloseReason, Dialer, DialerEvents, SocketFactory } from "../../socket/socket.js";
import { type Compression, canUndo, compressionName, decompress } from "../../wire/compression.js";
import { protocolViolation } from "../../wire/fault.js";
import { type Frame, FrameField, FrameKind } from "../../wire/frame.js";
import {
  commonVersion,
  type ExpectedServer,
  type Introduction,
  type ReceivedWelcome,
  readGoaway,
  readWelcome,
  writeHello,
} from "../../wire/handshake.js";
import { heldBytesLimit, initialLimits, type Limits } from "../../wire/limits.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { readStatus } from "../../wire/status.js";
import type { Peer } from "../context.js";
import { AssemblyRoom } from "../session/assembly.js";
import { writeRequestMetadata } from "../session/call-metadata.js";
import { CallTable } from "../session/call-table.js";
import {
  checkSize,
  type EncodedPayload,
  type PayloadKeeper,
  writeEncoded,
  writeMessage,
} from "../session/payload.js";
import { Session, type SessionShared } from "../session/session.js";
import type { OutgoingStream } from "../session/stream-output.js";
import type { StreamSender } from "../stream/stream-sender.js";
import type { ClientCall } from "./client-call.js";
import { connectionError, drainedError, notStarted, outcomeUnknown } from "./fates.js";
import type { OneWaySession } from "./one-way-call.js";
import type { StreamCallSession } from "./stream-call.js";

/** What a session tells the connection that owns it. */
export interface ClientSessionEvents {
  /** The server has answered HELLO with WELCOME: calls may be sent. */
  welcomed(session: ClientSession): void;
  /** The end of a call, or what the server has read, made room for more calls. */
  roomier(session: ClientSession): void;
  /** The server starts nothing new; calls in flight go on. */
  draining(session: ClientSession, error: HeliographError): void;
  /** The session is over and its calls were told. `error` says why. */
  closed(session: ClientSession, error: HeliographError): void;
}

/** One connection to one server, from the dial to its end, and the calls that are in flight on it. */
export class ClientSession extends Session implements DialerEvents, StreamCallSession, OneWaySession {
  readonly endpoint: string;
  private readonly room = new AssemblyRoom();
  /** Who the server says it is, once it has. */
  server: ReceivedWelcome | undefined;
  /** Why it has ended, once it has. */
  endReason: HeliographError | undefined;
  /** What was found to be wrong with the server, by who watches over it. */
  trouble: string | undefined;
  /** Called for each PING that the server has answered, by who watches over it. */
  onPong: ((sequence: number) => void) | undefined;
  /** Called before each message is read, by who watches over the server while it is quiet. */
  onMessage: (() => void) | undefined;
  private readonly events: ClientSessionEvents;
  private readonly self: Introduction;
  private readonly expect: ExpectedServer | undefined;
  private readonly dialer: Dialer;
  private readonly calls = new CallTable<ClientCall>();
  private granted: Limits = initialLimits;
  private nextId = 1;
  /** Of the requests of calls in flight: what the server holds for them. */
  private heldBytes = 0;
  private isOpen = false;
  /** When it was dialed, by the clock of who did. */
  dialedAt = 0;
  /** A server has welcomed this client at this endpoint before. */
  wasWelcomed = false;
  /** Why it takes no more calls, once the server has said GOAWAY. */
  leaving: HeliographError | undefined;

  constructor(
    shared: SessionShared,
    sockets: SocketFactory,
    endpoint: string,
    self: Introduction,
    expect: ExpectedServer | undefined,
    events: ClientSessionEvents,
  ) {
    super(shared);
    this.endpoint = endpoint;
    this.self = self;
    this.expect = expect;
    this.events = events;
    this.dialer = sockets.dial(endpoint, this, { routingId: routingId() });
  }

  /** A call can be sent right now. */
  get ready(): boolean {
    const { leaving } = this;
    return this.isOpen && leaving === undefined && !this.ended && this.calls.size < this.granted.maxCalls;
  }

  /** The server holds so much for calls in flight that it might refuse one of any size. */
  get holdsMuch(): boolean {
    const { messageBytes } = this.granted;
    return this.heldBytes > heldBytesLimit(messageBytes) - messageBytes;
  }

  /** The server takes a call with this encoded request beside those in flight. */
  fits({ request }: ClientCall): boolean {
    if (request === undefined) return true;
    return (
      this.heldBytes === 0 || this.heldBytes + request.length <= heldBytesLimit(this.granted.messageBytes)
    );
  }

  get peer(): Peer | undefined {
    return this.server && { node: this.server.node, instance: this.server.instance };
  }

  get inFlight(): number {
    return this.calls.size;
  }

  /**
   * The server is said to serve these: of those that it has not told itself, it counts from now on.
   *
   * @returns the names of these
   */
  learn(services: readonly ServedService[]): readonly string[] {
    const { server } = this;
    if (server === undefined) return [];
    const told = new Set(server.services.map(({ name }) => name));
    const added = services.filter(({ name, schemaHash }) => schemaHash !== "" && !told.has(name));
    if (added.length > 0) this.server = { ...server, services: [...server.services, ...added] };
    return added.map(({ name }) => name);
  }

  // The socket's events.

  opened(): void {
    if (this.ended) return;
    this.isOpen = true;
    const writer = this.outbox.begin(FrameKind.Hello, 0);
    writeHello(writer, this.self, this.expect);
    this.outbox.end(writer);
  }

  message(parts: Buffer[], bytes: number): void {
    this.onMessage?.();
    this.receive(parts, bytes);
  }

  closed(reason: CloseReason, cause?: Error): void {
    this.finish(
      connectionError(this.endpoint, reason, { wasOpen: this.isOpen, wasWelcomed: this.wasWelcomed }, cause),
    );
  }

  send(parts: Buffer[]): number {
    return this.dialer.send(parts);
  }

  drained(): void {
    this.events.roomier(this);
    this.streams.wake();
  }

  transferred(callId: number): void {
    this.calls.get(callId)?.transferred();
  }

  whenSent(call: ClientCall): void {
    this.outbox.whenSent(call.id);
  }

  /** The largest message that the server takes. */
  get messageLimit(): number {
    return this.granted.messageBytes;
  }

  /** Whether the server can read payloads that are compressed so. */
  canUndo(compression: Compression): boolean {
    return this.server !== undefined && canUndo(this.server.features, compression);
  }

  /**
   * Sends a call's request: the encoded one that the call holds, else its message.
   *
   * @throws HeliographError INVALID_ARGUMENT when the message is not of the method's type,
   *   RESOURCE_EXHAUSTED when it is larger than the server takes; nothing was sent then
   */
  start(call: ClientCall, now: number): void {
    const id = this.nextId;
    const writer = this.outbox.begin(FrameKind.Request, id);
    let large: Buffer | undefined;
    try {
      writer.encoded(call.method.requestFields);
      if (call.deadline !== Number.POSITIVE_INFINITY) {
        writer.number(
          FrameField.timeoutMs,
          Math.min(0xffffffff, Math.max(1, Math.ceil(call.deadline - now))),
        );
      }
      const { codec, input, path } = call.method;
      if (call.metadata !== undefined) {
        writeRequestMetadata(writer, call.metadata, this.granted.metadataBytes, path);
      }
      call.writeFields(writer);
      const limit = this.granted.messageBytes;
      if (call.request !== undefined) {
        writer.number(FrameField.compression, call.requestCompression);
        large = writeEncoded(writer, call.request, input, limit, path);
      } else if (!call.streamsRequests) large = writeMessage(writer, codec, input, call.message, limit, path);
    } catch (error) {
      writer.abort();
      throw error;
    }
    this.nextId = id + 1;
    call.id = id;
    call.session = this;
    this.calls.add(call);
    if (!call.streamsRequests) {
      call.heldBytes = writer.payloadLength;
      this.heldBytes += call.heldBytes;
    }
    if (large === undefined) this.outbox.end(writer);
    else this.outbox.endWithPart(writer, FrameKind.Request, id, large);
    call.begun(this.granted);
  }

  sendRequest(
    call: OutgoingStream,
    type: PayloadType,
    message: unknown,
    compression: Compression,
    keeper: PayloadKeeper | undefined,
  ): number | Promise<number> {
    const wanted = this.canUndo(compression) ? compression : "none";
    return this.streams.send(call, type, message, wanted, this.granted, keeper);
  }

  sendAgain(call: OutgoingStream, type: PayloadType, payload: EncodedPayload): number | Promise<number> {
    const { granted } = this;
    checkSize(payload.bytes.length, granted.messageBytes, type, call.path);
    const compression = compressionName(payload.compression);
    if (compression !== undefined && this.canUndo(compression))
      return this.streams.sendEncoded(call, payload, granted);
    const plain = decompress(payload.compression, payload.bytes, granted.messageBytes);
    const send = (bytes: Buffer) => this.streams.sendEncoded(call, { bytes, compression: 0 }, granted);
    return plain instanceof Promise ? plain.then(send) : send(plain);
  }

  congested(sender: StreamSender): boolean {
    return this.streams.congested(sender);
  }

  halfClose(call: ClientCall): void {
    if (this.ended || this.calls.get(call.id) !== call) return;
    const writer = this.outbox.begin(FrameKind.Message, call.id);
    writer.flag(FrameField.endStream);
    this.outbox.end(writer);
  }

  credit(call: ClientCall, messages: number, bytes: number, sequence: number): void {
    if (this.ended || this.calls.get(call.id) !== call) return;
    const writer = this.outbox.begin(FrameKind.Credit, call.id);
    writer.number(FrameField.sequence, sequence);
    writer.number(FrameField.creditMessages, messages);
    writer.number(FrameField.creditBytes, bytes);
    this.outbox.end(writer);
    // The server may wait for it, while more of what it has sent already keeps this turn from ending.
    this.outbox.flushGathered();
  }

  /** Tells the server that nobody waits for the answer. */
  cancel(call: ClientCall): void {
    if (this.ended || this.calls.get(call.id) !== call) return;
    this.outbox.end(this.outbox.begin(FrameKind.Cancel, call.id));
  }

  forget(call: ClientCall): void {
    this.calls.remove(call);
    this.heldBytes -= call.heldBytes;
    call.heldBytes = 0;
    if (this.ended) return;
    this.outbox.dropTransfer(call.id);
    if (this.leaving !== undefined && this.calls.size === 0) this.finish(this.leaving);
    else this.events.roomier(this);
  }

  /** Ends the session from this side. */
  close(error: HeliographError): Promise<void> {
    this.finish(error);
    return this.dialer.close();
  }

  /** Takes no more calls, and ends when those in flight have ended. */
  retire(reason: HeliographError): void {
    this.leaving ??= reason;
    if (this.calls.size === 0) this.finish(this.leaving);
  }

  /** Asked now and then: ends the session when the server has said nothing for too long. */
  check(now: number, stallMs: number): void {
    if (!this.isOpen || this.ended) return;
    // HELLO goes before a PING, also when both are of this turn.
    this.outbox.flushGathered();
    const silent = this.checkSilence(now, stallMs);
    if (silent !== undefined) this.finish(silent);
  }

  protected take(frame: Frame): void {
    const { kind } = frame;
    if (kind === FrameKind.End || kind === FrameKind.Message || kind === FrameKind.Credit) {
      const call = this.calls.get(frame.callId);
      if (call !== undefined) call.take(frame, this.shared.limits.messageBytes, this.room);
      else if (frame.callId >= this.nextId)
        throw protocolViolation(`a frame of kind ${kind} for call ${frame.callId}, which was never made`);
      return;
    }
    if (frame.kind === FrameKind.Welcome) this.takeWelcome(frame);
    else if (frame.kind === FrameKind.Goaway) this.takeGoaway(frame);
    else if (frame.kind === FrameKind.Hello) this.meetClient();
    // Anything else belongs to later versions, or to calls that have ended.
  }

  protected override ponged(sequence: number): void {
    this.onPong?.(sequence);
  }

  protected fail(error: HeliographError): void {
    this.sendGoaway(0, 0, error);
    this.finish(error);
  }

  /**
   * A client is at the other end, most likely this one: a dial to a loopback port that nobody holds may meet itself
   * there (RFC 9293, 3.5, simultaneous open).
   */
  private meetClient(): void {
    this.finish(
      new HeliographError(Code.Unavailable, `nobody listens at ${this.endpoint}; a client answered`, {
        reason: "NO_INSTANCE",
        notProcessed: true,
      }),
    );
  }

  private takeWelcome(frame: Frame): void {
    if (this.server !== undefined) throw protocolViolation("a second WELCOME");
    if (frame.bodyStart < 0) throw protocolViolation("WELCOME without its body");
    const server = readWelcome(frame);
    commonVersion(server.versions);
    this.server = server;
    this.granted = server.limits;
    this.outbox.grant(this.granted);
    this.events.welcomed(this);
  }

  private takeGoaway(frame: Frame): void {
    const lastCallId = frame.bodyStart < 0 ? 0 : readGoaway(frame).lastCallId;
    const status =
      frame.statusStart < 0
        ? undefined
        : readStatus(frame.buf, frame.statusStart, frame.statusEnd, undefined, false);
    const first = this.leaving === undefined;
    // Before any call is told: one that waits must not take its place here.
    this.leaving = status ?? drainedError(this.endpoint);
    if (first && status === undefined) this.events.draining(this, this.leaving);
    for (const call of this.calls.all()) {
      if (call.id > lastCallId) call.refused(notStarted(call.method.path, this.endpoint, status));
    }
    if (status !== undefined || this.calls.size === 0) this.finish(this.leaving);
  }

  private finish(error: HeliographError): void {
    if (this.ended) return;
    this.ended = true;
    this.endReason = error;
    this.outbox.close();
    this.streams.close();
    for (const call of this.calls.all()) call.lost(outcomeUnknown(call.method.path, error));
    // Its own failures are already known here.
    void this.dialer.close();
    this.events.closed(this, error);
  }
}

/** Secret: who knows it could speak in this connection's name. The first byte is one that ZeroMQ leaves to users. */
function routingId(): Buffer {
  const id = randomBytes(16);
  id[0] = id[0]! | 0x80;
  return id;
}

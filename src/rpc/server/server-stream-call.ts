import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { isThenable } from "../../core/thenable.js";
import { type Compression, compressionName } from "../../wire/compression.js";
import type { Frame } from "../../wire/frame.js";
import { firstCredit, messageTooLarge, mostCredit, type StreamCredit } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { showValue } from "../../wire/show-value.js";
import { oneRequest, violation } from "../refusals.js";
import { Assembly, type AssemblyRoom, tooManyPayloads } from "../session/assembly.js";
import { writeHeadMetadata } from "../session/call-metadata.js";
import { ownBytes, readPayload } from "../session/payload.js";
import type { OutgoingStream } from "../session/stream-output.js";
import { Inbox, type InboxHost } from "../stream/inbox.js";
import {
  leave,
  type Source,
  StreamSender,
  type StreamSenderHost,
  sourceOf,
} from "../stream/stream-sender.js";
import { StreamTimers, type TimedStream } from "../stream/stream-timers.js";
import { CallContext } from "./call-context.js";
import { interceptedStream } from "./intercepted.js";
import { type RequestFacts, ServerCall, type ServerCallOwner } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";

/** The session of a stream's caller. */
export interface StreamCallOwner extends ServerCallOwner {
  /** Sends one answer of many; returns its bytes. */
  sendAnswer(
    call: ServerStreamCall,
    type: PayloadType,
    message: unknown,
    compression: Compression,
  ): number | Promise<number>;
  /** Sends END with the one answer. */
  answer(call: ServerCall, message: unknown): void;
  /** Sends END: all answers were sent. */
  endStream(call: ServerCall): void;
  /** Lets the caller send so much more. */
  credit(call: ServerCall, messages: number, bytes: number): void;
  /** See `StreamSenderHost.congested`. */
  congested(sender: StreamSender): boolean;
}

/** A call with a stream of requests, of answers, or of both. */
export class ServerStreamCall
  extends ServerCall
  implements InboxHost, StreamSenderHost, TimedStream, OutgoingStream
{
  protected readonly owner: StreamCallOwner;
  /** The requests, when they are many. */
  private readonly inbox: Inbox | undefined;
  /** Of the answers, when they are many. */
  private readonly sender: StreamSender | undefined;
  private readonly timers: StreamTimers | undefined;
  private readonly room: AssemblyRoom;
  private assembly: Assembly | undefined;
  private assemblyCompression = 0;
  /** The requests end with the message that arrives in chunks. */
  private endsAfter = false;
  /** Of the one request. */
  private oneCompression = 0;

  /** @param credit what the caller takes of answers at first */
  constructor(
    shared: ServerShared,
    owner: StreamCallOwner,
    facts: RequestFacts,
    credit: StreamCredit,
    room: AssemblyRoom,
  ) {
    super(shared, facts);
    this.owner = owner;
    this.room = room;
    const { kind } = facts.route.method;
    const { limits } = shared.session;
    if (kind === "client-stream" || kind === "bidi-stream")
      this.inbox = new Inbox(this, firstCredit(limits), mostCredit(limits));
    if (kind === "server-stream" || kind === "bidi-stream") this.sender = new StreamSender(this, credit);
    const { idleTimeoutMs } = facts.route;
    if (idleTimeoutMs !== undefined)
      this.timers = new StreamTimers(shared, this, { idleTimeoutMs }, facts.route.path);
  }

  get path(): string {
    return this.route.path;
  }

  get requestCompression(): Compression {
    return compressionName(this.inbox?.mark ?? this.oneCompression) ?? "none";
  }

  get quiet(): boolean {
    return (this.inbox?.empty ?? true) && this.sender?.transferring !== true;
  }

  /** The handler is started with the first request, or at once where they are a stream. */
  get startsAtOnce(): boolean {
    return this.inbox !== undefined;
  }

  /** Starts a handler whose requests are a stream, perhaps of none. */
  begin(endsAtOnce: boolean): void {
    this.schedule();
    this.timers?.begin();
    if (endsAtOnce) this.inbox?.finish();
    this.run(this.inbox);
  }

  start(payload: Buffer, start: number, end: number, compression: number): void {
    this.schedule();
    this.timers?.begin();
    this.oneCompression = compression;
    this.received(end - start);
    try {
      const request = this.read(payload, start, end, compression);
      if (request instanceof Promise) {
        request.then(
          (read) => this.run(read),
          (error) => this.failed(error),
        );
      } else this.run(request);
    } catch (error) {
      this.failed(error);
    }
  }

  /** MESSAGE has arrived, or a part of one. What throws is the fault of the peer and ends the session. */
  take(frame: Frame): void {
    this.timers?.active();
    const { inbox } = this;
    if (frame.payload === undefined && !frame.more && this.assembly === undefined) {
      if (frame.endStream) inbox?.finish();
      else this.cancel(violation(this.path, "a MESSAGE without a message"));
      return;
    }
    if (inbox === undefined) {
      this.cancel(oneRequest(this.path));
      return;
    }
    if (this.assembly === undefined && !this.admit(frame, inbox)) return;
    if (this.assembly !== undefined || frame.more) {
      this.chunk(frame, inbox);
      return;
    }
    this.push(inbox, frame.payload!, frame.payloadStart, frame.payloadEnd, frame.compression);
    if (frame.endStream) inbox.finish();
  }

  override granted(frame: Frame): void {
    this.credited(frame.creditMessages, frame.creditBytes);
  }

  /** So much more may be sent. */
  credited(messages: number, bytes: number): void {
    this.timers?.active();
    this.sender?.grant(messages, bytes);
  }

  override transferred(): void {
    this.sender?.transferred();
  }

  // What the reader of the requests causes.

  taken(messages: number, bytes: number): void {
    this.timers?.active();
    if (!this.over) this.owner.credit(this, messages, bytes);
  }

  /** The handler may well answer without having read all of the requests. */
  left(): void {}

  unreadable(error: unknown): void {
    this.cancel(HeliographError.from(error, Code.Internal));
  }

  // What the answers cause.

  congested(sender: StreamSender): boolean {
    return this.owner.congested(sender);
  }

  send(message: unknown): number | Promise<number> {
    this.timers?.active();
    const { headWritten } = this;
    try {
      const bytes = this.owner.sendAnswer(this, this.route.output, message, this.compression);
      if (typeof bytes !== "number") return this.sentLater(bytes);
      this.sent(bytes);
      return bytes;
    } catch (error) {
      this.headWritten = headWritten;
      this.unsendable(error);
      return 0;
    }
  }

  writeHead(writer: PacketWriter, metadataBytes: number): void {
    if (this.headWritten) return;
    writeHeadMetadata(writer, this.responseMetadata, metadataBytes);
    this.headWritten = true;
  }

  sending(inChunks: boolean): void {
    if (this.sender !== undefined) this.sender.transferring = inChunks;
  }

  exhausted(): void {
    try {
      this.owner.endStream(this);
    } catch (error) {
      this.unsendable(error);
      return;
    }
    this.finish();
  }

  sourceFailed(error: unknown): void {
    this.failed(error);
  }

  paused(error: HeliographError): void {
    this.cancel(error);
  }

  override abandon(reason: HeliographError): void {
    if (this.over) return;
    super.abandon(reason);
    this.inbox?.abort(reason);
  }

  protected override finish(): void {
    super.finish();
    this.timers?.end();
    this.sender?.stop();
    // What the handler left running may still wait for requests. After an early end they throw instead.
    if (this.cancelReason === undefined) void this.inbox?.return();
    this.assembly?.close();
    this.assembly = undefined;
  }

  private run(request: unknown): void {
    if (this.over) return;
    let result: unknown;
    try {
      if (this.route.interceptors.length > 0) result = interceptedStream(this, this.route, request);
      else {
        this.started = true;
        result = this.route.handler?.(request, new CallContext(this));
      }
      if (isThenable(result)) {
        result.then(
          (settled) => this.respond(settled),
          (error) => this.failed(error),
        );
        return;
      }
    } catch (error) {
      this.failed(error);
      return;
    }
    this.respond(result);
  }

  /** With the one answer, or with what gives many. */
  private respond(result: unknown): void {
    if (this.sender === undefined) {
      this.answered(result);
      return;
    }
    let source: Source | undefined;
    try {
      source = sourceOf(result);
    } catch (error) {
      this.failed(error);
      return;
    }
    if (this.over) {
      if (source !== undefined) leave(source).catch((error) => this.failed(error));
    } else if (source === undefined) {
      this.unsendable(
        new TypeError(
          `the handler of ${this.path} must give an iterable such as a generator, got ${showValue(result)}`,
        ),
      );
    } else void this.sender.run(source);
  }

  private answered(message: unknown): void {
    if (this.over) return;
    try {
      this.owner.answer(this, message);
    } catch (error) {
      this.unsendable(error);
      return;
    }
    this.finish();
  }

  private async sentLater(compressing: Promise<number>): Promise<number> {
    const bytes = await compressing;
    this.sent(bytes);
    return bytes;
  }

  private admit(frame: Frame, inbox: Inbox): boolean {
    if (inbox.closed) {
      // The handler may have stopped reading; after the caller's own end it may not send.
      if (!inbox.left) this.cancel(violation(this.path, "a message after the end of the requests"));
      return false;
    }
    const { messageBytes } = this.shared.session.limits;
    const size = frame.more ? frame.payloadSize : frame.payloadEnd - frame.payloadStart;
    if (size > messageBytes)
      this.cancel(messageTooLarge(size, messageBytes, `${this.path}: a request`, false));
    else if (!inbox.admit(size)) this.cancel(violation(this.path, "more was sent than there was credit for"));
    else return true;
    return false;
  }

  private chunk(frame: Frame, inbox: Inbox): void {
    if (this.assembly === undefined) {
      this.assembly = new Assembly(frame.payloadSize, this.room);
      this.assemblyCompression = frame.compression;
      this.endsAfter = frame.endStream;
    }
    if (this.assembly.refuses(frame)) {
      this.cancel(tooManyPayloads(this.path, false));
      return;
    }
    const whole = this.assembly.add(frame);
    if (whole === undefined) return;
    this.assembly = undefined;
    this.push(inbox, whole, 0, whole.length, this.assemblyCompression);
    if (this.endsAfter) inbox.finish();
  }

  private push(inbox: Inbox, buf: Buffer, start: number, end: number, compression: number): void {
    this.received(end - start);
    try {
      if (compression === 0) inbox.push(this.codec.decode(this.route.input, buf, start, end), end - start);
      else {
        const bytes = ownBytes(buf, start, end);
        inbox.pushLater(() => this.read(bytes, 0, bytes.length, compression), bytes.length, compression);
      }
    } catch (error) {
      this.unreadable(error);
    }
  }

  private read(buf: Buffer, start: number, end: number, compression: number): unknown {
    const { messageBytes } = this.shared.session.limits;
    return readPayload(this.codec, this.route.input, compression, buf, start, end, messageBytes);
  }
}

import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Method } from "../../wire/definition.js";
import { type Frame, FrameField, FrameKind } from "../../wire/frame.js";
import { initialLimits, type Limits, type StreamCredit } from "../../wire/limits.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import type { BoundMethod } from "../bound-method.js";
import { oneAnswer } from "../refusals.js";
import type { AssemblyRoom } from "../session/assembly.js";
import { ownBytes, readPayload } from "../session/payload.js";
import { Inbox, type InboxHost } from "../stream/inbox.js";
import type { Source } from "../stream/stream-sender.js";
import { StreamTimers, type TimedStream } from "../stream/stream-timers.js";
import type { TransportCallOptions } from "../transport.js";
import { ClientCall, type ClientCallOwner, type ClientCallSession } from "./client-call.js";
import { KeptRequests } from "./kept-requests.js";
import { type RequestSession, RequestStream, type RequestStreamHost } from "./request-stream.js";

/** What a stream needs of its session beside what every call does. */
export interface StreamCallSession extends ClientCallSession, RequestSession {
  /** Says that no more requests follow. */
  halfClose(call: ClientCall): void;
  /** Lets the server send so much more. `sequence` is that of the last answer of a resumable stream, else 0. */
  credit(call: ClientCall, messages: number, bytes: number, sequence: number): void;
}

/** Who waits for the one answer of a stream of requests. */
export interface SingleAnswer {
  resolve(answer: unknown): void;
  reject(error: HeliographError): void;
}

/** What a call's streams are. */
export interface Streams {
  /** What the server may send at first. */
  readonly credit: StreamCredit;
  /** What it may send in time, when the reader keeps up. */
  readonly most: StreamCredit;
  /** The requests, when they are a stream. */
  readonly source: Source | undefined;
  /** Who waits for the answer, when it is a single one. */
  readonly answer: SingleAnswer | undefined;
}

/** A call with a stream of requests, of answers, or of both. */
export class StreamCall extends ClientCall implements InboxHost, RequestStreamHost, TimedStream {
  declare session: StreamCallSession | undefined;
  readonly credit: StreamCredit;
  /** All of them, when they are a stream. */
  private readonly requests: KeptRequests | undefined;
  /** Those of this session. */
  private requestStream: RequestStream | undefined;
  /** Of requests that were sent in vain. */
  private keptBytes = 0;
  private readonly answer: SingleAnswer | undefined;
  /** The answers, when there are many. */
  protected readonly inbox: Inbox | undefined;
  private readonly timers: StreamTimers | undefined;

  constructor(
    owner: ClientCallOwner,
    method: BoundMethod<Method>,
    options: TransportCallOptions,
    timeoutMs: number,
    deadline: number,
    { credit, most, source, answer }: Streams,
  ) {
    super(owner, method, options, timeoutMs, deadline);
    this.credit = credit;
    this.requests =
      source === undefined ? undefined : new KeptRequests(source, (error) => this.requestsFailed(error));
    this.answer = answer;
    this.inbox = answer === undefined ? new Inbox(this, credit, most) : undefined;
    if (options.idleTimeoutMs !== undefined || options.itemTimeoutMs !== undefined)
      this.timers = new StreamTimers(owner, this, options, method.path);
  }

  /** The requests are a stream of their own, after REQUEST. */
  get streamsRequests(): boolean {
    return this.requests !== undefined;
  }

  /** The sequence of the last answer of a resumable stream; 0 where they have none. */
  protected get received(): number {
    return 0;
  }

  get path(): string {
    return this.method.path;
  }

  /** Until the server has said something of the call, its requests can go again. */
  override get repeatable(): boolean {
    return super.repeatable && this.requests?.complete !== false;
  }

  override get waitingBytes(): number {
    return super.waitingBytes + this.keptBytes;
  }

  get quiet(): boolean {
    return (this.inbox?.empty ?? true) && this.requestStream?.sender.transferring !== true;
  }

  nextAnswer(): Promise<IteratorResult<unknown, undefined>> {
    const inbox = this.inbox!;
    const { timers } = this;
    const result = inbox.next();
    if (timers !== undefined && inbox.awaited) {
      timers.awaited();
      const here = () => timers.arrived(inbox.awaited);
      result.then(here, here);
    }
    return result;
  }

  leave(): Promise<IteratorResult<unknown, undefined>> {
    return this.inbox!.return();
  }

  override writeFields(writer: PacketWriter): void {
    super.writeFields(writer);
    if (this.inbox === undefined) return;
    const { messages, bytes } = this.inbox.allowAnew();
    writer.number(FrameField.creditMessages, messages);
    writer.number(FrameField.creditBytes, bytes);
  }

  begun(limits: Limits): void {
    this.timers?.begin();
    if (this.requests === undefined || this.session === undefined) return;
    this.requestStream = new RequestStream(this, this.session, this.requests, {
      messages: Math.max(limits.streamCreditMessages, initialLimits.streamCreditMessages),
      bytes: Math.max(limits.streamCreditBytes, initialLimits.streamCreditBytes),
    });
    this.requestStream.begin();
  }

  override leaveSession(refusal: HeliographError | undefined): void {
    this.requestStream?.leave();
    this.requestStream = undefined;
    this.keptBytes = this.requests?.bytes ?? 0;
    super.leaveSession(refusal);
  }

  take(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    this.timers?.active();
    // END may say that all of it was in vain.
    if (frame.kind !== FrameKind.End) this.requests?.release();
    if (frame.kind === FrameKind.Message) this.takeMessage(frame, messageBytes, room);
    else if (frame.kind === FrameKind.End) this.end(frame, messageBytes, room);
    else this.requestStream?.sender.grant(frame.creditMessages, frame.creditBytes);
  }

  transferred(): void {
    this.requestStream?.sender.transferred();
  }

  // What the reader of the answers causes.

  taken(messages: number, bytes: number): void {
    this.timers?.active();
    if (!this.done) this.session?.credit(this, messages, bytes, this.received);
  }

  left(): void {
    if (this.done) return;
    this.session?.cancel(this);
    this.settle();
  }

  unreadable(error: unknown): void {
    this.stop(HeliographError.from(error, Code.Internal), false);
  }

  // What the requests cause.

  sentRequest(): void {
    this.timers?.active();
  }

  sentAll(): void {
    this.session?.halfClose(this);
  }

  /** Their source threw, or gave something that can't be sent. */
  requestsFailed(error: unknown): void {
    this.stop(HeliographError.from(error));
  }

  paused(error: HeliographError): void {
    this.stop(error);
  }

  protected failed(error: HeliographError, atOnce: boolean): void {
    if (this.answer !== undefined) this.answer.reject(error);
    else if (atOnce) this.inbox?.abort(error);
    else this.inbox?.finish(error);
  }

  protected succeeded(answer: unknown): void {
    if (this.answer === undefined) this.inbox?.finish();
    else this.answer.resolve(answer);
  }

  protected override settle(): void {
    super.settle();
    this.timers?.end();
    this.requests?.release();
    if (this.requestStream !== undefined) this.requestStream.sender.stop();
    // What it throws is of no use to a call that is over.
    else this.requests?.close().catch(() => {});
  }

  private takeMessage(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    const { inbox } = this;
    if (inbox === undefined) {
      this.stop(oneAnswer(this.method.path, "a stream of them"));
      return;
    }
    if (this.assembly === undefined) {
      if (frame.metadata !== undefined) this.showMetadata(frame);
      if (this.done) return;
      if (frame.payload === undefined && !frame.more) {
        this.violated("the server sent a MESSAGE without a message");
        return;
      }
      const size = frame.more ? frame.payloadSize : frame.payloadEnd - frame.payloadStart;
      if (!this.admits(size, messageBytes, "an answer")) return;
      if (!inbox.admit(size)) {
        this.violated("the server sent more than it had credit for");
        return;
      }
      this.compression = frame.compression;
      if (!frame.more) {
        this.push(inbox, frame.payload!, frame.payloadStart, frame.payloadEnd, messageBytes);
        return;
      }
    }
    const whole = this.assemble(frame, room);
    if (whole !== undefined) this.push(inbox, whole, 0, whole.length, messageBytes);
  }

  private push(inbox: Inbox, buf: Buffer, start: number, end: number, messageBytes: number): void {
    const { codec, output } = this.method;
    const { compression } = this;
    try {
      if (compression === 0) inbox.push(codec.decode(output, buf, start, end), end - start);
      else {
        const bytes = ownBytes(buf, start, end);
        const read = () => readPayload(codec, output, compression, bytes, 0, bytes.length, messageBytes);
        inbox.pushLater(read, bytes.length);
      }
    } catch (error) {
      this.unreadable(error);
    }
  }

  private end(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    if (this.answer !== undefined) {
      this.takeAnswer(frame, messageBytes, room);
      return;
    }
    // Of a message that was under way in chunks the rest is not sent any more.
    this.assembly?.close();
    this.assembly = undefined;
    this.showMetadata(frame);
    if (this.done || this.endedWith(frame)) return;
    if (frame.payload === undefined && !frame.more) this.succeed(undefined);
    else this.violated("the server ended a stream with a message");
  }
}

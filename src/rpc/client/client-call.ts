import type { Buffer } from "node:buffer";
import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import { Code } from "../../core/code.js";
import { Deadline } from "../../core/deadline-wheel.js";
import { HeliographError, invalidArgument } from "../../core/error.js";
import { Metadata } from "../../core/metadata.js";
import type { Candidate } from "../../naming/balancer.js";
import type { Method } from "../../wire/definition.js";
import { type Frame, FrameField, FrameKind } from "../../wire/frame.js";
import { type Limits, messageTooLarge } from "../../wire/limits.js";
import { readMetadata } from "../../wire/metadata-fields.js";
import type { PacketWriter } from "../../wire/packet-writer.js";
import { readStatus } from "../../wire/status.js";
import type { BoundMethod } from "../bound-method.js";
import { callCancelled, callTimedOut } from "../call-options.js";
import { oneAnswer, violation } from "../refusals.js";
import { Assembly, type AssemblyRoom, tooManyPayloads } from "../session/assembly.js";
import type { TableEntry } from "../session/call-table.js";
import { readPayload } from "../session/payload.js";
import type { TimersHost } from "../stream/stream-timers.js";
import type { AttemptGroup, TransportCallOptions } from "../transport.js";

/** What a call needs of the connection it belongs to. */
export interface ClientCallOwner extends TimersHost {
  /** The call is over: forget it. Called exactly once. */
  settled(call: ClientCall): void;
  /** The time that the call was added with has passed, and it was not sent yet. */
  expired(call: ClientCall): void;
  /** The call was refused before anything of it was done. True when it is going to be sent again. */
  again(call: ClientCall, error: HeliographError): boolean;
}

/** What a call needs of the session that it was sent on. */
export interface ClientCallSession {
  /** What is wrong with the server at present; undefined when it answers. */
  readonly trouble: string | undefined;
  /** Tell the server that nobody waits for the answer. */
  cancel(call: ClientCall): void;
  /** The call is over, or leaves this session. */
  forget(call: ClientCall): void;
}

/** One call of a client, from the function call to its end. */
export abstract class ClientCall extends Deadline implements Abortable, TableEntry<ClientCall> {
  readonly method: BoundMethod<Method>;
  readonly metadata: Metadata | undefined;
  readonly waitForReady: boolean;
  readonly timeoutMs: number;
  /** Clock time of the deadline. */
  readonly deadline: number;
  readonly options: TransportCallOptions;
  /** The one request; undefined when there are many. */
  message: unknown;
  /** The one request, encoded and perhaps compressed, of a call that had to wait for a session. */
  request: Buffer | undefined;
  /** How `request` is compressed: a number of `heliograph.wire.v1.Compression`. */
  requestCompression = 0;
  /** `request` is as small as it gets. */
  packed = false;
  /** Given by the session that sends it, with the session itself. */
  id = 0;
  session: ClientCallSession | undefined;
  nextInTable: ClientCall | undefined;
  /** What its request counts for in its session. */
  heldBytes = 0;
  done = false;
  /** The first of its group to be sent anywhere. */
  first = false;
  /** Why the session that it was sent on last did nothing of it, and how many sessions did so. */
  refusal: HeliographError | undefined;
  refusals = 0;
  /** The error's code, once it has ended with one. */
  outcome: Code | undefined;
  /** Whom a balancer chose for it, and when it was sent there, of a balancer that is told of the end. */
  sentTo: Candidate | undefined;
  sentAt = 0;
  protected readonly owner: ClientCallOwner;
  protected assembly: Assembly | undefined;
  /** Of the payload that arrives. */
  protected compression = 0;
  /** The answer is here, and takes a while to read. */
  private answerHere = false;

  constructor(
    owner: ClientCallOwner,
    method: BoundMethod<Method>,
    options: TransportCallOptions,
    timeoutMs: number,
    deadline: number,
  ) {
    super();
    this.owner = owner;
    this.method = method;
    this.options = options;
    this.timeoutMs = timeoutMs;
    this.deadline = deadline;
    this.metadata = options.metadata === undefined ? undefined : new Metadata(options.metadata);
    this.waitForReady = options.waitForReady === true;
    const { signal, parent } = options;
    if (signal !== undefined) {
      if (typeof signal.addEventListener !== "function") {
        throw invalidArgument(`signal must be an AbortSignal, got ${String(signal)}`);
      }
      watchAbort(signal, this);
    }
    if (parent !== undefined) watchAbort(parent.signal, this);
  }

  /** The requests are a stream of their own, after REQUEST. */
  abstract readonly streamsRequests: boolean;
  /** Writes the fields of REQUEST that only some calls have. */
  writeFields(writer: PacketWriter): void {
    const { idempotencyKey, oneWay } = this.options;
    if (idempotencyKey !== undefined) writer.text(FrameField.idempotencyKey, idempotencyKey);
    if (oneWay) writer.flag(FrameField.oneWay);
  }

  /** The session has sent REQUEST, to a server that grants this much. */
  abstract begun(limits: Limits): void;
  /** MESSAGE, END or CREDIT has arrived, or a part of one. What throws is the fault of the peer and ends the session. */
  abstract take(frame: Frame, messageBytes: number, room: AssemblyRoom): void;
  /** The last chunk of a message has left. */
  abstract transferred(): void;
  /**
   * Tells the caller. The call is settled already.
   *
   * @param atOnce even before what has arrived and was not taken
   */
  protected abstract failed(error: HeliographError, atOnce: boolean): void;
  /** The one answer is here. The call is settled already. */
  protected abstract succeeded(answer: unknown): void;

  override expire(): void {
    if (this.session === undefined) this.owner.expired(this);
    else this.timedOut();
  }

  timedOut(): void {
    this.stop(callTimedOut(this.method.path, this.timeoutMs, undefined, this.session?.trouble));
  }

  /** The caller's signal has fired, or its parent's. */
  aborted(reason: unknown): void {
    this.stop(callCancelled(this.method.path, reason, this.session === undefined));
  }

  /**
   * Ends the call from this side.
   *
   * @param atOnce even before what has arrived and was not taken
   */
  stop(error: HeliographError, atOnce = true): void {
    if (this.done) return;
    this.outcome = error.code;
    this.session?.cancel(this);
    this.settle();
    this.failed(error, atOnce);
  }

  /** The call has ended, and the server knows or can't be told. */
  fail(error: HeliographError): void {
    if (this.done) return;
    this.outcome = error.code;
    this.settle();
    this.failed(error, false);
  }

  /** It was sent, and can be sent once more if that came to nothing. */
  get repeatable(): boolean {
    return !this.done;
  }

  /** What it holds while it waits for a session. */
  get waitingBytes(): number {
    return this.request?.length ?? 0;
  }

  /** The one instance that it may be sent to; undefined for any. */
  get instance(): string | undefined {
    return this.options.instance ?? this.group?.identity?.instance;
  }

  /** Nothing of it was done: it goes on elsewhere. */
  leaveSession(refusal: HeliographError | undefined): void {
    const { session } = this;
    this.refusal = refusal;
    if (refusal !== undefined) this.refusals++;
    // What surely did not run binds its group to no server.
    if (this.first && refusal !== undefined) delete this.group?.identity;
    this.first = false;
    this.assembly?.close();
    this.assembly = undefined;
    this.session = undefined;
    session?.forget(this);
  }

  /** The session broke: whether the call ran can't be known, unless the answer is here. */
  lost(error: HeliographError): void {
    if (!this.answerHere || error.code === Code.Cancelled) this.fail(error);
  }

  /** The server that it may only go to, once it is known. */
  get group(): AttemptGroup | undefined {
    return this.options.attemptGroup;
  }

  /** That server is gone. */
  instanceGone(): HeliographError {
    return new HeliographError(
      Code.Unavailable,
      `${this.method.path}: the server that an earlier attempt was sent to is gone; it can't be known whether it ran`,
      { reason: "INSTANCE_GONE" },
    );
  }

  /** How long it may wait for a connection; undefined for the connection's own limit. */
  get patienceMs(): number | undefined {
    return undefined;
  }

  /** The call was not processed on this session, and perhaps goes on with another. */
  refused(error: HeliographError): void {
    if (this.done || this.owner.again(this, error)) return;
    this.fail(error);
  }

  protected settle(): void {
    this.done = true;
    this.assembly?.close();
    this.assembly = undefined;
    const { signal, parent } = this.options;
    if (signal !== undefined) unwatchAbort(signal, this);
    if (parent !== undefined) unwatchAbort(parent.signal, this);
    this.session?.forget(this);
    this.owner.settled(this);
    this.request = undefined;
    this.message = undefined;
  }

  /** Shows what came with an answer or an end to who asked for it. The call may be over afterwards. */
  protected showMetadata(frame: Frame): void {
    const { onHeader, onTrailer } = this.options;
    if (frame.metadata !== undefined && onHeader !== undefined) {
      this.show(onHeader, frame, frame.metadata);
    }
    if (frame.trailers !== undefined && onTrailer !== undefined) {
      this.show(onTrailer, frame, frame.trailers);
    }
  }

  /** END of a call with one answer, or a part of it. */
  protected takeAnswer(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    if (this.assembly === undefined) {
      this.showMetadata(frame);
      // A callback may have thrown, or ended the call.
      if (this.done || this.endedWith(frame)) return;
      this.compression = frame.compression;
      const size = frame.more ? frame.payloadSize : frame.payloadEnd - frame.payloadStart;
      if (!this.admits(size, messageBytes, "the answer")) return;
      if (!frame.more) {
        this.answered(frame.payload, frame.payloadStart, frame.payloadEnd, messageBytes);
        return;
      }
    }
    const whole = this.assemble(frame, room);
    if (whole !== undefined) this.answered(whole, 0, whole.length, messageBytes);
  }

  /** True when END carries an error, which has ended the call. */
  protected endedWith(frame: Frame): boolean {
    if (frame.statusStart < 0) return false;
    const error = readStatus(
      frame.buf,
      frame.statusStart,
      frame.statusEnd,
      this.method.path,
      frame.notProcessed,
    );
    if (error === undefined) return false;
    if (error.notProcessed) this.refused(error);
    else this.fail(error);
    return true;
  }

  protected succeed(answer: unknown): void {
    if (this.done) return;
    this.settle();
    this.succeeded(answer);
  }

  private answered(payload: Buffer | undefined, start: number, end: number, messageBytes: number): void {
    const { codec, output, path } = this.method;
    if (payload === undefined) {
      if (this.options.oneWay) this.succeed(undefined);
      else this.fail(oneAnswer(path, "none"));
      return;
    }
    let answer: unknown;
    try {
      answer = readPayload(codec, output, this.compression, payload, start, end, messageBytes);
    } catch (error) {
      this.fail(HeliographError.from(error, Code.Internal));
      return;
    }
    if (answer instanceof Promise) {
      this.answerHere = true;
      answer.then(
        (read) => this.succeed(read),
        (error) => this.fail(HeliographError.from(error, Code.Internal)),
      );
    } else this.succeed(answer);
  }

  /** The first frame of a payload: false when the payload is larger than this side takes, which ends the call. */
  protected admits(size: number, messageBytes: number, what: string): boolean {
    if (size <= messageBytes) return true;
    this.stop(messageTooLarge(size, messageBytes, `${this.method.path}: ${what}`, false), false);
    return false;
  }

  /** A frame with a chunk: the whole payload once it is here. The call may be over afterwards. */
  protected assemble(frame: Frame, room: AssemblyRoom): Buffer | undefined {
    this.assembly ??= new Assembly(frame.payloadSize, room);
    if (this.assembly.refuses(frame)) {
      this.stop(tooManyPayloads(this.method.path, false), false);
      return undefined;
    }
    const whole = this.assembly.add(frame);
    if (whole !== undefined) this.assembly = undefined;
    return whole;
  }

  /** The peer breaks the rules in this call alone. */
  protected violated(what: string): void {
    this.stop(violation(this.method.path, what), false);
  }

  /** A callback that throws is the caller's own failure: its call fails, and nothing else. */
  private show(callback: (metadata: Metadata) => void, frame: Frame, ranges: readonly number[]): void {
    if (this.done) return;
    const metadata = readMetadata(frame.buf, ranges);
    const over = frame.kind === FrameKind.End;
    try {
      callback(metadata);
    } catch (thrown) {
      const { rawMessage } = HeliographError.from(thrown);
      const error = new HeliographError(
        Code.Unknown,
        `${this.method.path}: onHeader or onTrailer threw: ${rawMessage}`,
        { cause: thrown },
      );
      if (over) this.fail(error);
      else this.stop(error);
    }
  }
}

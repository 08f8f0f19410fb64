import type { Buffer } from "node:buffer";
import { type Abortable, unwatchAbort, watchAbort } from "../core/abort-watch.js";
import { Code } from "../core/code.js";
import { Deadline } from "../core/deadline-wheel.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { Metadata } from "../core/metadata.js";
import type { UnaryMethod } from "../wire/definition.js";
import type { Frame } from "../wire/frame.js";
import { messageTooLarge } from "../wire/limits.js";
import { readMetadata } from "../wire/metadata-fields.js";
import { readStatus } from "../wire/status.js";
import { Assembly, type AssemblyRoom, tooManyPayloads } from "./assembly.js";
import type { BoundMethod } from "./bound-method.js";
import { type CallOptions, callCancelled, callTimedOut } from "./call-options.js";
import type { TableEntry } from "./call-table.js";

/** What a call needs of the connection it belongs to. */
export interface ClientCallOwner {
  /** The call is over: forget it. Called exactly once. */
  settled(call: ClientCall): void;
  /** The time that the call was added with has passed, and it was not sent yet. */
  expired(call: ClientCall): void;
}

/** What a call needs of the session that it was sent on. */
export interface ClientCallSession {
  /** Tell the server that nobody waits for the answer. */
  cancel(call: ClientCall): void;
  /** The call is over. */
  forget(call: ClientCall): void;
}

/** One unary call of a client, from the function call to its answer. */
export class ClientCall extends Deadline implements Abortable, TableEntry<ClientCall> {
  readonly method: BoundMethod<UnaryMethod>;
  readonly metadata: Metadata | undefined;
  readonly waitForReady: boolean;
  readonly timeoutMs: number;
  /** Clock time of the deadline. */
  readonly deadline: number;
  /** The request, encoded, while the call waits for a session. */
  request: Buffer | undefined;
  /** Given by the session that sends it, with the session itself. */
  id = 0;
  session: ClientCallSession | undefined;
  nextInTable: ClientCall | undefined;
  done = false;
  private readonly owner: ClientCallOwner;
  private readonly options: CallOptions;
  private readonly resolve: (answer: unknown) => void;
  private readonly reject: (error: HeliographError) => void;
  private assembly: Assembly | undefined;

  constructor(
    owner: ClientCallOwner,
    method: BoundMethod<UnaryMethod>,
    options: CallOptions,
    timeoutMs: number,
    deadline: number,
    resolve: (answer: unknown) => void,
    reject: (error: HeliographError) => void,
  ) {
    super();
    this.owner = owner;
    this.method = method;
    this.options = options;
    this.timeoutMs = timeoutMs;
    this.deadline = deadline;
    this.metadata = options.metadata === undefined ? undefined : new Metadata(options.metadata);
    this.waitForReady = options.waitForReady === true;
    this.resolve = resolve;
    this.reject = reject;
    const { signal } = options;
    if (signal !== undefined) {
      if (typeof signal.addEventListener !== "function") {
        throw invalidArgument(`signal must be an AbortSignal, got ${String(signal)}`);
      }
      watchAbort(signal, this);
    }
  }

  override expire(): void {
    if (this.session === undefined) this.owner.expired(this);
    else this.timedOut();
  }

  timedOut(): void {
    this.session?.cancel(this);
    this.fail(callTimedOut(this.method.path, this.timeoutMs));
  }

  /** END has arrived, or a part of it. What throws is the fault of the peer and ends the session. */
  take(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    const { path } = this.method;
    if (this.assembly === undefined) {
      if (frame.metadata !== undefined && this.options.onHeader !== undefined) {
        this.show(this.options.onHeader, readMetadata(frame.buf, frame.metadata));
      }
      if (frame.trailers !== undefined && this.options.onTrailer !== undefined) {
        this.show(this.options.onTrailer, readMetadata(frame.buf, frame.trailers));
      }
      // A callback may have thrown, or ended the call.
      if (this.done) return;
      if (frame.statusStart >= 0) {
        const error = readStatus(frame.buf, frame.statusStart, frame.statusEnd, path, frame.notProcessed);
        if (error !== undefined) {
          this.fail(error);
          return;
        }
      }
      if (frame.compression !== 0) {
        this.fail(
          new HeliographError(
            Code.Unimplemented,
            `${path}: the answer has compression ${frame.compression}, which is not known here`,
            { reason: "CODEC_UNSUPPORTED" },
          ),
        );
        return;
      }
      const size = frame.more ? frame.payloadSize : frame.payloadEnd - frame.payloadStart;
      if (size > messageBytes) {
        this.session?.cancel(this);
        this.fail(messageTooLarge(size, messageBytes, `${path}: the answer`, false));
        return;
      }
      if (!frame.more) {
        this.answered(frame.payload, frame.payloadStart, frame.payloadEnd);
        return;
      }
      this.assembly = new Assembly(size, room);
    }
    if (this.assembly.refuses(frame)) {
      this.session?.cancel(this);
      this.fail(tooManyPayloads(path, false));
      return;
    }
    const whole = this.assembly.add(frame);
    if (whole !== undefined) this.answered(whole, 0, whole.length);
  }

  fail(error: HeliographError): void {
    if (this.done) return;
    this.settle();
    this.reject(error);
  }

  /** A callback that throws is the caller's own failure: its call fails, and nothing else. */
  private show(callback: (metadata: Metadata) => void, metadata: Metadata): void {
    if (this.done) return;
    try {
      callback(metadata);
    } catch (thrown) {
      const { rawMessage } = HeliographError.from(thrown);
      this.fail(
        new HeliographError(Code.Unknown, `${this.method.path}: onHeader or onTrailer threw: ${rawMessage}`, {
          cause: thrown,
        }),
      );
    }
  }

  private answered(payload: Buffer | undefined, start: number, end: number): void {
    if (payload === undefined) {
      this.fail(
        new HeliographError(Code.Internal, `${this.method.path}: the server answered OK without a message`, {
          reason: "PROTOCOL_VIOLATION",
        }),
      );
      return;
    }
    let answer: unknown;
    try {
      answer = this.method.codec.decode(this.method.output, payload, start, end);
    } catch (error) {
      this.fail(HeliographError.from(error, Code.Internal));
      return;
    }
    this.settle();
    this.resolve(answer);
  }

  /** The caller's signal has fired. */
  aborted(reason: unknown): void {
    if (this.done) return;
    this.session?.cancel(this);
    this.fail(callCancelled(this.method.path, reason, this.session === undefined));
  }

  private settle(): void {
    this.done = true;
    this.assembly?.close();
    this.assembly = undefined;
    if (this.options.signal !== undefined) unwatchAbort(this.options.signal, this);
    this.session?.forget(this);
    this.owner.settled(this);
    this.request = undefined;
  }
}

import type { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { Deadline } from "../../core/deadline-wheel.js";
import { HeliographError, withFate } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import type { Metadata } from "../../core/metadata.js";
import type { Compression } from "../../wire/compression.js";
import type { Method } from "../../wire/definition.js";
import type { Frame } from "../../wire/frame.js";
import type { PayloadCodec } from "../../wire/payload-codec.js";
import type { Peer } from "../context.js";
import type { DetachedCall } from "../kept/detached.js";
import type { TableEntry } from "../session/call-table.js";
import type { CallState } from "./call-context.js";
import type { Arrival, MethodStats } from "./method-stats.js";
import type { Route } from "./router.js";
import type { ServerShared } from "./server-shared.js";

/** Where a call's answer goes: a session, or the envelope of a client without one. */
export interface ServerCallOwner {
  readonly peer: Peer;
  /** Sends END with the error. */
  refuse(call: ServerCall, error: HeliographError): void;
  /** The call is over. */
  forget(call: ServerCall): void;
}

/** What REQUEST says of a call. */
export interface RequestFacts {
  readonly id: number;
  readonly route: Route;
  readonly codec: PayloadCodec;
  /** Clock time of the deadline; `Infinity` when there is none. */
  readonly deadline: number;
  /** The metadata's entries: ranges of this buffer. */
  readonly metadataBuf: Buffer | undefined;
  readonly metadataRanges: readonly number[] | undefined;
  /** The caller wants no answer but END. */
  readonly oneWay: boolean;
  /** Of the packet with the request, or the first part of it. */
  readonly arrival: Arrival;
  /** Where the call is counted; undefined for a run, whose calls are. */
  readonly stats: MethodStats | undefined;
}

/** Chooses among calls in flight. */
export type WhichCalls = (call: DetachedCall) => boolean;

/** One call of a served method, from its REQUEST to its END. */
export abstract class ServerCall extends Deadline implements CallState, TableEntry<ServerCall> {
  readonly id: number;
  readonly route: Route;
  readonly codec: PayloadCodec;
  readonly shared: ServerShared;
  deadline: number;
  readonly metadataBuf: Buffer | undefined;
  readonly metadataRanges: readonly number[] | undefined;
  readonly oneWay: boolean;
  over = false;
  nextInTable: ServerCall | undefined;
  /** What its request counts for in its session. */
  heldBytes = 0;
  responseMetadata: Metadata | undefined;
  trailers: Metadata | undefined;
  abstract readonly requestCompression: Compression;
  compression: Compression;
  /** Why the call ended before its handler did. */
  cancelReason: HeliographError | undefined;
  /** The handler has been given the request. */
  started = false;
  /** The response metadata has left with the first message of a stream. */
  headWritten = false;
  private readonly arrival: Arrival;
  private readonly stats: MethodStats | undefined;
  /** Of the error that it ended with; 0 for none. */
  private endCode = 0;
  protected abstract readonly owner: ServerCallOwner;
  private controller: AbortController | undefined;

  constructor(shared: ServerShared, facts: RequestFacts) {
    super();
    this.shared = shared;
    this.id = facts.id;
    this.route = facts.route;
    this.codec = facts.codec;
    this.deadline = facts.deadline;
    this.metadataBuf = facts.metadataBuf;
    this.metadataRanges = facts.metadataRanges;
    this.oneWay = facts.oneWay;
    this.compression = facts.route.compression;
    this.arrival = facts.arrival;
    this.stats = facts.stats;
    this.stats?.begun();
    this.route.group.begun();
  }

  /** The one request is here. */
  abstract start(payload: Buffer, start: number, end: number, compression: number): void;

  /** Bytes of its request, while that is kept for the handler. */
  get requestBytes(): number {
    return 0;
  }

  /** CREDIT has arrived. Of no use to a call with one answer. */
  granted(_frame: Frame): void {}

  /** The last chunk of a message has left. */
  transferred(): void {}

  /** CANCEL has arrived. */
  cancelledByCaller(reason: HeliographError): void {
    this.cancel(reason);
  }

  /** Made when somebody looks at it: it is the dearest object of a call. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.cancelReason !== undefined) this.controller.abort(this.cancelReason);
    }
    return this.controller.signal;
  }

  get method(): Method {
    return this.route.method;
  }

  get peer(): Peer {
    return this.owner.peer;
  }

  /** Of a service of the kit's own, which goes on while others are paused or drained. */
  get kit(): boolean {
    return this.route.group === this.shared.router.kit;
  }

  get logger(): Logger {
    return this.shared.logger;
  }

  get clock(): Clock {
    return this.shared.clock;
  }

  remainingMs(): number {
    return Math.max(0, this.deadline - this.shared.clock.now());
  }

  /** Sees to it that the deadline ends the call, should it still go on then. */
  schedule(): void {
    const { deadlines } = this.shared;
    if (!this.over && this.deadline !== Number.POSITIVE_INFINITY && !deadlines.has(this)) {
      deadlines.add(this, this.deadline);
    }
  }

  /** Gives it until then, if that is later than its own deadline. */
  extend(deadline: number): void {
    if (deadline > this.deadline) this.reschedule(deadline);
  }

  /** Gives it until then, whatever its own deadline is. */
  reschedule(deadline: number): void {
    if (this.over) return;
    this.shared.deadlines.remove(this);
    this.deadline = deadline;
    this.schedule();
  }

  override expire(): void {
    this.cancel(
      new HeliographError(
        Code.DeadlineExceeded,
        `${this.route.path}: the deadline passed before the handler answered`,
        { reason: "CALL_TIMED_OUT" },
      ),
    );
  }

  /** Ends the call before its handler did: the handler's signal fires, and the caller gets the reason. */
  cancel(reason: HeliographError): void {
    if (this.over) return;
    const told = this.started === reason.notProcessed ? withFate(reason, !this.started) : reason;
    this.abandon(told);
    this.owner.refuse(this, told);
  }

  /** So many bytes of payload have arrived. */
  received(bytes: number): void {
    if (this.stats !== undefined) this.stats.requestBytes += bytes;
  }

  /** So many bytes of payload go out. */
  sent(bytes: number): void {
    if (this.stats !== undefined) this.stats.responseBytes += bytes;
  }

  /** As `cancel`, when there is nobody to tell. */
  abandon(reason: HeliographError): void {
    if (this.over) return;
    this.cancelReason = reason;
    this.endCode = reason.code;
    this.finish();
    this.controller?.abort(reason);
  }

  /** The session of its caller is over. */
  callerGone(reason: HeliographError): void {
    this.abandon(reason);
  }

  /** The handler has thrown, or what it gave can't be sent. */
  protected failed(thrown: unknown): void {
    if (this.over) {
      // A handler that stops because its signal fired has done what it was asked to.
      if (!(thrown instanceof HeliographError) && !isAbort(thrown))
        this.shared.onError(thrown, this.route.path);
      return;
    }
    this.refuse(this.errorOf(thrown));
    this.finish();
  }

  /** What is no message of the type is a defect here; what is too large is between handler and caller. */
  protected unsendable(error: unknown): void {
    if (!(error instanceof HeliographError) || error.reason === "MALFORMED_MESSAGE") {
      this.shared.onError(error, this.route.path);
    }
    if (this.over) return;
    this.refuse(HeliographError.from(error, Code.Internal));
    this.finish();
  }

  /** Tells the caller. */
  protected refuse(error: HeliographError): void {
    this.endCode = error.code;
    this.owner.refuse(this, error);
  }

  protected finish(): void {
    if (!this.over) {
      const { stats } = this;
      if (stats !== undefined) {
        stats.ended(this.endCode);
        this.shared.router.latencies.add(stats, this.arrival);
      }
      this.route.group.ended();
    }
    this.over = true;
    this.shared.deadlines.remove(this);
    this.owner.forget(this);
  }

  private errorOf(thrown: unknown): HeliographError {
    if (thrown instanceof HeliographError) {
      const error = HeliographError.from(thrown);
      // What a handler throws may come from a call of its own; that one not being processed says nothing about this one.
      return error.notProcessed && this.started ? withFate(error, false) : error;
    }
    this.shared.onError(thrown, this.route.path);
    // The text of an unforeseen error may hold what is none of the caller's business.
    return new HeliographError(Code.Unknown, "the handler failed; its error is in the server's log", {
      reason: "HANDLER_FAILED",
    });
  }
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}

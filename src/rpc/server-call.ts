import type { Buffer } from "node:buffer";
import type { Clock } from "../core/clock.js";
import { Code } from "../core/code.js";
import { Deadline } from "../core/deadline-wheel.js";
import { HeliographError } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import type { Metadata } from "../core/metadata.js";
import type { Method } from "../wire/definition.js";
import type { PayloadCodec } from "../wire/payload-codec.js";
import { CallContext, type CallState } from "./call-context.js";
import type { TableEntry } from "./call-table.js";
import type { Peer } from "./context.js";
import { intercepted } from "./intercepted.js";
import type { Runnable } from "./lanes.js";
import type { Route } from "./router.js";
import type { ServerShared } from "./server-shared.js";

/** Where a call's answer goes: a session, or the envelope of a client without one. */
export interface ServerCallOwner {
  readonly peer: Peer;
  /**
   * Sends END with the answer.
   *
   * @throws HeliographError when it is no message of the method's type, or too large; nothing was sent then
   */
  answer(call: ServerCall, message: unknown): void;
  /** Sends END with the error. */
  refuse(call: ServerCall, error: HeliographError): void;
  /** The call is over. */
  forget(call: ServerCall): void;
  /** True when the peer leaves so much unread that nothing should be started for it; the owner then starts the call again later. */
  postpone(call: ServerCall): boolean;
}

/** One call of a served method, from its REQUEST to its END. */
export class ServerCall extends Deadline implements Runnable, CallState, TableEntry<ServerCall> {
  readonly id: number;
  readonly route: Route;
  readonly codec: PayloadCodec;
  readonly shared: ServerShared;
  readonly owner: ServerCallOwner;
  /** Clock time of the deadline; `Infinity` when there is none. */
  readonly deadline: number;
  /** The metadata's entries: ranges of this buffer. */
  readonly metadataBuf: Buffer | undefined;
  readonly metadataRanges: readonly number[] | undefined;
  over = false;
  nextInTable: ServerCall | undefined;
  /** What its request counts for in its session. */
  heldBytes = 0;
  responseMetadata: Metadata | undefined;
  trailers: Metadata | undefined;
  /** Why the call ended before its handler did. */
  cancelReason: HeliographError | undefined;
  private controller: AbortController | undefined;
  private inLane = false;
  /** The handler has been given the request. */
  started = false;
  private payload: Buffer | undefined;
  private payloadStart = 0;
  private payloadEnd = 0;

  constructor(
    shared: ServerShared,
    owner: ServerCallOwner,
    id: number,
    route: Route,
    codec: PayloadCodec,
    deadline: number,
    metadataBuf: Buffer | undefined,
    metadataRanges: readonly number[] | undefined,
  ) {
    super();
    this.shared = shared;
    this.owner = owner;
    this.id = id;
    this.route = route;
    this.codec = codec;
    this.deadline = deadline;
    this.metadataBuf = metadataBuf;
    this.metadataRanges = metadataRanges;
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

  get logger(): Logger {
    return this.shared.logger;
  }

  get clock(): Clock {
    return this.shared.clock;
  }

  remainingMs(): number {
    return Math.max(0, this.deadline - this.shared.clock.now());
  }

  /** The whole request is here. */
  start(payload: Buffer, start: number, end: number): void {
    this.payload = payload;
    this.payloadStart = start;
    this.payloadEnd = end;
    this.enter();
    this.schedule();
  }

  /** Sees to it that the deadline ends the call, should it still go on then. */
  schedule(): void {
    const { deadlines } = this.shared;
    if (!this.over && this.deadline !== Number.POSITIVE_INFINITY && !deadlines.has(this)) {
      deadlines.add(this, this.deadline);
    }
  }

  /** Runs as soon as there is a lane. */
  enter(): void {
    this.route.lanes.enter(this);
  }

  run(): boolean {
    const payload = this.payload;
    if (this.over || payload === undefined || this.owner.postpone(this)) return false;
    this.payload = undefined;
    let result: unknown;
    try {
      const request = this.codec.decode(this.route.input, payload, this.payloadStart, this.payloadEnd);
      if (this.route.interceptors.length === 0) {
        this.started = true;
        result = this.route.handler?.(request, new CallContext(this));
      } else result = intercepted(this, this.route, request);
      if (isThenable(result)) {
        result.then(
          (message) => this.answered(message),
          (error) => this.failed(error),
        );
        // A foreign promise may have called back already.
        this.inLane = !this.over;
        return this.inLane;
      }
    } catch (error) {
      this.failed(error);
      return false;
    }
    this.answered(result);
    return false;
  }

  override expire(): void {
    this.cancel(
      new HeliographError(
        Code.DeadlineExceeded,
        `${this.route.path}: the deadline passed before the handler answered`,
        {
          reason: "CALL_TIMED_OUT",
        },
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

  /** As `cancel`, when there is nobody to tell. */
  abandon(reason: HeliographError): void {
    if (this.over) return;
    this.cancelReason = reason;
    this.finish();
    this.controller?.abort(reason);
  }

  private answered(message: unknown): void {
    if (this.over) return;
    try {
      this.owner.answer(this, message);
    } catch (error) {
      // Too large is between handler and caller; no message of the type is a defect here.
      if (!(error instanceof HeliographError) || error.reason === "MALFORMED_MESSAGE") {
        this.shared.onError(error, this.route.path);
      }
      this.owner.refuse(this, HeliographError.from(error, Code.Internal));
    }
    this.finish();
  }

  private failed(thrown: unknown): void {
    if (this.over) {
      // A handler that stops because its signal fired has done what it was asked to.
      if (!(thrown instanceof HeliographError) && !isAbort(thrown))
        this.shared.onError(thrown, this.route.path);
      return;
    }
    let error: HeliographError;
    if (thrown instanceof HeliographError) {
      error = HeliographError.from(thrown);
      // What a handler throws may come from a call of its own; that one not being processed says nothing about this one.
      if (error.notProcessed && this.started) error = withFate(error, false);
    } else {
      this.shared.onError(thrown, this.route.path);
      // The text of an unforeseen error may hold what is none of the caller's business.
      error = new HeliographError(Code.Unknown, "the handler failed; its error is in the server's log", {
        reason: "HANDLER_FAILED",
      });
    }
    this.owner.refuse(this, error);
    this.finish();
  }

  private finish(): void {
    this.over = true;
    if (this.payload !== undefined) {
      this.payload = undefined;
      this.route.lanes.dropped();
    }
    this.shared.deadlines.remove(this);
    this.owner.forget(this);
    if (this.inLane) {
      this.inLane = false;
      this.route.lanes.leave();
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}

function withFate(error: HeliographError, notProcessed: boolean): HeliographError {
  const { code, rawMessage, reason, details, origin, cause } = error;
  return new HeliographError(code, rawMessage, { reason, details, origin, cause, notProcessed });
}

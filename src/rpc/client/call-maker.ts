import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import type { DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import type {
  BidiStreamMethod,
  ClientStreamMethod,
  Method,
  Resumable,
  ServerStreamMethod,
  UnaryMethod,
} from "../../wire/definition.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { BoundMethod } from "../bound-method.js";
import { callCancelled, callTimedOut, timeoutOf } from "../call-options.js";
import { Responses } from "../responses.js";
import { requireSource } from "../stream/filled-requests.js";
import type { Transport, TransportCallOptions } from "../transport.js";
import type { MessageSource, ResponseStream } from "../types.js";
import type { ClientCall } from "./client-call.js";
import { OneWayCall } from "./one-way-call.js";
import { ResumingCall, type ResumingCallOwner } from "./resuming-call.js";
import { type SingleAnswer, StreamCall } from "./stream-call.js";
import { UnaryCall } from "./unary-call.js";

/** Makes calls of all kinds; who extends it sends them. */
export abstract class CallMaker implements Transport, ResumingCallOwner {
  abstract readonly clock: Clock;
  abstract readonly deadlines: DeadlineWheel;
  /** No more calls are made. */
  protected abstract readonly isClosed: boolean;
  /** What a server may send of a stream before its reader has taken anything. */
  protected abstract readonly streamCredit: StreamCredit;
  /** What it may send when the reader keeps up. */
  protected abstract readonly mostCredit: StreamCredit;

  abstract settled(call: ClientCall): void;
  abstract expired(call: ClientCall): void;
  abstract again(call: ClientCall, error: HeliographError): boolean;
  abstract resumes(call: ResumingCall): boolean;
  /** Sends the call, now or as soon as there is a session for it. */
  protected abstract begin(call: ClientCall, now: number): void;

  unary(method: BoundMethod<UnaryMethod>, request: unknown, options: TransportCallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const now = this.clock.now();
      const timeoutMs = this.admit(method, options);
      const Kind = options.oneWay === true ? OneWayCall : UnaryCall;
      const call = new Kind(this, method, options, timeoutMs, now + timeoutMs, resolve, reject);
      call.message = request;
      this.begin(call, now);
    });
  }

  serverStream(
    method: BoundMethod<ServerStreamMethod>,
    request: unknown,
    options: TransportCallOptions,
  ): ResponseStream<unknown> {
    const { resumable } = method.definition;
    return new Responses(() =>
      resumable === undefined
        ? this.beginStream(method, options, request, undefined, undefined)
        : this.beginResuming(method, resumable, options, request),
    );
  }

  clientStream(
    method: BoundMethod<ClientStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.beginStream(method, options, undefined, requests, { resolve, reject });
    });
  }

  bidiStream(
    method: BoundMethod<BidiStreamMethod>,
    requests: MessageSource<unknown>,
    options: TransportCallOptions,
  ): ResponseStream<unknown> {
    return new Responses(() => this.beginStream(method, options, undefined, requests, undefined));
  }

  /** The call's timeout, when it may begin. */
  private admit(method: BoundMethod<Method>, options: TransportCallOptions): number {
    const { path } = method;
    if (this.isClosed) throw connectionClosed(path);
    const timeoutMs = timeoutOf(options, method.definition.kind);
    const { signal, parent } = options;
    if (signal?.aborted) throw callCancelled(path, signal.reason, true);
    if (parent?.signal.aborted) throw callCancelled(path, parent.signal.reason, true);
    if (timeoutMs <= 0) throw callTimedOut(path, timeoutMs, "no time was left");
    return timeoutMs;
  }

  private beginStream(
    method: BoundMethod<Method>,
    options: TransportCallOptions,
    request: unknown,
    requests: MessageSource<unknown> | undefined,
    answer: SingleAnswer | undefined,
  ): StreamCall {
    const now = this.clock.now();
    const timeoutMs = this.admit(method, options);
    const source = requests === undefined ? undefined : requireSource(requests, method.path);
    const call = new StreamCall(this, method, options, timeoutMs, now + timeoutMs, {
      credit: this.streamCredit,
      most: this.mostCredit,
      source,
      answer,
    });
    call.message = request;
    this.begin(call, now);
    return call;
  }

  private beginResuming(
    method: BoundMethod<ServerStreamMethod>,
    resumable: Resumable,
    options: TransportCallOptions,
    request: unknown,
  ): ResumingCall {
    const now = this.clock.now();
    const timeoutMs = this.admit(method, options);
    const call = new ResumingCall(
      this,
      method,
      resumable,
      options,
      timeoutMs,
      now + timeoutMs,
      this.streamCredit,
      this.mostCredit,
    );
    call.message = request;
    this.begin(call, now);
    return call;
  }
}

export function connectionClosed(path: string): HeliographError {
  return new HeliographError(Code.Cancelled, `${path}: the connection was closed`, {
    reason: "CONNECTION_CLOSED",
    notProcessed: true,
  });
}

import { type Abortable, unwatchAbort, watchAbort } from "../core/abort-watch.js";
import { Code } from "../core/code.js";
import { ContextValues } from "../core/context-values.js";
import { Deadline, DeadlineWheel } from "../core/deadline-wheel.js";
import { HeliographError } from "../core/error.js";
import { Metadata } from "../core/metadata.js";
import type { Init, UnaryMethod } from "../wire/definition.js";
import { fillMessage } from "../wire/fill-message.js";
import type { BoundMethod } from "./bound-method.js";
import { type CallOptions, callCancelled, callTimedOut, noOptions, timeoutOf } from "./call-options.js";
import { type CallResult, compose, type InterceptedCall, type Interceptor } from "./interceptor.js";
import type { Transport } from "./transport.js";

/** The calls of one client that has interceptors. */
export class InterceptedCalls {
  readonly transport: Transport;
  readonly deadlines: DeadlineWheel;
  private readonly interceptors: readonly Interceptor[];

  constructor(transport: Transport, interceptors: readonly Interceptor[]) {
    this.transport = transport;
    this.interceptors = interceptors;
    this.deadlines = new DeadlineWheel(transport.clock);
  }

  /** The method as a function for callers. */
  bind(
    method: BoundMethod<UnaryMethod>,
  ): (request: Init<unknown>, options?: CallOptions) => Promise<unknown> {
    return (request, options = noOptions) =>
      new Promise((resolve, reject) => {
        const call = new OutgoingCall(
          this,
          method,
          fillMessage(method.input, request),
          options,
          resolve,
          reject,
        );
        call.run(this.interceptors);
      });
  }
}

/**
 * One call of a client on its way through the interceptors. It ends at its deadline and when its caller cancels,
 * whatever an interceptor waits for.
 */
class OutgoingCall extends Deadline implements Abortable {
  private readonly request: unknown;
  private readonly metadata: Metadata;
  private readonly calls: InterceptedCalls;
  private readonly bound: BoundMethod<UnaryMethod>;
  private readonly options: CallOptions;
  private readonly timeoutMs: number;
  private readonly deadline: number;
  private readonly resolve: (answer: unknown) => void;
  private readonly reject: (error: HeliographError) => void;
  private controller: AbortController | undefined;
  private over = false;
  /** Some interceptor has passed the call on. */
  private attempted = false;
  /** Of the latest attempt, for the caller of a call that fails. */
  private received: Metadata | undefined;
  private receivedTrailers: Metadata | undefined;

  constructor(
    calls: InterceptedCalls,
    bound: BoundMethod<UnaryMethod>,
    request: unknown,
    options: CallOptions,
    resolve: (answer: unknown) => void,
    reject: (error: HeliographError) => void,
  ) {
    super();
    const { clock } = calls.transport;
    this.calls = calls;
    this.bound = bound;
    this.request = request;
    this.options = options;
    this.metadata = new Metadata(options.metadata);
    this.timeoutMs = timeoutOf(options);
    this.deadline = clock.now() + this.timeoutMs;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Made when somebody looks at it. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.over) this.controller.abort(callCancelled(this.bound.path, undefined));
    }
    return this.controller.signal;
  }

  remainingMs(): number {
    return Math.max(0, this.deadline - this.calls.transport.clock.now());
  }

  run(interceptors: readonly Interceptor[]): void {
    const { signal } = this.options;
    if (this.timeoutMs <= 0) throw callTimedOut(this.bound.path, this.timeoutMs, "no time was left");
    if (signal?.aborted) throw callCancelled(this.bound.path, signal.reason, true);
    if (signal !== undefined) watchAbort(signal, this);
    if (this.deadline !== Number.POSITIVE_INFINITY) this.calls.deadlines.add(this, this.deadline);
    this.ask(interceptors).then(
      (result) => this.answered(result),
      (thrown) => this.failed(thrown),
    );
  }

  /** In a plain object, so that an interceptor can pass on `{ ...call, request }`. */
  private async ask(interceptors: readonly Interceptor[]): Promise<CallResult> {
    const outgoing = this;
    return compose(interceptors, (inner) => this.pass(inner))({
      side: "client",
      kind: "unary",
      method: this.bound.definition,
      request: this.request,
      metadata: this.metadata,
      remainingMs: () => this.remainingMs(),
      get signal() {
        return outgoing.signal;
      },
      values: this.options.values ?? new ContextValues(),
    });
  }

  /** The innermost step: an attempt over the network. */
  private async pass(inner: InterceptedCall): Promise<CallResult> {
    let metadata = new Metadata();
    let trailers = new Metadata();
    this.attempted = true;
    const message = await this.calls.transport.unary(this.bound, inner.request, {
      ...this.options,
      signal: inner.signal,
      metadata: inner.metadata,
      timeoutMs: inner.remainingMs(),
      onHeader: (received) => {
        metadata = received;
        this.received = received;
      },
      onTrailer: (received) => {
        trailers = received;
        this.receivedTrailers = received;
      },
    });
    return { message, metadata, trailers };
  }

  aborted(reason: unknown): void {
    this.stop(callCancelled(this.bound.path, reason, !this.attempted));
  }

  override expire(): void {
    this.stop(
      callTimedOut(this.bound.path, this.timeoutMs, this.attempted ? undefined : "an interceptor held it"),
    );
  }

  private answered(result: CallResult): void {
    if (this.over) return;
    try {
      const { message, metadata, trailers } = result;
      this.show(metadata, trailers);
      this.settle();
      this.resolve(message);
    } catch (thrown) {
      this.settle();
      this.reject(HeliographError.from(thrown));
    }
  }

  private failed(thrown: unknown): void {
    if (this.over) return;
    let error = HeliographError.from(thrown, Code.Unknown);
    try {
      this.show(this.received, this.receivedTrailers);
    } catch (another) {
      error = HeliographError.from(another);
    }
    this.settle();
    this.reject(error);
  }

  private show(metadata: Metadata | undefined, trailers: Metadata | undefined): void {
    if (metadata !== undefined && metadata.size > 0) this.options.onHeader?.(metadata);
    if (trailers !== undefined && trailers.size > 0) this.options.onTrailer?.(trailers);
  }

  /** Ends the call and whatever an interceptor does for it. */
  private stop(error: HeliographError): void {
    if (this.over) return;
    this.settle();
    this.controller?.abort(error);
    this.reject(error);
  }

  private settle(): void {
    this.over = true;
    this.calls.deadlines.remove(this);
    this.calls.deadlines.rest();
    if (this.options.signal !== undefined) unwatchAbort(this.options.signal, this);
  }
}

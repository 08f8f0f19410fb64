import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import type { Clock } from "../../core/clock.js";
import { ContextValues } from "../../core/context-values.js";
import { Deadline, type DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import { Metadata } from "../../core/metadata.js";
import type { Method } from "../../wire/definition.js";
import type { BoundMethod } from "../bound-method.js";
import { type CallOptions, callCancelled, callTimedOut, timeoutOf } from "../call-options.js";
import { type CallResult, compose, type InterceptedCall, type Interceptor } from "../interceptor.js";
import { attempt } from "../retry/attempt.js";
import { retryPolicyFrom } from "../retry/retry-policy.js";
import type { RetryThrottle } from "../retry/retry-throttle.js";
import { FilledRequests } from "../stream/filled-requests.js";
import type { Transport } from "../transport.js";
import { passOn, type Received } from "./intercepted-attempt.js";

/** What the calls of one client have in common. */
export interface OutgoingHost {
  readonly transport: Transport;
  readonly interceptors: readonly Interceptor[];
  readonly deadlines: DeadlineWheel;
  readonly throttle: RetryThrottle;
}

/**
 * One call of a client on its way through the interceptors. It ends at its deadline and when its caller cancels,
 * whatever an interceptor waits for.
 */
export abstract class OutgoingCall extends Deadline implements Abortable {
  protected readonly bound: BoundMethod<Method>;
  protected readonly options: CallOptions;
  protected over = false;
  /** Some interceptor has passed the call on. */
  protected attempted = false;
  protected readonly received: Received = { metadata: new Metadata(), trailers: new Metadata() };
  private readonly host: OutgoingHost;
  private readonly clock: Clock;
  private timeoutMs = 0;
  private deadline = Number.POSITIVE_INFINITY;
  private controller: AbortController | undefined;
  /** What ended the call from this side. */
  private stopped: HeliographError | undefined;
  private requests: FilledRequests | undefined;

  constructor(host: OutgoingHost, bound: BoundMethod<Method>, options: CallOptions) {
    super();
    this.host = host;
    this.clock = host.transport.clock;
    this.bound = bound;
    this.options = options;
  }

  /** Tells the caller. The call is settled already. */
  protected abstract ended(error: HeliographError): void;

  aborted(reason: unknown): void {
    this.stop(callCancelled(this.bound.path, reason, !this.attempted));
  }

  override expire(): void {
    const unsent = this.attempted ? undefined : "an interceptor held it";
    this.stop(callTimedOut(this.bound.path, this.timeoutMs, unsent));
  }

  /**
   * Sends the call on its way.
   *
   * @param input the whole request, or the iterable of requests that the caller gave
   */
  protected async run(input: unknown): Promise<CallResult> {
    const { bound, options } = this;
    const { signal, parent } = options;
    const { kind } = bound.definition;
    for (const each of [signal, parent?.signal]) {
      if (each?.aborted) throw callCancelled(bound.path, each.reason, true);
    }
    this.timeoutMs = timeoutOf(options, kind);
    if (this.timeoutMs <= 0) throw callTimedOut(bound.path, this.timeoutMs, "no time was left");
    this.deadline = this.clock.now() + this.timeoutMs;
    const call = this.shown(input);
    if (signal !== undefined) watchAbort(signal, this);
    if (parent !== undefined) watchAbort(parent.signal, this);
    if (this.deadline !== Number.POSITIVE_INFINITY) this.host.deadlines.add(this, this.deadline);
    return compose(this.host.interceptors, (inner) => this.pass(inner))(call);
  }

  /** The call has ended by itself. */
  protected settle(): void {
    if (this.over) return;
    this.over = true;
    this.letGo();
  }

  /**
   * Ends the call, and whatever an interceptor does for it. Interceptors that look at its signal hear of it before the
   * caller does, who waits for no more than a turn of the loop.
   */
  protected stop(error: HeliographError): void {
    if (this.over || this.stopped !== undefined) return;
    this.stopped = error;
    this.letGo();
    if (this.controller === undefined) this.close(error);
    else {
      this.controller.abort(error);
      setImmediate(() => this.close(error));
    }
  }

  /** What the interceptors gave for the call counts no more: it was ended from this side. */
  protected get ending(): boolean {
    if (this.stopped !== undefined) this.close(this.stopped);
    return this.over;
  }

  protected close(error: HeliographError): void {
    if (this.over) return;
    this.over = true;
    this.ended(error);
  }

  private letGo(): void {
    this.host.deadlines.remove(this);
    this.host.deadlines.rest();
    const { signal, parent } = this.options;
    if (signal !== undefined) unwatchAbort(signal, this);
    if (parent !== undefined) unwatchAbort(parent.signal, this);
    this.requests?.close();
  }

  /** Shows the caller what came along. What it throws is its own failure: its call fails. */
  protected show(callback: CallOptions["onHeader"], metadata: Metadata): void {
    if (callback === undefined || !(metadata.size > 0)) return;
    try {
      callback(metadata);
    } catch (thrown) {
      const { code, rawMessage } = HeliographError.from(thrown);
      const message = `${this.bound.path}: onHeader or onTrailer threw: ${rawMessage}`;
      throw new HeliographError(code, message, { cause: thrown });
    }
  }

  /** The call as interceptors see it. A plain object, so that they can pass on `{ ...call, request }`. */
  private shown(input: unknown): InterceptedCall {
    const outgoing = this;
    const { definition } = this.bound;
    const { kind } = definition;
    const call = {
      side: "client" as const,
      method: definition,
      clock: this.clock,
      metadata: new Metadata(this.options.metadata),
      trailers: new Metadata(),
      remainingMs: () => Math.max(0, this.deadline - this.clock.now()),
      get signal() {
        return outgoing.signal;
      },
      values: this.options.values ?? new ContextValues(),
      idempotencyKey: this.options.idempotencyKey,
      retry: this.options.retry,
    };
    // In place: a copy would ask for the signal.
    if (kind === "unary" || kind === "server-stream") return Object.assign(call, { kind, request: input });
    this.requests = new FilledRequests(this.bound.input, input, this.bound.path);
    return Object.assign(call, { kind, requests: this.requests });
  }

  /** Made when somebody looks at it. */
  private get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.stopped !== undefined) this.controller.abort(this.stopped);
    }
    return this.controller.signal;
  }

  /** The innermost step. It also retries for callers whose client has no interceptor that does. */
  private async pass(inner: InterceptedCall): Promise<CallResult> {
    const { retry } = inner;
    if (retry === undefined || retry === false) return this.send(inner);
    const { throttle } = this.host;
    const deps = { clock: this.clock, random: Math.random, throttle };
    return attempt(inner, (each) => this.send(each), retryPolicyFrom(retry), deps);
  }

  private send(inner: InterceptedCall): Promise<CallResult> {
    this.attempted = true;
    return passOn(this.host.transport, this.bound, inner, this.options, this.received);
  }
}

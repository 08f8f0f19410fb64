import type { Clock } from "../core/clock.js";
import { Code } from "../core/code.js";
import type { ContextValues } from "../core/context-values.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import type { Metadata } from "../core/metadata.js";
import type { Method } from "../wire/definition.js";
import { showValue } from "../wire/show-value.js";
import type { Peer } from "./context.js";
import type { RetryOptions } from "./retry-options.js";
import type { AttemptGroup } from "./transport.js";

interface CallInfo {
  readonly side: "client" | "server";
  readonly method: Method;
  /** What deadlines are measured by. */
  readonly clock: Clock;
  /** What travels with the request. */
  readonly metadata: Metadata;
  /** What comes back with the end of the call, also when it fails. A server's are sent; a client's are filled when they arrive. */
  readonly trailers: Metadata;
  /** Milliseconds until the deadline; `Infinity` when there is none. */
  remainingMs(): number;
  /** Fires when the call is cancelled or its deadline has passed. */
  readonly signal: AbortSignal;
  readonly values: ContextValues;
  /** Who calls. Server side only. */
  readonly peer?: Peer | undefined;
  /** Of the caller's options; an interceptor may set or take them. Client side only. */
  readonly idempotencyKey?: string | undefined;
  /** An interceptor that retries passes `false` on, so that nothing further in does it again. */
  readonly retry?: RetryOptions | false | undefined;
  /** Of a call with an idempotency key that is made more than once: what its attempts share. Client side only. */
  readonly attemptGroup?: AttemptGroup | undefined;
}

/** A call with one request. */
export interface SingleRequestCall extends CallInfo {
  readonly kind: "unary" | "server-stream";
  /** The whole message, defaults filled in. */
  request: unknown;
  readonly requests?: undefined;
}

/** A call with a stream of requests. */
export interface StreamRequestCall extends CallInfo {
  readonly kind: "client-stream" | "bidi-stream";
  readonly request?: undefined;
  /** The whole messages, defaults filled in; for one reader. */
  requests: AsyncIterable<unknown>;
}

/** A call on its way through the interceptors. They may change it before they pass it on. */
export type InterceptedCall = SingleRequestCall | StreamRequestCall;

interface ResultInfo {
  /** What the handler sent with the answer. Of a stream it is there once the first answer is. */
  readonly metadata: Metadata;
  /** Of a stream they are there once it has ended. */
  readonly trailers: Metadata;
}

/** The answer to a unary or client-streaming call. */
export interface SingleResult extends ResultInfo {
  message: unknown;
  readonly messages?: undefined;
}

/** The answers to a server-streaming or bidirectional call. */
export interface StreamResult extends ResultInfo {
  readonly message?: undefined;
  /** For one reader; whoever leaves it early cancels the call. On the client the call is made when the first is asked for. */
  messages: AsyncIterable<unknown>;
}

/** A call's answer on its way back. */
export type CallResult = SingleResult | StreamResult;

/** The rest of a call's way: the interceptors further in, and the call itself. */
export type Next = (call: InterceptedCall) => Promise<CallResult>;

/**
 * Wraps calls on either side. The first of a list sees the call first and its answer last, on both sides.
 * It may answer itself, call `next` again, or throw.
 */
export type Interceptor = (next: Next) => Next;

/** @throws HeliographError INVALID_ARGUMENT unless it is a list of functions, or nothing */
export function checkInterceptors(interceptors: readonly Interceptor[] | undefined): void {
  if (interceptors === undefined) return;
  if (Array.isArray(interceptors) && interceptors.every((each) => typeof each === "function")) return;
  throw invalidArgument(
    `interceptors must be a list of functions such as [(next) => (call) => next(call)], got ${showValue(interceptors)}`,
  );
}

/**
 * One function out of a list of interceptors and what they wrap.
 *
 * @throws HeliographError INVALID_ARGUMENT when one of them is no interceptor
 */
export function compose(interceptors: readonly Interceptor[], innermost: Next): Next {
  return interceptors.reduceRight<Next>((next, interceptor, index) => {
    const wrapped: unknown = interceptor(next);
    if (typeof wrapped === "function") return answered(wrapped as Next, index);
    // Of `async (call, next) => …`, which has called what is no function.
    if (wrapped instanceof Promise) wrapped.catch(() => {});
    throw invalidArgument(
      `interceptors[${index}] must return a function, got ${showValue(wrapped)}; write (next) => async (call) => next(call)`,
    );
  }, innermost);
}

/** Says which interceptor forgot to return its answer. */
function answered(next: Next, index: number): Next {
  return async (call) => {
    const result: unknown = await next(call);
    const answer = call.kind === "unary" || call.kind === "client-stream" ? "message" : "messages";
    if (typeof result === "object" && result !== null && answer in result) return result as CallResult;
    throw new HeliographError(
      Code.Internal,
      `interceptors[${index}] gave no answer, got ${showValue(result)}; write return await next(call)`,
      { reason: "HANDLER_FAILED" },
    );
  };
}

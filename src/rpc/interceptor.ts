import { Code } from "../core/code.js";
import type { ContextValues } from "../core/context-values.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import type { Metadata } from "../core/metadata.js";
import type { Method } from "../wire/definition.js";
import { showValue } from "../wire/show-value.js";
import type { Peer } from "./context.js";

/** A call on its way through the interceptors. They may change it before they pass it on. */
export interface InterceptedCall {
  readonly side: "client" | "server";
  readonly kind: "unary";
  readonly method: Method;
  /** The whole message, defaults filled in. */
  request: unknown;
  /** What travels with the request. */
  readonly metadata: Metadata;
  /** Milliseconds until the deadline; `Infinity` when there is none. */
  remainingMs(): number;
  /** Fires when the call is cancelled or its deadline has passed. */
  readonly signal: AbortSignal;
  readonly values: ContextValues;
  /** Who calls. Server side only. */
  readonly peer?: Peer | undefined;
}

/** A call's answer on its way back. */
export interface CallResult {
  message: unknown;
  /** What the handler sent with the answer. */
  readonly metadata: Metadata;
  readonly trailers: Metadata;
}

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
    if (typeof result === "object" && result !== null && "message" in result) return result as CallResult;
    throw new HeliographError(
      Code.Internal,
      `interceptors[${index}] gave no answer, got ${showValue(result)}; write return await next(call)`,
      { reason: "HANDLER_FAILED" },
    );
  };
}

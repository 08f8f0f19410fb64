import { ContextValues } from "../core/context-values.js";
import { CallContext, type CallState } from "./call-context.js";
import { type CallResult, compose, type InterceptedCall } from "./interceptor.js";
import type { Route } from "./router.js";

/** Runs a served call through its interceptors and, innermost, its handler. */
export async function intercepted(call: CallState, route: Route, request: unknown): Promise<unknown> {
  const values = new ContextValues();
  const ctx = new CallContext(call, values);
  const innermost = async (inner: InterceptedCall): Promise<CallResult> => {
    // It was told to the caller that the handler did not run.
    if (call.over) throw call.cancelReason;
    call.started = true;
    const seen = new CallContext(call, inner.values, inner.metadata);
    return {
      message: await route.handler?.(inner.request, seen),
      metadata: seen.responseMetadata,
      trailers: seen.trailers,
    };
  };
  const result = await compose(
    route.interceptors,
    innermost,
  )({
    side: "server",
    kind: "unary",
    method: route.method,
    clock: call.clock,
    request,
    metadata: ctx.requestMetadata,
    get trailers() {
      return ctx.trailers;
    },
    remainingMs: () => ctx.remainingMs(),
    get signal() {
      return call.signal;
    },
    values,
    peer: ctx.peer,
  });
  // An interceptor may have answered in the handler's place, with metadata of its own.
  call.responseMetadata = result.metadata;
  call.trailers = result.trailers;
  return result.message;
}

import { ContextValues } from "../../core/context-values.js";
import { type CallResult, compose, type InterceptedCall } from "../interceptor.js";
import { CallContext, type CallState } from "./call-context.js";
import type { Route } from "./router.js";

/** Runs a served call with one answer through its interceptors and, innermost, its handler. */
export async function interceptedAnswer(call: CallState, route: Route, request: unknown): Promise<unknown> {
  return (await intercepted(call, route, request)).message;
}

/** As `interceptedAnswer`, of a call with a stream of requests, of answers, or of both: its answer, or what gives many. */
export async function interceptedStream(call: CallState, route: Route, request: unknown): Promise<unknown> {
  const { message, messages } = await intercepted(call, route, request);
  return messages ?? message;
}

async function intercepted(call: CallState, route: Route, request: unknown): Promise<CallResult> {
  const values = new ContextValues();
  const ctx = new CallContext(call, values);
  const many = route.method.kind === "server-stream" || route.method.kind === "bidi-stream";
  const innermost = async (inner: InterceptedCall): Promise<CallResult> => {
    // It was told to the caller that the handler did not run.
    if (call.over) throw call.cancelReason;
    call.started = true;
    const seen = new CallContext(call, inner.values, inner.metadata);
    const answer = await route.handler?.(inner.requests ?? inner.request, seen);
    const { responseMetadata: metadata, trailers } = seen;
    // What is no iterable is found out by who sends it.
    return many
      ? { messages: answer as AsyncIterable<unknown>, metadata, trailers }
      : { message: answer, metadata, trailers };
  };
  const result = await compose(route.interceptors, innermost)(outermost(call, route, request, ctx));
  // An interceptor may have answered in the handler's place, with metadata of its own.
  call.responseMetadata = result.metadata;
  call.trailers = result.trailers;
  return result;
}

function outermost(call: CallState, route: Route, request: unknown, ctx: CallContext): InterceptedCall {
  const { method } = route;
  const info = {
    side: "server" as const,
    method,
    clock: call.clock,
    metadata: ctx.requestMetadata,
    trailers: ctx.trailers,
    remainingMs: () => ctx.remainingMs(),
    get signal() {
      return call.signal;
    },
    values: ctx.values,
    peer: ctx.peer,
  };
  // Spreading would look at the signal, which is made when somebody does.
  if (method.kind === "unary" || method.kind === "server-stream")
    return Object.assign(info, { kind: method.kind, request });
  return Object.assign(info, { kind: method.kind, requests: request as AsyncIterable<unknown> });
}

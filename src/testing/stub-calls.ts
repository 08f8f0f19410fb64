import type { Metadata } from "../core/metadata.js";
import type { HandlerContext } from "../rpc/context.js";
import type {
  BidiStreamMethod,
  ClientStreamMethod,
  Method,
  ServerStreamMethod,
  UnaryMethod,
} from "../wire/definition.js";

/** The names of a service's methods in TypeScript. */
export type MethodName<S> = { [K in keyof S]: S[K] extends Method ? K & string : never }[keyof S];

interface SingleRequest<K, I> {
  /** The method's name in TypeScript. */
  readonly method: K;
  /** As the handler got it. */
  readonly request: I;
  /** What the caller sent along. */
  readonly metadata: Metadata;
}

interface StreamOfRequests<K, I> {
  readonly method: K;
  /** As many as the handler has taken. */
  readonly requests: readonly I[];
  readonly metadata: Metadata;
}

/** A call that a stub got. `method` tells which, and so what its request is. */
export type StubCall<S> = {
  [K in MethodName<S>]: S[K] extends UnaryMethod<infer I, infer _> | ServerStreamMethod<infer I, infer _>
    ? SingleRequest<K, I>
    : S[K] extends ClientStreamMethod<infer I, infer _> | BidiStreamMethod<infer I, infer _>
      ? StreamOfRequests<K, I>
      : never;
}[MethodName<S>];

/** What is noted of any call. */
export interface AnyStubCall {
  readonly method: string;
  readonly request?: unknown;
  readonly requests?: readonly unknown[];
  readonly metadata: Metadata;
}

/** Notes a call, and gives what its handler should take in place of the request. */
export function noteCall(
  calls: AnyStubCall[],
  method: string,
  { kind }: Method,
  request: unknown,
  ctx: HandlerContext,
): unknown {
  const metadata = ctx.requestMetadata;
  if (kind === "unary" || kind === "server-stream") {
    calls.push({ method, request, metadata });
    return request;
  }
  const requests: unknown[] = [];
  calls.push({ method, requests, metadata });
  return noted(request as AsyncIterable<unknown>, requests);
}

async function* noted(messages: AsyncIterable<unknown>, seen: unknown[]): AsyncGenerator<unknown> {
  for await (const message of messages) {
    seen.push(message);
    yield message;
  }
}

import { ContextValues } from "../core/context-values.js";
import { Metadata } from "../core/metadata.js";
import { codecs } from "../wire/codec.js";
import type { Init, ServiceDefinition, UnaryMethod } from "../wire/definition.js";
import { fillMessage } from "../wire/fill-message.js";
import { type BoundMethod, bindMethod, methodsOf } from "./bound-method.js";
import { type CallOptions, noOptions, timeoutOf } from "./call-options.js";
import { type CallResult, compose, type InterceptedCall, type Interceptor } from "./interceptor.js";
import type { Transport } from "./transport.js";
import type { Client } from "./types.js";

export interface ClientOptions {
  /** The first sees the call first. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** How requests and answers travel. Default `protobuf`; the others are for reading along and for odd peers. */
  readonly codec?: "protobuf" | "json" | "msgpack" | undefined;
}

/**
 * Makes a client of a service: an object with a function for each method. Does no I/O.
 *
 * Each call is made at most once, ends within its deadline (10 s unless said), and fails with a HeliographError
 * that says whether it ran: `notProcessed` is true when it surely did not.
 */
export function createClient<S extends ServiceDefinition>(
  transport: Transport,
  service: S,
  options: ClientOptions = {},
): Client<S> {
  const interceptors = options.interceptors ?? [];
  // Without a prototype, so that it has no members but its methods; and nothing that `await` takes for a promise.
  const client: Record<string, unknown> = Object.create(null);
  for (const [key, method] of methodsOf(service)) {
    if (method.kind !== "unary") continue;
    const bound = bindMethod(service, method, codecs[options.codec ?? "protobuf"]);
    client[key] =
      interceptors.length === 0 ? direct(transport, bound) : wrapped(transport, bound, interceptors);
  }
  // Built from the same members that the type is computed from.
  return client as Client<S>;
}

type AnyCall = (request: Init<unknown>, options?: CallOptions) => Promise<unknown>;

function direct(transport: Transport, method: BoundMethod<UnaryMethod>): AnyCall {
  return (request, options = noOptions) => {
    try {
      return transport.unary(method, fillMessage(method.input, request), options);
    } catch (error) {
      // A promise also of what is refused at once: a caller has one place for errors.
      return Promise.reject(error);
    }
  };
}

function wrapped(
  transport: Transport,
  method: BoundMethod<UnaryMethod>,
  interceptors: readonly Interceptor[],
): AnyCall {
  return async (request, options = noOptions) => {
    const timeoutMs = timeoutOf(options);
    const deadline = performance.now() + timeoutMs;
    const call: InterceptedCall = {
      side: "client",
      kind: "unary",
      method: method.definition,
      request: fillMessage(method.input, request),
      metadata: new Metadata(options.metadata),
      remainingMs: () => deadline - performance.now(),
      signal: options.signal ?? new AbortController().signal,
      values: options.values ?? new ContextValues(),
    };
    const innermost = async (inner: InterceptedCall): Promise<CallResult> => {
      let metadata = new Metadata();
      let trailers = new Metadata();
      const message = await transport.unary(method, inner.request, {
        ...options,
        signal: inner.signal,
        metadata: inner.metadata,
        timeoutMs: inner.remainingMs(),
        onHeader: (received) => {
          metadata = received;
        },
        onTrailer: (received) => {
          trailers = received;
        },
      });
      return { message, metadata, trailers };
    };
    const result = await compose(interceptors, innermost)(call);
    if (result.metadata.size > 0) options.onHeader?.(result.metadata);
    if (result.trailers.size > 0) options.onTrailer?.(result.trailers);
    return result.message;
  };
}

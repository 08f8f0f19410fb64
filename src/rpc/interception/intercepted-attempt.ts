import { HeliographError } from "../../core/error.js";
import { Metadata } from "../../core/metadata.js";
import type { Method } from "../../wire/definition.js";
import type { BoundMethod } from "../bound-method.js";
import type { CallOptions } from "../call-options.js";
import { refill } from "../intercepted-metadata.js";
import type { CallResult, InterceptedCall, StreamRequestCall } from "../interceptor.js";
import type { Transport, TransportCallOptions } from "../transport.js";
import type { ResponseStream } from "../types.js";

/** What a server has sent along, of the latest attempt: for the caller of a call that fails. */
export interface Received {
  metadata: Metadata;
  trailers: Metadata;
}

/** Hands a call that has passed all interceptors to the transport. */
export async function passOn(
  transport: Transport,
  method: BoundMethod<Method>,
  call: InterceptedCall,
  callOptions: CallOptions,
  received: Received,
): Promise<CallResult> {
  const metadata = new Metadata();
  const trailers = new Metadata();
  received.metadata = metadata;
  received.trailers = trailers;
  refill(call.trailers, trailers);
  const options: TransportCallOptions = {
    ...callOptions,
    retry: undefined,
    signal: call.signal,
    metadata: call.metadata,
    timeoutMs: call.remainingMs(),
    idempotencyKey: call.idempotencyKey,
    attemptGroup: call.attemptGroup,
    onHeader: (sent) => refill(metadata, sent),
    onTrailer: (sent) => {
      refill(trailers, sent);
      refill(call.trailers, sent);
    },
  };
  const answer = (message: Promise<unknown>) => message.catch((thrown: unknown) => endOf(call, thrown));
  if (isOf(method, "unary")) {
    return { message: await answer(transport.unary(method, call.request, options)), metadata, trailers };
  }
  if (isOf(method, "server-stream")) {
    const messages = new Messages(call, transport.serverStream(method, call.request, options));
    return { messages, metadata, trailers };
  }
  // The method's kind is the call's.
  const { requests } = call as StreamRequestCall;
  if (isOf(method, "client-stream")) {
    return { message: await answer(transport.clientStream(method, requests, options)), metadata, trailers };
  }
  if (isOf(method, "bidi-stream")) {
    const messages = new Messages(call, transport.bidiStream(method, requests, options));
    return { messages, metadata, trailers };
  }
  throw new TypeError("a method of an unknown kind");
}

/** To the transport a call whose signal fires is cancelled; here it is known why. */
function endOf({ signal }: InterceptedCall, thrown: unknown): never {
  throw signal.aborted && signal.reason instanceof HeliographError ? signal.reason : thrown;
}

class Messages implements AsyncIterableIterator<unknown> {
  private readonly call: InterceptedCall;
  private readonly source: ResponseStream<unknown>;

  constructor(call: InterceptedCall, source: ResponseStream<unknown>) {
    this.call = call;
    this.source = source;
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.source.next().catch((thrown: unknown) => endOf(this.call, thrown));
  }

  return(): Promise<IteratorResult<unknown>> {
    return this.source.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function isOf<K extends Method["kind"]>(
  method: BoundMethod<Method>,
  kind: K,
): method is BoundMethod<Extract<Method, { kind: K }>> {
  return method.definition.kind === kind;
}

import type { Init, Method } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { BoundMethod } from "../bound-method.js";
import { type CallOptions, noOptions } from "../call-options.js";
import { checkCallOptions } from "../check-call-options.js";
import { Responses } from "../responses.js";
import { fillEach } from "../stream/fill-each.js";
import type { Transport } from "../transport.js";
import type { ResponseStream } from "../types.js";

/** A method as a function for callers. It throws nothing: whatever fails, fails in what it gives. */
export type DirectCall = (
  input: unknown,
  options?: CallOptions,
) => Promise<unknown> | ResponseStream<unknown>;

/** The way of a call without interceptors. */
export function directCall(transport: Transport, method: BoundMethod<Method>): DirectCall {
  if (is(method, "unary"))
    return promised(method, (request, options) =>
      transport.unary(method, fillMessage(method.input, request as Init<unknown>), options),
    );
  if (is(method, "client-stream"))
    return promised(method, (requests, options) =>
      transport.clientStream(method, fillEach(method.input, requests, method.path), options),
    );
  if (is(method, "server-stream"))
    return streamed(method, (request, options) =>
      transport.serverStream(method, fillMessage(method.input, request as Init<unknown>), options),
    );
  if (is(method, "bidi-stream"))
    return streamed(method, (requests, options) =>
      transport.bidiStream(method, fillEach(method.input, requests, method.path), options),
    );
  throw new TypeError(`${method.path} is of no kind that can be called`);
}

type Make<R> = (input: unknown, options: CallOptions) => R;

function promised({ definition: { kind } }: BoundMethod<Method>, make: Make<Promise<unknown>>): DirectCall {
  return (input, options = noOptions) => {
    try {
      if (options !== noOptions) checkCallOptions(options, kind);
      return make(input, options);
    } catch (error) {
      // A promise also of what is refused at once: a caller has one place for errors.
      return Promise.reject(error);
    }
  };
}

function streamed(
  { definition: { kind } }: BoundMethod<Method>,
  make: Make<ResponseStream<unknown>>,
): DirectCall {
  return (input, options = noOptions) => {
    try {
      if (options !== noOptions) checkCallOptions(options, kind);
      return make(input, options);
    } catch (error) {
      return new Responses(() => {
        throw error;
      });
    }
  };
}

function is<K extends Method["kind"]>(
  method: BoundMethod<Method>,
  kind: K,
): method is BoundMethod<Extract<Method, { kind: K }>> {
  return method.definition.kind === kind;
}

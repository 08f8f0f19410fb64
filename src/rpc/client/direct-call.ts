import type { Init, Method } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { BoundMethod } from "../bound-method.js";
import { type CallerFunction, promised, streamed } from "../caller-function.js";
import { fillEach } from "../stream/filled-requests.js";
import type { Transport } from "../transport.js";

/** The way of a call without interceptors. */
export function directCall(transport: Transport, method: BoundMethod<Method>): CallerFunction {
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

function is<K extends Method["kind"]>(
  method: BoundMethod<Method>,
  kind: K,
): method is BoundMethod<Extract<Method, { kind: K }>> {
  return method.definition.kind === kind;
}

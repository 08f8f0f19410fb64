import { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { Init, Method } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { BoundMethod } from "../bound-method.js";
import { type CallOptions, noOptions } from "../call-options.js";
import { checkCallOptions } from "../check-call-options.js";
import type { Interceptor } from "../interceptor.js";
import { Responses } from "../responses.js";
import { RetryThrottle } from "../retry/retry-throttle.js";
import type { Transport } from "../transport.js";
import type { ResponseStream } from "../types.js";
import { AnsweredCall } from "./intercepted-answer.js";
import type { OutgoingHost } from "./intercepted-call.js";
import { InterceptedStream } from "./intercepted-stream.js";

/** A method as its caller sees it: takes a request or an iterable of them, gives an answer or a stream of them. */
export type InterceptedMethod = (
  input: unknown,
  options?: CallOptions,
) => Promise<unknown> | ResponseStream<unknown>;

/** The calls of one client that has interceptors, or that retries. */
export class InterceptedCalls implements OutgoingHost {
  readonly transport: Transport;
  readonly interceptors: readonly Interceptor[];
  readonly deadlines: DeadlineWheel;
  readonly throttle = new RetryThrottle();

  constructor(transport: Transport, interceptors: readonly Interceptor[]) {
    this.transport = transport;
    this.interceptors = interceptors;
    this.deadlines = new DeadlineWheel(transport.clock);
  }

  /** The method as a function for callers. It throws nothing: whatever fails, fails in what it gives. */
  bind(method: BoundMethod<Method>): InterceptedMethod {
    const { kind } = method.definition;
    const prepared = (input: unknown, options: CallOptions) => {
      if (options !== noOptions) checkCallOptions(options, kind);
      if (kind === "client-stream" || kind === "bidi-stream") return input;
      return fillMessage(method.input, input as Init<unknown>);
    };
    if (kind === "unary" || kind === "client-stream") {
      return (input, options = noOptions) =>
        new Promise((resolve, reject) => {
          const whole = prepared(input, options);
          new AnsweredCall(this, method, options, resolve, reject).begin(whole);
        });
    }
    return (input, options = noOptions) => {
      try {
        return new InterceptedStream(this, method, options, prepared(input, options));
      } catch (error) {
        return new Responses(() => {
          throw error;
        });
      }
    };
  }
}

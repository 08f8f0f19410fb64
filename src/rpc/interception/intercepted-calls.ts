import { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { Init, Method } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { BoundMethod } from "../bound-method.js";
import { type CallerFunction, promised, streamed } from "../caller-function.js";
import type { Interceptor } from "../interceptor.js";
import { RetryThrottle } from "../retry/retry-throttle.js";
import type { Transport } from "../transport.js";
import { AnsweredCall } from "./intercepted-answer.js";
import type { OutgoingHost } from "./intercepted-call.js";
import { InterceptedStream } from "./intercepted-stream.js";

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

  /** The method as a function for callers. */
  bind(method: BoundMethod<Method>): CallerFunction {
    const { kind } = method.definition;
    const many = kind === "client-stream" || kind === "bidi-stream";
    const whole = (input: unknown) => (many ? input : fillMessage(method.input, input as Init<unknown>));
    if (kind === "unary" || kind === "client-stream") {
      return promised(
        method,
        (input, options) =>
          new Promise((resolve, reject) => {
            const request = whole(input);
            new AnsweredCall(this, method, options, resolve, reject).begin(request);
          }),
      );
    }
    return streamed(method, (input, options) => new InterceptedStream(this, method, options, whole(input)));
  }
}

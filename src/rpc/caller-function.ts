import type { Method } from "../wire/definition.js";
import type { BoundMethod } from "./bound-method.js";
import { type CallOptions, noOptions } from "./call-options.js";
import { checkCallOptions } from "./check-call-options.js";
import { Responses } from "./responses.js";
import type { ResponseStream } from "./types.js";

/** A method as a function for callers. It throws nothing: whatever fails, fails in what it gives. */
export type CallerFunction = (
  input: unknown,
  options?: CallOptions,
) => Promise<unknown> | ResponseStream<unknown>;

type Make<R> = (input: unknown, options: CallOptions) => R;

/** Of a method with one answer. `make` gets options that were checked, and may throw. */
export function promised(
  { definition: { kind } }: BoundMethod<Method>,
  make: Make<Promise<unknown>>,
): CallerFunction {
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

/** As `promised`, of a method with a stream of answers. */
export function streamed(
  { definition: { kind } }: BoundMethod<Method>,
  make: Make<ResponseStream<unknown>>,
): CallerFunction {
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

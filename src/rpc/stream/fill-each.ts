import { HeliographError, invalidArgument } from "../../core/error.js";
import type { Init } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { showValue } from "../../wire/show-value.js";
import type { MessageSource } from "../types.js";
import { leave, type Source, sourceOf } from "./stream-sender.js";

/** Whole messages from what a caller gave, one by one as they are asked for. It is left alone until it is iterated over. */
export function fillEach(type: PayloadType, requests: unknown, path: string): MessageSource<unknown> {
  return { [Symbol.asyncIterator]: () => filled(type, requireSource(requests, path)) };
}

function filled(type: PayloadType, source: Source): AsyncIterator<unknown> {
  return {
    async next() {
      const result = await source.next();
      if (result.done) return result;
      try {
        return { done: false, value: fillMessage(type, result.value as Init<unknown>) };
      } catch (error) {
        // Who asks takes it that the source itself has thrown, and is over.
        leave(source).catch(() => {});
        throw error;
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** @throws HeliographError INVALID_ARGUMENT when the requests of a call can't be iterated over */
export function requireSource(requests: unknown, path: string): Source {
  let source: Source | undefined;
  try {
    source = sourceOf(requests);
  } catch (error) {
    throw HeliographError.from(error);
  }
  if (source !== undefined) return source;
  throw invalidArgument(
    `the requests of ${path} must be an iterable such as a list or a generator, got ${showValue(requests)}`,
  );
}

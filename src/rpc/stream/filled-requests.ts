import { done } from "../../core/done.js";
import { HeliographError, invalidArgument } from "../../core/error.js";
import type { Init } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import { showValue } from "../../wire/show-value.js";
import type { MessageSource } from "../types.js";
import { leave, type Source, sourceOf } from "./stream-sender.js";

/** A caller's stream of requests, as whole messages. Its source is closed exactly once, unless it ended by itself. */
export class FilledRequests implements AsyncIterableIterator<unknown> {
  private readonly type: PayloadType;
  private readonly source: Source;
  private over = false;

  /** @throws HeliographError INVALID_ARGUMENT unless `requests` can be iterated over */
  constructor(type: PayloadType, requests: unknown, path: string) {
    this.source = requireSource(requests, path);
    this.type = type;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.over) return done;
    let result: IteratorResult<unknown>;
    try {
      result = await this.source.next();
    } catch (thrown) {
      this.over = true;
      throw thrown;
    }
    if (result.done || this.over) {
      this.over = true;
      return done;
    }
    try {
      return { done: false, value: fillMessage(this.type, result.value as Init<unknown>) };
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.close();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The call is over: takes nothing more. */
  close(): void {
    if (this.over) return;
    this.over = true;
    // What it throws is of no use to a call that is over.
    leave(this.source).catch(() => {});
  }
}

/** Whole messages from what a caller gave, one by one as they are asked for. It is left alone until it is iterated over. */
export function fillEach(type: PayloadType, requests: unknown, path: string): MessageSource<unknown> {
  return { [Symbol.asyncIterator]: () => new FilledRequests(type, requests, path) };
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

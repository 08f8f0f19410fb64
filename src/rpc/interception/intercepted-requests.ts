import type { Init, Method } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import type { PayloadType } from "../../wire/payload-codec.js";
import type { BoundMethod } from "../bound-method.js";
import { requireSource } from "../stream/fill-each.js";
import type { Source } from "../stream/stream-sender.js";

const done: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** A caller's stream of requests, as whole messages. Its source is closed exactly once, unless it ended by itself. */
export class FilledRequests implements AsyncIterableIterator<unknown> {
  private readonly type: PayloadType;
  private readonly source: Source;
  private over = false;

  /** @throws HeliographError INVALID_ARGUMENT unless `requests` can be iterated over */
  constructor({ input, path }: BoundMethod<Method>, requests: unknown) {
    this.source = requireSource(requests, path);
    this.type = input;
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
    // It may wait for something that takes long, and what it throws is of no use to a call that is over.
    const settled = async () => this.source.return?.();
    settled().catch(() => {});
  }
}

import { done } from "../core/done.js";
import type { ResponseStream } from "./types.js";

/** The answers of a call that is made when the first one is asked for. */
export interface AnsweringCall {
  /** The next answer; waits for it. */
  nextAnswer(): Promise<IteratorResult<unknown, undefined>>;
  /** No more answers are wanted. */
  leave(): Promise<IteratorResult<unknown, undefined>>;
}

/** What the caller of a server-streaming or bidirectional method gets. */
export class Responses implements ResponseStream<unknown> {
  private readonly begin: () => AnsweringCall;
  private call: AnsweringCall | undefined;
  private over = false;

  /** @param begin makes the call; what it throws is what `next` rejects with */
  constructor(begin: () => AnsweringCall) {
    this.begin = begin;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.call !== undefined) return this.call.nextAnswer();
    if (this.over) return Promise.resolve(done);
    try {
      this.call = this.begin();
    } catch (error) {
      this.over = true;
      return Promise.reject(error);
    }
    return this.call.nextAnswer();
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.over = true;
    return this.call?.leave() ?? Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

import { done } from "../../core/done.js";

/**
 * What `step` makes of each value of a source: nothing or one output. Unlike a generator it can be left, and leaves its
 * source, before it was read and while its reader waits.
 */
export class Stepped<T, U> implements AsyncIterableIterator<U, undefined> {
  readonly #iterator: AsyncIterator<T>;
  readonly #step: (value: T) => Promise<readonly [U] | undefined>;
  #over = false;
  /** One reader after the other, so that outputs keep their order. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: AsyncIterable<T>, step: (value: T) => Promise<readonly [U] | undefined>) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#step = step;
  }

  next(): Promise<IteratorResult<U, undefined>> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => {});
    return next;
  }

  async return(): Promise<IteratorResult<U, undefined>> {
    if (this.#over) return done;
    this.#over = true;
    await this.#iterator.return?.();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<U, undefined>> {
    while (!this.#over) {
      const next = await this.#ask();
      if (this.#over || next.done === true) break;
      let made: readonly [U] | undefined;
      try {
        made = await this.#step(next.value);
      } catch (error) {
        // What went wrong first is what the reader has to know.
        await this.return().catch(() => {});
        throw error;
      }
      if (made !== undefined && !this.#over) return { done: false, value: made[0] };
    }
    this.#over = true;
    return done;
  }

  async #ask(): Promise<IteratorResult<T>> {
    try {
      return await this.#iterator.next();
    } catch (error) {
      this.#over = true;
      throw error;
    }
  }
}

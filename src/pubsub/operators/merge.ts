import { done } from "../../core/done.js";

/**
 * What several sources give, as it comes: each value once, those of one source in its order. Ends when all have ended;
 * fails with the first that fails, and leaves the others then, as it does when its reader leaves.
 */
export function merge<T>(...sources: readonly AsyncIterable<T>[]): AsyncIterableIterator<T, undefined> {
  return new Merged(sources.map((source) => source[Symbol.asyncIterator]()));
}

interface Arrived<T> {
  readonly index: number;
  readonly next: IteratorResult<T>;
}

class Merged<T> implements AsyncIterableIterator<T, undefined> {
  readonly #iterators: readonly AsyncIterator<T>[];
  /** What each that has not ended was asked for. */
  readonly #asked = new Map<number, Promise<Arrived<T>>>();
  #begun = false;
  #over = false;
  /** One reader after the other: two that race for one value would both get it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(iterators: readonly AsyncIterator<T>[]) {
    this.#iterators = iterators;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => {});
    return next;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return done;
    this.#over = true;
    await Promise.allSettled(this.#iterators.map((iterator) => iterator.return?.()));
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    if (!this.#begun) {
      this.#begun = true;
      for (const index of this.#iterators.keys()) this.#ask(index);
    }
    while (!this.#over && this.#asked.size > 0) {
      let arrived: Arrived<T>;
      try {
        arrived = await Promise.race(this.#asked.values());
      } catch (error) {
        await this.return();
        throw error;
      }
      const { index, next } = arrived;
      this.#asked.delete(index);
      if (next.done === true) continue;
      // Behind the others, so that a quick source leaves them their turn.
      this.#ask(index);
      return { done: false, value: next.value };
    }
    this.#over = true;
    return done;
  }

  #ask(index: number): void {
    const asked = this.#iterators[index]!.next().then((next) => ({ index, next }));
    // Whoever leaves early doesn't want to know.
    asked.catch(() => {});
    this.#asked.set(index, asked);
  }
}

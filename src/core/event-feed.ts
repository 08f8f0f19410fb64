import { done } from "./done.js";

/** What a reader may leave lying: of more than that the oldest are dropped, and counted. */
const MAX_WAITING = 1_024;

/** Hands what happens to all who follow it. Nothing is kept when nobody does. */
export class EventFeed<T> {
  readonly #missed: (count: number) => T;
  readonly #readers = new Set<EventReader<T>>();
  #closed = false;

  /** @param missed what a reader gets in place of so many that it has left lying for too long */
  constructor(missed: (count: number) => T) {
    this.#missed = missed;
  }

  tell(event: T): void {
    for (const reader of this.#readers) reader.take(event);
  }

  /**
   * What is told from now on, in order, each once. Ends when the feed is closed, after what was told before. A reader may
   * leave 1,024 lying; then the oldest are dropped, and it is told how many in their place.
   */
  follow(): AsyncIterableIterator<T, undefined> {
    const reader = new EventReader<T>(this.#missed, () => this.#readers.delete(reader));
    if (this.#closed) reader.close();
    else this.#readers.add(reader);
    return reader;
  }

  /** Nothing more will be told. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }
}

class EventReader<T> implements AsyncIterableIterator<T, undefined> {
  readonly #tellMissed: (count: number) => T;
  readonly #leave: () => void;
  #waiting: T[] = [];
  #missed = 0;
  /** Those who wait for the next one; only while nothing waits for them. */
  #asking: ((next: IteratorResult<T, undefined>) => void)[] = [];
  #over = false;

  constructor(missed: (count: number) => T, leave: () => void) {
    this.#tellMissed = missed;
    this.#leave = leave;
  }

  take(event: T): void {
    const asking = this.#asking.shift();
    if (asking !== undefined) {
      asking({ done: false, value: event });
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length <= MAX_WAITING) return;
    this.#waiting.shift();
    this.#missed++;
  }

  close(): void {
    this.#over = true;
    for (const asking of this.#asking.splice(0)) asking(done);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#missed > 0) {
      const value = this.#tellMissed(this.#missed);
      this.#missed = 0;
      return Promise.resolve({ done: false, value });
    }
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#over) return Promise.resolve(done);
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#leave();
    this.#waiting = [];
    this.#missed = 0;
    this.close();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

import { done } from "../core/done.js";
import type { NodeStatus } from "./status.js";

/** What a reader may leave lying: of more than that the oldest are dropped, and counted. */
const MAX_WAITING = 1_024;

type Next = IteratorResult<NodeStatus, undefined>;

/** Hands what happens to a node to all who follow it. Nothing is kept when nobody does. */
export class StatusFeed {
  readonly #readers = new Set<StatusReader>();
  #closed = false;

  tell(status: NodeStatus): void {
    for (const reader of this.#readers) reader.take(status);
  }

  /**
   * What is told from now on, in order, each once. Ends when the feed is closed, after what was told before. A reader may
   * leave 1,024 lying; then the oldest are dropped, and it gets a `missed` in their place.
   */
  follow(): AsyncIterableIterator<NodeStatus, undefined> {
    const reader = new StatusReader(() => this.#readers.delete(reader));
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

class StatusReader implements AsyncIterableIterator<NodeStatus, undefined> {
  readonly #leave: () => void;
  #waiting: NodeStatus[] = [];
  #missed = 0;
  /** Those who wait for the next one; only while nothing waits for them. */
  #asking: ((next: Next) => void)[] = [];
  #over = false;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  take(status: NodeStatus): void {
    const asking = this.#asking.shift();
    if (asking !== undefined) {
      asking({ done: false, value: status });
      return;
    }
    this.#waiting.push(status);
    if (this.#waiting.length <= MAX_WAITING) return;
    this.#waiting.shift();
    this.#missed++;
  }

  close(): void {
    this.#over = true;
    for (const asking of this.#asking.splice(0)) asking(done);
  }

  next(): Promise<Next> {
    if (this.#missed > 0) {
      const value: NodeStatus = { kind: "missed", count: this.#missed };
      this.#missed = 0;
      return Promise.resolve({ done: false, value });
    }
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#over) return Promise.resolve(done);
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  return(): Promise<Next> {
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

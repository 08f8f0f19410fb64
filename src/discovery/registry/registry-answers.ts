import { done } from "../../core/done.js";
import type { HeliographError } from "../../core/error.js";

/**
 * Answers of a stream that are made when they are asked for, so that none wait anywhere. Unlike those of a generator,
 * they can be left while nothing comes.
 */
export abstract class Answers<T> implements AsyncIterableIterator<T> {
  private reader:
    | { resolve(result: IteratorResult<T, undefined>): void; reject(error: HeliographError): void }
    | undefined;
  private error: HeliographError | undefined;
  protected over = false;

  /** The next answer; undefined while there is none. */
  protected abstract take(): T | undefined;
  /** Nothing is taken any more, whoever ended it. Called once. */
  protected abstract ended(): void;

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.over) {
      const { error } = this;
      this.error = undefined;
      return error === undefined ? Promise.resolve(done) : Promise.reject(error);
    }
    const value = this.take();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** There may be an answer. */
  stir(): void {
    const { reader } = this;
    if (reader === undefined || this.over) return;
    const value = this.take();
    if (value === undefined) return;
    this.reader = undefined;
    reader.resolve({ done: false, value });
  }

  /** No more answers come; with an error, the caller gets it. */
  end(error?: HeliographError): void {
    if (this.over) return;
    this.over = true;
    const { reader } = this;
    this.reader = undefined;
    if (reader === undefined) this.error = error;
    else if (error === undefined) reader.resolve(done);
    else reader.reject(error);
    this.ended();
  }
}

import { done } from "../../core/done.js";
import type { SubscribeResponse } from "../../gen/heliograph/pubsub/v1/topic.js";

type Next = IteratorResult<SubscribeResponse, undefined>;

interface Reader {
  resolve(next: Next): void;
  reject(error: unknown): void;
}

/** What a stream's responses are pulled from. */
export interface ResponseSource {
  /** The next response; undefined while there is none. */
  pull(): SubscribeResponse | undefined;
  /** The stream wants no more. Called once, unless the source has ended it. */
  left(): void;
}

/** One Subscribe stream's responses, made when the session has room for them. */
export class ResponseStream implements AsyncIterableIterator<SubscribeResponse, undefined> {
  private readonly source: ResponseSource;
  private reader: Reader | undefined;
  private over = false;
  private error: unknown;

  constructor(source: ResponseSource) {
    this.source = source;
  }

  /** Somebody waits for a response: what is there can be sent at once. */
  get asked(): boolean {
    return this.reader !== undefined;
  }

  /** There may be a response. */
  stir(): void {
    const { reader } = this;
    if (reader === undefined) return;
    const value = this.over ? undefined : this.source.pull();
    if (value === undefined) {
      if (this.over) this.settle(reader);
      return;
    }
    this.reader = undefined;
    reader.resolve({ done: false, value });
  }

  /** Nothing more comes. */
  end(error?: unknown): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    this.stir();
  }

  next(): Promise<Next> {
    const value = this.over ? undefined : this.source.pull();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve, reject) => {
      if (this.over) this.settle({ resolve, reject });
      else this.reader = { resolve, reject };
    });
  }

  return(): Promise<Next> {
    if (!this.over) {
      this.over = true;
      this.source.left();
    }
    this.reader?.resolve(done);
    this.reader = undefined;
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private settle({ resolve, reject }: Reader): void {
    this.reader = undefined;
    const { error } = this;
    this.error = undefined;
    if (error === undefined) resolve(done);
    else reject(error);
  }
}

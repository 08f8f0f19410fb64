import { done } from "../../core/done.js";
import type { SubscribeRequest } from "../../gen/heliograph/pubsub/v1/topic.js";

type Said = NonNullable<SubscribeRequest["said"]>;
type Next = IteratorResult<SubscribeRequest, undefined>;

/** What a subscriber says on one stream. */
export class RequestStream implements AsyncIterableIterator<SubscribeRequest, undefined> {
  private readonly waiting: Said[] = [];
  private reader: ((next: Next) => void) | undefined;
  private over = false;

  say(said: Said): void {
    if (this.over) return;
    const { reader } = this;
    if (reader === undefined) this.waiting.push(said);
    else {
      this.reader = undefined;
      reader({ done: false, value: { said } });
    }
  }

  /** Says nothing more: the subscription is over. */
  end(): void {
    this.over = true;
    this.reader?.(done);
    this.reader = undefined;
  }

  next(): Promise<Next> {
    const said = this.waiting.shift();
    if (said !== undefined) return Promise.resolve({ done: false, value: { said } });
    if (this.over) return Promise.resolve(done);
    return new Promise((resolve) => {
      this.reader = resolve;
    });
  }

  return(): Promise<Next> {
    this.end();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

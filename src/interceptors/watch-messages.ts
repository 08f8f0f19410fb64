/** Who looks on while a stream is read. Of `done`, `failed` and `left` one is called, once. */
export interface MessageWatcher {
  message(): void;
  done?(): void;
  failed?(thrown: unknown): void;
  left?(): void;
}

/** The same messages, for one reader, under the eyes of a watcher. */
export function watchMessages(
  messages: AsyncIterable<unknown>,
  watcher: MessageWatcher,
): AsyncIterableIterator<unknown> {
  return new WatchedMessages(messages[Symbol.asyncIterator](), watcher);
}

class WatchedMessages implements AsyncIterableIterator<unknown> {
  private readonly source: AsyncIterator<unknown>;
  private watcher: MessageWatcher | undefined;

  constructor(source: AsyncIterator<unknown>, watcher: MessageWatcher) {
    this.source = source;
    this.watcher = watcher;
  }

  async next(): Promise<IteratorResult<unknown>> {
    try {
      const result = await this.source.next();
      if (result.done) this.last()?.done?.();
      else this.watcher?.message();
      return result;
    } catch (thrown) {
      this.last()?.failed?.(thrown);
      throw thrown;
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.last()?.left?.();
    return (await this.source.return?.()) ?? { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private last(): MessageWatcher | undefined {
    const { watcher } = this;
    this.watcher = undefined;
    return watcher;
  }
}

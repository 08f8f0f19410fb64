/** Requests of a stream that a case sends one by one, as if somebody typed them. For one reader. */
export class RequestQueue<T> implements AsyncIterable<T> {
  private readonly requests: T[] = [];
  private ended = false;
  private wake: () => void = () => {};

  push(request: T): void {
    this.requests.push(request);
    this.wake();
  }

  /** Half-close: what was pushed still goes out. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.requests.shift();
      if (next !== undefined) yield next;
      else if (this.ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}

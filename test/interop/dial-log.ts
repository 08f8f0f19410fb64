import type { SocketFactory } from "../../src/index.js";

/** Counts the connections that a client tries. */
export class DialLog {
  readonly sockets: SocketFactory;
  dials = 0;
  private failures = 0;
  private wake = () => {};

  constructor(inner: SocketFactory) {
    this.sockets = {
      listen: (endpoint, events) => inner.listen(endpoint, events),
      dial: (endpoint, events, options) => {
        this.dials++;
        return inner.dial(
          endpoint,
          {
            opened: () => events.opened(),
            message: (parts, bytes) => events.message(parts, bytes),
            closed: (reason, cause) => {
              events.closed(reason, cause);
              this.failures++;
              this.wake();
            },
          },
          options,
        );
      },
    };
  }

  /** Resolves once so many connections are over. */
  async over(count: number): Promise<void> {
    while (this.failures < count) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

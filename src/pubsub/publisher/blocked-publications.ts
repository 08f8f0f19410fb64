import { unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";

interface Blocked {
  publish(): Promise<void>;
  resolve(published: Promise<void>): void;
  reject(error: unknown): void;
}

/** Publications that wait until a subscriber has room, in their order. */
export class BlockedPublications {
  private readonly waiting = new Set<Blocked>();

  get size(): number {
    return this.waiting.size;
  }

  /** Waits for its turn, and publishes then. */
  add(publish: () => Promise<void>, signal: AbortSignal | undefined, topic: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = (cause: unknown) => {
        this.waiting.delete(blocked);
        reject(
          new HeliographError(
            Code.Cancelled,
            `${topic}: the publication was cancelled while it waited for room`,
            {
              reason: "CALL_CANCELLED",
              cause,
            },
          ),
        );
      };
      const abortable = { aborted };
      const unwatch = () => {
        if (signal !== undefined) unwatchAbort(signal, abortable);
      };
      const blocked: Blocked = {
        publish,
        resolve: (published) => {
          unwatch();
          resolve(published);
        },
        reject: (error) => {
          unwatch();
          reject(error);
        },
      };
      if (signal !== undefined) watchAbort(signal, abortable);
      this.waiting.add(blocked);
    });
  }

  /** The one that has waited longest is published. There must be one. */
  next(): void {
    const [blocked] = this.waiting;
    if (blocked === undefined) return;
    this.waiting.delete(blocked);
    try {
      blocked.resolve(blocked.publish());
    } catch (error) {
      blocked.reject(error);
    }
  }

  /** None of them will be published. */
  fail(error: HeliographError): void {
    for (const blocked of this.waiting) blocked.reject(error);
    this.waiting.clear();
  }
}
